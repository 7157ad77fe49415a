"""Lambda functions from a few lines of source."""

import io
import itertools
import json
import os
import time
import zipfile

_NUMBERS = itertools.count(1)

TRUST_LAMBDA = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)

#: Where each family's handler lives.
FILES = {"python": ("index.py", 0o644), "nodejs": ("index.js", 0o644), "provided": ("bootstrap", 0o755)}


def package(files):
    """A zip of `files`: names to text, or to (text, mode)."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            text, mode = content if isinstance(content, tuple) else (content, 0o644)
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, text)
    return data.getvalue()


def source_package(source, runtime):
    """A package whose handler is `source`."""
    name, mode = next(file for family, file in FILES.items() if runtime.startswith(family))
    return package({name: (source, mode)})


def role(aws, name=None, trust=TRUST_LAMBDA):
    """A role that Lambda may assume; its ARN."""
    name = name or unique("role", aws)
    return aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]


def function(aws, source, runtime="python3.12", name=None, **settings):
    """Creates a function whose handler is `index.handler` in `source`; its ARN."""
    created = aws.functions.create_function(
        **{
            "FunctionName": name or unique("function", aws),
            "Runtime": runtime,
            "Handler": "index.handler",
            "Role": settings.pop("Role", None) or role(aws),
            "Code": {"ZipFile": source_package(source, runtime)},
            **settings,
        }
    )
    return created["FunctionArn"]


def allow_gateway(aws, function_arn, source_arn=None, statement="gateway"):
    """The resource policy statement that lets API Gateway invoke the function."""
    source = {"SourceArn": source_arn} if source_arn else {}
    aws.functions.add_permission(
        FunctionName=function_arn,
        StatementId=statement,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        **source,
    )


def invoke(aws, function_arn, event=None, **settings):
    """Invokes and returns (answer of the client, payload as JSON or None)."""
    got = aws.functions.invoke(FunctionName=function_arn, Payload=json.dumps(event or {}), **settings)
    payload = got["Payload"].read()
    return got, json.loads(payload) if payload else None


def unique(word, aws):
    """A name that no other test uses, not even for things that all regions share."""
    return f"{word}-{aws.region}-{next(_NUMBERS)}"


def marked(marker):
    """The processes with this argument."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if marker.encode() in file.read().split(b"\0"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


def all_gone(marker, seconds=5):
    until = time.monotonic() + seconds
    while marked(marker) and time.monotonic() < until:
        time.sleep(0.02)
    return not marked(marker)
