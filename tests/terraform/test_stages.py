"""APIs and stages with all that can be set of them: from nothing to a change to nothing."""

from harness.account import patch


def test_the_whole_life(terraform):
    pets = terraform("stages", word="hello")
    pets.init()
    pets.apply()
    assert pets.plans_no_change()
    assert pets.output("found") is True
    assert pets.imports_everything()
    pets.variables["word"] = "goodbye"
    pets.apply()
    assert pets.plans_no_change()

    client = pets.aws.apigateway
    [api] = [api["id"] for api in client.get_rest_apis(limit=500)["items"] if api["name"] == "stages-goodbye"]
    live = client.get_stage(restApiId=api, stageName="live")
    assert (live["cacheClusterEnabled"], live["canarySettings"]["percentTraffic"]) == (False, 50.0)
    assert live["canarySettings"]["stageVariableOverrides"] == {"word": "canary-goodbye", "goodbye": "y"}
    other = client.get_stage(restApiId=api, stageName="other")
    assert (other["cacheClusterStatus"], other["cacheClusterSize"]) == ("AVAILABLE", "6.1")
    assert "canarySettings" not in other

    # A deployment that made itself a stage's canary cannot go before the stage, and terraform cannot but try.
    client.update_stage(restApiId=api, stageName="plain", patchOperations=[patch("remove", "/canarySettings")])
    pets.destroy()
