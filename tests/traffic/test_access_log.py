"""Access logs: one line for each request, in the format of the stage. API Gateway developer guide, "Set up logging"."""

import re

import pytest

from harness import functions, wire
from harness.account import Aws, patch
from harness.definitions import RestApi, invocation_uri
from harness.logs import lines
from harness.process import Gateway, run

GROUP = "/access/pets"
FORMAT = (
    '$context.identity.sourceIp [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" '
    "$context.status $context.responseLength $context.requestId $context.stage $context.apiId"
)


@pytest.fixture
def pets(aws, api):
    """GET /pets/{petId} answers seven bytes; the stage has an access log."""
    aws.logs.create_log_group(logGroupName=GROUP)
    api.mock("/pets/{petId}", body="seven b")
    api.deploy()
    arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:{GROUP}"
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/accessLogSettings/destinationArn", arn),
            patch("replace", "/accessLogSettings/format", FORMAT),
        ],
    )
    return api


def test_a_line_for_each_request(aws, pets, call):
    reply = call("GET", pets.path("/pets/1"))
    refused = call("GET", pets.path("/nothing"))
    first, second = sorted(lines(aws, GROUP, 2), key=lambda line: refused.header("x-amzn-RequestId") in line)
    matched = re.fullmatch(
        r'(\S+) \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "GET (\S+) HTTP/1\.1" (\d+) (\d+) (\S+) test (\S+)', first
    )
    assert matched, first
    assert matched[1] == "127.0.0.1"
    assert matched[3] == "/pets/{petId}"
    assert (matched[4], matched[5], matched[6]) == ("200", "7", reply.header("x-amzn-RequestId"))
    assert matched[7] == pets.id
    assert " 403 " in second
    assert refused.header("x-amzn-RequestId") in second


def test_the_group_must_not_be_there_beforehand_to_serve(aws, pets, call):
    aws.logs.delete_log_group(logGroupName=GROUP)
    assert call("GET", pets.path("/pets/1")).status == 200


def logged(aws, api, call, variables, request):
    """The values that the line of one request has for these variables."""
    group = f"/access/{api.id}"
    api.client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            patch("replace", "/accessLogSettings/destinationArn", f"arn:aws:logs:{aws.region}:000000000000:log-group:{group}"),
            patch("replace", "/accessLogSettings/format", "|".join(f"$context.{name}" for name in ["requestId", *variables])),
        ],
    )
    request()
    (line,) = lines(aws, group, 1)
    return dict(zip(variables, line.split("|")[1:], strict=True))


@pytest.mark.parametrize("kind", ["REGIONAL", "EDGE"])
def test_the_endpoint_type_is_the_apis(aws, call, kind):
    api = RestApi(aws, endpointConfiguration={"types": [kind]})
    api.mock("/")
    api.deploy()
    assert logged(aws, api, call, ["endpointType"], lambda: call("GET", api.path())) == {"endpointType": kind}


@pytest.mark.parametrize("header", ["x-amzn-RequestId", "x-amz-request-id"])
def test_the_backends_own_identifier_of_the_request(aws, api, call, backend, header):
    """Developer guide: "The AWS endpoint's request ID"; of HTTP APIs it says from which headers it is."""
    api.http_proxy("/", backend.url)
    api.deploy()
    backend.reply(headers={header: "own-7"})
    names = ["awsEndpointRequestId", "integration.requestId", "integration.status"]
    assert logged(aws, api, call, names, lambda: call("GET", api.path())) == {
        "awsEndpointRequestId": "own-7",
        "integration.requestId": "own-7",
        "integration.status": "200",
    }


def test_functions_know_their_invocations_by_the_same_identifiers(aws, api, call):
    """Developer guide: "For Lambda proxy integration, the request ID of the Lambda function" and "The AWS endpoint's
    request ID" of the authorizer."""
    source = """
def handler(event, context):
    if "methodArn" not in event:
        body = context.aws_request_id + " " + event["requestContext"]["authorizer"]["own"]
        return {"statusCode": 200, "body": body}
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "me", "policyDocument": policy, "context": {"own": context.aws_request_id}}
"""
    arn = functions.function(aws, source)
    functions.allow_gateway(aws, arn)
    authorizer = api.client.create_authorizer(
        restApiId=api.id,
        name="own",
        type="TOKEN",
        authorizerUri=invocation_uri(aws.region, arn),
        identitySource="method.request.header.Auth",
        authorizerResultTtlInSeconds=300,
    )["id"]
    api.function_proxy("/", arn)
    api.client.update_method(
        **api.at("/", "ANY"),
        patchOperations=[
            patch("replace", "/authorizationType", "CUSTOM"),
            patch("replace", "/authorizerId", authorizer),
        ],
    )
    api.deploy()
    names = ["integration.requestId", "awsEndpointRequestId", "authorizer.requestId"]
    said = []

    def request():
        said.extend(call("GET", api.path(), {"Auth": "me"}).text.split(" "))

    line = logged(aws, api, call, names, request)
    assert len(said) == 2 and said[0] != said[1]
    assert line == dict(zip(names, (said[0], said[0], said[1]), strict=True))
    # What the authorizer had said before needs no invocation.
    call("GET", api.path(), {"Auth": "me"})
    assert {line.split("|")[3] for line in lines(aws, f"/access/{api.id}", 2)} == {said[1], "-"}


def test_without_a_web_acl_there_is_nothing_to_say_of_it(aws, api, call):
    """Developer guide: "Will not be set if the stage is not associated with a web ACL"."""
    api.mock("/")
    api.deploy()
    names = ["waf.error", "waf.latency", "waf.status", "wafResponseCode", "webaclArn", "awsEndpointRequestId"]
    assert set(logged(aws, api, call, names, lambda: call("GET", api.path())).values()) == {"-"}


def test_why_an_authorizer_let_nobody_through(aws, api, call):
    arn = functions.function(aws, "def handler(event, context):\n    raise Exception('Unauthorized')\n")
    functions.allow_gateway(aws, arn)
    authorizer = api.client.create_authorizer(
        restApiId=api.id,
        name="own",
        type="TOKEN",
        authorizerUri=invocation_uri(aws.region, arn),
        identitySource="method.request.header.Auth",
    )["id"]
    api.mock("/", authorizationType="CUSTOM", authorizerId=authorizer)
    api.deploy()
    names = ["authorizer.error", "authorizer.status", "status"]
    assert logged(aws, api, call, names, lambda: call("GET", api.path(), {"Auth": "me"})) == {
        "authorizer.error": "the caller is not known to the authorizer",
        "authorizer.status": "401",
        "status": "401",
    }


PHASES = [f"{phase}.{part}" for phase in ("authenticate", "authorize") for part in ("status", "error")]


def test_a_policy_that_does_not_let_a_request_in_is_its_authorization(aws, api, call):
    """Developer guide: "The status code returned from an authorization attempt", "The authorization error message"."""
    source = """
def handler(event, context):
    effect = event["authorizationToken"]
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
    arn = functions.function(aws, source)
    functions.allow_gateway(aws, arn)
    authorizer = api.client.create_authorizer(
        restApiId=api.id,
        name="own",
        type="TOKEN",
        authorizerUri=invocation_uri(aws.region, arn),
        identitySource="method.request.header.Auth",
    )["id"]
    api.mock("/", authorizationType="CUSTOM", authorizerId=authorizer)
    api.deploy()
    names = [*PHASES, "authorize.latency", "authorizer.status"]
    allowed = logged(aws, api, call, names, lambda: call("GET", api.path(), {"Auth": "Allow"}))
    assert allowed.pop("authorize.latency").isdigit()
    assert list(allowed.values()) == ["-", "-", "200", "-", "200"]
    api.client.delete_stage(restApiId=api.id, stageName="test")
    api.deploy()
    aws.logs.delete_log_group(logGroupName=f"/access/{api.id}")
    denied = logged(aws, api, call, names, lambda: call("GET", api.path(), {"Auth": "Deny"}))
    del denied["authorize.latency"]
    message = "User is not authorized to access this resource with an explicit deny"
    assert list(denied.values()) == ["-", "-", "403", message, "200"]


def test_a_signature_is_what_a_request_is_authenticated_by(aws, api, call):
    """Developer guide: "The status code returned from an authentication attempt"."""
    api.mock("/", authorizationType="AWS_IAM")
    api.deploy()
    names = [*PHASES, "authenticate.latency"]
    refused = logged(aws, api, call, names, lambda: call("GET", api.path()))
    assert refused.pop("authenticate.latency").isdigit()
    assert list(refused.values()) == ["403", "Missing Authentication Token", "-", "-"]


def test_without_checks_there_is_nothing_to_say_of_them(aws, api, call):
    api.mock("/")
    api.deploy()
    assert set(logged(aws, api, call, PHASES, lambda: call("GET", api.path())).values()) == {"-"}


@pytest.mark.parametrize("to", ["file", "stdout"])
def test_all_access_logs_are_copied_to_where_the_operator_says(tmp_path, to):
    copy = tmp_path / "access.log"
    config = tmp_path / "gatewright.toml"
    config.write_text(f'[access_log]\ncopy_to = "{"stdout" if to == "stdout" else copy}"\n')
    with Gateway("--ephemeral", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = RestApi(aws)
        api.mock("/pets")
        api.deploy()
        arn = f"arn:aws:logs:{aws.region}:000000000000:log-group:{GROUP}"
        settings = {"destinationArn": arn, "format": "$context.requestId $context.resourcePath $context.identity.userAgent"}
        patches = [patch("replace", f"/accessLogSettings/{name}", value) for name, value in settings.items()]
        api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=patches)
        sent = [wire.send(gateway.endpoint, "GET", api.path("/pets"), {"User-Agent": "me"}) for _ in range(3)]
        # Each core collects lines for itself, so their order is that of one core's.
        expected = sorted(f"{reply.header('x-amzn-RequestId')} /pets me" for reply in sent)
        assert sorted(lines(aws, GROUP, 3)) == expected
    written = copy.read_text().splitlines() if to == "file" else gateway.output
    assert sorted(line for line in written if line.endswith(" /pets me")) == expected


def test_a_copy_that_cannot_be_made_is_one_sentence(tmp_path):
    config = tmp_path / "gatewright.toml"
    config.write_text(f'[access_log]\ncopy_to = "{tmp_path}/nowhere/access.log"\n')
    ended = run("serve", "--ephemeral", "--listen", "127.0.0.1:0", "--config", config)
    assert ended.returncode == 1
    assert f"the copy of the access logs cannot be written to {tmp_path}/nowhere/access.log: No such file" in ended.stderr
