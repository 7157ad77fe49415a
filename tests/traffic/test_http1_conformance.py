"""What HTTP/1 asks of a server, as far as clients rely on it (RFC 9110 and 9112): answers as bytes."""

import base64
import os
import re

import pytest

from harness import functions, wire
from harness.definitions import RestApi
from harness.websocket import WebSocketApi
from harness.wiretap import Wiretap


class Target:
    def __init__(self, aws):
        self.endpoint = aws.endpoint
        self.host = aws.endpoint.removeprefix("http://")
        self.backend = Wiretap()
        self.backend.answers["/large"] = b"x" * 300_000
        api = RestApi(aws)
        api.http_proxy("/x", self.backend.url + "/x", "ANY")
        api.http_proxy("/large", self.backend.url + "/large")
        api.mock("/mock", body="mocked")
        api.mock("/nothing", status="204")
        api.method("/forbidden", "POST", authorizationType="AWS_IAM")
        api.integration("/forbidden", "POST", type="HTTP_PROXY", integrationHttpMethod="POST", uri=self.backend.url + "/x")
        arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': event['body'] or ''}\n")
        functions.allow_gateway(aws, arn)
        api.function_proxy("/function", arn)
        api.deploy()
        self.api = api

    def head(self, method, path, *headers, version="1.1", host=True):
        lines = [f"{method} {self.api.path(path)} HTTP/{version}"]
        lines += [f"Host: {self.host}"] if host else []
        return ("\r\n".join([*lines, *headers]) + "\r\n\r\n").encode()

    def exchange(self, data):
        """All that comes back until the connection ends."""
        with wire.connect(self.endpoint) as connection:
            connection.sendall(data)
            return everything(connection)


def everything(connection):
    data = b""
    while more := connection.recv(65536):
        data += more
    return data


def fields(head):
    return {name.lower(): value for name, value in re.findall(r"\r\n([^:\r]+): ?([^\r]*)", head.decode("latin-1"))}


@pytest.fixture(scope="module")
def target(shared_aws):
    made = Target(shared_aws)
    yield made
    made.backend.close()


CLOSE = "Connection: close"


@pytest.mark.parametrize("path", ["/x", "/mock", "/large"])
def test_an_answer_is_as_long_as_it_says(target, path):
    """RFC 9112, section 6.3."""
    head, _, body = target.exchange(target.head("GET", path, CLOSE)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert int(fields(head)["content-length"]) == len(body) > 0
    assert head.lower().count(b"\r\ncontent-length:") == 1
    assert b"transfer-encoding" not in head.lower()


def test_every_answer_has_a_date_and_says_that_the_connection_ends(target):
    """RFC 9110, section 6.6.1; RFC 9112, section 9.6."""
    for request in (target.head("GET", "/x", CLOSE), target.head("GET", "/none", CLOSE), b"no request\r\n\r\n"):
        head = target.exchange(request).partition(b"\r\n\r\n")[0]
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", fields(head)["date"])
        assert fields(head)["connection"] == "close"


@pytest.mark.parametrize("path", ["/x", "/function", "/none"])
def test_a_head_has_no_body(target, path):
    """RFC 9110, section 9.3.2: and the next answer follows at once."""
    first = target.head("HEAD", path)
    head, _, rest = target.exchange(first + target.head("GET", "/mock", CLOSE)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 ")
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n"), rest[:80]
    assert rest.endswith(b"\r\n\r\nmocked")


def test_no_content_has_no_length(target):
    """RFC 9110, section 8.6."""
    head, _, rest = target.exchange(
        target.head("GET", "/nothing") + target.head("GET", "/mock", CLOSE)
    ).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert not fields(head).keys() & {"content-length", "transfer-encoding"}
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


class TestVersion10:
    """RFC 9112, section 9.3 and appendix C.2.2."""

    def test_the_connection_ends_with_the_answer(self, target):
        for host in (True, False):
            answer = target.exchange(target.head("GET", "/mock", version="1.0", host=host))
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nmocked")

    def test_a_client_may_keep_it(self, target):
        kept = target.head("GET", "/mock", "Connection: keep-alive", version="1.0")
        answers = target.exchange(kept + target.head("GET", "/mock", version="1.0"))
        assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2
        assert fields(answers.partition(b"\r\n\r\n")[0])["connection"] == "keep-alive"

    def test_there_are_no_chunks(self, target):
        answer = target.exchange(target.head("GET", "/large", version="1.0"))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert body == b"x" * 300_000

    def test_nobody_is_told_to_continue(self, target):
        request = target.head("POST", "/function", "Expect: 100-continue", "Content-Length: 2", version="1.0")
        assert target.exchange(request + b"ok").startswith(b"HTTP/1.1 200 OK\r\n")


class TestExpect:
    """RFC 9110, section 10.1.1."""

    def ask(self, target, path, *headers):
        connection = wire.connect(target.endpoint)
        expects = ("Expect: 100-continue", "Content-Length: 2", CLOSE, *headers)
        connection.sendall(target.head("POST", path, *expects))
        return connection

    @pytest.mark.parametrize("path", ["/x", "/function"])
    def test_a_body_that_is_wanted_is_asked_for(self, target, path):
        with self.ask(target, path) as connection:
            assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"ok")
            assert everything(connection).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_whoever_may_not_is_told_so_at_once(self, target):
        with self.ask(target, "/forbidden") as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 403 Forbidden\r\n")

    def test_a_body_that_is_too_large_is_not_asked_for(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", "/function", "Expect: 100-continue", "Content-Length: 99999999"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")

    def test_a_body_that_comes_unasked_is_read(self, target):
        request = target.head("POST", "/function", "Expect: 100-continue", "Content-Length: 2", CLOSE)
        answer = target.exchange(request + b"ok")
        assert answer.endswith(b"\r\n\r\nok")


class TestUnreadBodies:
    """RFC 9112, section 9.3: what nobody has read is no request."""

    @pytest.mark.parametrize(
        ("framing", "body"),
        [
            ("Content-Length: 39", b"GET /smuggled HTTP/1.1\r\nHost: local\r\n\r\n"),
            ("Transfer-Encoding: chunked", b"27\r\nGET /smuggled HTTP/1.1\r\nHost: local\r\n\r\n\r\n0\r\n\r\n"),
        ],
    )
    @pytest.mark.parametrize("path", ["/forbidden", "/none", "/mock"])
    def test_they_are_passed_over_or_end_the_connection(self, target, path, framing, body):
        target.backend.clear()
        request = target.head("POST", path, framing) + body
        answers = target.exchange(request + target.head("GET", "/x", CLOSE))
        statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)
        assert statuses[0] == b"403"
        assert statuses[1:] in ([], [b"200"])
        assert [one.target for one in target.backend.heard] == ["/x"] * (len(statuses) - 1)


class TestOptions:
    def test_an_asterisk_asks_the_server(self, target):
        """RFC 9110, section 9.3.7: it is no stage's path."""
        answer = target.exchange(f"OPTIONS * HTTP/1.1\r\nHost: {target.host}\r\n{CLOSE}\r\n\r\n".encode())
        assert re.match(rb"HTTP/1\.1 [45]\d\d ", answer)


class TestUpgrades:
    """RFC 6455, section 4.2; RFC 9110, section 7.8."""

    @pytest.fixture
    def chat(self, aws):
        api = WebSocketApi(aws)
        api.route("$default", api.mock('{"told": "it"}'), two_way=True)
        api.deploy()
        return api

    def asking(self, chat, *headers):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {chat.path} HTTP/1.1",
            f"Host: {chat.aws.endpoint.removeprefix('http://')}",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *headers,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    @pytest.mark.parametrize(("framing", "body"), [("Content-Length: 5", b"hello"), ("Transfer-Encoding: chunked", b"0\r\n\r\n")])
    def test_a_request_with_a_body_is_not_upgraded(self, chat, framing, body):
        with wire.connect(chat.aws.endpoint) as connection:
            connection.sendall(self.asking(chat, "Connection: Upgrade, close", framing) + body)
            assert everything(connection).startswith(b"HTTP/1.1 403 ")

    def test_a_refused_one_leaves_http_as_it_is(self, chat, target):
        refused = self.asking(chat, "Connection: keep-alive")
        answers = target.exchange(refused + target.head("GET", "/mock", CLOSE))
        assert re.findall(rb"HTTP/1\.1 (\d{3}) ", answers) == [b"403", b"200"]

    def test_bytes_behind_the_request_are_the_next_protocols(self, chat, target):
        """A request of HTTP there is no frame: it is not masked."""
        asking = self.asking(chat, "Connection: Upgrade")
        answer = target.exchange(asking + target.head("GET", "/mock", CLOSE))
        assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"mocked" not in answer and answer.count(b"HTTP/1.1") == 1
