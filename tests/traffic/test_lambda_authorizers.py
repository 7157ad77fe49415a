"""Lambda authorizers of methods: who gets in, and what is known of them then (API Gateway developer guide, "Use API
Gateway Lambda authorizers"; fact 241 of the recordings for the refusals)."""

import json

import pytest

from harness import functions
from harness.account import patch
from harness.definitions import RestApi, invocation_uri

SOURCE = """
asked = 0


def handler(event, context):
    global asked
    asked += 1
    token = event.get("authorizationToken") or event["headers"]["X-Key"]
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("something else")
    if token == "malformed":
        return {"isAuthorized": True}
    if token == "list":
        everything = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
        return ["somebody", {"Version": "2012-10-17", "Statement": [everything]}, None, None]
    stage = event["methodArn"].rsplit("/", 2)[0]
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": stage + "/GET/open"}
    deny = {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": stage + "/GET/secret"}
    return {
        "principalId": "somebody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [allow, deny]},
        "context": {"asked": asked, "type": event["type"], "yes": True, "arn": event["methodArn"]},
    }
"""
SHOWN = (
    '{"principal": "$context.authorizer.principalId", "asked": "$context.authorizer.asked",'
    ' "type": "$context.authorizer.type", "yes": "$context.authorizer.yes", "nothing": "$context.authorizer.nothing"}'
)
UNAUTHORIZED = (401, '{"message":"Unauthorized"}', "UnauthorizedException")
DENIED = (
    403,
    '{"Message":"User is not authorized to access this resource with an explicit deny"}',
    "AccessDeniedException",
)
NOT_ALLOWED = (403, '{"Message":"User is not authorized to access this resource"}', "AccessDeniedException")
BROKEN = (500, '{"message":null}', "AuthorizerConfigurationException")


@pytest.fixture(scope="module")
def function(shared_aws):
    return functions.function(shared_aws, SOURCE)


@pytest.fixture
def guarded(shared_aws, function, call):
    """Makes an API whose every method is guarded; `guarded("TOKEN", "method.request.header.Auth", …)`."""

    def make(kind, source, **settings):
        api = RestApi(shared_aws)
        made = api.client.create_authorizer(
            restApiId=api.id,
            name="a",
            type=kind,
            authorizerUri=invocation_uri(shared_aws.region, function),
            identitySource=source,
            **settings,
        )
        api.authorizer = made["id"]
        shared_aws.functions.add_permission(
            FunctionName=function,
            StatementId=f"{api.id}{made['id']}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=api.source_arn(f"authorizers/{made['id']}"),
        )
        for path in ("/open", "/secret", "/other"):
            api.mock(path, body=SHOWN, authorizationType="CUSTOM", authorizerId=made["id"])
        api.mock("/open", "POST", body=SHOWN, authorizationType="CUSTOM", authorizerId=made["id"])
        api.deploy()
        return api

    return make


@pytest.fixture
def tokens(guarded):
    return guarded("TOKEN", "method.request.header.Auth", identityValidationExpression="[a-z]+[0-9]*")


def told(reply):
    return reply.status, reply.text, reply.header("x-amzn-ErrorType")


def test_who_is_allowed_gets_in_and_is_known(tokens, call):
    reply = call("GET", tokens.path("/open"), {"auth": "me"})
    assert reply.status == 200
    seen = reply.json
    assert int(seen.pop("asked")) > 0
    assert seen == {"principal": "somebody", "type": "TOKEN", "yes": "true", "nothing": ""}


@pytest.mark.parametrize(
    ("path", "token", "expected"),
    [
        ("/open", None, UNAUTHORIZED),
        ("/open", "", UNAUTHORIZED),
        ("/open", "NOT OF THE FORM", UNAUTHORIZED),
        ("/open", "me\u00e9", UNAUTHORIZED),
        ("/open", "unknown", UNAUTHORIZED),
        ("/open", "broken", BROKEN),
        ("/open", "malformed", BROKEN),
        ("/open", "list", BROKEN),
        ("/secret", "me", DENIED),
        ("/other", "me", NOT_ALLOWED),
    ],
)
def test_nobody_else_does(tokens, call, path, token, expected):
    headers = {} if token is None else {"Auth": token}
    assert told(call("GET", tokens.path(path), headers)) == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/secret/"),
        ("GET", "/%73ecret"),
        ("GET", "/secret?x=/open"),
        ("GET", "//secret"),
        ("GET", "/SECRET"),
        ("GET", "/open/../secret"),
        ("POST", "/open"),
        ("HEAD", "/secret"),
        ("OPTIONS", "/secret"),
    ],
)
def test_there_is_no_way_round_it(tokens, call, method, path):
    """What was said for one path is asked anew for another, however that is written."""
    headers = {"Auth": "me"}
    assert call("GET", tokens.path("/open"), headers).status == 200
    for more in ({}, {"X-HTTP-Method-Override": "GET"}, {"X-Original-URL": "/open"}):
        reply = call(method, tokens.path(path), {**headers, **more})
        assert reply.status == 403
        assert "somebody" not in reply.text


def test_other_addresses_of_a_stage_ask_too(tokens, shared_aws, call):
    tokens.deploy("other")
    host = {"Host": f"{tokens.id}.execute-api.{shared_aws.region}.localhost"}
    for target, headers in [
        ("/test/secret", host),
        (f"/restapis/{tokens.id}/test/_user_request_/secret", {}),
        (tokens.path("/secret", "other"), {}),
    ]:
        assert told(call("GET", target, headers)) == UNAUTHORIZED
        assert told(call("GET", target, {**headers, "Auth": "me"})) == DENIED


def asked(call, api, token="me1", path="/open"):
    return call("GET", api.path(path), {"Auth": token}).json["asked"]


def test_a_function_is_asked_once_for_each_token(tokens, call):
    first = asked(call, tokens, "cached1")
    assert [asked(call, tokens, "cached1") for _ in range(3)] == [first] * 3
    assert asked(call, tokens, "cached2") != first
    tokens.client.flush_stage_authorizers_cache(restApiId=tokens.id, stageName="test")
    assert asked(call, tokens, "cached1") != first


def test_nobody_is_asked_about_a_token_that_is_none(guarded, call):
    api = guarded(
        "TOKEN",
        "method.request.header.Auth",
        identityValidationExpression="[a-z]+[0-9]*",
        authorizerResultTtlInSeconds=0,
    )
    before = int(asked(call, api))
    for headers in ({}, {"Auth": ""}, {"Auth": "NOT OF THE FORM"}):
        assert told(call("GET", api.path("/open"), headers)) == UNAUTHORIZED
    assert int(asked(call, api)) == before + 1


def test_what_was_said_for_one_method_decides_on_another(tokens, call):
    before = int(asked(call, tokens, "kept1"))
    assert told(call("GET", tokens.path("/secret"), {"Auth": "kept1"})) == DENIED
    assert told(call("POST", tokens.path("/open"), {"Auth": "kept1"})) == NOT_ALLOWED
    # It was not asked again: the next one that it hears of is the next in its count.
    assert int(asked(call, tokens, "kept2")) == before + 1


def test_without_time_to_live_it_is_asked_each_time(guarded, call):
    api = guarded("TOKEN", "method.request.header.Auth", authorizerResultTtlInSeconds=0)
    assert len({asked(call, api) for _ in range(3)}) == 3


def test_a_changed_authorizer_counts_from_the_next_deployment_on(tokens, call):
    tokens.client.update_authorizer(
        restApiId=tokens.id,
        authorizerId=tokens.authorizer,
        patchOperations=[patch("replace", "/identityValidationExpression", "new-.*")],
    )
    assert call("GET", tokens.path("/open"), {"Auth": "me"}).status == 200
    tokens.deploy()
    assert told(call("GET", tokens.path("/open"), {"Auth": "me"})) == UNAUTHORIZED


def test_a_request_authorizer_wants_every_part_of_an_identity(guarded, call):
    api = guarded("REQUEST", "method.request.header.X-Key, method.request.querystring.tenant")
    key = {"X-Key": "me"}
    assert call("GET", api.path("/open?tenant=a"), key).json["type"] == "REQUEST"
    for target, headers in [("/open", key), ("/open?tenant=", key), ("/open?tenant=a", {})]:
        assert told(call("GET", api.path(target), headers)) == UNAUTHORIZED
    # Both are what is kept by.
    seen = {call("GET", api.path(f"/open?tenant={tenant}"), key).json["asked"] for tenant in ("a", "b", "a", "b")}
    assert len(seen) == 2


def test_a_canary_asks_as_its_stage_does(tokens, call):
    tokens.deploy(canarySettings={"percentTraffic": 100.0})
    assert told(call("GET", tokens.path("/secret"))) == UNAUTHORIZED
    assert told(call("GET", tokens.path("/secret"), {"Auth": "me"})) == DENIED


def test_a_function_behind_it_sees_what_was_said(tokens, shared_aws, call):
    echo = functions.function(
        shared_aws, "import json\ndef handler(event, context):\n    return {'body': json.dumps(event['requestContext'])}\n"
    )
    shared_aws.functions.add_permission(
        FunctionName=echo, StatementId="any", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    tokens.client.delete_method(**tokens.at("/open"))
    tokens.method("/open", authorizationType="CUSTOM", authorizerId=tokens.authorizer)
    tokens.integration(
        "/open",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=invocation_uri(shared_aws.region, echo),
    )
    tokens.deploy()
    said = json.loads(call("GET", tokens.path("/open"), {"Auth": "me"}).text)["authorizer"]
    assert (said["principalId"], said["yes"], said["type"]) == ("somebody", "true", "TOKEN")
    assert isinstance(said["integrationLatency"], int)
