"""Gateway responses of an API's own, through the operations that set them (API Gateway developer guide, "Gateway
responses in API Gateway")."""

import pytest

from harness.account import patch
from harness.definitions import RestApi


@pytest.fixture
def pets(aws):
    api = RestApi(aws)
    api.mock("/pets", body="{}")
    return api


def put(api, kind, **settings):
    api.client.put_gateway_response(restApiId=api.id, responseType=kind, **settings)


def test_cors_headers_are_on_every_error(pets, call):
    """What browsers need to see an error at all."""
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        put(pets, kind, responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"})
    pets.method("/broken")
    pets.integration("/broken", type="MOCK", requestTemplates={"application/json": "{}"})
    pets.reply("/broken")
    pets.deploy()
    for path, status, body in [
        ("/nowhere", 403, '{"message":"Missing Authentication Token"}'),
        ("/broken", 500, '{"message": "Internal server error"}'),
    ]:
        reply = call("GET", pets.path(path))
        assert (reply.status, reply.text, reply.header("access-control-allow-origin")) == (status, body, "*")
    assert call("GET", pets.path("/pets")).header("access-control-allow-origin") is None


def test_a_response_counts_from_the_next_deployment_on(pets, call):
    pets.deploy()
    put(
        pets,
        "MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseTemplates={"application/json": '{"error":$context.error.messageString,"id":"$context.requestId"}'},
    )
    assert call("GET", pets.path("/nowhere")).status == 403
    pets.deploy()
    reply = call("GET", pets.path("/nowhere"))
    assert (reply.status, reply.json) == (
        404,
        {"error": "Missing Authentication Token", "id": reply.header("x-amzn-requestid")},
    )
    pets.client.delete_gateway_response(restApiId=pets.id, responseType="MISSING_AUTHENTICATION_TOKEN")
    pets.deploy()
    assert call("GET", pets.path("/nowhere")).text == '{"message":"Missing Authentication Token"}'


def test_a_throttled_call_may_look_like_anything(pets, call):
    put(
        pets,
        "THROTTLED",
        statusCode="503",
        responseParameters={"gatewayresponse.header.Retry-After": "'1'"},
        responseTemplates={"text/plain": "$context.error.responseType on $context.resourcePath"},
    )
    pets.deploy()
    operations = [patch("replace", f"/*/*/throttling/{name}", "0") for name in ("rateLimit", "burstLimit")]
    pets.client.update_stage(restApiId=pets.id, stageName="test", patchOperations=operations)
    reply = call("GET", pets.path("/pets"))
    assert (reply.status, reply.text) == (503, "THROTTLED on /pets")
    assert (reply.header("retry-after"), reply.header("content-type")) == ("1", "text/plain")
