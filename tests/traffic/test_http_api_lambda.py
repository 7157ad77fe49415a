"""Functions behind HTTP APIs (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs in API
Gateway"): events of both payload formats, member by member, and what is made of answers."""

import base64
import json
import re

import pytest

from harness import functions
from harness.http_apis import HttpApi

ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': __import__('json').dumps(event)}\n"
SAY = "import json\n\ndef handler(event, context):\n    return json.loads(event['body'])\n"
FAILED = (500, '{"message":"Internal Server Error"}')


@pytest.fixture(scope="module")
def api(shared_aws):
    api = HttpApi(shared_aws)
    echo, say = functions.function(shared_aws, ECHO), functions.function(shared_aws, SAY)
    for arn in (echo, say):
        functions.allow_gateway(shared_aws, arn, api.source_arn("*/*"))
    for version in ("1.0", "2.0"):
        api.function(f"ANY /v{version[0]}/{{id}}/{{rest+}}", echo, version)
        api.function(f"POST /say{version[0]}", say, version)
    api.function("$default", echo)
    api.add_stage("prod", StageVariables={"color": "blue"})
    return api


HEADERS = [
    ("Header1", "value1"),
    ("Header2", "value1"),
    ("Header2", "value2"),
    ("Cookie", "cookie1; cookie2"),
    ("User-Agent", "agent"),
    ("Content-Type", "text/plain"),
]


@pytest.fixture
def event(call, api):
    def send(method, path, headers=HEADERS, body=b"Hello from Lambda", stage=None):
        reply = call(method, api.path(path, stage), headers, body)
        assert reply.status == 200, reply.text
        return json.loads(reply.text), reply

    return send


def test_format_2_is_the_guides_example(event, gateway, api):
    event, reply = event(
        "POST", "/v2/a%20b/c/d?parameter1=value1&parameter1=value2&parameter2=value", stage="prod"
    )
    trace = event["headers"].pop("x-amzn-trace-id")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", trace)
    context = event["requestContext"]
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("time"))
    assert context.pop("timeEpoch") > 1_600_000_000_000
    assert context.pop("requestId") == reply.header("apigw-requestid")
    host = f"127.0.0.1:{gateway.port}"
    assert event == {
        "version": "2.0",
        "routeKey": "ANY /v2/{id}/{rest+}",
        "rawPath": "/prod/v2/a b/c/d",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "headers": {
            "header1": "value1",
            "header2": "value1,value2",
            "user-agent": "agent",
            "content-type": "text/plain",
            "content-length": "17",
            "host": host,
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": str(gateway.port),
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": api.id,
            "domainName": host,
            "domainPrefix": "127",
            "http": {
                "method": "POST",
                "path": "/prod/v2/a b/c/d",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "agent",
            },
            "routeKey": "ANY /v2/{id}/{rest+}",
            "stage": "prod",
        },
        "body": "Hello from Lambda",
        "pathParameters": {"id": "a b", "rest": "c/d"},
        "isBase64Encoded": False,
        "stageVariables": {"color": "blue"},
    }
    assert list(event)[:4] == ["version", "routeKey", "rawPath", "rawQueryString"]


def test_format_2_leaves_out_what_is_not_there(event):
    event, _ = event("GET", "/my/path", headers={"User-Agent": "agent"}, body=b"")
    assert set(event) == {
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
        "isBase64Encoded",
    }
    assert (event["routeKey"], event["rawPath"], event["rawQueryString"]) == ("$default", "/my/path", "")
    assert event["requestContext"]["stage"] == "$default"
    assert event["headers"]["content-length"] == "0"


def test_format_1_is_the_guides_example(event, gateway, api):
    event, reply = event(
        "POST", "/v1/7/c/d?parameter1=value1&parameter1=value2&parameter2=value", HEADERS[:3] + HEADERS[4:], b"Hello"
    )
    trace = event["headers"].pop("x-amzn-trace-id")
    assert event["multiValueHeaders"].pop("x-amzn-trace-id") == [trace]
    context = event["requestContext"]
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("requestTime"))
    assert context.pop("requestTimeEpoch") > 1_600_000_000_000
    assert context.pop("requestId") == context.pop("extendedRequestId") == reply.header("apigw-requestid")
    host = f"127.0.0.1:{gateway.port}"
    single = {
        "header1": "value1",
        "header2": "value2",
        "user-agent": "agent",
        "content-type": "text/plain",
        "content-length": "5",
        "host": host,
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": str(gateway.port),
        "x-forwarded-proto": "http",
    }
    assert event == {
        "version": "1.0",
        "resource": "/v1/{id}/{rest+}",
        "path": "/v1/7/c/d",
        "httpMethod": "POST",
        "headers": single,
        "multiValueHeaders": {
            **{name: [value] for name, value in single.items()},
            "header2": ["value1", "value2"],
        },
        "queryStringParameters": {"parameter1": "value1", "parameter2": "value"},
        "multiValueQueryStringParameters": {"parameter1": ["value1", "value2"], "parameter2": ["value"]},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": api.id,
            "authorizer": {"claims": None, "scopes": None},
            "domainName": host,
            "domainPrefix": "127",
            "httpMethod": "POST",
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": "127.0.0.1",
                "user": None,
                "userAgent": "agent",
                "userArn": None,
            },
            "path": "/v1/7/c/d",
            "protocol": "HTTP/1.1",
            "resourceId": None,
            "resourcePath": "/v1/{id}/{rest+}",
            "stage": "$default",
        },
        "pathParameters": {"id": "7", "rest": "c/d"},
        "stageVariables": None,
        "body": "Hello",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("kind", "coding", "encoded"),
    [
        ("text/plain", None, False),
        ("application/json", None, False),
        ("application/vnd.own+json", None, False),
        ("application/x-www-form-urlencoded", None, True),
        ("image/png", None, True),
        ("application/json", "gzip", True),
    ],
)
def test_payloads_are_text_by_their_type(event, kind, coding, encoded):
    headers = {"Content-Type": kind} | ({"Content-Encoding": coding} if coding else {})
    event, _ = event("POST", "/x", headers, b"a=1")
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(b"a=1").decode() if encoded else "a=1")


def test_what_is_no_text_is_in_base_64_whatever_its_type(event):
    event, _ = event("POST", "/x", {"Content-Type": "text/plain"}, b"\xff\x00")
    assert (event["isBase64Encoded"], event["body"]) == (True, "/wA=")


@pytest.fixture
def say(call, api):
    def send(answer, version=2):
        return call("POST", api.path(f"/say{version}"), {"Content-Type": "application/json"}, json.dumps(answer).encode())

    return send


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("Hello from Lambda!", "Hello from Lambda!"),
        ({"message": "Hello from Lambda!"}, '{"message": "Hello from Lambda!"}'),
        ([1, 2], "[1, 2]"),
        (None, "null"),
    ],
)
def test_format_2_infers_an_answer_without_a_status(say, answer, body):
    reply = say(answer)
    assert (reply.status, reply.text, reply.header("Content-Type")) == (200, body, "application/json")


def test_format_2_takes_an_answer_as_it_is_told(say):
    reply = say(
        {
            "cookies": ["cookie1=a", "cookie2=b; Secure"],
            "isBase64Encoded": True,
            "statusCode": 418,
            "headers": {"X-Own": "1", "Content-Type": "image/x"},
            "body": base64.b64encode(b"\x00\x01").decode(),
        }
    )
    assert (reply.status, reply.body) == (418, b"\x00\x01")
    assert (reply.header("X-Own"), reply.header("Content-Type")) == ("1", "image/x")
    assert reply.all("Set-Cookie") == ["cookie1=a", "cookie2=b; Secure"]


def test_an_answer_of_no_type_is_text(say):
    assert say({"statusCode": 200, "body": "x"}).header("Content-Type") == "text/plain;charset=UTF-8"


def test_format_1_wants_a_status(say):
    reply = say({"statusCode": 201, "multiValueHeaders": {"X-A": ["1", "2"]}, "body": "b"}, 1)
    assert (reply.status, reply.text, reply.all("X-A")) == (201, "b", ["1", "2"])
    for answer in ("text", {"message": "x"}, None, {"body": "x"}):
        reply = say(answer, 1)
        assert (reply.status, reply.text) == FAILED


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 1000},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "isBase64Encoded": True, "body": "?"},
    ],
)
def test_a_malformed_answer_is_an_internal_error(say, answer):
    reply = say(answer)
    assert (reply.status, reply.text) == FAILED


def test_a_function_that_fails_is_an_internal_error(call, aws):
    arn = functions.function(aws, "def handler(event, context):\n    raise ValueError('no')\n")
    functions.allow_gateway(aws, arn)
    api = HttpApi(aws)
    api.function("$default", arn)
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.text) == FAILED


def test_a_function_that_is_too_slow_is_unavailable(call, aws):
    arn = functions.function(aws, "import time\n\ndef handler(event, context):\n    time.sleep(5)\n", Timeout=10)
    functions.allow_gateway(aws, arn)
    api = HttpApi(aws)
    api.function("$default", arn, integration={"TimeoutInMillis": 50})
    reply = call("GET", api.path("/"))
    assert (reply.status, reply.text) == (503, '{"message":"Service Unavailable"}')


def test_a_function_has_to_allow_the_route(call, aws):
    arn = functions.function(aws, ECHO)
    api = HttpApi(aws)
    api.function("GET /pets/{id}", arn)
    api.function("$default", arn)
    assert call("GET", api.path("/pets/1")).status == 500
    functions.allow_gateway(aws, arn, api.source_arn("$default/GET/pets/{id}"))
    assert call("GET", api.path("/pets/1")).status == 200
    assert call("GET", api.path("/")).status == 500
    functions.allow_gateway(aws, arn, api.source_arn("*/$default"), "default")
    assert call("GET", api.path("/")).status == 200


def test_mapped_parameters_are_in_the_event(call, aws):
    arn = functions.function(aws, ECHO)
    functions.allow_gateway(aws, arn)
    api = HttpApi(aws)
    mapped = {"overwrite:header.x-own": "$request.path.id", "append:querystring.q": "1", "overwrite:path": "/other"}
    api.function("GET /pets/{id}", arn, integration={"RequestParameters": mapped})
    event = json.loads(call("GET", api.path("/pets/7?a=b"), {"X-Own": "0"}).text)
    assert (event["headers"]["x-own"], event["rawQueryString"], event["rawPath"]) == ("7", "a=b&q=1", "/other")
