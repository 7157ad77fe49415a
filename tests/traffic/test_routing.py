"""Which method answers a path. Recorded from AWS, and API Gateway developer guide, page on proxy resources."""

import pytest

from harness.definitions import RestApi

MISSING_TOKEN = b'{"message":"Missing Authentication Token"}'


@pytest.fixture(scope="module")
def routes(shared_aws):
    """Every method answers with its own name."""
    api = RestApi(shared_aws)
    for path, method in (
        ("/", "GET"),
        ("/pets", "GET"),
        ("/pets", "ANY"),
        ("/pets/{petId}", "GET"),
        ("/pets/{petId}/toys", "GET"),
        ("/pets/best", "GET"),
        ("/files/{proxy+}", "ANY"),
        ("/files/{proxy+}", "PUT"),
        ("/files/readme", "GET"),
        ("/files/readme/raw", "GET"),
        ("/deep/{a}/x", "GET"),
        ("/deep/fixed/y", "GET"),
        ("/open", "POST"),
    ):
        api.mock(path, method, body=f"{method} {path}")
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", "GET /"),
        ("GET", "/pets", "GET /pets"),
        ("POST", "/pets", "ANY /pets"),
        ("DELETE", "/pets", "ANY /pets"),
        ("GET", "/pets/", "GET /pets"),
        ("GET", "/pets/7", "GET /pets/{petId}"),
        ("GET", "/pets/7/", "GET /pets/{petId}"),
        ("GET", "/pets/a%2Fb", "GET /pets/{petId}"),
        ("GET", "/pets/best", "GET /pets/best"),
        ("GET", "/pets/best%20", "GET /pets/{petId}"),
        ("GET", "/pets/7/toys", "GET /pets/{petId}/toys"),
        # Backtracking: the fixed part leads nowhere, so the variable one is taken.
        ("GET", "/pets/best/toys", "GET /pets/{petId}/toys"),
        ("GET", "/deep/fixed/y", "GET /deep/fixed/y"),
        ("GET", "/deep/fixed/x", "GET /deep/{a}/x"),
        ("GET", "/files/a", "ANY /files/{proxy+}"),
        ("GET", "/files/a/b/c", "ANY /files/{proxy+}"),
        ("GET", "/files/a//b", "ANY /files/{proxy+}"),
        ("PUT", "/files/a", "PUT /files/{proxy+}"),
        ("GET", "/files/readme", "GET /files/readme"),
        ("GET", "/files/readme/raw", "GET /files/readme/raw"),
        ("GET", "/files/readme/other", "ANY /files/{proxy+}"),
        ("GET", "/files/readme2", "ANY /files/{proxy+}"),
        ("POST", "/open", "POST /open"),
    ],
)
def test_the_most_specific_method_answers(routes, call, method, path, expected):
    reply = call(method, routes.path(path))
    assert (reply.status, reply.text) == (200, expected)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/open"),
        ("GET", "/nothing"),
        ("GET", "/Pets"),
        ("POST", "/pets/7"),
        ("GET", "/pets/7/toys/1"),
        ("GET", "/files"),
        ("GET", "/files/"),
        ("GET", "/deep/fixed"),
        ("GET", "/deep/fixed/z"),
    ],
)
def test_what_nobody_answers_misses_a_token(routes, call, method, path):
    reply = call(method, routes.path(path))
    assert (reply.status, reply.body) == (403, MISSING_TOKEN)
    assert reply.header("x-amzn-ErrorType") == "MissingAuthenticationTokenException"


def test_head_has_no_body(routes, call):
    reply = call("HEAD", routes.path("/pets"))
    assert (reply.status, reply.body) == (200, b"")


def test_traffic_follows_the_stage(aws, call):
    api = RestApi(aws)
    api.mock("/", body="one")
    first = api.deploy()
    api.answer("/", "two")
    assert call("GET", api.path("/")).text == "one", "a change shows after deployment, not before"
    second = api.deploy()
    assert call("GET", api.path("/")).text == "two"

    def point_to(deployment):
        operation = {"op": "replace", "path": "/deploymentId", "value": deployment}
        api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=[operation])

    point_to(first)
    assert call("GET", api.path("/")).text == "one"
    point_to(second)
    assert call("GET", api.path("/")).text == "two"
    api.client.delete_stage(restApiId=api.id, stageName="test")
    assert call("GET", api.path("/")).status == 403


def test_stages_are_served_side_by_side(aws, call):
    api = RestApi(aws)
    api.mock("/", body="one")
    api.deploy("dev")
    api.answer("/", "two")
    api.deploy("prod")
    assert call("GET", api.path("/", "dev")).text == "one"
    assert call("GET", api.path("/", "prod")).text == "two"


def test_a_deleted_api_is_gone_at_once(aws, call):
    api = RestApi(aws)
    api.mock("/", body="one")
    api.deploy()
    assert call("GET", api.path("/")).status == 200
    api.client.delete_rest_api(restApiId=api.id)
    assert call("GET", api.path("/")).status == 403
