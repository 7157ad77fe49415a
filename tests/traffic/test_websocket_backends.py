"""WebSocket APIs by names of their own, and what is behind them: AWS services, VPC links, backends that ask for a
certificate, and whatever is called by the right of whoever has connected (API Gateway developer guide, "Set up custom
domain names for WebSocket APIs", "Set up a WebSocket API integration request")."""

import json
import ssl

import pytest

from harness.account import Aws
from harness.backend import Backend
from harness.certificates import issued
from harness.functions import function, unique
from harness.process import Gateway
from harness.services import Services, role
from harness.signing import Person, allow_invoke, document, statement
from harness.tls_backend import CERTIFICATES, DemandingBackend
from harness.websocket import RawClient, WebSocketApi, frame

OWN_RIGHT = "arn:aws:iam::*:user/*"
ERROR = "Internal server error"


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


def said(client, message="x"):
    """What a message is answered; of an error its words."""
    client.send(frame(1, message))
    text = client.message()[1].decode()
    try:
        told = json.loads(text)
    except ValueError:
        return text
    return told["message"] if isinstance(told, dict) and "connectionId" in told else told


class TestOwnRight:
    """API reference, `CreateIntegration`, `CredentialsArn`: `arn:aws:iam::*:user/*` passes the identity of whoever has
    connected through."""

    @pytest.fixture
    def api(self, aws):
        """Its function allows nobody by itself."""
        arn = function(aws, "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ran'}\n")
        api = WebSocketApi(aws)
        api.function_arn = arn
        api.route("$connect", api.mock(), AuthorizationType="AWS_IAM")
        api.route("$default", api.function(arn, CredentialsArn=OWN_RIGHT), two_way=True)
        api.deploy()
        return api

    def test_a_function_is_invoked_by_what_the_client_may_when_it_speaks(self, api, aws):
        invoke = statement("Allow", "lambda:InvokeFunction", api.function_arn)
        ivo, eve = Person(aws, allow_invoke()), Person(aws, allow_invoke())
        signed = [api.raw(headers=dict(person.headers("GET", api.path))) for person in (ivo, eve)]
        with signed[0] as client, signed[1] as other:
            assert said(client) == ERROR
            ivo.may(allow_invoke(), invoke)
            assert (said(client), said(other)) == ("ran", ERROR)
            ivo.may(allow_invoke(), invoke, statement("Deny", "lambda:*", "*"))
            assert said(client) == ERROR
            ivo.may(invoke)
            assert said(client) == "ran"
            # A right ends with its key, not with the connection.
            aws.iam.update_access_key(UserName=ivo.name, AccessKeyId=ivo.access_key, Status="Inactive")
            assert said(client) == ERROR
            aws.iam.update_access_key(UserName=ivo.name, AccessKeyId=ivo.access_key, Status="Active")
            assert said(client) == "ran"
            aws.iam.delete_access_key(UserName=ivo.name, AccessKeyId=ivo.access_key)
            assert said(client) == ERROR

    def test_where_nobody_signs_the_route_is_closed(self, api, aws):
        route = next(one for one in api.client.get_routes(ApiId=api.id)["Items"] if one["RouteKey"] == "$connect")
        ivo = Person(aws, allow_invoke(), statement("Allow", "lambda:InvokeFunction", api.function_arn))
        with api.raw(headers=dict(ivo.headers("GET", api.path))) as client:
            assert said(client) == "ran"
            api.client.update_route(ApiId=api.id, RouteId=route["RouteId"], AuthorizationType="NONE")
            api.deploy()
            assert said(client) == ERROR
            with api.raw() as unsigned:
                assert said(unsigned) == ERROR
                # Who has connected unsigned stays so.
                api.client.update_route(ApiId=api.id, RouteId=route["RouteId"], AuthorizationType="AWS_IAM")
                api.deploy()
                assert said(unsigned) == ERROR
            assert said(client) == "ran"

    def test_the_end_of_a_connection_is_told_by_the_same_right(self, aws, backend):
        source = """
import os, urllib.request

def handler(event, context):
    told = event["requestContext"]["eventType"].encode()
    urllib.request.urlopen(urllib.request.Request(os.environ["BACKEND"], told, method="POST")).read()
    return {"statusCode": 200}
"""
        arn = function(aws, source, Environment={"Variables": {"BACKEND": backend.url}})
        api = WebSocketApi(aws)
        target = api.function(arn, CredentialsArn=OWN_RIGHT)
        api.route("$connect", target, AuthorizationType="AWS_IAM")
        api.route("$disconnect", target)
        api.deploy()
        ivo = Person(aws, allow_invoke(), statement("Allow", "lambda:InvokeFunction", arn))
        api.raw(headers=dict(ivo.headers("GET", api.path))).close()
        assert [got.body for got in backend.wait_for(2)] == [b"CONNECT", b"DISCONNECT"]

    def test_a_service_is_called_with_the_clients_credentials(self, tmp_path):
        keys = {"GATEWRIGHT_ROOT_ACCESS_KEY_ID": "AKIAROOT", "GATEWRIGHT_ROOT_SECRET_ACCESS_KEY": "root-secret"}
        configuration = tmp_path / "gatewright.toml"
        configuration.write_text('auth = "strict"\n')
        with Gateway("--ephemeral", "--config", configuration, **keys) as running:
            aws = Aws(running.endpoint, "us-west-2", "AKIAROOT", "root-secret")
            api = WebSocketApi(aws)
            target = api.integration(
                IntegrationType="AWS",
                IntegrationMethod="GET",
                IntegrationUri="arn:aws:apigateway:us-west-2:iam:action/ListUsers",
                CredentialsArn=OWN_RIGHT,
            )
            chosen = {"TemplateSelectionExpression": "\\$default"}
            api.response(target, ResponseTemplates={"$default": '"listed"'}, **chosen)
            api.response(target, "/403/", ResponseTemplates={"$default": '"denied"'}, **chosen)
            api.route("$connect", api.mock(), AuthorizationType="AWS_IAM")
            api.route("$default", target, two_way=True)
            api.deploy()
            list_users = statement("Allow", "iam:ListUsers", "*")
            ivo, eve = Person(aws, allow_invoke(), list_users), Person(aws, allow_invoke())
            for person, told in [(ivo, "listed"), (eve, "denied")]:
                with api.raw(headers=dict(person.headers("GET", api.path))) as client:
                    assert said(client) == told
            # A session's right is its role's, with its token.
            trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ivo.arn}})
            acting = role(aws, trust)
            own = document(allow_invoke(), list_users)
            aws.iam.put_role_policy(RoleName=acting.rpartition("/")[2], PolicyName="p", PolicyDocument=own)
            ivo.may(statement("Allow", "sts:AssumeRole", "*"))
            sts = Aws(running.endpoint, "us-west-2", ivo.access_key, ivo.secret_key).sts
            session = sts.assume_role(RoleArn=acting, RoleSessionName="session")["Credentials"]
            acts = ivo.but(
                access_key=session["AccessKeyId"], secret_key=session["SecretAccessKey"], token=session["SessionToken"]
            )
            with api.raw(headers=dict(acts.headers("GET", api.path))) as client:
                assert said(client) == "listed"
                aws.iam.delete_role_policy(RoleName=acting.rpartition("/")[2], PolicyName="p")
                assert said(client) == "denied"


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    backend = Backend()
    configuration = tmp_path_factory.mktemp("links") / "gatewright.toml"
    configuration.write_text(f'[[vpc_links]]\nlink = "led"\naddresses = ["127.0.0.1:{backend.port}"]\n')
    with Gateway("--ephemeral", "--config", configuration) as running:
        yield running, backend
    backend.close()


class TestVpcLinks:
    """API reference, `CreateIntegration`: `connectionType: VPC_LINK` leads through the link `connectionId`; the URI
    names the host that the backend is asked for."""

    @pytest.fixture
    def network(self, standing):
        standing[1].clear()
        return standing[1]

    @pytest.fixture
    def aws(self, standing):
        return Aws(standing[0].endpoint, "us-west-2")

    @pytest.fixture
    def link(self, aws):
        balancer = "arn:aws:elasticloadbalancing:us-west-2:000000000000:loadbalancer/net/n/50dc6c495c0c9188"

        def make(name):
            return aws.apigateway.create_vpc_link(name=name, targetArns=[balancer])["id"]

        return make

    @pytest.mark.parametrize("kind", ["HTTP_PROXY", "HTTP"])
    def test_messages_go_through_the_link(self, aws, network, link, kind):
        api = WebSocketApi(aws)
        through = {"ConnectionType": "VPC_LINK", "ConnectionId": "${stageVariables.link}"}
        target = api.integration(
            IntegrationType=kind, IntegrationMethod="PUT", IntegrationUri="http://rooms.internal:8080/v1", **through
        )
        if kind == "HTTP":
            api.response(target)
        api.route("$default", target, two_way=True)
        api.deploy(StageVariables={"link": link("led")})
        with api.raw() as client:
            assert said(client, "hello") == {"from": "backend"}
        got = network.last
        assert (got.method, got.target, got.body) == ("PUT", "/v1", b"hello")
        assert got.header("Host") == "rooms.internal:8080"

    def test_clients_may_be_granted_by_what_is_behind_a_link(self, aws, network, link):
        api = WebSocketApi(aws)
        through = {"ConnectionType": "VPC_LINK", "ConnectionId": link("led")}
        target = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri="http://door.internal/", **through
        )
        api.route("$connect", target)
        api.echo()
        api.deploy()
        with api.raw() as client:
            assert said(client, "hello") == "hello"
        assert network.last.header("Host") == "door.internal"
        network.reply(status=403, body="not you")
        with pytest.raises(AssertionError, match="403"):
            api.raw()

    def test_a_link_that_leads_nowhere_closes_its_route(self, aws, standing, network, link):
        api = WebSocketApi(aws)
        unnamed = link("not-configured")
        for key, connection in [("unnamed", unnamed), ("gone", "abc123")]:
            through = {"ConnectionType": "VPC_LINK", "ConnectionId": connection}
            target = api.integration(
                IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=network.url, **through
            )
            api.route(key, target, two_way=True)
        api.deploy()
        with api.raw() as client:
            for key in ("unnamed", "gone"):
                assert said(client, json.dumps({"action": key})) == ERROR
        assert network.received == []
        standing[0].wait_for_line(rf"no target is configured for the VPC link {unnamed}")


def test_a_stage_shows_its_client_certificate(tmp_path):
    """API reference, `CreateStage`, `clientCertificateId`."""
    configuration = tmp_path / "gatewright.toml"
    configuration.write_text(f'[upstreams]\nca_bundle = "{CERTIFICATES / "authority.pem"}"\n')
    with Gateway("--ephemeral", "--config", configuration) as running:
        aws = Aws(running.endpoint, "us-west-2")
        known, unknown = (aws.apigateway.generate_client_certificate() for _ in range(2))
        backend = DemandingBackend([known["pemEncodedCertificate"]])
        api = WebSocketApi(aws)
        target = api.integration(IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=backend.url)
        api.route("$default", target, two_way=True)
        api.deploy(ClientCertificateId=known["clientCertificateId"])

        def pem(text):
            return ssl.PEM_cert_to_DER_cert(text.strip())

        with api.raw() as client:
            for _ in range(2):
                assert pem(said(client)) == pem(known["pemEncodedCertificate"])
            # A stage shows what it is told to from that moment on, to messages of open connections too.
            api.deploy(ClientCertificateId=unknown["clientCertificateId"])
            assert said(client) == ERROR
            api.deploy(ClientCertificateId=known["clientCertificateId"])
            assert pem(said(client)) == pem(known["pemEncodedCertificate"])
            api.client.update_stage(ApiId=api.id, StageName=api.stage, ClientCertificateId="")
            assert said(client) == ERROR
        backend.close()
