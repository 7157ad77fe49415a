"""WebSocket APIs by names of their own, and with AWS services behind them (API Gateway developer guide, "Set up custom
domain names for WebSocket APIs", "Set up a WebSocket API integration request")."""

import json

import pytest

from harness.account import Aws
from harness.certificates import issued
from harness.functions import unique
from harness.process import Gateway
from harness.services import Services, role
from harness.signing import Person, statement
from harness.websocket import RawClient, WebSocketApi, frame


@pytest.fixture
def named(aws):
    """An API and its name, which leads to it under `/chat`."""
    api = WebSocketApi(aws)
    told = '{"id": "$context.connectionId", "domain": "$context.domainName"}'
    api.route("$default", api.mock(told), two_way=True)
    api.deploy()
    name = f"{unique('chat', aws)}.example.com"
    configuration = {"CertificateArn": issued(aws, name), "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    api.client.create_domain_name(DomainName=name, DomainNameConfigurations=[configuration])
    api.client.create_api_mapping(DomainName=name, ApiId=api.id, Stage=api.stage, ApiMappingKey="chat")
    return api, name


def test_a_custom_domain_name_leads_to_connections_and_to_their_callbacks(named, aws):
    api, name = named
    ada = Person(aws, statement("Allow", "execute-api:ManageConnections", "*"))
    with RawClient(aws.endpoint, "/chat", {"Host": name}) as client:
        client.send(frame(1, "who am I?"))
        told = json.loads(client.message()[1])
        assert told["domain"] == name
        target = f"/chat/%40connections/{told['id'].replace('=', '%3D')}"
        assert ada.send("POST", target, {"Host": name}, b"by name").status == 200
        assert client.message() == (1, b"by name")
    reply = ada.send("POST", "/%40connections/abc%3D", {"Host": name}, b"x")
    assert reply.status == 403


def test_a_service_gets_what_the_template_makes_of_the_message(tmp_path):
    stand_in = Services(tmp_path / "data")
    config = tmp_path / "gatewright.toml"
    config.write_text(f'[aws_endpoints]\ndynamodb = "{stand_in.url}"\n')
    with Gateway("--data-dir", tmp_path / "data", "--config", config) as gateway:
        aws = Aws(gateway.endpoint, "us-west-2")
        api = WebSocketApi(aws)
        target = api.integration(
            IntegrationType="AWS",
            IntegrationMethod="POST",
            IntegrationUri="arn:aws:apigateway:us-west-2:dynamodb:action/PutItem",
            CredentialsArn=role(aws),
            RequestTemplates={
                "$default": '{"TableName": "people", "Item": {"id": {"S": "$context.connectionId"},'
                ' "name": {"S": $input.json(\'$.name\')}}}'
            },
            TemplateSelectionExpression="\\$default",
        )
        chosen = {"TemplateSelectionExpression": "\\$default"}
        api.response(target, ResponseTemplates={"$default": '"stored"'}, **chosen)
        api.response(target, "/4\\d\\d/", ResponseTemplates={"$default": '"refused"'}, **chosen)
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            stand_in.reply(body="{}")
            client.send('{"name": "Ada"}')
            assert client.recv(timeout=20) == '"stored"'
            stand_in.reply(status=400, body="{}")
            client.send('{"name": "Bob"}')
            assert client.recv(timeout=20) == '"refused"'
        first = stand_in.received[0]
        item = json.loads(first.body)["Item"]
        assert (first.header("x-amz-target"), item["name"]) == ("DynamoDB_20120810.PutItem", {"S": "Ada"})
        assert len(item["id"]["S"]) == 16
        stand_in.signed_by(first, "dynamodb", "us-west-2")
    stand_in.close()
