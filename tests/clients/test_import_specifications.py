"""Whole specifications, imported by the AWS CLI and deployed: what each becomes, and what it answers."""

import json
import pathlib
import re

import pytest
import yaml

from clients.test_aws_cli import cli  # noqa: F401  (a fixture)

FILES = pathlib.Path(__file__).parent.parent / "specifications"


class Imported:
    """One specification as an API."""

    def __init__(self, aws, made):
        self.client = aws.client("apigateway")
        self.made = made
        self.id = made["id"]
        items = self.client.get_resources(restApiId=self.id, limit=500, embed=["methods"])["items"]
        self.resources = {item["path"]: item for item in items}

    def method(self, path, verb="GET"):
        return self.resources[path]["resourceMethods"][verb]

    def named(self, operation, **more):
        items = getattr(self.client, operation)(restApiId=self.id, **more)["items"]
        return {item["name"]: item for item in items}

    def deploy(self, **settings):
        self.client.create_deployment(restApiId=self.id, stageName="dev", **settings)

    def target(self, path):
        return f"/_aws/execute-api/{self.id}/dev{path}"


#: What REST APIs have of the guide's "OpenAPI extensions for API Gateway"; the others are for HTTP APIs.
EXTENSIONS = """
any-method api-key-source auth authorizer authtype binary-media-types documentation endpoint-access-mode
endpoint-configuration gateway-responses importexport-version integration minimum-compression-size policy
request-validator request-validators security-policy tag-value
"""

#: Members of x-amazon-apigateway-integration by the guide's page on it, and of the one operation that makes integrations.
INTEGRATION = """
cacheKeyParameters cacheNamespace connectionId connectionType contentHandling credentials httpMethod integrationTarget
passthroughBehavior requestParameters requestTemplates responseTransferMode responses timeoutInMillis tlsConfig type uri
"""


def members(value, name):
    """Every member of every object that stands under `name` somewhere in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name and isinstance(inner, dict):
                yield from inner
            yield from members(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, name)


def test_together_they_use_every_extension():
    documents = [yaml.safe_load(file.read_text()) for file in FILES.iterdir()]
    assert len(documents) == 10
    used = set(re.findall("x-amazon-apigateway-([a-z-]+)", json.dumps(documents)))
    assert used == set(EXTENSIONS.split())
    assert set(members(documents, "x-amazon-apigateway-integration")) == set(INTEGRATION.split())


@pytest.mark.parametrize("name", sorted(file.name for file in FILES.iterdir()))
def test_each_can_be_deployed_exported_and_put_back(specification, name):
    """As the AWS CLI does it; what is put back by the file that GetExport wrote is the same to the last method."""
    api = specification(name)
    api.deploy(variables={"host": "127.0.0.1:9", "link": "none"})
    named = {"restApiId": api.id, "stageName": "dev", "parameters": {"extensions": "apigateway"}}

    def exported(kind):
        return json.loads(api.client.get_export(**named, exportType=kind)["body"].read())

    for kind in ("swagger", "oas30"):
        before = exported(kind)
        api.client.put_rest_api(restApiId=api.id, mode="overwrite", failOnWarnings=True, body=json.dumps(before))
        api.deploy()
        assert exported(kind) == before


@pytest.fixture
def specification(aws, cli):  # noqa: F811
    """`aws apigateway import-rest-api --body fileb://…` without a warning."""

    def load(name, *more):
        file = name if isinstance(name, pathlib.Path) else FILES / name
        code, out, err = cli("apigateway", "import-rest-api", "--fail-on-warnings", "--body", f"fileb://{file}", *more)
        assert code == 0, err
        return Imported(aws, out)

    return load


def test_hello_swagger_json(specification, call):
    api = specification("hello.swagger.json")
    assert api.method("/")["methodIntegration"]["integrationResponses"]["200"] == {
        "statusCode": "200",
        "responseTemplates": {"application/json": '{"hello": "world"}'},
    }
    api.deploy()
    reply = call("GET", api.target("/"))
    assert (reply.status, reply.json) == (200, {"hello": "world"})


def test_hello_openapi_yaml(specification, call):
    api = specification("hello.openapi.yaml", "--parameters", "basepath=prepend")
    assert list(api.resources) == ["/", "/v1", "/v1/greetings", "/v1/greetings/hello", "/v1/greetings/hello/{name}"]
    assert api.made["description"] == "Says hello."
    assert api.method("/v1/greetings/hello")["operationName"] == "hello"
    named = api.method("/v1/greetings/hello/{name}")
    assert named["requestParameters"] == {"method.request.path.name": True}
    assert named["methodIntegration"]["passthroughBehavior"] == "NEVER"
    api.deploy()
    reply = call("GET", api.target("/v1/greetings/hello/you"))
    assert (reply.status, reply.json) == (200, {"hello": "yaml"})


def test_pets_swagger_yaml(specification, call):
    api = specification("pets.swagger.yaml", "--parameters", "basepath=split")
    assert list(api.resources) == ["/", "/pets", "/pets/{id}"]
    validators = {name: one["id"] for name, one in api.named("get_request_validators").items()}
    listing = api.method("/pets")
    assert listing["requestValidatorId"] == validators["parameters"]
    assert api.method("/pets", "POST")["requestValidatorId"] == validators["all"]
    assert listing["requestParameters"] == {
        "method.request.querystring.limit": False,
        "method.request.header.X-Trace": False,
    }
    assert listing["methodResponses"]["200"] == {
        "statusCode": "200",
        "responseParameters": {"method.response.header.X-Next": False},
        "responseModels": {"application/json": "Pets"},
    }
    assert api.method("/pets", "POST")["requestModels"] == {"application/json": "Pet"}
    assert api.method("/pets/{id}")["methodResponses"]["404"]["responseModels"] == {"application/json": "Error"}
    models = api.named("get_models")
    assert sorted(models) == ["Error", "Pet", "Pets"]
    assert models["Pet"]["description"] == "a pet and its friends"
    assert json.loads(models["Pet"]["schema"]) == {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "friends": {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Pets"},
        },
    }
    api.deploy()
    assert call("GET", api.target("/pets")).json == []
    refused = call("POST", api.target("/pets"), body=b'{"friends": [{"name": 1}]}')
    assert (refused.status, refused.json) == (400, {"message": "Invalid request body"})
    assert call("POST", api.target("/pets"), body=b'{"name": "cat", "friends": [{"name": "dog"}]}').status == 201


def test_pets_openapi_json(specification, call):
    api = specification("pets.openapi.json")
    listing = api.method("/pets")
    [made_up] = [name for name in api.named("get_models") if name != "Pet"]
    assert made_up.startswith("MODEL")
    assert listing["methodResponses"]["200"]["responseModels"] == {"application/json": made_up}
    assert listing["requestParameters"] == {"method.request.querystring.limit": True}
    assert api.method("/pets", "POST")["requestModels"] == {"application/json": "Pet"}
    # The developer guide has tags of documents for HTTP APIs only.
    assert api.client.get_rest_api(restApiId=api.id)["tags"] == {}
    api.deploy()
    reply = call("GET", api.target("/pets?limit=1"))
    assert (reply.status, reply.header("x-next"), reply.json) == (200, "2", [{"name": "cat"}])
    assert call("POST", api.target("/pets"), body=b"{}").status == 201


def test_proxy_openapi_json(specification):
    api = specification("proxy.openapi.json")
    assert (api.made["binaryMediaTypes"], api.made["minimumCompressionSize"]) == (["*/*"], 1024)
    method = api.method("/{proxy+}", "ANY")
    assert method["requestParameters"] == {"method.request.path.proxy": True}
    assert method["methodIntegration"] == {
        "type": "HTTP_PROXY",
        "httpMethod": "ANY",
        "uri": "http://${stageVariables.host}/{proxy}",
        "connectionType": "INTERNET",
        "passthroughBehavior": "WHEN_NO_MATCH",
        "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
        "cacheKeyParameters": ["method.request.path.proxy"],
        "cacheNamespace": "shared",
        "timeoutInMillis": 10000,
        "tlsConfig": {"insecureSkipVerification": True},
        "responseTransferMode": "STREAM",
        "integrationResponses": {"200": {"statusCode": "200"}},
    }


def test_functions_openapi_yaml(aws, specification):
    api = specification("functions.openapi.yaml")
    integration = api.method("/")["methodIntegration"]
    assert integration["uri"] == (
        f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/"
        f"arn:aws:lambda:{aws.region}:000000000000:function:hello/invocations"
    )
    assert integration["credentials"] == "arn:aws:iam::000000000000:role/invoke"
    assert (integration["type"], integration["contentHandling"]) == ("AWS_PROXY", "CONVERT_TO_TEXT")
    private = api.method("/private")["methodIntegration"]
    assert (private["connectionType"], private["connectionId"]) == ("VPC_LINK", "${stageVariables.link}")
    assert private["integrationTarget"] == (
        "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/b/c"
    )


def test_secured_swagger_json(specification):
    api = specification("secured.swagger.json")
    assert api.made["apiKeySource"] == "AUTHORIZER"
    authorizers = api.named("get_authorizers")
    assert sorted(authorizers) == ["pool", "request", "token"]
    assert (authorizers["token"]["authType"], authorizers["token"]["authorizerResultTtlInSeconds"]) == ("oauth2", 60)
    assert authorizers["token"]["identitySource"] == "method.request.header.Auth"
    assert authorizers["request"]["authorizerResultTtlInSeconds"] == 300
    assert authorizers["pool"]["identitySource"] == "method.request.header.Authorization"

    def asked(path):
        method = api.method(path)
        kept = ("authorizationType", "authorizerId", "apiKeyRequired", "authorizationScopes")
        return tuple(method.get(key) for key in kept)

    ids = {name: one["id"] for name, one in authorizers.items()}
    assert {path: asked(path) for path in api.resources if path != "/"} == {
        "/default": ("CUSTOM", ids["token"], False, None),
        "/key": ("NONE", None, True, None),
        "/iam": ("AWS_IAM", None, False, None),
        "/pool": ("COGNITO_USER_POOLS", ids["pool"], False, ["pets/read"]),
        "/both": ("CUSTOM", ids["request"], True, None),
        "/open": ("NONE", None, False, None),
        "/auth": ("AWS_IAM", None, False, None),
    }


def test_everything_openapi_json(aws, specification):
    api = specification("everything.openapi.json", "--parameters", "endpointConfigurationTypes=REGIONAL")
    assert api.made["binaryMediaTypes"] == ["image/png", "application/pdf"]
    assert (api.made["securityPolicy"], api.made["endpointAccessMode"]) == ("TLS_1_2", "BASIC")
    assert api.made["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    assert f"arn:aws:execute-api:{aws.region}:000000000000:{api.id}/*" in api.made["policy"]
    response = api.client.get_gateway_response(restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN")
    assert (response["statusCode"], response["defaultResponse"]) == ("404", False)
    assert response["responseParameters"] == {"gatewayresponse.header.X-Reason": "'nothing here'"}
    parts = api.client.get_documentation_parts(restApiId=api.id)["items"]
    assert sorted(part["location"]["type"] for part in parts) == ["API", "METHOD", "MODEL"]
    integration = api.method("/")["methodIntegration"]
    assert integration["integrationResponses"]["200"]["selectionPattern"] == "2\\d{2}"
    assert integration["integrationResponses"]["200"]["contentHandling"] == "CONVERT_TO_TEXT"


def test_events_swagger_yaml(specification):
    integration = specification("events.swagger.yaml").method("/events", "POST")["methodIntegration"]
    assert integration["requestTemplates"] == {
        "application/json": "Action=SendMessage&\nMessageBody=$input.body\n",
    }
    assert integration["integrationResponses"] == {
        "202": {
            "statusCode": "202",
            "responseParameters": {"method.response.header.X-Message": "integration.response.header.x-message"},
        },
        "400": {
            "statusCode": "400",
            "selectionPattern": "4\\d{2}",
            "responseTemplates": {"application/json": '{"taken": false}'},
        },
    }


def test_cors_swagger_json(specification, call):
    api = specification("cors.swagger.json")
    api.deploy()
    allowed = call("OPTIONS", api.target("/items/1"))
    assert (allowed.status, allowed.header("access-control-allow-methods")) == (204, "GET,OPTIONS")
    got = call("GET", api.target("/items/1"))
    assert (got.header("access-control-allow-origin"), got.json) == ("*", {"item": 1})


def test_three_hundred_operations(specification, call, tmp_path):
    """Made here, because nobody wants to read it."""

    def operation(number):
        return {
            "operationId": f"operation{number}",
            "parameters": [{"$ref": "#/components/parameters/Limit"}],
            "responses": {"200": {"$ref": "#/components/responses/Item"}},
            "x-amazon-apigateway-integration": {
                "type": "mock",
                "requestTemplates": {"application/json": '{"statusCode": 200}'},
                "responses": {
                    "default": {"statusCode": "200", "responseTemplates": {"application/json": f"{number}"}}
                },
            },
        }

    document = {
        "openapi": "3.0.1",
        "info": {"title": "large", "version": "1"},
        "components": {
            "schemas": {f"Item{n}": {"type": "object"} for n in range(100)},
            "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}},
            "responses": {
                "Item": {
                    "description": "an item",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item7"}}},
                }
            },
        },
        "paths": {
            f"/group{group}/items/{{id}}": {
                verb: operation(group * 4 + at) for at, verb in enumerate(("get", "put", "post", "delete"))
            }
            for group in range(75)
        },
    }
    file = tmp_path / "large.json"
    file.write_text(json.dumps(document))
    api = specification(file)
    assert len(api.resources) == 1 + 3 * 75
    operations = [method for item in api.resources.values() for method in item.get("resourceMethods", {}).values()]
    assert len({method["operationName"] for method in operations}) == 300
    api.deploy()
    assert call("POST", api.target("/group74/items/x")).json == 298
