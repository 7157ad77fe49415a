"""HTTP APIs as they are defined: apigatewayv2 by boto3 (API Gateway developer guide, "Working with HTTP APIs", and the
API reference of version 2). AWS's texts are seldom known; where a test has one, its remark says whose it is."""

import json

import pytest

from harness.account import bad_request, conflict, not_found

PROXY = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": "http://127.0.0.1:9/x"}
FUNCTION = "arn:aws:lambda:us-west-2:000000000000:function:f"


@pytest.fixture
def v2(aws):
    return aws.client("apigatewayv2")


@pytest.fixture
def http(v2):
    """The id of an empty HTTP API."""
    return v2.create_api(Name="pets", ProtocolType="HTTP")["ApiId"]


def shown(response):
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def keys(v2, api):
    return {route["RouteKey"]: route for route in v2.get_routes(ApiId=api)["Items"]}


def test_a_new_api_has_the_documented_defaults(aws, v2):
    created = shown(v2.create_api(Name="pets", ProtocolType="HTTP"))
    api = created["ApiId"]
    assert created.pop("CreatedDate")
    assert created == {
        "ApiEndpoint": f"https://{api}.execute-api.{aws.region}.amazonaws.com",
        "ApiId": api,
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "Name": "pets",
        "ProtocolType": "HTTP",
        "RouteSelectionExpression": "$request.method $request.path",
        "Tags": {},
    }
    read = shown(v2.get_api(ApiId=api))
    read.pop("CreatedDate")
    assert read == created
    assert [item["ApiId"] for item in v2.get_apis()["Items"]] == [api]
    v2.delete_api(ApiId=api)
    with not_found(f"Invalid API identifier specified 000000000000:{api}"):
        v2.get_api(ApiId=api)


def test_an_api_is_changed_by_what_is_given(v2, http):
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60, "AllowCredentials": True}
    changed = v2.update_api(ApiId=http, Description="d", Version="2", CorsConfiguration=cors)
    assert (changed["Name"], changed["Description"], changed["Version"]) == ("pets", "d", "2")
    assert changed["CorsConfiguration"] == cors
    v2.update_api(ApiId=http, Description="", DisableExecuteApiEndpoint=True)
    read = v2.get_api(ApiId=http)
    assert ("Description" in read, read["DisableExecuteApiEndpoint"], read["CorsConfiguration"]) == (False, True, cors)
    v2.delete_cors_configuration(ApiId=http)
    assert "CorsConfiguration" not in v2.get_api(ApiId=http)


@pytest.mark.parametrize(
    "cors",
    [
        {"AllowOrigins": ["*"], "AllowCredentials": True},
        {"AllowOrigins": ["a.example"]},
        {"AllowMethods": ["FETCH"]},
        {"AllowHeaders": ["a b"]},
    ],
)
def test_cors_that_browsers_would_not_believe_is_refused(v2, http, cors):
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.update_api(ApiId=http, CorsConfiguration=cors)


def test_quick_create_makes_an_api_that_is_deployed(v2):
    api = v2.create_api(Name="quick", ProtocolType="HTTP", Target="http://127.0.0.1:9/")["ApiId"]
    (integration,) = v2.get_integrations(ApiId=api)["Items"]
    (route,) = v2.get_routes(ApiId=api)["Items"]
    (stage,) = v2.get_stages(ApiId=api)["Items"]
    assert (integration["IntegrationType"], integration["IntegrationMethod"]) == ("HTTP_PROXY", "ANY")
    assert (route["RouteKey"], route["Target"]) == ("$default", f"integrations/{integration['IntegrationId']}")
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert all(thing["ApiGatewayManaged"] for thing in (integration, route, stage))
    assert v2.get_deployment(ApiId=api, DeploymentId=stage["DeploymentId"])["AutoDeployed"]
    v2.update_api(ApiId=api, Target=FUNCTION, RouteKey="GET /x")
    (integration,) = v2.get_integrations(ApiId=api)["Items"]
    assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    assert list(keys(v2, api)) == ["GET /x"]


def test_routes_lead_to_integrations(v2, http):
    integration = v2.create_integration(ApiId=http, **PROXY)["IntegrationId"]
    target = f"integrations/{integration}"
    made = shown(v2.create_route(ApiId=http, RouteKey="GET /pets/{id}", Target=target))
    assert made == {
        "ApiKeyRequired": False,
        "AuthorizationType": "NONE",
        "RouteId": made["RouteId"],
        "RouteKey": "GET /pets/{id}",
        "Target": target,
    }
    # As users of AWS report them.
    with conflict("Route with key GET /pets/{id} already exists for this API"):
        v2.create_route(ApiId=http, RouteKey="GET /pets/{id}")
    malformed = (
        "The provided route key is not formatted properly for HTTP protocol. Format should be "
        '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
    )
    for key in ("GET", "FETCH /x", "GET x", "GET /{a+}/b", "$connect"):
        with bad_request(malformed):
            v2.create_route(ApiId=http, RouteKey=key)
    with conflict(
        f"Cannot delete Integration with id '{integration}'. It is used by route with key 'GET /pets/{{id}}'"
    ):
        v2.delete_integration(ApiId=http, IntegrationId=integration)
    with bad_request("Invalid target specified: integrations/nope"):
        v2.update_route(ApiId=http, RouteId=made["RouteId"], Target="integrations/nope")
    v2.update_route(ApiId=http, RouteId=made["RouteId"], RouteKey="ANY /pets", OperationName="any")
    assert v2.get_route(ApiId=http, RouteId=made["RouteId"])["RouteKey"] == "ANY /pets"
    v2.delete_route(ApiId=http, RouteId=made["RouteId"])
    v2.delete_integration(ApiId=http, IntegrationId=integration)
    with not_found("Invalid Route identifier specified"):
        v2.get_route(ApiId=http, RouteId=made["RouteId"])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"IntegrationType": "MOCK"}, "IntegrationType MOCK is not supported for HTTP APIs. It must be HTTP_PROXY or AWS_PROXY"),
        ({**PROXY, "IntegrationUri": ""}, "IntegrationUri is required for HTTP_PROXY integrations"),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationUri": FUNCTION},
            "PayloadFormatVersion is a required parameter for integration",
        ),
        (
            {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-Eat", "CredentialsArn": "arn:aws:iam::1:role/r"},
            "Invalid integration subtype specified: SQS-Eat",
        ),
        ({**PROXY, "ConnectionType": "VPC_LINK"}, "ConnectionId is required for VPC_LINK"),
        ({**PROXY, "RequestTemplates": {"a": "b"}}, "RequestTemplates is supported only for WebSocket APIs"),
    ],
)
def test_integrations_that_cannot_run_are_refused(v2, http, settings, text):
    with bad_request(text):
        v2.create_integration(ApiId=http, **settings)


def test_an_integrations_parameters_are_merged(v2, http):
    made = v2.create_integration(
        ApiId=http,
        **PROXY,
        RequestParameters={"append:header.a": "1", "overwrite:path": "$request.path"},
        ResponseParameters={"404": {"overwrite:statuscode": "410"}},
    )
    assert (made["ConnectionType"], made["PayloadFormatVersion"], made["TimeoutInMillis"]) == ("INTERNET", "1.0", 30000)
    changed = v2.update_integration(
        ApiId=http,
        IntegrationId=made["IntegrationId"],
        RequestParameters={"append:header.a": "", "append:header.b": "2"},
        ResponseParameters={"404": {}, "500": {"overwrite:statuscode": "502"}},
        TimeoutInMillis=50,
    )
    assert changed["RequestParameters"] == {"overwrite:path": "$request.path", "append:header.b": "2"}
    assert changed["ResponseParameters"] == {"500": {"overwrite:statuscode": "502"}}
    assert changed["TimeoutInMillis"] == 50


def test_authorizers_are_of_a_kind_that_routes_ask_for(v2, http):
    jwt = v2.create_authorizer(
        ApiId=http,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "https://issuer.example", "Audience": ["a"]},
    )["AuthorizerId"]
    function = v2.create_authorizer(
        ApiId=http,
        Name="function",
        AuthorizerType="REQUEST",
        IdentitySource=["$request.header.Auth"],
        AuthorizerUri=f"arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        AuthorizerResultTtlInSeconds=30,
    )["AuthorizerId"]
    scoped = {"AuthorizationType": "JWT", "AuthorizerId": jwt, "AuthorizationScopes": ["read"]}
    route = v2.create_route(ApiId=http, RouteKey="GET /a", **scoped)
    assert route["AuthorizationScopes"] == ["read"]
    for kind, authorizer in (("JWT", function), ("CUSTOM", jwt), ("JWT", "nope")):
        with bad_request(f"Invalid authorizer specified for the authorization type {kind}"):
            v2.create_route(ApiId=http, RouteKey="GET /b", AuthorizationType=kind, AuthorizerId=authorizer)
    with bad_request("An authorizer is not supported for the authorization type AWS_IAM"):
        v2.create_route(ApiId=http, RouteKey="GET /b", AuthorizationType="AWS_IAM", AuthorizerId=jwt)
    with pytest.raises(v2.exceptions.ConflictException):
        v2.delete_authorizer(ApiId=http, AuthorizerId=jwt)
    opened = v2.update_route(ApiId=http, RouteId=route["RouteId"], AuthorizationType="NONE")
    assert ("AuthorizerId" in opened, "AuthorizationScopes" in opened) == (False, False)
    v2.delete_authorizer(ApiId=http, AuthorizerId=jwt)
    assert [item["Name"] for item in v2.get_authorizers(ApiId=http)["Items"]] == ["function"]


@pytest.mark.parametrize(
    "settings",
    [
        {"AuthorizerType": "JWT", "IdentitySource": ["$request.header.A"], "JwtConfiguration": {"Issuer": "x", "Audience": ["a"]}},
        {"AuthorizerType": "JWT", "IdentitySource": ["$request.header.A"], "JwtConfiguration": {"Issuer": "https://i"}},
        {"AuthorizerType": "JWT", "IdentitySource": [], "JwtConfiguration": {"Issuer": "https://i", "Audience": ["a"]}},
        {"AuthorizerType": "JWT", "IdentitySource": ["method.request.header.A"], "JwtConfiguration": {"Issuer": "https://i", "Audience": ["a"]}},
        {"AuthorizerType": "REQUEST", "IdentitySource": [], "AuthorizerUri": "arn:x"},
        {"AuthorizerType": "REQUEST", "IdentitySource": [], "AuthorizerPayloadFormatVersion": "2.0"},
    ],
)
def test_authorizers_that_cannot_be_asked_are_refused(v2, http, settings):
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.create_authorizer(ApiId=http, Name="a", **settings)


def test_stages_serve_deployments(v2, http):
    # As users of AWS report it.
    with bad_request("At least one route is required before deploying the Api."):
        v2.create_deployment(ApiId=http)
    v2.create_route(ApiId=http, RouteKey="GET /a")
    first = v2.create_deployment(ApiId=http, Description="one")
    assert (first["DeploymentStatus"], first["AutoDeployed"]) == ("DEPLOYED", False)
    stage = shown(v2.create_stage(ApiId=http, StageName="prod", DeploymentId=first["DeploymentId"]))
    assert stage.pop("CreatedDate") and stage.pop("LastUpdatedDate")
    assert stage == {
        "AutoDeploy": False,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "DeploymentId": first["DeploymentId"],
        "RouteSettings": {},
        "StageName": "prod",
        "StageVariables": {},
        "Tags": {},
    }
    with conflict("Stage already exists"):
        v2.create_stage(ApiId=http, StageName="prod")
    second = v2.create_deployment(ApiId=http, StageName="prod")["DeploymentId"]
    assert v2.get_stage(ApiId=http, StageName="prod")["DeploymentId"] == second
    with bad_request("Active stages pointing to this deployment must be moved or deleted"):
        v2.delete_deployment(ApiId=http, DeploymentId=second)
    v2.delete_deployment(ApiId=http, DeploymentId=first["DeploymentId"])
    v2.delete_stage(ApiId=http, StageName="prod")
    with not_found("Invalid stage identifier specified"):
        v2.get_stage(ApiId=http, StageName="prod")


def test_a_stage_that_deploys_itself_follows_its_api(v2, http):
    stage = v2.create_stage(ApiId=http, StageName="$default", AutoDeploy=True)
    seen = [stage["DeploymentId"]]
    integration = v2.create_integration(ApiId=http, **PROXY)["IntegrationId"]
    for n in range(15):
        v2.create_route(ApiId=http, RouteKey=f"GET /{n}", Target=f"integrations/{integration}")
        seen.append(v2.get_stage(ApiId=http, StageName="$default")["DeploymentId"])
    assert len(set(seen)) == len(seen)
    stage = v2.get_stage(ApiId=http, StageName="$default")
    # AWS's words.
    assert stage["LastDeploymentStatusMessage"] == f"Successfully deployed stage with deployment ID '{seen[-1]}'"
    kept = [item["DeploymentId"] for item in v2.get_deployments(ApiId=http, MaxResults="100")["Items"]]
    assert (len(kept), kept[0]) == (11, seen[-1])


def test_stage_settings_are_changed_by_what_is_given(aws, v2, http):
    v2.create_stage(
        ApiId=http,
        StageName="prod",
        DefaultRouteSettings={"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5},
        RouteSettings={"GET /a": {"ThrottlingBurstLimit": 1}},
        StageVariables={"a": "1", "b": "2"},
    )
    group = f"arn:aws:logs:{aws.region}:000000000000:log-group:g"
    changed = v2.update_stage(
        ApiId=http,
        StageName="prod",
        AccessLogSettings={"DestinationArn": f"{group}:*", "Format": "$context.requestId"},
        RouteSettings={"GET /b": {"DetailedMetricsEnabled": True}},
        StageVariables={"a": "", "c": "3"},
        Description="d",
    )
    assert changed["StageVariables"] == {"b": "2", "c": "3"}
    assert changed["AccessLogSettings"] == {"DestinationArn": group, "Format": "$context.requestId"}
    assert changed["RouteSettings"] == {
        "GET /a": {"DetailedMetricsEnabled": False, "ThrottlingBurstLimit": 1},
        "GET /b": {"DetailedMetricsEnabled": True},
    }
    assert changed["DefaultRouteSettings"]["ThrottlingRateLimit"] == 2.5
    v2.delete_route_settings(ApiId=http, StageName="prod", RouteKey="GET /a")
    v2.delete_access_log_settings(ApiId=http, StageName="prod")
    read = v2.get_stage(ApiId=http, StageName="prod")
    assert (list(read["RouteSettings"]), "AccessLogSettings" in read) == (["GET /b"], False)
    # As users of AWS report it.
    with bad_request("Execution logs are not supported on protocolType HTTP"):
        v2.update_stage(ApiId=http, StageName="prod", DefaultRouteSettings={"LoggingLevel": "INFO"})


def test_apis_and_stages_have_tags(aws, v2):
    api = v2.create_api(Name="a", ProtocolType="HTTP", Tags={"one": "1"})["ApiId"]
    v2.create_stage(ApiId=api, StageName="prod", Tags={"s": "1"})
    arns = [aws.arn(f"/apis/{api}"), aws.arn(f"/apis/{api}/stages/prod")]
    for arn in arns:
        v2.tag_resource(ResourceArn=arn, Tags={"two": "2"})
    v2.untag_resource(ResourceArn=arns[0], TagKeys=["one"])
    assert [v2.get_tags(ResourceArn=arn)["Tags"] for arn in arns] == [{"two": "2"}, {"s": "1", "two": "2"}]
    assert v2.get_api(ApiId=api)["Tags"] == {"two": "2"}
    for arn in (aws.arn("/apis/nope"), aws.arn("/apis"), "x"):
        with pytest.raises((v2.exceptions.NotFoundException, v2.exceptions.BadRequestException)):
            v2.get_tags(ResourceArn=arn)


def test_lists_come_in_pages(v2, http):
    for n in range(5):
        v2.create_route(ApiId=http, RouteKey=f"GET /{n}")
    found, token = [], {}
    while True:
        page = v2.get_routes(ApiId=http, MaxResults="2", **token)
        found += [route["RouteKey"] for route in page["Items"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sorted(found) == [f"GET /{n}" for n in range(5)]
    with bad_request("Invalid maxResults specified"):
        v2.get_routes(ApiId=http, MaxResults="many")


def document(paths, **more):
    return json.dumps({"openapi": "3.0.1", "info": {"title": "spec", "version": "1"}, "paths": paths, **more})


def operation(**more):
    proxy = {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:9/", "payloadFormatVersion": "1.0"}
    return {"responses": {"default": {"description": ""}}, "x-amazon-apigateway-integration": proxy, **more}


def test_an_api_is_made_of_a_document_and_replaced_by_another(v2):
    made = v2.import_api(Body=document({"/pets": {"get": operation()}}, tags=[{"name": "t", "x-amazon-apigateway-tag-value": "v"}]))
    api = made["ApiId"]
    assert (made["Name"], made["Version"], made["ProtocolType"], made["Tags"]) == ("spec", "1", "HTTP", {"t": "v"})
    stage = v2.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert list(keys(v2, api)) == ["GET /pets"]
    scheme = {
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]},
        },
    }
    paths = {
        "/toys": {"get": operation(security=[{"jwt": ["read"]}])},
        "/secret": {"get": operation(security=[{"absent": []}])},
        "/$default": {"x-amazon-apigateway-any-method": operation(isDefaultRoute=True)},
    }
    body = document(paths, components={"securitySchemes": {"jwt": scheme}})
    with pytest.raises(v2.exceptions.BadRequestException):
        v2.reimport_api(ApiId=api, Body=body, FailOnWarnings=True)
    assert list(keys(v2, api)) == ["GET /pets"]
    again = v2.reimport_api(ApiId=api, Body=body)
    assert len(again["Warnings"]) == 2
    routes = keys(v2, api)
    # What cannot be enforced is not made.
    assert sorted(routes) == ["$default", "GET /toys"]
    (authorizer,) = v2.get_authorizers(ApiId=api)["Items"]
    toys = routes["GET /toys"]
    assert (toys["AuthorizationType"], toys["AuthorizerId"]) == ("JWT", authorizer["AuthorizerId"])
    assert len(v2.get_integrations(ApiId=api)["Items"]) == 2
    assert v2.get_stage(ApiId=api, StageName="$default")["DeploymentId"] != stage["DeploymentId"]


@pytest.mark.parametrize("body", ["", "{", "a: [", '{"swagger": "2.0", "info": {"title": "x"}, "paths": {}}'])
def test_what_is_no_document_is_refused(v2, body):
    with bad_request("Invalid OpenAPI input."):
        v2.import_api(Body=body)


def test_a_document_is_held_to_the_rules_of_single_operations(v2):
    slow = operation()
    slow["x-amazon-apigateway-integration"]["timeoutInMillis"] = 31000
    text = "Errors found during import:\n\tUnable to create integration: Timeout should be between 50 ms and 30000 ms"
    with bad_request(text):
        v2.import_api(Body=document({"/a": {"get": slow}}))
    assert v2.get_apis()["Items"] == []


def test_regions_do_not_see_each_others_apis(aws, v2, http):
    other = aws.elsewhere().client("apigatewayv2")
    assert other.get_apis()["Items"] == []
    with pytest.raises(other.exceptions.NotFoundException):
        other.get_api(ApiId=http)


def test_what_is_exported_can_be_imported(v2):
    made = v2.import_api(Body=document({"/pets/{id}": {"get": operation()}}))["ApiId"]
    v2.create_stage(ApiId=made, StageName="prod", AutoDeploy=True)
    v2.create_route(ApiId=made, RouteKey="$default", AuthorizationType="AWS_IAM")
    for settings in ({"OutputType": "JSON"}, {"OutputType": "YAML", "StageName": "prod"}):
        exported = v2.export_api(ApiId=made, Specification="OAS30", **settings)["body"].read().decode()
        again = v2.import_api(Body=exported, FailOnWarnings=True)["ApiId"]
        routes = keys(v2, again)
        assert sorted(routes) == ["$default", "GET /pets/{id}"]
        assert routes["$default"]["AuthorizationType"] == "AWS_IAM"
    plain = v2.export_api(ApiId=made, Specification="OAS30", OutputType="JSON", IncludeExtensions=False)["body"].read()
    assert "x-amazon-apigateway-integration" not in plain.decode()
    with not_found("Invalid stage identifier specified"):
        v2.export_api(ApiId=made, Specification="OAS30", OutputType="JSON", StageName="nope")
