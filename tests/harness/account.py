"""AWS's clients pointed at a gateway, and AWS's errors as expectations."""

import contextlib
import datetime
import json
import re

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import botocore.session
import pytest

from . import wire

#: The account of access keys that nobody has stored.
ACCOUNT = "000000000000"

_SESSION = botocore.session.Session()

# No retries: a scenario sees the first answer. Validation by the client is off so that bad input gets out.
_CONFIG = {
    "retries": {"total_max_attempts": 1},
    "parameter_validation": False,
    "connect_timeout": 10,
    "read_timeout": 60,
}


#: Every operation that was answered with success, as `service.Operation`.
ANSWERED = set()


def _note_success(parsed, model, **_):
    if parsed["ResponseMetadata"]["HTTPStatusCode"] < 300:
        ANSWERED.add(f"{model.service_model.service_name}.{model.name}")


def operations(service):
    """Every operation of a service, as `service.Operation`."""
    return {f"{service}.{name}" for name in _SESSION.get_service_model(service).operation_names}


class Aws:
    """One region of one account behind one endpoint, entered with one key."""

    def __init__(self, endpoint, region, access_key="test", secret_key="test", token=None):
        self.endpoint = endpoint
        self.region = region
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token
        self._clients = {}

    def client(self, service):
        """A boto3 client; one for each service."""
        if service not in self._clients:
            # boto3.client() is this call with a wrapper for resources; one session spares reading the models.
            self._clients[service] = _SESSION.create_client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                aws_session_token=self.token,
                config=botocore.config.Config(**_CONFIG),
            )
            self._clients[service].meta.events.register("after-call", _note_success)
        return self._clients[service]

    def __getattr__(self, service):
        if service.startswith("_"):
            raise AttributeError(service)
        return self.client({"functions": "lambda"}.get(service, service))

    def as_key(self, access_key, secret_key, token=None):
        return Aws(self.endpoint, self.region, access_key, secret_key, token)

    def elsewhere(self):
        """The same account in another region that only this test uses."""
        region = self.region.removesuffix("-1") + "-2"
        return Aws(self.endpoint, region, self.access_key, self.secret_key, self.token)

    def arn(self, resource):
        """`arn:aws:apigateway:{region}::{resource}`."""
        return f"arn:aws:apigateway:{self.region}::{resource}"

    def send(self, service, method, target, body=b"", headers=()):
        """A signed request whose target and body go out exactly as given."""
        body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = botocore.awsrequest.AWSRequest(method, self.endpoint + target, dict(headers), body)
        keys = botocore.credentials.Credentials(self.access_key, self.secret_key, self.token)
        botocore.auth.SigV4Auth(keys, service, self.region).add_auth(request)
        return wire.send(self.endpoint, method, target, list(request.headers.items()), body)


@contextlib.contextmanager
def refused(status, code, message):
    """The call inside is answered with exactly this error. A `re.Pattern` as message has to match as a whole."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield
    response = caught.value.response
    error = response["Error"]
    if isinstance(message, re.Pattern):
        assert message.fullmatch(error.get("Message", "")), error
        message = error.get("Message")
    assert (response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error.get("Message")) == (
        status,
        code,
        message,
    )


def bad_request(message):
    return refused(400, "BadRequestException", message)


def not_found(message):
    return refused(404, "NotFoundException", message)


def conflict(message):
    return refused(409, "ConflictException", message)


def invalid(message):
    return refused(400, "ValidationException", message)


def answer(response):
    """An answer without the client's own metadata; `createdDate` and the like are checked and left out."""
    kept = {key: value for key, value in response.items() if key != "ResponseMetadata"}
    for key in ("createdDate", "lastUpdatedDate"):
        if key in kept:
            assert isinstance(kept.pop(key), datetime.datetime)
    return kept


def status(response):
    return response["ResponseMetadata"]["HTTPStatusCode"]


def patch(op, path, value=None, source=None):
    """One patch operation."""
    operation = {"op": op, "path": path}
    if value is not None:
        operation["value"] = value
    if source is not None:
        operation["from"] = source
    return operation
