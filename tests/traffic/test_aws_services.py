"""AWS integrations with other services than Lambda: the request that the service gets, by whose right, and what its
answer becomes. Numbers are those of the behaviours recorded from AWS; "guide" is the API Gateway developer guide."""

import json
import socket

import pytest

from harness import wire
from harness.account import Aws, patch, refused
from harness.definitions import RestApi
from harness.functions import TRUST_LAMBDA
from harness.process import Gateway
from harness.services import Services, role
from harness.signing import Person, allow_invoke, document, statement

REGION = "us-west-2"
INTERNAL = b'{"message": "Internal server error"}'
JSON = {"Content-Type": "application/json"}

XML = (
    b'<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult>'
    b"<MessageId>m-1</MessageId></SendMessageResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
    b"</SendMessageResponse>"
)


def free_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A gateway that finds most services at a stand-in, and the stand-in."""
    directory = tmp_path_factory.mktemp("services")
    stand_in = Services(directory / "data")
    configuration = directory / "gatewright.toml"
    named = [f'{name} = "{stand_in.url}"' for name in ("sqs", "sns", "dynamodb", "states", "events", "kinesis", "s3", "ssm")]
    named.append(f'firehose = "http://127.0.0.1:{free_port()}"')
    configuration.write_text("\n".join(["[aws_endpoints]", *named]))
    with Gateway("--data-dir", directory / "data", "--config", configuration) as running:
        yield running, stand_in
    stand_in.close()


@pytest.fixture
def service(standing):
    standing[1].clear()
    return standing[1]


@pytest.fixture
def aws(standing):
    return Aws(standing[0].endpoint, REGION)


@pytest.fixture
def api(aws):
    return RestApi(aws)


@pytest.fixture
def trusted(aws):
    return role(aws)


@pytest.fixture
def ask(standing, api):
    """Sends to a path of the API's stage `test`."""

    def send(path, method="POST", headers=(), body=b""):
        return wire.send(standing[0].endpoint, method, api.path(path), headers, body)

    return send


def integrate(
    api,
    path,
    call,
    credentials,
    method="POST",
    backend_method=None,
    parameters=None,
    headers=None,
    authorizationType="NONE",
    **settings,
):
    """A method with an AWS integration and a default response, whose headers are `headers`."""
    parameters = parameters or {}
    reads = {source: False for source in parameters.values() if source.startswith("method.request.")}
    api.method(path, method, requestParameters=reads, authorizationType=authorizationType)
    api.integration(
        path,
        method,
        type="AWS",
        integrationHttpMethod=backend_method or method,
        uri=f"arn:aws:apigateway:{REGION}:{call}",
        credentials=credentials,
        requestParameters=parameters,
        **settings,
    )
    api.reply(path, method, headers=headers)


@pytest.mark.parametrize(
    ("action", "target", "content_type"),
    [
        ("dynamodb:action/PutItem", "DynamoDB_20120810.PutItem", "application/x-amz-json-1.0"),
        ("states:action/StartExecution", "AWSStepFunctions.StartExecution", "application/x-amz-json-1.0"),
        ("events:action/PutEvents", "AWSEvents.PutEvents", "application/x-amz-json-1.1"),
        ("kinesis:action/PutRecords", "Kinesis_20131202.PutRecords", "application/x-amz-json-1.1"),
    ],
)
def test_services_of_json_are_told_the_action_by_its_target(api, trusted, service, ask, action, target, content_type):
    """193, 194."""
    integrate(api, "/x", action, trusted, requestTemplates={"application/json": '{"Given": $input.json("$.name")}'})
    api.deploy()
    service.reply(200, {"Content-Type": content_type, "x-amzn-RequestId": "of-service"}, b'{"Count": 1}')
    got = ask("/x", headers=JSON, body=b'{"name": "Rex"}')
    received = service.last
    name, action = action.split(":action/")
    assert (received.method, received.target, received.body) == ("POST", f"/?Action={action}", b'{"Given": "Rex"}')
    assert (received.header("X-Amz-Target"), received.header("Content-Type")) == (target, content_type)
    assert received.header("Accept") == "application/json"
    assert received.header("User-Agent") == f"AmazonAPIGateway_{api.id}"
    assert received.header("X-Amzn-Apigateway-Api-Id") == api.id
    assert service.signed_by(received, name, REGION) == trusted
    assert (got.status, got.body, got.header("Content-Type")) == (200, b'{"Count": 1}', "application/json")
    assert got.header("X-Amzn-Trace-Id").startswith("Root=1-")
    assert len(got.header("x-amzn-RequestId")) == 36


def test_a_queue_is_called_by_path_and_its_xml_is_read(api, trusted, service, ask):
    """192, 195, 196: the template makes a form, the answer's XML is read by paths."""
    integrate(
        api,
        "/queue",
        "sqs:path/000000000000/orders",
        trusted,
        parameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={
            "application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
            "&MessageAttribute.1.Name=kind&MessageAttribute.1.Value.StringValue=$util.urlEncode('a b&c')"
            "&MessageAttribute.1.Value.DataType=String"
        },
    )
    api.answer(
        "/queue",
        '{"id": "$input.path(\'$.SendMessageResponse.SendMessageResult.MessageId\')", "whole": $input.json("$")}',
        "POST",
    )
    api.deploy()
    service.reply(200, {"Content-Type": "text/xml"}, XML)
    got = ask("/queue", headers=JSON, body=b'{"n": "1&2"}')
    received = service.last
    assert (received.method, received.target) == ("POST", "/000000000000/orders")
    assert received.header("Content-Type") == "application/x-www-form-urlencoded"
    assert received.body == (
        b"Action=SendMessage&MessageBody=%7B%22n%22%3A+%221%262%22%7D&MessageAttribute.1.Name=kind"
        b"&MessageAttribute.1.Value.StringValue=a+b%26c&MessageAttribute.1.Value.DataType=String"
    )
    assert service.signed_by(received, "sqs", REGION) == trusted
    assert got.json == {
        "id": "m-1",
        "whole": {
            "SendMessageResponse": {
                "SendMessageResult": {"MessageId": "m-1"},
                "ResponseMetadata": {"RequestId": "r-1"},
            }
        },
    }


def test_xml_without_a_template_passes(api, trusted, service, ask):
    """199: what a service answers is handed on as it is."""
    integrate(api, "/queue", "sqs:action/ReceiveMessage", trusted)
    api.deploy()
    service.reply(200, {"Content-Type": "text/xml"}, XML)
    assert ask("/queue").body == XML


def test_query_services_get_action_and_version_in_the_query(api, trusted, service, ask):
    """The guide's form `action/{name}&{p1}={v1}`, and mapped query parameters."""
    integrate(
        api,
        "/topic",
        "sns:action/Publish&TopicArn=arn:aws:sns:us-west-2:000000000000:t",
        trusted,
        parameters={"integration.request.querystring.Message": "method.request.querystring.m"},
    )
    integrate(api, "/parameter", "ssm:action/GetParameter", trusted, method="GET")
    api.deploy()
    assert ask("/topic?m=a%26Action%3DDeleteTopic&x=1").status == 200
    received = service.last
    assert received.target == (
        "/?Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A000000000000%3At"
        "&Message=a%26Action%3DDeleteTopic"
    )
    assert service.signed_by(received, "sns", REGION) == trusted
    assert received.header("X-Amz-Target") is None
    ask("/parameter", "GET")
    assert service.last.target == "/?Action=GetParameter&Version=2014-11-06"
    assert service.signed_by(service.last, "ssm", REGION) == trusted


def test_sqs_speaks_json_if_the_integration_says_so(api, trusted, service, ask):
    """197."""
    integrate(
        api,
        "/queue",
        "sqs:path//",
        trusted,
        parameters={
            "integration.request.header.X-Amz-Target": "'AmazonSQS.SendMessage'",
            "integration.request.header.Content-Type": "'application/x-amz-json-1.0'",
        },
    )
    api.deploy()
    ask("/queue", headers=JSON, body=b'{"QueueUrl": "q", "MessageBody": "m"}')
    received = service.last
    assert (received.target, received.body) == ("/", b'{"QueueUrl": "q", "MessageBody": "m"}')
    assert received.all("Content-Type") == ["application/x-amz-json-1.0"]
    assert received.all("X-Amz-Target") == ["AmazonSQS.SendMessage"]
    assert service.signed_by(received, "sqs", REGION) == trusted


def test_implied_headers_give_way_to_mapped_ones(api, trusted, service, ask):
    integrate(
        api,
        "/table",
        "dynamodb:action/Scan",
        trusted,
        parameters={"integration.request.header.Content-Type": "'application/json'"},
    )
    api.deploy()
    ask("/table", headers=JSON, body=b"{}")
    assert service.last.all("Content-Type") == ["application/json"]
    assert service.last.header("X-Amz-Target") == "DynamoDB_20120810.Scan"


def bucket(api, credentials, call="s3:path/b/{key}"):
    """Objects of a bucket, by ANY."""
    integrate(
        api,
        "/{object_path+}",
        call,
        credentials,
        method="ANY",
        parameters={"integration.request.path.key": "method.request.path.object_path"},
        headers={"ETag": "integration.response.header.ETag"},
    )
    api.reply("/{object_path+}", "ANY", "404", selectionPattern=r"4\d{2}")
    api.deploy()


def test_objects_are_got_put_and_deleted(api, trusted, service, ask):
    """199, 209: ANY is the client's verb, the path is mapped, the status is chosen by pattern."""
    bucket(api, trusted)
    for method, body in (("GET", b""), ("PUT", b"text"), ("DELETE", b"")):
        service.reply(200, {"Content-Type": "text/plain", "ETag": '"e1"'}, b"an object")
        got = ask("/a/b%20c/d", method, body=body)
        received = service.last
        assert (received.method, received.target, received.body) == (method, "/b/a/b%20c/d", body)
        assert len(received.header("X-Amz-Content-Sha256")) == 64
        assert service.signed_by(received, "s3", REGION) == trusted
        assert (got.status, got.body, got.header("ETag")) == (200, b"an object", '"e1"')
    error = b"<Error><Code>NoSuchKey</Code><HostId>h</HostId><RequestId>r</RequestId></Error>"
    service.reply(404, {"Content-Type": "application/xml"}, error)
    got = ask("/absent", "GET")
    assert (got.status, got.body) == (404, error)


def test_a_bucket_in_front_of_the_host_goes_into_the_path(api, trusted, service, ask):
    """192, the form with a subdomain: no name leads to a bucket of the stand-in's."""
    bucket(api, trusted, "pictures.s3:path/{key}")
    ask("/cat.png", "GET")
    assert service.last.target == "/pictures/cat.png"
    assert service.last.header("Host") == service.url.removeprefix("http://")
    assert service.signed_by(service.last, "s3", REGION) == trusted


@pytest.mark.parametrize(
    "path", ["/../other/k", "/a/../../other", "/%2e%2e/other", "/.%2E/other", "/a/%2e/b", "/a%2f..%2f..%2fother", "/.", "/a/.."]
)
def test_no_path_leads_out_of_the_bucket(api, trusted, service, ask, path):
    bucket(api, trusted)
    assert (ask(path, "GET").status, service.received) == (500, [])


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a?x=1&Action=DeleteBucket", "/b/a"),
        ("/a%3fx=1", "/b/a%3Fx%3D1"),
        ("/a%23b", "/b/a%23b"),
        ("/a%0d%0aX-Evil:%201", "/b/a%0D%0AX-Evil%3A%201"),
        ("/a%00b", "/b/a%00b"),
        ("/a%2fb", "/b/a/b"),
        ("/@evil.example/x", "/b/%40evil.example/x"),
        ("/a//b", "/b/a//b"),
        ("/a+b%2Bc", "/b/a%2Bb%2Bc"),
        ("/%C3%A4", "/b/%C3%A4"),
        ("/(a)!*'", "/b/%28a%29%21%2A%27"),
    ],
)
def test_whatever_a_client_writes_stays_in_its_place(api, trusted, service, ask, path, target):
    """One spelling of each byte: that which the signature covers."""
    bucket(api, trusted)
    assert ask(path, "GET").status == 200
    received = service.last
    assert (received.target, received.header("X-Evil")) == (target, None)
    assert service.signed_by(received, "s3", REGION) == trusted


def test_a_client_chooses_neither_host_nor_headers(api, trusted, service, ask):
    """No header of the client's is handed on, and one that would need a line end fails."""
    integrate(
        api,
        "/queue",
        "sqs:action/SendMessage",
        trusted,
        parameters={"integration.request.header.X-Mapped": "method.request.querystring.h"},
    )
    api.deploy()
    headers = {"X-Amz-Target": "Evil.Call", "X-Amz-Security-Token": "t", "Authorization": "Bearer b", "X-Forwarded-Host": "e"}
    ask("/queue?h=v", headers=headers)
    received = service.last
    assert received.header("Host") == service.url.removeprefix("http://")
    assert (received.header("X-Amz-Target"), received.header("X-Forwarded-Host")) == (None, None)
    assert received.header("X-Mapped") == "v"
    assert service.signed_by(received, "sqs", REGION) == trusted
    service.clear()
    got = ask("/queue?h=a%0d%0aX-Evil:1")
    assert (got.status, got.body, service.received) == (500, INTERNAL, [])


def test_mapped_authorization_never_goes_out(api, trusted, service, ask):
    """183: for AWS integrations it fails."""
    integrate(
        api,
        "/queue",
        "sqs:action/SendMessage",
        trusted,
        parameters={"integration.request.header.Authorization": "method.request.header.X-Own"},
    )
    api.deploy()
    assert (ask("/queue", headers={"X-Own": "x"}).status, service.received) == (500, [])


def test_a_role_is_asked_for_once(api, trusted, service, ask, aws):
    """The session is kept, and is that of the role which the integration names now."""
    integrate(api, "/queue", "sqs:action/SendMessage", trusted)
    api.deploy()
    for _ in range(3):
        assert ask("/queue").status == 200
    assert len({received.header("X-Amz-Security-Token") for received in service.received}) == 1
    session = service.issued(service.last.header("Authorization").split("Credential=")[1].split("/")[0])
    assert session["session_name"] == "BackplaneAssumeRoleSession"
    other = role(aws)
    api.client.update_integration(**api.at("/queue", "POST"), patchOperations=[patch("replace", "/credentials", other)])
    api.deploy()
    ask("/queue")
    assert service.signed_by(service.last, "sqs", REGION) == other


def test_a_role_that_does_not_trust_api_gateway_opens_nothing(api, service, ask, aws):
    integrate(api, "/queue", "sqs:action/SendMessage", role(aws, TRUST_LAMBDA))
    api.deploy()
    got = ask("/queue")
    assert (got.status, got.body, service.received) == (500, INTERNAL, [])
    assert got.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_trust_counts_as_it_is_now(api, service, ask, aws):
    """A role that is made, no longer trusts, trusts again, and is gone: each from the next request on."""
    arn = "arn:aws:iam::000000000000:role/of-the-moment"
    integrate(api, "/queue", "sqs:action/SendMessage", arn)
    api.deploy()
    assert ask("/queue").status == 500
    role(aws, name="of-the-moment")
    assert ask("/queue").status == 200
    first = service.last.header("X-Amz-Security-Token")
    aws.iam.update_assume_role_policy(RoleName="of-the-moment", PolicyDocument=TRUST_LAMBDA)
    assert ask("/queue").status == 500
    aws.iam.delete_role(RoleName="of-the-moment")
    assert ask("/queue").status == 500
    role(aws, name="of-the-moment")
    assert ask("/queue").status == 200
    assert service.last.header("X-Amz-Security-Token") != first
    assert len(service.received) == 2


def test_a_role_of_the_same_name_elsewhere_is_another_role(api, service, ask, aws):
    role(aws, name="named")
    integrate(api, "/queue", "sqs:action/SendMessage", "arn:aws:iam::000000000000:role/path/named")
    api.deploy()
    assert (ask("/queue").status, service.received) == (500, [])


def test_an_integration_without_a_role_is_refused(api):
    """192: the role is asked for when the integration is defined."""
    api.method("/queue", "POST")
    with refused(400, "BadRequestException", "Role ARN must be specified for AWS integrations"):
        api.integration(
            "/queue",
            "POST",
            type="AWS",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage",
        )


def test_a_service_without_an_endpoint_is_not_called(standing, api, trusted, service, ask):
    integrate(api, "/key", "kms:action/Decrypt", trusted)
    api.deploy()
    got = ask("/key")
    assert (got.status, got.body, service.received) == (500, INTERNAL, [])
    standing[0].wait_for_line(r"no endpoint is configured for the AWS service kms: name one under \[aws_endpoints\]")


def test_stage_variables_choose_action_and_role(api, trusted, service, ask):
    """The guide, "Using API Gateway stage variables": in the URI and in the credentials."""
    integrate(
        api,
        "/queue",
        "sqs:path/000000000000/${stageVariables.queue}",
        "arn:aws:iam::000000000000:role/${stageVariables.role}",
    )
    api.deploy(variables={"queue": "blue", "role": trusted.rpartition("/")[2]})
    ask("/queue")
    assert service.last.target == "/000000000000/blue"
    assert service.signed_by(service.last, "sqs", REGION) == trusted


def test_status_codes_choose_the_response(api, trusted, service, ask):
    """The guide: for AWS services the pattern is matched with the status code."""
    integrate(api, "/table", "dynamodb:action/GetItem", trusted)
    api.reply(
        "/table",
        "POST",
        "409",
        selectionPattern=r"4\d{2}",
        responseTemplates={"application/json": "$input.path('$.__type')"},
    )
    api.deploy()
    service.reply(400, {"Content-Type": "application/x-amz-json-1.0"}, b'{"__type": "ConditionalCheckFailedException"}')
    got = ask("/table", headers=JSON, body=b"{}")
    assert (got.status, got.body) == (409, b"ConditionalCheckFailedException")
    service.reply(500, {}, b"oops")
    got = ask("/table", headers=JSON, body=b"{}")
    assert (got.status, got.body) == (200, b"oops")


@pytest.mark.parametrize(
    ("behavior", "templates", "content_type", "status"),
    [
        ("WHEN_NO_MATCH", {"application/json": "t"}, "text/plain", 200),
        ("WHEN_NO_TEMPLATES", {"application/json": "t"}, "text/plain", 415),
        ("WHEN_NO_TEMPLATES", {}, "text/plain", 200),
        ("NEVER", {}, "text/plain", 415),
        ("NEVER", {"application/json": "t"}, "text/plain", 415),
    ],
)
def test_payloads_without_a_template_pass_or_do_not(api, trusted, service, ask, behavior, templates, content_type, status):
    """200."""
    integrate(
        api, "/queue", "sqs:action/SendMessage", trusted, requestTemplates=templates, passthroughBehavior=behavior
    )
    api.deploy()
    got = ask("/queue", headers={"Content-Type": content_type}, body=b"as it is")
    assert got.status == status
    if status == 200:
        assert (service.last.body, service.last.header("Content-Type")) == (b"as it is", content_type)
    else:
        assert (got.json, service.received) == ({"message": "Unsupported Media Type"}, [])


def test_a_service_that_is_not_there_is_a_gateway_timeout(api, trusted, ask):
    integrate(api, "/stream", "firehose:action/PutRecord", trusted)
    api.deploy()
    got = ask("/stream", headers=JSON, body=b"{}")
    assert (got.status, got.body) == (504, b'{"message": "Network error communicating with endpoint"}')


def test_a_slow_service_is_not_waited_for(api, trusted, service, ask):
    integrate(api, "/queue", "sqs:action/SendMessage", trusted, timeoutInMillis=50)
    api.deploy()
    service.hold()
    got = ask("/queue")
    assert (got.status, got.body) == (504, b'{"message": "Endpoint request timed out"}')
    service.release()


def test_answers_are_taken_up_to_ten_megabytes(api, trusted, service, ask):
    """The guide's quota: a payload of 10 MB."""
    integrate(api, "/object", "s3:path/b/k", trusted, method="GET")
    api.deploy()
    most = 10 * 1024 * 1024
    service.reply(200, {"Content-Type": "text/plain"}, b"x" * most)
    got = ask("/object", "GET")
    assert (got.status, len(got.body)) == (200, most)
    service.reply(200, {"Content-Type": "text/plain"}, b"x" * (most + 1))
    assert ask("/object", "GET").status == 500


def test_a_test_invocation_calls_the_service_too(api, trusted, service, aws):
    integrate(api, "/table", "dynamodb:action/Scan", trusted)
    service.reply(200, {"Content-Type": "application/x-amz-json-1.0"}, b'{"Count": 0}')
    got = aws.apigateway.test_invoke_method(**api.at("/table", "POST"), body="{}")
    assert (got["status"], got["body"]) == (200, '{"Count": 0}')
    assert f"Endpoint request URI: {service.url}/?Action=Scan\n" in got["log"]
    assert "Authorization" not in got["log"]
    assert "X-Amz-Security-Token" not in got["log"]
    assert service.signed_by(service.last, "dynamodb", REGION) == trusted


def policy(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


def test_the_gateways_own_services_hold_the_role_to_its_policies(tmp_path):
    """In strict mode it is the signature that they believe, and the role's policies that they ask."""
    keys = {"GATEWRIGHT_ROOT_ACCESS_KEY_ID": "AKIAROOT", "GATEWRIGHT_ROOT_SECRET_ACCESS_KEY": "root-secret"}
    configuration = tmp_path / "gatewright.toml"
    configuration.write_text('auth = "strict"\n')
    with Gateway("--ephemeral", "--config", configuration, **keys) as running:
        aws = Aws(running.endpoint, REGION, "AKIAROOT", "root-secret")
        api = RestApi(aws)
        allowed, other = role(aws), role(aws)
        aws.iam.put_role_policy(RoleName=allowed.rpartition("/")[2], PolicyName="p", PolicyDocument=policy("iam:ListUsers"))
        aws.iam.put_role_policy(RoleName=other.rpartition("/")[2], PolicyName="p", PolicyDocument=policy("iam:GetUser"))
        aws.iam.create_user(UserName="ann")
        for path, credentials in (("/allowed", allowed), ("/other", other)):
            integrate(api, path, "iam:action/ListUsers", credentials, method="GET")
            api.reply(path, "GET", "403", selectionPattern="403")
        integrate(api, "/apis", "apigateway:path/restapis", allowed, method="GET")
        api.reply("/apis", "GET", "403", selectionPattern="403")
        api.deploy()

        def get(path):
            return wire.send(running.endpoint, "GET", api.path(path), [], b"")

        assert get("/allowed").status == 200
        assert b"<UserName>ann</UserName>" in get("/allowed").body
        for path in ("/other", "/apis"):
            assert get(path).status == 403, get(path)
        aws.iam.delete_role_policy(RoleName=allowed.rpartition("/")[2], PolicyName="p")
        assert get("/allowed").status == 403


def test_a_service_is_called_by_the_callers_own_right(tmp_path):
    """API reference, `PutIntegration`, `credentials`: `arn:aws:iam::*:user/*` passes the caller's identity through. The
    service decides by what the caller may do, and nothing is kept for somebody who may less."""
    own_right = "arn:aws:iam::*:user/*"
    keys = {"GATEWRIGHT_ROOT_ACCESS_KEY_ID": "AKIAROOT", "GATEWRIGHT_ROOT_SECRET_ACCESS_KEY": "root-secret"}
    configuration = tmp_path / "gatewright.toml"
    configuration.write_text('auth = "strict"\n[aws_endpoints]\nsns = "aws"\ncredentials = "environment"\n')
    keys |= {"AWS_ACCESS_KEY_ID": "AKIAATAWS", "AWS_SECRET_ACCESS_KEY": "secret-at-aws"}
    with Gateway("--ephemeral", "--config", configuration, **keys) as running:
        aws = Aws(running.endpoint, REGION, "AKIAROOT", "root-secret")
        api = RestApi(aws)
        for path, authorization, call in [
            ("/own", "AWS_IAM", "iam:action/ListUsers"),
            ("/open", "NONE", "iam:action/ListUsers"),
            ("/at-aws", "AWS_IAM", "sns:action/ListTopics"),
        ]:
            integrate(api, path, call, own_right, method="GET", authorizationType=authorization)
            api.reply(path, "GET", "403", selectionPattern="403")
        api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
        settings = [patch("replace", "/*/*/caching/enabled", "true")]
        api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=settings)
        list_users = statement("Allow", "iam:ListUsers", "*")
        ivo, eve = Person(aws, allow_invoke(), list_users), Person(aws, allow_invoke())
        listed = ivo.get(api.path("/own"))
        assert (listed.status, f"<UserName>{eve.name}</UserName>" in listed.text) == (200, True)
        assert eve.get(api.path("/own")).status == 403
        # A session's token goes with its keys.
        acting = role(aws, document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ivo.arn}}))
        name = acting.rpartition("/")[2]
        aws.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy("execute-api:Invoke", "iam:ListUsers"))
        ivo.may(statement("Allow", "sts:AssumeRole", "*"))
        assert ivo.get(api.path("/own")).status == 403
        own = Aws(running.endpoint, REGION, ivo.access_key, ivo.secret_key)
        session = own.sts.assume_role(RoleArn=acting, RoleSessionName="session")["Credentials"]
        acts = ivo.but(access_key=session["AccessKeyId"], secret_key=session["SecretAccessKey"], token=session["SessionToken"])
        assert acts.get(api.path("/own")).status == 200
        # Where nobody signs there is no right, and AWS does not know the keys that are good here.
        ivo.may(allow_invoke(), list_users)
        for path in ("/open", "/at-aws"):
            assert (ivo.get(api.path(path)).status, ivo.get(api.path(path)).body) == (500, INTERNAL), path
