"""HTTP backends of HTTP APIs, what of requests and answers is mapped, and the bounds of both (API Gateway developer
guide, "Create HTTP proxy integrations for HTTP APIs", "Transform API requests and responses for HTTP APIs in API
Gateway", "Quotas for configuring and running an HTTP API in API Gateway")."""

import json

import pytest

from harness import functions, wire
from harness.http_apis import HttpApi

INTERNAL = (500, '{"message":"Internal Server Error"}')


@pytest.fixture
def api(aws):
    return HttpApi(aws)


def told(reply):
    return reply.status, reply.text


def test_the_request_reaches_the_backend_as_it_is(call, api, backend):
    api.http("ANY /x/{id}", f"{backend.url}/y/{{id}}")
    headers = [("X-Own", "1"), ("X-Own", "2"), ("Content-Encoding", "own"), ("Cookie", "a=1"), ("TE", "trailers")]
    reply = call("PATCH", api.path("/x/7?b=c&b=d%20e"), headers, b"payload")
    assert (reply.status, reply.json) == (200, {"from": "backend"})
    got = backend.last
    assert (got.method, got.target, got.body) == ("PATCH", "/y/7?b=c&b=d%20e", b"payload")
    assert got.all("X-Own") == ["1", "2"]
    assert (got.header("Content-Encoding"), got.header("Cookie")) == ("own", "a=1")
    assert got.header("Host") == f"127.0.0.1:{backend.port}"
    assert got.header("Via") == "HTTP/1.1 AmazonAPIGateway"
    assert got.header("X-Amzn-Trace-Id").startswith("Root=1-")
    assert got.header("TE") is None


def test_who_forwards_is_told_in_one_header(call, api, backend, gateway):
    """Important notes: X-Forwarded-* become Forwarded."""
    api.http("$default", backend.url)
    call("GET", api.path("/"), {"X-Forwarded-For": "203.0.113.1", "X-Forwarded-Proto": "https"})
    own = f"by=_gatewright;for=127.0.0.1;host=127.0.0.1:{gateway.port};proto=http"
    assert backend.last.header("Forwarded") == f"for=203.0.113.1;proto=https,{own}"
    for name in ("For", "Port", "Proto", "Host"):
        assert backend.last.header(f"X-Forwarded-{name}") is None


@pytest.mark.parametrize(
    ("key", "uri", "path", "target"),
    [
        ("$default", "", "/store/checkout", "/store/checkout"),
        ("$default", "/base/", "/a%20b/c?d=e", "/base/a%20b/c?d=e"),
        ("ANY /{proxy+}", "/{proxy}", "/a/b%20c", "/a/b%20c"),
        ("ANY /{proxy+}", "/fixed", "/a/b", "/fixed"),
        ("GET /pets/{id}", "/p/{id}?of={id}", "/pets/a%2Fb", "/p/a%2Fb?of=a%2Fb"),
        ("GET /pets", "/p?own=1", "/pets?b=2", "/p?own=1&b=2"),
    ],
)
def test_where_a_request_goes(call, api, backend, key, uri, path, target):
    api.http(key, backend.url + uri, "GET")
    assert call("GET", api.path(path)).status == 200
    assert backend.last.target == target


def test_the_integrations_method_is_the_backends(call, api, backend):
    api.http("GET /x", backend.url, "POST")
    call("GET", api.path("/x"))
    assert (backend.last.method, backend.last.header("Content-Length")) == ("POST", "0")


def test_the_answer_reaches_the_client_as_it_is(call, api, backend):
    api.http("$default", backend.url)
    backend.reply(418, [("X-A", "1"), ("X-A", "2"), ("Server", "own"), ("apigw-requestid", "theirs")], b"\x00\xff")
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.body, reply.all("X-A"), reply.header("Server")) == (418, b"\x00\xff", ["1", "2"], "own")
    assert reply.header("apigw-requestid") != "theirs"


def test_a_backend_that_is_not_there_is_unavailable(call, api):
    api.http("$default", "http://127.0.0.1:9")
    assert told(call("GET", api.path("/"))) == (503, '{"message":"Service Unavailable"}')


def test_a_backend_that_is_too_slow_is_given_up(call, api, backend):
    api.http("$default", backend.url, integration={"TimeoutInMillis": 50})
    backend.hold()
    assert call("GET", api.path("/")).status == 504


REQUEST = {
    "append:header.x-added": "$request.header.x-own",
    "overwrite:header.x-over": "${request.path.id}-$context.routeKey",
    "remove:header.x-gone": "''",
    "append:querystring.a": "$request.querystring.a",
    "overwrite:querystring.b": "$stageVariables.color",
    "remove:querystring.c": "",
    "overwrite:path": "/v2/$request.path.id/of",
}


def test_requests_are_mapped(call, aws, backend):
    api = HttpApi(aws, stage=None)
    api.http("GET /pets/{id}", f"{backend.url}/x", request=REQUEST)
    api.add_stage("prod", StageVariables={"color": "blue"})
    headers = [("X-Own", "1"), ("X-Own", "2"), ("X-Over", "0"), ("X-Gone", "0"), ("X-Added", "0")]
    assert call("GET", api.path("/pets/a%20b?a=1&b=2&c=3&a=4", "prod"), headers).status == 200
    got = backend.last
    assert got.target == "/v2/a%20b/of?a=1&a=4&a=1%2C4&b=blue"
    assert (got.all("X-Added"), got.header("X-Over"), got.header("X-Gone")) == (["0", "1,2"], "a b-GET /pets/{id}", None)


def test_parts_of_the_body_are_mapped(call, api, backend):
    mapped = {"append:header.name": "$request.body.pet.names[1]", "append:header.none": "$request.body.absent"}
    api.http("POST /pets", backend.url, request=mapped)
    body = b'{"pet": {"names": ["a", "b"]}}'
    call("POST", api.path("/pets"), (), body)
    assert (backend.last.header("name"), backend.last.header("none"), backend.last.body) == ("b", None, body)


RESPONSE = {
    "500": {
        "overwrite:statuscode": "403",
        "append:header.header1": "$context.requestId",
        "overwrite:header.why": "$response.body.message",
    },
    "404": {"append:header.error": "${stageVariables.none}no $request.path.id", "remove:header.x-gone": ""},
}


def test_answers_are_mapped_by_their_status(call, api, backend):
    """The guide's example, "Change the response from an integration"."""
    api.http("GET /{id}", backend.url, response=RESPONSE)
    backend.reply(500, {"X-Gone": "1"}, b'{"message": "oops"}')
    reply = call("GET", api.path("/7"))
    assert (reply.status, reply.text) == (403, '{"message": "oops"}')
    assert reply.header("header1") == reply.header("apigw-requestid")
    assert (reply.header("why"), reply.header("x-gone")) == ("oops", "1")
    backend.reply(404, {"X-Gone": "1"})
    reply = call("GET", api.path("/7"))
    assert (reply.status, reply.header("error"), reply.header("x-gone")) == (404, "no 7", None)
    backend.reply(200, {"X-Gone": "1"})
    assert call("GET", api.path("/7")).header("x-gone") == "1"


def test_answers_of_functions_are_mapped_too(call, api, aws):
    arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 404, 'body': 'x'}\n")
    functions.allow_gateway(aws, arn)
    api.function("$default", arn, integration={"ResponseParameters": {"404": {"overwrite:statuscode": "410"}}})
    assert call("GET", api.path("/")).status == 410


@pytest.mark.parametrize("path", ["../x", "a/../../x", "..%2Fx"])
def test_no_mapped_path_climbs(call, api, backend, path):
    api.http("$default", backend.url, request={"overwrite:path": "/base/$request.querystring.p"})
    assert told(call("GET", api.path(f"/?p={path}"))) == INTERNAL
    assert backend.received == []


def test_payloads_have_ten_megabytes_at_most(call, api, backend):
    api.http("$default", backend.url)
    most = 10 * 1024 * 1024
    assert call("POST", api.path("/"), (), b"x" * most).status == 200
    reply = call("POST", api.path("/"), {"Content-Length": str(most + 1)}, b"x" * (most + 1))
    assert told(reply) == (413, '{"message":"Request Entity Too Large"}')
    assert len(backend.received) == 1


def test_request_line_and_headers_have_10240_bytes_at_most(call, api, backend):
    api.http("$default", backend.url)
    assert call("GET", api.path("/"), {"X-Own": "x" * 10_000}).status == 200
    for target, headers in ((api.path("/"), {"X-Own": "x" * 10_240}), (api.path("/" + "x" * 10_240), {})):
        assert told(call("GET", target, headers)) == (431, '{"message":"Request Header Fields Too Large"}')
    assert len(backend.received) == 1


def test_routes_are_throttled(call, aws, backend):
    api = HttpApi(aws, stage=None)
    for key in ("GET /own", "GET /other", "GET /free"):
        api.http(key, backend.url)
    closed = {"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0}
    one = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 1}
    free = {"ThrottlingRateLimit": 1000.0, "ThrottlingBurstLimit": 1000}
    api.add_stage("prod", DefaultRouteSettings=closed, RouteSettings={"GET /own": one, "GET /free": free})

    def statuses(path):
        return [call("GET", api.path(path, "prod")).status for _ in range(3)]

    assert statuses("/own") == [200, 429, 429]
    assert statuses("/other") == [429, 429, 429]
    assert statuses("/free") == [200, 200, 200]
    assert told(call("GET", api.path("/other", "prod"))) == (429, '{"message":"Too Many Requests"}')


def test_a_method_override_is_for_rest_apis_alone(call, api, backend):
    api.http("ANY /x", backend.url)
    call("POST", api.path("/x"), {"X-HTTP-Method-Override": "DELETE"})
    assert backend.last.method == "POST"


def test_a_client_is_told_nothing_of_what_is_wrong_inside(call, api):
    api.http("$default", "http://{nowhere}/")
    assert told(call("GET", api.path("/"))) == INTERNAL


def test_events_of_both_urls_are_of_one_api(gateway, aws, api):
    arn = functions.function(aws, "def handler(event, context):\n    return event\n")
    functions.allow_gateway(aws, arn)
    api.function("$default", arn)
    reply = wire.send(gateway.endpoint, "GET", "/a", {"Host": api.host()})
    context = json.loads(reply.text)["requestContext"]
    assert (context["domainName"], context["domainPrefix"]) == (api.host(), api.id)
