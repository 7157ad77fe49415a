"""Requests to APIs, signed by AWS's own signer, and people who sign them."""

import contextlib
import datetime
import json
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from . import functions, wire

INVOKE = "execute-api:Invoke"


def statement(effect, action, resource, **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    """The text of a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow_invoke(resource="*"):
    return statement("Allow", INVOKE, resource)


@contextlib.contextmanager
def _signing_at(moment):
    """Whatever is signed inside is signed at `moment`, or now."""
    if moment is None:
        yield
        return
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: moment):
        yield


class Signer:
    """A key that signs for the API's region."""

    def __init__(self, endpoint, region, access_key, secret_key, token=None, service="execute-api"):
        self.endpoint = endpoint
        self.region = region
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token
        self.service = service

    def but(self, **changes):
        """The same with something else in its place."""
        return Signer(**{**vars(self), **changes})

    def _auth(self, kind, *more):
        keys = botocore.credentials.Credentials(self.access_key, self.secret_key, self.token)
        return kind(keys, self.service, self.region, *more)

    def headers(self, method, target, headers=(), body=b"", at=None):
        """The headers, signature and all, of a request to the endpoint or to the host that they name."""
        headers = dict(headers)
        url = f"http://{headers.get('Host', urlsplit(self.endpoint).netloc)}{target}"
        request = botocore.awsrequest.AWSRequest(method, url, headers, body)
        with _signing_at(at):
            self._auth(botocore.auth.SigV4Auth).add_auth(request)
        return list(request.headers.items())

    def send(self, method, target, headers=(), body=b"", at=None):
        """Sends a request with its signature in the headers."""
        body = body.encode() if isinstance(body, str) else body
        return wire.send(self.endpoint, method, target, self.headers(method, target, headers, body, at), body)

    def get(self, target, headers=()):
        return self.send("GET", target, headers)

    def presigned(self, target, method="GET", expires=300, at=None):
        """The target with the signature in its query."""
        request = botocore.awsrequest.AWSRequest(method, self.endpoint + target)
        with _signing_at(at):
            self._auth(botocore.auth.SigV4QueryAuth, expires).add_auth(request)
        parts = urlsplit(request.url)
        return f"{parts.path}?{parts.query}"


class Person(Signer):
    """A user with a key."""

    def __init__(self, aws, *statements):
        self.iam = aws.iam
        self.name = functions.unique("person", aws)
        user = self.iam.create_user(UserName=self.name)["User"]
        self.arn, self.id = user["Arn"], user["UserId"]
        if statements:
            self.may(*statements)
        key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        super().__init__(aws.endpoint, aws.region, key["AccessKeyId"], key["SecretAccessKey"])

    def may(self, *statements):
        """Puts a policy of these statements in place of what the user may do."""
        self.iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=document(*statements))

    def but(self, **changes):
        own = {name: getattr(self, name) for name in ("endpoint", "region", "access_key", "secret_key", "token", "service")}
        return Signer(**{**own, **changes})


def ago(**time):
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**time)


def shown(api, path, stage="test", method="GET", account="000000000000"):
    """A method's ARN as refusals show it."""
    hidden = "********" + account[-4:]
    return f"arn:aws:execute-api:{api.aws.region}:{hidden}:{api.id}/{stage}/{method}{path}"


def refusal(reply):
    return reply.status, reply.header("x-amzn-ErrorType"), reply.json


def denied(user, resource, explicit=False):
    """What somebody is told whom policies refuse."""
    end = " with an explicit deny" if explicit else ""
    message = f"User: {user} is not authorized to perform: execute-api:Invoke on resource: {resource}{end}"
    return 403, "AccessDeniedException", {"Message": message}
