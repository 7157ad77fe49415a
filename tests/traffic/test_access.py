"""For each thing that keeps callers out of a method, each way of getting round it: nothing reaches the backend. What a
restriction does besides is in the file of its own; here it is that nobody gets past it.

The ways are what API Gateway's own rules about paths, verbs, stages, caches and canaries (developer guide, and facts
143 to 146, 160 and 161 of the recordings) make one think of.
"""

import contextlib
import json

import pytest

from harness import functions, wire
from harness.account import Aws, patch
from harness.backend import Backend
from harness.certificates import issued
from harness.definitions import RestApi, invocation_uri
from harness.process import Gateway
from harness.signing import Person, allow_invoke, document, statement
from harness.user_pools import REGION, Pool

#: Writings of the path of `/secret`, and of what somebody may take for it.
PATHS = [
    "/secret",
    "/secret/",
    "//secret",
    "/secret//",
    "/%73ecret",
    "/secre%74/",
    "/secret%2F",
    "/secret%00",
    "/secret;a=b",
    "/secret?a=b",
    "/secret?",
    "/SECRET",
    "/./secret",
    "/open/../secret",
    "/open/..%2fsecret",
    "/open/%2e%2e/secret",
    "/deep/secret",
    "/deep//secret",
    "/deep/x/../secret",
    "/any",
    "/any/",
    "/%61ny",
    "/any/deeper",
]
VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "TRACE", "PROPFIND"]
#: What proxies and frameworks take for the request's own verb, target or sender.
HEADERS = [
    {},
    {"X-HTTP-Method-Override": "GET"},
    {"X-HTTP-Method-Override": "OPTIONS"},
    {"X-Original-URL": "/open", "X-Rewrite-URL": "/open"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
    {"X-Forwarded-Host": "localhost", "X-Forwarded-Prefix": "/open"},
    {"Cache-Control": "max-age=0"},
    {"Authorization": ""},
    {"Authorization": "Bearer null"},
    {"Authorization": "AWS4-HMAC-SHA256"},
    {"X-Api-Key": ""},
    {"X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"},
]

ASKED = """
def handler(event, context):
    token = event.get("authorizationToken") or event["headers"].get("Auth")
    effect = "Allow" if token == "friend" else "Deny"
    rule = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [rule]}}
"""


@pytest.fixture(scope="module")
def pool():
    return Pool("guards")


@pytest.fixture(scope="module")
def aws(tmp_path_factory, pool):
    folder = tmp_path_factory.mktemp("access")
    (folder / "keys.json").write_text(pool.jwks())
    config = folder / "gatewright.toml"
    config.write_text(f'[[user_pools]]\narn = "{pool.arn}"\njwks = "{folder / "keys.json"}"\n')
    with Gateway("--ephemeral", "--config", config) as gateway:
        yield Aws(gateway.endpoint, REGION)


@pytest.fixture
def backend():
    recording = Backend()
    yield recording
    recording.close()


class Restriction:
    """Settings of methods, of the API, and the headers of somebody who may call it."""

    def __init__(self, credentials, methods=None, **api):
        self.credentials, self.methods, self.api = credentials, methods or {}, api


def authorizer(aws, api, kind, **settings):
    return api.client.create_authorizer(restApiId=api.id, name="a", type=kind, **settings)["id"]


def asked_function(aws, api, kind, source):
    function = functions.function(aws, ASKED)
    aws.functions.add_permission(
        FunctionName=function, StatementId="gateway", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    uri = invocation_uri(aws.region, function)
    made = authorizer(aws, api, kind, authorizerUri=uri, identitySource=source)
    return Restriction(lambda *_: {"Auth": "friend"}, {"authorizationType": "CUSTOM", "authorizerId": made})


def api_key(aws, api, pool):
    key = aws.apigateway.create_api_key(name="k", enabled=True)

    def open_stages():
        stages = [{"apiId": api.id, "stage": name} for name in ("test", "other")]
        plan = aws.apigateway.create_usage_plan(name="p", apiStages=stages)["id"]
        aws.apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")

    made = Restriction(lambda *_: {"x-api-key": key["value"]}, {"apiKeyRequired": True})
    made.deployed = open_stages
    return made


def token_authorizer(aws, api, pool):
    return asked_function(aws, api, "TOKEN", "method.request.header.Auth")


def request_authorizer(aws, api, pool):
    return asked_function(aws, api, "REQUEST", "method.request.header.Auth")


def user_pool(aws, api, pool):
    source = {"providerARNs": [pool.arn], "identitySource": "method.request.header.Authorization"}
    made = authorizer(aws, api, "COGNITO_USER_POOLS", **source)
    return Restriction(
        lambda *_: {"Authorization": pool.token()}, {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": made}
    )


def iam(aws, api, pool):
    friend = Person(aws, allow_invoke())
    return Restriction(lambda *request: dict(friend.headers(*request)), {"authorizationType": "AWS_IAM"})


def resource_policy(aws, api, pool):
    friend = {"StringEquals": {"aws:UserAgent": "friend"}}
    policy = document(statement("Allow", "execute-api:Invoke", "execute-api:/*", Principal="*", Condition=friend))
    api.client.update_rest_api(restApiId=api.id, patchOperations=[patch("replace", "/policy", policy)])
    return Restriction(lambda *_: {"User-Agent": "friend"})


RESTRICTIONS = [api_key, token_authorizer, request_authorizer, user_pool, iam, resource_policy]


@pytest.fixture(params=RESTRICTIONS, ids=lambda made: made.__name__)
def guarded(request, aws, pool, backend):
    """An API all of whose methods but GET /open have the restriction, on two stages, one of them with a cache."""
    api = RestApi(aws, name=request.param.__name__)
    api.backend = backend
    made = request.param(aws, api, pool)
    for path, method in (("/secret", "GET"), ("/deep/secret", "GET"), ("/any", "ANY"), ("/any/{proxy+}", "ANY")):
        settings = {} if path != "/any/{proxy+}" else {"requestParameters": {"method.request.path.proxy": True}}
        api.method(path, method, **{**settings, **made.methods})
        api.integration(path, method, type="HTTP_PROXY", integrationHttpMethod=method, uri=f"{backend.url}/reached")
    api.method("/open")
    api.integration("/open", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.reply("/open")
    api.deploy("other")
    api.deploy("test", cacheClusterEnabled=True, cacheClusterSize="0.5")
    caching = [patch("replace", "/*/*/caching/enabled", "true")]
    api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=caching)
    getattr(made, "deployed", lambda: None)()
    api.credentials = made.credentials
    api.domain = f"{api.id}.example.com"
    aws.apigateway.create_domain_name(
        domainName=api.domain,
        regionalCertificateArn=issued(aws, api.domain),
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    for stage in ("test", "other"):
        aws.apigateway.create_base_path_mapping(
            domainName=api.domain, basePath=f"by-{stage}", restApiId=api.id, stage=stage
        )
    return api


def forms(api, stage, path):
    """The targets and hosts that lead to a path of a stage."""
    host = f"{api.id}.execute-api.{REGION}.localhost"
    yield f"/_aws/execute-api/{api.id}/{stage}{path}", {}
    yield f"/restapis/{api.id}/{stage}/_user_request_{path}", {}
    yield f"/{stage}{path}", {"Host": host}
    yield f"//{stage}{path}", {"Host": host.upper() + ":4566"}
    yield f"http://{host}/{stage}{path}", {}
    yield f"/by-{stage}{path}", {"Host": api.domain}


def get_in(api, target="/secret", stage="test"):
    """Somebody who may call does, which proves that there is something to get at."""
    path = api.path(target, stage)
    return wire.send(api.aws.endpoint, "GET", path, api.credentials("GET", path))


def keeps_out(api, requests):
    """Sends all of these without credentials; nothing of it reaches the backend."""
    before, sent = len(api.backend.received), 0
    for method, target, headers in requests:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            reply = wire.send(api.aws.endpoint, method, target, headers)
            assert reply.status in (400, 401, 403, 404, 405, 501), (method, target, headers, reply)
            assert b"backend" not in reply.body
        sent += 1
    assert api.backend.received[before:] == []
    return sent


def closed(paths):
    """Without what is open to everybody on purpose."""
    return [path for path in paths if not path.startswith("/open")]


def test_who_may_gets_in(guarded):
    assert (get_in(guarded).status, get_in(guarded, "/any", "other").status) == (200, 200)
    mapped = "/by-test/any"
    headers = {"Host": guarded.domain}
    headers |= guarded.credentials("GET", mapped, headers)
    assert wire.send(guarded.aws.endpoint, "GET", mapped, headers).status == 200
    assert len(guarded.backend.received) == 3


def test_no_writing_of_the_path_gets_round(guarded):
    requests = [
        (method, target, headers)
        for path in PATHS
        for stage in ("test", "other")
        for target, headers in forms(guarded, stage, path)
        for method in ("GET", "POST")
    ]
    assert keeps_out(guarded, requests) == len(PATHS) * 2 * 6 * 2


def test_no_verb_gets_round(guarded):
    paths = ["/secret", "/any", "/any/deeper"]
    requests = [
        (method, target, headers)
        for method in VERBS
        for path in paths
        for target, headers in forms(guarded, "test", path)
    ]
    assert keeps_out(guarded, requests) == len(VERBS) * 3 * 6


def test_no_header_gets_round(guarded):
    requests = [
        (method, guarded.path(path), headers) for headers in HEADERS for path in ("/secret", "/any") for method in ("GET", "POST")
    ]
    assert keeps_out(guarded, requests) == len(HEADERS) * 4


def test_a_cached_answer_is_not_for_others(guarded):
    assert [get_in(guarded).status for _ in range(2)] == [200, 200]
    assert len(guarded.backend.received) == 1
    requests = [("GET", target, headers) for path in closed(PATHS) for target, headers in forms(guarded, "test", path)]
    keeps_out(guarded, requests)


def test_a_decision_that_is_kept_is_not_for_others(guarded):
    """The first caller's decision is kept by authorizers for five minutes, unless they are told otherwise."""
    assert get_in(guarded, "/any", "other").status == 200
    strangers = [{}, {"Auth": "stranger"}, {"Auth": ""}, {"Auth": "friend2"}, {"User-Agent": "friends"}]
    keeps_out(guarded, [("GET", guarded.path("/any", "other"), headers) for headers in strangers])


def test_a_canary_is_as_closed(guarded):
    guarded.deploy("test", canarySettings={"percentTraffic": 100.0})
    assert get_in(guarded).status == 200
    requests = [("GET", target, headers) for path in closed(PATHS) for target, headers in forms(guarded, "test", path)]
    keeps_out(guarded, requests)


def test_testing_a_method_takes_a_right_of_its_own(tmp_path, backend):
    """A test invocation leaves authorizers, keys and policies out; so it is for those who may manage the API."""
    root = {"account": "111122223333", "access_key_id": "AKIDROOT", "secret_access_key": "root-secret"}
    config = tmp_path / "gatewright.toml"
    config.write_text('auth = "strict"\n[root]\n' + "".join(f'{name} = "{value}"\n' for name, value in root.items()))
    with Gateway("--ephemeral", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, REGION, root["access_key_id"], root["secret_access_key"])
        api = RestApi(aws)
        api.method("/secret", authorizationType="AWS_IAM")
        api.integration("/secret", type="HTTP_PROXY", integrationHttpMethod="GET", uri=f"{backend.url}/reached")
        api.deploy()
        friend = Person(aws, allow_invoke())
        place = {"restApiId": api.id, "resourceId": api.resource("/secret"), "httpMethod": "GET"}
        client = aws.as_key(friend.access_key, friend.secret_key).apigateway
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.test_invoke_method(**place)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert backend.received == []
        assert friend.get(api.path("/secret")).status == 200
        assert json.loads(aws.apigateway.test_invoke_method(**place)["body"]) == {"from": "backend"}
