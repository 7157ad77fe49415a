"""API keys and usage plans in traffic (API Gateway developer guide, "Usage plans and API keys for REST APIs"; facts
133 and 134 of the recordings). So few tokens come in these tests that no clock matters."""

import collections
import datetime
import time

import pytest

from harness import functions, wire
from harness.account import Aws, patch
from harness.definitions import RestApi, invocation_uri
from harness.logs import allow, lines
from harness.process import Gateway

FORBIDDEN = (403, '{"message":"Forbidden"}', "ForbiddenException")
THROTTLED = (429, '{"message":"Too Many Requests"}', "TooManyRequestsException")
EXHAUSTED = (429, '{"message":"Limit Exceeded"}', "LimitExceededException")
SHOWN = '{"key": "$context.identity.apiKey", "id": "$context.identity.apiKeyId"}'
NEVER = 0.000001


def told(reply):
    return reply.status, reply.text, reply.header("x-amzn-ErrorType")


def answers(call, target, key, method="GET", times=9):
    return collections.Counter(call(method, target, {"x-api-key": key}).status for _ in range(times))


class Plan:
    """A usage plan with one key that opens stages of APIs."""

    def __init__(self, aws, *stages, **settings):
        self.client = aws.apigateway
        self.id = self.client.create_usage_plan(name="p", apiStages=list(stages), **settings)["id"]
        self.key, self.value = self.new_key()

    def new_key(self, **settings):
        key = self.client.create_api_key(**{"name": "k", "enabled": True, **settings})
        self.client.create_usage_plan_key(usagePlanId=self.id, keyId=key["id"], keyType="API_KEY")
        return key["id"], key["value"]

    def update(self, path, value, op="replace"):
        self.client.update_usage_plan(usagePlanId=self.id, patchOperations=[patch(op, path, value)])

    def used(self):
        """What `GetUsage` says of today: requests, and what is left."""
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        usage = self.client.get_usage(usagePlanId=self.id, startDate=today, endDate=today)
        return usage["items"][self.key][0]

    def settled(self, expected, seconds=10):
        """Waits until what was counted is in the store, which is about a second."""
        deadline = time.monotonic() + seconds
        while self.used() != expected:
            assert time.monotonic() < deadline, (self.used(), expected)
            time.sleep(0.05)


def stage(api, name="test", **throttle):
    return {"apiId": api.id, "stage": name, **({"throttle": throttle} if throttle else {})}


@pytest.fixture
def api(aws):
    made = RestApi(aws)
    made.mock("/pets", body=SHOWN, apiKeyRequired=True)
    made.mock("/pets", "POST", body=SHOWN, apiKeyRequired=True)
    made.mock("/any", "ANY", body=SHOWN, apiKeyRequired=True)
    made.mock("/open", body=SHOWN)
    made.deploy()
    return made


def test_a_key_of_a_plan_of_the_stage_gets_in(aws, api, call):
    plan = Plan(aws, stage(api))
    reply = call("GET", api.path("/pets"), {"X-API-Key": plan.value})
    assert (reply.status, reply.json) == (200, {"key": plan.value, "id": plan.key})
    # A method that requires no key looks at none.
    reply = call("GET", api.path("/open"), {"x-api-key": plan.value})
    assert (reply.status, reply.json) == (200, {"key": "", "id": ""})


def test_nobody_else_does(aws, api, call):
    plan = Plan(aws, stage(api))
    loose = aws.apigateway.create_api_key(name="loose", enabled=True)["value"]
    _, off = plan.new_key(enabled=False)
    other = RestApi(aws, name="other")
    other.mock("/pets", body="{}")
    other.deploy()
    elsewhere = Plan(aws, stage(other)).value
    abroad = aws.elsewhere()
    foreign_api = RestApi(abroad)
    foreign_api.mock("/pets", body="{}")
    foreign_api.deploy()
    foreign = Plan(abroad, stage(foreign_api)).value
    for key in (None, "", "x", loose, off, elsewhere, foreign, plan.value + "x", plan.value[:-1], plan.value.swapcase()):
        headers = {} if key is None else {"x-api-key": key}
        assert told(call("GET", api.path("/pets"), headers)) == FORBIDDEN, key
    for target in (api.path("/pets") + f"?x-api-key={plan.value}", api.path("/pets") + f"?api_key={plan.value}"):
        assert told(call("GET", target)) == FORBIDDEN


@pytest.mark.parametrize("target", ["/pets", "/pets/", "//pets", "/%70ets", "/any", "/any/"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE", "OPTIONS"])
def test_there_is_no_way_round(aws, api, call, target, method):
    plan = Plan(aws, stage(api))
    allowed = call(method, api.path(target), {"x-api-key": plan.value}).status
    refused = call(method, api.path(target)).status
    assert refused == 403
    assert allowed in (200, 403)


def test_a_stage_and_a_canary_ask_for_the_key_as_well(aws, api, call):
    plan = Plan(aws, stage(api))
    api.deploy("other")
    assert told(call("GET", api.path("/pets", "other"), {"x-api-key": plan.value})) == FORBIDDEN
    api.deploy(canarySettings={"percentTraffic": 100.0})
    assert told(call("GET", api.path("/pets"))) == FORBIDDEN
    assert call("GET", api.path("/pets"), {"x-api-key": plan.value}).status == 200
    hosts = [f"{api.id}.execute-api.{aws.region}.localhost", f"{api.id.upper()}.execute-api.localhost"]
    for host in hosts:
        assert told(call("GET", "/test/pets", {"Host": host})) == FORBIDDEN
        assert call("GET", "/test/pets", {"Host": host, "x-api-key": plan.value}).status == 200


def test_changes_of_keys_and_plans_act_without_a_deployment(aws, api, call):
    plan = Plan(aws, stage(api))

    def status():
        return call("GET", api.path("/pets"), {"x-api-key": plan.value}).status

    def enable(value):
        aws.apigateway.update_api_key(apiKey=plan.key, patchOperations=[patch("replace", "/enabled", value)])

    assert status() == 200
    enable("false")
    assert status() == 403
    enable("true")
    assert status() == 200
    plan.update("/apiStages", f"{api.id}:test", "remove")
    assert status() == 403
    plan.update("/apiStages", f"{api.id}:test", "add")
    assert status() == 200
    aws.apigateway.delete_usage_plan_key(usagePlanId=plan.id, keyId=plan.key)
    assert status() == 403
    aws.apigateway.create_usage_plan_key(usagePlanId=plan.id, keyId=plan.key, keyType="API_KEY")
    assert status() == 200
    aws.apigateway.delete_api_key(apiKey=plan.key)
    assert status() == 403


def test_a_plan_limits_how_fast_its_keys_are_used(aws, api, call):
    plan = Plan(aws, stage(api), throttle={"rateLimit": NEVER, "burstLimit": 3})
    assert answers(call, api.path("/pets"), plan.value, times=2) == {200: 2}
    # The methods of a plan share its limit, and each key has one of its own.
    assert answers(call, api.path("/any"), plan.value) == {200: 1, 429: 8}
    assert told(call("GET", api.path("/pets"), {"x-api-key": plan.value})) == THROTTLED
    _, other = plan.new_key()
    assert answers(call, api.path("/pets"), other) == {200: 3, 429: 6}
    plan.update("/throttle/burstLimit", "5")
    assert answers(call, api.path("/pets"), other) == {200: 2, 429: 7}


def test_a_plan_limits_single_methods(aws, api, call):
    tight = {"rateLimit": NEVER, "burstLimit": 2}
    throttles = {"/pets/GET": tight, "/any/ANY": tight}
    plan = Plan(aws, stage(api, **throttles), throttle={"rateLimit": NEVER, "burstLimit": 100})
    assert answers(call, api.path("/pets"), plan.value) == {200: 2, 429: 7}
    assert answers(call, api.path("/pets"), plan.value, "POST") == {200: 9}
    assert answers(call, api.path("/any"), plan.value, "PUT") == {200: 2, 429: 7}


def test_a_clients_flood_takes_nothing_of_what_others_share(aws, api, call):
    settings = [
        patch("replace", "/*/*/throttling/rateLimit", str(NEVER)),
        patch("replace", "/*/*/throttling/burstLimit", "4"),
    ]
    aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=settings)
    plan = Plan(aws, stage(api), throttle={"rateLimit": NEVER, "burstLimit": 1})
    assert answers(call, api.path("/pets"), plan.value) == {200: 1, 429: 8}
    generous = Plan(aws, throttle={"rateLimit": NEVER, "burstLimit": 9})
    generous.update("/apiStages", f"{api.id}:test", "add")
    assert answers(call, api.path("/pets"), generous.value) == {200: 3, 429: 6}


@pytest.mark.parametrize("period", ["DAY", "WEEK", "MONTH"])
def test_a_quota_is_exact_and_counted(aws, api, call, period):
    plan = Plan(aws, stage(api), quota={"limit": 4, "period": period})
    assert answers(call, api.path("/pets"), plan.value) == {200: 4, 429: 5}
    assert told(call("GET", api.path("/pets"), {"x-api-key": plan.value})) == EXHAUSTED
    # What is refused is not counted, nor what needs no key.
    assert call("GET", api.path("/open"), {"x-api-key": plan.value}).status == 200
    plan.settled([4, 0])
    plan.client.update_usage(
        usagePlanId=plan.id, keyId=plan.key, patchOperations=[patch("replace", "/remaining", "2")]
    )
    assert answers(call, api.path("/pets"), plan.value) == {200: 2, 429: 7}
    plan.settled([6, 0])
    plan.update("/quota/limit", "9")
    assert answers(call, api.path("/pets"), plan.value) == {200: 5, 429: 4}


def test_what_is_throttled_uses_up_no_quota(aws, api, call):
    plan = Plan(
        aws, stage(api), quota={"limit": 9, "period": "DAY"}, throttle={"rateLimit": NEVER, "burstLimit": 3}
    )
    assert answers(call, api.path("/pets"), plan.value) == {200: 3, 429: 6}
    plan.settled([3, 6])


def test_usage_outlives_the_process(tmp_path):
    with Gateway("--data-dir", tmp_path) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = RestApi(aws)
        api.mock("/pets", body="{}", apiKeyRequired=True)
        api.deploy()
        plan = Plan(aws, stage(api), quota={"limit": 5, "period": "MONTH"})
        assert answers(caller(gateway), api.path("/pets"), plan.value, times=2) == {200: 2}
    with Gateway("--data-dir", tmp_path) as gateway:
        plan.client = Aws(gateway.endpoint, "us-west-2").apigateway
        assert plan.used() == [2, 3]
        assert answers(caller(gateway), api.path("/pets"), plan.value) == {200: 3, 429: 6}


def test_accounts_are_limited_as_get_account_says(tmp_path):
    config = tmp_path / "gatewright.toml"
    config.write_text("[account_throttle]\nrate = 0.000001\nburst = 3\n")
    with Gateway("--ephemeral", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        throttle = {"burstLimit": 3, "rateLimit": NEVER}
        assert aws.apigateway.get_account()["throttleSettings"] == throttle
        targets = []
        for name in "ab":
            api = RestApi(aws, name=name)
            api.mock("/pets", body="{}")
            api.deploy()
            targets.append(api.path("/pets"))
        abroad = RestApi(aws.elsewhere())
        abroad.mock("/pets", body="{}")
        abroad.deploy()
        call = caller(gateway)
        assert answers(call, targets[0], "", times=2) == {200: 2}
        assert answers(call, targets[1], "") == {200: 1, 429: 8}
        assert told(call("GET", targets[0])) == THROTTLED
        assert answers(call, abroad.path("/pets"), "") == {200: 3, 429: 6}


def caller(gateway):
    return lambda method, target, headers=(): wire.send(gateway.endpoint, method, target, headers, b"")


AUTHORIZER = """
def handler(event, context):
    if event["authorizationToken"] == "stranger":
        raise Exception("Unauthorized")
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    said = {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
    token = event["authorizationToken"]
    return {**said, "usageIdentifierKey": token} if token != "keyless" else said
"""


@pytest.fixture
def authorized(aws):
    """An API that takes its keys from its authorizer, which takes the token for one."""
    function = functions.function(aws, AUTHORIZER)
    api = RestApi(aws, apiKeySource="AUTHORIZER")
    authorizer = api.client.create_authorizer(
        restApiId=api.id,
        name="a",
        type="TOKEN",
        authorizerUri=invocation_uri(aws.region, function),
        identitySource="method.request.header.Auth",
    )["id"]
    aws.functions.add_permission(
        FunctionName=function,
        StatementId="gateway",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=api.source_arn(f"authorizers/{authorizer}"),
    )
    guarded = {"authorizationType": "CUSTOM", "authorizerId": authorizer, "apiKeyRequired": True}
    api.mock("/pets", body=SHOWN, **guarded)
    api.mock("/alone", body=SHOWN, apiKeyRequired=True)
    api.deploy()
    return api


def test_an_authorizer_can_say_which_key_it_is(aws, authorized, call):
    plan = Plan(aws, stage(authorized), quota={"limit": 3, "period": "DAY"})
    target = authorized.path("/pets")
    reply = call("GET", target, {"Auth": plan.value})
    assert (reply.status, reply.json) == (200, {"key": plan.value, "id": plan.key})
    for token in ("keyless", "x" * 20):
        assert told(call("GET", target, {"Auth": token})) == FORBIDDEN
        # The header counts for nothing then.
        assert told(call("GET", target, {"Auth": token, "x-api-key": plan.value})) == FORBIDDEN
    assert call("GET", target, {"Auth": "stranger", "x-api-key": plan.value}).status == 401
    assert told(call("GET", authorized.path("/alone"), {"x-api-key": plan.value})) == FORBIDDEN
    assert [call("GET", target, {"Auth": plan.value}).status for _ in range(3)] == [200, 200, 429]


def test_who_is_not_let_in_uses_up_nothing(aws, authorized, call):
    authorized.client.update_rest_api(
        restApiId=authorized.id, patchOperations=[patch("replace", "/apiKeySource", "HEADER")]
    )
    authorized.deploy()
    plan = Plan(aws, stage(authorized), quota={"limit": 1, "period": "DAY"})
    target = authorized.path("/pets")
    assert call("GET", target, {"Auth": "stranger", "x-api-key": plan.value}).status == 401
    assert [call("GET", target, {"Auth": "me", "x-api-key": plan.value}).status for _ in range(2)] == [200, 429]


def test_the_execution_log_says_what_became_of_the_key(aws, api, call):
    allow(aws)
    levels = [patch("replace", "/*/*/logging/loglevel", "INFO")]
    aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=levels)
    plan = Plan(
        aws, stage(api), quota={"limit": 1, "period": "DAY"}, throttle={"rateLimit": NEVER, "burstLimit": 2}
    )
    replies = [call("GET", api.path("/pets"), {"x-api-key": plan.value}) for _ in range(3)]
    replies.append(call("GET", api.path("/pets")))
    assert [reply.status for reply in replies] == [200, 429, 429, 403]
    written = lines(aws, f"API-Gateway-Execution-Logs_{api.id}/test", 20)
    place, hidden = f"{api.id}/test", "*" * (len(plan.value) - 6) + plan.value[-6:]

    def of(reply):
        start = f"({reply.header('x-amzn-RequestId')}) "
        own = [line.removeprefix(start) for line in written if line.startswith(start)]
        return [line for line in own if "API Key" in line]

    def verifying(reply, key):
        return f"Verifying Usage Plan for request: {reply.header('x-amzn-RequestId')}. API Key:{key} API Stage: {place}"

    resource = api.resource("/pets")
    assert of(replies[0]) == [
        verifying(replies[0], f" {hidden}"),
        f"API Key {hidden} authorized because method 'GET /pets' requires API Key and API Key is associated with a "
        "Usage Plan. Request will contribute to throttle and quota limits",
        f"Usage Plan check succeeded for API Key {hidden} and API Stage {place}",
    ]
    assert of(replies[1]) == [
        verifying(replies[1], f" {hidden}"),
        f"API Key {hidden} exceeded quota limit for API Stage {place}: Key quota exhausted for Usage Plan ID "
        f"{plan.id}. Quota Limit: 1 Period: DAY",
    ]
    assert of(replies[2]) == [
        verifying(replies[2], f" {hidden}"),
        f"API Key {hidden} exceeded throttle limit for API Stage {place}: Key throttle limit exceeded for Usage Plan "
        f"ID {plan.id}, RestApi {api.id}, Stage test, Resource {resource}, HttpMethod GET. Limit: 0.00 Burst: 2",
    ]
    assert of(replies[3]) == [
        verifying(replies[3], ""),
        "API Key not authorized because method 'GET /pets' requires API Key and API Key is not associated with a "
        f"Usage Plan for API Stage {place}: No API Key",
    ]
