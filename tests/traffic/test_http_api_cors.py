"""CORS of HTTP APIs (API Gateway developer guide, "Configure CORS for HTTP APIs in API Gateway")."""

import pytest

from harness.http_apis import HttpApi

ORIGIN = "https://www.example.com"
CORS = {
    "AllowOrigins": [ORIGIN, "http://localhost:3000"],
    "AllowCredentials": True,
    "AllowMethods": ["GET", "POST", "DELETE"],
    "AllowHeaders": ["authorization", "x-own"],
    "ExposeHeaders": ["date", "x-api-id"],
    "MaxAge": 300,
}
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}


def told(reply):
    """What an answer says of origins."""
    family = "access-control-"
    return {name.lower()[len(family) :]: value for name, value in reply.headers if name.lower().startswith(family)}


@pytest.fixture(scope="module")
def api(shared_aws, shared_backend):
    api = HttpApi(shared_aws, CorsConfiguration=CORS)
    api.http("GET /pets", shared_backend.url)
    api.http("OPTIONS /own", shared_backend.url)
    api.http("ANY /guarded", shared_backend.url, AuthorizationType="AWS_IAM")
    api.http("GET /guarded-get", shared_backend.url, AuthorizationType="AWS_IAM")
    return api


@pytest.mark.parametrize("path", ["/pets", "/nowhere", "/", "/own"])
def test_a_preflight_is_answered_whatever_the_routes_are(call, api, shared_backend, path):
    """ "API Gateway automatically sends a response to preflight OPTIONS requests, even if there isn't an OPTIONS route
    configured for your API." """
    shared_backend.clear()
    reply = call("OPTIONS", api.path(path), PREFLIGHT)
    assert (reply.status, reply.body) == (204, b"")
    assert told(reply) == {
        "allow-origin": ORIGIN,
        "allow-credentials": "true",
        "allow-methods": "GET,POST,DELETE",
        "allow-headers": "authorization,x-own",
        "max-age": "300",
    }
    assert reply.header("apigw-requestid")
    assert shared_backend.received == []


@pytest.mark.parametrize("origin", ["https://example.com", "https://www.example.com.evil", "null", "http://localhost"])
def test_other_origins_are_told_nothing(call, api, origin):
    reply = call("OPTIONS", api.path("/pets"), {**PREFLIGHT, "Origin": origin})
    assert (reply.status, told(reply)) == (204, {})
    assert told(call("GET", api.path("/pets"), {"Origin": origin})) == {}


def test_what_is_no_preflight_is_a_request(call, api, shared_backend):
    for headers in ({"Origin": ORIGIN}, {"Access-Control-Request-Method": "GET"}):
        shared_backend.clear()
        assert call("OPTIONS", api.path("/own"), headers).status == 200
        assert shared_backend.last.method == "OPTIONS"
        assert call("OPTIONS", api.path("/pets"), headers).status == 404


def test_what_the_backend_says_of_origins_is_replaced(call, api, shared_backend):
    """ "API Gateway ignores CORS headers returned from your backend integration." """
    said = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "PUT", "X-Own": "1"}
    shared_backend.clear()
    shared_backend.reply(headers=said)
    reply = call("GET", api.path("/pets"), {"Origin": ORIGIN})
    assert reply.header("X-Own") == "1"
    assert told(reply) == {"allow-origin": ORIGIN, "allow-credentials": "true", "expose-headers": "date,x-api-id"}
    shared_backend.reply(headers=said)
    assert told(call("GET", api.path("/pets"))) == {}


def test_errors_can_be_read_by_the_origin(call, api):
    reply = call("GET", api.path("/nowhere"), {"Origin": ORIGIN})
    assert (reply.status, told(reply)["allow-origin"]) == (404, ORIGIN)


def test_a_preflight_opens_no_route(call, api, shared_backend):
    """A route that takes OPTIONS and asks for authorization asks for it here too ("Configure CORS for an HTTP API with a
    $default route and an authorizer"); one for other verbs is not met."""
    shared_backend.clear()
    assert call("OPTIONS", api.path("/guarded"), PREFLIGHT).status == 403
    assert call("OPTIONS", api.path("/guarded-get"), PREFLIGHT).status == 204
    assert call("GET", api.path("/guarded-get"), {"Origin": ORIGIN}).status == 403
    assert shared_backend.received == []


@pytest.mark.parametrize(
    ("allowed", "origin", "answered"),
    [
        ("*", "https://a.example", "*"),
        ("https://*", "https://a.example", "https://a.example"),
        ("https://*", "http://a.example", None),
    ],
)
def test_origins_may_be_any(call, aws, backend, allowed, origin, answered):
    api = HttpApi(aws, CorsConfiguration={"AllowOrigins": [allowed]})
    api.http("$default", backend.url)
    assert told(call("GET", api.path("/"), {"Origin": origin})).get("allow-origin") == answered


def test_without_a_configuration_the_backend_speaks(call, aws, backend):
    api = HttpApi(aws)
    api.http("$default", backend.url)
    backend.reply(204, {"Access-Control-Allow-Origin": "https://b.example"}, b"")
    reply = call("OPTIONS", api.path("/"), PREFLIGHT)
    assert (reply.status, told(reply)) == (204, {"allow-origin": "https://b.example"})
    assert backend.last.method == "OPTIONS"
