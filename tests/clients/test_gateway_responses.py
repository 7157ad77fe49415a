"""GatewayResponse. Results and texts are recorded from AWS."""

import pytest

from harness.account import answer, bad_request, invalid, not_found, patch, status

TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
CODES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}


def own(kind):
    """AWS's own response of a type."""
    code = {} if CODES[kind] is None else {"statusCode": CODES[kind]}
    return {"responseType": kind, "responseParameters": {}, "responseTemplates": TEMPLATES, "defaultResponse": True} | code


def at(api, kind):
    return {"restApiId": api.id, "responseType": kind}


def get(api, kind):
    return answer(api.client.get_gateway_response(**at(api, kind)))


def update(api, kind, *operations):
    return answer(api.client.update_gateway_response(**at(api, kind), patchOperations=list(operations)))


def test_every_type_has_one(api):
    listed = api.client.get_gateway_responses(restApiId=api.id)["items"]
    assert {item["responseType"]: item for item in listed} == {kind: own(kind) for kind in CODES}
    assert get(api, "THROTTLED") == own("THROTTLED")


def test_what_is_not_given_falls_back(api):
    put = api.client.put_gateway_response(**at(api, "THROTTLED"))
    assert status(put) == 201
    assert answer(put) == {**own("THROTTLED"), "defaultResponse": False}
    given = {
        "statusCode": "404",
        "responseParameters": {
            "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
            "gatewayresponse.header.x-request-query": "method.request.querystring.q",
        },
        "responseTemplates": {"application/json": '{"type": "$context.error.responseType"}'},
    }
    expected = {"responseType": "THROTTLED", "defaultResponse": False, **given}
    assert answer(api.client.put_gateway_response(**at(api, "THROTTLED"), **given)) == expected
    assert get(api, "THROTTLED") == expected
    assert status(api.client.delete_gateway_response(**at(api, "THROTTLED"))) == 202
    assert get(api, "THROTTLED") == own("THROTTLED")
    with not_found("Gateway response type not defined on api"):
        api.client.delete_gateway_response(**at(api, "THROTTLED"))


def test_types_take_after_their_class(api):
    explicit = answer(api.client.put_gateway_response(**at(api, "AUTHORIZER_FAILURE")))
    given = {"statusCode": "599", "responseTemplates": {"application/json": "{}"}}
    api.client.put_gateway_response(**at(api, "DEFAULT_5XX"), **given)
    assert get(api, "INTEGRATION_FAILURE") == {**own("INTEGRATION_FAILURE"), **given}
    assert get(api, "AUTHORIZER_FAILURE") == explicit
    assert get(api, "THROTTLED") == own("THROTTLED")


def test_patches(api):
    assert update(api, "DEFAULT_5XX", patch("replace", "/statusCode", "500")) == {
        "responseType": "DEFAULT_5XX",
        "statusCode": "500",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": False,
    }
    got = update(
        api,
        "DEFAULT_5XX",
        patch("add", "/responseParameters/gatewayresponse.header.X", "'a'"),
        patch("add", "/responseTemplates/application~1xml", "<a/>"),
        patch("replace", "/responseTemplates/application~1json", "{}"),
    )
    assert got["responseParameters"] == {"gatewayresponse.header.X": "'a'"}
    assert got["responseTemplates"] == {"application/json": "{}", "application/xml": "<a/>"}


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        (patch("add", "/statusCode", "500"), bad_request("Invalid patch path /statusCode")),
        (patch("remove", "/statusCode"), bad_request("Invalid patch path /statusCode")),
        ({"op": "replace"}, bad_request("Invalid patch path null")),
        (
            patch("replace", "/responseParameters/gatewayresponse.header.X", "'a'"),
            not_found("Invalid parameter name specified"),
        ),
        (
            patch("add", "/responseParameters/gatewayresponse.header.X"),
            bad_request("Invalid null or empty value in responseParameters"),
        ),
        (
            patch("replace", "/responseTemplates/application~1json"),
            bad_request("Invalid null or empty value in responseTemplates"),
        ),
    ],
)
def test_bad_patches(api, operation, refusal):
    with refusal:
        update(api, "THROTTLED", operation)


def test_bad_types_and_apis(api):
    kinds = (
        "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, "
        "BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, "
        "UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, "
        "THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN"
    )
    with invalid(
        "1 validation error detected: Value 'WRONG' at 'responseType' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{kinds}]"
    ):
        api.client.get_gateway_response(**at(api, "WRONG"))
    client, nowhere = api.client, {"restApiId": "nothere123", "responseType": "THROTTLED"}
    for call in (client.get_gateway_response, client.put_gateway_response, client.delete_gateway_response):
        with not_found("Invalid API identifier specified 000000000000:nothere123"):
            call(**nowhere)
