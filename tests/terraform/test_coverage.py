"""The scenarios of this folder exercise every attribute of every `aws_api_gateway_*` and `aws_apigatewayv2_*` of the
provider, and change every one that can change in place. What a scenario exercises stands in its `coverage.json`; see `coverage.py`."""

import collections
import json

import pytest

from harness.account import Aws

from .coverage import FILE, PREFIXES
from .driver import HERE, Terraform

#: What cannot be changed in place: the provider makes a new resource instead.
FIXED = {
    "aws_api_gateway_account": set(),
    "aws_api_gateway_api_key": {"value"},
    "aws_api_gateway_authorizer": {"rest_api_id"},
    "aws_api_gateway_base_path_mapping": {"domain_name", "domain_name_id"},
    "aws_api_gateway_client_certificate": set(),
    "aws_api_gateway_deployment": {
        "canary_settings.percent_traffic",
        "canary_settings.stage_variable_overrides",
        "canary_settings.use_stage_cache",
        "rest_api_id",
        "stage_description",
        "stage_name",
        "triggers",
        "variables",
    },
    "aws_api_gateway_documentation_part": {
        "location.method",
        "location.name",
        "location.path",
        "location.status_code",
        "location.type",
        "rest_api_id",
    },
    "aws_api_gateway_documentation_version": {"rest_api_id", "version"},
    "aws_api_gateway_domain_name": {
        "certificate_body",
        "certificate_chain",
        "certificate_private_key",
        "domain_name",
    },
    "aws_api_gateway_domain_name_access_association": {
        "access_association_source",
        "access_association_source_type",
        "domain_name_arn",
    },
    "aws_api_gateway_gateway_response": {"response_type", "rest_api_id"},
    "aws_api_gateway_integration": {
        "credentials",
        "http_method",
        "integration_http_method",
        "passthrough_behavior",
        "resource_id",
        "rest_api_id",
        "type",
    },
    "aws_api_gateway_integration_response": {"http_method", "resource_id", "rest_api_id", "status_code"},
    "aws_api_gateway_method": {"http_method", "resource_id", "rest_api_id"},
    "aws_api_gateway_method_response": {"http_method", "resource_id", "rest_api_id", "status_code"},
    "aws_api_gateway_method_settings": {"method_path", "rest_api_id", "stage_name"},
    "aws_api_gateway_model": {"content_type", "name", "rest_api_id"},
    "aws_api_gateway_request_validator": {"rest_api_id"},
    "aws_api_gateway_resource": {"rest_api_id"},
    "aws_api_gateway_rest_api": set(),
    "aws_api_gateway_rest_api_policy": {"rest_api_id"},
    "aws_api_gateway_rest_api_put": {"body", "fail_on_warnings", "parameters", "rest_api_id", "triggers"},
    "aws_api_gateway_stage": {"rest_api_id", "stage_name"},
    "aws_api_gateway_usage_plan": set(),
    "aws_api_gateway_usage_plan_key": {"key_id", "key_type", "usage_plan_id"},
    "aws_api_gateway_vpc_link": {"target_arns"},
    "aws_apigatewayv2_api": {"credentials_arn", "protocol_type", "route_key", "target"},
    "aws_apigatewayv2_api_mapping": {"api_id", "domain_name"},
    "aws_apigatewayv2_authorizer": {"api_id"},
    "aws_apigatewayv2_deployment": {"api_id", "triggers"},
    "aws_apigatewayv2_domain_name": {"domain_name"},
    "aws_apigatewayv2_integration": {"api_id", "integration_subtype", "integration_type"},
    "aws_apigatewayv2_integration_response": {"api_id", "integration_id"},
    "aws_apigatewayv2_model": {"api_id"},
    "aws_apigatewayv2_route": {"api_id"},
    "aws_apigatewayv2_route_response": {"api_id", "route_id"},
    "aws_apigatewayv2_stage": {"api_id", "name"},
    "aws_apigatewayv2_vpc_link": {"security_group_ids", "subnet_ids"},
}

#: Types that have no scenario, and why.
MISSING = {}

#: Attributes that no scenario gives a value, and why.
NEVER_SET = {
    "aws_api_gateway_domain_name.regional_certificate_name": "AWS takes no uploaded certificates for regional names",
    "aws_api_gateway_stage.web_acl_arn": "there are no web ACLs",
    "data.aws_api_gateway_api_keys.items.stage_keys": "no resource ties a key to a stage",
    "data.aws_api_gateway_api_keys.items.tags": "the provider does not read them",
    "data.aws_api_gateway_domain_name.regional_certificate_name": "AWS takes no uploaded certificates for regional names",
}

#: Attributes that no scenario changes in place, and why.
NEVER_UPDATED = {
    "aws_api_gateway_rest_api_put.timeouts": "says how long terraform waits, and everything else replaces",
    "aws_api_gateway_domain_name.regional_certificate_name": "AWS takes no uploaded certificates for regional names",
    "aws_apigatewayv2_authorizer.authorizer_type": "an authorizer of another type has other settings altogether",
    "aws_apigatewayv2_domain_name.domain_name_configuration.endpoint_type": "the provider takes REGIONAL alone",
    "aws_apigatewayv2_domain_name.domain_name_configuration.security_policy": "the provider takes TLS_1_2 alone",
    "aws_apigatewayv2_route_response.route_response_key": "AWS takes $default alone",
}


@pytest.fixture(scope="module")
def types(tmp_path_factory):
    """Each type's attributes, as `{"name": "computed" or "given"}`, by the provider's own schema."""
    nowhere = Aws("http://127.0.0.1:9", "us-west-2")
    terraform = Terraform(nowhere, "mock_and_http", tmp_path_factory.mktemp("schema"))
    terraform.init()
    printed = terraform.run("providers", "schema", "-json")[1]
    [provider] = json.loads(printed)["provider_schemas"].values()
    found = {}
    for kind, mark in (("resource_schemas", ""), ("data_source_schemas", "data.")):
        for name, schema in provider[kind].items():
            if name.startswith(PREFIXES):
                found[mark + name] = dict(attributes(schema["block"], reads=bool(mark)))
    return found


def attributes(block, path="", reads=False):
    for name, attribute in block.get("attributes", {}).items():
        # What a data source may be told it may as well find out. An id and the merged tags of a resource can be
        # given in theory only.
        found = attribute.get("computed") and (reads or name in ("id", "tags_all"))
        given = "computed" if found or not (attribute.get("required") or attribute.get("optional")) else "given"
        kind = attribute.get("type")
        fields = kind[1][1] if isinstance(kind, list) and isinstance(kind[1], list) and kind[1][0] == "object" else None
        for field in fields or [None]:
            yield path + name + (f".{field}" if field else ""), given
    for name, inner in block.get("block_types", {}).items():
        if inner["nesting_mode"] == "single":
            yield path + name, "given"
        else:
            yield from attributes(inner["block"], f"{path}{name}.", reads)


@pytest.fixture(scope="module")
def covered():
    """The sum of all scenarios."""
    total = collections.defaultdict(lambda: collections.defaultdict(set))
    for file in sorted(HERE.glob(f"*/{FILE}")):
        for name, kinds in json.loads(file.read_text()).items():
            for kind, names in kinds.items():
                total[name][kind].update(names)
    return total


def test_every_type_has_a_scenario(types, covered):
    assert types.keys() - covered.keys() == MISSING.keys()
    assert len([name for name in types if not name.startswith("data.")]) == 26 + 12
    assert len([name for name in types if name.startswith("data.")]) == 10 + 4


def test_every_attribute_has_had_a_value(types, covered):
    never = set()
    for name, known in types.items():
        exercised = covered[name]
        for attribute, given in known.items():
            # Blocks are there when they are written, whatever may be computed in them.
            had = exercised["set"] | (exercised["read"] if given == "computed" or "." in attribute else set())
            if name not in MISSING and attribute not in had:
                never.add(f"{name}.{attribute}")
    assert never == NEVER_SET.keys()


def test_every_attribute_that_can_change_has_changed_in_place(types, covered):
    never = set()
    for name, known in types.items():
        if name in MISSING or name not in FIXED:
            continue
        changing = {attribute for attribute, given in known.items() if given == "given"} - FIXED[name]
        never |= {f"{name}.{attribute}" for attribute in changing - covered[name]["updated"]}
    assert never == NEVER_UPDATED.keys()


def test_what_is_said_of_types_is_of_the_providers_types(types):
    resources = {name for name in types if not name.startswith("data.")}
    assert resources - FIXED.keys() <= MISSING.keys()
    for name, fixed in FIXED.items():
        assert fixed <= types[name].keys(), name
