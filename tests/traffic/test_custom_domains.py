"""Custom domain names of REST APIs: which host and path lead to which stage. API Gateway developer guide, "Working
with API mappings for REST APIs" and "Custom domain name for public REST APIs", unless said otherwise."""

import itertools
import json

import pytest

from harness import wire
from harness.account import Aws, patch
from harness.certificates import imported, issued
from harness.definitions import RestApi
from harness.functions import allow_gateway, function
from harness.logs import lines
from harness.process import Gateway

FORBIDDEN = b'{"message":"Forbidden"}'
ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
_NUMBERS = itertools.count(1)


def forbidden(reply):
    assert (reply.status, reply.body) == (403, FORBIDDEN), reply
    assert reply.header("x-amzn-ErrorType") == "ForbiddenException"
    return True


def new_name(aws, first="api"):
    """A name that no other test has: on one gateway all regions answer under the same names."""
    return f"{first}.n{next(_NUMBERS)}.{aws.region}.example.com"


def domain(aws, name, certificate=issued, **settings):
    aws.apigateway.create_domain_name(
        domainName=name,
        regionalCertificateArn=certificate(aws, name),
        endpointConfiguration={"types": ["REGIONAL"]},
        **settings,
    )
    return name


def saying(aws, word, stages=("prod",), **settings):
    """An API whose GET of `/`, `/x` and `/{proxy+}` answers a word and the stage."""
    api = RestApi(aws, name=word, **settings)
    for path in ("/", "/x", "/{proxy+}"):
        api.mock(path, body=f"{word} $context.stage $context.resourcePath")
    for stage in stages:
        api.deploy(stage)
    return api


@pytest.fixture
def name(aws):
    return domain(aws, new_name(aws))


@pytest.fixture
def get(call):
    """What a path of a custom domain name answers."""

    def send(name, path, **settings):
        return call("GET", path, {"Host": name}, **settings)

    return send


def mapped(api, name, path="", stage="prod"):
    api.client.create_base_path_mapping(
        domainName=name, basePath=path, restApiId=api.id, **({"stage": stage} if stage else {})
    )


def test_a_base_path_leads_to_its_stage(aws, name, get):
    pets, orders = saying(aws, "pets", ("prod", "dev")), saying(aws, "orders")
    mapped(pets, name, "pets")
    mapped(pets, name, "next", "dev")
    mapped(orders, name)
    for path, expected in (
        ("/pets", "pets prod /"),
        ("/pets/", "pets prod /"),
        ("/pets/x", "pets prod /x"),
        ("/pets/x/y?a=b", "pets prod /{proxy+}"),
        ("/next/x", "pets dev /x"),
        # No segment of its own: the mapping of all paths.
        ("/petsx", "orders prod /{proxy+}"),
        ("/x", "orders prod /x"),
        ("/", "orders prod /"),
        # Base paths are compared as they are sent, letter by letter.
        ("/PETS/x", "orders prod /{proxy+}"),
        ("/p%65ts/x", "orders prod /{proxy+}"),
        # Slashes in front do not count, as in front of a stage (recorded from AWS).
        ("//pets/x", "pets prod /x"),
        ("/pets//x", "pets prod /x"),
    ):
        assert get(name, path).text == expected, path


def test_what_is_not_mapped_is_forbidden(aws, name, get):
    assert forbidden(get(name, "/"))
    mapped(saying(aws, "pets"), name, "pets")
    for path in ("/", "/x", "/petsx", "/Pets", "/pets%2Fx", "/prod/x"):
        assert forbidden(get(name, path)), path


def test_without_a_stage_the_path_names_it(aws, name, get):
    api = saying(aws, "pets", ("prod", "dev"))
    mapped(api, name, "v1", None)
    assert get(name, "/v1/prod/x").text == "pets prod /x"
    assert get(name, "/v1/dev").text == "pets dev /"
    for path in ("/v1", "/v1/x", "/v1/PROD/x", "/v1/prod%2Fx"):
        assert forbidden(get(name, path)), path
    mapped(api, name, "", None)
    assert get(name, "/dev/x").text == "pets dev /x"
    assert forbidden(get(name, "/x"))


def test_changes_are_in_effect_at_once(aws, name, get):
    one, other = saying(aws, "one", ("prod", "dev")), saying(aws, "other")
    mapped(one, name, "v1")
    assert get(name, "/v1").text == "one prod /"

    def update(path, *operations):
        aws.apigateway.update_base_path_mapping(domainName=name, basePath=path, patchOperations=list(operations))

    update("v1", patch("replace", "/stage", "dev"))
    assert get(name, "/v1").text == "one dev /"
    update("v1", patch("replace", "/restapiId", other.id), patch("replace", "/stage", "prod"))
    assert get(name, "/v1").text == "other prod /"
    update("v1", patch("replace", "/basePath", "v2"))
    assert forbidden(get(name, "/v1"))
    assert get(name, "/v2").text == "other prod /"
    aws.apigateway.delete_base_path_mapping(domainName=name, basePath="v2")
    assert forbidden(get(name, "/v2"))
    mapped(one, name)
    assert get(name, "/v2").text == "one prod /{proxy+}"
    aws.apigateway.delete_domain_name(domainName=name)
    # The host is nobody's now, and so an AWS client's.
    assert get(name, "/v2").body != FORBIDDEN


@pytest.mark.parametrize("form", ["{}", "{}:80", "{}.", "{}.:4566"])
def test_a_name_is_the_same_however_it_is_written(aws, name, get, form):
    mapped(saying(aws, "pets"), name)
    host = form.format(name)
    assert get(host, "/x").text == "pets prod /x"
    assert get(host.upper(), "/x").text == "pets prod /x"
    assert get("other.example.com", f"http://{host}/x").text == "pets prod /x"


def test_a_wildcard_stands_for_names_that_have_none(aws, get):
    parent = new_name(aws).partition(".")[2]
    for first, word in (("*", "wild"), ("own", "own")):
        mapped(saying(aws, word), domain(aws, f"{first}.{parent}"))
    assert get(f"own.{parent}", "/x").text == "own prod /x"
    assert get(f"any.{parent}", "/x").text == "wild prod /x"
    for host in (parent, f"a.b.{parent}", f"*.{parent}"):
        assert get(host, "/x").status == 404, host


def test_other_ways_are_closed_under_a_custom_domain_name(aws, name, get, call):
    """Nothing but what is mapped is there: neither the path forms of other APIs' addresses nor AWS APIs."""
    api, other = saying(aws, "pets"), saying(aws, "other")
    mapped(api, name, "pets")
    for path in (
        other.path("/x", "prod"),
        f"/restapis/{other.id}/prod/_user_request_/x",
        "/restapis",
        "/2015-03-31/functions",
        "/",
    ):
        assert forbidden(get(name, path)), path
        assert forbidden(call("POST", path, {"Host": name}, "Action=ListUsers")), path
    assert aws.send("apigateway", "GET", "/restapis", headers={"Host": name}).status == 403
    # What is mapped hides them, whatever it is called.
    mapped(api, name)
    assert get(name, other.path("/x", "prod")).text == "pets prod /{proxy+}"


def test_health_checks_are_api_gateways_own(aws, name, get):
    """ "Amazon API Gateway important notes": /ping and /sping are reserved. The answer is not documented."""
    api = saying(aws, "pets")
    mapped(api, name)
    for path in ("/ping", "/sping"):
        reply = get(name, path)
        assert (reply.status, reply.text) == (200, '{"message":"Healthy Connection"}')
    assert get(name, "/pings").text == "pets prod /{proxy+}"


def test_a_disabled_endpoint_leaves_custom_domain_names_open(aws, name, get, call):
    """ "Disable the default endpoint for a REST API"."""
    api = saying(aws, "pets", disableExecuteApiEndpoint=True)
    mapped(api, name, "pets")
    assert get(name, "/pets/x").text == "pets prod /x"
    for host, path in (
        (f"{api.id}.execute-api.{aws.region}.amazonaws.com", "/prod/x"),
        (f"{api.id.upper()}.EXECUTE-API.{aws.region}.localhost:4566", "/prod/x"),
        (f"{api.id}.execute-api.{aws.region}.localhost.", "//prod/x"),
        ("localhost", api.path("/x", "prod")),
        ("localhost", f"/restapis/{api.id}/prod/_user_request_/x"),
    ):
        assert forbidden(call("GET", path, {"Host": host})), (host, path)
    api.client.update_rest_api(
        restApiId=api.id, patchOperations=[patch("replace", "/disableExecuteApiEndpoint", "False")]
    )
    api.deploy("prod")
    assert call("GET", api.path("/x", "prod")).text == "pets prod /x"


def test_a_request_knows_by_which_name_it_came(aws, name, get, call):
    """`path` and `requestContext.path` have the base path (seen in events of AWS's users); the stage of a mapping is
    in neither."""
    arn = function(aws, ECHO)
    allow_gateway(aws, arn)
    api = RestApi(aws)
    for path in ("/", "/{proxy+}"):
        api.function_proxy(path, arn)
    api.mock("/context", body="$context.path $context.domainName $context.domainPrefix $context.stage")
    aws.logs.create_log_group(logGroupName="/access")
    api.deploy("prod")
    api.client.update_stage(
        restApiId=api.id,
        stageName="prod",
        patchOperations=[
            patch(
                "replace",
                "/accessLogSettings/destinationArn",
                f"arn:aws:logs:{aws.region}:{'0' * 12}:log-group:/access",
            ),
            patch(
                "replace",
                "/accessLogSettings/format",
                "$context.customDomain.basePathMatched $context.path $context.requestId",
            ),
        ],
    )
    mapped(api, name, "v1")
    mapped(api, name, "any", None)
    mapped(api, name)
    for target, path, context_path, proxy in (
        ("/v1/a/b", "/v1/a/b", "/v1/a/b", "a/b"),
        ("/v1/a//b/", "/v1/a//b/", "/v1/a//b/", "a//b"),
        ("/v1", "/v1", "/v1", None),
        ("/any/prod/a", "/any/a", "/any/prod/a", "a"),
        ("/a/b", "/a/b", "/a/b", "a/b"),
        ("/", "/", "/", None),
    ):
        event = json.loads(get(name, target).body)
        context = event["requestContext"]
        assert (event["path"], context["path"]) == (path, context_path), target
        assert event["pathParameters"] == (proxy and {"proxy": proxy}), target
        assert (context["stage"], context["domainName"], context["domainPrefix"]) == ("prod", name, "api")
        assert event["headers"]["Host"] == name
    assert get(name, "/v1/context").text == f"/v1/context {name} api prod"
    call("GET", api.path("/context", "prod"))
    matched = [line.split()[:2] for line in lines(aws, "/access", 8)]
    assert sorted(matched) == sorted([
        ["v1", "/v1/a/b"],
        ["v1", "/v1/a//b/"],
        ["v1", "/v1"],
        ["any", "/any/prod/a"],
        ["(none)", "/a/b"],
        ["(none)", "/"],
        ["v1", "/v1/context"],
        ["-", "/prod/context"],
    ])


def test_names_of_two_accounts_and_regions_do_not_mix(aws, name, get):
    """A name is alone in its region. Here all regions answer on one address, and whoever was first keeps the name."""
    mapped(saying(aws, "first"), name)
    other = aws.elsewhere().as_key("111111111111", "secret")
    mapped(saying(other, "later"), domain(other, name))
    mapped(saying(other, "later"), name, "v1")
    assert get(name, "/v1").text == "first prod /{proxy+}"
    aws.apigateway.delete_domain_name(domainName=name)
    assert get(name, "/v1/x").text == "later prod /x"
    assert get(name, "/").text == "later prod /"


def test_rules_alone_lead_nowhere_while_there_are_none(aws, get):
    api = saying(aws, "pets")
    rules = domain(aws, new_name(aws), routingMode="ROUTING_RULE_ONLY")
    mapped(api, rules)
    assert forbidden(get(rules, "/"))
    then = domain(aws, new_name(aws), routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    mapped(api, then)
    assert get(then, "/").text == "pets prod /"


def test_nobody_takes_the_address_of_the_aws_apis(aws, gateway):
    """The names that AWS clients call and those of default endpoints stay what they are."""
    api = saying(aws, "pets")
    host = f"{api.id}.execute-api.{aws.region}.localhost"
    for taken in ("127.0.0.1", host):
        mapped(saying(aws, "thief"), domain(aws, taken, imported))
    assert api.client.get_rest_api(restApiId=api.id)["id"] == api.id
    assert aws.send("apigateway", "GET", "/restapis", headers={"Host": "127.0.0.1:4566"}).status == 200


def test_nobody_takes_the_names_that_the_operator_has(tmp_path):
    config = tmp_path / "gatewright.toml"
    config.write_text('hosts = ["gateway.example.com"]\n')
    with Gateway("--ephemeral", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = saying(aws, "thief")
        for name in ("gateway.example.com", "*.example.com"):
            mapped(api, domain(aws, name))
        for host in ("gateway.example.com", "Gateway.example.com.:4566"):
            assert aws.send("apigateway", "GET", "/restapis", headers={"Host": host}).status == 200
        assert wire.send(gateway.endpoint, "GET", "/x", {"Host": "other.example.com"}).text == "thief prod /x"


def test_a_private_name_serves_nobody_from_outside(aws, get):
    """Only VPC endpoints reach it: `test_private_domains.py`."""
    private = new_name(aws)
    aws.apigateway.create_domain_name(
        domainName=private, certificateArn=issued(aws, private), endpointConfiguration={"types": ["PRIVATE"]}
    )
    assert forbidden(get(private, "/"))
    assert forbidden(get(private, "/restapis"))


def test_an_edge_optimized_name_is_served_too(aws, get):
    name = new_name(aws)
    certificate = issued(type(aws)(aws.endpoint, "us-east-1"), name)
    aws.apigateway.create_domain_name(domainName=name, certificateArn=certificate)
    mapped(saying(aws, "pets"), name)
    assert get(name, "/x").text == "pets prod /x"
