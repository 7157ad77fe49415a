"""What HTTP/2 asks of a server, as far as clients rely on it (RFC 9113): frames as they come."""

import json

import pytest

from harness import functions, wire
from harness.account import Aws
from harness.backend import Backend
from harness.definitions import RestApi
from harness.http2 import KINDS, Frames, block
from harness.process import Gateway

#: SETTINGS_HEADER_TABLE_SIZE and SETTINGS_INITIAL_WINDOW_SIZE (section 6.5.2).
HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE = 1, 4


def setting(number, value):
    return number.to_bytes(2, "big") + value.to_bytes(4, "big")


class Target:
    def __init__(self, aws, backend):
        self.endpoint = aws.endpoint
        self.backend = backend
        api = RestApi(aws)
        api.http_proxy("/x", backend.url + "/x", "ANY")
        api.mock("/mock", body="mocked")
        api.mock("/nothing", status="204")
        source = "def handler(event, context):\n    return {'statusCode': 200, 'body': event['body'] or ''}\n"
        arn = functions.function(aws, source)
        functions.allow_gateway(aws, arn)
        api.function_proxy("/echo", arn)
        api.deploy()
        self.api = api

    def client(self, settings=b""):
        return Frames(wire.connect(self.endpoint), settings=settings)

    def fields(self, path, method="GET"):
        host = self.endpoint.removeprefix("http://")
        return [(":method", method), (":scheme", "http"), (":authority", host), (":path", self.api.path(path))]


@pytest.fixture(scope="module")
def target(shared_aws, shared_backend):
    return Target(shared_aws, shared_backend)


@pytest.fixture(autouse=True)
def _no_script(shared_backend):
    shared_backend.clear()


def test_an_answer_has_neither_fields_of_connections_nor_capitals(target):
    """Sections 8.2.1 and 8.2.2."""
    client = target.client()
    target.backend.reply(headers={"Connection": "X-Own", "Keep-Alive": "timeout=5", "X-CAPITAL": "a"}, body="x")
    client.request(1, target.fields("/x"))
    assert client.outcome(1) == 200
    names = [name for name, _ in client.answers[1][1]]
    assert not set(names) & {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
    assert names == [name.lower() for name in names]
    assert "x-capital" in names and names[0] == ":status"
    assert [name for name in names if name.startswith(":")] == [":status"]


@pytest.mark.parametrize(("path", "status"), [("/mock", 200), ("/none", 403), ("/echo", 200)])
def test_an_answer_has_its_status_and_its_length(target, path, status):
    client = target.client()
    client.request(1, target.fields(path))
    assert client.outcome(1) == status
    _, fields, body = client.answers[1]
    assert dict(fields).get("content-length", str(len(body))) == str(len(body))


def test_a_head_and_no_content_have_no_body(target):
    client = target.client()
    client.request(1, target.fields("/x", "HEAD"))
    client.request(3, target.fields("/nothing"))
    assert (client.outcome(1), client.outcome(3)) == (200, 204)
    assert (client.answers[1][2], client.answers[3][2]) == (b"", b"")
    assert "content-length" not in dict(client.answers[3][1])


def test_requests_are_answered_side_by_side(target):
    """Section 5: one that takes long holds up no other."""
    client = target.client()
    target.backend.hold()
    client.request(1, target.fields("/x"))
    target.backend.wait_for(1)
    for stream in range(3, 43, 2):
        client.request(stream, target.fields("/mock"))
    assert [client.outcome(stream) for stream in range(3, 43, 2)] == [200] * 20
    assert 1 not in client.answers
    target.backend.release()
    assert client.outcome(1) == 200
    assert json.loads(client.answers[1][2]) == {"from": "backend"}


def test_a_body_comes_in_any_number_of_frames(target):
    client = target.client()
    client.send(KINDS["HEADERS"], 4, 1, block(target.fields("/echo", "POST")))
    for number in range(100):
        client.send(KINDS["DATA"], 0, 1, b"%02d" % number)
        if number % 10 == 0:
            client.send(KINDS["DATA"], 0, 1)
    client.send(KINDS["DATA"], 1, 1)
    assert client.outcome(1) == 200
    assert client.answers[1][2] == b"".join(b"%02d" % number for number in range(100))


def test_an_answer_comes_as_the_client_gives_windows(target):
    """Section 6.9: not a byte more."""
    client = target.client(setting(INITIAL_WINDOW_SIZE, 1000))
    target.backend.reply(body=b"x" * 10_000)
    client.request(1, target.fields("/x"))
    for taken in range(1000, 10_000, 1000):
        assert client.until(lambda taken=taken: sum(map(len, client.parts(1))) == taken)
        client.send(KINDS["PING"], 0, 0, b"%08d" % taken)
        # Nothing has come in front of the answer to the ping.
        assert client.until(lambda taken=taken: b"%08d" % taken in client.pongs)
        assert sum(map(len, client.parts(1))) == taken
        client.send(KINDS["WINDOW_UPDATE"], 0, 1, (1000).to_bytes(4, "big"))
    assert client.outcome(1) == 200
    assert client.answers[1][2] == b"x" * 10_000


def test_a_window_that_grows_by_settings_lets_answers_go_on(target):
    """Section 6.9.2."""
    client = target.client(setting(INITIAL_WINDOW_SIZE, 0))
    client.request(1, target.fields("/mock"))
    client.send(KINDS["PING"], 0, 0, b"12345678")
    assert client.until(lambda: client.pongs)
    assert 1 not in client.answers
    client.send(KINDS["SETTINGS"], 0, 0, setting(INITIAL_WINDOW_SIZE, 100))
    assert client.outcome(1) == 200
    assert client.answers[1][2] == b"mocked"


def test_no_frame_is_larger_than_the_client_allows(target):
    """Section 4.2."""
    client = target.client(setting(INITIAL_WINDOW_SIZE, 1_000_000))
    client.send(KINDS["WINDOW_UPDATE"], 0, 0, (1_000_000).to_bytes(4, "big"))
    target.backend.reply(body=b"x" * 200_000)
    client.request(1, target.fields("/x"))
    assert client.until(lambda: sum(map(len, client.parts(1))) == 200_000 or 1 in client.answers)
    assert client.largest <= 16_384


def test_a_client_that_keeps_no_table_of_headers_is_spared_one(target):
    """RFC 7541, section 4.2."""
    client = target.client(setting(HEADER_TABLE_SIZE, 0))
    client.keeps_no_table()
    for stream in (1, 3, 5):
        client.request(stream, target.fields("/mock"))
        assert client.outcome(stream) == 200
        assert dict(client.answers[stream][1])["content-type"] == "application/json"


def test_settings_are_acknowledged_and_pings_answered(target):
    client = target.client(setting(INITIAL_WINDOW_SIZE, 70_000))
    client.send(KINDS["PING"], 0, 0, b"are you?")
    client.send(KINDS["PING"], 0, 0, b"and now?")
    assert client.until(lambda: len(client.pongs) == 2 and client.settings_acknowledged == 1)
    assert client.pongs == [b"are you?", b"and now?"]


def test_priorities_change_nothing(target):
    """Section 5.3.2: they are read over."""
    client = target.client()
    client.send(KINDS["PRIORITY"], 0, 5, b"\0\0\0\0\x10")
    client.send(KINDS["HEADERS"], 0x25, 1, b"\0\0\0\0\x10" + block(target.fields("/mock")))
    assert client.outcome(1) == 200


def test_a_stream_that_is_reset_ends_alone(target):
    """Section 5.4.2."""
    client = target.client()
    target.backend.hold()
    client.request(1, target.fields("/x"))
    client.request(3, target.fields("/mock"))
    target.backend.wait_for(1)
    client.send(KINDS["RST_STREAM"], 0, 1, (8).to_bytes(4, "big"))
    client.request(5, target.fields("/mock"))
    assert (client.outcome(3), client.outcome(5)) == (200, 200)
    target.backend.release()
    assert client.goaway is None


def test_a_shutdown_says_goodbye_and_lets_requests_finish():
    """Section 6.8."""
    backend = Backend()
    with Gateway("--ephemeral") as running:
        target = Target(Aws(running.endpoint, "us-west-2"), backend)
        client = target.client()
        backend.hold()
        client.request(1, target.fields("/x"))
        backend.wait_for(1)
        running.signal()
        assert client.until(lambda: client.goaway)
        assert client.goaway == "NO_ERROR"
        backend.release()
        assert client.outcome(1) == 200
        assert not client.until(lambda: False)
    backend.close()
