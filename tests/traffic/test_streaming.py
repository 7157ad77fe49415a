"""Streamed answers: `responseTransferMode`. API Gateway developer guide, "Stream the integration response for your
proxy integrations in API Gateway"."""

import http.client
import socket
import threading

import pytest

from harness import functions, wire
from harness.account import patch
from harness.definitions import RestApi

LIMIT = 10 * 1024 * 1024


class Source:
    """A backend whose answer the test writes piece by piece."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def accept(self):
        """The connection of the next request, once its head is read."""
        connection, _ = self.listening.accept()
        connection.settimeout(20)
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        return connection


@pytest.fixture
def source():
    made = Source()
    yield made
    made.listening.close()


def streamed(aws, url, **settings):
    api = RestApi(aws, minimumCompressionSize=0)
    api.http_proxy("/", url, responseTransferMode="STREAM", **settings)
    api.deploy()
    return api


def ask(gateway, target, headers=()):
    connection = wire.connect(gateway.endpoint)
    connection.sendall(wire.head("GET", target, [("Host", "localhost"), *headers]))
    return connection


def traced(aws, api):
    """Has the stage's execution log show bodies."""
    trust = functions.TRUST_LAMBDA.replace("lambda.amazonaws.com", "apigateway.amazonaws.com")
    api.client.update_account(
        patchOperations=[patch("replace", "/cloudwatchRoleArn", functions.role(aws, trust=trust))]
    )
    settings = [("loglevel", "INFO"), ("dataTrace", "true")]
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[patch("replace", f"/*/*/logging/{name}", value) for name, value in settings],
    )


@pytest.mark.parametrize("logged", [False, True])
def test_each_part_reaches_the_client_before_the_next_is_made(aws, gateway, source, logged):
    api = streamed(aws, source.url)
    if logged:
        traced(aws, api)
    with ask(gateway, api.path()) as client:
        backend = source.accept()
        backend.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = http.client.HTTPResponse(client)
        # The head comes while there is no body yet.
        answer.begin()
        assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream")
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            backend.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            assert answer.read1(100) == event
        backend.sendall(b"0\r\n\r\n")
        assert answer.read() == b""
        backend.close()


def test_more_than_ten_megabytes_pass(aws, call, backend):
    api = streamed(aws, backend.url)
    body = b"x" * (LIMIT + 1)
    backend.reply(body=body)
    assert call("GET", api.path()).body == body
    # Without streaming they are the integration's failure.
    api.client.update_integration(
        **api.at("/"), patchOperations=[patch("replace", "/responseTransferMode", "BUFFERED")]
    )
    api.deploy()
    backend.reply(body=body)
    assert call("GET", api.path()).status == 500
    backend.reply(body=body[1:])
    assert call("GET", api.path()).body == body[1:]


def test_streams_are_neither_compressed_nor_cached(aws, call, backend):
    api = RestApi(aws, minimumCompressionSize=0)
    api.http_proxy("/", backend.url, responseTransferMode="STREAM")
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
    api.client.update_stage(
        restApiId=api.id, stageName="test", patchOperations=[patch("replace", "/*/*/caching/enabled", "true")]
    )
    for _ in range(2):
        reply = call("GET", api.path(), {"Accept-Encoding": "gzip"})
        assert (reply.status, reply.header("content-encoding")) == (200, None)
    assert len(backend.received) == 2


def test_a_stream_that_outlasts_its_timeout_is_cut_off(aws, gateway, source):
    api = streamed(aws, source.url, timeoutInMillis=200)
    with ask(gateway, api.path()) as client:
        backend = source.accept()
        backend.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.read1(1) == b"x"
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()
        backend.close()


def test_a_backend_that_does_not_answer_in_time_is_504(aws, gateway, source):
    api = streamed(aws, source.url, timeoutInMillis=100)
    with ask(gateway, api.path()) as client:
        backend = source.accept()
        reply = wire.read_reply(client)
        assert (reply.status, reply.json) == (504, {"message": "Endpoint request timed out"})
        backend.close()


def test_a_client_that_goes_away_ends_the_backends_answer(aws, gateway, source):
    api = streamed(aws, source.url)
    client = ask(gateway, api.path())
    backend = source.accept()
    backend.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
    answer = http.client.HTTPResponse(client)
    answer.begin()
    assert answer.read1(1) == b"x"
    answer.close()
    client.close()
    # The gateway closes its end: there is nothing more to read.
    ended = threading.Event()
    threading.Thread(target=lambda: (until_closed(backend), ended.set()), daemon=True).start()
    assert ended.wait(20)
    backend.close()


def until_closed(connection):
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
