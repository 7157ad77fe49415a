"""GetExport. What is recorded from AWS is named; order and spelling of the documents are tested in Rust."""

import json
import re

import pytest
import yaml

from harness.account import bad_request, not_found, patch


@pytest.fixture
def pets(api):
    """A deployed API with a bit of everything."""
    client = api.client
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    client.create_model(restApiId=api.id, name="Pet", contentType="application/json", schema=json.dumps(schema))
    link = f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Pet"
    listed = {"type": "array", "items": {"$ref": link}}
    client.create_model(restApiId=api.id, name="Pets", contentType="application/json", schema=json.dumps(listed))
    validator = client.create_request_validator(restApiId=api.id, name="body", validateRequestBody=True)["id"]
    api.mock(
        "/pets",
        body="[]",
        headers={"X-Count": "'0'"},
        requestParameters={"method.request.querystring.page": False, "method.request.header.X-Who": True},
        operationName="ListPets",
    )
    client.update_method_response(
        **api.at("/pets"), statusCode="200", patchOperations=[patch("add", "/responseModels/application~1json", "Pets")]
    )
    api.mock(
        "/pets", "POST", body="{}", requestModels={"application/json": "Pet"}, requestValidatorId=validator, apiKeyRequired=True
    )
    api.mock("/pets/{id}", "DELETE", requestParameters={"method.request.path.id": True}, authorizationType="AWS_IAM")
    api.mock("/pets/{id}", "ANY", requestParameters={"method.request.path.id": True})
    client.put_gateway_response(restApiId=api.id, responseType="ACCESS_DENIED", statusCode="404")
    api.deploy("dev")
    return api


def export(api, kind="swagger", stage="dev", **settings):
    return api.client.get_export(restApiId=api.id, stageName=stage, exportType=kind, **settings)


def document(api, kind="swagger", extensions=None, **settings):
    if extensions:
        settings["parameters"] = {"extensions": extensions}
    text = export(api, kind, **settings)["body"].read()
    return json.loads(text)


def test_swagger(pets):
    """Recorded from AWS: the members at the top, the type, the name with the date where there is no version."""
    exported = export(pets)
    assert exported["contentType"] == "application/octet-stream"
    name = re.fullmatch(r'attachment; filename="swagger_(.*)\.json"', exported["contentDisposition"])[1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", name)
    written = json.loads(exported["body"].read())
    assert list(written) == [
        "swagger",
        "info",
        "host",
        "basePath",
        "schemes",
        "paths",
        "securityDefinitions",
        "definitions",
    ]
    assert written["info"] == {"version": name, "title": "api"}
    assert written["host"] == f"{pets.id}.execute-api.{pets.aws.region}.amazonaws.com"
    assert (written["basePath"], written["schemes"]) == ("/dev", ["https"])
    assert {path: list(item) for path, item in written["paths"].items()} == {
        "/pets": ["get", "post"],
        "/pets/{id}": ["delete", "x-amazon-apigateway-any-method"],
    }
    assert written["paths"]["/pets"]["get"] == {
        "operationId": "ListPets",
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "parameters": [
            {"name": "page", "in": "query", "required": False, "type": "string"},
            {"name": "X-Who", "in": "header", "required": True, "type": "string"},
        ],
        "responses": {
            "200": {
                "description": "200 response",
                "schema": {"$ref": "#/definitions/Pets"},
                "headers": {"X-Count": {"type": "string"}},
            }
        },
    }
    post = written["paths"]["/pets"]["post"]
    body = {"in": "body", "name": "Pet", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    assert (post["parameters"], post["security"]) == ([body], [{"api_key": []}])
    assert list(written["definitions"]) == ["Pet", "Pets"]
    assert written["definitions"]["Pets"]["items"] == {"$ref": "#/definitions/Pet"}
    assert written["securityDefinitions"] == {
        "sigv4": {"type": "apiKey", "name": "Authorization", "in": "header"},
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    }


def test_oas30(pets):
    """Recorded from AWS: the version, the server, the components, the name with the API's version."""
    pets.client.update_rest_api(restApiId=pets.id, patchOperations=[patch("replace", "/version", "1.0.0")])
    pets.deploy("dev")
    exported = export(pets, "oas30")
    assert exported["contentType"] == "application/octet-stream"
    assert exported["contentDisposition"] == 'attachment; filename="oas30_1.0.0.json"'
    written = json.loads(exported["body"].read())
    assert list(written) == ["openapi", "info", "servers", "paths", "components"]
    assert (written["openapi"], written["info"]) == ("3.0.1", {"title": "api", "version": "1.0.0"})
    host = f"{pets.id}.execute-api.{pets.aws.region}.amazonaws.com"
    assert written["servers"] == [
        {"url": f"https://{host}/{{basePath}}", "variables": {"basePath": {"default": "dev"}}}
    ]
    assert list(written["components"]) == ["schemas", "securitySchemes"]
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}
    assert written["paths"]["/pets"]["post"]["requestBody"] == {"content": body, "required": True}


@pytest.mark.parametrize("kind", ["swagger", "oas30"])
def test_yaml_says_what_json_says(pets, kind):
    """By a parser of YAML 1.1."""
    settings = {"parameters": {"extensions": "apigateway,postman"}}
    exported = export(pets, kind, accepts="application/yaml", **settings)
    assert re.fullmatch(rf'attachment; filename="{kind}_.*\.yaml"', exported["contentDisposition"])
    written = json.loads(export(pets, kind, accepts="application/json", **settings)["body"].read())
    assert yaml.safe_load(exported["body"].read()) == written


def test_extensions(pets):
    """Recorded from AWS: lower case, `default` for the response without a pattern."""
    plain = document(pets, "oas30")
    assert "x-amazon-apigateway-integration" not in json.dumps(plain)
    for extensions in ("integrations", "apigateway"):
        written = document(pets, "oas30", extensions)
        post = written["paths"]["/pets"]["post"]
        assert post["x-amazon-apigateway-request-validator"] == "body"
        assert post["x-amazon-apigateway-integration"] == {
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "{}"}}},
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "passthroughBehavior": "when_no_match",
            "type": "mock",
        }
        assert written["x-amazon-apigateway-request-validators"] == {
            "body": {"validateRequestParameters": False, "validateRequestBody": True}
        }
        assert written["x-amazon-apigateway-gateway-responses"] == {"ACCESS_DENIED": {"statusCode": 404}}
    postman = document(pets, extensions="postman")["paths"]["/pets/{id}"]["delete"]["x-postman-meta"]
    assert (postman["currentHelper"], postman["helperAttributes"]["region"]) == ("awsSigV4", pets.aws.region)


def test_authorizers(pets):
    client = pets.client
    function = f"arn:aws:lambda:{pets.aws.region}:000000000000:function:guard"
    uri = f"arn:aws:apigateway:{pets.aws.region}:lambda:path/2015-03-31/functions/{function}/invocations"
    client.create_authorizer(
        restApiId=pets.id,
        name="guard",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.X-Token",
        authorizerResultTtlInSeconds=5,
    )
    pets.deploy("dev")
    assert "guard" not in document(pets)["securityDefinitions"]
    assert document(pets, extensions="authorizers")["securityDefinitions"]["guard"] == {
        "type": "apiKey",
        "name": "X-Token",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "authorizerUri": uri,
            "authorizerResultTtlInSeconds": 5,
            "type": "token",
        },
    }


def test_documentation(pets):
    """Developer guide, "Publish API documentation by exporting"."""
    client = pets.client
    properties = json.dumps({"description": "All pets", "x-tier": 1, "foo": 2})
    location = {"type": "METHOD", "path": "/pets", "method": "GET"}
    client.create_documentation_part(restApiId=pets.id, location=location, properties=properties)
    client.create_documentation_version(restApiId=pets.id, documentationVersion="7", stageName="dev")
    written = document(pets, extensions="documentation")
    get = written["paths"]["/pets"]["get"]
    assert (get["description"], get["x-tier"], "foo" in get) == ("All pets", 1, False)
    listed = written["x-amazon-apigateway-documentation"]
    assert listed["version"] == "7"
    assert listed["documentationParts"] == [{"location": location, "properties": json.loads(properties)}]
    assert "description" not in document(pets)["paths"]["/pets"]["get"]


def test_the_deployment_is_exported(pets):
    before = document(pets, extensions="apigateway")
    pets.mock("/later")
    assert document(pets, extensions="apigateway") == before
    pets.deploy("dev")
    assert "/later" in document(pets)["paths"]


def test_refusals(pets):
    """The texts are not recorded but for the unknown API and stage."""
    with bad_request("Invalid export type specified: raml. Must be one of: [oas30, swagger]"):
        export(pets, "raml")
    with bad_request("Invalid Accept specified: text/html. Must be one of: [application/json, application/yaml]"):
        export(pets, accepts="text/html")
    with bad_request("Invalid extension specified: more"):
        export(pets, parameters={"extensions": "more"})
    with not_found("Invalid stage identifier specified"):
        export(pets, stage="nope")
    with not_found("Invalid API identifier specified 000000000000:nothere123"):
        pets.client.get_export(restApiId="nothere123", stageName="dev", exportType="swagger")
