"""The process: how it starts, what it says when it cannot, how it ends."""

import pathlib
import re
import signal
import socket

import pytest

from harness import http2, wire
from harness.account import Aws
from harness.definitions import RestApi
from harness.functions import allow_gateway, function, invoke
from harness.process import Gateway, run, wait_until_ended
from harness.proxied import Proxied
from harness.websocket import WebSocketApi

REGION = "us-fault-1"


def is_one_sentence(done, *words):
    """The command failed and said why in one line."""
    assert done.returncode not in (0, 101), done
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    assert len(said) == 1, said
    assert "panicked" not in said[0]
    for word in words:
        assert str(word) in said[0], said[0]
    return True


class TestRefusedStarts:
    def test_a_second_process_on_the_same_data(self, tmp_path):
        with Gateway("--data-dir", tmp_path) as first:
            refused = run("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path)
            assert is_one_sentence(refused, tmp_path)
            assert Aws(first.endpoint, REGION).apigateway.get_rest_apis()["items"] == []

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            assert is_one_sentence(run("serve", "--listen", f"127.0.0.1:{port}", "--ephemeral"), port)

    @pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":x"])
    def test_an_address_that_is_none(self, address):
        done = run("serve", "--listen", address, "--ephemeral")
        assert done.returncode not in (0, 101)
        assert address in done.stderr
        assert "panicked" not in done.stderr

    def test_a_configuration_that_is_not_there(self, tmp_path):
        missing = tmp_path / "missing.toml"
        assert is_one_sentence(run("serve", "--ephemeral", "--config", missing), missing)

    @pytest.mark.parametrize(
        ("text", "word"), [("auth = ", "toml"), ('unheard_of = "x"', "unheard_of"), ('auth = "sometimes"', "sometimes")]
    )
    def test_a_configuration_that_is_wrong(self, tmp_path, text, word):
        path = tmp_path / "gatewright.toml"
        path.write_text(text + "\n")
        done = run("serve", "--listen", "127.0.0.1:0", "--ephemeral", "--config", path)
        assert done.returncode not in (0, 101)
        assert word in done.stderr
        assert "panicked" not in done.stderr

    def test_data_where_none_can_be(self, tmp_path):
        (tmp_path / "file").write_text("in the way")
        assert is_one_sentence(run("serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "file"), "file")

    def test_unknown_arguments(self):
        done = run("serve", "--nonsense")
        assert done.returncode == 2
        assert "--nonsense" in done.stderr


class TestCommandLine:
    def test_help_reads_well(self):
        done = run("--help")
        assert done.returncode == 0
        for word in ("serve", "operations", "version"):
            assert re.search(rf"^\s+{word}\s+\S", done.stdout, re.MULTILINE), done.stdout
        done = run("serve", "--help")
        for word in ("--listen", "--data-dir", "--ephemeral", "--config", "127.0.0.1:4566", "GATEWRIGHT_LISTEN"):
            assert word in done.stdout

    def test_version(self):
        done = run("version")
        assert (done.returncode, done.stderr) == (0, "")
        assert re.search(r"\b\d+\.\d+\.\d+\b", done.stdout)

    def test_a_start_says_where_it_is_and_how_to_reach_it(self, tmp_path):
        with Gateway("--data-dir", tmp_path) as gateway:
            gateway.wait_for_line("AWS_ENDPOINT_URL")
            gateway.wait_for_line(re.escape(str(tmp_path)))

    def test_the_environment_says_the_same_as_the_arguments(self, tmp_path):
        with Gateway(GATEWRIGHT_DATA_DIR=str(tmp_path)) as gateway:
            gateway.wait_for_line(re.escape(str(tmp_path)))
            Aws(gateway.endpoint, REGION).apigateway.create_rest_api(name="kept")
        config = tmp_path / "gatewright.toml"
        config.write_text(f'data_dir = "{tmp_path}"\n')
        with Gateway("--config", config) as gateway:
            [kept] = Aws(gateway.endpoint, REGION).apigateway.get_rest_apis()["items"]
            assert kept["name"] == "kept"


class TestStop:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_request_in_flight_is_answered(self, number):
        with Proxied() as proxied:
            waiting = proxied.held()
            proxied.gateway.signal(number)
            proxied.gateway.wait_for_line("(?i)drain|shut|stop")
            proxied.backend.release()
            reply = wire.read_reply(waiting)
            assert (reply.status, reply.json) == (200, {"from": "backend"})
            assert proxied.gateway.wait() == 0

    def test_idle_connections_do_not_hold_it_up(self):
        gateway = Gateway("--ephemeral")
        idle = [wire.connect(gateway.endpoint) for _ in range(5)]
        idle[0].sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        gateway.stop()
        for connection in idle:
            connection.close()

    def test_a_connection_is_closed_after_the_answer_in_hand(self, tmp_path):
        """HTTP/1.1: the answer says so; HTTP/2: GOAWAY, and the stream that is open is answered. One worker has both, so
        whoever has heard of the end from one connection knows that the other has been told."""
        config = tmp_path / "gatewright.toml"
        config.write_text("workers = 1\n")
        with Proxied("--config", config) as proxied:
            first, second = proxied.held(), proxied.held_over_http2()
            proxied.gateway.signal()
            proxied.gateway.wait_for_line("Stopping")
            second.until(lambda: second.goaway is not None)
            assert second.goaway == "NO_ERROR"
            proxied.backend.release()
            reply = wire.read_reply(first)
            assert (reply.status, reply.header("Connection")) == (200, "close")
            assert first.recv(1) == b""
            assert second.outcome(1) == 200
            assert proxied.gateway.wait() == 0

    def test_clients_of_http2_that_hear_nothing_do_not_hold_it_up(self, tmp_path):
        """RFC 9113, section 6.8: GOAWAY comes twice, with a PING between them, which these two never answer. The
        one who waits for an answer gets it."""
        config = tmp_path / "gatewright.toml"
        config.write_text("drain_seconds = 600\n")
        with Proxied("--config", config) as proxied:
            idle = proxied.connect()
            answered = http2.Frames(idle)
            answered.request(1, proxied.fields())
            assert answered.outcome(1) == 200
            waiting = proxied.held_over_http2()
            proxied.gateway.signal()
            while idle.recv(4096):
                pass
            proxied.backend.release()
            assert waiting.outcome(1) == 200
            assert proxied.gateway.wait() == 0

    def test_new_connections_are_refused(self):
        """The listening socket is closed before anybody else is told."""
        with Proxied() as proxied:
            idle = proxied.connect()
            idle.sendall(wire.head("GET", proxied.path, [("Host", "a")]))
            assert wire.read_reply(idle).status == 200
            waiting = proxied.held()
            proxied.gateway.signal()
            assert idle.recv(1) == b""
            with pytest.raises(ConnectionRefusedError):
                proxied.connect()
            proxied.backend.release()
            assert wire.read_reply(waiting).status == 200
            assert proxied.gateway.wait() == 0

    def test_websocket_clients_are_told(self):
        gateway = Gateway("--ephemeral")
        api = WebSocketApi(Aws(gateway.endpoint, REGION))
        api.route("$default", api.mock())
        api.deploy()
        with api.raw() as client:
            gateway.signal()
            assert client.close_code() == 1001
        assert gateway.wait() == 0

    def test_a_function_that_runs_finishes(self):
        gateway = Gateway("--ephemeral")
        aws = Aws(gateway.endpoint, REGION)
        source = "import time\n\ndef handler(e, c):\n    time.sleep(1)\n    return {'statusCode': 200, 'body': 'done'}\n"
        arn = function(aws, source)
        allow_gateway(aws, arn)
        api = RestApi(aws)
        api.function_proxy("/", arn)
        api.deploy()
        assert wire.send(gateway.endpoint, "GET", api.path("/")).text == "done"
        waiting = wire.connect(gateway.endpoint)
        waiting.sendall(wire.head("GET", api.path("/"), [("Host", "a")]))
        # It has been accepted when another on a later connection is answered.
        assert wire.send(gateway.endpoint, "GET", "/_aws/execute-api/none/x").status == 403
        gateway.signal()
        assert wire.read_reply(waiting).text == "done"
        assert gateway.wait() == 0
        waiting.close()

    @pytest.mark.parametrize("twice", [False, True], ids=["its time is over", "a second signal"])
    def test_what_takes_too_long_is_cut(self, tmp_path, twice):
        config = tmp_path / "gatewright.toml"
        config.write_text(f"drain_seconds = {600 if twice else 1}\n")
        with Proxied("--config", config) as proxied:
            waiting = proxied.held()
            proxied.gateway.signal()
            proxied.gateway.wait_for_line("Stopping")
            if twice:
                proxied.gateway.signal()
                proxied.gateway.wait_for_line("at once")
            assert proxied.gateway.wait() == 0
            assert waiting.recv(1) == b""

    @pytest.mark.parametrize("end", ["stop", "kill"])
    def test_function_processes_end_with_it(self, end):
        gateway = Gateway("--ephemeral")
        aws = Aws(gateway.endpoint, REGION)
        arn = function(aws, "import os\ndef handler(e, c):\n    return os.getpid()\n")
        _, pid = invoke(aws, arn)
        assert pathlib.Path(f"/proc/{pid}").exists()
        getattr(gateway, end)()
        wait_until_ended(pid)
