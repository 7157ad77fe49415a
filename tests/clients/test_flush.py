"""FlushStageCache and FlushStageAuthorizersCache. AWS's refusals are not recorded; they are those of GetStage."""

import pytest

from harness.account import answer, not_found, status

CACHES = ("flush_stage_cache", "flush_stage_authorizers_cache")


@pytest.mark.parametrize("flush", CACHES)
def test_a_flush_is_accepted_and_changes_nothing_that_is_shown(api, flush):
    api.mock("/pets")
    api.deploy("dev")
    named = {"restApiId": api.id, "stageName": "dev"}
    before = answer(api.client.get_stage(**named))
    for _ in range(2):
        assert status(getattr(api.client, flush)(**named)) == 202
    assert answer(api.client.get_stage(**named)) == before
    api.client.update_stage(
        **named, patchOperations=[{"op": "replace", "path": "/cacheClusterEnabled", "value": "true"}]
    )
    assert status(getattr(api.client, flush)(**named)) == 202


@pytest.mark.parametrize("flush", CACHES)
def test_an_unknown_stage_is_refused(api, flush):
    for rest_api in (api.id, "nope"):
        with not_found("Invalid stage identifier specified"):
            getattr(api.client, flush)(restApiId=rest_api, stageName="nope")
