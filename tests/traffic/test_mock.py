"""MOCK: the request template's statusCode selects the answer. Recorded from AWS unless said otherwise."""

import re

import pytest

from harness.definitions import RestApi

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def posts(shared_aws):
    """GET /posts as the tutorial has it."""
    api = RestApi(shared_aws, endpointConfiguration={"types": ["REGIONAL"]})
    api.mock("/posts", body='{"posts": []}', headers={"X-Demo": "'yes'"})
    api.deploy()
    return api


def test_the_answer_and_its_mapped_header(posts, call):
    reply = call("GET", posts.path("/posts"))
    assert (reply.status, reply.body) == (200, b'{"posts": []}')
    assert reply.header("X-Demo") == "yes"


def test_the_headers_of_every_answer(posts, call):
    reply = call("GET", posts.path("/posts"))
    assert UUID.fullmatch(reply.header("x-amzn-RequestId"))
    assert reply.header("x-amz-apigw-id")
    assert reply.header("Content-Type") == "application/json"
    assert reply.header("Content-Length") == "13"
    assert reply.header("Date")


def test_a_mock_has_no_trace_and_a_regional_api_no_edge(posts, call):
    names = {name.lower() for name, _ in call("GET", posts.path("/posts")).headers}
    assert not names & {"x-amzn-trace-id", "via", "x-cache", "x-amz-cf-id", "x-amz-cf-pop", "server"}


def test_request_ids_are_never_the_same(posts, call):
    replies = [call("GET", posts.path("/posts")) for _ in range(10)]
    assert len({reply.header("x-amzn-RequestId") for reply in replies}) == 10
    assert len({reply.header("x-amz-apigw-id") for reply in replies}) == 10


@pytest.fixture(scope="module")
def codes(shared_aws):
    """/N answers what the template {"statusCode": N} selects."""
    api = RestApi(shared_aws, "codes")
    for path, template in (
        ("/200", '{"statusCode": 200}'),
        ("/404", '{"statusCode": 404}'),
        ("/409", '{"statusCode": 409}'),
        ("/302", '{"statusCode": "302"}'),
        ("/unquoted", "{statusCode: 200}"),
        ("/spaced", ' {\n "statusCode" : 404 } \n'),
    ):
        api.method(path)
        api.integration(path, type="MOCK", requestTemplates={"application/json": template})
        api.reply(path, status="200", responseTemplates={"application/json": "default"})
        api.reply(path, status="404", selectionPattern="404", responseTemplates={"application/json": "not found"})
        api.reply(path, status="400", selectionPattern="4[01]9", responseTemplates={"application/json": "other"})
        api.reply(
            path,
            status="302",
            selectionPattern="302",
            headers={"Location": "'https://example.com'", "Cache-Control": "'no-store'"},
        )
    api.method("/none")
    api.integration("/none", type="MOCK", requestTemplates={"application/json": '{"statusCode": 500}'})
    api.reply("/none", status="404", selectionPattern="404")
    api.deploy()
    return api


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/200", 200, "default"),
        ("/404", 404, "not found"),
        ("/409", 400, "other"),
        ("/302", 302, ""),
        ("/unquoted", 200, "default"),
        ("/spaced", 404, "not found"),
    ],
)
def test_the_status_selects_the_response(codes, call, path, status, body):
    reply = call("GET", codes.path(path))
    assert (reply.status, reply.text) == (status, body)


def test_headers_without_a_template(codes, call):
    reply = call("GET", codes.path("/302"))
    assert (reply.header("Location"), reply.header("Cache-Control")) == ("https://example.com", "no-store")


def test_no_response_fits(codes, call):
    reply = call("GET", codes.path("/none"))
    assert (reply.status, reply.json) == (500, {"message": "Internal server error"})
    assert reply.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_cors_by_options(aws, call):
    # API Gateway developer guide, "Enable CORS for a resource".
    api = RestApi(aws)
    api.mock(
        "/pets",
        "OPTIONS",
        headers={
            "Access-Control-Allow-Origin": "'*'",
            "Access-Control-Allow-Methods": "'GET,OPTIONS'",
            "Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date,Authorization'",
        },
    )
    api.deploy()
    reply = call("OPTIONS", api.path("/pets"), {"Origin": "https://example.com"})
    assert (reply.status, reply.body) == (200, b"")
    assert reply.header("Access-Control-Allow-Origin") == "*"
    assert reply.header("Access-Control-Allow-Methods") == "GET,OPTIONS"
    assert reply.header("Access-Control-Allow-Headers") == "Content-Type,X-Amz-Date,Authorization"


def test_a_template_may_name_values_of_the_request(aws, call):
    api = RestApi(aws)
    api.mock("/pets/{petId}", body="$context.stage ${stageVariables.color} $input.params('petId') $input.params('q')")
    api.deploy(variables={"color": "blue"})
    assert call("GET", api.path("/pets/7?q=yes")).text == "test blue 7 yes"


def test_the_request_decides_a_mapped_header(aws, call):
    api = RestApi(aws)
    api.method("/echo/{name}", requestParameters={"method.request.path.name": True})
    api.integration("/echo/{name}", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.reply("/echo/{name}", headers={"X-Stage": "context.stage", "X-Color": "stageVariables.color"})
    api.deploy(variables={"color": "blue"})
    reply = call("GET", api.path("/echo/ada"))
    assert (reply.status, reply.header("X-Stage"), reply.header("X-Color")) == (200, "test", "blue")
