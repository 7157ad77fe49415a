"""Clients that are slow, that never end, and that want too much: they cost a bounded time and a bounded memory, and
others are served meanwhile. The times of the configuration are made small, so that nobody waits long."""

import contextlib
import select
import socket
import time

import pytest

from harness import functions, wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.http2 import KINDS, Frames, block
from harness.memory import Growth
from harness.process import Gateway
from harness.wiretap import Wiretap

#: One second each, and three for a body.
SETTINGS = "[connections]\nhead_seconds = 1\nidle_seconds = 1\nstall_seconds = 1\nbody_seconds = 3\n"
#: Within this any of these times is over, on a machine that is busy too.
SOON = 20
LARGE = 8_000_000


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    configuration = tmp_path_factory.mktemp("impatient") / "gatewright.toml"
    configuration.write_text(SETTINGS)
    with Gateway("--ephemeral", "--config", configuration) as running:
        yield running


class Target:
    def __init__(self, gateway):
        self.gateway = gateway
        self.endpoint = gateway.endpoint
        self.host = self.endpoint.removeprefix("http://")
        aws = Aws(self.endpoint, "us-west-2")
        self.backend = Wiretap()
        api = RestApi(aws)
        api.http_proxy("/x", self.backend.url + "/x", "ANY")
        self.backend.answers["/large"] = b"x" * LARGE
        api.http_proxy("/large", self.backend.url + "/large")
        arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n")
        functions.allow_gateway(aws, arn)
        api.function_proxy("/function", arn)
        api.deploy()
        self.api = api

    def path(self, path="/x"):
        return self.api.path(path)

    def head(self, method="POST", path="/x", *headers):
        lines = [f"{method} {self.path(path)} HTTP/1.1", f"Host: {self.host}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def fields(self, method="GET", path="/x"):
        return [(":method", method), (":scheme", "http"), (":authority", self.host), (":path", self.path(path))]

    def serves(self):
        """Whether somebody else is served."""
        return wire.send(self.endpoint, "GET", self.path()).status == 200

    def growth(self):
        return Growth(self.gateway.pid)


@pytest.fixture(scope="module")
def target(impatient):
    made = Target(impatient)
    yield made
    made.backend.close()


@pytest.fixture(autouse=True)
def others_are_served(target):
    assert target.serves()
    target.backend.clear()
    yield
    assert target.serves()


def drip(connection, piece=b"x", every=0.1, seconds=SOON):
    """Sends a piece again and again; how long the other end has put up with it."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            connection.sendall(piece)
        except ConnectionError:
            return time.monotonic() - began
        connection.settimeout(every)
        try:
            if not connection.recv(65536):
                return time.monotonic() - began
        except TimeoutError:
            continue
        except ConnectionError:
            return time.monotonic() - began
    raise AssertionError(f"a client that never ends was kept for {seconds} seconds")


def ends(connection, seconds=SOON):
    """What is read until the other end closes."""
    connection.settimeout(seconds)
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := connection.recv(1 << 20):
            data += more
    return data


def is_given_up(connection, seconds=SOON):
    """Whether the other end closes within this time, told without taking anything: an octet that nobody has read by
    then makes the end a reset (RFC 9293, section 3.6)."""
    waiting = select.poll()
    waiting.register(connection, 0)  # errors and ends are always told
    return bool(waiting.poll(seconds * 1000))


@contextlib.contextmanager
def somebody_idle(target):
    """A client that says nothing: a function that waits for a moment, and says whether it has been sent away, which is
    when the time of whoever does nothing is over."""
    with wire.connect(target.endpoint) as connection:
        connection.settimeout(0.1)

        def is_sent_away():
            with contextlib.suppress(TimeoutError):
                return connection.recv(1) == b""
            return False

        yield is_sent_away


class TestHeads:
    def test_a_head_that_comes_octet_by_octet_is_given_up(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(f"GET {target.path()} HTTP/1.1\r\nX-Slow: ".encode())
            assert drip(connection) < 10

    def test_a_head_that_comes_line_by_line_is_given_up(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(f"GET {target.path()} HTTP/1.1\r\n".encode())
            assert drip(connection, b"X-Slow: 1\r\n") < 10

    def test_many_of_them_keep_nobody_out(self, target):
        slow = [wire.connect(target.endpoint) for _ in range(200)]
        for connection in slow:
            connection.sendall(f"GET {target.path()} HTTP/1.1\r\nX-Slow: ".encode())
        assert target.serves()
        for connection in slow:
            assert ends(connection) == b""
            connection.close()

    def test_whoever_connects_and_says_nothing_is_sent_away(self, target):
        with wire.connect(target.endpoint) as connection:
            assert ends(connection) == b""

    def test_empty_lines_are_no_request(self, target):
        with wire.connect(target.endpoint) as connection:
            assert drip(connection, b"\r\n") < 10

    @pytest.mark.parametrize(
        "begun",
        [b"GET /", b"GET / HTTP/1.1\r\nA: ", b"GET / HTTP/1.1\r\n", b"A" * 10, b"\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    )
    def test_what_never_ends_holds_no_memory(self, target, begun):
        """Each byte after the bound is refused or thrown away."""
        growth = target.growth()
        piece = b"A: b\r\n" * 10_000 if begun.endswith(b"\r\n") and b"GET" in begun else b"x" * 60_000
        with wire.connect(target.endpoint) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(begun)
                for _ in range(500):
                    connection.sendall(piece)
            ends(connection)
        assert growth.most < 16_000_000


class TestBodies:
    @pytest.mark.parametrize("path", ["/x", "/function"])
    @pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
    def test_a_body_that_does_not_come_is_given_up(self, target, path, framing):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", path, framing))
            answer = ends(connection)
        assert not answer.startswith(b"HTTP/1.1 200")
        assert target.backend.heard == []

    @pytest.mark.parametrize("path", ["/x", "/function"])
    def test_a_body_that_comes_octet_by_octet_is_given_up(self, target, path):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", path, "Content-Length: 1000000"))
            assert 1 < drip(connection) < 15
        assert target.backend.heard == []

    @pytest.mark.parametrize("path", ["/x", "/function"])
    def test_chunks_that_come_octet_by_octet_are_given_up(self, target, path):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", path, "Transfer-Encoding: chunked"))
            assert 1 < drip(connection, b"1\r\nx\r\n") < 15
        assert target.backend.heard == []

    def test_an_extension_without_an_end_is_given_up(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", "/x", "Transfer-Encoding: chunked") + b"1;")
            assert drip(connection) < 15

    def test_a_trailer_without_an_end_is_given_up(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", "/x", "Transfer-Encoding: chunked") + b"0\r\nX: ")
            assert drip(connection) < 15

    def test_a_slow_body_that_ends_in_time_is_served(self, target):
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", "/x", "Transfer-Encoding: chunked", "Connection: close"))
            pieces = 1
            with somebody_idle(target) as is_sent_away:
                while not is_sent_away():
                    connection.sendall(b"1\r\nx\r\n")
                    pieces += 1
            connection.sendall(b"1\r\nx\r\n0\r\n\r\n")
            assert ends(connection).startswith(b"HTTP/1.1 200")
        assert target.backend.heard[-1].body == b"x" * pieces

    def test_a_body_that_is_too_large_is_not_read(self, target):
        growth = target.growth()
        with wire.connect(target.endpoint) as connection:
            connection.sendall(target.head("POST", "/function", "Transfer-Encoding: chunked"))
            with contextlib.suppress(ConnectionError):
                for _ in range(400):
                    connection.sendall(b"40000\r\n" + b"x" * 0x40000 + b"\r\n")
            ends(connection)
        assert growth.most < 64_000_000


class TestAnswers:
    def narrow(self, target):
        """A connection whose client takes few bytes at a time."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(SOON)
        connection.connect(("127.0.0.1", target.gateway.port))
        return connection

    def test_an_answer_that_nobody_takes_is_given_up(self, target):
        with self.narrow(target) as connection:
            connection.sendall(target.head("GET", "/large"))
            connection.recv(1)
            connection.sendall(b"G")
            assert is_given_up(connection)
            assert len(ends(connection)) < LARGE

    def test_an_answer_that_is_taken_octet_by_octet_is_given_up(self, target):
        with self.narrow(target) as connection:
            connection.sendall(target.head("GET", "/large"))
            taken = len(connection.recv(1))
            connection.sendall(b"G")
            while not is_given_up(connection, 0.05):
                taken += len(connection.recv(1))
                assert taken < SOON / 0.05
            assert taken + len(ends(connection)) < LARGE

    def test_a_client_that_takes_its_time_gets_all(self, target):
        """Not even the kernel's buffers, of some megabytes, hide that it takes something."""
        with self.narrow(target) as connection:
            connection.sendall(target.head("GET", "/large", "Connection: close"))
            data = b""
            for _ in range(3):
                with somebody_idle(target) as is_sent_away:
                    while not is_sent_away():
                        data += connection.recv(20_000)
            assert len(data) < LARGE / 2
            data += ends(connection)
        assert len(data) > LARGE

    def test_requests_in_one_piece_are_not_answered_ahead_of_their_reader(self, target):
        growth = target.growth()
        with self.narrow(target) as connection:
            connection.sendall(target.head("GET", "/large") * 200)
            connection.recv(1)
            connection.sendall(b"G")
            assert is_given_up(connection)
        assert growth.most < 64_000_000


class TestHttp2:
    def client(self, target, settings=b""):
        return Frames(wire.connect(target.endpoint), settings=settings)

    def flood(self, client, send, count=100_000):
        """Sends until the connection ends; how often that was."""
        client._socket.settimeout(SOON)
        for number in range(count):
            try:
                send(number)
            except ConnectionError:
                return number
        return count

    def test_streams_that_are_reset_at_once_end_the_connection(self, target):
        """CVE-2023-44487, "rapid reset"."""
        client = self.client(target)

        def send(number):
            stream = 2 * number + 1
            client.request(stream, target.fields())
            client.send(KINDS["RST_STREAM"], 0, stream, (8).to_bytes(4, "big"))

        self.flood(client, send, 20_000)
        client.until(lambda: client.goaway)
        assert client.goaway == "ENHANCE_YOUR_CALM"
        assert len(target.backend.heard) < 20_000

    def test_a_header_block_without_an_end_ends_the_connection(self, target):
        """CVE-2024-27316, "CONTINUATION flood"."""
        growth = target.growth()
        client = self.client(target)
        client.send(KINDS["HEADERS"], 1, 1, b"")
        sent = self.flood(client, lambda _: client.send(KINDS["CONTINUATION"], 0, 1, b"\0\x01a\x7f\x00" + b"x" * 127), 200_000)
        assert sent < 200_000
        assert growth.most < 16_000_000

    def test_empty_pieces_of_a_header_block_end_the_connection(self, target):
        client = self.client(target)
        client.send(KINDS["HEADERS"], 1, 1, b"")
        assert self.flood(client, lambda _: client.send(KINDS["CONTINUATION"], 0, 1), 200_000) < 200_000

    def test_a_header_block_of_which_no_more_comes_is_given_up(self, target):
        client = self.client(target)
        client.send(KINDS["HEADERS"], 1, 1, b"\0\x01a\x01b")
        began = time.monotonic()
        # Nothing else may come in between, not even that the settings are taken note of.
        assert ends(client._socket)
        assert 1 < time.monotonic() - began

    def test_a_header_block_that_comes_octet_by_octet_is_given_up(self, target):
        client = self.client(target)
        # A header whose value has 8,192 octets.
        client.send(KINDS["HEADERS"], 1, 1, b"\0\x01a\x7f\x81\x3f")
        assert drip(client._socket, b"\0\0\x01" + bytes([KINDS["CONTINUATION"], 0, 0, 0, 0, 1]) + b"x") < 15

    def test_whoever_only_asks_for_signs_of_life_is_sent_away(self, target):
        client = self.client(target)
        assert drip(client._socket, b"\0\0\x08" + bytes([KINDS["PING"], 0, 0, 0, 0, 0]) + b"12345678") < 15

    @pytest.mark.parametrize(("kind", "payload"), [("PING", b"12345678"), ("SETTINGS", b"")])
    def test_whoever_asks_for_answers_and_takes_none_is_not_read(self, target, kind, payload):
        growth = target.growth()
        client = self.client(target)
        sent = self.flood(client, lambda _: client.send(KINDS[kind], 0, 0, payload), 2_000_000)
        assert sent < 2_000_000
        assert growth.most < 32_000_000

    def test_a_request_without_an_end_is_given_up(self, target):
        client = self.client(target)
        client.send(KINDS["HEADERS"], 4, 1, block(target.fields("POST", "/function")))
        assert client.outcome(1) != 200
        assert target.backend.heard == []

    @pytest.mark.parametrize("path", ["/x", "/function"])
    def test_a_body_that_comes_octet_by_octet_is_given_up(self, target, path):
        client = self.client(target)
        client.send(KINDS["HEADERS"], 4, 1, block(target.fields("POST", path)))
        client._socket.settimeout(0.1)
        began = time.monotonic()
        while 1 not in client.resets and 1 not in client.answers and client.goaway is None:
            assert time.monotonic() - began < SOON
            try:
                client.send(KINDS["DATA"], 0, 1, b"x")
                if not client.read():
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert client.answers.get(1, [None])[0] != 200
        assert target.backend.heard == []

    def test_an_answer_for_which_there_is_no_window_is_given_up(self, target):
        growth = target.growth()
        client = self.client(target, settings=b"\x00\x04\x00\x00\x00\x00")
        for number in range(100):
            client.request(2 * number + 1, target.fields("GET", "/large" if number < 4 else "/x"))
        assert not client.until(lambda: False)
        assert growth.most < 200_000_000

    def test_streams_beyond_those_that_were_allowed_are_refused(self, target):
        client = self.client(target)
        for number in range(200):
            client.send(KINDS["HEADERS"], 4, 2 * number + 1, block(target.fields("POST", "/function")))
        client.until(lambda: client.resets or client.goaway)
        assert client.settings[3] == 128
        assert "REFUSED_STREAM" in client.resets.values() or client.goaway

    def test_a_connection_of_which_nothing_comes_is_ended(self, target):
        client = self.client(target)
        assert not client.until(lambda: False)
        assert client.goaway in (None, "NO_ERROR")


def test_whoever_only_takes_places_gives_them_up(tmp_path):
    """With the times as they are by default: connections that have asked nothing, or nothing more, make room."""
    configuration = tmp_path / "gatewright.toml"
    configuration.write_text("[connections]\nmost = 20\n")
    with Gateway("--ephemeral", "--config", configuration) as running:
        served = wire.head("GET", "/restapis", [("Host", "localhost")])
        idle = []
        for number in range(20):
            connection = wire.connect(running.endpoint)
            if number % 2:
                connection.sendall(served)
                assert connection.recv(65536).startswith(b"HTTP/1.1 ")
            idle.append(connection)
        assert wire.send(running.endpoint, "GET", "/restapis").status > 0
        for connection in idle:
            connection.close()
