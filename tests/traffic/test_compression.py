"""Compressed payloads. API Gateway developer guide, "Payload compression for REST APIs" and its three pages."""

import gzip
import json
import zlib

import pytest

from harness import functions
from harness.account import patch
from harness.definitions import RestApi

#: The bound of payloads.
LIMIT = 10 * 1024 * 1024

TEXT = "0123456789" * 100


def deflate(data):
    return zlib.compress(data)


def plain(reply):
    """The reply's payload without its coding."""
    coding = reply.header("content-encoding")
    return {None: bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}[coding](reply.body)


@pytest.fixture
def texts(aws):
    """GET /text answers 1,000 bytes; what has less is not compressed."""
    api = RestApi(aws, minimumCompressionSize=1000)
    api.mock("/text", body=TEXT)
    api.mock("/less", body=TEXT[:-1])
    api.deploy()
    return api


class TestAnswers:
    @pytest.mark.parametrize(
        ("accept", "coding"),
        [
            # The formats of the guide.
            ("deflate,gzip", "deflate"),
            ("", None),
            ("*", None),
            ("deflate;q=0.5,gzip;q=1.0", "gzip"),
            ("gzip;q=1.0,identity;q=0.5,*;q=0", "gzip"),
            ("gzip, deflate, br", "gzip"),
            # "The highest-priority content encoding must be one supported by API Gateway."
            ("br;q=1.0, gzip;q=0.9", None),
            ("identity", None),
            ("gzip;q=0", None),
        ],
    )
    def test_the_client_says_how(self, texts, call, accept, coding):
        reply = call("GET", texts.path("/text"), {"Accept-Encoding": accept})
        assert reply.header("content-encoding") == coding
        assert plain(reply) == TEXT.encode()
        assert reply.header("content-length") == str(len(reply.body))
        assert reply.header("vary") == (coding and "accept-encoding")
        assert (len(reply.body) < 1000) == bool(coding)

    def test_without_the_header_nothing_is_compressed(self, texts, call):
        reply = call("GET", texts.path("/text"))
        assert (reply.header("content-encoding"), reply.body) == (None, TEXT.encode())

    def test_one_byte_less_than_the_minimum_is_not_compressed(self, texts, call):
        reply = call("GET", texts.path("/less"), {"Accept-Encoding": "gzip"})
        assert (reply.header("content-encoding"), reply.body) == (None, TEXT[:-1].encode())

    def test_what_the_gateway_refuses_is_not_compressed(self, texts, call):
        reply = call("GET", texts.path("/unknown"), {"Accept-Encoding": "gzip"})
        assert (reply.status, reply.header("content-encoding")) == (403, None)

    def test_head_is_answered_without_it(self, aws, call):
        api = RestApi(aws, minimumCompressionSize=0)
        api.mock("/", "ANY", body=TEXT)
        api.deploy()
        reply = call("HEAD", api.path(), {"Accept-Encoding": "gzip"})
        assert (reply.status, reply.body, reply.header("content-encoding")) == (200, b"", None)

    def test_zero_compresses_everything_and_null_nothing(self, aws, call):
        api = RestApi(aws, minimumCompressionSize=0)
        api.mock("/", body="x")
        api.mock("/empty")
        api.deploy()
        accept = {"Accept-Encoding": "gzip"}
        reply = call("GET", api.path(), accept)
        assert (reply.header("content-encoding"), plain(reply)) == ("gzip", b"x")
        assert call("GET", api.path("/empty"), accept).header("content-encoding") is None
        api.client.update_rest_api(
            restApiId=api.id, patchOperations=[patch("replace", "/minimumCompressionSize", "")]
        )
        # "You must deploy the API ... for the change to take effect."
        assert call("GET", api.path(), accept).header("content-encoding") == "gzip"
        api.deploy()
        assert call("GET", api.path(), accept).header("content-encoding") is None

    def test_a_backends_answer_is_compressed_and_one_that_has_a_coding_is_not(self, aws, call, backend):
        api = RestApi(aws, minimumCompressionSize=100)
        api.http_proxy("/", backend.url)
        api.deploy()
        accept = {"Accept-Encoding": "gzip"}
        backend.reply(body=TEXT, headers={"Content-Type": "text/plain", "Vary": "Origin"})
        reply = call("GET", api.path(), accept)
        assert (reply.header("content-encoding"), plain(reply)) == ("gzip", TEXT.encode())
        assert reply.all("vary") == ["Origin", "accept-encoding"]
        done = gzip.compress(TEXT.encode())
        backend.reply(body=done, headers={"Content-Encoding": "gzip"})
        reply = call("GET", api.path(), accept)
        assert (reply.header("content-encoding"), reply.body) == ("gzip", done)
        backend.reply(status=204, headers={"Content-Length": "0"}, body=b"")
        assert call("GET", api.path(), accept).header("content-encoding") is None

    @pytest.mark.parametrize(("size", "coding"), [(99, None), (100, "gzip"), (300_000, "gzip")])
    def test_an_answer_of_unknown_length_is_compressed_on_its_way(self, aws, call, backend, size, coding):
        api = RestApi(aws, minimumCompressionSize=100)
        api.http_proxy("/", backend.url)
        api.deploy()
        body = (b"abc" * size)[:size]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:50], body[50:])) + b"0\r\n\r\n"
        backend.reply_bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        reply = call("GET", api.path(), {"Accept-Encoding": "gzip"})
        assert reply.header("content-encoding") == coding
        assert plain(reply) == body

    def test_the_cache_has_the_answer_as_it_was(self, aws, call, backend):
        api = RestApi(aws, minimumCompressionSize=10)
        api.http_proxy("/", backend.url)
        api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
        api.client.update_stage(
            restApiId=api.id, stageName="test", patchOperations=[patch("replace", "/*/*/caching/enabled", "true")]
        )
        backend.reply(body=TEXT)
        for accept in ("gzip", "deflate", "identity", "gzip"):
            reply = call("GET", api.path(), {"Accept-Encoding": accept})
            assert reply.header("content-encoding") == (None if accept == "identity" else accept)
            assert plain(reply) == TEXT.encode()
        assert len(backend.received) == 1

    def test_a_functions_answer_is_compressed(self, aws, call):
        source = f"def handler(event, context):\n    return {{'statusCode': 200, 'body': {TEXT!r}}}\n"
        arn = functions.function(aws, source)
        api = RestApi(aws, minimumCompressionSize=10)
        api.function_proxy("/", arn)
        functions.allow_gateway(aws, arn)
        api.deploy()
        reply = call("GET", api.path(), {"Accept-Encoding": "gzip"})
        assert (reply.header("content-encoding"), plain(reply)) == ("gzip", TEXT.encode())


class TestRequests:
    @pytest.fixture
    def echo(self, api, backend):
        """POST / hands its payload to the backend, /mapped through a template."""
        api.http_proxy("/", backend.url, "POST")
        api.http("/mapped", backend.url, "POST", requestTemplates={"application/json": '{"got": $input.json("$.a")}'})
        api.reply("/mapped", "POST")
        api.deploy()
        return api

    @pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", deflate)])
    def test_a_compressed_payload_is_decompressed_before_it_is_mapped(self, echo, backend, call, coding, compress):
        payload = json.dumps({"a": TEXT}).encode()
        headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
        assert call("POST", echo.path(), headers, compress(payload)).status == 200
        assert backend.last.body == payload
        assert backend.last.header("content-encoding") is None
        assert backend.last.header("content-length") == str(len(payload))
        assert call("POST", echo.path("/mapped"), headers, compress(payload)).status == 200
        assert json.loads(backend.last.body) == {"got": TEXT}

    def test_and_before_it_is_validated(self, aws, call):
        api = RestApi(aws)
        client = api.client
        client.create_model(
            restApiId=api.id,
            name="Pet",
            contentType="application/json",
            schema=json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "required": ["name"]}),
        )
        validator = client.create_request_validator(restApiId=api.id, name="body", validateRequestBody=True)["id"]
        api.mock("/", "POST", requestModels={"application/json": "Pet"}, requestValidatorId=validator)
        api.deploy()
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        assert call("POST", api.path(), headers, gzip.compress(b'{"name": "a"}', mtime=0)).status == 200
        assert call("POST", api.path(), headers, gzip.compress(b"{}", mtime=0)).status == 400

    @pytest.mark.parametrize(
        ("coding", "payload"),
        [
            ("br", b"x"),
            ("gzip, deflate", b"x"),
            ("gzip", b"not compressed"),
            ("deflate", gzip.compress(b"{}", mtime=0)),
            ("gzip", gzip.compress(b"{}", mtime=0)[:-1]),
        ],
    )
    def test_what_cannot_be_decompressed_is_415(self, echo, backend, call, coding, payload):
        """ "If the specified coding isn't supported or the supplied payload isn't compressed with specified coding,
        API Gateway returns the 415 Unsupported Media Type error response." """
        reply = call("POST", echo.path(), {"Content-Encoding": coding}, payload)
        assert (reply.status, reply.json) == (415, {"message": "Unsupported Media Type"})
        assert backend.received == []

    def test_without_a_payload_there_is_nothing_to_decompress(self, echo, call):
        assert call("POST", echo.path(), {"Content-Encoding": "br"}).status == 200

    @pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
    def test_the_bound_holds_of_what_comes_out(self, echo, backend, call, size, status):
        bomb = gzip.compress(b"\0" * size, mtime=0)
        assert len(bomb) < 20_000
        reply = call("POST", echo.path(), {"Content-Encoding": "gzip"}, bomb)
        assert reply.status == status
        assert [len(request.body) for request in backend.received] == ([LIMIT] if status == 200 else [])

    def test_a_bomb_within_a_bomb_stays_one(self, echo, backend, call):
        reply = call("POST", echo.path(), {"Content-Encoding": "gzip"}, gzip.compress(gzip.compress(b"\0" * LIMIT, mtime=0)))
        assert reply.status == 200
        assert len(backend.last.body) < 20_000
