"""One API of each kind with every feature on, for the soak."""

import json

from harness import functions
from harness.account import Aws, patch
from harness.definitions import RestApi, invocation_uri
from harness.http_apis import HttpApi
from harness.logs import allow
from harness.signing import Person, allow_invoke, statement
from harness.websocket import WebSocketApi

from .apis import LOG_FORMAT

REGION = "us-east-1"
FUNCTION = """
import json, os, time

def handler(event, context):
    how = (event.get("queryStringParameters") or {}).get("how")
    if how == "sleeps":
        time.sleep(30)
    if how == "exits":
        os._exit(7)
    if how == "raises":
        raise KeyError("lost")
    return {"statusCode": 200, "body": json.dumps({"remaining": context.get_remaining_time_in_millis() > 0})}
"""
AUTHORIZER = """
def handler(event, context):
    token = event["authorizationToken"]
    if token == "unknown":
        raise Exception("Unauthorized")
    effect = "Deny" if token == "denied" else "Allow"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": token, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
REQUEST_TEMPLATE = """#set($root = $input.path('$'))
{"names": [#foreach($pet in $root.pets)"$util.escapeJavaScript($pet.name)"#if($foreach.hasNext),#end#end],
 "caller": "$context.identity.sourceIp"}"""
MODEL = json.dumps({
    "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["name"],
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}},
})


class Everything:
    """The APIs, who may call them, and what changes them."""

    def __init__(self, endpoint, backend, pool):
        self.aws = Aws(endpoint, REGION)
        self.backend, self.pool = backend, pool
        allow(self.aws)
        self.function = functions.function(self.aws, FUNCTION, Timeout=1, MemorySize=256)
        self.authorizer = functions.function(self.aws, AUTHORIZER)
        for arn in (self.function, self.authorizer):
            functions.allow_gateway(self.aws, arn)
        self.person = Person(self.aws, allow_invoke(), statement("Allow", "execute-api:ManageConnections", "*"))
        self.rest, self.http, self.chat = self._rest(), self._http(), self._websocket()

    def _rest(self):
        api = RestApi(self.aws, "soak")
        url = self.backend.url
        item = {"integration.request.path.item": "method.request.path.item"}
        api.http_proxy("/proxied/{item}", f"{url}/{{item}}", "ANY", parameters=item)
        api.client.update_method(
            **api.at("/proxied/{item}", "ANY"), patchOperations=[patch("replace", "/apiKeyRequired", "true")]
        )
        api.http_proxy("/cached/{item}", f"{url}/{{item}}", parameters=item, cacheKeyParameters=["method.request.path.item"])
        api.http_proxy("/streamed", f"{url}/large", responseTransferMode="STREAM")
        api.http_proxy("/open/{item}", f"{url}/{{item}}", "ANY", parameters=item)
        api.http("/templated", f"{url}/echo", "POST", requestTemplates={"application/json": REQUEST_TEMPLATE})
        api.reply("/templated", "POST", responseTemplates={"application/json": "$input.json('$.names')"})
        api.function_proxy("/function", self.function)
        self._validated(api)
        self._guarded(api)
        api.mock("/signed", body='{"for": "$context.identity.userArn"}', authorizationType="AWS_IAM")
        api.mock("/mock", body='{"id": "$context.requestId"}')
        api.deploy(cacheClusterEnabled=True, cacheClusterSize="0.5")
        self.aws.logs.create_log_group(logGroupName="/soak/access")
        group = f"arn:aws:logs:{REGION}:000000000000:log-group:/soak/access"
        changes = {
            "/accessLogSettings/destinationArn": group, "/accessLogSettings/format": LOG_FORMAT,
            "/*/*/metrics/enabled": "true", "/*/*/logging/loglevel": "INFO", "/*/*/throttling/rateLimit": "1000",
            "/*/*/throttling/burstLimit": "500", "/~1cached~1{item}/GET/caching/enabled": "true",
            "/~1cached~1{item}/GET/caching/ttlInSeconds": "5",
        }
        patches = [patch("replace", path, value) for path, value in changes.items()]
        api.client.update_stage(restApiId=api.id, stageName="test", patchOperations=patches)
        self.plan = api.client.create_usage_plan(
            name="soak", apiStages=[{"apiId": api.id, "stage": "test"}], throttle={"rateLimit": 20.0, "burstLimit": 20},
            quota={"limit": 100_000_000, "period": "DAY"},
        )["id"]
        _, self.key = self.new_key()
        _, self.greedy_key = self.new_key()
        return api

    def _validated(self, api):
        api.client.create_model(restApiId=api.id, name="Pet", contentType="application/json", schema=MODEL)
        validator = api.client.create_request_validator(
            restApiId=api.id, name="all", validateRequestBody=True, validateRequestParameters=True
        )
        api.mock("/validated", "POST", body="{}", requestValidatorId=validator["id"],
                 requestModels={"application/json": "Pet"})

    def _guarded(self, api):
        authorizer = api.client.create_authorizer(
            restApiId=api.id, name="tokens", type="TOKEN", authorizerUri=invocation_uri(REGION, self.authorizer),
            identitySource="method.request.header.Auth", authorizerResultTtlInSeconds=10,
        )
        api.mock("/guarded", body="{}", authorizationType="CUSTOM", authorizerId=authorizer["id"])

    def new_key(self):
        """Another API key of the plan: its id and its value."""
        gateway = self.aws.apigateway
        key = gateway.create_api_key(name="soak", enabled=True)
        gateway.create_usage_plan_key(usagePlanId=self.plan, keyId=key["id"], keyType="API_KEY")
        return key["id"], key["value"]

    def _http(self):
        api = HttpApi(self.aws, "soak", CorsConfiguration={"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET"]})
        jwt = api.client.create_authorizer(
            ApiId=api.id, Name="jwt", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": self.backend.url, "Audience": ["app"]},
        )["AuthorizerId"]
        claim = {"overwrite:header.sub": "$context.authorizer.claims.sub"}
        api.http("GET /me", self.backend.url, request=claim, AuthorizationType="JWT", AuthorizerId=jwt)
        api.function("ANY /function", self.function)
        self.changing = api.route("GET /changing", {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET",
                                                    "IntegrationUri": self.backend.url, "PayloadFormatVersion": "1.0"})
        api.http("ANY /{proxy+}", f"{self.backend.url}/{{proxy}}")
        return api

    def _websocket(self):
        api = WebSocketApi(self.aws)
        api.route("$connect", api.mock())
        api.route("$disconnect", api.function(self.function))
        api.route("who", api.mock("$context.connectionId"), two_way=True)
        echoing = api.integration(IntegrationType="HTTP_PROXY", IntegrationMethod="POST",
                                  IntegrationUri=f"{self.backend.url}/echo")
        api.route("$default", echoing, two_way=True)
        api.deploy()
        return api

    def token(self):
        """A token for the HTTP API, good for ten minutes."""
        return self.pool.token(iss=self.backend.url, aud="app")
