"""HTTP_PROXY: what reaches the backend and what comes back. Recorded from AWS unless said otherwise."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from harness.definitions import RestApi

MAPPED_HEADER = "integration.request.header."


@pytest.fixture(scope="module")
def proxy(shared_aws, shared_backend):
    """The tutorial's GET /posts/{id}, and everything below /any as it is."""
    api = RestApi(shared_aws)
    api.http_proxy(
        "/posts/{id}",
        shared_backend.url + "/posts/{id}",
        parameters={"integration.request.path.id": "method.request.path.id"},
    )
    api.http_proxy(
        "/any/{proxy+}",
        shared_backend.url + "/below/{proxy}",
        "ANY",
        parameters={"integration.request.path.proxy": "method.request.path.proxy"},
    )
    api.http_proxy("/fixed", shared_backend.url + "/fixed?own=1", "ANY")
    api.http_proxy("/post", shared_backend.url + "/post", "ANY", backend_method="POST")
    api.deploy()
    return api


@pytest.fixture
def backend(shared_backend):
    shared_backend.clear()
    return shared_backend


class TestTarget:
    def test_the_tutorials_post(self, proxy, backend, call):
        reply = call("GET", proxy.path("/posts/7"))
        assert (reply.status, reply.json) == (200, {"from": "backend"})
        assert (backend.last.method, backend.last.target) == ("GET", "/posts/7")

    @pytest.mark.parametrize(
        ("path", "arrives"),
        [
            ("/posts/a%20b", "/posts/a%20b"),
            ("/posts/%7Bid%7D", "/posts/%7Bid%7D"),
            ("/any/a/b/c", "/below/a/b/c"),
            ("/any/a//b", "/below/a//b"),
            ("/any/a%2Fb", "/below/a%2Fb"),
            ("/fixed", "/fixed?own=1"),
        ],
    )
    def test_paths(self, proxy, backend, call, path, arrives):
        assert call("GET", proxy.path(path)).status == 200
        assert backend.last.target == arrives

    @pytest.mark.parametrize(
        ("query", "arrives"),
        [
            ("a=1", [("a", "1")]),
            ("a=1&b=2", [("a", "1"), ("b", "2")]),
            ("a=", [("a", "")]),
            ("a=x%20y", [("a", "x y")]),
            ("a=x%2By", [("a", "x+y")]),
            ("a=%26%3D", [("a", "&=")]),
        ],
    )
    def test_a_query_that_is_not_mapped_is_forwarded(self, proxy, backend, call, query, arrives):
        call("GET", proxy.path("/posts/7?" + query))
        assert parse_qsl(urlsplit(backend.last.target).query, keep_blank_values=True) == arrives

    def test_repeated_values_all_arrive(self, proxy, backend, call):
        call("GET", proxy.path("/posts/7?a=1&a=2"))
        assert sorted(parse_qsl(urlsplit(backend.last.target).query)) == [("a", "1"), ("a", "2")]

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
    def test_any_passes_the_method(self, proxy, backend, call, method):
        call(method, proxy.path("/any/x"))
        # The integration's own method is ANY: the client's is used.
        assert backend.last.method == method

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
    def test_the_integrations_method_is_what_the_backend_sees(self, proxy, backend, call, method):
        call(method, proxy.path("/post"))
        assert backend.last.method == "POST"

    def test_bodies_pass_unchanged(self, proxy, backend, call):
        data = bytes(range(256)) * 1000
        backend.reply(body=data[::-1], headers={"Content-Type": "application/octet-stream"})
        reply = call("POST", proxy.path("/any/x"), {"Content-Type": "application/octet-stream"}, data)
        assert backend.last.body == data
        assert reply.body == data[::-1]

    def test_a_chunked_body_arrives_whole(self, proxy, backend, call):
        head = {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"}
        call("POST", proxy.path("/any/x"), head, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert backend.last.body == b"abcde"


class TestRequestHeaders:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Accept", "text/html"),
            ("Accept-Encoding", "gzip"),
            ("Accept-Charset", "utf-8"),
            ("Age", "1"),
            ("Authorization", "Basic YTpi"),
            ("Content-Type", "text/css"),
            ("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("Pragma", "no-cache"),
            ("Range", "bytes=0-1"),
            ("Referer", "https://example.com"),
            ("User-Agent", "curl/8"),
            ("Warn", "199"),
            ("X-Custom", "yes"),
            ("Cookie", "a=1; b=2"),
        ],
    )
    def test_passed(self, proxy, backend, call, name, value):
        call("GET", proxy.path("/any/x"), {name: value})
        assert backend.last.all(name) == [value]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Connection", "x-private"),
            ("Content-Encoding", "identity"),
            ("Content-MD5", "abc"),
            ("Expect", "100-continue"),
            ("Max-Forwards", "5"),
            ("Proxy-Authenticate", "Basic"),
            ("Server", "me"),
            ("TE", "trailers"),
            ("Trailer", "X-T"),
            ("Upgrade", "h2c"),
            ("Via", "1.1 me"),
            ("WWW-Authenticate", "Basic"),
        ],
    )
    def test_dropped(self, proxy, backend, call, name, value):
        assert call("GET", proxy.path("/any/x"), {name: value}).status == 200
        assert value not in backend.last.all(name)

    def test_the_host_is_the_backends(self, proxy, backend, call):
        call("GET", proxy.path("/any/x"))
        assert backend.last.header("Host") == f"127.0.0.1:{backend.port}"

    def test_api_gateways_own_headers(self, proxy, backend, call):
        call("GET", proxy.path("/any/x"))
        assert backend.last.header("x-amzn-apigateway-api-id") == proxy.id
        assert backend.last.header("X-Forwarded-For") == "127.0.0.1"
        assert backend.last.header("X-Forwarded-Proto")
        assert backend.last.header("X-Forwarded-Port")

    @pytest.mark.parametrize(
        "name", ["X-Amzn-Apigateway-Api-Id", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-For"]
    )
    def test_nobody_says_them_in_its_place(self, proxy, backend, call, name):
        call("GET", proxy.path("/any/x"))
        own = backend.last.header(name)
        call("GET", proxy.path("/any/x"), {name: "192.0.2.1"})
        # An earlier proxy's word of where a request comes from stands in front of the gateway's.
        assert backend.last.header(name) == (f"192.0.2.1, {own}" if name == "X-Forwarded-For" else own)

    def test_a_trace_goes_through(self, proxy, backend, call):
        root = "Root=1-5e645f3e-1dfad076a177c5ccc5de12f5"
        call("GET", proxy.path("/any/x"), {"X-Amzn-Trace-Id": root})
        assert backend.last.header("X-Amzn-Trace-Id").startswith(root)


class TestMappings:
    def deployed(self, aws, backend, parameters, uri="/x", **stage):
        api = RestApi(aws)
        api.http_proxy("/{part}", backend.url + uri, parameters=parameters)
        api.deploy(**stage)
        return api

    @pytest.mark.parametrize(
        "name",
        [
            "Accept",
            "Authorization",
            "Content-Encoding",
            "Content-MD5",
            "Date",
            "Host",
            "Max-Forwards",
            "Pragma",
            "Server",
            "User-Agent",
            "WWW-Authenticate",
            "X-Custom",
        ],
    )
    def test_a_mapped_header_overrides_the_clients(self, aws, backend, call, name):
        api = self.deployed(aws, backend, {MAPPED_HEADER + name: "'mapped'"})
        assert call("GET", api.path("/a"), {name: "client"} if name != "Host" else {}).status == 200
        assert backend.last.all(name) == ["mapped"]

    @pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding"])
    def test_framing_cannot_be_mapped(self, aws, backend, call, name):
        api = self.deployed(aws, backend, {MAPPED_HEADER + name: "'5'"})
        reply = call("GET", api.path("/a"))
        assert (reply.status, reply.json) == (500, {"message": "Internal server error"})
        assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"
        assert reply.header("X-Amzn-Trace-Id") is None
        assert backend.received == []

    def test_sources(self, aws, backend, call):
        api = self.deployed(
            aws,
            backend,
            {
                MAPPED_HEADER + "X-Static": "'fixed text'",
                MAPPED_HEADER + "X-Stage": "stageVariables.color",
                MAPPED_HEADER + "X-Resource": "context.resourceId",
                MAPPED_HEADER + "X-Path": "method.request.path.part",
                MAPPED_HEADER + "X-Query": "method.request.querystring.q",
                MAPPED_HEADER + "X-Header": "method.request.header.X-In",
                MAPPED_HEADER + "X-Absent": "method.request.header.X-Not-There",
            },
            variables={"color": "blue"},
        )
        call("GET", api.path("/seven?q=cats"), {"X-In": "came in"})
        got = {name.lower(): value for name, value in backend.last.headers}
        assert {name: got.get(name) for name in ("x-static", "x-stage", "x-resource", "x-path", "x-query", "x-header")} == {
            "x-static": "fixed text",
            "x-stage": "blue",
            "x-resource": api.resource("/{part}"),
            "x-path": "seven",
            "x-query": "cats",
            "x-header": "came in",
        }
        assert "x-absent" not in got

    def test_a_mapped_query_value_takes_the_place_of_the_clients(self, aws, backend, call):
        api = self.deployed(aws, backend, {"integration.request.querystring.testQs": "'foo'"})
        call("GET", api.path("/a?testQs=bar&other=1"))
        assert sorted(parse_qsl(urlsplit(backend.last.target).query)) == [("other", "1"), ("testQs", "foo")]

    # Recorded from AWS: what is appended to is the query of the integration's own URI.
    def test_a_mapped_query_value_is_appended_to_the_uris(self, aws, backend, call):
        api = self.deployed(
            aws, backend, {"integration.request.querystring.testQs": "'foo'"}, uri="/to?testQs=bar"
        )
        call("GET", api.path("/a"))
        assert parse_qsl(urlsplit(backend.last.target).query) == [("testQs", "bar"), ("testQs", "foo")]

    def test_a_mapped_path(self, aws, backend, call):
        api = self.deployed(
            aws, backend, {"integration.request.path.where": "method.request.path.part"}, uri="/to/{where}/end"
        )
        call("GET", api.path("/seven"))
        assert backend.last.target == "/to/seven/end"

    def test_stage_variables_in_the_uri(self, aws, backend, call):
        api = RestApi(aws)
        api.http_proxy("/", "http://${stageVariables.host}/${stageVariables.path}?a=${stageVariables.value}")
        api.deploy(variables={"host": f"127.0.0.1:{backend.port}", "path": "from/stage", "value": "1"})
        assert call("GET", api.path("/")).status == 200
        assert backend.last.target == "/from/stage?a=1"


class TestResponseHeaders:
    @pytest.mark.parametrize(
        "name",
        [
            "Authorization",
            "Content-MD5",
            "Date",
            "Expect",
            "Host",
            "Max-Forwards",
            "Proxy-Authenticate",
            "Server",
            "Trailer",
            "Upgrade",
            "User-Agent",
            "WWW-Authenticate",
            "x-amzn-RequestId",
        ],
    )
    def test_remapped(self, proxy, backend, call, name):
        backend.reply(headers={name: "backend's"})
        reply = call("GET", proxy.path("/any/x"))
        assert reply.header("x-amzn-Remapped-" + name) == "backend's"
        assert "backend's" not in reply.all(name)

    def test_connection_and_length_are_remapped(self, proxy, backend, call):
        backend.reply(headers={"Connection": "close"}, body="12345")
        reply = call("GET", proxy.path("/any/x"))
        assert reply.body == b"12345"
        assert reply.header("x-amzn-Remapped-Connection") == "close"
        assert reply.header("x-amzn-Remapped-Content-Length") == "5"

    @pytest.mark.parametrize(
        "name",
        [
            "Accept",
            "Accept-Charset",
            "Accept-Encoding",
            "Age",
            "Content-Encoding",
            "Content-Type",
            "Pragma",
            "Range",
            "Referer",
            "TE",
            "Via",
            "Warn",
            "X-Custom",
            "Cache-Control",
            "Location",
            "ETag",
        ],
    )
    def test_passed(self, proxy, backend, call, name):
        backend.reply(headers={name: "backends"})
        assert call("GET", proxy.path("/any/x")).header(name) == "backends"

    def test_cookies_stay_apart(self, proxy, backend, call):
        backend.reply(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        assert call("GET", proxy.path("/any/x")).all("Set-Cookie") == ["a=1", "b=2"]

    def test_a_chunked_answer_arrives_whole(self, proxy, backend, call):
        backend.reply(headers={"Transfer-Encoding": "chunked"}, body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        reply = call("GET", proxy.path("/any/x"))
        assert (reply.status, reply.body) == (200, b"abcde")
        assert reply.header("x-amzn-Remapped-Transfer-Encoding") is None

    @pytest.mark.parametrize("status", [200, 201, 204, 301, 304, 400, 404, 418, 500, 503])
    def test_the_backends_status_passes(self, proxy, backend, call, status):
        backend.reply(status=status, body=b"" if status in (204, 304) else b"x")
        assert call("GET", proxy.path("/any/x")).status == status

    def test_the_apis_request_id_is_its_own(self, proxy, backend, call):
        reply = call("GET", proxy.path("/any/x"))
        assert reply.header("x-amzn-RequestId")
        assert reply.header("x-amz-apigw-id")
