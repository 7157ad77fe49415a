"""More than the gateway can do: what is admitted is answered in time, memory stays as it is, and what one backend does to
its own API it does to no other."""

import concurrent.futures
import contextlib
import http.client
import pathlib
import queue
import resource
import socket
import threading
import time

import pytest

from harness import functions, http2, wire
from harness.account import Aws
from harness.backend import Backend
from harness.definitions import RestApi
from harness.memory import Growth
from harness.process import Gateway

REGION = "us-fault-1"


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def saying(aws, word):
    api = RestApi(aws, word)
    api.mock("/", body=word)
    api.deploy()
    return api


@contextlib.contextmanager
def gateway_with(directory, text):
    path = directory / "gatewright.toml"
    path.write_text(text)
    with Gateway("--ephemeral", "--config", path) as running:
        yield running, Aws(running.endpoint, REGION)


def test_more_clients_than_connections_wait_and_are_answered(tmp_path):
    """Four times as many clients as there may be connections."""
    with gateway_with(tmp_path, "[connections]\nmost = 16\n") as (gateway, aws):
        api = saying(aws, "in")
        times = []

        def ask(_):
            for _ in range(15):
                began = time.monotonic()
                assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
                times.append(time.monotonic() - began)

        with concurrent.futures.ThreadPoolExecutor(64) as clients:
            list(clients.map(ask, range(64)))
            growth = Growth(gateway.pid)
            list(clients.map(ask, range(64)))
        assert len(times) == 2 * 64 * 15
        assert max(times) < 10, sorted(times)[-5:]
        assert growth.most < 16 * 1024 * 1024


def test_what_cannot_wait_is_refused_at_once(tmp_path):
    """A backend that holds what it gets: of four times as many requests as it may have and may wait, the others are
    refused at once, and all other APIs are served."""
    backend = Backend()
    text = "workers = 1\n[upstreams]\nrequests_per_backend = 4\nwaiting_per_backend = 4\n"
    with gateway_with(tmp_path, text) as (gateway, aws):
        slow, other = RestApi(aws, "slow"), saying(aws, "other")
        slow.http_proxy("/", backend.url)
        slow.deploy()
        for _ in range(32):
            backend.hold()
        replies = queue.Queue()

        def ask():
            replies.put(wire.send(gateway.endpoint, "GET", slow.path("/")).status)

        clients = [threading.Thread(target=ask) for _ in range(32)]
        for client in clients:
            client.start()
        backend.wait_for(4)
        for _ in range(24):
            assert replies.get(timeout=10) == 504
            began = time.monotonic()
            assert wire.send(gateway.endpoint, "GET", other.path("/")).text == "other"
            assert time.monotonic() - began < 2
        assert (replies.qsize(), len(backend.received)) == (0, 4)
        backend.release()
        assert [replies.get(timeout=20) for _ in range(8)] == [200] * 8
        for client in clients:
            client.join()
    backend.close()


def test_writing_logs_stands_back_behind_requests(tmp_path):
    """nice(2), of one thread alone, as proc_pid_stat(5) tells it."""
    with Gateway("--data-dir", tmp_path) as gateway:
        # That thread has done something now.
        Aws(gateway.endpoint, REGION).logs.create_log_group(logGroupName="a")
        nice = {}
        for task in pathlib.Path(f"/proc/{gateway.pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            nice[(task / "comm").read_text().strip()] = int(fields[16])
    assert nice["log-writer"] == min(nice["worker-0"] + 5, 19)


def test_streams_beyond_the_bound_are_refused_at_once(tmp_path):
    """Over HTTP/2 one connection has many requests."""
    backend = Backend()
    with gateway_with(tmp_path, "workers = 1\n[connections]\nrequests = 5\n") as (gateway, aws):
        slow = RestApi(aws, "slow")
        slow.http_proxy("/", backend.url)
        slow.deploy()
        for _ in range(5):
            backend.hold()
        with wire.connect(gateway.endpoint) as connection:
            client = http2.Frames(connection)
            fields = [(":method", "GET"), (":scheme", "http"), (":path", slow.path("/")), (":authority", "a")]
            for number in range(5):
                client.request(2 * number + 1, fields)
            backend.wait_for(5)
            for number in range(5, 20):
                client.request(2 * number + 1, fields)
            assert [client.outcome(2 * number + 1) for number in range(5, 20)] == [503] * 15
            assert dict(client.answers[11][1])["retry-after"] == "1"
            backend.release()
            assert [client.outcome(2 * number + 1) for number in range(5)] == [200] * 5
            client.request(101, fields)
            assert client.outcome(101) == 200
            assert len(backend.received) == 6
    backend.close()


class Deaf:
    """A server that never accepts, and whose queue is full: who connects hears nothing at all."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        # The kernel takes one more than it was told to (listen(2)); whoever comes then is kept waiting.
        self._waiting = []
        for _ in range(2):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(self._socket.getsockname())
            self._waiting.append(one)

    def close(self):
        for one in (self._socket, *self._waiting):
            one.close()


class Gone:
    """A port at which nobody listens."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self):
        self._socket.close()


class Babbler:
    """A server that says something of its own to whoever connects, or nothing, or hangs up."""

    def __init__(self, words, hang_up=False):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._words, self._hang_up = words, hang_up
        self._held = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with contextlib.suppress(OSError):
                    connection.sendall(self._words)
                if self._hang_up:
                    connection.close()
                else:
                    self._held.append(connection)

    def close(self):
        self._socket.close()
        for connection in self._held:
            connection.close()


@pytest.mark.parametrize(
    "backend",
    [
        Gone,
        Deaf,
        lambda: Babbler(b"", hang_up=True),
        lambda: Babbler(b"\x00\xff" * 4_000),
        lambda: Babbler(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000),
        lambda: Babbler(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", hang_up=True),
        lambda: Babbler(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        lambda: Babbler(b"HTTP/1.1 999999 \r\n\r\n"),
        lambda: Babbler(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000),
        lambda: Babbler(b"SSH-2.0-OpenSSH\r\n"),
    ],
    ids=["gone", "deaf", "hangs up", "noise", "endless header", "cut", "bad chunk", "bad status", "endless 100", "ssh"],
)
def test_a_backend_of_any_kind_harms_its_own_api_alone(tmp_path, backend):
    backend = backend()
    with gateway_with(tmp_path, "") as (gateway, aws):
        strange, other = RestApi(aws, "strange"), saying(aws, "other")
        strange.http_proxy("/", backend.url, timeoutInMillis=2_000)
        strange.deploy()
        growth = Growth(gateway.pid)

        def ask(_):
            try:
                return wire.send(gateway.endpoint, "GET", strange.path("/")).status
            except http.client.HTTPException as error:
                # A head that was sent on cannot be taken back.
                return type(error).__name__

        with concurrent.futures.ThreadPoolExecutor(32) as clients:
            asked = [clients.submit(ask, number) for number in range(64)]
            for _ in range(20):
                began = time.monotonic()
                assert wire.send(gateway.endpoint, "GET", other.path("/")).text == "other"
                assert time.monotonic() - began < 2
            statuses = {future.result() for future in asked}
        assert statuses <= {502, 504, 500, "IncompleteRead"}, statuses
        assert growth.most < 48 * 1024 * 1024
        assert wire.send(gateway.endpoint, "GET", other.path("/")).text == "other"
    backend.close()


def test_descriptors_that_run_out_are_survived():
    with Gateway("--ephemeral") as gateway:
        api = saying(Aws(gateway.endpoint, REGION), "in")
        kept = wire.connect(gateway.endpoint)

        def ask():
            kept.sendall(wire.head("GET", api.path("/"), [("Host", "a")]))
            return wire.read_reply(kept).text

        assert ask() == "in"
        open_now = len(list(pathlib.Path(f"/proc/{gateway.pid}/fd").iterdir()))
        hard = resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (open_now + 20, hard))
        others = [wire.connect(gateway.endpoint) for _ in range(60)]
        complaint = "no connections can be accepted for now"
        gateway.wait_for_line(complaint)
        # It rests between its attempts, a tenth of a second each, and serves those whom it has.
        before, began = processor_seconds(gateway.pid), time.monotonic()
        for count in range(2, 12):
            gateway.wait_for_line(complaint, count=count)
            assert ask() == "in"
        took, made = time.monotonic() - began, sum(complaint in line for line in gateway.output)
        assert made < took / 0.1 + 5
        assert processor_seconds(gateway.pid) - before < took / 2
        for connection in others:
            connection.close()
        assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "in"
        assert ask() == "in"
        kept.close()


def test_who_needs_a_descriptor_that_is_not_there_is_served_once_it_is(backend):
    """A connection to a backend, a process of a function: requests for others are served meanwhile."""
    with Gateway("--ephemeral") as gateway:
        aws = Aws(gateway.endpoint, REGION)
        api = RestApi(aws)
        api.mock("/mock", body="in")
        api.http_proxy("/proxied", backend.url)
        arn = functions.function(aws, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran'}\n")
        functions.allow_gateway(aws, arn)
        api.function_proxy("/function", arn)
        api.deploy()
        kept = wire.connect(gateway.endpoint)

        def ask(path):
            kept.sendall(wire.head("GET", api.path(path), [("Host", "a")]))
            reply = wire.read_reply(kept)
            return reply.status, reply.text

        assert ask("/mock") == (200, "in")
        soft, hard = resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE)
        # No lower one is free, so there is room for none.
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (3, hard))
        assert ask("/proxied")[0] == 504
        assert ask("/function")[0] == 500
        assert ask("/mock") == (200, "in")
        assert backend.received == []
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert ask("/proxied") == (200, '{"from": "backend"}')
        assert ask("/function") == (200, "ran")
        kept.close()
