"""What the operator sees of HTTP APIs and says of what they reach: access logs, metrics, custom domain names, private
integrations, and AWS services (API Gateway developer guide; the page is named at each test)."""

import json
import re
import urllib.parse

import pytest

from harness import functions, logs, wire
from harness.account import ACCOUNT, Aws
from harness.backend import Backend
from harness.certificates import issued
from harness.http_apis import HttpApi
from harness.process import TOP, Gateway
from harness.services import Services, role
from harness.tls_backend import TlsBackend

REGION = "us-west-2"

#: "Customize HTTP API access logs": what a request with a JWT-less route has a value for, and what it has not.
FORMAT = (
    "$context.accountId|$context.apiId|$context.stage|$context.routeKey|$context.httpMethod|$context.path|"
    "$context.protocol|$context.status|$context.responseLength|$context.dataProcessed|$context.integrationStatus|"
    "$context.integration.status|$context.awsEndpointRequestId|$context.awsEndpointRequestId2|"
    "$context.error.message|$context.integrationErrorMessage|$context.identity.sourceIp|$context.requestId"
)


def test_each_request_has_its_line(call, aws, backend):
    api = HttpApi(aws, stage=None)
    api.http("GET /pets/{id}", backend.url)
    api.http("GET /gone", "http://127.0.0.1:9")
    group = f"/http-api/{api.id}"
    aws.logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{aws.region}:{ACCOUNT}:log-group:{group}"
    api.add_stage("prod", AccessLogSettings={"DestinationArn": arn, "Format": FORMAT})
    backend.reply(201, {"x-amzn-RequestId": "r1", "x-amz-id-2": "r2"}, b"12345")
    ids = [
        call("GET", api.path(path, "prod"), (), body).header("apigw-requestid")
        for path, body in (("/pets/7?a=b", b"123"), ("/nowhere", b""), ("/gone", b""))
    ]
    lines = {line.rpartition("|")[2]: line.rpartition("|")[0] for line in logs.lines(aws, group, 3)}
    first, second, third = (lines[id] for id in ids)
    own = f"{ACCOUNT}|{api.id}|prod"
    assert first == (
        f"{own}|GET /pets/{{id}}|GET|/prod/pets/7|HTTP/1.1|201|5|8|201|201|r1|r2|-|-|127.0.0.1"
    )
    assert second == f"{own}|-|GET|/prod/nowhere|HTTP/1.1|404|23|23|-|-|-|-|Not Found|-|127.0.0.1"
    assert third.startswith(f"{own}|GET /gone|GET|/prod/gone|HTTP/1.1|503|33|33|-|-|-|-|Service Unavailable|Network error")


def test_functions_and_authorizers_are_in_the_log(call, aws):
    source = "def handler(event, context):\n    return {'isAuthorized': True, 'context': {'key': 'value', 'numKey': 1}}\n"
    authorizer = functions.function(aws, source)
    teapot = functions.function(aws, "def handler(event, context):\n    return {'statusCode': 418}\n")
    for arn in (authorizer, teapot):
        functions.allow_gateway(aws, arn)
    api = HttpApi(aws, stage=None)
    made = api.client.create_authorizer(
        ApiId=api.id,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{authorizer}/invocations",
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=[],
    )["AuthorizerId"]
    api.function("$default", teapot, AuthorizationType="CUSTOM", AuthorizerId=made)
    group = f"/http-api/{api.id}"
    aws.logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{aws.region}:{ACCOUNT}:log-group:{group}"
    text = "$context.authorizer.key $context.authorizer.numKey $context.integration.status $context.integrationStatus"
    api.add_stage("prod", AccessLogSettings={"DestinationArn": arn, "Format": text})
    assert call("GET", api.path("/", "prod")).status == 418
    assert logs.lines(aws, group, 1) == ["value 1 418 200"]


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A gateway that finds AWS services at a stand-in and a VPC link's targets at a backend."""
    directory = tmp_path_factory.mktemp("http-api-operation")
    stand_in, hidden = Services(directory / "data"), Backend()
    configuration = directory / "gatewright.toml"
    named = [f'{name} = "{stand_in.url}"' for name in ("sqs", "events", "kinesis", "states", "appconfig")]
    secure = TlsBackend(CERTIFICATES / "backend.pem", CERTIFICATES / "backend.key")
    links = [
        f'[[vpc_links]]\nlink = "{link}"\naddresses = ["127.0.0.1:{port}"]'
        for link, port in ((LISTENER, hidden.port), (SECURE, secure.port))
    ]
    upstreams = f'[upstreams]\nca_bundle = "{CERTIFICATES / "authority.pem"}"'
    configuration.write_text("\n".join([upstreams, "[aws_endpoints]", *named, *links]))
    with Gateway("--data-dir", directory / "data", "--config", configuration) as running:
        yield running, stand_in, hidden
    stand_in.close()
    hidden.close()
    secure.close()


SECURE = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:service/srv-id"

#: A certificate for localhost, and the authority that signed it.
CERTIFICATES = TOP / "crates/gateway/src/integration/http/testdata"
LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/my-load-balancer/50dc6c495c0c9188/0467ef3c8400ae65"


@pytest.fixture
def there(standing):
    for backend in standing[1:]:
        backend.clear()
    return Aws(standing[0].endpoint, REGION)


#: "Integration subtype reference": parameters, and the request that the service gets.
SUBTYPES = [
    (
        "EventBridge-PutEvents",
        {"Detail": "$request.body", "DetailType": "made", "Source": "$request.header.from", "Time": "1721241291"},
        ("events", "AWSEvents.PutEvents"),
        {"Entries": [{"Detail": '{"a": "b c"}', "DetailType": "made", "Source": "me", "Time": 1721241291.0}]},
    ),
    (
        "SQS-SendMessage",
        {
            "QueueUrl": "http://q/0/orders",
            "MessageBody": "$request.body.a",
            "DelaySeconds": "5",
            "MessageAttributes": '{"n": {"DataType": "String", "StringValue": "${request.header.from}"}}',
        },
        ("sqs", "SendMessage"),
        {
            "QueueUrl": "http://q/0/orders",
            "MessageBody": "b c",
            "DelaySeconds": "5",
            "MessageAttribute.1.Name": "n",
            "MessageAttribute.1.Value.DataType": "String",
            "MessageAttribute.1.Value.StringValue": "me",
        },
    ),
    (
        "SQS-ReceiveMessage",
        {"QueueUrl": "http://q/0/orders", "AttributeName": '["All"]', "MaxNumberOfMessages": "2"},
        ("sqs", "ReceiveMessage"),
        {"QueueUrl": "http://q/0/orders", "AttributeName.1": "All", "MaxNumberOfMessages": "2"},
    ),
    (
        "SQS-DeleteMessage",
        {"QueueUrl": "http://q/0/orders", "ReceiptHandle": "$request.header.from"},
        ("sqs", "DeleteMessage"),
        {"QueueUrl": "http://q/0/orders", "ReceiptHandle": "me"},
    ),
    (
        "SQS-PurgeQueue",
        {"QueueUrl": "http://q/0/orders"},
        ("sqs", "PurgeQueue"),
        {"QueueUrl": "http://q/0/orders"},
    ),
    (
        "Kinesis-PutRecord",
        {"StreamName": "s", "Data": "YQ==", "PartitionKey": "$request.header.from"},
        ("kinesis", "Kinesis_20131202.PutRecord"),
        {"StreamName": "s", "Data": "YQ==", "PartitionKey": "me"},
    ),
    (
        "StepFunctions-StartExecution",
        {"StateMachineArn": "arn:m", "Input": "$request.body"},
        ("states", "AWSStepFunctions.StartExecution"),
        {"stateMachineArn": "arn:m", "input": '{"a": "b c"}'},
    ),
    (
        "StepFunctions-StartSyncExecution",
        {"StateMachineArn": "arn:m", "Name": "n", "TraceHeader": "t"},
        ("states", "AWSStepFunctions.StartSyncExecution"),
        {"stateMachineArn": "arn:m", "name": "n", "traceHeader": "t"},
    ),
    (
        "StepFunctions-StopExecution",
        {"ExecutionArn": "arn:e", "Cause": "c", "Error": "e"},
        ("states", "AWSStepFunctions.StopExecution"),
        {"executionArn": "arn:e", "cause": "c", "error": "e"},
    ),
]


@pytest.mark.parametrize(("subtype", "parameters", "called", "sent"), SUBTYPES, ids=[row[0] for row in SUBTYPES])
def test_services_are_called_by_the_role(there, standing, subtype, parameters, called, sent):
    service = standing[1]
    api, arn = HttpApi(there), role(there)
    integration = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": subtype,
        "CredentialsArn": arn,
        "PayloadFormatVersion": "1.0",
        "RequestParameters": parameters,
    }
    api.route("POST /x", integration)
    service.reply(202, {"Content-Type": "application/own"}, b"answer")
    reply = wire.send(there.endpoint, "POST", api.path("/x"), {"from": "me"}, b'{"a": "b c"}')
    assert (reply.status, reply.text, reply.header("Content-Type")) == (202, "answer", "application/own")
    got = service.last
    assert (got.method, got.target) == ("POST", "/")
    assert service.signed_by(got, called[0], REGION) == arn
    if called[0] == "sqs":
        form = dict(urllib.parse.parse_qsl(got.body.decode()))
        assert form == {"Action": called[1], "Version": "2012-11-05", **sent}
    else:
        assert got.header("X-Amz-Target") == called[1]
        assert json.loads(got.body) == sent


def test_appconfig_is_asked_for_a_configuration(there, standing):
    api, arn = HttpApi(there), role(there)
    parameters = {
        "Application": "$request.path.name",
        "Environment": "e",
        "Configuration": "c",
        "ClientId": "me",
        "ClientConfigurationVersion": "1",
    }
    integration = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": "AppConfig-GetConfiguration",
        "CredentialsArn": arn,
        "RequestParameters": parameters,
    }
    api.route("GET /{name}", integration)
    assert wire.send(there.endpoint, "GET", api.path("/a%20b")).status == 200
    got = standing[1].last
    assert got.target == (
        "/applications/a%20b/environments/e/configurations/c?client_id=me&client_configuration_version=1"
    )
    assert standing[1].signed_by(got, "appconfig", REGION) == arn
    standing[1].clear()
    # A client names no other part of the path.
    assert wire.send(there.endpoint, "GET", api.path("/a%2Fb")).status == 200
    assert standing[1].last.target.startswith("/applications/a%2Fb/environments/e/")


def test_what_is_needed_and_not_given_is_a_bad_request(there, standing):
    api = HttpApi(there)
    integration = {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": "SQS-SendMessage",
        "CredentialsArn": role(there),
        "RequestParameters": {"QueueUrl": "http://q/0/orders", "MessageBody": "$request.body.message"},
    }
    api.route("POST /x", integration)
    reply = wire.send(there.endpoint, "POST", api.path("/x"), (), b"{}")
    assert (reply.status, reply.text) == (400, '{"message":"Bad Request"}')
    assert standing[1].received == []


def test_a_private_integration_goes_where_the_operator_says(there, standing):
    """ "Create private integrations for HTTP APIs in API Gateway": the stage is a part of the path, unless the path is
    overwritten."""
    link = there.client("apigatewayv2").create_vpc_link(Name="mine", SubnetIds=["subnet-1"])["VpcLinkId"]
    private = {"ConnectionType": "VPC_LINK", "ConnectionId": link}
    api = HttpApi(there, stage="test")
    api.http("GET /pets", LISTENER, integration=private)
    api.http("GET /plain", LISTENER, request={"overwrite:path": "$request.path"}, integration=private)
    api.http("GET /closed", LISTENER.replace("my-load", "other"), integration=private)
    api.http("GET /unknown", LISTENER, integration={**private, "ConnectionId": "nobody"})
    hidden = standing[2]
    assert wire.send(there.endpoint, "GET", api.path("/pets?a=b")).status == 200
    assert (hidden.last.target, hidden.last.header("Host")) == ("/test/pets?a=b", f"127.0.0.1:{standing[0].port}")
    assert wire.send(there.endpoint, "GET", api.path("/plain")).status == 200
    assert hidden.last.target == "/plain"
    for path in ("/closed", "/unknown"):
        assert wire.send(there.endpoint, "GET", api.path(path)).status == 500


def test_a_private_integration_over_tls_verifies_the_name(there):
    """ "You can specify a tlsConfig if you require private integration traffic to use HTTPS": the name that is verified
    is the one in `serverNameToVerify`. The service has conditions, which the operator's name for it leaves out."""
    link = there.client("apigatewayv2").create_vpc_link(Name="secure", SubnetIds=["subnet-1"])["VpcLinkId"]
    private = {"ConnectionType": "VPC_LINK", "ConnectionId": link}
    api = HttpApi(there)
    service = f"{SECURE}?stage=prod&deployment=green"
    for path, name in (("good", "localhost"), ("bad", "pets.internal")):
        tls = {"TlsConfig": {"ServerNameToVerify": name}}
        api.http(f"GET /{path}", service, integration={**private, **tls})
    reply = wire.send(there.endpoint, "GET", "/good", {"Host": api.host()})
    assert reply.json == {"server_name": "localhost", "host": api.host(), "path": "/good"}
    assert wire.send(there.endpoint, "GET", api.path("/bad")).status == 500


def test_a_custom_domain_name_leads_to_a_stage(call, aws, backend):
    """ "API mappings": also with several segments, and to `$default`."""
    name = f"http.{aws.region}.example.com"
    client = aws.client("apigatewayv2")
    certificate = {"CertificateArn": issued(aws, name), "EndpointType": "REGIONAL"}
    client.create_domain_name(DomainName=name, DomainNameConfigurations=[certificate])
    arn = functions.function(aws, "def handler(event, context):\n    return event\n")
    functions.allow_gateway(aws, arn)
    api = HttpApi(aws, DisableExecuteApiEndpoint=True)
    api.function("GET /pets/{id}", arn)
    api.function("GET /old/{id}", arn, "1.0")
    api.add_stage("prod")
    client.create_api_mapping(DomainName=name, ApiId=api.id, Stage="$default", ApiMappingKey="shop/v1")
    client.create_api_mapping(DomainName=name, ApiId=api.id, Stage="prod")

    def event(path):
        return json.loads(call("GET", path, {"Host": name}).text)

    told = event("/shop/v1/pets/7")
    # "If you use API mappings to connect a stage to a custom domain name, rawPath doesn't provide the API mapping value."
    assert (told["rawPath"], told["requestContext"]["stage"]) == ("/pets/7", "$default")
    told = event("/pets/7")
    assert (told["rawPath"], told["requestContext"]["stage"]) == ("/pets/7", "prod")
    reply = call("GET", "/nowhere", {"Host": name})
    assert (reply.status, reply.text) == (404, '{"message":"Not Found"}')
    assert call("GET", api.path("/pets/7")).status == 403
    assert call("GET", "/shop/v1/prod/pets/7", {"Host": name}).status == 404
