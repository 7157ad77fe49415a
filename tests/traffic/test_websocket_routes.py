"""Routes of WebSocket APIs: which one a message takes, what its integration gets, and what comes back (API Gateway
developer guide, "Working with routes for WebSocket APIs", "Set up data transformations for WebSocket APIs", "Set up
route responses for WebSocket APIs")."""

import json
import time

import pytest

from harness import functions
from harness.websocket import WebSocketApi

#: Answers with its event.
ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture
def api(aws):
    return WebSocketApi(aws)


@pytest.fixture(scope="module")
def echo(shared_aws):
    arn = functions.function(shared_aws, ECHO)
    functions.allow_gateway(shared_aws, arn)
    return arn


def said(client, message):
    """What the client is answered."""
    client.send(message if isinstance(message, str) else json.dumps(message))
    return json.loads(client.recv(timeout=20))


def named(name):
    return json.dumps({"route": name})


class TestSelection:
    @pytest.fixture
    def routes(self, api):
        for key in ("join", "7", "true"):
            api.route(key, api.mock(named(key)), two_way=True)
        api.route("$default", api.mock(named("default")), two_way=True)
        api.route("$connect", api.mock(named("connect")), two_way=True)
        api.route("$disconnect", api.mock(named("disconnect")), two_way=True)
        api.deploy()
        return api

    def test_a_message_takes_the_route_that_it_names_or_the_default_one(self, routes):
        with routes.connect() as client:
            for message, route in [
                ({"action": "join"}, "join"),
                ({"action": 7}, "7"),
                ({"action": True}, "true"),
                ({"action": "Join"}, "default"),
                ({"action": "leave"}, "default"),
                ({"action": None}, "default"),
                ({"other": "join"}, "default"),
                ([{"action": "join"}], "default"),
                ("no JSON", "default"),
                ('{"action": "join"', "default"),
                ("7", "default"),
                # The routes of connections are not for messages.
                ({"action": "$connect"}, "default"),
                ({"action": "$disconnect"}, "default"),
                ({"action": "$default"}, "default"),
            ]:
                assert said(client, message) == {"route": route}, message

    @pytest.mark.parametrize(
        ("selection", "message", "route"),
        [
            ("${request.body.action}", {"action": "join"}, "join"),
            ("$request.body.a.b", {"a": {"b": "join"}}, "join"),
            ("$request.body.a[1]", {"a": ["x", "join"]}, "join"),
            ("${request.body.a}-${request.body.b}", {"a": "jo", "b": "in"}, "jo-in"),
            ("$request.body.kind", {"action": "join"}, "default"),
        ],
    )
    def test_the_apis_expression_says_where_a_message_names_its_route(self, aws, selection, message, route):
        api = WebSocketApi(aws, selection)
        for key in ("join", "jo-in"):
            api.route(key, api.mock(named(key)), two_way=True)
        api.route("$default", api.mock(named("default")), two_way=True)
        api.deploy()
        with api.connect() as client:
            assert said(client, message) == {"route": route}

    def test_without_a_route_a_message_is_forbidden(self, api):
        api.route("join", api.mock(named("join")), two_way=True)
        api.deploy()
        with api.connect() as client:
            told = said(client, {"action": "leave"})
            assert told.keys() == {"message", "connectionId", "requestId"}
            assert told["message"] == "Forbidden"
            assert len(told["connectionId"]) == 16 and told["connectionId"].endswith("=")
            assert said(client, {"action": "join"}) == {"route": "join"}

    def test_a_deployment_takes_effect_on_open_connections(self, api):
        api.route("$default", api.mock(named("first")), two_way=True)
        api.deploy()
        with api.connect() as client:
            assert said(client, "x") == {"route": "first"}
            api.route("join", api.mock(named("second")), two_way=True)
            api.deploy()
            assert said(client, {"action": "join"}) == {"route": "second"}
            assert said(client, "x") == {"route": "first"}


class TestAnswers:
    def test_without_a_route_response_nothing_comes_back(self, api):
        api.route("quiet", api.mock(named("quiet")))
        api.route("$default", api.mock(named("default")), two_way=True)
        api.deploy()
        with api.connect() as client:
            client.send('{"action": "quiet"}')
            assert said(client, "x") == {"route": "default"}

    def test_the_response_for_a_status_is_chosen_by_its_expression(self, api):
        template = {"$default": '{"statusCode": $input.json(\'$.status\')}'}
        target = api.mock(RequestTemplates=template)
        chosen = {"TemplateSelectionExpression": "\\$default"}
        api.response(target, ResponseTemplates={"$default": named("default")}, **chosen)
        api.response(target, "/4\\d\\d/", ResponseTemplates={"$default": named("client")}, **chosen)
        api.response(target, "/404/", ResponseTemplates={"$default": named("missing")}, **chosen)
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            for status, route in [(200, "default"), (400, "client"), (4040, None), (500, "default")]:
                told = said(client, {"status": status})
                assert told.get("route") == route, told
            # Of two expressions that match, the first by name.
            assert said(client, {"status": 404})["route"] in ("missing", "client")

    def test_without_a_response_for_the_status_the_route_fails(self, api):
        target = api.mock()
        api.response(target, "/4\\d\\d/", ResponseTemplates={"$default": "x"})
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            assert said(client, "x")["message"] == "Internal server error"

    def test_templates_are_chosen_by_what_the_message_says(self, api):
        target = api.mock(
            RequestTemplates={"a": '{"statusCode": 201}', "$default": '{"statusCode": 202}'},
            TemplateSelectionExpression="${request.body.kind}",
        )
        both = {"201": '"two-o-one"', "$default": "{\"other\": \"$input.path('$.x')\"}"}
        api.response(
            target, ResponseTemplates=both, TemplateSelectionExpression="${integration.response.statuscode}"
        )
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            assert said(client, {"kind": "a"}) == "two-o-one"
            assert said(client, {"kind": "b"}) == {"other": ""}
            assert said(client, "no JSON") == {"other": ""}

    @pytest.mark.parametrize(
        ("behaviour", "templates", "passes"),
        [
            ("WHEN_NO_MATCH", {"a": "x"}, True),
            ("WHEN_NO_TEMPLATES", {}, True),
            ("WHEN_NO_TEMPLATES", {"a": "x"}, False),
            ("NEVER", {}, False),
        ],
    )
    def test_passthrough(self, api, backend, behaviour, templates, passes):
        target = api.integration(
            IntegrationType="HTTP",
            IntegrationMethod="POST",
            IntegrationUri=backend.url,
            PassthroughBehavior=behaviour,
            RequestTemplates=templates,
            TemplateSelectionExpression="$request.body.kind",
        )
        api.response(target)
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            told = said(client, {"kind": "b"})
        if passes:
            assert told == {"from": "backend"}
            assert json.loads(backend.last.body) == {"kind": "b"}
        else:
            assert told["message"] == "Unsupported Media Type"
            assert backend.received == []


class TestHttp:
    def test_a_proxy_gets_the_message_and_its_answer_comes_back(self, api, backend):
        target = api.integration(
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="PUT",
            IntegrationUri=backend.url + "/messages",
            RequestParameters={
                "integration.request.header.connectionId": "context.connectionId",
                "integration.request.header.x-event": "context.eventType",
                "integration.request.header.x-key": "context.routeKey",
                "integration.request.header.x-part": "route.request.body.a.b",
                "integration.request.querystring.fixed": "'value'",
                "integration.request.header.x-stage": "stageVariables.colour",
            },
        )
        api.route("$default", target, two_way=True)
        api.deploy(StageVariables={"colour": "blue"})
        backend.reply(body="plain answer")
        with api.connect() as client:
            client.send('{"a": {"b": "deep"}}')
            assert client.recv(timeout=20) == "plain answer"
        got = backend.last
        assert (got.method, got.target, got.body) == ("PUT", "/messages?fixed=value", b'{"a": {"b": "deep"}}')
        assert len(got.header("connectionId")) == 16
        sent = [got.header(name) for name in ("x-event", "x-key", "x-part", "x-stage")]
        assert sent == ["MESSAGE", "$default", "deep", "blue"]
        assert got.header("sec-websocket-key") is None

    def test_an_upgrade_requests_headers_and_query_are_mapped(self, api, backend):
        target = api.integration(
            IntegrationType="HTTP",
            IntegrationMethod="POST",
            IntegrationUri=backend.url,
            RequestParameters={
                "integration.request.header.x-token": "route.request.querystring.token",
                "integration.request.header.x-origin": "route.request.header.Origin",
            },
            RequestTemplates={"$default": '{"id": "$context.connectionId", "stage": "$context.stage"}'},
            TemplateSelectionExpression="\\$default",
        )
        api.route("$connect", target)
        api.echo()
        api.deploy()
        with api.connect("?token=a%20b", origin="http://example.com") as client:
            client.send("x")
            assert client.recv(timeout=20) == "x"
        got = backend.last
        assert (got.header("x-token"), got.header("x-origin")) == ("a b", "http://example.com")
        assert json.loads(got.body).keys() == {"id", "stage"}

    def test_a_backend_that_cannot_be_reached_fails_the_message_and_not_the_connection(self, api):
        target = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri="http://127.0.0.1:9/"
        )
        api.route("broken", target)
        api.echo()
        api.deploy()
        with api.connect() as client:
            told = said(client, {"action": "broken"})
            assert told.keys() == {"message", "connectionId", "requestId"}
            client.send("still here")
            assert client.recv(timeout=20) == "still here"

    def test_a_backend_has_as_long_as_the_integration_gives_it(self, api, backend):
        target = api.integration(
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="GET",
            IntegrationUri=backend.url,
            TimeoutInMillis=100,
        )
        api.route("$default", target, two_way=True)
        api.deploy()
        backend.hold()
        with api.connect() as client:
            assert said(client, "x")["message"] == "Endpoint request timed out"

    def test_messages_are_under_way_side_by_side(self, api, backend):
        """Developer guide: answers do not come in the order of the messages."""
        slow = api.integration(
            IntegrationType="HTTP_PROXY", IntegrationMethod="GET", IntegrationUri=backend.url + "/slow"
        )
        api.route("slow", slow, two_way=True)
        api.echo()
        api.deploy()
        backend.hold()
        with api.connect() as client:
            client.send('{"action": "slow"}')
            backend.wait_for(1)
            client.send("fast")
            assert client.recv(timeout=20) == "fast"
            backend.release()
            assert json.loads(client.recv(timeout=20)) == {"from": "backend"}


class TestFunctions:
    def test_the_events_are_those_of_aws(self, api, echo):
        target = api.function(echo)
        api.route("$default", target, two_way=True)
        api.deploy()
        before = int(time.time() * 1000)
        with api.connect(user_agent_header="tests") as client:
            event = said(client, {"action": "x", "text": "ü"})
        assert event.keys() == {"requestContext", "body", "isBase64Encoded"}
        assert json.loads(event["body"]) == {"action": "x", "text": "ü"}
        assert event["isBase64Encoded"] is False
        context = event["requestContext"]
        assert context.keys() == {
            "routeKey",
            "messageId",
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
        assert (context["routeKey"], context["eventType"], context["messageDirection"]) == ("$default", "MESSAGE", "IN")
        assert context["requestId"] == context["extendedRequestId"]
        assert context["messageId"] != context["requestId"]
        assert (context["stage"], context["apiId"]) == ("test", api.id)
        assert before <= context["connectedAt"] <= context["requestTimeEpoch"]
        assert context["identity"] == {"userAgent": "tests", "sourceIp": "127.0.0.1"}
        assert context["domainName"] == api.aws.endpoint.removeprefix("http://")

    def test_stage_variables_are_in_the_event_and_in_the_functions_name(self, api, echo):
        name = echo.rpartition(":")[2]
        target = api.function(echo.replace(name, "${stageVariables.function}"))
        api.route("$default", target, two_way=True)
        api.deploy(StageVariables={"function": name})
        with api.connect() as client:
            assert said(client, "x")["stageVariables"] == {"function": name}

    @pytest.mark.parametrize(
        "source",
        [
            "def handler(event, context): raise Exception('broken')",
            "def handler(event, context): return {'other': 1}",
            "def handler(event, context): return 'text'",
        ],
    )
    def test_a_function_that_fails_is_an_internal_server_error(self, api, aws, source):
        arn = functions.function(aws, source)
        functions.allow_gateway(aws, arn)
        api.route("$default", api.function(arn))
        api.deploy()
        with api.connect() as client:
            assert said(client, "x")["message"] == "Internal server error"

    def test_a_function_has_to_allow_the_route(self, api, aws):
        arn = functions.function(aws, ECHO)
        api.route("a", api.function(arn), two_way=True)
        api.route("b", api.function(arn), two_way=True)
        api.deploy()
        functions.allow_gateway(aws, arn, f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}/test/a")
        with api.connect() as client:
            assert said(client, {"action": "a"})["requestContext"]["routeKey"] == "a"
            assert said(client, {"action": "b"})["message"] == "Internal server error"

    def test_a_function_that_is_no_proxy_gets_what_its_template_makes(self, api, aws):
        source = """
def handler(event, context):
    if event.get("fail"):
        raise Exception("no such room")
    return {"got": event}
"""
        arn = functions.function(aws, source)
        functions.allow_gateway(aws, arn)
        target = api.integration(
            IntegrationType="AWS",
            IntegrationMethod="POST",
            IntegrationUri=f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
            RequestTemplates={"$default": '{"fail": $input.json("$.fail"), "who": "$context.connectionId"}'},
            TemplateSelectionExpression="\\$default",
        )
        chosen = {"TemplateSelectionExpression": "\\$default"}
        api.response(target, ResponseTemplates={"$default": '{"who": $input.json(\'$.got.who\')}'}, **chosen)
        api.response(target, "/.*room.*/", ResponseTemplates={"$default": '{"why": $input.json("$.errorMessage")}'}, **chosen)
        api.route("$default", target, two_way=True)
        api.deploy()
        with api.connect() as client:
            assert len(said(client, {"fail": False})["who"]) == 16
            assert said(client, {"fail": True}) == {"why": "no such room"}


class TestValidation:
    """Developer guide, "Request validation for WebSocket APIs"."""

    @pytest.fixture
    def held(self, api):
        def model(name, schema):
            api.client.create_model(
                ApiId=api.id, Name=name, ContentType="application/json", Schema=json.dumps(schema)
            )

        model("Join", {"type": "object", "required": ["room"], "properties": {"room": {"type": "string"}}})
        model("Other", {"type": "object", "required": ["other"]})
        api.route(
            "$default",
            api.mock(named("passed")),
            two_way=True,
            ModelSelectionExpression="$request.body.kind",
            RequestModels={"join": "Join", "$default": "Other"},
        )
        api.route(
            "strict",
            api.mock(named("passed")),
            two_way=True,
            ModelSelectionExpression="$request.body.kind",
            RequestModels={"join": "Join"},
        )
        api.deploy()
        return api

    @pytest.mark.parametrize(
        ("message", "passes"),
        [
            ({"kind": "join", "room": "a"}, True),
            ({"kind": "join", "room": 1}, False),
            ({"kind": "join"}, False),
            ({"kind": "x", "other": 1}, True),
            ({"kind": "x"}, False),
            ("no JSON", False),
            ({"action": "strict", "kind": "join", "room": "a"}, True),
            # No model for it, and none for all.
            ({"action": "strict", "kind": "x", "room": "a"}, False),
        ],
    )
    def test_messages_are_held_to_the_model_that_they_choose(self, held, message, passes):
        with held.connect() as client:
            told = said(client, message)
        if passes:
            assert told == {"route": "passed"}
        else:
            assert told.keys() == {"message", "connectionId", "requestId"}
            assert told["message"] == "Bad request body"


def test_a_route_that_cannot_be_served_is_closed(api, backend):
    """Nothing that is stored and cannot be done is passed over."""
    target = api.integration(
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="GET",
        IntegrationUri=backend.url,
        CredentialsArn="arn:aws:iam::*:user/*",
    )
    service = api.integration(
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:{api.aws.region}:sqs:action/SendMessage",
    )
    api.route("service", service, two_way=True)
    api.route("http", target, two_way=True)
    api.deploy()
    with api.connect() as client:
        assert said(client, {"action": "service"})["message"] == "Internal server error"


def test_throttles_hold_for_messages(api):
    api.echo("limited")
    api.echo()
    api.deploy(RouteSettings={"limited": {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}})
    with api.connect() as client:
        limited = '{"action": "limited"}'
        answers = []
        for _ in range(3):
            client.send(limited)
            answers.append(client.recv(timeout=20))
        assert answers[:2] == [limited, limited]
        assert json.loads(answers[2])["message"] == "Too Many Requests"
        client.send("unlimited")
        assert client.recv(timeout=20) == "unlimited"
