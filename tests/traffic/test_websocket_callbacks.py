"""`@connections`: backends speak to clients (API Gateway developer guide, "Use @connections commands in your backend
service"; the service's model for its errors). Who may is always asked, in development mode too."""

import json

import boto3
import botocore.config
import botocore.exceptions
import pytest

from harness import functions, wire
from harness.account import Aws
from harness.process import TOP, Gateway
from harness.signing import Person, Signer, document, statement
from harness.websocket import PING, PONG, WebSocketApi, frame

MANAGE = "execute-api:ManageConnections"


@pytest.fixture
def api(aws):
    """Tells each client its identifier."""
    api = WebSocketApi(aws)
    api.route("$default", api.mock('{"id": "$context.connectionId"}'), two_way=True)
    api.deploy()
    return api


@pytest.fixture
def ada(aws):
    """May manage all connections."""
    return Person(aws, statement("Allow", MANAGE, "*"))


def identifier(client):
    client.send("who am I?")
    return json.loads(client.recv(timeout=20))["id"]


def refusal(call, **arguments):
    """The code and the status of what a client of AWS's raises."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**arguments)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_messages_reach_the_client_in_their_order(api, ada):
    management = api.management(ada)
    with api.connect() as client:
        id = identifier(client)
        for text in ("one", "two", "ü", ""):
            answer = management.post_to_connection(ConnectionId=id, Data=text.encode())
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert [client.recv(timeout=20) for _ in range(4)] == ["one", "two", "ü", ""]
        # What is no text cannot be sent as one.
        management.post_to_connection(ConnectionId=id, Data=b"\xff\x00")
        assert client.recv(timeout=20) == b"\xff\x00"


def test_what_is_known_of_a_connection(api, ada):
    management = api.management(ada)
    with api.connect(user_agent_header="tests") as client:
        id = identifier(client)
        told = management.get_connection(ConnectionId=id)
        assert told["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tests"}
        assert told["ConnectedAt"] <= told["LastActiveAt"]


def test_a_connection_is_closed_and_then_gone(api, ada):
    management = api.management(ada)
    with api.connect() as client:
        id = identifier(client)
        management.post_to_connection(ConnectionId=id, Data=b"last")
        assert management.delete_connection(ConnectionId=id)["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert client.recv(timeout=20) == "last"
        with pytest.raises(Exception, match="1000"):
            client.recv(timeout=20)
        # As AWS's users show it.
        assert (client.close_code, client.close_reason) == (1000, "Connection Closed Normally")
    for operation in (management.get_connection, management.delete_connection):
        assert refusal(operation, ConnectionId=id) == ("GoneException", 410)
    assert refusal(management.post_to_connection, ConnectionId=id, Data=b"x") == ("GoneException", 410)


def test_a_connection_is_gone_for_other_stages_and_apis(api, aws, ada):
    other = WebSocketApi(aws)
    other.echo()
    other.deploy()
    second = api.client.create_stage(
        ApiId=api.id, StageName="second", DeploymentId=api.client.get_deployments(ApiId=api.id)["Items"][0]["DeploymentId"]
    )
    with api.connect() as client:
        id = identifier(client)
        path = f"/_aws/execute-api/{api.id}/{second['StageName']}"
        for management in (other.management(ada), api.management(ada, path)):
            assert refusal(management.post_to_connection, ConnectionId=id, Data=b"x") == ("GoneException", 410)
            assert refusal(management.delete_connection, ConnectionId=id) == ("GoneException", 410)
        absent = api.management(ada, f"/_aws/execute-api/{api.id}/absent")
        assert refusal(absent.post_to_connection, ConnectionId=id, Data=b"x") == ("ForbiddenException", 403)
        api.management(ada).post_to_connection(ConnectionId=id, Data=b"still here")
        assert client.recv(timeout=20) == "still here"


def test_a_message_may_have_128_kb(api, ada):
    management = api.management(ada)
    with api.connect(max_size=2**20) as client:
        id = identifier(client)
        management.post_to_connection(ConnectionId=id, Data=b"x" * 131_072)
        assert client.recv(timeout=20) == "x" * 131_072
        too_large = refusal(management.post_to_connection, ConnectionId=id, Data=b"x" * 131_073)
        assert too_large == ("PayloadTooLargeException", 413)


class TestAccess:
    def test_nobody_who_has_not_signed(self, api, call):
        with api.connect() as client:
            id = identifier(client)
            for target in (f"{api.path}/@connections/{id}", f"{api.path}/%40connections/{id.replace('=', '%3D')}"):
                for method in ("POST", "GET", "DELETE"):
                    reply = call(method, target, body=b"x" if method == "POST" else b"")
                    assert (reply.status, reply.json) == (403, {"message": "Missing Authentication Token"})
            assert identifier(client) == id

    def test_a_key_that_nobody_has_stored_in_development_mode_either(self, api, aws):
        stranger = Signer(aws.endpoint, aws.region, "test", "test")
        management = api.management(stranger)
        assert refusal(management.post_to_connection, ConnectionId="x=", Data=b"") == ("UnrecognizedClientException", 403)

    @pytest.mark.parametrize(
        ("effect", "action", "resource", "may"),
        [
            ("Allow", MANAGE, "{stage}/POST/@connections/*", {"POST"}),
            ("Allow", MANAGE, "{stage}/*/@connections/*", {"POST", "GET", "DELETE"}),
            ("Allow", MANAGE, "{stage}/GET/@connections/{id}", {"GET"}),
            ("Allow", "execute-api:*", "{api}/*", {"POST", "GET", "DELETE"}),
            ("Allow", "execute-api:Invoke", "*", set()),
            ("Allow", MANAGE, "{api}/other/*", set()),
            ("Deny", MANAGE, "*", set()),
        ],
    )
    def test_policies_say_who_may_do_what(self, api, aws, effect, action, resource, may):
        facts = f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}"
        with api.connect() as client:
            id = identifier(client)
            resource = resource.format(api=facts, stage=f"{facts}/test", id=id)
            person = Person(aws, statement(effect, action, resource))
            management = api.management(person)
            for verb, call in [
                ("GET", lambda: management.get_connection(ConnectionId=id)),
                ("POST", lambda: management.post_to_connection(ConnectionId=id, Data=b"x")),
                ("DELETE", lambda: management.delete_connection(ConnectionId=id)),
            ]:
                if verb in may:
                    call()
                else:
                    assert refusal(call) == ("AccessDeniedException", 403)

    def test_the_refusal_says_what_is_not_allowed(self, api, aws):
        bob = Person(aws)
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            api.management(bob).post_to_connection(ConnectionId="abc=", Data=b"x")
        shown = f"arn:aws:execute-api:{aws.region}:********0000:{api.id}/test/POST/@connections/abc="
        said = f"User: {bob.arn} is not authorized to perform: execute-api:ManageConnections on resource: {shown}"
        assert raised.value.response["Error"]["Message"] == said

    def test_a_body_is_what_was_signed(self, api, ada):
        target = f"{api.path}/@connections/abc="
        headers = ada.headers("POST", target, body=b"signed")
        reply = wire.send(ada.endpoint, "POST", target, headers, b"other")
        assert (reply.status, reply.header("x-amzn-errortype")) == (403, "InvalidSignatureException")

    def test_other_verbs_do_nothing(self, api, ada):
        reply = ada.send("PUT", f"{api.path}/@connections/abc=", body=b"x")
        assert reply.status == 403


def test_boto3_reaches_connections_by_the_apis_host(api, ada, aws):
    """The address that the developer guide has functions build: https://{domain}/{stage}."""
    with api.connect() as client:
        id = identifier(client)
        target = f"/test/%40connections/{id.replace('=', '%3D')}"
        reply = ada.send("POST", target, {"Host": api.host}, b"by host")
        assert reply.status == 200
        assert client.recv(timeout=20) == "by host"


def test_a_function_speaks_to_clients_by_its_role(aws, gateway):
    """A function's own credentials; its role's policies decide."""
    chat = TOP / "examples" / "chat" / "connections.py"
    source = """
from connections import Connections

def handler(event, context):
    connection = event["requestContext"]["connectionId"]
    Connections(event).post(connection, event["body"].upper().encode())
    return {"statusCode": 200}
"""
    package = functions.package({"index.py": source, "connections.py": chat.read_text()})
    assume = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    )
    name = functions.unique("poster", aws)
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=assume)["Role"]["Arn"]
    arn = functions.function(aws, source, Role=role, Code={"ZipFile": package})
    functions.allow_gateway(aws, arn)
    api = WebSocketApi(aws)
    api.route("$default", api.function(arn))
    api.deploy()
    with api.connect() as client:
        client.send("without a right")
        assert json.loads(client.recv(timeout=30))["message"] == "Internal server error"
        allow = document(statement("Allow", MANAGE, f"arn:aws:execute-api:{aws.region}:*:{api.id}/test/POST/*"))
        aws.iam.put_role_policy(RoleName=name, PolicyName="post", PolicyDocument=allow)
        client.send("hello")
        assert client.recv(timeout=30) == "HELLO"


class TestSlowReaders:
    def test_a_client_that_reads_nothing_is_not_waited_for(self, api, ada):
        """What waits for it is bounded; then senders are told so (429), and it gets what waited once it reads."""
        management = api.management(ada)
        with api.raw() as client:
            client.send(frame(1, "who am I?"))
            id = json.loads(client.message()[1])["id"]
            sent, large = 0, b"x" * 131_072
            for _ in range(400):
                try:
                    management.post_to_connection(ConnectionId=id, Data=large)
                except management.exceptions.LimitExceededException as error:
                    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
                    break
                sent += 1
            else:
                raise AssertionError("nothing bounds what waits for a client")
            for _ in range(sent):
                assert client.message() == (1, large)
            client.send(frame(PING, b"alive"))
            assert client.message() == (PONG, b"alive")

    def test_a_client_that_reads_nothing_for_long_is_cut_off(self, tmp_path):
        config = tmp_path / "gatewright.toml"
        config.write_text("[websocket]\nstall_seconds = 1\n")
        with Gateway("--ephemeral", "--config", config) as gateway:
            aws = Aws(gateway.endpoint, "us-east-1")
            api = WebSocketApi(aws)
            api.route("$default", api.mock('{"id": "$context.connectionId"}'), two_way=True)
            api.deploy()
            ada = Person(aws, statement("Allow", MANAGE, "*"))
            management = api.management(ada)
            with api.raw() as client:
                client.send(frame(1, "who am I?"))
                id = json.loads(client.message()[1])["id"]
                codes = set()
                while "GoneException" not in codes:
                    try:
                        management.post_to_connection(ConnectionId=id, Data=b"x" * 131_072)
                    except botocore.exceptions.ClientError as error:
                        codes.add(error.response["Error"]["Code"])
                assert codes <= {"LimitExceededException", "GoneException"}


def test_boto3_as_it_comes_validates_and_reaches(api, ada, aws):
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=aws.endpoint + api.path,
        region_name=aws.region,
        aws_access_key_id=ada.access_key,
        aws_secret_access_key=ada.secret_key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(client.exceptions.GoneException):
        client.post_to_connection(ConnectionId="L0SM9cOFvHcCIhw=", Data=b"x")
