"""Routing rules and API mappings of custom domain names (API Gateway developer guide, "Routing rules to connect API stages
to a custom domain name for REST APIs" and "Examples of how API Gateway evaluates routing rules")."""

import itertools

import pytest

from harness.account import bad_request, conflict, not_found
from harness.certificates import issued
from harness.definitions import RestApi

FORBIDDEN = b'{"message":"Forbidden"}'
_NUMBERS = itertools.count(1)


def domain(aws, mode):
    name = f"rules{next(_NUMBERS)}.{aws.region}.example.com"
    aws.apigateway.create_domain_name(
        domainName=name,
        regionalCertificateArn=issued(aws, name),
        endpointConfiguration={"types": ["REGIONAL"]},
        routingMode=mode,
    )
    return name


def saying(aws, word, stages=("prod",)):
    api = RestApi(aws, name=word)
    for path in ("/", "/{proxy+}"):
        api.mock(path, body=f"{word} $context.stage $context.path $context.resourcePath")
    for stage in stages:
        api.deploy(stage)
    return api


@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


@pytest.fixture
def get(call):
    def send(name, path, headers=()):
        return call("GET", path, {"Host": name, **dict(headers)})

    return send


def header(name, glob):
    return {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": glob}]}}


def paths(*any_of):
    return {"MatchBasePaths": {"AnyOf": list(any_of)}}


def to(api, stage="prod", strip=False):
    return [{"InvokeApi": {"ApiId": api.id, "Stage": stage, "StripBasePath": strip}}]


def test_rules_are_asked_in_the_order_of_their_priorities(aws, v2, get):
    one, two, three = (saying(aws, word) for word in ("one", "two", "three"))
    name = domain(aws, "ROUTING_RULE_ONLY")
    assert get(name, "/").body == FORBIDDEN
    last = v2.create_routing_rule(DomainName=name, Priority=100, Conditions=[], Actions=to(three))
    both = [header("Hello", "World"), header("x-version", "beta")]
    v2.create_routing_rule(DomainName=name, Priority=50, Conditions=both, Actions=to(two))
    first = v2.create_routing_rule(DomainName=name, Priority=10, Conditions=[header("Hello", "World")], Actions=to(one))
    beta = {"x-version": "beta"}
    assert get(name, "/x", {"Hello": "World", **beta}).text == "one prod /x /{proxy+}"
    assert get(name, "/x", {"hello": "world", **beta}).text == "three prod /x /{proxy+}"
    v2.put_routing_rule(
        DomainName=name, RoutingRuleId=first["RoutingRuleId"], Priority=60, Conditions=[header("Hello", "W*")], Actions=to(one)
    )
    assert get(name, "/x", {"Hello": "World", **beta}).text.startswith("two")
    assert get(name, "/x", {"Hello": "Welt"}).text.startswith("one")
    listed = v2.list_routing_rules(DomainName=name)["RoutingRules"]
    assert [rule["Priority"] for rule in listed] == [50, 60, 100]
    v2.delete_routing_rule(DomainName=name, RoutingRuleId=last["RoutingRuleId"])
    assert get(name, "/x").body == FORBIDDEN
    with not_found("Invalid RoutingRule identifier specified"):
        v2.get_routing_rule(DomainName=name, RoutingRuleId=last["RoutingRuleId"])


def test_rules_come_before_mappings(aws, v2, get):
    mapped, ruled = saying(aws, "mapped"), saying(aws, "ruled", ("prod", "beta"))
    name = domain(aws, "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    aws.apigateway.create_base_path_mapping(domainName=name, basePath="pets", restApiId=mapped.id, stage="prod")
    v2.create_routing_rule(
        DomainName=name, Priority=1, Conditions=[paths("pets"), header("x-version", "beta")], Actions=to(ruled, "beta", strip=True)
    )
    assert get(name, "/pets/7", {"x-version": "beta"}).text == "ruled beta /pets/7 /{proxy+}"
    assert get(name, "/pets", {"x-version": "beta"}).text == "ruled beta /pets /"
    assert get(name, "/pets/7").text == "mapped prod /pets/7 /{proxy+}"
    assert get(name, "/Pets/7", {"x-version": "beta"}).body == FORBIDDEN
    only = domain(aws, "BASE_PATH_MAPPING_ONLY")
    v2.create_routing_rule(DomainName=only, Priority=1, Conditions=[], Actions=to(ruled))
    assert get(only, "/").body == FORBIDDEN


def test_a_rule_holds_what_it_leads_to(aws, v2, get):
    api = saying(aws, "pets")
    name = domain(aws, "ROUTING_RULE_ONLY")
    rule = v2.create_routing_rule(DomainName=name, Priority=1, Conditions=[], Actions=to(api))["RoutingRuleId"]
    text = (
        "Deleting stage prod failed. Please remove all base path mappings related to the stage in your domains: " + name
    )
    with bad_request(text):
        aws.apigateway.delete_stage(restApiId=api.id, stageName="prod")
    v2.delete_routing_rule(DomainName=name, RoutingRuleId=rule)
    aws.apigateway.delete_stage(restApiId=api.id, stageName="prod")


def test_rules_that_cannot_be_asked_are_refused(aws, v2):
    api = saying(aws, "pets")
    name = domain(aws, "ROUTING_RULE_ONLY")
    v2.create_routing_rule(DomainName=name, Priority=1, Conditions=[], Actions=to(api))

    def make(priority=2, conditions=(), actions=None):
        return v2.create_routing_rule(
            DomainName=name, Priority=priority, Conditions=list(conditions), Actions=actions or to(api)
        )

    with conflict("A routing rule with the priority 1 already exists"):
        make(1)
    for refused in (
        {"conditions": [header("a", "b")] * 3},
        {"conditions": [paths("a"), paths("b")]},
        {"conditions": [{}]},
        {"conditions": [paths("/a")]},
        {"conditions": [paths("a//b")]},
        {"conditions": [paths("ping")]},
        {"conditions": [header("a", "b*c")]},
        {"conditions": [header("a b", "c")]},
        {"actions": to(api, strip=True)},
        {"actions": to(api, "nope")},
        {"actions": to(api) * 2},
    ):
        with pytest.raises(v2.exceptions.BadRequestException):
            make(**refused)
    for priority in (0, 1_000_001):
        with pytest.raises(v2.exceptions.ClientError):
            make(priority)
    assert len(v2.list_routing_rules(DomainName=name)["RoutingRules"]) == 1


def test_a_name_has_fifty_rules(aws, v2):
    """"Amazon API Gateway quotas"; the text is this gateway's."""
    api, name = saying(aws, "pets"), domain(aws, "ROUTING_RULE_ONLY")
    for number in range(50):
        v2.create_routing_rule(DomainName=name, Priority=number + 1, Conditions=[], Actions=to(api))
    with bad_request("Maximum number of routing rules for this domain name has been reached. The limit is 50."):
        v2.create_routing_rule(DomainName=name, Priority=51, Conditions=[], Actions=to(api))


def test_api_mappings_have_base_paths_of_several_segments(aws, v2, get):
    orders, items = saying(aws, "orders"), saying(aws, "items", ("prod", "beta"))
    name = domain(aws, "BASE_PATH_MAPPING_ONLY")
    aws.apigateway.create_base_path_mapping(domainName=name, basePath="orders", restApiId=orders.id, stage="prod")
    made = v2.create_api_mapping(DomainName=name, ApiMappingKey="orders/v1/items", ApiId=items.id, Stage="prod")
    assert (made["ApiId"], made["ApiMappingKey"], made["Stage"]) == (items.id, "orders/v1/items", "prod")
    assert get(name, "/orders/v1/items/7").text == "items prod /orders/v1/items/7 /{proxy+}"
    assert get(name, "/orders/v1").text == "orders prod /orders/v1 /{proxy+}"
    one = {"DomainName": name, "ApiMappingId": made["ApiMappingId"]}
    v2.update_api_mapping(**one, ApiId=items.id, Stage="beta", ApiMappingKey="")
    assert get(name, "/x").text == "items beta /x /{proxy+}"
    assert v2.get_api_mapping(**one)["ApiMappingKey"] == ""
    keys = sorted(item["ApiMappingKey"] for item in v2.get_api_mappings(DomainName=name)["Items"])
    assert keys == ["", "orders"]
    with conflict("Base path already exists for this domain name"):
        v2.create_api_mapping(DomainName=name, ApiMappingKey="orders", ApiId=items.id, Stage="prod")
    v2.delete_api_mapping(**one)
    assert get(name, "/x").body == FORBIDDEN
    with not_found("Invalid ApiMapping identifier specified"):
        v2.get_api_mapping(**one)
