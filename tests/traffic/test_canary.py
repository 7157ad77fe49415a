"""Traffic of stages with a canary. Recorded from AWS unless said otherwise."""

import collections

from harness.account import patch
from harness.definitions import RestApi
from harness.logs import lines

BODY = "$context.isCanaryRequest $stageVariables.a $stageVariables.b $stageVariables.c $context.deploymentId"


def released(aws, percent, **settings):
    """An API whose stage says `base …` and whose canary says `canary …`; the two deployments' ids."""
    api = RestApi(aws)
    api.mock("/", body=f"base {BODY}")
    first = api.deploy(variables={"a": "1", "b": "1"})
    api.answer("/", f"canary {BODY}")
    overrides = {"stageVariableOverrides": {"a": "2", "c": "2"}}
    second = api.deploy(canarySettings={"percentTraffic": percent, **overrides, **settings})
    return api, first, second


def test_with_no_traffic_the_base_answers(aws, call):
    api, first, _ = released(aws, 0.0)
    for _ in range(5):
        assert call("GET", api.path()).text == f"base false 1 1  {first}"


def test_with_all_traffic_the_canary_answers_with_its_own_variables_over_the_stages(aws, call):
    api, _, second = released(aws, 100.0)
    for _ in range(5):
        assert call("GET", api.path()).text == f"canary true 2 1 2 {second}"


def test_requests_are_split_at_random(aws, call):
    api, _, _ = released(aws, 50.0)
    answers = collections.Counter(call("GET", api.path()).text.split()[0] for _ in range(200))
    # Outside of this fewer than one run in a billion would be.
    assert answers.keys() == {"base", "canary"}
    assert 55 < answers["canary"] < 145


def test_a_stage_without_a_canary_has_no_such_variable(aws, call):
    api, first, _ = released(aws, 100.0)
    aws.apigateway.update_stage(
        restApiId=api.id, stageName="test", patchOperations=[patch("remove", "/canarySettings")]
    )
    assert call("GET", api.path()).text == f"base  1 1  {first}"


def test_a_promoted_canary_serves_the_stage(aws, call):
    api, _, second = released(aws, 100.0)
    promote = [
        patch("copy", "/deploymentId", source="/canarySettings/deploymentId"),
        patch("copy", "/variables", source="/canarySettings/stageVariableOverrides"),
        patch("replace", "/canarySettings/percentTraffic", "0.0"),
    ]
    aws.apigateway.update_stage(restApiId=api.id, stageName="test", patchOperations=promote)
    assert call("GET", api.path()).text == f"canary false 2 1 2 {second}"


def test_a_canarys_requests_are_logged_twice(aws, call):
    """API Gateway developer guide: to the stage's log group and to one with `/Canary` behind its name."""
    api, _, _ = released(aws, 100.0)
    arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:/apigw/access"
    aws.apigateway.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/accessLogSettings/destinationArn", arn),
            patch("replace", "/accessLogSettings/format", "$context.requestId $context.isCanaryRequest"),
        ],
    )
    request = call("GET", api.path()).header("x-amzn-RequestId")
    for group in ("/apigw/access", "/apigw/access/Canary"):
        assert lines(aws, group, 1) == [f"{request} true"]
