"""The function behind the chat: who is in which room is in a table, and what somebody says goes to all in the room."""

import json
import os
import sqlite3

from connections import Connections, Gone


def handler(event, context):
    routes = {"$connect": connect, "$disconnect": disconnect, "join": join, "say": say}
    context = event["requestContext"]
    with table() as people:
        return routes.get(context["routeKey"], unknown)(event, context["connectionId"], people)


def connect(event, connection, people):
    name = (event.get("queryStringParameters") or {}).get("name")
    if not name:
        return {"statusCode": 400, "body": "A name is needed: ?name=…"}
    people.execute("INSERT INTO people VALUES (?, ?, NULL)", (connection, name))
    return {"statusCode": 200}


def disconnect(event, connection, people):
    people.execute("DELETE FROM people WHERE connection = ?", (connection,))
    return {"statusCode": 200}


def join(event, connection, people):
    room = json.loads(event["body"])["room"]
    people.execute("UPDATE people SET room = ? WHERE connection = ?", (room, connection))
    others = people.execute("SELECT name FROM people WHERE room = ? AND connection != ?", (room, connection))
    # The route has a route response, so this goes to the one who joins.
    return {"statusCode": 200, "body": json.dumps({"joined": room, "here": sorted(name for (name,) in others)})}


def say(event, connection, people):
    found = people.execute("SELECT name, room FROM people WHERE connection = ?", (connection,)).fetchone()
    name, room = found
    listeners = people.execute("SELECT connection FROM people WHERE room = ?", (room,)).fetchall()
    message = json.dumps({"from": name, "text": json.loads(event["body"])["text"]}).encode()
    connections = Connections(event)
    for (listener,) in listeners:
        try:
            connections.post(listener, message)
        except Gone:
            people.execute("DELETE FROM people WHERE connection = ?", (listener,))
    return {"statusCode": 200}


def unknown(event, connection, people):
    Connections(event).post(connection, b'{"error": "The actions are join and say."}')
    return {"statusCode": 200}


class table:
    """The table of all who are connected. On AWS this would be one of DynamoDB's."""

    def __enter__(self):
        self.database = sqlite3.connect(os.environ["TABLE"], timeout=30, isolation_level=None)
        self.database.execute("CREATE TABLE IF NOT EXISTS people (connection TEXT PRIMARY KEY, name TEXT, room TEXT)")
        return self.database

    def __exit__(self, *_):
        self.database.close()
