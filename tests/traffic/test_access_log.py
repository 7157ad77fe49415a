"""Access logs: one line for each request, in the format of the stage. API Gateway developer guide, "Set up logging"."""

import re

import pytest

from harness.account import patch
from harness.logs import lines

GROUP = "/access/pets"
FORMAT = (
    '$context.identity.sourceIp [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" '
    "$context.status $context.responseLength $context.requestId $context.stage $context.apiId"
)


@pytest.fixture
def pets(aws, api):
    """GET /pets/{petId} answers seven bytes; the stage has an access log."""
    aws.logs.create_log_group(logGroupName=GROUP)
    api.mock("/pets/{petId}", body="seven b")
    api.deploy()
    arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:{GROUP}"
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/accessLogSettings/destinationArn", arn),
            patch("replace", "/accessLogSettings/format", FORMAT),
        ],
    )
    return api


def test_a_line_for_each_request(aws, pets, call):
    reply = call("GET", pets.path("/pets/1"))
    refused = call("GET", pets.path("/nothing"))
    first, second = lines(aws, GROUP, 2)
    matched = re.fullmatch(
        r'(\S+) \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "GET (\S+) HTTP/1\.1" (\d+) (\d+) (\S+) test (\S+)', first
    )
    assert matched, first
    assert matched[1] == "127.0.0.1"
    assert matched[3] == "/pets/{petId}"
    assert (matched[4], matched[5], matched[6]) == ("200", "7", reply.header("x-amzn-RequestId"))
    assert matched[7] == pets.id
    assert " 403 " in second
    assert refused.header("x-amzn-RequestId") in second


def test_the_group_must_not_be_there_beforehand_to_serve(aws, pets, call):
    aws.logs.delete_log_group(logGroupName=GROUP)
    assert call("GET", pets.path("/pets/1")).status == 200
