"""AWS_PROXY: the event that a function gets, payload 1.0. Recorded from AWS unless said otherwise."""

import re
import time

import pytest

from harness.definitions import RestApi
from harness.functions import allow_gateway, function

ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}
"""
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def echo(shared_aws):
    """Everything goes to a function that answers its event."""
    arn = function(shared_aws, ECHO)
    allow_gateway(shared_aws, arn)
    api = RestApi(shared_aws)
    for path in ("/{proxy+}", "/pets/{petId}", "/"):
        api.function_proxy(path, arn)
    api.deployment = api.deploy(variables={"color": "blue"})
    return api


@pytest.fixture
def event(echo, call):
    """Sends a request; the event it became."""

    def send(method, path, headers=(), body=b""):
        reply = call(method, echo.path(path), headers, body)
        assert reply.status == 200, reply
        return reply.json

    return send


def test_the_members_and_what_is_null(event):
    got = event("GET", "/pets/7")
    assert list(got) == [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "requestContext",
        "body",
        "isBase64Encoded",
    ]
    assert (got["resource"], got["path"], got["httpMethod"]) == ("/pets/{petId}", "/pets/7", "GET")
    assert (got["queryStringParameters"], got["multiValueQueryStringParameters"]) == (None, None)
    assert got["pathParameters"] == {"petId": "7"}
    assert got["stageVariables"] == {"color": "blue"}
    assert (got["body"], got["isBase64Encoded"]) == (None, False)
    root = event("GET", "/")
    assert (root["resource"], root["path"], root["pathParameters"]) == ("/", "/", None)


def test_without_stage_variables_they_are_null(aws, call):
    arn = function(aws, ECHO)
    allow_gateway(aws, arn)
    api = RestApi(aws)
    api.function_proxy("/", arn)
    api.deploy()
    assert call("GET", api.path("/")).json["stageVariables"] is None


class TestHeaders:
    def test_names_keep_the_clients_casing(self, event):
        got = event("GET", "/x", [("tEsT-HEADeR", "aValUE"), ("X-Twice", "1"), ("X-Twice", "2")])
        assert got["headers"]["tEsT-HEADeR"] == "aValUE"
        assert got["multiValueHeaders"]["tEsT-HEADeR"] == ["aValUE"]
        assert got["headers"]["X-Twice"] == "2"
        assert got["multiValueHeaders"]["X-Twice"] == ["1", "2"]

    def test_what_api_gateway_adds(self, event):
        got = event("GET", "/x")
        assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;.*)?", got["headers"]["X-Amzn-Trace-Id"])
        assert got["headers"]["X-Forwarded-For"] == "127.0.0.1"
        assert {"Host", "X-Forwarded-Port", "X-Forwarded-Proto"} <= got["headers"].keys()
        assert got["headers"].keys() == got["multiValueHeaders"].keys()

    def test_what_is_not_passed(self, event):
        got = event("POST", "/x", [("Connection", "close"), ("TE", "trailers"), ("X-Kept", "1")], b"abc")
        names = {name.lower() for name in got["headers"]}
        assert not names & {"connection", "content-length", "te", "transfer-encoding"}
        assert "x-kept" in names

    def test_an_incoming_trace_keeps_its_root(self, echo, call):
        sent = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
        reply = call("GET", echo.path("/x"), {"X-Amzn-Trace-Id": sent})
        for trace in (reply.json["headers"]["X-Amzn-Trace-Id"], reply.header("X-Amzn-Trace-Id")):
            assert trace.startswith("Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1")

    def test_a_trace_is_made(self, echo, call):
        reply = call("GET", echo.path("/x"))
        assert re.match(
            "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]", reply.header("X-Amzn-Trace-Id")
        )


class TestPathsAndQueries:
    @pytest.mark.parametrize(
        ("path", "proxy"),
        [
            ("/a/b", "a/b"),
            ("/a/b/", "a/b/"),
            ("/proxy-value//double-slash", "proxy-value//double-slash"),
            ("/test%2Balias@gmail.com", "test%2Balias@gmail.com"),
            ("/a%20b", "a%20b"),
        ],
    )
    def test_paths_are_kept_as_sent(self, event, path, proxy):
        got = event("GET", path)
        assert got["path"] == path
        assert got["pathParameters"]["proxy"].rstrip("/") == proxy.rstrip("/")
        assert got["requestContext"]["path"].endswith("/test" + path)

    @pytest.mark.parametrize(
        ("query", "last", "all_values"),
        [
            ("a=1", {"a": "1"}, {"a": ["1"]}),
            ("a=1&a=2", {"a": "2"}, {"a": ["1", "2"]}),
            ("a=x+y", {"a": "x y"}, {"a": ["x y"]}),
            ("a=x%2By", {"a": "x+y"}, {"a": ["x+y"]}),
            ("a=%2520", {"a": "%20"}, {"a": ["%20"]}),
            ("a=", {"a": ""}, {"a": [""]}),
            ("a", {"a": ""}, {"a": [""]}),
            ("b=1&a=2", {"b": "1", "a": "2"}, {"b": ["1"], "a": ["2"]}),
        ],
    )
    def test_queries_are_decoded_once(self, event, query, last, all_values):
        got = event("GET", "/x?" + query)
        assert got["queryStringParameters"] == last
        assert list(got["queryStringParameters"]) == list(last)
        assert got["multiValueQueryStringParameters"] == all_values

    def test_request_parameters_have_no_effect(self, aws, call):
        arn = function(aws, ECHO)
        allow_gateway(aws, arn)
        api = RestApi(aws)
        api.function_proxy(
            "/",
            arn,
            requestParameters={
                "integration.request.header.X-Mapped": "'yes'",
                "integration.request.querystring.mapped": "'yes'",
            },
        )
        api.deploy()
        got = call("GET", api.path("/?own=1")).json
        assert got["queryStringParameters"] == {"own": "1"}
        assert "X-Mapped" not in got["headers"]


class TestRequestContext:
    def test_it_describes_the_request(self, echo, event):
        before = int(time.time() * 1000)
        got = event("GET", "/pets/7", {"User-Agent": "curl/8"})["requestContext"]
        after = int(time.time() * 1000)
        assert {
            key: got[key] for key in ("accountId", "apiId", "deploymentId", "stage", "httpMethod", "protocol")
        } == {
            "accountId": "000000000000",
            "apiId": echo.id,
            "deploymentId": echo.deployment,
            "stage": "test",
            "httpMethod": "GET",
            "protocol": "HTTP/1.1",
        }
        assert (got["resourceId"], got["resourcePath"]) == (echo.resource("/pets/{petId}"), "/pets/{petId}")
        assert before <= got["requestTimeEpoch"] <= after
        assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", got["requestTime"])

    def test_its_ids_are_those_of_the_answer(self, echo, call):
        reply = call("GET", echo.path("/x"))
        context = reply.json["requestContext"]
        assert re.fullmatch(UUID, context["requestId"])
        assert context["requestId"] == reply.header("x-amzn-RequestId")
        assert context["extendedRequestId"] == reply.header("x-amz-apigw-id")

    def test_the_domain_and_its_first_label(self, echo, call):
        host = f"{echo.id}.execute-api.{echo.aws.region}.amazonaws.com"
        context = call("GET", "/test/pets/7", {"Host": host}).json["requestContext"]
        assert (context["domainName"], context["domainPrefix"]) == (host, echo.id)
        assert context["path"] == "/test/pets/7"

    def test_a_doubled_slash_after_the_stage(self, echo, call):
        host = f"{echo.id}.execute-api.{echo.aws.region}.amazonaws.com"
        got = call("GET", "/test//pets/7", {"Host": host}).json
        assert (got["path"], got["requestContext"]["path"]) == ("/pets/7", "/test//pets/7")

    def test_an_unsigned_callers_identity(self, event):
        identity = event("GET", "/x", {"User-Agent": "curl/8"})["requestContext"]["identity"]
        assert (identity.pop("sourceIp"), identity.pop("userAgent")) == ("127.0.0.1", "curl/8")
        assert identity == dict.fromkeys(
            [
                "cognitoIdentityPoolId",
                "accountId",
                "cognitoIdentityId",
                "caller",
                "principalOrgId",
                "accessKey",
                "cognitoAuthenticationType",
                "cognitoAuthenticationProvider",
                "userArn",
                "user",
            ]
        )


class TestBodies:
    @pytest.mark.parametrize("text", ["plain", '{"a": 1}', "snow ☃ man", " "])
    def test_text(self, event, text):
        got = event("POST", "/x", {"Content-Type": "text/plain; charset=utf-8"}, text.encode())
        assert (got["body"], got["isBase64Encoded"]) == (text, False)

    def test_binary_types_are_encoded(self, aws, call):
        # API Gateway developer guide, "Binary media types": encoded when Content-Type matches.
        arn = function(aws, ECHO)
        allow_gateway(aws, arn)
        api = RestApi(aws, binaryMediaTypes=["image/png"])
        api.function_proxy("/", arn)
        api.deploy()
        got = call("POST", api.path("/"), {"Content-Type": "image/png"}, b"\x89PNG\xff\x00").json
        assert (got["body"], got["isBase64Encoded"]) == ("iVBOR/8A", True)
        got = call("POST", api.path("/"), {"Content-Type": "text/plain"}, b"text").json
        assert (got["body"], got["isBase64Encoded"]) == ("text", False)


@pytest.mark.parametrize("value", ['quote " and \\ slash', "tab\there", "{}", "a,b"])
def test_odd_values_arrive_as_sent(event, value):
    assert event("GET", "/x", {"X-Odd": value})["headers"]["X-Odd"] == value
