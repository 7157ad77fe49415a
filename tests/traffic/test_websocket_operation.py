"""WebSocket APIs in operation: how long connections last, how they end with the gateway, TLS, logs and metrics (API
Gateway developer guide, "Monitor WebSocket API execution with CloudWatch metrics", "Configure logging for a WebSocket
API"; its quotas for the times)."""

import json
import signal
import ssl

import pytest

from harness import functions, logs, wire
from harness.account import Aws
from harness.memory import Growth
from harness.metrics import Metrics
from harness.process import Gateway
from harness.signing import Person, statement
from harness.websocket import PING, PONG, RawClient, WebSocketApi, frame


def started(tmp_path, settings="", *arguments):
    config = tmp_path / "gatewright.toml"
    config.write_text(f"[websocket]\n{settings}\n")
    return Gateway("--ephemeral", "--config", config, *arguments)


def echoing(gateway):
    api = WebSocketApi(Aws(gateway.endpoint, "us-east-1"))
    api.echo()
    api.deploy()
    return api


def test_an_idle_connection_holds_little_memory_whatever_it_has_carried(tmp_path):
    """A debug build's connection holds about 8 KB. The bound leaves room for the allocator; buffers that were kept
    as large messages leave them would take 70 KB each."""
    with started(tmp_path) as gateway:
        api = echoing(gateway)
        first = [api.raw() for _ in range(20)]
        growth = Growth(gateway.pid)
        clients = [api.raw() for _ in range(400)]
        large = b"x" * 32_000
        for client in clients:
            client.send(frame(1, large))
            assert client.message() == (1, large)
        grown = growth.now
        for client in first + clients:
            client.close()
    assert grown / len(clients) < 30_000


class TestTimes:
    def test_an_idle_connection_is_closed(self, tmp_path):
        with started(tmp_path, "idle_seconds = 1") as gateway, echoing(gateway).raw() as client:
            assert client.close_code() == 1001

    def test_pings_of_the_client_keep_a_connection(self, tmp_path):
        with started(tmp_path, "idle_seconds = 2") as gateway, echoing(gateway).raw() as client:
            client.socket.settimeout(0.5)
            for _ in range(6):
                with pytest.raises(TimeoutError):
                    client.frame()
                client.send(frame(PING, b"x"))
                assert client.message() == (PONG, b"x")

    def test_a_connection_ends_when_its_time_is_over_however_busy_it_is(self, tmp_path):
        with started(tmp_path, "lifetime_seconds = 1") as gateway, echoing(gateway).raw() as client:
            code, opcode = None, None
            while opcode != 8:
                client.send(frame(1, "busy"))
                opcode, payload = client.message()
                code = int.from_bytes(payload[:2])
            assert code == 1001

    def test_clients_are_pinged_where_the_operator_says_so(self, tmp_path):
        settings = "idle_seconds = 2\nping_seconds = 1"
        with started(tmp_path, settings) as gateway, echoing(gateway).raw() as client:
            for _ in range(3):
                assert client.message() == (PING, b"")
                client.send(frame(PONG))


class TestShutdown:
    def test_clients_are_told_and_the_integration_too(self, tmp_path, backend):
        with started(tmp_path) as gateway:
            api = WebSocketApi(Aws(gateway.endpoint, "us-east-1"))
            target = api.integration(
                IntegrationType="HTTP_PROXY",
                IntegrationMethod="POST",
                IntegrationUri=backend.url,
                RequestParameters={"integration.request.header.x-code": "context.disconnectStatusCode"},
            )
            api.route("$disconnect", target)
            api.echo()
            api.deploy()
            clients = [api.raw() for _ in range(20)]
            gateway.signal(signal.SIGTERM)
            for client in clients:
                assert client.close_code() == 1001
                client.send(frame(8, (1001).to_bytes(2)))
                assert client.ended()
                client.close()
            assert gateway.wait() == 0
        assert [got.header("x-code") for got in backend.wait_for(20)] == ["1001"] * 20


def test_over_tls(tmp_path):
    with started(tmp_path, "", "--tls-listen", "127.0.0.1:0") as gateway:
        secured = gateway.wait_for_line(r"https://127\.0\.0\.1:(\d+)")[1]
        api = echoing(gateway)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        endpoint = f"http://127.0.0.1:{secured}"
        with RawClient(endpoint, api.path, secured=context) as client:
            for _ in range(50):
                client.send(frame(1, "y" * 30_000))
                assert client.message() == (1, b"y" * 30_000)
            client.send(frame(1, "x" * 100_000))
            assert client.close_code() == 1009
            assert client.ended()


def test_access_logs_have_a_line_for_each_event(aws):
    """Developer guide: the variables of WebSocket APIs."""
    api = WebSocketApi(aws)
    group = f"/access/{api.id}"
    aws.logs.create_log_group(logGroupName=group)
    names = ("eventType", "routeKey", "connectionId", "status", "requestId", "extendedRequestId", "apiId", "stage")
    form = json.dumps({name: f"$context.{name}" for name in (*names, "disconnectReason", "error.message")})
    arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:{group}"
    api.route("$connect", api.mock())
    api.route("$disconnect", api.mock())
    api.route("join", api.mock('"joined"'), two_way=True)
    api.deploy(AccessLogSettings={"DestinationArn": arn, "Format": form})
    with api.connect() as client:
        client.send('{"action": "join"}')
        assert client.recv(timeout=20) == '"joined"'
        client.send('{"action": "leave"}')
        client.recv(timeout=20)
        client.close(1000, "done")
    lines = [json.loads(line) for line in logs.lines(aws, group, 4)]
    by_type = {(line["eventType"], line["routeKey"]): line for line in lines}
    assert by_type.keys() == {
        ("CONNECT", "$connect"),
        ("MESSAGE", "join"),
        ("MESSAGE", "-"),
        ("DISCONNECT", "$disconnect"),
    }
    assert len({line["connectionId"] for line in lines}) == 1
    assert len({line["requestId"] for line in lines}) == 4
    for line in lines:
        assert line["requestId"] == line["extendedRequestId"]
        assert (line["apiId"], line["stage"]) == (api.id, "test")
    assert by_type["MESSAGE", "join"]["status"] == "200"
    assert by_type["MESSAGE", "-"]["status"] == "403"
    assert by_type["DISCONNECT", "$disconnect"]["disconnectReason"] == "done"


def test_execution_logs_tell_of_each_step(aws):
    logs.allow(aws)
    arn = functions.function(aws, "def handler(event, context): raise Exception('on purpose')")
    functions.allow_gateway(aws, arn)
    api = WebSocketApi(aws)
    api.route("$default", api.function(arn))
    api.deploy(DefaultRouteSettings={"LoggingLevel": "INFO", "DataTraceEnabled": True})
    with api.connect() as client:
        client.send("hello")
        assert json.loads(client.recv(timeout=20))["message"] == "Internal server error"
    lines = logs.lines(aws, f"API-Gateway-Execution-Logs_{api.id}/test", 6)
    whole = "\n".join(lines)
    for said in ("Extended Request Id: ", "Route Key: $default", "before transformations: hello", "on purpose"):
        assert said in whole, whole


def test_what_is_counted(tmp_path, backend):
    """Developer guide, "Monitor WebSocket API execution with CloudWatch metrics"."""
    with started(tmp_path, "", "--admin-listen", "127.0.0.1:0") as gateway:
        admin = gateway.wait_for_line(r"Metrics +(http://127\.0\.0\.1:\d+)/metrics")[1]
        aws = Aws(gateway.endpoint, "us-east-1")
        api = WebSocketApi(aws)
        target = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="POST", IntegrationUri=backend.url
        )
        broken = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="POST", IntegrationUri="http://127.0.0.1:9"
        )
        api.route("$connect", target)
        api.route("ask", target, two_way=True)
        api.route("broken", broken)
        api.deploy(RouteSettings={"ask": {"DetailedMetricsEnabled": True}})
        ada = Person(aws, statement("Allow", "execute-api:ManageConnections", "*"))
        with api.connect() as client:
            backend.reply(status=404, body="no")
            client.send('{"action": "ask"}')
            client.recv(timeout=20)
            client.send('{"action": "ask"}')
            client.recv(timeout=20)
            client.send('{"action": "broken"}')
            id = json.loads(client.recv(timeout=20))["connectionId"]
            client.send('{"action": "nothing"}')
            client.recv(timeout=20)
            api.management(ada).post_to_connection(ConnectionId=id, Data=b"x")
            metrics = Metrics(wire.send(admin, "GET", "/metrics").text)
        stage = {"api": api.id, "stage": "test"}
        for name, expected in [
            ("connect_count_total", 1),
            # Four that came, four answers, and one callback.
            ("message_count_total", 9),
            ("integration_error_total", 1),
            ("client_error_total", 1),
            ("execution_error_total", 1),
            ("integration_latency_seconds_count", 4),
        ]:
            assert metrics.value(f"gatewright_websocket_stage_{name}", **stage) == expected, name
        route = {**stage, "route": "ask"}
        assert metrics.value("gatewright_websocket_route_message_count_total", **route) == 4
        assert metrics.value("gatewright_websocket_connections") == 1
