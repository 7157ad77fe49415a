"""HEAD, `X-HTTP-Method-Override`, and CORS as APIs configure it."""

import pytest

from harness import functions, wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.process import Gateway


def exchange(gateway, method, target, headers=()):
    """All bytes that come back before the gateway closes the connection: head and body."""
    with wire.connect(gateway.endpoint) as connection:
        connection.sendall(wire.head(method, target, [("Host", "localhost"), ("Connection", "close"), *headers]))
        data = b""
        while more := connection.recv(65536):
            data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    return lines[0], dict(line.split(": ", 1) for line in lines[1:]), body


def lasting(headers):
    """The headers that two answers have in common."""
    own = {"date", "x-amzn-requestid", "x-amz-apigw-id", "x-amzn-trace-id"}
    return {name: value for name, value in headers.items() if name.lower() not in own}


class TestHead:
    """RFC 9110, section 9.3.2: the same answer as to GET, without its body."""

    @pytest.fixture
    def both(self, aws, api, backend):
        arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': 'four'}\n")
        for method in ("GET", "HEAD"):
            api.mock("/mock", method, body="four")
        api.mock("/any", "ANY", body="four")
        api.function_proxy("/function", arn)
        functions.allow_gateway(aws, arn)
        api.http_proxy("/backend", backend.url, "ANY")
        api.mock("/get", body="four")
        api.deploy()
        return api

    @pytest.mark.parametrize("path", ["/mock", "/any", "/function"])
    def test_the_head_of_get_and_no_body(self, both, gateway, path):
        status, headers, body = exchange(gateway, "GET", both.path(path))
        assert (status, body) == ("HTTP/1.1 200 OK", b"four")
        assert headers["content-length"] == "4"
        head_status, head_headers, nothing = exchange(gateway, "HEAD", both.path(path))
        assert (head_status, nothing) == (status, b"")
        assert lasting(head_headers) == lasting(headers)

    def test_a_backend_is_asked_with_head(self, both, gateway, backend):
        status, headers, body = exchange(gateway, "HEAD", both.path("/backend"))
        assert (status, body, backend.last.method) == ("HTTP/1.1 200 OK", b"", "HEAD")
        assert headers["x-amzn-remapped-content-length"] == "19"

    def test_get_does_not_stand_for_it(self, both, gateway):
        status, headers, body = exchange(gateway, "HEAD", both.path("/get"))
        assert (status, body) == ("HTTP/1.1 403 Forbidden", b"")
        assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
        assert headers["content-length"] == "42"

    def test_the_connection_goes_on_behind_it(self, both, gateway):
        with wire.connect(gateway.endpoint) as connection:
            for method in ("HEAD", "GET", "HEAD"):
                connection.sendall(wire.head(method, both.path("/mock"), [("Host", "localhost")]))
                assert wire.read_reply(connection, method).status == 200


class TestMethodOverride:
    """API Gateway replaces a request's verb before it looks for its method; here that has to be switched on."""

    @pytest.fixture(scope="class")
    def overriding(self, tmp_path_factory):
        config = tmp_path_factory.mktemp("config") / "gatewright.toml"
        config.write_text("method_override = true\n")
        with Gateway("--ephemeral", "--config", config) as running:
            yield running

    @staticmethod
    def deployed(aws):
        api = RestApi(aws)
        for method in ("GET", "DELETE", "POST"):
            api.mock("/", method, body=f"{method} $context.httpMethod")
        api.deploy()
        return api

    def test_it_is_off(self, aws, call):
        api = self.deployed(aws)
        assert call("POST", api.path(), {"X-HTTP-Method-Override": "DELETE"}).text == "POST POST"

    @pytest.mark.parametrize(
        ("verb", "named", "expected"),
        [("POST", "DELETE", "DELETE DELETE"), ("GET", "POST", "POST POST"), ("POST", None, "POST POST")],
    )
    def test_where_it_is_on_it_is_the_verb(self, overriding, verb, named, expected):
        api = self.deployed(Aws(overriding.endpoint, "us-east-1"))
        headers = {"X-HTTP-Method-Override": named} if named else {}
        assert wire.send(overriding.endpoint, verb, api.path(), headers).text == expected

    @pytest.mark.parametrize("named", ["PUT", "delete", "BREW", "DELETE GET", ""])
    def test_a_verb_without_a_method_is_refused(self, overriding, named):
        api = self.deployed(Aws(overriding.endpoint, "us-east-1"))
        reply = wire.send(overriding.endpoint, "POST", api.path(), {"X-HTTP-Method-Override": named})
        if named in ("DELETE GET", ""):
            # No verb at all: there is nothing to replace the request's own by.
            assert reply.text == "POST POST"
        else:
            assert (reply.status, reply.json) == (403, {"message": "Missing Authentication Token"})

    def test_aws_operations_keep_their_verb(self, overriding):
        aws = Aws(overriding.endpoint, "us-east-1")
        api = self.deployed(aws)
        reply = aws.send(
            "apigateway", "GET", f"/restapis/{api.id}", headers={"X-HTTP-Method-Override": "DELETE"}.items()
        )
        assert (reply.status, reply.json["id"]) == (200, api.id)


def test_cors_is_what_a_mock_says(api, call):
    """API Gateway developer guide, "CORS for REST APIs in API Gateway": a preflight is answered by an OPTIONS method
    with a MOCK integration, and the other methods bring the header themselves."""
    allow = {
        "Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'",
        "Access-Control-Allow-Methods": "'OPTIONS,GET'",
        "Access-Control-Allow-Origin": "'*'",
    }
    api.mock("/pets", "OPTIONS", headers=allow)
    api.mock("/pets", "GET", body="[]", headers={"Access-Control-Allow-Origin": "'https://example.com'"})
    api.deploy()
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
    reply = call("OPTIONS", api.path("/pets"), preflight)
    assert (reply.status, reply.body) == (200, b"")
    assert {name: reply.header(name) for name in allow} == {name: value.strip("'") for name, value in allow.items()}
    reply = call("GET", api.path("/pets"), {"Origin": "https://example.com"})
    assert reply.header("Access-Control-Allow-Origin") == "https://example.com"
    # What refuses a request has no such header unless the API gives it one.
    assert call("GET", api.path("/unknown"), preflight).header("Access-Control-Allow-Origin") is None
