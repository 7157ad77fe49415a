"""Request validation. Texts and orders are recorded from AWS unless said otherwise."""

import json

import pytest

PET = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}},
}
GOOD = b'{"name": "Rex", "age": 3}'


def validator(api, body=False, parameters=False):
    made = api.client.create_request_validator(
        restApiId=api.id, name="v", validateRequestBody=body, validateRequestParameters=parameters
    )
    return made["id"]


def model(api, name, schema):
    api.client.create_model(
        restApiId=api.id, name=name, contentType="application/json", schema=json.dumps(schema)
    )


def reference(api, name):
    return {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/{name}"}


def refused(reply, message):
    assert reply.status == 400
    assert reply.header("x-amzn-ErrorType") == "BadRequestException"
    assert json.loads(reply.body) == {"message": message}


@pytest.fixture
def pets(api):
    """POST /pets takes a Pet."""
    model(api, "Pet", PET)
    api.mock(
        "/pets", "POST", "taken", requestValidatorId=validator(api, body=True), requestModels={"application/json": "Pet"}
    )
    api.deploy()
    return api


def test_missing_parameters_are_named_in_the_declared_order(api, call):
    required = [
        "method.request.header.x-header-param",
        "method.request.path.issuer",
        "method.request.querystring.qs1",
    ]
    declared = {name: True for name in required} | {"method.request.header.optional": False}
    api.mock("/test", requestValidatorId=validator(api, parameters=True), requestParameters=declared)
    # The path has no such parameter: it is always missing.
    del declared["method.request.path.issuer"]
    api.mock("/fine", requestValidatorId=api.client.get_request_validators(restApiId=api.id)["items"][0]["id"],
             requestParameters=declared)
    api.deploy()
    message = "Missing required request parameters: [x-header-param, issuer, qs1]"
    refused(call("GET", api.path("/test")), message)
    given = {"X-Header-Param": "1"}
    refused(call("GET", api.path("/test?qs1=1"), given), "Missing required request parameters: [issuer]")
    assert call("GET", api.path("/fine?qs1=1"), given).status == 200
    # Not recorded: empty values do not count.
    refused(call("GET", api.path("/fine?qs1="), given), "Missing required request parameters: [qs1]")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"name": "", "age": 3}', b'{"name": "Rex", "age": "3"}'])
def test_bodies_that_the_model_does_not_allow(pets, call, body):
    refused(call("POST", pets.path("/pets"), {"Content-Type": "application/json"}, body), "Invalid request body")


def test_bodies_that_the_model_allows(pets, call):
    for headers in ({"Content-Type": "application/json"}, {}):
        reply = call("POST", pets.path("/pets"), headers, GOOD)
        assert (reply.status, reply.body) == (200, b"taken")


def test_a_type_without_a_model_is_not_validated(api, backend, call):
    model(api, "Pet", PET)
    api.method("/", "POST", requestValidatorId=validator(api, body=True), requestModels={"application/json": "Pet"})
    api.integration("/", "POST", type="HTTP_PROXY", integrationHttpMethod="POST", uri=backend.url + "/")
    api.deploy()
    assert call("POST", api.path("/"), {"Content-Type": "text/plain"}, b"anything").status == 200
    assert backend.last.body == b"anything"
    assert call("POST", api.path("/"), {"Content-Type": "application/json"}, b"anything").status == 400
    # What is validated goes on as it came.
    body = b'{ "name":"Rex",\n "age": 3 }'
    call("POST", api.path("/"), {"Content-Type": "application/json; charset=utf-8"}, body)
    assert backend.last.body == body


def test_models_that_refer_to_each_other_and_to_themselves(api, call):
    model(api, "Pet", PET)
    model(api, "Node", {"type": "object"})
    node = {
        "type": "object",
        "required": ["pet"],
        "properties": {
            "pet": reference(api, "Pet"),
            "next": {"oneOf": [{"type": "null"}, reference(api, "Node")]},
            "all": {"type": "array", "items": reference(api, "Pet")},
        },
    }
    patch = {"op": "replace", "path": "/schema", "value": json.dumps(node)}
    api.client.update_model(restApiId=api.id, modelName="Node", patchOperations=[patch])
    api.mock("/", "POST", requestValidatorId=validator(api, body=True), requestModels={"application/json": "Node"})
    api.deploy()
    pet = json.loads(GOOD)

    def status(body):
        return call("POST", api.path("/"), {"Content-Type": "application/json"}, json.dumps(body).encode()).status

    assert status({"pet": pet, "next": {"pet": pet, "next": None}, "all": [pet, pet]}) == 200
    assert status({"pet": pet, "next": {"pet": {}}}) == 400
    assert status({"pet": pet, "all": [pet, 1]}) == 400


def test_validators_take_effect_with_the_next_deployment(api, call):
    api.mock("/", requestParameters={"method.request.header.X-One": True})
    api.deploy()
    patch = {"op": "replace", "path": "/requestValidatorId", "value": validator(api, parameters=True)}
    api.client.update_method(**api.at("/"), patchOperations=[patch])
    assert call("GET", api.path("/")).status == 200
    api.deploy()
    refused(call("GET", api.path("/")), "Missing required request parameters: [X-One]")


def test_parts_of_bodies_become_parameters(api, backend, call):
    """API Gateway developer guide, "Amazon API Gateway API request and response data mapping reference"."""
    api.method("/", "POST")
    api.integration(
        "/",
        "POST",
        type="HTTP",
        integrationHttpMethod="POST",
        uri=backend.url + "/",
        requestParameters={
            "integration.request.header.X-Name": "method.request.body.$.pets[0].name",
            "integration.request.querystring.ages": "method.request.body.$.pets[*].age",
        },
    )
    api.reply("/", "POST")
    api.deploy()
    body = b'{"pets": [{"name": "Rex", "age": 3}, {"age": 4}]}'
    assert call("POST", api.path("/"), {"Content-Type": "application/json"}, body).status == 200
    assert backend.last.header("X-Name") == "Rex"
    assert backend.last.target == "/?ages=%5B3%2C4%5D"
