"""TestInvokeMethod: a method runs for its author, deployed or not, and tells what it did. Texts and the order of
lines are recorded from AWS."""

import re

import pytest

from harness import functions
from harness.account import refused

TIME = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : (.*)", re.DOTALL)
LATENCY = re.compile(r"latency: \d+ ms")


def run(api, path, method="GET", **settings):
    return api.client.test_invoke_method(**api.at(path, method), **settings)


def log_lines(answer):
    """The log without times; the request's id is ID, latencies are N."""
    assert answer["log"].endswith("\n")
    first, *lines = answer["log"].split("\n")[:-1]
    request = re.fullmatch(r"Execution log for request ([0-9a-f-]{36})", first)[1]
    shown = [TIME.fullmatch(line)[1].replace(request, "ID") for line in lines]
    return [LATENCY.sub("latency: N ms", line) for line in shown]


def test_a_mock_that_was_never_deployed(api):
    api.mock("/pets/{petId}", body='{"id": 123}', headers={"X-Own": "'1'"})
    answer = run(api, "/pets/{petId}", pathWithQueryString="/pets/123?foo=bar", body='{"a": 1}')
    assert (answer["status"], answer["body"]) == (200, '{"id": 123}')
    assert isinstance(answer["latency"], int)
    assert answer["headers"] == {"Content-Type": "application/json", "X-Own": "1"}
    assert answer["multiValueHeaders"] == {"Content-Type": ["application/json"], "X-Own": ["1"]}
    assert log_lines(answer) == [
        "Starting execution for request: ID",
        "HTTP Method: GET, Resource Path: /pets/123",
        "Method request path: {petId=123}",
        "Method request query string: {foo=bar}",
        "Method request headers: {}",
        'Method request body before transformations: {"a": 1}',
        'Method response body after transformations: {"id": 123}',
        "Method response headers: {Content-Type=application/json, X-Own=1}",
        "Successfully completed execution",
        "Method completed with status: 200",
    ]


def test_without_a_path_the_resources_own_is_shown(api):
    api.mock("/pets/{petId}")
    lines = log_lines(run(api, "/pets/{petId}"))
    assert lines[1:3] == [
        "HTTP Method: GET, Resource Path: /pets/{petId}",
        "Method request path: {petId={petId}}",
    ]


def test_an_http_backend_is_really_asked(api, backend):
    api.http("/pets/{id}", backend.url + "/animals?kind=pet", "POST")
    api.reply("/pets/{id}", "POST")
    answer = run(
        api,
        "/pets/{id}",
        "POST",
        pathWithQueryString="/pets/7",
        headers={"Authorization": "Bearer 0123456789", "Content-Type": "application/json"},
        body='{"name": "Tom"}',
    )
    assert answer["status"] == 200
    assert backend.last.target == "/animals?kind=pet"
    assert backend.last.body == b'{"name": "Tom"}'
    lines = log_lines(answer)
    assert "Method request headers: {Authorization=***********456789, Content-Type=application/json}" in lines
    assert f"Endpoint request URI: {backend.url}/animals?kind=pet" in lines
    assert 'Endpoint request body after transformations: {"name": "Tom"}' in lines
    assert f"Sending request to {backend.url}/animals?kind=pet" in lines
    assert "Received response. Status: 200, Integration latency: N ms" in lines
    assert lines[-2:] == ["Successfully completed execution", "Method completed with status: 200"]


def test_stage_variables_belong_to_the_test(api, backend):
    api.http_proxy("/pets", "http://${stageVariables.host}/pets")
    answer = run(api, "/pets", stageVariables={"host": backend.url.removeprefix("http://")})
    assert (answer["status"], backend.last.target) == (200, "/pets")
    answer = run(api, "/pets")
    assert (answer["status"], answer["body"]) == (500, '{"message": "Internal server error"}')
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert log_lines(answer)[-2:] == [
        "Execution failed due to configuration error: Invalid endpoint address",
        "Method completed with status: 500",
    ]


def test_a_function_is_invoked_by_its_policy(api, aws):
    arn = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 201, 'body': 'made'}\n")
    api.function_proxy("/orders", arn)
    denied = run(api, "/orders", "POST")
    assert denied["status"] == 500
    assert log_lines(denied)[-2:] == [
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
        "Method completed with status: 500",
    ]
    aws.functions.add_permission(
        FunctionName=arn,
        StatementId="test",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=api.source_arn("test-invoke-stage/*/orders"),
    )
    answer = run(api, "/orders", "POST")
    assert (answer["status"], answer["body"]) == (201, "made")
    assert answer["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-")
    lines = log_lines(answer)
    uri = f"https://lambda.{aws.region}.amazonaws.com/2015-03-31/functions/{arn}/invocations"
    assert f"Endpoint request URI: {uri}" in lines
    assert f"Sending request to {uri}" in lines
    headers = next(line for line in lines if line.startswith("Endpoint request headers: "))
    assert headers.startswith(
        f"Endpoint request headers: {{x-amzn-lambda-integration-tag=ID, x-amzn-apigateway-api-id={api.id}, "
        f"X-Amz-Source-Arn={api.source_arn('test-invoke-stage/ANY/orders')}, "
    )


def test_authorization_is_left_out(api):
    api.mock("/closed", body="{}", authorizationType="AWS_IAM", apiKeyRequired=True)
    assert run(api, "/closed")["status"] == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"httpMethod": "POST"}, "Invalid Method identifier specified"),
        ({"resourceId": "nope"}, "Invalid Resource identifier specified"),
        ({"restApiId": "nope"}, "Invalid Resource identifier specified"),
    ],
)
def test_what_is_not_there_is_not_tested(api, changed, error):
    api.mock("/pets")
    with refused(404, "NotFoundException", error):
        api.client.test_invoke_method(**{**api.at("/pets"), **changed})
