"""What holds for every operation of `apigateway`, read off botocore's model, so that an operation which is built
later is held to it too: lists hand out all of themselves page by page, patches are refused in AWS's words, wrong
types are refused as such, and nothing that a client sends is answered with a fault of ours."""

import json
import random
import re

import botocore.session
import pytest

from harness.account import ACCOUNT, Aws, patch
from harness.certificates import issued
from harness.definitions import RestApi
from harness.models import body_members, method_name, smallest, wire_call
from harness.process import run

JSON = {"Content-Type": "application/json"}
MODEL = botocore.session.Session().get_service_model("apigateway")


def built():
    """The operations that this binary answers, read when the tests are collected."""
    services = json.loads(run("operations", "--json").stdout)["services"]
    [apigateway] = [service for service in services if service["service"] == "apigateway"]
    return sorted(operation["name"] for operation in apigateway["operations"] if operation["built"])


BUILT = built()
PATCHED = [name for name in BUILT if "patchOperations" in MODEL.operation_model(name).input_shape.members]
LISTS = [
    name
    for name in BUILT
    if {"limit", "position"} <= MODEL.operation_model(name).input_shape.members.keys()
    and "items" in MODEL.operation_model(name).output_shape.members
]
WITH_BODY = [name for name in BUILT if body_members(MODEL.operation_model(name))]


class World:
    """One of everything that an account can have, by the names that the model's inputs use."""

    def __init__(self, aws):
        self.aws = aws
        self.client = client = aws.client("apigateway")
        api = RestApi(aws)
        api.mock("/pets/{id}", body="{}")
        self.api = api
        inside = {"restApiId": api.id}
        client.create_model(**inside, name="Pet", contentType="application/json", schema='{"type": "object"}')
        validator = client.create_request_validator(**inside, name="all")["id"]
        pool = f"arn:aws:cognito-idp:{aws.region}:{ACCOUNT}:userpool/{aws.region}_1"
        authorizer = client.create_authorizer(
            **inside,
            name="pool",
            type="COGNITO_USER_POOLS",
            providerARNs=[pool],
            identitySource="method.request.header.Authorization",
        )["id"]
        client.put_gateway_response(**inside, responseType="THROTTLED", statusCode="503")
        part = client.create_documentation_part(**inside, location={"type": "API"}, properties='{"info": {}}')["id"]
        client.create_documentation_version(**inside, documentationVersion="1", stageName="")
        deployment = api.deploy("live")
        client.create_stage(**inside, stageName="spare", deploymentId=deployment)
        key = client.create_api_key(name="k", enabled=True)["id"]
        plan = client.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "live"}])["id"]
        client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
        certificate = issued(aws, "api.example.com", "*.example.com")
        self.certificate = certificate
        client.create_domain_name(
            domainName="api.example.com",
            regionalCertificateArn=certificate,
            endpointConfiguration={"types": ["REGIONAL"]},
        )
        client.create_base_path_mapping(domainName="api.example.com", restApiId=api.id, stage="live")
        self.private = client.create_domain_name(
            domainName="private.example.com",
            certificateArn=certificate,
            endpointConfiguration={"types": ["PRIVATE"]},
        )["domainNameArn"]
        balancer = f"arn:aws:elasticloadbalancing:{aws.region}:{ACCOUNT}:loadbalancer/net/n/50dc6c495c0c9188"
        self.names = {
            **inside,
            "cloneFrom": "",
            "parentId": api.root,
            "resourceId": api.resource("/pets/{id}"),
            "httpMethod": "GET",
            "statusCode": "200",
            "modelName": "Pet",
            "requestValidatorId": validator,
            "authorizerId": authorizer,
            "responseType": "THROTTLED",
            "documentationPartId": part,
            "documentationVersion": "1",
            "deploymentId": deployment,
            "stageName": "live",
            "apiKey": key,
            "usagePlanId": plan,
            "usageplanId": plan,
            "keyId": key,
            "vpcLinkId": client.create_vpc_link(name="l", targetArns=[balancer])["id"],
            "clientCertificateId": client.generate_client_certificate()["clientCertificateId"],
            "resourceArn": aws.arn(f"/restapis/{api.id}"),
            "domainName": "api.example.com",
            "basePath": "(none)",
            "domainNameArn": self.private,
            "certificateArn": certificate,
            "regionalCertificateArn": certificate,
            "sdkType": "javascript",
            "exportType": "oas30",
        }

    def send(self, name, body=None, query=()):
        operation = MODEL.operation_model(name)
        method, target, body = wire_call(operation, self.names, body, query)
        return self.aws.send("apigateway", method, target, body, JSON if body else ())


@pytest.fixture(scope="module")
def world(gateway):
    """For tests that change nothing, or nothing that others look at."""
    return World(Aws(gateway.endpoint, "us-everything-1"))


# --- lists ---------------------------------------------------------------------------------------------------


def _more_keys(world, n):
    world.client.create_api_key(name=f"more-{n}")


def _more_plan_keys(world, n):
    key = world.client.create_api_key(name=f"member-{n}")["id"]
    world.client.create_usage_plan_key(usagePlanId=world.names["usagePlanId"], keyId=key, keyType="API_KEY")


def _more_authorizers(world, n):
    world.client.create_authorizer(
        restApiId=world.api.id,
        name=f"more-{n}",
        type="COGNITO_USER_POOLS",
        providerARNs=[f"arn:aws:cognito-idp:{world.aws.region}:{ACCOUNT}:userpool/{world.aws.region}_1"],
        identitySource="method.request.header.Authorization",
    )


def _more_parts(world, n):
    location = {"type": "RESOURCE", "path": f"/{n}"}
    world.client.create_documentation_part(restApiId=world.api.id, location=location, properties='{"a": "b"}')


def _more_models(world, n):
    world.client.create_model(
        restApiId=world.api.id, name=f"More{n}", contentType="application/json", schema='{"type": "object"}'
    )


def _more_links(world, n):
    target = f"arn:aws:elasticloadbalancing:{world.aws.region}:{ACCOUNT}:loadbalancer/net/n/{n}"
    world.client.create_vpc_link(name=f"more-{n}", targetArns=[target])


def _more_domain_names(world, n):
    world.client.create_domain_name(
        domainName=f"more-{n}.example.com",
        regionalCertificateArn=world.certificate,
        endpointConfiguration={"types": ["REGIONAL"]},
    )


def _more_associations(world, n):
    world.client.create_domain_name_access_association(
        domainNameArn=world.private, accessAssociationSource=f"vpce-{n}", accessAssociationSourceType="VPCE"
    )


#: How to make one thing more for each list. A list that is missing here fails its test.
MORE = {
    "GetApiKeys": _more_keys,
    "GetAuthorizers": _more_authorizers,
    "GetBasePathMappings": lambda world, n: world.client.create_base_path_mapping(
        domainName="api.example.com", basePath=f"more-{n}", restApiId=world.api.id, stage="live"
    ),
    "GetClientCertificates": lambda world, _: world.client.generate_client_certificate(),
    "GetDeployments": lambda world, _: world.client.create_deployment(restApiId=world.api.id),
    "GetDocumentationParts": _more_parts,
    "GetDocumentationVersions": lambda world, n: world.client.create_documentation_version(
        restApiId=world.api.id, documentationVersion=f"more-{n}"
    ),
    "GetDomainNameAccessAssociations": _more_associations,
    "GetDomainNames": _more_domain_names,
    # There are always all 21 types.
    "GetGatewayResponses": lambda world, n: None,
    "GetModels": _more_models,
    "GetRequestValidators": lambda world, n: world.client.create_request_validator(
        restApiId=world.api.id, name=f"more-{n}"
    ),
    "GetResources": lambda world, n: world.api.resource(f"/more-{n}"),
    "GetRestApis": lambda world, n: world.client.create_rest_api(name=f"more-{n}"),
    "GetUsagePlanKeys": _more_plan_keys,
    "GetUsagePlans": lambda world, n: world.client.create_usage_plan(name=f"more-{n}"),
    "GetVpcLinks": _more_links,
}

#: Lists of what the binary itself brings.
FIXED = {"GetSdkTypes"}

#: Lists that are not of things: a key's days, whose pages have a test of their own.
OF_DAYS = {"GetUsage"}


@pytest.fixture(scope="module")
def full(gateway):
    """A world with five things more in each list."""
    world = World(Aws(gateway.endpoint, "us-full-1"))
    for name in LISTS:
        for n in range(5 if name in MORE else 0):
            MORE[name](world, n)
    return world


@pytest.mark.parametrize("name", [name for name in LISTS if name not in OF_DAYS])
def test_pages_add_up(full, name):
    assert name in MORE or name in FIXED, "say above how to make one more for this list"

    def page(limit, position=None):
        query = [("limit", limit)] + ([("position", position)] if position else [])
        reply = full.send(name, query=query)
        assert reply.status == 200, reply
        return reply.json.get("item", []), reply.json.get("position")

    whole, position = page(500)
    assert position is None
    texts = [json.dumps(item, sort_keys=True) for item in whole]
    assert len(set(texts)) == len(texts) >= (5 if name in MORE else 1)
    for limit in (1, 2, len(whole) - 1, len(whole)):
        seen, position = [], None
        while True:
            items, position = page(max(limit, 1), position)
            assert len(items) <= max(limit, 1)
            seen += items
            if position is None:
                break
            assert len(seen) < len(whole), "a position leads to something that is there"
        assert seen == whole, f"limit {limit}"
    assert page(501) == (whole, None)
    # Recorded from AWS: a negative limit is an empty page.
    assert page(-1)[0] == []


@pytest.mark.parametrize("name", [name for name in LISTS if name not in FIXED | OF_DAYS])
def test_a_position_that_nobody_gave_out_is_refused(full, name):
    reply = full.send(name, query=[("position", "made up")])
    assert (reply.status, reply.header("x-amzn-ErrorType")) == (400, "BadRequestException"), reply


# --- patches -------------------------------------------------------------------------------------------------

OPS = ("add", "remove", "replace", "move", "copy", "test")

#: The forms in which AWS refuses a patch, all of them recorded. `{path}` and `{op}` are what was sent.
REFUSALS = [
    # Usage plans list what the verb may be used for, which is nothing for some.
    r"Invalid patch path  '{path}' specified for op '{op}'\. Must be one of: \[(/[^,\]]+(, )?)*\]",
    r"Invalid patch path {path}",
    # Of stages.
    r"Invalid method setting path: {path}\. Must be one of: \[.*\]",
    r"Invalid {op} operation with path: {path}( and from .*)?",
    r"Cannot remove method setting {name} because there is no method setting for this method ",
]


def refusal(reply, op, path):
    given = {"path": re.escape(path), "name": re.escape(path.lstrip("/")), "op": op}
    message = reply.json.get("message", "")
    assert (reply.status, reply.header("x-amzn-ErrorType")) == (400, "BadRequestException"), (op, path, reply)
    assert any(re.fullmatch(form.format(**given), message, re.S) for form in REFUSALS), (op, path, message)


@pytest.mark.parametrize("name", PATCHED)
def test_an_unknown_path_is_refused_in_awss_words(world, name):
    for op in OPS:
        for path in ("/nothing", "/nothing/more", "/"):
            refusal(world.send(name, {"patchOperations": [patch(op, path, "x")]}), op, path)


@pytest.mark.parametrize("name", PATCHED)
def test_an_unknown_verb_is_a_violation(world, name):
    """The text is recorded from AWS."""
    reply = world.send(name, {"patchOperations": [patch("add", "/x", "y"), patch("wrong_op", "/x", "y")]})
    assert (reply.status, reply.header("x-amzn-ErrorType")) == (400, "ValidationException")
    member = name[0].lower() + name[1:] + "Input.patchOperations.2.member.op"
    assert reply.json["Message"] == (
        f"1 validation error detected: Value 'wrong_op' at '{member}' failed to satisfy constraint: Member must "
        "satisfy enum value set: [add, remove, move, test, replace, copy]"
    )


#: Every path that AWS documents, with what may stand for its variable parts.
PATHS = """
/accessLogSettings /accessLogSettings/destinationArn /accessLogSettings/format /apiKeyRequired /apiKeySource
/apiStages /apiStages/x:y/throttle/~1pets~1GET /authType /authorizationScopes /authorizationType
/authorizerCredentials /authorizerId /authorizerResultTtlInSeconds /authorizerUri /binaryMediaTypes/image~1png
/cacheClusterEnabled /cacheClusterSize /cacheKeyParameters /cacheKeyParameters/method.request.querystring.a
/cacheNamespace /canarySettings /canarySettings/deploymentId /canarySettings/percentTraffic
/canarySettings/stageVariableOverrides /canarySettings/stageVariableOverrides/a /canarySettings/useStageCache
/clientCertificateId /cloudwatchRoleArn /connectionId /connectionType /contentHandling /credentials /customerId
/deploymentId /description /disableExecuteApiEndpoint /documentationVersion /enabled
/endpointConfiguration/ipAddressType /endpointConfiguration/types /endpointConfiguration/types/EDGE
/endpointConfiguration/vpcEndpointIds /features /httpMethod /identitySource /identityValidationExpression
/minimumCompressionSize /name /operationName /parentId /passthroughBehavior /pathPart /policy /productCode
/properties /providerARNs /quota /quota/limit /quota/offset /quota/period /requestModels/application~1json
/requestParameters/integration.request.header.a /requestParameters/method.request.header.a
/requestTemplates/application~1json /requestValidatorId /responseModels/application~1json
/responseParameters/gatewayresponse.header.a /responseParameters/method.response.header.a
/responseTemplates/application~1json /schema /securityPolicy /selectionPattern /stages /statusCode
/throttle /throttle/burstLimit /throttle/rateLimit /throttleSettings/burstLimit /timeoutInMillis
/tlsConfig/insecureSkipVerification /tracingEnabled /type /uri /validateRequestBody /validateRequestParameters
/variables/a /version /*/* /*/*/caching/enabled /*/*/caching/ttlInSeconds /*/*/logging/loglevel
/*/*/throttling/burstLimit /*/*/throttling/rateLimit /~1pets/GET/metrics/enabled /pets/GET
""".split()

VALUES = (None, "", "x", "true", "0", "-1", "99999999999999999999", "1e400", "{", "[]", "ä\0", "arn:aws:iam::1:role/x")


@pytest.mark.parametrize("name", PATCHED)
def test_no_patch_is_answered_with_a_fault(gateway, name):
    world = World(Aws(gateway.endpoint, f"us-patched-{PATCHED.index(name) + 1}"))
    chosen = random.Random(name)
    for path in PATHS:
        for op in ("add", "remove", "replace", chosen.choice(("move", "copy", "test"))):
            operation = {"op": op, "path": path, "from": chosen.choice(PATHS), "value": chosen.choice(VALUES)}
            reply = world.send(name, {"patchOperations": [operation]})
            assert reply.status < 500, (operation, reply)
            if reply.status >= 400:
                assert reply.json.get("message"), (operation, reply)


@pytest.mark.parametrize("name", PATCHED)
def test_a_patch_may_lack_any_of_its_parts(world, name):
    parts = {"op": "replace", "path": "/nothing", "value": "x"}
    for absent in (*parts, None):
        operation = {} if absent is None else {key: value for key, value in parts.items() if key != absent}
        reply = world.send(name, {"patchOperations": [operation]})
        assert (reply.status, reply.header("x-amzn-ErrorType")) == (400, "BadRequestException"), (operation, reply)
    assert world.send(name, {"patchOperations": [None]}).status < 500
    # Recorded from AWS: a changed method response is answered as if it were made.
    unchanged = 201 if name == "UpdateMethodResponse" else 200
    assert world.send(name, {"patchOperations": []}).status == unchanged
    assert world.send(name, {}).status == unchanged


# --- types ---------------------------------------------------------------------------------------------------

WRONG = {
    "string": (True, 1, 1.5, [], {}),
    "blob": (True, 1, [], {}),
    "boolean": ("maybe", 1, [], {}),
    "integer": ("x", True, [], {}),
    "long": ("x", True, [], {}),
    "double": ("x", True, [], {}),
    "timestamp": (True, [], {}),
    "list": ("x", 1, True, {}),
    "map": ("x", 1, True, []),
    "structure": ("x", 1, True, []),
}


def wrongs(shape, depth=0):
    """Values that do not have the type of `shape`, at any depth of it."""
    yield from WRONG[shape.type_name]
    if depth > 3:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            for wrong in wrongs(member, depth + 1):
                yield {member.serialization.get("name", name): wrong}
    elif shape.type_name == "list":
        for wrong in wrongs(shape.member, depth + 1):
            yield [wrong]
    elif shape.type_name == "map":
        for wrong in wrongs(shape.value, depth + 1):
            yield {"k": wrong}


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_wrong_type_is_refused_as_one(world, name):
    operation = MODEL.operation_model(name)
    members = body_members(operation)
    required = smallest(operation.input_shape)
    base = {member: required[member] for member in members if member in required}
    for member, shape in members.items():
        for wrong in wrongs(shape):
            reply = world.send(name, {**base, member: wrong})
            assert (reply.status, reply.header("x-amzn-ErrorType")) == (400, "SerializationException"), (
                member,
                wrong,
                reply,
            )
            assert list(reply.json) == ["Message"]


# --- anything ------------------------------------------------------------------------------------------------

TEXTS = (
    "", " ", "x", "a/b", "/", "//", "../..", "{proxy+}", "{a", "+}", "\0", "ä€😀", "x" * 2000, "null", "true", "-1",
    "999999999999999999999", "1e999", "$", "${", "${stageVariables.", "$input.path('$.", "#if(", "#foreach($a in",
    "{", "[", '{"type": "array", "items": {"$ref": "#"}}', '{"$ref": "https://apigateway.amazonaws.com/restapis/"}',
    "arn:", "arn:aws:apigateway:", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", "http://", "http://[",
    "https://x:99999999/", "application/json", "application/", "/;", "*/*", "method.request.header.", "integration.request.path.",
    "'", "''", "%", "%00", "GET", "ANY", "\r\n", "(((((", "[[:", "a:b", ":", "a:b:c",
)  # fmt: skip
NUMBERS = (0, 1, -1, 49, 50, 29000, 29001, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**63), 10**30, 0.5, 1e308, -1e-300)


class Anything:
    """Inputs of the right types and any content, the same at each run."""

    def __init__(self, seed, names):
        self.random = random.Random(seed)
        self.names = names

    def of(self, shape, name="", depth=0):
        pick = self.random
        kind = shape.type_name
        if kind == "structure":
            wanted = [m for m in shape.members if depth < 4 and (m in shape.required_members or pick.random() < 0.5)]
            return {
                shape.members[m].serialization.get("name", m): self.of(shape.members[m], m, depth + 1) for m in wanted
            }
        if kind == "list":
            return [self.of(shape.member, name, depth + 1) for _ in range(pick.choice((0, 1, 1, 2, 5)))]
        if kind == "map":
            return {
                self.of(shape.key, depth=9): self.of(shape.value, depth=depth + 1)
                for _ in range(pick.choice((0, 1, 1, 3)))
            }
        if kind == "boolean":
            return pick.random() < 0.5
        if kind in ("integer", "long"):
            return int(pick.choice(NUMBERS[:10]))
        if kind in ("float", "double"):
            return pick.choice(NUMBERS)
        if kind == "timestamp":
            return pick.choice(NUMBERS)
        if getattr(shape, "enum", None) and pick.random() < 0.9:
            return pick.choice(shape.enum)
        if name in self.names and pick.random() < 0.8:
            return self.names[name]
        return pick.choice(TEXTS)


def _destructive(name):
    return name.startswith(("Delete", "Untag"))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_answered_with_a_fault(gateway, seed):
    world = World(Aws(gateway.endpoint, f"us-anything-{seed + 1}"))
    for name in sorted(BUILT, key=_destructive):
        operation = MODEL.operation_model(name)
        shape = operation.input_shape
        for turn in range(10):
            anything = Anything(f"{seed} {name} {turn}", world.names)
            labels = {m for m, s in shape.members.items() if s.serialization.get("location") == "uri"}
            known = anything.random.random() < 0.8
            names = world.names if known else {m: anything.random.choice(TEXTS) for m in labels}
            query = [
                (s.serialization.get("name", m), anything.random.choice(TEXTS) if s.type_name != "boolean" else "true")
                for m, s in shape.members.items()
                if s.serialization.get("location") == "querystring" and anything.random.random() < 0.3
            ]
            members = body_members(operation)
            body = {m: anything.of(s, m) for m, s in members.items() if anything.random.random() < 0.8}
            payload = shape.serialization.get("payload")
            method, target, data = wire_call(operation, names, body if members else None, query)
            if payload:
                data = anything.random.choice(TEXTS).encode()
            reply = world.aws.send("apigateway", method, target, data, JSON if data else ())
            assert reply.status < 500, (name, method, target, data[:2000], reply)
    # It is all there to be read.
    client = world.aws.client("apigateway")
    for name in ("GetRestApis", "GetApiKeys", "GetUsagePlans", "GetVpcLinks", "GetClientCertificates"):
        getattr(client, method_name(client, name))(limit=500)
