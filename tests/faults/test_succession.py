"""A new process takes over from a running one (`gatewright serve --take-over`) without a moment in which nobody listens."""

import contextlib
import json
import signal
import socket
import threading

import pytest

from harness import wire
from harness.account import Aws
from harness.backend import Backend
from harness.definitions import RestApi
from harness.functions import allow_gateway, function
from harness.process import Gateway, run
from harness.websocket import WebSocketApi, close_payload, frame

REGION = "us-fault-1"


class Load:
    """Clients that each ask on a new connection, one after the other, until they are told to stop."""

    def __init__(self, endpoint, targets, clients=4):
        self.endpoint = endpoint
        self.answers, self.faults = [], []
        self._enough = threading.Event()
        self._many = threading.Condition()
        self._threads = [threading.Thread(target=self._ask, args=(targets,)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self, targets):
        while not self._enough.is_set():
            for target in targets:
                try:
                    reply = wire.send(self.endpoint, "GET", target)
                except OSError as fault:
                    self.faults.append(repr(fault))
                    continue
                with self._many:
                    self.answers.append((reply.status, reply.text))
                    self._many.notify_all()

    def more(self, count=100, seconds=30):
        """Waits for that many further answers."""
        with self._many:
            wanted = len(self.answers) + count
            assert self._many.wait_for(lambda: len(self.answers) >= wanted, seconds), self.faults

    def stop(self):
        self._enough.set()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def served(directory, *arguments):
    """A gateway with an API: `/mock`, and `/function`, which says which process runs it."""
    gateway = Gateway("--data-dir", directory, *arguments)
    try:
        aws = Aws(gateway.endpoint, REGION)
        api = RestApi(aws)
        api.mock("/mock", body="mock")
        arn = function(aws, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran'}\n")
        allow_gateway(aws, arn)
        api.function_proxy("/function", arn)
        api.deploy()
        yield gateway, aws, api
    finally:
        with contextlib.suppress(ProcessLookupError):
            gateway.kill()


def test_no_connection_is_refused_and_no_request_lost(tmp_path):
    with served(tmp_path) as (first, aws, api):
        load = Load(first.endpoint, [api.path("/mock"), api.path("/function")])
        load.more()
        with Gateway("--data-dir", tmp_path, "--take-over", listen=f"127.0.0.1:{first.port}") as second:
            assert second.endpoint == first.endpoint
            first.wait_for_line(f"Process {second.pid} has taken over")
            assert first.wait() == 0
            load.more()
            load.stop()
            assert load.faults == []
            assert set(load.answers) == {(200, "mock"), (200, "ran")}
            # What the first one has stored is there, and can be changed.
            api.mock("/later", body="later")
            api.deploy()
            assert wire.send(second.endpoint, "GET", api.path("/later")).text == "later"
            # Nobody else may use the directory.
            assert "in use" in run("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path).stderr


def test_one_may_follow_the_other(tmp_path):
    with served(tmp_path) as (first, _, api):
        load = Load(first.endpoint, [api.path("/function")], clients=2)
        gateways = [first]
        for _ in range(3):
            load.more(20)
            gateways.append(Gateway("--data-dir", tmp_path, "--take-over", listen=f"127.0.0.1:{first.port}"))
            assert gateways[-2].wait() == 0
        load.more(20)
        load.stop()
        assert load.faults == []
        assert set(load.answers) == {(200, "ran")}
        gateways[-1].stop()
        # A directory of functions for the one that runs, at most.
        assert [path.name for path in tmp_path.glob("functions.*")] in ([], [f"functions.{gateways[-1].pid}"])
    with Gateway("--data-dir", tmp_path) as again:
        assert wire.send(again.endpoint, "GET", api.path("/function")).text == "ran"
        assert list(tmp_path.glob("functions.*")) == []


def test_a_request_under_way_is_answered_by_whom_it_was_sent_to(tmp_path):
    backend = Backend()
    with served(tmp_path) as (first, aws, _):
        slow = RestApi(aws, "slow")
        slow.http_proxy("/", backend.url)
        slow.deploy()
        backend.hold()
        replies = []
        waiting = threading.Thread(target=lambda: replies.append(wire.send(first.endpoint, "GET", slow.path("/"))))
        waiting.start()
        backend.wait_for(1)
        with Gateway("--data-dir", tmp_path, "--take-over", listen=f"127.0.0.1:{first.port}"):
            first.wait_for_line("has taken over")
            backend.release()
            waiting.join(10)
            assert [(reply.status, reply.json) for reply in replies] == [(200, {"from": "backend"})]
            assert first.wait() == 0
    backend.close()


def test_websocket_clients_are_told_to_come_again(tmp_path):
    with served(tmp_path) as (first, aws, _):
        api = WebSocketApi(aws)
        api.route("$default", api.mock())
        api.deploy()
        with api.raw() as client:
            with Gateway("--data-dir", tmp_path, "--take-over", listen=f"127.0.0.1:{first.port}"):
                assert client.close_code() == 1001
                assert first.wait() == 0
                with api.raw() as again:
                    again.send(frame(8, close_payload(1000)))
                    assert again.close_code() == 1000


@pytest.mark.parametrize("silence", [b"", b"nonsense\n", b'{"version":2,"pid":1}\n', b'{"version":1,"pid":1}\n'])
def test_one_that_asks_and_does_not_come_changes_nothing(tmp_path, silence):
    with served(tmp_path) as (first, aws, api):
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(tmp_path / "take-over.sock"))
            asking.sendall(silence)
            if b'"version":1' in silence:
                assert json.loads(asking.recv(4096))["pid"] == first.pid
                # Nothing is stored while it is open who has the data.
                reply = aws.send("apigateway", "POST", "/restapis", {"name": "now"})
                assert reply.status == 503, reply
                assert wire.send(first.endpoint, "GET", api.path("/mock")).text == "mock"
        first.wait_for_line("nobody took over")
        assert aws.apigateway.create_rest_api(name="after")["id"]
        assert "in use" in run("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path).stderr


def test_without_a_predecessor_it_starts_as_always(tmp_path):
    for _ in range(2):
        with Gateway("--data-dir", tmp_path, "--take-over") as gateway:
            assert Aws(gateway.endpoint, REGION).apigateway.get_rest_apis()["items"] == []
    gateway = Gateway("--data-dir", tmp_path)
    gateway.kill()
    # The socket is there, and nobody behind it.
    with Gateway("--data-dir", tmp_path, "--take-over") as gateway:
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() == 0
