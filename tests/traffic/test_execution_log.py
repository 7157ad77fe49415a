"""Execution logs of stages: what a request went through, in AWS's words. API Gateway developer guide, "Set up
CloudWatch logging for REST APIs"; texts recorded from AWS."""

import time

import pytest
from botocore.exceptions import ClientError

from harness.account import patch
from harness.logs import allow

@pytest.fixture
def pets(api):
    """GET /pets answers []; its stage asks for everything to be logged."""
    api.mock("/pets", body="[]")
    api.deploy()
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/*/*/logging/loglevel", "INFO"),
            patch("replace", "/*/*/logging/dataTrace", "true"),
        ],
    )
    return api


def lines(aws, api, last, seconds=10, canary=""):
    """The log's lines, once one of them ends with `last`. They are written in batches, soon after."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = aws.logs.filter_log_events(logGroupName=f"API-Gateway-Execution-Logs_{api.id}/test{canary}")["events"]
        except ClientError as error:
            # The first line makes the group.
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            found = []
        messages = [event["message"] for event in found]
        if any(message.endswith(last) for message in messages):
            return messages
        assert time.monotonic() < deadline, messages
        time.sleep(0.05)


def test_a_request_is_logged_if_the_account_has_a_role(aws, pets, call):
    # Without one nothing is written.
    before = call("GET", pets.path("/pets"))
    allow(aws)
    reply = call("GET", pets.path("/pets"), {"X-Api-Key": "a1b2c3d4e5f6a1b2c3d4"})
    found = lines(aws, pets, "Method completed with status: 200")
    request = reply.header("x-amzn-RequestId")
    assert all(line.startswith(f"({request}) ") for line in found)
    assert not any(before.header("x-amzn-RequestId") in line for line in found)
    told = [line.removeprefix(f"({request}) ") for line in found]
    assert told[0] == f"Extended Request Id: {reply.header('x-amz-apigw-id')}"
    assert f"Starting execution for request: {request}" in told
    assert "HTTP Method: GET, Resource Path: /pets" in told
    assert any("X-Api-Key=**************b2c3d4" in line for line in told)
    assert told[-4:] == [
        "Method response body after transformations: []",
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


def test_a_canarys_requests_are_logged_in_the_stages_group_and_in_its_own(aws, pets, call):
    """API Gateway developer guide, "Set up an API Gateway canary release deployment"."""
    allow(aws)
    base = call("GET", pets.path("/pets")).header("x-amzn-RequestId")
    pets.deploy(canarySettings={"percentTraffic": 100.0})
    canary = call("GET", pets.path("/pets")).header("x-amzn-RequestId")
    last = f"({canary}) Method completed with status: 200"
    own = lines(aws, pets, last, canary="/Canary")
    both = lines(aws, pets, last)
    assert not any(base in line for line in own)
    assert [line for line in both if canary in line] == own
    assert any(base in line for line in both)
