"""Lambda authorizers and IAM in front of HTTP APIs (API Gateway developer guide, "Control access to HTTP APIs with AWS
Lambda authorizers" and "Control access to HTTP APIs with IAM authorization in API Gateway")."""

import json

import pytest

from harness import functions, logs
from harness.http_apis import HttpApi
from harness.signing import Person, allow_invoke

#: Answers what the header `say` says, and keeps what it was asked.
ASKED = """
import json

def handler(event, context):
    said = json.loads(event["headers"]["say"])
    if said == "fail":
        raise ValueError("no")
    if said == "event":
        return {"isAuthorized": True, "context": {"event": json.dumps(event)}}
    return said
"""
ECHO = "def handler(event, context):\n    return event['requestContext']\n"
FORBIDDEN = (403, '{"message":"Forbidden"}')
UNAUTHORIZED = (401, '{"message":"Unauthorized"}')
FAILED = (500, '{"message":"Internal Server Error"}')
YES, NO = {"isAuthorized": True}, {"isAuthorized": False}


def lambda_authorizer(api, arn, version="2.0", simple=True, sources=(), **settings):
    """The id of a new authorizer that the function allows."""
    simple = {"EnableSimpleResponses": True} if simple else {}
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name=f"lambda-{version}-{len(sources)}-{bool(simple)}-{len(settings)}",
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{api.aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        AuthorizerPayloadFormatVersion=version,
        IdentitySource=list(sources),
        **simple,
        **settings,
    )["AuthorizerId"]
    functions.allow_gateway(api.aws, arn, api.source_arn(f"authorizers/{made}"), f"authorizer-{made}")
    return made


@pytest.fixture(scope="module")
def api(shared_aws):
    api = HttpApi(shared_aws)
    asked, echo = functions.function(shared_aws, ASKED), functions.function(shared_aws, ECHO)
    functions.allow_gateway(shared_aws, echo, api.source_arn("*/*"))

    def route(key, authorizer):
        api.function(key, echo, AuthorizationType="CUSTOM", AuthorizerId=authorizer)

    route("ANY /simple/{id}", lambda_authorizer(api, asked))
    route("GET /v1/{id}", lambda_authorizer(api, asked, "1.0", simple=False))
    route("GET /policy/{id}", lambda_authorizer(api, asked, simple=False))
    sources = ("$request.header.who", "$request.querystring.q", "$context.stage")
    route("GET /sources", lambda_authorizer(api, asked, sources=sources))
    kept = lambda_authorizer(api, asked, sources=("$request.header.who",), AuthorizerResultTtlInSeconds=300)
    route("GET /kept/a", kept)
    route("GET /kept/b", kept)
    by_route = lambda_authorizer(
        api,
        asked,
        sources=("$request.header.who", "$context.routeKey"),
        AuthorizerResultTtlInSeconds=300,
    )
    route("GET /each/a", by_route)
    route("GET /each/b", by_route)
    policies = lambda_authorizer(
        api, asked, simple=False, sources=("$request.header.who",), AuthorizerResultTtlInSeconds=300
    )
    route("GET /policies/a", policies)
    route("GET /policies/b", policies)
    return api


@pytest.fixture
def ask(call, api):
    def send(path, said, method="GET", **headers):
        return call(method, api.path(path), {"say": json.dumps(said), **headers})

    return send


def told(reply):
    return reply.status, reply.text


def policy(effect, resource, principal="me", **context):
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


def test_a_simple_response_is_yes_or_no(ask):
    said = {**YES, "context": {"stringKey": "value", "numberKey": 1, "mapKey": {"value1": "value2"}}}
    reply = ask("/simple/1", said)
    assert json.loads(reply.text)["authorizer"] == {"lambda": said["context"]}
    assert told(ask("/simple/1", NO)) == FORBIDDEN


@pytest.mark.parametrize("said", ["fail", {}, {"isAuthorized": "true"}, True, [True], [True, None], None, policy("Allow", "*")])
def test_what_is_no_simple_response_lets_nobody_in(ask, said):
    """ "If your Lambda authorizer returns a response in an invalid format, clients receive a 500 Internal Server
    Error." """
    assert told(ask("/simple/1", said)) == FAILED


@pytest.mark.parametrize("path", ["/v1/1", "/policy/1"])
def test_a_policy_is_held_to_the_route_that_is_called(ask, api, path):
    own = f"arn:aws:execute-api:{api.aws.region}:000000000000:{api.id}/$default/GET"
    assert ask(path, policy("Allow", "*")).status == 200
    assert ask(path, policy("Allow", f"{own}{path}")).status == 200
    assert told(ask(path, policy("Allow", f"{own}/other"))) == FORBIDDEN
    assert told(ask(path, policy("Deny", "*"))) == FORBIDDEN
    assert told(ask(path, {"principalId": "me"})) == FAILED
    assert told(ask(path, YES)) == FAILED
    assert told(ask(path, list(policy("Allow", "*").values()))) == FAILED


def test_other_writings_of_a_path_that_is_denied_are_denied(ask, api):
    own = f"arn:aws:execute-api:{api.aws.region}:000000000000:{api.id}/$default"
    for path in ("/policy/secret", "/policy/secret/", "/policy/%73ecret", "/policy//secret"):
        said = policy("Allow", "*")
        said["policyDocument"]["Statement"].append(
            {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": f"{own}/*/policy/secret"}
        )
        assert told(ask(path, said)) == FORBIDDEN, path


def test_the_event_of_format_2_is_the_guides_example(ask, api, gateway):
    reply = ask("/simple/7?parameter1=value1&parameter1=value2", "event", "PUT", Cookie="a=1; b=2")
    event = json.loads(json.loads(reply.text)["authorizer"]["lambda"]["event"])
    assert list(event) == [
        "version",
        "type",
        "routeArn",
        "identitySource",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "cookies",
        "headers",
        "queryStringParameters",
        "requestContext",
        "pathParameters",
    ]
    arn = f"arn:aws:execute-api:{api.aws.region}:000000000000:{api.id}/$default/PUT/simple/7"
    assert (event["version"], event["type"], event["routeArn"]) == ("2.0", "REQUEST", arn)
    assert (event["identitySource"], event["routeKey"]) == ([], "ANY /simple/{id}")
    assert (event["rawPath"], event["cookies"]) == ("/simple/7", ["a=1", "b=2"])
    assert event["queryStringParameters"] == {"parameter1": "value1,value2"}
    assert event["pathParameters"] == {"id": "7"}
    context = event["requestContext"]
    assert (context["http"]["method"], context["stage"], context["apiId"]) == ("PUT", "$default", api.id)
    assert "authorizer" not in context
    assert "x-amzn-trace-id" not in event["headers"]


def test_the_event_of_format_1_is_the_guides_example(call, aws):
    source = "import json\n\ndef handler(event, context):\n    print(json.dumps(event))\n    return {}\n"
    arn = functions.function(aws, source)
    api = HttpApi(aws)
    sources = ("$request.header.HeaderAuth1", "$request.querystring.QueryString1")
    authorizer = lambda_authorizer(api, arn, "1.0", simple=False, sources=sources)
    api.http("GET /request", "http://127.0.0.1:9/", AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    assert call("GET", api.path("/request?QueryString1=123"), {"HeaderAuth1": "user1"}).status == 500
    name = arn.rpartition(":")[2]
    lines = logs.lines(aws, f"/aws/lambda/{name}", 3)
    event = json.loads(next(line for line in lines if line.startswith("{")))
    own = f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}/$default/GET/request"
    assert {name: event[name] for name in list(event)[:8]} == {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": own,
        "identitySource": "user1,123",
        "authorizationToken": "user1,123",
        "resource": "/request",
        "path": "/request",
        "httpMethod": "GET",
    }
    assert event["headers"]["headerauth1"] == "user1"
    assert (event["queryStringParameters"], event["pathParameters"]) == ({"QueryString1": "123"}, {})
    assert (event["stageVariables"], event["requestContext"]["resourcePath"]) == ({}, "/request")


def test_without_its_identity_sources_nobody_is_asked_about(ask):
    """ "If the client's request doesn't include the identity sources, API Gateway doesn't invoke your Lambda authorizer,
    and the client receives a 401 error." """
    assert ask("/sources?q=1", YES, who="me").status == 200
    for path, headers in (("/sources", {"who": "me"}), ("/sources?q=1", {}), ("/sources?q=", {"who": "me"})):
        assert told(ask(path, YES, **headers)) == UNAUTHORIZED


def test_a_verdict_holds_for_all_routes_of_its_authorizer(ask):
    """ "By default, API Gateway uses the cached authorizer response for all routes of an API that use the authorizer." """
    assert ask("/kept/a", YES, who="1").status == 200
    assert ask("/kept/a", NO, who="1").status == 200
    assert ask("/kept/b", NO, who="1").status == 200
    assert told(ask("/kept/b", NO, who="2")) == FORBIDDEN
    assert told(ask("/kept/b", YES, who="2")) == FORBIDDEN


def test_a_verdict_may_hold_for_each_route(ask):
    """ "To cache responses per route, add $context.routeKey to your authorizer's identity sources." """
    assert ask("/each/a", YES, who="1").status == 200
    assert told(ask("/each/b", NO, who="1")) == FORBIDDEN
    assert ask("/each/a", NO, who="1").status == 200


def test_a_policy_that_is_kept_is_asked_anew_for_each_route(ask, api):
    own = f"arn:aws:execute-api:{api.aws.region}:000000000000:{api.id}/$default/GET/policies"
    assert ask("/policies/a", policy("Allow", f"{own}/a"), who="1").status == 200
    assert told(ask("/policies/b", policy("Allow", "*"), who="1")) == FORBIDDEN


def test_what_is_no_verdict_is_not_kept(ask):
    assert told(ask("/kept/a", {}, who="3")) == FAILED
    assert ask("/kept/a", YES, who="3").status == 200


def test_an_authorizer_that_may_not_be_asked_lets_nobody_in(call, aws, backend):
    arn = functions.function(aws, ASKED)
    api = HttpApi(aws)
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=[],
    )["AuthorizerId"]
    api.http("$default", backend.url, AuthorizationType="CUSTOM", AuthorizerId=made)
    assert told(call("GET", api.path("/"), {"say": json.dumps(YES)})) == FAILED
    assert backend.received == []


def test_iam_asks_for_a_signature_and_a_right(call, aws, gateway, backend):
    api = HttpApi(aws)
    echo = functions.function(aws, ECHO)
    functions.allow_gateway(aws, echo)
    api.function("GET /pets/{id}", echo, AuthorizationType="AWS_IAM")
    api.http("$default", backend.url)
    source = f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}/$default/GET/pets/1"
    ada, eve = Person(aws, allow_invoke(source)), Person(aws)
    path = api.path("/pets/1")
    assert told(call("GET", path)) == FORBIDDEN
    assert told(eve.send("GET", path)) == FORBIDDEN
    assert told(ada.but(secret_key="wrong").send("GET", path)) == FORBIDDEN
    assert told(ada.send("GET", api.path("/pets/2"))) == FORBIDDEN
    for other in ("/pets/1/", "/pets//1", "/%70ets/1"):
        assert told(call("GET", api.path(other))) == FORBIDDEN
    reply = ada.send("GET", path)
    assert reply.status == 200, reply.text
    iam = json.loads(reply.text)["authorizer"]["iam"]
    assert (iam["accessKey"], iam["accountId"], iam["cognitoIdentity"]) == (ada.access_key, "000000000000", None)
    assert iam["userArn"].startswith("arn:aws:iam::000000000000:user/")
    assert backend.received == []
