"""WebSocket APIs as they are defined (API Gateway developer guide, "Working with WebSocket APIs")."""

import json

import pytest

from harness.account import bad_request, conflict, not_found

FUNCTION = "arn:aws:lambda:us-west-2:000000000000:function:f"
SCHEMA = json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"})


@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


@pytest.fixture
def chat(v2):
    """The id of an empty WebSocket API."""
    settings = {"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
    return v2.create_api(Name="chat", **settings)["ApiId"]


def test_a_new_api_says_how_it_chooses_routes(aws, v2, chat):
    api = v2.get_api(ApiId=chat)
    assert api["ApiEndpoint"] == f"wss://{chat}.execute-api.{aws.region}.amazonaws.com"
    assert api["RouteSelectionExpression"] == "$request.body.action"
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.create_api(Name="x", ProtocolType="WEBSOCKET")
    with bad_request("CORS is supported only for HTTP APIs"):
        v2.update_api(ApiId=chat, CorsConfiguration={"AllowOrigins": ["*"]})


def test_messages_are_answered_by_responses(v2, chat):
    mock = v2.create_integration(
        ApiId=chat,
        IntegrationType="MOCK",
        TemplateSelectionExpression="200",
        RequestTemplates={"200": '{"statusCode":200}'},
    )
    assert (mock["PassthroughBehavior"], mock["TimeoutInMillis"]) == ("WHEN_NO_MATCH", 29000)
    assert mock["IntegrationResponseSelectionExpression"] == "${integration.response.statuscode}"
    at = {"ApiId": chat, "IntegrationId": mock["IntegrationId"]}
    response = v2.create_integration_response(**at, IntegrationResponseKey="/200/", ResponseTemplates={"200": "pong"})
    with conflict("Integration response with key /200/ already exists for this integration"):
        v2.create_integration_response(**at, IntegrationResponseKey="/200/")
    with bad_request("Invalid integration response key specified: 200"):
        v2.create_integration_response(**at, IntegrationResponseKey="200")
    one = {**at, "IntegrationResponseId": response["IntegrationResponseId"]}
    v2.update_integration_response(**one, IntegrationResponseKey="$default")
    assert v2.get_integration_response(**one)["IntegrationResponseKey"] == "$default"
    assert len(v2.get_integration_responses(**at)["Items"]) == 1
    route = v2.create_route(
        ApiId=chat,
        RouteKey="ping",
        Target=f"integrations/{mock['IntegrationId']}",
        RouteResponseSelectionExpression="$default",
    )["RouteId"]
    at = {"ApiId": chat, "RouteId": route}
    answered = v2.create_route_response(**at, RouteResponseKey="$default")["RouteResponseId"]
    with conflict("Route response with key $default already exists for this route"):
        v2.create_route_response(**at, RouteResponseKey="$default")
    v2.update_route_response(**at, RouteResponseId=answered, ModelSelectionExpression="default")
    assert v2.get_route_response(**at, RouteResponseId=answered)["ModelSelectionExpression"] == "default"
    assert len(v2.get_route_responses(**at)["Items"]) == 1
    v2.delete_route_response(**at, RouteResponseId=answered)
    v2.delete_integration_response(**one)
    with not_found("Invalid RouteResponse identifier specified"):
        v2.get_route_response(**at, RouteResponseId=answered)


def test_only_connect_asks_who_calls(v2, chat):
    v2.create_route(ApiId=chat, RouteKey="$connect", AuthorizationType="AWS_IAM", ApiKeyRequired=True)
    with bad_request("Authorization is supported only for the $connect route"):
        v2.create_route(ApiId=chat, RouteKey="send", AuthorizationType="AWS_IAM")
    with bad_request("API keys are supported only for the $connect route"):
        v2.create_route(ApiId=chat, RouteKey="send", ApiKeyRequired=True)
    with bad_request("JWT authorizers are supported only for HTTP APIs"):
        v2.create_authorizer(ApiId=chat, Name="j", AuthorizerType="JWT", IdentitySource=[])
    made = v2.create_authorizer(
        ApiId=chat,
        Name="r",
        AuthorizerType="REQUEST",
        IdentitySource=["route.request.querystring.token"],
        AuthorizerUri=f"arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    )
    assert made["AuthorizerType"] == "REQUEST"


def test_models_and_parameters(v2, chat):
    model = v2.create_model(ApiId=chat, Name="Msg", ContentType="application/json", Schema=SCHEMA)["ModelId"]
    assert v2.get_model(ApiId=chat, ModelId=model)["Name"] == "Msg"
    with conflict("Model name Msg already exists for this API"):
        v2.create_model(ApiId=chat, Name="Msg", Schema=SCHEMA)
    with bad_request("Invalid model schema specified"):
        v2.update_model(ApiId=chat, ModelId=model, Schema="[")
    v2.update_model(ApiId=chat, ModelId=model, Description="d")
    assert [item["Description"] for item in v2.get_models(ApiId=chat)["Items"]] == ["d"]
    route = v2.create_route(
        ApiId=chat,
        RouteKey="$connect",
        ModelSelectionExpression="$request.body.kind",
        RequestModels={"$default": "Msg"},
        RequestParameters={"route.request.querystring.a": {"Required": True}},
    )
    at = {"ApiId": chat, "RouteId": route["RouteId"]}
    v2.delete_route_request_parameter(**at, RequestParameterKey="route.request.querystring.a")
    assert v2.get_route(**at)["RequestParameters"] == {}
    v2.delete_model(ApiId=chat, ModelId=model)
    with not_found("Invalid Model identifier specified"):
        v2.get_model(ApiId=chat, ModelId=model)


def test_stages_have_execution_logs(v2, chat):
    v2.create_route(ApiId=chat, RouteKey="$default")
    deployment = v2.create_deployment(ApiId=chat)["DeploymentId"]
    settings = {"DataTraceEnabled": True, "LoggingLevel": "INFO", "ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 1.0}
    stage = v2.create_stage(ApiId=chat, StageName="dev", DeploymentId=deployment, DefaultRouteSettings=settings)
    assert stage["DefaultRouteSettings"] == {**settings, "DetailedMetricsEnabled": False}
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.create_stage(ApiId=chat, StageName="$default")
