"""Throttling by a stage's settings (API Gateway developer guide, "Throttle requests to your REST APIs"). So few tokens
come in these tests that no clock matters."""

import collections

import pytest

from harness.account import patch
from harness.definitions import RestApi

NEVER = "0.000001"


def limit(api, method, burst, rate=NEVER):
    settings = {"rateLimit": rate, "burstLimit": burst}
    operations = [patch("replace", f"/{method}/throttling/{name}", str(value)) for name, value in settings.items()]
    api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=operations)


def answers(call, path, times=9):
    return collections.Counter(call("GET", path).status for _ in range(times))


@pytest.fixture
def pets(aws):
    api = RestApi(aws)
    api.mock("/pets", body="{}")
    api.mock("/dogs", body="{}")
    api.deploy()
    return api


def test_a_throttled_call_gets_429(pets, call):
    limit(pets, "*/*", 2)
    assert [call("GET", pets.path("/pets")).status for _ in range(3)] == [200, 200, 429]
    refused = call("GET", pets.path("/pets"))
    assert (refused.text, refused.header("x-amzn-ErrorType")) == (
        '{"message":"Too Many Requests"}',
        "TooManyRequestsException",
    )
    # What is set for all methods is the limit of each.
    assert answers(call, pets.path("/dogs")) == {200: 2, 429: 7}


def test_deploying_or_changing_other_settings_fills_no_bucket(pets, call):
    limit(pets, "~1pets/GET", 3)
    assert answers(call, pets.path("/pets")) == {200: 3, 429: 6}
    pets.deploy()
    pets.deploy(canarySettings={"percentTraffic": 100.0})
    assert answers(call, pets.path("/pets")) == {429: 9}
    limit(pets, "~1pets/GET", 5)
    assert answers(call, pets.path("/pets")) == {200: 2, 429: 7}
    limit(pets, "~1pets/GET", -1, "-1")
    assert answers(call, pets.path("/pets")) == {200: 9}


def test_stages_do_not_share_a_bucket(pets, call):
    limit(pets, "*/*", 2)
    pets.deploy("other")
    assert answers(call, pets.path("/pets")) == {200: 2, 429: 7}
    assert answers(call, pets.path("/pets", "other")) == {200: 9}
