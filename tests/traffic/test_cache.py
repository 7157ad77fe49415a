"""The response cache, through the operations that set it up (API Gateway developer guide, "Enabling API caching
to enhance responsiveness")."""

import concurrent.futures

import pytest

from harness.account import patch
from harness.definitions import RestApi

CLUSTER = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5"}
WARNING = "199 Cache-control headers were ignored because the caller was unauthorized."
FRESH = {"Cache-Control": "max-age=0"}


def change(api, *operations):
    api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=list(operations))


def setting(name, value, method="*/*"):
    return patch("replace", f"/{method}/{name}", value)


@pytest.fixture
def cached(aws, backend):
    """GET and POST /pets/{id}, whose answers are kept by the query string `type`."""
    api = RestApi(aws)
    for method in ("GET", "POST"):
        api.http_proxy(
            "/pets/{id}",
            backend.url + "/pets",
            method,
            cacheKeyParameters=["method.request.path.id", "integration.request.querystring.type"],
            parameters={
                "integration.request.path.id": "method.request.path.id",
                "integration.request.querystring.type": "method.request.querystring.type",
            },
        )
    api.deploy(**CLUSTER)
    change(api, setting("caching/enabled", "true"))
    return api


def test_a_cached_answer_does_not_reach_the_backend(cached, backend, call):
    backend.reply(body="first", headers={"Content-Type": "text/plain"})
    answers = [call("GET", cached.path("/pets/1?type=a&other=" + other)) for other in "xyz"]
    assert [answer.text for answer in answers] == ["first"] * 3
    assert len(backend.received) == 1
    # Another path, another type, another verb.
    for method, path in [("GET", "/pets/2?type=a"), ("GET", "/pets/1?type=b"), ("POST", "/pets/1?type=a")]:
        assert call(method, cached.path(path)).text == '{"from": "backend"}'
    assert len(backend.received) == 4


def test_without_caching_enabled_nothing_is_kept(cached, backend, call):
    change(cached, setting("caching/enabled", "false"))
    for _ in range(2):
        call("GET", cached.path("/pets/1"))
    assert len(backend.received) == 2


def test_a_method_may_be_cached_or_not_by_a_setting_of_its_own(cached, backend, call):
    change(
        cached,
        setting("caching/enabled", "true", "~1pets~1{id}/POST"),
        setting("caching/enabled", "false", "~1pets~1{id}/GET"),
    )
    for method, reached in (("POST", 1), ("GET", 2)):
        backend.clear()
        for _ in range(2):
            assert call(method, cached.path("/pets/1")).status == 200
        assert len(backend.received) == reached, method


@pytest.mark.parametrize(
    "change_of",
    [
        lambda api: api.client.flush_stage_cache(restApiId=api.id, stageName="test"),
        lambda api: change(api, patch("replace", "/cacheClusterEnabled", "false")),
        lambda api: change(api, patch("replace", "/cacheClusterSize", "1.6")),
        lambda api: change(api, setting("caching/ttlInSeconds", "0")),
    ],
    ids=["flush", "off", "resize", "no time"],
)
def test_what_was_kept_is_gone_with_the_call_that_says_so(cached, backend, call, change_of):
    call("GET", cached.path("/pets/1"))
    change_of(cached)
    call("GET", cached.path("/pets/1"))
    assert len(backend.received) == 2


def test_a_deployment_keeps_the_cache(cached, backend, call):
    call("GET", cached.path("/pets/1"))
    cached.deploy()
    call("GET", cached.path("/pets/1"))
    assert len(backend.received) == 1


def test_stages_do_not_share_a_cache(cached, backend, call):
    cached.deploy("other", **CLUSTER)
    cached.client.update_stage(
        restApiId=cached.id, stageName="other", patchOperations=[setting("caching/enabled", "true")]
    )
    for stage in ("test", "other", "other", "test"):
        call("GET", cached.path("/pets/1", stage))
    assert len(backend.received) == 2


@pytest.mark.parametrize(
    ("settings", "status", "warning", "reached"),
    [
        ({"requireAuthorizationForCacheControl": "false"}, 200, None, 2),
        ({}, 200, WARNING, 1),
        ({"unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITHOUT_RESPONSE_HEADER"}, 200, None, 1),
        ({"unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403"}, 403, None, 1),
    ],
)
def test_max_age_0_does_what_the_method_says(cached, backend, call, settings, status, warning, reached):
    change(cached, *(setting(f"caching/{name}", value) for name, value in settings.items()))
    call("GET", cached.path("/pets/1"))
    reply = call("GET", cached.path("/pets/1"), FRESH)
    assert (reply.status, reply.header("Warning")) == (status, warning)
    assert len(backend.received) == reached


def test_equal_requests_at_once_ask_the_backend_once(cached, backend, call):
    backend.hold()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(call, "GET", cached.path("/pets/1")) for _ in range(8)]
        backend.wait_for(1)
        backend.release()
        assert [answer.result().status for answer in waiting] == [200] * 8
    assert len(backend.received) == 1


@pytest.mark.parametrize(("shared", "reached"), [(True, 1), (False, 2)])
def test_a_canary_has_its_own_cache_unless_it_uses_the_stages(cached, backend, call, shared, reached):
    call("GET", cached.path("/pets/1"))
    cached.deploy(canarySettings={"percentTraffic": 100.0, "useStageCache": shared})
    for _ in range(2):
        call("GET", cached.path("/pets/1"))
    assert len(backend.received) == reached
