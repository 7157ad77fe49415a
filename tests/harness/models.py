"""Calls made from botocore's own service models."""

import json
import urllib.parse


def smallest(shape, depth=0):
    """The smallest input that the model allows for `shape`."""
    if shape.type_name == "structure":
        required = shape.required_members if depth < 8 else []
        return {name: smallest(shape.members[name], depth + 1) for name in required}
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, int(shape.metadata.get("min", 1)))
    return {
        "list": [],
        "map": {},
        "boolean": True,
        "blob": b"x",
        "timestamp": 0,
        "integer": 1,
        "long": 1,
        "float": 1.0,
        "double": 1.0,
    }[shape.type_name]


def method_name(client, operation):
    return next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)


def wire_call(operation, names, body=None, query=()):
    """An operation of a REST-JSON service as (method, target, body), from its model: labels of the path are
    taken from `names`, by the member's name, and are there in any case."""
    target = operation.http["requestUri"]
    for name, member in operation.input_shape.members.items() if operation.input_shape else ():
        if member.serialization.get("location") == "uri":
            label = member.serialization.get("name", name)
            value = urllib.parse.quote(str(names.get(name, "x")), safe="")
            target = target.replace("{%s}" % label, value).replace("{%s+}" % label, value)
    pairs = urllib.parse.urlencode(list(query))
    target += ("&" if "?" in target else "?") * bool(pairs) + pairs
    return operation.http["method"], target, b"" if body is None else json.dumps(body).encode()


def body_members(operation):
    """The members of an operation's input that travel in its JSON body, by their name on the wire."""
    shape = operation.input_shape
    if shape is None or shape.serialization.get("payload"):
        return {}
    return {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
