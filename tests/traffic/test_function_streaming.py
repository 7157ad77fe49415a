"""Functions that stream their answers. API Gateway developer guide, "Set up a Lambda proxy integration with payload
response streaming"; Lambda developer guide, "Building a custom runtime" and "Writing response streaming-enabled Lambda
functions"."""

import http.client
import json
import socket

import pytest

from harness import functions, wire
from harness.account import patch
from harness.definitions import RestApi, invocation_uri
from harness.steered import Steered

METADATA = b'{"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["c=1", "d=2"]}' + bytes(8)


@pytest.fixture
def steered(aws):
    made = Steered(aws)
    yield made
    made.listening.close()


def streamed(aws, arn, **settings):
    api = RestApi(aws, minimumCompressionSize=0)
    api.function_proxy("/", arn, responseTransferMode="STREAM", **settings)
    api.deploy()
    return api


def ask(gateway, api):
    connection = wire.connect(gateway.endpoint)
    connection.sendall(wire.head("GET", api.path(), [("Host", "localhost"), ("Accept-Encoding", "gzip")]))
    return connection


def begun(client):
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return answer


def test_each_part_reaches_the_client_before_the_next_is_made(aws, gateway, steered):
    api = streamed(aws, steered.arn)
    with ask(gateway, api) as client:
        assert steered.accept() == {"resource": "/"}
        # Metadata may come in pieces; the head is sent when they are complete.
        steered.write(METADATA[:20])
        steered.write(METADATA[20:])
        answer = begun(client)
        assert (answer.status, answer.getheader("x-a"), answer.getheader("content-type")) == (
            201,
            "1",
            "application/json",
        )
        assert answer.headers.get_all("set-cookie") == ["c=1", "d=2"]
        assert answer.getheader("x-amzn-trace-id").startswith("Root=1-")
        # API Gateway neither compresses nor decodes what is streamed.
        assert answer.getheader("content-encoding") is None
        for part in (b"one", b"two\xff\x00"):
            steered.write(part)
            assert answer.read1(100) == part
        steered.end()
        assert answer.read() == b""
        assert steered.is_done()


def test_more_than_functions_can_answer_whole_passes(aws, gateway, steered):
    api = streamed(aws, steered.arn)
    with ask(gateway, api) as client:
        steered.accept()
        steered.write(METADATA)
        answer = begun(client)
        mebibyte = bytes(range(256)) * 4096
        for _ in range(12):
            steered.write(mebibyte)
            assert answer.read(len(mebibyte)) == mebibyte
        steered.end()
        assert answer.read() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b'{"statusCode": 200, "body": "whole"}',
        b"no json" + bytes(8),
        b'{"statusCode": 200, "isBase64Encoded": true}' + bytes(8),
        b'{"statusCode": "ok"}' + bytes(8),
        b'{"statusCode": 200}' + bytes(7) + b"x",
        b'{"headers": {"a": "' + b"x" * 16384 + b'"}}' + bytes(8),
    ],
)
def test_answers_without_metadata_are_malformed(aws, gateway, steered, sent):
    api = streamed(aws, steered.arn)
    with ask(gateway, api) as client:
        steered.accept()
        steered.write(sent)
        steered.end()
        reply = wire.read_reply(client)
        assert (reply.status, reply.json) == (502, {"message": "Internal server error"})


@pytest.mark.parametrize("how", [-2, -3])
def test_a_function_that_fails_on_the_way_cuts_its_answer_off(aws, gateway, steered, how):
    api = streamed(aws, steered.arn)
    with ask(gateway, api) as client:
        steered.accept()
        steered.write(METADATA + b"part")
        answer = begun(client)
        assert answer.read(4) == b"part"
        steered.end(how)
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()


@pytest.mark.parametrize("how", [-2, -3])
def test_a_function_that_fails_before_it_answers_is_502(aws, gateway, steered, how):
    api = streamed(aws, steered.arn)
    with ask(gateway, api) as client:
        steered.accept()
        steered.end(how)
        assert wire.read_reply(client).status == 502


def test_the_integrations_timeout_is_for_the_whole_answer(aws, gateway, steered):
    api = streamed(aws, steered.arn, timeoutInMillis=1500)
    with ask(gateway, api) as client:
        steered.accept()
        steered.write(METADATA + b"part")
        answer = begun(client)
        assert answer.read(4) == b"part"
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()
    with ask(gateway, api) as client:
        reply = wire.read_reply(client)
        assert (reply.status, reply.json) == (504, {"message": "Endpoint request timed out"})


def test_a_client_that_goes_away_does_not_stop_the_function(aws, gateway, call):
    """ "Streamed responses are not interrupted or stopped when the invoking client connection is broken." """
    steered = Steered(aws, MemorySize=128)
    api = streamed(aws, steered.arn)
    client = ask(gateway, api)
    steered.accept()
    steered.write(METADATA + b"part")
    answer = begun(client)
    assert answer.read(4) == b"part"
    answer.close()
    client.close()
    for _ in range(20):
        steered.write(b"x" * 1_000_000)
    steered.end()
    assert steered.is_done()
    with ask(gateway, api) as client:
        steered.accept()
        steered.write(METADATA + b"again")
        steered.end()
        assert begun(client).read() == b"again"


NODE = """
const { pipeline } = require("node:stream/promises");
const { Readable } = require("node:stream");
exports.handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
    responseStream = awslambda.HttpResponseStream.from(responseStream, {
        statusCode: 200,
        headers: { "x-foo": "bar" },
        multiValueHeaders: { "x-mv1": ["hello", "world"], "Set-Cookie": ["c1=blue", "c2=red"] },
    });
    await pipeline(Readable.from(["First payload ", "Final payload"]), responseStream);
});
"""


def test_nodes_streamified_handlers(aws, call):
    arn = functions.function(aws, NODE, "nodejs20.x")
    functions.allow_gateway(aws, arn)
    reply = call("GET", streamed(aws, arn).path())
    assert (reply.status, reply.text) == (200, "First payload Final payload")
    assert (reply.header("x-foo"), reply.all("x-mv1"), reply.all("set-cookie")) == (
        "bar",
        ["hello", "world"],
        ["c1=blue", "c2=red"],
    )


def test_a_function_that_does_not_stream_is_malformed(aws, gateway, call):
    """The format of streamed answers is required of whatever function is invoked so."""
    arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': 'b'}\n")
    functions.allow_gateway(aws, arn)
    assert call("GET", streamed(aws, arn).path()).status == 502


def test_uri_and_transfer_mode_must_agree(aws, gateway, call, steered):
    api = streamed(aws, steered.arn)
    api.client.update_integration(
        **api.at("/", "ANY"), patchOperations=[patch("replace", "/responseTransferMode", "BUFFERED")]
    )
    api.deploy()
    assert call("GET", api.path()).status == 500
    gateway.wait_for_line("response-streaming-invocations is not the URI of the response transfer mode BUFFERED")
    uri = invocation_uri(aws.region, steered.arn)
    api.function_proxy("/other", steered.arn, responseTransferMode="STREAM")
    api.client.update_integration(**api.at("/other", "ANY"), patchOperations=[patch("replace", "/uri", uri)])
    api.deploy()
    assert call("GET", api.path("/other")).status == 500
    gateway.wait_for_line("/invocations is not the URI of the response transfer mode STREAM")


def test_a_test_of_the_method_answers_all_of_the_stream(aws):
    arn = functions.function(aws, NODE, "nodejs20.x")
    functions.allow_gateway(aws, arn)
    api = streamed(aws, arn)
    tested = api.client.test_invoke_method(**api.at("/", "ANY"), pathWithQueryString="/")
    assert (tested["status"], tested["body"]) == (200, "First payload Final payload")
