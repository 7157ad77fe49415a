"""Calls made from botocore's own service models."""


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
