"""`$connect` and `$disconnect`: who may connect, what an integration is told, and how connections end (API Gateway
developer guide, "Manage connected users and client apps", "Control access to WebSocket APIs with Lambda authorizers",
"Control access to WebSocket APIs with IAM authorization")."""

import json

import pytest

from harness import functions
from harness.signing import Person, allow_invoke, statement
from harness.websocket import CLOSE, RawClient, WebSocketApi, close_payload, frame, handshake

#: Writes its event to its log group's backend, and answers as the query says.
TELL = """
import json, os, urllib.request

def handler(event, context):
    request = urllib.request.Request(os.environ["BACKEND"], json.dumps(event).encode(), method="POST")
    urllib.request.urlopen(request).read()
    query = event.get("queryStringParameters") or {}
    if query.get("fail"):
        raise Exception("broken")
    answer = {"statusCode": int(query.get("status", 200))}
    if "protocol" in query:
        answer["headers"] = {"Sec-WebSocket-Protocol": query["protocol"]}
    if "body" in query:
        answer["body"] = query["body"]
    return answer
"""

AUTHORIZER = """
def handler(event, context):
    token = event["headers"].get("X-Token") or event["queryStringParameters"].get("token")
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        raise Exception("something else")
    effect = {"allow": "Allow", "deny": "Deny"}.get(token)
    resource = event["methodArn"] if effect else event["methodArn"].replace("$connect", "other")
    return {
        "principalId": "somebody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": effect or "Allow", "Action": "execute-api:Invoke", "Resource": resource}],
        },
        "context": {"arn": event["methodArn"], "type": event["type"], "keys": ",".join(sorted(event))},
    }
"""


@pytest.fixture
def api(aws):
    return WebSocketApi(aws)


@pytest.fixture
def tell(aws, backend):
    arn = functions.function(aws, TELL, Environment={"Variables": {"BACKEND": backend.url}})
    functions.allow_gateway(aws, arn)
    return arn


@pytest.fixture
def told(api, tell):
    """An API whose function is told of connections and their end."""
    target = api.function(tell)
    api.route("$connect", target)
    api.route("$disconnect", target)
    api.echo()
    api.deploy()
    return api


def refused(api, query="", headers=()):
    """The answer to an upgrade request that is not granted."""
    reply, connection = handshake(api.aws.endpoint, api.path + query, headers)
    connection.close()
    assert reply.status != 101
    return reply


def events(backend, count):
    return [json.loads(got.body) for got in backend.wait_for(count)]


class TestWithoutARoute:
    def test_a_client_may_connect(self, api):
        api.echo()
        api.deploy()
        with api.connect() as client:
            client.send("hello")
            assert client.recv(timeout=20) == "hello"

    def test_a_route_needs_no_integration(self, api):
        api.route("$connect")
        api.echo()
        api.deploy()
        with api.connect() as client:
            client.send("hello")
            assert client.recv(timeout=20) == "hello"


class TestHandshakes:
    @pytest.fixture
    def open_api(self, api):
        api.echo()
        api.deploy()
        return api

    def test_the_answer_is_that_of_rfc_6455(self, open_api):
        """Section 1.3."""
        headers = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        reply, connection = handshake(open_api.aws.endpoint, open_api.path, headers)
        connection.close()
        assert reply.status == 101
        assert reply.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert (reply.header("upgrade"), reply.header("connection")) == ("websocket", "upgrade")
        assert reply.header("sec-websocket-extensions") is None

    def test_by_its_host_and_with_a_slash_behind_the_stage(self, open_api):
        endpoint = open_api.aws.endpoint
        for target in ("/test", "/test/"):
            with RawClient(endpoint, target, {"Host": open_api.host}) as client:
                client.send(frame(1, "hello"))
                assert client.message() == (1, b"hello")

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Upgrade": None}, 403),
            ({"Connection": "close"}, 403),
            ({"Upgrade": "h2c"}, 403),
            ({"Sec-WebSocket-Version": "12"}, 426),
            ({"Sec-WebSocket-Version": None}, 426),
            ({"Sec-WebSocket-Key": None}, 400),
            ({"Sec-WebSocket-Key": "short"}, 400),
        ],
    )
    def test_what_is_no_handshake_opens_nothing(self, open_api, headers, status):
        reply = refused(open_api, headers=headers)
        assert reply.status == status
        if status == 426:
            assert reply.header("sec-websocket-version") == "13"

    def test_other_paths_and_stages_are_forbidden(self, open_api):
        endpoint = open_api.aws.endpoint
        for target in (open_api.path + "/more", f"/_aws/execute-api/{open_api.id}/other", f"/_aws/execute-api/{open_api.id}"):
            reply, connection = handshake(endpoint, target)
            connection.close()
            assert (reply.status, reply.json["message"]) == (403, "Forbidden"), target

    def test_a_request_that_asks_for_no_upgrade_is_forbidden(self, open_api, call):
        for method in ("GET", "POST", "DELETE"):
            reply = call(method, open_api.path)
            assert (reply.status, reply.json["message"]) == (403, "Forbidden")

    def test_a_url_may_have_4096_octets(self, open_api):
        """Developer guide, quotas."""
        assert refused(open_api, "?" + "x" * 4096).status == 414

    def test_a_disabled_endpoint_leads_nowhere(self, aws):
        api = WebSocketApi(aws, DisableExecuteApiEndpoint=True)
        api.echo()
        api.deploy()
        assert refused(api).status == 403


class TestIntegration:
    def test_the_function_is_told_who_connects(self, told, backend):
        with told.connect("?a=1&a=2&b=x%20y", user_agent_header="tests", origin="http://example.com"):
            (event,) = events(backend, 1)
        assert event.keys() == {
            "headers",
            "multiValueHeaders",
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "requestContext",
            "isBase64Encoded",
        }
        assert event["queryStringParameters"] == {"a": "2", "b": "x y"}
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x y"]}
        assert event["headers"]["Origin"] == "http://example.com"
        assert event["headers"]["Sec-WebSocket-Version"] == "13"
        assert event["multiValueHeaders"]["Origin"] == ["http://example.com"]
        assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
        context = event["requestContext"]
        assert context.keys() == {
            "routeKey",
            "eventType",
            "extendedRequestId",
            "requestTime",
            "messageDirection",
            "stage",
            "connectedAt",
            "requestTimeEpoch",
            "identity",
            "requestId",
            "domainName",
            "connectionId",
            "apiId",
        }
        assert (context["routeKey"], context["eventType"]) == ("$connect", "CONNECT")
        assert context["identity"] == {"userAgent": "tests", "sourceIp": "127.0.0.1"}

    @pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503, 302])
    def test_what_is_not_a_success_refuses_the_client(self, told, status):
        reply = refused(told, f"?status={status}&body=because")
        assert (reply.status, reply.text) == (status, "because")

    def test_a_function_that_fails_refuses_the_client(self, told):
        reply = refused(told, "?fail=1")
        assert reply.status == 502
        assert reply.json["message"] == "Internal server error"
        assert reply.json.keys() == {"message", "connectionId", "requestId"}

    def test_the_function_chooses_the_subprotocol(self, told):
        with told.connect("?protocol=chat", subprotocols=["other", "chat"]) as client:
            assert client.subprotocol == "chat"
        with told.connect(subprotocols=["chat"]) as client:
            assert client.subprotocol is None
        # One that nobody has offered would break the client's handshake.
        with told.connect("?protocol=secret", subprotocols=["chat"]) as client:
            assert client.subprotocol is None

    def test_required_parameters_have_to_be_there(self, api):
        required = {"route.request.querystring.token": {"Required": True}}
        api.route("$connect", api.mock(), RequestParameters=required)
        api.echo()
        api.deploy()
        assert refused(api).status == 400
        assert refused(api, "?token=").status == 400
        api.raw("?token=x").close()

    @pytest.mark.parametrize(("status", "granted"), [(200, True), (204, True), (401, False), (500, False)])
    def test_a_mocks_status_decides(self, api, status, granted):
        api.route("$connect", api.mock(status=status))
        api.echo()
        api.deploy()
        if granted:
            api.raw().close()
        else:
            assert refused(api).status == status


class TestDisconnect:
    def test_the_function_is_told_how_the_client_closed(self, told, backend):
        with told.connect() as client:
            client.close(4000, "over")
        connect, disconnect = events(backend, 2)
        assert disconnect["headers"] == {
            "Host": told.aws.endpoint.removeprefix("http://"),
            "x-api-key": "",
            "X-Forwarded-For": "",
            "x-restapi": "",
        }
        context = disconnect["requestContext"]
        assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
        assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4000, "over")
        assert context["connectionId"] == connect["requestContext"]["connectionId"]
        assert context["connectedAt"] == connect["requestContext"]["connectedAt"]
        assert "body" not in disconnect

    def test_of_a_client_that_says_nothing(self, told, backend):
        with told.raw() as client:
            client.send(frame(CLOSE))
            assert client.close_code() is None
        _, disconnect = events(backend, 2)
        context = disconnect["requestContext"]
        said = (context["disconnectStatusCode"], context["disconnectReason"])
        assert said == (1005, "Client-side close frame status not set")

    def test_of_a_client_that_vanishes(self, told, backend):
        told.raw().close()
        _, disconnect = events(backend, 2)
        assert disconnect["requestContext"]["disconnectStatusCode"] == 1006

    def test_of_a_client_that_breaks_the_protocol(self, told, backend):
        with told.raw() as client:
            client.send(frame(2, b"binary"))
            assert client.close_code() == 1003
        _, disconnect = events(backend, 2)
        assert disconnect["requestContext"]["disconnectStatusCode"] == 1003

    def test_a_message_outlives_its_sender(self, api, backend):
        target = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="POST", IntegrationUri=backend.url
        )
        api.route("$default", target)
        api.deploy()
        backend.hold()
        with api.raw() as client:
            client.send(frame(1, "first"), frame(1, "last words"), frame(CLOSE, close_payload(1000)))
            assert client.close_code() == 1000
        got = backend.wait_for(2)
        assert sorted(request.body for request in got) == [b"first", b"last words"]
        backend.release()


class TestLambdaAuthorizers:
    @pytest.fixture
    def guarded(self, api, aws, tell):
        arn = functions.function(aws, AUTHORIZER)
        functions.allow_gateway(aws, arn)
        authorizer = api.client.create_authorizer(
            ApiId=api.id,
            Name="guard",
            AuthorizerType="REQUEST",
            AuthorizerUri=f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
            IdentitySource=["route.request.querystring.token"],
        )["AuthorizerId"]
        api.route("$connect", api.function(tell), AuthorizationType="CUSTOM", AuthorizerId=authorizer)
        api.route("$default", api.mock('{"who": "$context.authorizer.principalId"}'), two_way=True)
        api.deploy()
        return api

    def test_who_is_allowed_connects_and_is_known_from_then_on(self, guarded, backend):
        with guarded.connect("?token=allow") as client:
            client.send("x")
            assert json.loads(client.recv(timeout=20)) == {"who": "somebody"}
        (event,) = events(backend, 1)
        said = event["requestContext"]["authorizer"]
        assert isinstance(said.pop("integrationLatency"), int)
        facts = guarded.aws.region, guarded.id
        assert said == {
            "principalId": "somebody",
            "type": "REQUEST",
            "arn": "arn:aws:execute-api:{}:000000000000:{}/test/$connect".format(*facts),
            "keys": "headers,methodArn,multiValueHeaders,multiValueQueryStringParameters,queryStringParameters,"
            "requestContext,stageVariables,type",
        }

    @pytest.mark.parametrize(
        ("token", "status", "message"),
        [
            ("", 401, "Unauthorized"),
            ("?token=", 401, "Unauthorized"),
            ("?token=unknown", 401, "Unauthorized"),
            ("?token=deny", 403, "User is not authorized to access this resource with an explicit deny"),
            ("?token=other", 403, "User is not authorized to access this resource"),
            ("?token=broken", 500, "Internal server error"),
        ],
    )
    def test_everybody_else_does_not(self, guarded, backend, token, status, message):
        reply = refused(guarded, token)
        assert (reply.status, reply.json["message"]) == (status, message)
        assert backend.received == []

    def test_an_authorizer_that_is_gone_lets_nobody_in(self, guarded, aws):
        aws.functions.delete_function(
            FunctionName=guarded.client.get_authorizers(ApiId=guarded.id)["Items"][0]["AuthorizerUri"]
            .split("/functions/")[1]
            .removesuffix("/invocations")
        )
        assert refused(guarded, "?token=allow").status == 500


class TestIam:
    @pytest.fixture
    def guarded(self, api):
        api.route("$connect", api.mock(), AuthorizationType="AWS_IAM")
        api.route("$default", api.mock('{"who": "$context.identity.userArn"}'), two_way=True)
        api.deploy()
        return api

    def test_who_has_signed_and_may_connects(self, guarded, aws):
        facts = f"arn:aws:execute-api:{aws.region}:000000000000:{guarded.id}/test"
        ada = Person(aws, allow_invoke(f"{facts}/$connect"))
        signed = dict(ada.headers("GET", guarded.path))
        with guarded.raw(headers=signed) as client:
            client.send(frame(1, "x"))
            assert json.loads(client.message()[1]) == {"who": ada.arn}
        presigned = ada.presigned(guarded.path)
        with RawClient(aws.endpoint, presigned) as client:
            client.send(frame(1, "x"))
            assert json.loads(client.message()[1]) == {"who": ada.arn}

    def test_everybody_else_does_not(self, guarded, aws):
        assert refused(guarded).status == 403
        bob = Person(aws)
        assert refused(guarded, headers=dict(bob.headers("GET", guarded.path))).status == 403
        facts = f"arn:aws:execute-api:{aws.region}:000000000000:{guarded.id}/test"
        other = Person(aws, allow_invoke(f"{facts}/$default"), allow_invoke(f"{facts}/GET/*"))
        assert refused(guarded, headers=dict(other.headers("GET", guarded.path))).status == 403
        denied = Person(aws, allow_invoke(), statement("Deny", "execute-api:Invoke", f"{facts}/$connect"))
        reply = refused(guarded, headers=dict(denied.headers("GET", guarded.path)))
        assert reply.status == 403
        assert reply.json["message"].endswith("/test/$connect with an explicit deny")

    def test_a_signature_is_for_its_own_target(self, guarded, aws):
        ada = Person(aws, allow_invoke())
        signed = dict(ada.headers("GET", guarded.path))
        assert refused(guarded, "?x=1", headers=signed).status == 403


class TestApiKeys:
    @pytest.fixture
    def keyed(self, api, aws):
        api.route("$connect", api.mock(), ApiKeyRequired=True)
        api.route("$default", api.mock('{"key": "$context.identity.apiKeyId"}'), two_way=True)
        api.deploy()
        return api

    @pytest.fixture
    def key(self, keyed, aws):
        made = aws.apigateway.create_api_key(name="key", enabled=True)
        plan = aws.apigateway.create_usage_plan(
            name="plan",
            apiStages=[{"apiId": keyed.id, "stage": "test"}],
            quota={"limit": 2, "period": "DAY"},
        )
        aws.apigateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=made["id"], keyType="API_KEY")
        return made

    def test_a_key_of_a_plan_of_the_stage_opens_it_as_often_as_its_quota_says(self, keyed, key):
        headers = {"x-api-key": key["value"]}
        for _ in range(2):
            with keyed.raw(headers=headers) as client:
                client.send(frame(1, "x"))
                assert json.loads(client.message()[1]) == {"key": key["id"]}
        reply = refused(keyed, headers=headers)
        assert (reply.status, reply.json["message"]) == (429, "Limit Exceeded")

    def test_without_a_key_nobody_connects(self, keyed):
        assert refused(keyed).status == 403
        assert refused(keyed, headers={"x-api-key": "x" * 20}).status == 403


def test_connecting_can_be_throttled(api):
    api.route("$connect", api.mock())
    api.echo()
    api.deploy(RouteSettings={"$connect": {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 1}})
    with api.connect():
        assert refused(api).status == 429


def test_a_client_whose_stage_is_gone_is_told_so(api):
    api.echo()
    api.deploy()
    with api.connect() as client:
        client.send("x")
        assert client.recv(timeout=20) == "x"
        api.client.delete_stage(ApiId=api.id, StageName="test")
        client.send("x")
        assert json.loads(client.recv(timeout=20))["message"] == "Forbidden"


def test_an_api_of_another_region_is_not_led_to(api, gateway):
    api.echo()
    api.deploy()
    host = api.host.replace(api.aws.region, "eu-west-9")
    reply, connection = handshake(gateway.endpoint, "/test", {"Host": host})
    connection.close()
    assert reply.status == 403
