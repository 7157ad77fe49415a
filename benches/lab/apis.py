"""The APIs that the benches define, by boto3."""

import json

REGIONS = ("us-east-1", "us-west-2")
STAGE = "bench"
MOCK_BODY = json.dumps({"message": "from a mock integration", "padding": "x" * 58}, separators=(",", ":"))
KEYS = 10_000
LOG_FORMAT = json.dumps({
    "requestId": "$context.requestId", "ip": "$context.identity.sourceIp", "requestTime": "$context.requestTime",
    "httpMethod": "$context.httpMethod", "path": "$context.path", "status": "$context.status",
    "responseLength": "$context.responseLength", "responseLatency": "$context.responseLatency",
    "userAgent": "$context.identity.userAgent",
})


def key(number):
    """The value of an API key: 40 characters, as API Gateway makes them."""
    return f"{number * 7919:020d}{(number * 0x9E3779B97F4A7C15) & (2 ** 64 - 1):020x}"


THE_KEY = key(500)


def client(service, endpoint, region=REGIONS[0]):
    import boto3

    return boto3.client(service, endpoint_url=endpoint, region_name=region,
                        aws_access_key_id="bench", aws_secret_access_key="bench")


def define(endpoint, backend, featured):
    """A REST API with a proxied and a mocked method, deployed; its id. With features on, both methods ask for one
    of 10,000 API keys, of a usage plan with a throttle, and the stage has a throttle, a JSON access log and
    detailed metrics."""
    gateway = client("apigateway", endpoint)
    api = gateway.create_rest_api(name="bench")

    def method(path, verb):
        resource = gateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart=path)
        place = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": verb}
        gateway.put_method(**place, authorizationType="NONE", apiKeyRequired=featured)
        return place

    proxied = method("proxied", "ANY")
    gateway.put_integration(**proxied, type="HTTP_PROXY", integrationHttpMethod="ANY", uri=backend)
    mocked = method("mock", "GET")
    gateway.put_integration(**mocked, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    gateway.put_method_response(**mocked, statusCode="200")
    gateway.put_integration_response(**mocked, statusCode="200", responseTemplates={"application/json": MOCK_BODY})
    gateway.create_deployment(restApiId=api["id"], stageName=STAGE)
    if featured:
        feature(gateway, endpoint, api["id"])
    return api["id"]


def feature(gateway, endpoint, api):
    client("logs", endpoint).create_log_group(logGroupName="/bench/access")
    group = f"arn:aws:logs:{REGIONS[0]}:000000000000:log-group:/bench/access"
    changes = {"/accessLogSettings/destinationArn": group, "/accessLogSettings/format": LOG_FORMAT,
               "/*/*/metrics/enabled": "true", "/*/*/throttling/rateLimit": "1000000",
               "/*/*/throttling/burstLimit": "100000"}
    patches = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
    gateway.update_stage(restApiId=api, stageName=STAGE, patchOperations=patches)
    throttle = {"rateLimit": 1_000_000.0, "burstLimit": 100_000}
    plan = gateway.create_usage_plan(name="bench", apiStages=[{"apiId": api, "stage": STAGE}], throttle=throttle)
    for first in range(0, KEYS, 1000):
        rows = [f"{key(n)},key-{n},true,{plan['id']}" for n in range(first, min(first + 1000, KEYS))]
        text = "Key,name,Enabled,usageplanIds\n" + "\n".join(rows)
        gateway.import_api_keys(body=text.encode(), format="csv", failOnWarnings=True)


def small_document():
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
                   "responses": {"default": {"statusCode": "200"}}}
    get = {"responses": {"200": {"description": ""}}, "x-amazon-apigateway-integration": integration}
    return {"swagger": "2.0", "info": {"title": "small", "version": "1"}, "paths": {"/pets": {"get": get}}}


def large_document(resources=299):
    """As many resources as an API may have, each with a template, a model and a validator."""
    reply = {"statusCode": "200", "responseTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'}}
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
                   "responses": {"default": reply}}
    post = {
        "parameters": [{"name": "id", "in": "query", "type": "string", "required": True},
                       {"name": "thing", "in": "body", "schema": {"$ref": "#/definitions/Thing"}}],
        "responses": {"200": {"description": ""}},
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-integration": integration,
    }
    thing = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}}}
    return {
        "swagger": "2.0", "info": {"title": "large", "version": "1"}, "definitions": {"Thing": thing},
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True},
        },
        "paths": {f"/things{n}": {"post": post} for n in range(resources)},
    }


def signed(endpoint, service, path, body):
    """The headers of a POST of `body`. What boto3 does for a call costs milliseconds of a processor; where the gateway
    and its load use all there are, they would be taken from the gateway."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", endpoint + path, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("bench", "bench"), service, REGIONS[0]).add_auth(request)
    return dict(request.headers)


def deploy(endpoint, documents):
    """Imports and deploys each document as an API of its own, in regions by turns: a region has room for 600."""
    gateways = [client("apigateway", endpoint, region) for region in REGIONS]
    for number, document in enumerate(documents):
        gateway = gateways[number % len(gateways)]
        api = gateway.import_rest_api(body=json.dumps(document), failOnWarnings=True,
                                      parameters={"endpointConfigurationTypes": "REGIONAL"})
        gateway.create_deployment(restApiId=api["id"], stageName=STAGE)
