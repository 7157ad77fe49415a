"""Lambda's `InvokeWithResponseStream` by boto3, which reads the event stream (Lambda API reference). That the function goes
on when its caller has gone is in the developer guide, "Response streaming for Lambda functions"."""

import base64
import json
import os
import re

import pytest

from harness import functions
from harness.account import Aws, refused
from harness.process import Gateway
from harness.steered import Steered

KEY = ("AKIAROOTOFSTRICTMODE", os.urandom(20).hex())


@pytest.fixture(scope="module", params=["development", "strict"])
def account(request, tmp_path_factory):
    """Clients of a gateway in each mode of signing."""
    if request.param == "development":
        with Gateway("--ephemeral") as running:
            yield Aws(running.endpoint, "us-west-2")
        return
    config = tmp_path_factory.mktemp("strict") / "gatewright.toml"
    config.write_text(
        f'auth = "strict"\n[root]\naccount = "000000000000"\naccess_key_id = "{KEY[0]}"\nsecret_access_key = "{KEY[1]}"\n'
    )
    with Gateway("--ephemeral", "--config", config) as running:
        yield Aws(running.endpoint, "us-west-2", *KEY)


def stream(aws, arn, event=None, **settings):
    return aws.functions.invoke_with_response_stream(FunctionName=arn, Payload=json.dumps(event or {}), **settings)


def test_what_a_function_returns_is_one_chunk(account):
    source = "def handler(event, context):\n    print('seen', event)\n    return {'got': event}\n"
    arn = functions.function(account, source)
    got = stream(account, arn, {"a": 1}, LogType="Tail")
    assert (got["StatusCode"], got["ExecutedVersion"]) == (200, "$LATEST")
    assert got["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    chunk, end = list(got["EventStream"])
    assert json.loads(chunk["PayloadChunk"]["Payload"]) == {"got": {"a": 1}}
    log = base64.b64decode(end["InvokeComplete"].pop("LogResult")).decode()
    assert end == {"InvokeComplete": {}}
    assert "seen {'a': 1}" in log and "REPORT RequestId" in log


def test_parts_come_as_they_are_written(account):
    steered = Steered(account)
    account.functions.publish_version(FunctionName=steered.arn)
    got = stream(account, steered.arn, {"resource": "x"}, Qualifier="1", LogType="None")
    # The answer has begun before the function has written anything.
    assert got["ExecutedVersion"] == "1"
    steered.accept()
    events = iter(got["EventStream"])
    for part in (b"one", b"two\0\xff", b"x" * 300_000):
        steered.write(part)
        read = b""
        while len(read) < len(part):
            read += next(events)["PayloadChunk"]["Payload"]
        assert read == part
    steered.end()
    assert list(events) == [{"InvokeComplete": {}}]
    assert steered.is_done()


@pytest.mark.parametrize(("how", "error"), [(-2, "no more"), (-3, "ended before it was complete")])
def test_a_failure_is_told_at_the_end(account, how, error):
    steered = Steered(account)
    got = stream(account, steered.arn, {"resource": "x"})
    steered.accept()
    steered.write(b"some")
    steered.end(how)
    *chunks, end = list(got["EventStream"])
    assert b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks) == b"some"
    complete = end["InvokeComplete"]
    assert complete["ErrorCode"] == "Unhandled"
    assert error in json.loads(complete["ErrorDetails"])["errorMessage"]


def test_a_function_that_fails_has_no_chunk(account):
    arn = functions.function(account, "def handler(event, context):\n    raise ValueError('no')\n")
    (end,) = list(stream(account, arn)["EventStream"])
    assert end["InvokeComplete"]["ErrorCode"] == "Unhandled"
    details = json.loads(end["InvokeComplete"]["ErrorDetails"])
    assert (details["errorMessage"], details["errorType"]) == ("no", "ValueError")


def test_a_dry_run_runs_nothing(account):
    steered = Steered(account)
    got = stream(account, steered.arn, InvocationType="DryRun")
    assert (got["StatusCode"], list(got["EventStream"])) == (204, [])
    steered.listening.settimeout(0)
    with pytest.raises(BlockingIOError):
        steered.accept()


def test_a_function_goes_on_when_its_caller_has_gone(account):
    steered = Steered(account)
    got = stream(account, steered.arn, {"resource": "x"})
    steered.accept()
    steered.write(b"some")
    assert next(iter(got["EventStream"]))["PayloadChunk"]["Payload"] == b"some"
    got["EventStream"].close()
    for _ in range(20):
        steered.write(b"x" * 100_000)
    steered.end()
    assert steered.is_done()


def test_refusals_come_instead_of_a_stream(account):
    none = "arn:aws:lambda:us-west-2:000000000000:function:none"
    with refused(404, "ResourceNotFoundException", f"Function not found: {none}"):
        stream(account, "none")
    arn = functions.function(account, "def handler(event, context):\n    return 1\n")
    with refused(400, "InvalidRequestContentException", re.compile("Could not parse request body into json: .*")):
        account.functions.invoke_with_response_stream(FunctionName=arn, Payload=b"{")
