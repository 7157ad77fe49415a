"""Which stage and which route of an HTTP API a request meets (API Gateway developer guide, "Create routes for HTTP APIs
in API Gateway")."""

import pytest

from harness import wire
from harness.http_apis import HttpApi

NOT_FOUND = '{"message":"Not Found"}'


@pytest.fixture(scope="module")
def api(shared_aws, shared_backend):
    """Each route has a path of its own at the backend, by which the tests know it."""
    api = HttpApi(shared_aws)
    for number, key in enumerate(ROUTES):
        api.http(key, f"{shared_backend.url}/{number}")
    api.add_stage("prod")
    return api


#: The guide's table, and a few more.
ROUTES = [
    "GET /pets/dog/1",
    "GET /pets/dog/{id}",
    "GET /pets/{proxy+}",
    "ANY /{proxy+}",
    "ANY /verbs",
    "POST /verbs",
    "GET /only",
]


@pytest.fixture
def met(call, api, shared_backend):
    def send(method, path, stage=None, **settings):
        shared_backend.clear()
        reply = call(method, api.path(path, stage), **settings)
        if not shared_backend.received:
            return reply.status, reply.text
        return ROUTES[int(shared_backend.last.target.strip("/").partition("?")[0])]

    return send


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("POST", "/pets/dog/1", "ANY /{proxy+}"),
        ("POST", "/verbs", "POST /verbs"),
        ("PUT", "/verbs", "ANY /verbs"),
        ("OPTIONS", "/verbs", "ANY /verbs"),
        ("HEAD", "/verbs", "ANY /verbs"),
        ("GET", "/only", "GET /only"),
        ("HEAD", "/only", "ANY /{proxy+}"),
        ("GET", "/only/", "GET /only"),
        ("GET", "//only", "GET /only"),
        ("GET", "/%6fnly", "GET /only"),
        ("GET", "/Only", "ANY /{proxy+}"),
    ],
)
def test_the_most_specific_route_is_met(met, method, path, route):
    assert met(method, path) == route
    assert met(method, path, "prod") == route


@pytest.mark.parametrize("path", ["/", "", "/a/../only", "/a/%2e%2e/only"])
def test_what_no_route_takes_is_not_found(met, path):
    assert met("GET", path) == (404, NOT_FOUND)


def test_a_refusal_has_the_form_of_http_apis(call, api):
    reply = call("GET", api.path("/"))
    assert reply.header("Content-Type") == "application/json"
    assert len(reply.header("apigw-requestid")) == 16
    for name in ("x-amzn-RequestId", "x-amzn-ErrorType", "x-amz-apigw-id"):
        assert reply.header(name) is None


def test_a_stage_that_is_named_goes_before_default(call, aws, backend):
    """ "If the request explicitly matches a stage, API Gateway sends the request to that stage. If no stage explicitly
    matches the request, API Gateway sends the request to the $default stage. If there's no $default stage, then the API
    returns {"message":"Not Found"} and does not generate CloudWatch logs." """
    api = HttpApi(aws, stage=None)
    api.http("$default", backend.url, integration={"RequestParameters": {"append:header.stage": "$context.stage"}})
    api.add_stage("prod")
    host = {"Host": api.host()}

    def stage(path, headers=host):
        backend.clear()
        reply = call("GET", path, headers)
        return (backend.last.header("stage"), backend.last.target) if backend.received else reply.status

    assert stage("/other/x") == stage("/") == 404
    assert stage("/prod/x?y=1") == ("prod", "/x?y=1")
    api.add_stage("$default")
    assert stage("/prod/x") == ("prod", "/x")
    assert stage("/other/x") == ("$default", "/other/x")
    assert stage("/") == ("$default", "/")
    assert stage("/$default/x") == ("$default", "/$default/x")
    assert stage(f"/_aws/execute-api/{api.id}/other", ()) == ("$default", "/other")
    assert stage(f"/_aws/execute-api/{api.id}", ()) == ("$default", "/")
    api.client.delete_stage(ApiId=api.id, StageName="prod")
    assert stage("/prod/x") == ("$default", "/prod/x")
    api.client.delete_api(ApiId=api.id)
    assert stage("/prod/x") == 403


def test_a_stage_serves_what_was_deployed_to_it(call, aws, backend):
    api = HttpApi(aws, stage=None)
    api.http("GET /a", f"{backend.url}/a")
    deployment = api.client.create_deployment(ApiId=api.id)["DeploymentId"]
    api.add_stage("v1", AutoDeploy=False)
    api.client.update_stage(ApiId=api.id, StageName="v1", DeploymentId=deployment)
    api.http("GET /b", f"{backend.url}/b")
    assert call("GET", api.path("/a", "v1")).status == 200
    assert call("GET", api.path("/b", "v1")).status == 404
    api.client.create_deployment(ApiId=api.id, StageName="v1")
    assert call("GET", api.path("/b", "v1")).status == 200


def test_the_default_endpoint_can_be_disabled(call, aws, backend):
    api = HttpApi(aws, DisableExecuteApiEndpoint=True)
    api.http("$default", backend.url)
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.text) == (403, '{"message":"Forbidden"}')
    assert backend.received == []
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=False)
    assert call("GET", api.path("/")).status == 200


def test_a_route_without_an_integration_fails(call, aws):
    api = HttpApi(aws)
    api.route("GET /x")
    reply = call("GET", api.path("/x"))
    assert (reply.status, reply.text) == (500, '{"message":"Internal Server Error"}')


def test_another_region_has_no_such_api(gateway, aws):
    api = HttpApi(aws)
    reply = wire.send(gateway.endpoint, "GET", "/", {"Host": api.host("eu-west-1")})
    assert reply.status == 403
