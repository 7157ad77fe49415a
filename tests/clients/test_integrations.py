"""Integration and IntegrationResponse. Results and texts are recorded from AWS."""

import pytest

from harness.account import answer, bad_request, invalid, not_found, patch, refused, status

UNKNOWN_RESOURCE = "Invalid Resource identifier specified"
UNKNOWN_METHOD = "Invalid Method identifier specified"
UNKNOWN_INTEGRATION = "Invalid Integration identifier specified"
UNKNOWN_STATUS = "Invalid Response status code specified"
NOT_PROXIED = (
    "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
)
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:pets"
INVOCATION = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


@pytest.fixture
def pets(api):
    """The API with GET /pets, which has no integration yet."""
    api.method("/pets")
    return api


@pytest.fixture
def mocked(pets):
    """The same, answered by a MOCK without responses."""
    pets.integration("/pets", type="MOCK")
    return pets


def update(api, *operations):
    return answer(api.client.update_integration(**api.at("/pets"), patchOperations=list(operations)))


class TestPut:
    def test_a_mock_has_neither_method_nor_connection(self, pets):
        created = pets.integration("/pets", type="MOCK", integrationHttpMethod="POST")
        assert status(created) == 201
        assert answer(created) == {
            "type": "MOCK",
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": 29000,
            "cacheNamespace": pets.resource("/pets"),
            "cacheKeyParameters": [],
        }

    @pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
    def test_http_has_a_connection(self, pets, kind):
        given = {"type": kind, "uri": "http://example.com/pets"}
        created = pets.integration("/pets", **given, integrationHttpMethod="GET")
        assert answer(created) == {
            **given,
            "httpMethod": "GET",
            "connectionType": "INTERNET",
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": 29000,
            "cacheNamespace": pets.resource("/pets"),
            "cacheKeyParameters": [],
        }
        assert answer(pets.client.get_integration(**pets.at("/pets"))) == answer(created)

    @pytest.mark.parametrize("kind", ["AWS", "AWS_PROXY"])
    def test_everything_given_is_returned(self, pets, kind):
        given = {
            "type": kind,
            "uri": INVOCATION,
            "credentials": "arn:aws:iam::000000000000:role/caller",
            "requestParameters": {"integration.request.header.X-Zoo": "'yes'"},
            "requestTemplates": {"application/json": "{}"},
            "passthroughBehavior": "NEVER",
            "contentHandling": "CONVERT_TO_TEXT",
            "timeoutInMillis": 50,
            "cacheNamespace": "shared",
            "cacheKeyParameters": [],
        }
        created = pets.integration("/pets", **given, integrationHttpMethod="POST")
        assert answer(created) == {**given, "httpMethod": "POST"}
        assert answer(pets.client.get_integration(**pets.at("/pets"))) == {**given, "httpMethod": "POST"}

    def test_a_vpc_link_is_kept_by_its_id_or_its_variable(self, pets):
        given = {
            "type": "HTTP_PROXY",
            "uri": "http://example.com",
            "connectionType": "VPC_LINK",
            "connectionId": "${stageVariables.vpcLinkId}",
        }
        created = pets.integration("/pets", **given, integrationHttpMethod="GET")
        assert {key: created[key] for key in given} == given
        assert update(pets, patch("replace", "/connectionId", "vpcl-1"))["connectionId"] == "vpcl-1"

    def test_the_types_there_are(self, pets):
        with invalid(
            "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy "
            "constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"
        ):
            pets.integration("/pets", type="HTTPS_PROXY")

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"type": "HTTP", "uri": "http://example.com"}, "Enumeration value for HttpMethod must be non-empty"),
            ({"type": "HTTP_PROXY", "uri": "http://example.com"}, "Enumeration value for HttpMethod must be non-empty"),
            ({"type": "AWS", "uri": INVOCATION}, "Enumeration value for HttpMethod must be non-empty"),
        ],
    )
    def test_a_backend_needs_a_method(self, pets, settings, message):
        with bad_request(message):
            pets.integration("/pets", **settings)

    @pytest.mark.parametrize(
        ("kind", "uri", "message"),
        [
            ("HTTP", "example.com/pets", "Invalid HTTP endpoint specified for URI"),
            ("HTTP_PROXY", "", "Invalid HTTP endpoint specified for URI"),
            ("HTTP_PROXY", "ftp://example.com", "Invalid HTTP endpoint specified for URI"),
            ("AWS", "http://example.com", "Invalid ARN specified in the request"),
            ("AWS", "arn:aws:sqs:us-east-1:000000000000:queue", "AWS ARN for integration must contain path or action"),
            ("AWS_PROXY", FUNCTION, "AWS ARN for integration must contain path or action"),
            ("AWS_PROXY", "arn:aws:apigateway:us-east-1:s3:path/bucket/key", NOT_PROXIED),
            ("AWS_PROXY", "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", NOT_PROXIED),
            (
                "AWS_PROXY",
                "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/pets/invocations",
                NOT_PROXIED,
            ),
        ],
    )
    def test_uris_that_are_refused(self, pets, kind, uri, message):
        with bad_request(message):
            pets.integration("/pets", type=kind, uri=uri, integrationHttpMethod="POST")

    def test_parameters_map_expressions(self, pets):
        settings = {"type": "HTTP", "uri": "http://example.com", "integrationHttpMethod": "GET"}
        with bad_request(
            "Invalid mapping expression specified: Validation Result: warnings : [], "
            "errors : [Invalid mapping expression specified: true]"
        ):
            pets.integration("/pets", **settings, requestParameters={"integration.request.header.X": "true"})
        with refused(400, "SerializationException", "class java.lang.Boolean can not be converted to an String"):
            pets.integration("/pets", **settings, requestParameters={"integration.request.header.X": True})

    @pytest.mark.parametrize("millis", [50, 29000])
    def test_timeouts_within_the_borders(self, pets, millis):
        assert pets.integration("/pets", type="MOCK", timeoutInMillis=millis)["timeoutInMillis"] == millis

    @pytest.mark.parametrize("millis", [49, 29001])
    def test_timeouts_beyond_the_borders(self, pets, millis):
        # API Gateway developer guide, page "quotas": 50 milliseconds to 29 seconds.
        with pytest.raises(pets.client.exceptions.BadRequestException):
            pets.integration("/pets", type="MOCK", timeoutInMillis=millis)

    def test_unknown_places(self, pets):
        with not_found(UNKNOWN_RESOURCE):
            pets.client.put_integration(restApiId=pets.id, resourceId="nope12", httpMethod="GET", type="MOCK")
        with not_found(UNKNOWN_RESOURCE):
            pets.client.put_integration(
                restApiId="nothere123", resourceId=pets.root, httpMethod="GET", type="MOCK"
            )
        with not_found(UNKNOWN_METHOD):
            pets.client.put_integration(**pets.at("/pets", "PUT"), type="MOCK")


class TestGetAndDelete:
    def test_unknown_places(self, pets):
        get = pets.client.get_integration
        with not_found(UNKNOWN_RESOURCE):
            get(restApiId="nothere123", resourceId=pets.root, httpMethod="GET")
        with not_found(UNKNOWN_RESOURCE):
            get(restApiId=pets.id, resourceId="nope12", httpMethod="GET")
        with not_found(UNKNOWN_METHOD):
            get(**pets.at("/pets", "PUT"))
        with not_found(UNKNOWN_INTEGRATION):
            get(**pets.at("/pets"))

    def test_delete(self, mocked):
        assert status(mocked.client.delete_integration(**mocked.at("/pets"))) == 204
        with not_found(UNKNOWN_INTEGRATION):
            mocked.client.get_integration(**mocked.at("/pets"))
        assert "methodIntegration" not in mocked.client.get_method(**mocked.at("/pets"))


class TestUpdate:
    def test_values_are_replaced(self, pets):
        pets.integration("/pets", type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://example.com/a")
        got = update(
            pets,
            patch("replace", "/uri", "http://example.com/b"),
            patch("replace", "/httpMethod", "POST"),
            patch("replace", "/timeoutInMillis", "5000"),
            patch("replace", "/passthroughBehavior", "NEVER"),
        )
        assert (got["uri"], got["httpMethod"]) == ("http://example.com/b", "POST")
        assert (got["timeoutInMillis"], got["passthroughBehavior"]) == (5000, "NEVER")

    def test_maps_are_changed_by_key(self, mocked):
        got = update(
            mocked,
            patch("add", "/requestTemplates/application~1json", "{}"),
            patch("add", "/requestParameters/integration.request.header.X-Zoo", "'yes'"),
        )
        assert got["requestTemplates"] == {"application/json": "{}"}
        assert got["requestParameters"] == {"integration.request.header.X-Zoo": "'yes'"}
        got = update(mocked, patch("replace", "/requestTemplates/application~1json", '{"statusCode": 200}'))
        assert got["requestTemplates"] == {"application/json": '{"statusCode": 200}'}
        got = update(
            mocked,
            patch("remove", "/requestTemplates/application~1json"),
            patch("remove", "/requestParameters/integration.request.header.X-Zoo"),
        )
        assert not {"requestTemplates", "requestParameters"} & got.keys()

    def test_without_integration(self, pets):
        with not_found(UNKNOWN_INTEGRATION):
            update(pets, patch("replace", "/timeoutInMillis", "5000"))


class TestIntegrationResponse:
    def put(self, api, code="200", **settings):
        return api.client.put_integration_response(**api.at("/pets"), statusCode=code, **settings)

    def test_put_answers_what_was_given(self, mocked):
        created = self.put(mocked)
        assert status(created) == 201
        assert answer(created) == {"statusCode": "200"}

    def test_an_empty_pattern_and_null_templates_are_kept(self, mocked):
        created = self.put(mocked, selectionPattern="", responseTemplates={"application/json": ""})
        assert answer(created) == {
            "statusCode": "200",
            "selectionPattern": "",
            "responseTemplates": {"application/json": None},
        }
        created = self.put(mocked, responseTemplates={"application/json": None})
        assert answer(created) == {"statusCode": "200", "responseTemplates": {"application/json": None}}

    def test_everything_given_is_returned_and_a_second_put_replaces_it_all(self, mocked):
        mocked.client.put_method_response(
            **mocked.at("/pets"), statusCode="200", responseParameters={"method.response.header.X-Zoo": True}
        )
        given = {
            "statusCode": "200",
            "selectionPattern": "2\\d\\d",
            "responseParameters": {"method.response.header.X-Zoo": "'yes'"},
            "responseTemplates": {"application/json": "{}"},
            "contentHandling": "CONVERT_TO_BINARY",
        }
        got = mocked.client.put_integration_response(**mocked.at("/pets"), **given)
        assert answer(got) == given
        assert answer(mocked.client.get_integration_response(**mocked.at("/pets"), statusCode="200")) == given
        assert answer(self.put(mocked)) == {"statusCode": "200"}

    def test_the_pattern_is_replaced(self, mocked):
        self.put(mocked, selectionPattern="old")
        updated = mocked.client.update_integration_response(
            **mocked.at("/pets"), statusCode="200", patchOperations=[patch("replace", "/selectionPattern", "new")]
        )
        assert status(updated) == 200
        assert answer(updated) == {"statusCode": "200", "selectionPattern": "new"}

    def test_templates_have_a_content_type_and_a_text(self, mocked):
        with bad_request("Validation Result: warnings : [], errors : [Invalid content type specified: 123]"):
            self.put(mocked, responseTemplates={"123": "{}"})
        with refused(
            400,
            "SerializationException",
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
        ):
            self.put(mocked, responseTemplates={"application/json": 123})

    def test_the_status_code_has_a_pattern(self, mocked):
        with invalid(
            "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [1-5]\\d\\d"
        ):
            self.put(mocked, "wrong")

    def test_unknown_places(self, pets):
        client, code = pets.client, {"statusCode": "200"}
        with not_found(UNKNOWN_METHOD):
            client.put_integration_response(**pets.at("/pets", "PUT"), **code)
        with not_found(UNKNOWN_RESOURCE):
            client.put_integration_response(restApiId=pets.id, resourceId="nope12", httpMethod="GET", **code)
        with not_found(UNKNOWN_RESOURCE):
            client.put_integration_response(restApiId="nothere123", resourceId=pets.root, httpMethod="GET", **code)
        with not_found(UNKNOWN_INTEGRATION):
            client.get_integration_response(**pets.at("/pets"), **code)
        with not_found(UNKNOWN_INTEGRATION):
            client.delete_integration_response(**pets.at("/pets", "PUT"), **code)
        pets.integration("/pets", type="MOCK")
        with not_found(UNKNOWN_STATUS):
            client.get_integration_response(**pets.at("/pets"), **code)

    def test_delete_of_the_only_response_removes_the_map(self, mocked):
        self.put(mocked)
        deleted = mocked.client.delete_integration_response(**mocked.at("/pets"), statusCode="200")
        assert status(deleted) == 204
        got = mocked.client.get_method(**mocked.at("/pets"))
        assert "integrationResponses" not in got["methodIntegration"]

