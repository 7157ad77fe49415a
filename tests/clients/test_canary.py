"""Canary settings of stages and canary deployments. Recorded from AWS unless said otherwise."""

import re

import pytest

from harness.account import answer, bad_request, patch
from harness.definitions import RestApi

OVERRIDES = "/canarySettings/stageVariableOverrides"


@pytest.fixture
def pets(aws):
    """A deployed API with a stage `test`; `pets.first` is its deployment."""
    api = RestApi(aws)
    api.mock("/")
    api.first = api.deploy(variables={"a": "1", "b": "1"})
    return api


@pytest.fixture
def update(apigateway, pets):
    def update(*operations):
        return apigateway.update_stage(restApiId=pets.id, stageName="test", patchOperations=list(operations))

    return update


@pytest.fixture
def stage(apigateway, pets):
    return lambda: answer(apigateway.get_stage(restApiId=pets.id, stageName="test"))


def cannot_remove(what):
    return bad_request(
        f"Cannot remove method setting {what} because there is no method setting for this method "
    )


def test_a_canary_deployment_does_not_repoint_the_stage(pets, stage):
    second = pets.deploy(canarySettings={"percentTraffic": 40.0, "stageVariableOverrides": {"a": "2"}})
    got = stage()
    assert got["deploymentId"] == pets.first
    assert got["canarySettings"] == {
        "deploymentId": second,
        "percentTraffic": 40.0,
        "stageVariableOverrides": {"a": "2"},
        "useStageCache": False,
    }
    third = pets.deploy(canarySettings={"percentTraffic": 1.5, "useStageCache": True})
    assert stage()["canarySettings"] == {"deploymentId": third, "percentTraffic": 1.5, "useStageCache": True}


@pytest.mark.parametrize(("given", "shown"), [({}, "null"), ({"stageName": ""}, "")])
def test_a_canary_deployment_names_a_stage(apigateway, pets, given, shown):
    with bad_request(
        "Invalid deployment content specified.Non null and non empty stageName must be provided for canary "
        f"deployment. Provided value is {shown}"
    ):
        apigateway.create_deployment(restApiId=pets.id, canarySettings={"percentTraffic": 1.0}, **given)


def test_a_canary_deployment_makes_no_stage(pets):
    with bad_request(
        "Invalid deployment content specified.Stage non-existing must already be created before making a canary "
        "release deployment"
    ):
        pets.deploy("non-existing", canarySettings={"percentTraffic": 1.0})


def test_a_stage_with_a_canary_takes_no_plain_deployment(pets, update):
    """The developer guide's rule; the text is not recorded."""
    pets.deploy(canarySettings={"percentTraffic": 1.0})
    with bad_request(re.compile(r"Invalid deployment content specified\.Stage test has a canary.*")):
        pets.deploy()
    update(patch("remove", "/canarySettings"))
    pets.deploy()


def test_a_canarys_deployment_stays(apigateway, pets, update):
    second = pets.deploy(canarySettings={"percentTraffic": 1.0})
    with bad_request("Active stages pointing to this deployment must be moved or deleted"):
        apigateway.delete_deployment(restApiId=pets.id, deploymentId=second)
    update(patch("remove", "/canarySettings"))
    apigateway.delete_deployment(restApiId=pets.id, deploymentId=second)


def test_a_stage_can_be_made_with_a_canary(apigateway, pets):
    canary = {
        "deploymentId": pets.first,
        "percentTraffic": 100.0,
        "stageVariableOverrides": {"x": "1"},
        "useStageCache": True,
    }
    given = {"restApiId": pets.id, "deploymentId": pets.first}
    made = apigateway.create_stage(**given, stageName="whole", canarySettings=canary)
    assert made["canarySettings"] == canary
    with bad_request("Deployment id does not exist"):
        apigateway.create_stage(**given, stageName="x", canarySettings={"deploymentId": "deploy"})
    # The text is not recorded.
    for percent in (-0.1, 100.1):
        with bad_request("Invalid canary percentTraffic specified, must be a number between 0.0 and 100.0"):
            apigateway.create_stage(**given, stageName="x", canarySettings={"percentTraffic": percent})


@pytest.mark.parametrize(
    ("path", "value", "percent"),
    [("/canarySettings/deploymentId", None, 0.0), ("/canarySettings/percentTraffic", "50", 50.0)],
)
def test_a_patch_makes_the_canary(pets, update, path, value, percent):
    updated = update(patch("replace", path, value or pets.first))
    assert updated["canarySettings"] == {
        "deploymentId": pets.first,
        "percentTraffic": percent,
        "useStageCache": False,
    }


def test_overrides_are_set_and_removed(update):
    updated = update(patch("replace", f"{OVERRIDES}/x", "1"), patch("replace", f"{OVERRIDES}/y", "2"))
    assert updated["canarySettings"]["stageVariableOverrides"] == {"x": "1", "y": "2"}
    updated = update(patch("remove", f"{OVERRIDES}/x"))
    assert updated["canarySettings"]["stageVariableOverrides"] == {"y": "2"}
    assert "stageVariableOverrides" not in update(patch("remove", OVERRIDES))["canarySettings"]
    with cannot_remove("canarySettings/stageVariableOverrides"):
        update(patch("remove", OVERRIDES))
    with bad_request("Invalid stage variable name: a-b. Please use names with only word characters."):
        update(patch("replace", f"{OVERRIDES}/a-b", "1"))


def test_removing_the_canary_ends_it(update):
    update(patch("replace", "/canarySettings/percentTraffic", "50"), patch("replace", f"{OVERRIDES}/x", "1"))
    assert "canarySettings" not in update(patch("remove", "/canarySettings"))
    with cannot_remove("canarySettings"):
        update(patch("remove", "/canarySettings"))
    again = update(patch("replace", "/canarySettings/useStageCache", "true"))["canarySettings"]
    assert (again["percentTraffic"], again["useStageCache"]) == (0.0, True)
    assert "stageVariableOverrides" not in again


def test_bad_patches_are_refused(update, pets):
    with bad_request("Invalid add operation with path: /canarySettings/deploymentId"):
        update(patch("add", "/canarySettings/deploymentId", pets.first))
    with bad_request("Deployment id does not exist"):
        update(patch("replace", "/canarySettings/deploymentId", "deploy"))
    for path in ("/canarySettings/wrong", "/canarySettings", OVERRIDES):
        with bad_request(re.compile(rf"Invalid method setting path: {path}\. Must be one of: \[/deploymentId, .*\]")):
            update(patch("replace", path, "x"))


def test_promotion_copies_the_canary_and_leaves_it(pets, update, stage):
    second = pets.deploy(canarySettings={"percentTraffic": 40.0, "stageVariableOverrides": {"a": "2", "c": "2"}})
    canary = {**stage()["canarySettings"], "percentTraffic": 0.0}
    update(
        patch("replace", "/canarySettings/percentTraffic", "0.0"),
        patch("copy", "/variables", source=OVERRIDES),
        patch("copy", "/deploymentId", source="/canarySettings/deploymentId"),
    )
    got = stage()
    assert (got["deploymentId"], got["variables"]) == (second, {"a": "2", "b": "1", "c": "2"})
    assert got["canarySettings"] == canary


@pytest.mark.parametrize(
    ("path", "source"), [(OVERRIDES, "/variables"), ("/deploymentId", OVERRIDES), ("/description", None)]
)
def test_bad_copies_are_refused(update, path, source):
    """The text is recorded; that deployment and variables do not mix is not."""
    update(patch("replace", "/canarySettings/percentTraffic", "1"))
    with bad_request(
        f"Invalid copy operation with path: {path} and from {source or 'null'}. Valid copy:path are [/deploymentId, "
        "/variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
    ):
        update(patch("copy", path, source=source))


def test_there_is_no_promotion_without_a_canary(update):
    with bad_request("Promotion not available. Canary does not exist."):
        update(patch("copy", "/deploymentId", source="/canarySettings/deploymentId"))
