"""TestInvokeAuthorizer: a Lambda authorizer is asked for its author. Texts and the order of lines are recorded from
AWS."""

import json
import re

import pytest

from harness import functions
from harness.account import bad_request, not_found
from harness.definitions import invocation_uri

SOURCE = """
import json


def handler(event, context):
    token = event.get("authorizationToken") or event["headers"]["X-Key"]
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        return {"isAuthorized": True}
    seen = {k: v for k, v in event.items() if k not in ("requestContext", "authorizationToken")}
    seen["context"] = {k: event.get("requestContext", {}).get(k) for k in ("stage", "resourceId", "path", "more")}
    return {
        "principalId": "somebody-we-know",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}],
        },
        "context": {"seen": json.dumps(seen)},
    }
"""
TIME = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : (.*)", re.DOTALL)


@pytest.fixture
def function(aws):
    return functions.function(aws, SOURCE)


@pytest.fixture
def authorizer(api, aws, function):
    """Makes an authorizer that may ask the function."""

    def make(kind, source, allowed=True, **settings):
        made = api.client.create_authorizer(
            restApiId=api.id,
            name=kind,
            type=kind,
            authorizerUri=invocation_uri(aws.region, function),
            identitySource=source,
            **settings,
        )
        if allowed:
            aws.functions.add_permission(
                FunctionName=function,
                StatementId=made["id"],
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=api.source_arn(f"authorizers/{made['id']}"),
            )
        return {"restApiId": api.id, "authorizerId": made["id"]}

    return make


def log_lines(answer):
    first, *lines = answer["log"].split("\n")[:-1]
    request = re.fullmatch(r"Execution log for request ([0-9a-f-]{36})", first)[1]
    return [TIME.fullmatch(line)[1].replace(request, "ID") for line in lines]


def test_a_token_is_shown_to_the_function(api, aws, function, authorizer):
    place = authorizer("TOKEN", "method.request.header.Auth")
    answer = api.client.test_invoke_authorizer(**place, headers={"Auth": "a-secret-token"})
    assert answer["clientStatus"] == 0
    assert answer["principalId"] == "somebody-we-know"
    assert isinstance(answer["latency"], int)
    arn = api.source_arn("ESTestInvoke-stage/GET/")
    assert json.loads(answer["policy"])["Statement"][0]["Resource"] == arn
    lines = log_lines(answer)
    uri = f"https://lambda.{aws.region}.amazonaws.com/2015-03-31/functions/{function}/invocations"
    assert lines[:3] == [
        f"Starting authorizer: {place['authorizerId']} for request: ID",
        "Incoming identity: ********-token",
        f"Endpoint request URI: {uri}",
    ]
    event = json.loads(lines[4].removeprefix("Endpoint request body after transformations: "))
    assert event == {"type": "TOKEN", "authorizationToken": "a-secret-token", "methodArn": arn}
    assert lines[5] == f"Sending request to {uri}"
    assert lines[6].startswith('Authorizer result body before parsing: {"principalId"')
    assert lines[7:] == [
        "Using valid authorizer policy for principal: **********e-know",
        "Successfully completed authorizer execution",
    ]


def test_a_request_is_shown_to_the_function(api, authorizer):
    place = authorizer("REQUEST", "method.request.header.X-Key, method.request.querystring.id")
    answer = api.client.test_invoke_authorizer(
        **place,
        headers={"X-Key": "aaaaaaaaaaaaaa"},
        pathWithQueryString="/pets?id=7",
        additionalContext={"more": "said"},
    )
    assert answer["clientStatus"] == 0
    lines = log_lines(answer)
    assert lines[1] == (
        "Incoming identity: {method.request.header.X-Key=********aaaaaa, method.request.querystring.id=*}"
    )
    result = next(line for line in lines if line.startswith("Authorizer result body"))
    seen = json.loads(json.loads(result.partition(": ")[2])["context"]["seen"])
    assert seen == {
        "type": "REQUEST",
        "methodArn": api.source_arn("ESTestInvoke-stage/GET/"),
        "resource": "/",
        "path": "/pets",
        "httpMethod": "GET",
        "headers": {"X-Key": "aaaaaaaaaaaaaa"},
        "multiValueHeaders": {"X-Key": ["aaaaaaaaaaaaaa"]},
        "queryStringParameters": {"id": "7"},
        "multiValueQueryStringParameters": {"id": ["7"]},
        "pathParameters": {},
        "stageVariables": {},
        "context": {
            "stage": "test-invoke-stage",
            "resourceId": "test-invoke-resource-id",
            "path": "/pets",
            "more": "said",
        },
    }


def test_who_is_not_known_is_unauthorized(api, authorizer):
    place = authorizer("TOKEN", "method.request.header.Auth", identityValidationExpression="[a-z]+")
    # Absent, empty, of another form, and unknown to the function.
    for headers in ({}, {"Auth": ""}, {"Auth": "123"}, {"Auth": "unknown"}):
        answer = api.client.test_invoke_authorizer(**place, headers=headers)
        assert (answer["clientStatus"], "policy" in answer) == (401, False), headers
        assert log_lines(answer)[-2:] == ["Unauthorized request: ID", "Unauthorized"]


def test_a_broken_authorizer_is_told(api, authorizer):
    place = authorizer("TOKEN", "method.request.header.Auth")
    answer = api.client.test_invoke_authorizer(**place, headers={"Auth": "broken"})
    assert answer["clientStatus"] == 500
    lines = log_lines(answer)
    assert lines[-2].startswith("Execution failed due to configuration error: Invalid JSON in response: ")
    assert lines[-1] == "AuthorizerConfigurationException"


def test_the_functions_policy_decides(api, authorizer):
    place = authorizer("TOKEN", "method.request.header.Auth", allowed=False)
    answer = api.client.test_invoke_authorizer(**place, headers={"Auth": "token"})
    assert answer["clientStatus"] == 500
    assert log_lines(answer)[-2:] == [
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
        "AuthorizerConfigurationException",
    ]


def test_what_cannot_be_asked_is_refused(api):
    with not_found("Invalid Authorizer identifier specified"):
        api.client.test_invoke_authorizer(restApiId=api.id, authorizerId="nope")
