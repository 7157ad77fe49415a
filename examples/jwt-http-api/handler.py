"""The function behind the notebook. Whose notes they are is what the token says: API Gateway has verified it."""

import json
import os
import sqlite3


def handler(event, context):
    owner = event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
    routes = {"GET /notes": listed, "POST /notes": written, "DELETE /notes/{id}": deleted}
    with table() as notes:
        return routes[event["routeKey"]](event, owner, notes)


def listed(event, owner, notes):
    # Without a status code the whole of what is returned is the answer.
    found = notes.execute("SELECT id, text FROM notes WHERE owner = ? ORDER BY id", (owner,))
    return [{"id": number, "text": text} for number, text in found]


def written(event, owner, notes):
    text = json.loads(event["body"])["text"]
    number = notes.execute("INSERT INTO notes (owner, text) VALUES (?, ?)", (owner, text)).lastrowid
    headers = {"content-type": "application/json", "location": f"/notes/{number}"}
    return {"statusCode": 201, "headers": headers, "body": json.dumps({"id": number, "text": text})}


def deleted(event, owner, notes):
    number = event["pathParameters"]["id"]
    gone = notes.execute("DELETE FROM notes WHERE id = ? AND owner = ?", (number, owner)).rowcount
    return {"statusCode": 204 if gone else 404}


class table:
    """The table of all notes. On AWS this would be one of DynamoDB's."""

    def __enter__(self):
        self.database = sqlite3.connect(os.environ["TABLE"], timeout=30, isolation_level=None)
        self.database.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, owner TEXT, text TEXT)")
        return self.database

    def __exit__(self, *_):
        self.database.close()
