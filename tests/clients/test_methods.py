"""Method and MethodResponse. Results and texts are recorded from AWS."""

import pytest

from harness.account import answer, bad_request, invalid, not_found, patch, refused, status

UNKNOWN_RESOURCE = "Invalid Resource identifier specified"
UNKNOWN_METHOD = "Invalid Method identifier specified"
UNKNOWN_STATUS = "Invalid Response status code specified"
AUTHORIZER_NEEDED = (
    "Invalid authorizer ID specified. "
    "Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
)
REPLACE_ONLY = "Invalid patch operation specified. Must be one of: [replace]"


@pytest.fixture
def pets(api):
    """The API with GET /pets, which has no integration yet."""
    api.method("/pets")
    return api


def update(api, *operations):
    return answer(api.client.update_method(**api.at("/pets"), patchOperations=list(operations)))


def update_response(api, *operations):
    return api.client.update_method_response(**api.at("/pets"), statusCode="200", patchOperations=list(operations))


class TestMethod:
    def test_put_answers_only_what_was_set(self, api):
        created = api.method("/pets")
        assert status(created) == 201
        assert answer(created) == {"httpMethod": "GET", "authorizationType": "NONE", "apiKeyRequired": False}

    def test_put_answers_all_that_was_set(self, api):
        given = {
            "authorizationType": "AWS_IAM",
            "apiKeyRequired": True,
            "operationName": "listPets",
            "requestParameters": {"method.request.querystring.tag": False, "method.request.header.X-Zoo": True},
            "requestModels": {"application/json": "Empty"},
        }
        created = api.method("/pets", "POST", **given)
        assert answer(created) == {"httpMethod": "POST", **given}
        assert answer(api.client.get_method(**api.at("/pets", "POST"))) == {"httpMethod": "POST", **given}

    def test_lower_case_none_is_taken(self, api):
        assert api.method("/pets", authorizationType="none")["authorizationType"] == "NONE"

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"])
    def test_the_methods_there_are(self, api, method):
        assert api.method("/pets", method)["httpMethod"] == method

    def test_other_methods_are_refused(self, api):
        with bad_request(
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
        ):
            api.method("/pets", "FETCH")

    def test_a_method_is_gone_after_delete(self, pets):
        assert status(pets.client.delete_method(**pets.at("/pets"))) == 204
        for call in (pets.client.get_method, pets.client.delete_method):
            with not_found(UNKNOWN_METHOD):
                call(**pets.at("/pets"))

    def test_unknown_places(self, api):
        settings = {"httpMethod": "GET", "authorizationType": "NONE"}
        with not_found(UNKNOWN_RESOURCE):
            api.client.put_method(restApiId=api.id, resourceId="nope12", **settings)
        with not_found(UNKNOWN_RESOURCE):
            api.client.put_method(restApiId="nothere123", resourceId=api.root, **settings)
        with not_found(UNKNOWN_METHOD):
            api.client.get_method(**api.at("/pets"))

    def test_parameter_names_are_unique_across_locations(self, api):
        with bad_request("Parameter names must be unique across querystring, header and path"):
            api.method(
                "/pets",
                requestParameters={"method.request.header.id": True, "method.request.querystring.id": True},
            )

    @pytest.mark.parametrize("kind", ["CUSTOM", "COGNITO_USER_POOLS"])
    def test_authorizers_must_exist(self, pets, kind):
        with bad_request(AUTHORIZER_NEEDED):
            pets.method("/dogs", authorizationType=kind)
        with bad_request(AUTHORIZER_NEEDED):
            pets.method("/dogs", authorizationType=kind, authorizerId="abc123")
        with bad_request(AUTHORIZER_NEEDED):
            update(pets, patch("replace", "/authorizationType", kind))
        assert pets.client.get_method(**pets.at("/pets"))["authorizationType"] == "NONE"

    def test_validators_and_models_must_exist(self, api):
        with bad_request("Invalid Request Validator identifier specified"):
            api.method("/pets", requestValidatorId="abc123")
        with bad_request("Invalid model identifier specified: petModel"):
            api.method("/pets", requestModels={"application/json": "petModel"})

    def test_get_embeds_responses_and_integration(self, api):
        api.mock("/pets", headers={"X-Zoo": "'yes'"}, body="{}")
        got = answer(api.client.get_method(**api.at("/pets")))
        assert got["methodResponses"] == {
            "200": {"statusCode": "200", "responseParameters": {"method.response.header.X-Zoo": False}}
        }
        assert got["methodIntegration"]["type"] == "MOCK"
        assert got["methodIntegration"]["integrationResponses"] == {
            "200": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.X-Zoo": "'yes'"},
                "responseTemplates": {"application/json": "{}"},
            }
        }


class TestUpdateMethod:
    def test_scalars_are_replaced(self, pets):
        got = update(
            pets,
            patch("replace", "/authorizationType", "AWS_IAM"),
            patch("replace", "/apiKeyRequired", "true"),
            patch("replace", "/operationName", "listPets"),
        )
        assert got == {
            "httpMethod": "GET",
            "authorizationType": "AWS_IAM",
            "apiKeyRequired": True,
            "operationName": "listPets",
        }

    def test_parameters_and_models_come_and_go(self, pets):
        parameter, model = "/requestParameters/method.request.querystring.x", "/requestModels/application~1json"
        got = update(pets, patch("add", parameter, "true"), patch("add", model, "Empty"))
        assert got["requestParameters"] == {"method.request.querystring.x": True}
        assert got["requestModels"] == {"application/json": "Empty"}
        got = update(pets, patch("remove", parameter), patch("remove", model))
        assert not {"requestParameters", "requestModels"} & got.keys()

    @pytest.mark.parametrize(
        ("operation", "message"),
        [
            (patch("add", "/authorizationType", "NONE"), REPLACE_ONLY),
            (patch("remove", "/apiKeyRequired"), REPLACE_ONLY),
            (patch("add", "/operationName", "x"), REPLACE_ONLY),
            (patch("replace", "/httpMethod", "PUT"), "Invalid patch path /httpMethod"),
            (patch("add", "/requestParameters", "x"), "Invalid patch path /requestParameters"),
            (
                patch("add", "/requestModels/application/json", "Empty"),
                "Invalid patch path /requestModels/application/json",
            ),
        ],
    )
    def test_patches_that_are_refused(self, pets, operation, message):
        with bad_request(message):
            update(pets, operation)

    def test_what_is_no_boolean_is_false(self, pets):
        assert update(pets, patch("replace", "/apiKeyRequired", "true"))["apiKeyRequired"] is True
        assert update(pets, patch("replace", "/apiKeyRequired", "whatever"))["apiKeyRequired"] is False

    def test_an_authorizer_without_authorization_is_ignored(self, pets):
        assert "authorizerId" not in update(pets, patch("replace", "/authorizerId", "abc123"))

    def test_an_unknown_method(self, api):
        with not_found(UNKNOWN_METHOD):
            update(api, patch("replace", "/operationName", "x"))


class TestMethodResponse:
    def test_put_answers_what_was_given(self, pets):
        created = pets.client.put_method_response(**pets.at("/pets"), statusCode="200")
        assert status(created) == 201
        assert answer(created) == {"statusCode": "200"}
        given = {
            "responseModels": {"application/json": "Error"},
            "responseParameters": {"method.response.header.X-Zoo": True},
        }
        created = pets.client.put_method_response(**pets.at("/pets"), statusCode="404", **given)
        assert answer(created) == {"statusCode": "404", **given}
        assert answer(pets.client.get_method_response(**pets.at("/pets"), statusCode="404")) == {
            "statusCode": "404",
            **given,
        }

    def test_put_keeps_empty_maps(self, pets):
        given = {"statusCode": "200", "responseModels": {}, "responseParameters": {}}
        assert answer(pets.client.put_method_response(**pets.at("/pets"), **given)) == given

    def test_the_status_code_has_a_pattern(self, pets):
        for call in (
            pets.client.put_method_response,
            pets.client.get_method_response,
            pets.client.delete_method_response,
        ):
            with invalid(
                "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [1-5]\\d\\d"
            ):
                call(**pets.at("/pets"), statusCode="wrong")

    def test_unknown_places(self, pets):
        with not_found(UNKNOWN_STATUS):
            pets.client.get_method_response(**pets.at("/pets"), statusCode="200")
        with not_found(UNKNOWN_STATUS):
            pets.client.delete_method_response(**pets.at("/pets"), statusCode="200")
        with not_found(UNKNOWN_METHOD):
            pets.client.put_method_response(**pets.at("/pets", "PUT"), statusCode="200")
        with not_found(UNKNOWN_RESOURCE):
            pets.client.put_method_response(restApiId=pets.id, resourceId="nope12", httpMethod="GET", statusCode="200")

    def test_delete(self, pets):
        pets.client.put_method_response(**pets.at("/pets"), statusCode="200")
        assert status(pets.client.delete_method_response(**pets.at("/pets"), statusCode="200")) == 204
        assert "methodResponses" not in pets.client.get_method(**pets.at("/pets"))

    def test_update_answers_201(self, pets):
        pets.client.put_method_response(**pets.at("/pets"), statusCode="200")
        updated = update_response(
            pets,
            patch("add", "/responseParameters/method.response.header.X-Zoo", "true"),
            patch("add", "/responseModels/application~1json", "Empty"),
        )
        assert status(updated) == 201
        assert answer(updated) == {
            "statusCode": "200",
            "responseParameters": {"method.response.header.X-Zoo": True},
            "responseModels": {"application/json": "Empty"},
        }

    def test_what_is_absent_cannot_be_removed(self, pets):
        pets.client.put_method_response(**pets.at("/pets"), statusCode="200")
        with not_found("Invalid parameter name specified"):
            update_response(pets, patch("remove", "/responseParameters/method.response.header.X-Zoo"))
        with not_found("Content-Type specified was not found"):
            update_response(pets, patch("remove", "/responseModels/application~1json"))
        with bad_request("Invalid patch path /wrong/thing"):
            update_response(pets, patch("add", "/wrong/thing", "x"))

    def test_violations_of_patches_come_before_those_of_the_url(self, pets):
        with refused(
            400,
            "ValidationException",
            "2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' "
            "failed to satisfy constraint: Member must satisfy enum value set: "
            "[add, remove, move, test, replace, copy]; Value 'wrong' at 'statusCode' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [1-5]\\d\\d",
        ):
            pets.client.update_method_response(
                **pets.at("/pets"), statusCode="wrong", patchOperations=[patch("wrong_op", "/x", "y")]
            )
