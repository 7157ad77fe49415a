"""Speaks to clients by `@connections`, with nothing but what Python brings. With boto3 in the package it would be
`boto3.client("apigatewaymanagementapi", endpoint_url=…).post_to_connection(ConnectionId=…, Data=…)`.
"""

import datetime
import hashlib
import hmac
import http.client
import os
import urllib.parse


class Gone(Exception):
    """The client has closed its connection."""


class Connections:
    """The connections of the stage that an event came from."""

    def __init__(self, event):
        context = event["requestContext"]
        self.endpoint = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
        self.path = f"/_aws/execute-api/{context['apiId']}/{context['stage']}/@connections/"
        self.link = http.client.HTTPConnection(self.endpoint.netloc, timeout=10)

    def post(self, connection_id, data):
        """Sends a client a message."""
        target = urllib.parse.quote(self.path + connection_id, safe="/")
        self.link.request("POST", target, data, _signed(self.endpoint.netloc, target, data))
        answer = self.link.getresponse()
        text = answer.read()
        if answer.status == 410:
            raise Gone(connection_id)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {answer.headers.get('x-amzn-errortype')} {text.decode()}")


def _signed(host, target, body):
    """The headers of a POST signed by Signature Version 4, with the function's own credentials."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"host": host, "x-amz-date": stamp, "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"]}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            "POST",
            urllib.parse.quote(target, safe="/"),  # paths are encoded once more than they are sent
            "",
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = [day, os.environ["AWS_REGION"], "execute-api", "aws4_request"]
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), hashed])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    credential = "/".join([os.environ["AWS_ACCESS_KEY_ID"], *scope])
    del headers["host"]  # the client library adds it
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers
