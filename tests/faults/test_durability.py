"""An acknowledged write survives `kill -9`, and what was deployed is served again."""

import itertools
import threading

import botocore.exceptions
import pytest

from harness import wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.functions import allow_gateway, function
from harness.process import Gateway

REGION = "us-fault-1"


def create_until_killed(endpoint, names, acknowledged, enough):
    """Creates APIs until the gateway is gone; notes each name once its creation was answered."""
    client = Aws(endpoint, REGION).apigateway
    for name in names:
        try:
            # An account may have more of these than of those at the edge.
            client.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ClientError):
            return
        acknowledged.append(name)
        if len(acknowledged) >= 300:
            enough.set()


def names_of(client):
    pages = client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    return {item["name"] for page in pages for item in page["items"]}


def test_kill_in_a_stream_of_creates_loses_none_that_was_answered(tmp_path):
    acknowledged, enough = [], threading.Event()
    gateway = Gateway("--data-dir", tmp_path)
    api = RestApi(Aws(gateway.endpoint, REGION), "served")
    api.mock("/pets", body="cats")
    deployed = api.deploy(variables={"color": "blue"})
    assert wire.send(gateway.endpoint, "GET", api.path("/pets")).text == "cats"

    numbers = itertools.count()
    streams = [(f"api-{next(numbers)}" for _ in range(250)) for _ in range(4)]
    writers = [
        threading.Thread(target=create_until_killed, args=(gateway.endpoint, names, acknowledged, enough))
        for names in streams
    ]
    for writer in writers:
        writer.start()
    assert enough.wait(60), f"{len(acknowledged)} creations in a minute"
    gateway.kill()
    for writer in writers:
        writer.join()
    assert 300 <= len(acknowledged) < 1000, "the kill came in the middle of the stream"

    with Gateway("--data-dir", tmp_path) as again:
        aws = Aws(again.endpoint, REGION)
        there = names_of(aws.apigateway)
        assert set(acknowledged) - there == set()
        stage = aws.apigateway.get_stage(restApiId=api.id, stageName="test")
        assert (stage["deploymentId"], stage["variables"]) == (deployed, {"color": "blue"})
        assert wire.send(again.endpoint, "GET", api.path("/pets")).text == "cats"
        assert aws.apigateway.create_rest_api(name="after")["id"]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_functions_and_iam_are_there_after_a_restart(tmp_path, end):
    gateway = Gateway("--data-dir", tmp_path)
    aws = Aws(gateway.endpoint, REGION)
    arn = function(aws, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran'}\n", name="pets")
    allow_gateway(aws, arn)
    api = RestApi(aws)
    api.function_proxy("/", arn)
    api.deploy()
    aws.iam.create_user(UserName="ada")
    aws.logs.create_log_group(logGroupName="/kept")
    assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "ran"
    getattr(gateway, end)()

    with Gateway("--data-dir", tmp_path) as again:
        aws = Aws(again.endpoint, REGION)
        assert wire.send(again.endpoint, "GET", api.path("/")).text == "ran"
        assert aws.functions.get_function(FunctionName="pets")["Configuration"]["State"] == "Active"
        assert aws.iam.get_user(UserName="ada")["User"]["UserName"] == "ada"
        groups = [group["logGroupName"] for group in aws.logs.describe_log_groups()["logGroups"]]
        assert "/kept" in groups


def test_ephemeral_state_ends_with_its_process(tmp_path):
    with Gateway("--ephemeral", HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data")) as gateway:
        RestApi(Aws(gateway.endpoint, REGION))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with Gateway("--ephemeral") as again:
        assert Aws(again.endpoint, REGION).apigateway.get_rest_apis()["items"] == []
