"""HTTP: only what is mapped goes in, and the response is chosen by its status. Recorded from AWS unless said otherwise."""

import pytest

from harness.definitions import RestApi

CUSTOM = {"Content-Type": "application/json", "X-Custom": "yes", "User-Agent": "curl/8", "Accept": "text/html"}


class TestRequest:
    def test_only_api_gateways_own_headers_go_in(self, api, backend, call):
        api.http("/", backend.url + "/x", "POST")
        api.reply("/", "POST")
        api.deploy()
        assert call("POST", api.path("/?a=1"), CUSTOM, b'{"a": 1}').status == 200
        got = backend.last
        assert (got.method, got.target, got.body) == ("POST", "/x", b'{"a": 1}')
        assert sorted(name.lower() for name in got.names) == sorted(
            [
                "accept",
                "content-length",
                "content-type",
                "host",
                "user-agent",
                "x-amzn-apigateway-api-id",
                "x-amzn-trace-id",
            ]
        )
        assert got.header("Accept") == "application/json"
        assert got.header("User-Agent") == f"AmazonAPIGateway_{api.id}"
        assert got.header("X-Amzn-Apigateway-Api-Id") == api.id
        assert got.header("Content-Type") == "application/json"

    def test_mapped_values_go_in(self, api, backend, call):
        names = ["method.request.header.X-In", "method.request.querystring.q"]
        api.method("/", requestParameters=dict.fromkeys(names, False))
        api.integration(
            "/",
            type="HTTP",
            integrationHttpMethod="GET",
            uri=backend.url + "/x",
            requestParameters={
                "integration.request.header.X-Out": "method.request.header.X-In",
                "integration.request.querystring.search": "method.request.querystring.q",
                "integration.request.header.X-Static": "'yes'",
            },
        )
        api.reply("/")
        api.deploy()
        call("GET", api.path("/?q=cats&other=1"), {"X-In": "in"})
        assert backend.last.target == "/x?search=cats"
        assert (backend.last.header("X-Out"), backend.last.header("X-Static")) == ("in", "yes")

    def test_the_integrations_method(self, api, backend, call):
        api.http("/", backend.url, "GET", backend_method="POST")
        api.reply("/")
        api.deploy()
        call("GET", api.path("/"))
        assert backend.last.method == "POST"

    def test_never_passing_through_needs_a_template(self, api, backend, call):
        # API Gateway developer guide, "Integration passthrough behaviors".
        api.http("/", backend.url, "POST", passthroughBehavior="NEVER")
        api.reply("/", "POST")
        api.deploy()
        reply = call("POST", api.path("/"), {"Content-Type": "application/json"}, b"{}")
        assert (reply.status, reply.json) == (415, {"message": "Unsupported Media Type"})
        assert backend.received == []

    def test_a_literal_template_replaces_the_body(self, api, backend, call):
        api.http("/", backend.url, "POST", requestTemplates={"application/json": '{"fixed": true}'})
        api.reply("/", "POST")
        api.deploy()
        call("POST", api.path("/"), {"Content-Type": "application/json"}, b'{"a": 1}')
        assert backend.last.body == b'{"fixed": true}'


class TestResponse:
    @pytest.fixture
    def selecting(self, aws, backend):
        api = RestApi(aws)
        api.http("/", backend.url)
        api.reply("/", status="200", headers={"X-Kind": "'default'"})
        api.reply("/", status="404", selectionPattern="404", headers={"X-Kind": "'not found'"})
        api.reply("/", status="502", selectionPattern="5\\d{2}", responseTemplates={"application/json": "hidden"})
        api.deploy()
        return api

    @pytest.mark.parametrize(
        ("backends", "status", "kind", "body"),
        [
            (200, 200, "default", "backend"),
            (400, 200, "default", "backend"),
            (404, 404, "not found", "backend"),
            (500, 502, None, "hidden"),
            (503, 502, None, "hidden"),
        ],
    )
    def test_the_backends_status_selects(self, selecting, backend, call, backends, status, kind, body):
        backend.reply(backends, {"Content-Type": "application/json"}, "backend")
        reply = call("GET", selecting.path("/"))
        assert (reply.status, reply.header("X-Kind"), reply.text) == (status, kind, body)

    def test_only_mapped_headers_come_out(self, api, backend, call):
        api.http("/", backend.url)
        api.reply(
            "/", headers={"X-Out": "integration.response.header.X-In", "Server": "integration.response.header.X-In"}
        )
        api.deploy()
        backend.reply(headers={"X-In": "mapped", "X-Other": "lost", "Content-Type": "text/plain"})
        reply = call("GET", api.path("/"))
        assert reply.header("X-Out") == "mapped"
        assert reply.header("X-Other") is None
        assert reply.header("x-amzn-Remapped-Server") == "mapped"

    def test_a_header_comes_from_the_body(self, api, backend, call):
        """Developer guide, "Set up data mapping": `integration.response.body.JSONPath`."""
        api.http("/", backend.url)
        api.reply("/", headers={"X-Id": "integration.response.body.pet.id"})
        api.deploy()
        backend.reply(body='{"pet": {"id": 7}}')
        assert call("GET", api.path("/")).header("x-id") == "7"

    def test_no_response_fits(self, api, backend, call):
        api.http("/", backend.url)
        api.reply("/", status="404", selectionPattern="404")
        api.deploy()
        reply = call("GET", api.path("/"))
        assert (reply.status, reply.json) == (500, {"message": "Internal server error"})

    def test_the_trace_comes_back(self, api, backend, call):
        api.http("/", backend.url)
        api.reply("/")
        api.deploy()
        sent = "Root=1-5e645f3e-1dfad076a177c5ccc5de12f5"
        reply = call("GET", api.path("/"), {"X-Amzn-Trace-Id": sent})
        assert reply.header("X-Amzn-Trace-Id").startswith(sent)
        assert backend.last.header("X-Amzn-Trace-Id").startswith(sent)
