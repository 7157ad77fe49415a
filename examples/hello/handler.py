"""The Lambda function behind the hello API."""

import json


def handler(event, context):
    name = (event["queryStringParameters"] or {}).get("name", "world")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": f"Hello, {name}!", "path": event["path"]}) + "\n",
    }
