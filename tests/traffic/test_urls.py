"""The URL forms that reach a REST API."""

import pytest

from harness.definitions import RestApi

FORBIDDEN = b'{"message":"Forbidden"}'


@pytest.fixture(scope="module")
def pets(shared_aws):
    """GET /pets answers `cats` in the stage `test`."""
    api = RestApi(shared_aws)
    api.mock("/pets", body="cats")
    api.mock("/", body="root")
    api.deploy()
    return api


def hosts(api, port):
    return {
        "aws": f"{api.id}.execute-api.{api.aws.region}.amazonaws.com",
        "localhost": f"{api.id}.execute-api.{api.aws.region}.localhost:{port}",
        "own domain": f"{api.id}.execute-api.{api.aws.region}.gateway.example",
        "localstack": f"{api.id}.execute-api.localhost.localstack.cloud:{port}",
    }


@pytest.mark.parametrize("form", ["aws", "localhost", "own domain", "localstack"])
def test_by_host(pets, gateway, call, form):
    host = hosts(pets, gateway.port)[form]
    assert call("GET", "/test/pets", {"Host": host}).text == "cats"
    assert call("GET", "/test", {"Host": host}).text == "root"
    assert call("GET", "/test/", {"Host": host}).text == "root"
    assert call("GET", "/test/pets?a=b", {"Host": host}).text == "cats"


@pytest.mark.parametrize("target", ["/_aws/execute-api/{}/test{}", "/restapis/{}/test/_user_request_{}"])
def test_by_path(pets, call, target):
    assert call("GET", target.format(pets.id, "/pets")).text == "cats"
    assert call("GET", target.format(pets.id, "/")).text == "root"
    assert call("GET", target.format(pets.id, "")).text == "root"


def test_an_absolute_target_is_its_own_host(pets, call):
    host = f"{pets.id}.execute-api.{pets.aws.region}.localhost"
    assert call("GET", f"http://{host}/test/pets", {"Host": host}).text == "cats"


def test_a_slash_before_the_stage_is_passed_over(pets, gateway, call):
    # Recorded from AWS: //stage/x is served like /stage/x.
    assert call("GET", "//test/pets", {"Host": hosts(pets, gateway.port)["aws"]}).text == "cats"


@pytest.mark.parametrize("target", ["/other/pets", "/", "/TEST/pets", "/test%2Fpets"])
def test_an_unknown_stage_is_forbidden(pets, gateway, call, target):
    reply = call("GET", target, {"Host": hosts(pets, gateway.port)["aws"]})
    assert (reply.status, reply.body) == (403, FORBIDDEN)
    assert reply.header("x-amzn-ErrorType") == "ForbiddenException"


@pytest.mark.parametrize("api_id", ["nothere123", "-", "a" * 300])
def test_an_unknown_api_is_forbidden(pets, call, api_id):
    for target, headers in (
        ("/test/pets", {"Host": f"{api_id}.execute-api.{pets.aws.region}.amazonaws.com"}),
        (f"/_aws/execute-api/{api_id}/test/pets", {}),
    ):
        reply = call("GET", target, headers)
        assert (reply.status, reply.body) == (403, FORBIDDEN)


def test_a_disabled_endpoint_is_forbidden(aws, call):
    # API Gateway developer guide, "Disable the default endpoint": 403 Forbidden, once the API is deployed.
    api = RestApi(aws, disableExecuteApiEndpoint=True)
    api.mock("/", body="root")
    api.deploy()
    reply = call("GET", "/test/", {"Host": f"{api.id}.execute-api.{aws.region}.amazonaws.com"})
    assert (reply.status, reply.body) == (403, FORBIDDEN)


def test_the_region_of_the_host_is_the_apis(pets, call):
    reply = call("GET", "/test/pets", {"Host": f"{pets.id}.execute-api.eu-elsewhere-1.amazonaws.com"})
    assert (reply.status, reply.body) == (403, FORBIDDEN)
