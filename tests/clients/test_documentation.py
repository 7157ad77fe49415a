"""DocumentationPart and DocumentationVersion. Results and texts are recorded from AWS unless said otherwise."""

import json

import pytest

from harness.account import answer, bad_request, conflict, invalid, not_found, patch, status

UNKNOWN_PART = "Invalid Documentation part identifier specified"
UNKNOWN_API = "Invalid API identifier specified 000000000000:nothere123"


def create(api, properties='{"description": "d"}', **location):
    return api.client.create_documentation_part(restApiId=api.id, location=location, properties=properties)


def at(api, part):
    return {"restApiId": api.id, "documentationPartId": part["id"]}


class TestParts:
    def test_a_part_comes_back_as_it_was_given(self, api):
        made = create(api, type="API")
        assert status(made) == 201
        expected = {"id": made["id"], "location": {"type": "API"}, "properties": '{"description": "d"}'}
        assert answer(made) == expected
        assert answer(api.client.get_documentation_part(**at(api, made))) == expected
        assert api.client.get_documentation_parts(restApiId=api.id)["items"] == [expected]
        operations = [patch("replace", "/properties", "{}")]
        changed = api.client.update_documentation_part(**at(api, made), patchOperations=operations)
        assert answer(changed) == {**expected, "properties": "{}"}
        assert status(api.client.delete_documentation_part(**at(api, made))) == 202
        for call in (api.client.get_documentation_part, api.client.delete_documentation_part):
            with not_found(UNKNOWN_PART):
                call(**at(api, made))

    def test_only_properties_are_patched(self, api):
        made = create(api, type="API")
        for operation, message in [
            (
                patch("replace", "/x", "y"),
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/properties]",
            ),
            (
                patch("add", "/properties", "{}"),
                "Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
            ),
        ]:
            with bad_request(message):
                api.client.update_documentation_part(**at(api, made), patchOperations=[operation])

    def test_bad_parts(self, api):
        create(api, type="API")
        # As users of AWS report it.
        with conflict("Documentation part already exists for the specified location: type 'API'"):
            create(api, type="API")
        with invalid(
            "1 validation error detected: Value 'WRONG' at 'createDocumentationPartInput.location.type' failed to "
            "satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, "
            "AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, "
            "REQUEST_HEADER]"
        ):
            create(api, type="WRONG")
        # API Gateway developer guide: an invalid field for the type is an error; the text is not recorded.
        with bad_request("Invalid documentation part location specified: path is not valid for type API"):
            create(api, type="API", path="/")

    def test_unknown_apis(self, api):
        client, nowhere = api.client, {"restApiId": "nothere123"}
        with not_found(UNKNOWN_API):
            client.create_documentation_part(**nowhere, location={"type": "API"}, properties="{}")
        with not_found(UNKNOWN_API):
            client.get_documentation_parts(**nowhere)
        with not_found(UNKNOWN_API):
            client.delete_documentation_part(**nowhere, documentationPartId="abc123")
        with not_found(UNKNOWN_PART):
            client.get_documentation_part(**nowhere, documentationPartId="abc123")

    def test_lists_are_filtered(self, api):
        create(api, type="API")
        create(api, type="RESOURCE", path="/pets")
        create(api, type="MODEL", name="Error")

        def kinds(**query):
            listed = api.client.get_documentation_parts(restApiId=api.id, **query)["items"]
            return sorted(part["location"]["type"] for part in listed)

        assert kinds(type="MODEL") == ["MODEL"]
        assert kinds(path="/pets") == ["RESOURCE"]
        assert kinds(nameQuery="Err") == ["MODEL"]
        # API Gateway API reference, GetDocumentationParts: what has no content.
        assert kinds(locationStatus="UNDOCUMENTED") == ["MODEL", "RESOURCE"]


class TestImport:
    @pytest.fixture
    def body(self):
        parts = [
            {"location": {"type": "API"}, "properties": {"description": "all"}},
            {"location": {"type": "METHOD", "method": "GET"}, "properties": {"description": "one"}},
            {"location": {"type": "MODEL", "name": "Empty"}, "properties": {"title": "Empty Schema"}},
            {"location": {"type": "RESPONSE", "method": "GET", "statusCode": "200"}, "properties": {}},
        ]
        documentation = {"version": "1.0.3", "documentationParts": parts}
        info = {"version": "1", "title": "doc"}
        return {"swagger": "2.0", "info": info, "paths": {}, "x-amazon-apigateway-documentation": documentation}

    def imported(self, api, body, **settings):
        return api.client.import_documentation_parts(restApiId=api.id, body=json.dumps(body).encode(), **settings)

    def test_the_ids_are_answered(self, api, body):
        done = self.imported(api, body, mode="overwrite", failOnWarnings=True)
        listed = api.client.get_documentation_parts(restApiId=api.id)["items"]
        assert answer(done).keys() == {"ids"}
        assert sorted(done["ids"]) == sorted(part["id"] for part in listed)
        kinds = sorted(part["location"]["type"] for part in listed)
        assert kinds == ["API", "METHOD", "MODEL", "RESPONSE"]

    def test_merging_keeps_what_is_not_named(self, api, body):
        kept = create(api, '{"a": 1, "description": "old"}', type="API")
        self.imported(api, body, mode="merge")
        got = api.client.get_documentation_part(**at(api, kept))
        assert json.loads(got["properties"]) == {"a": 1, "description": "all"}

    def test_what_is_no_document_is_refused(self, api):
        with bad_request("Unable to build importer with provided input."):
            api.client.import_documentation_parts(restApiId=api.id, body=b"nonsense")


class TestVersions:
    def test_a_version_is_published_by_a_stage(self, api):
        made = api.client.create_documentation_version(restApiId=api.id, documentationVersion="1", description="d")
        assert status(made) == 201
        assert answer(made) == {"version": "1", "description": "d"}
        got = api.client.get_documentation_version(restApiId=api.id, documentationVersion="1")
        assert (status(got), answer(got)) == (200, answer(made))
        api.mock("/")
        deployment = api.client.create_deployment(restApiId=api.id)["id"]
        place = {"restApiId": api.id, "stageName": "dev"}
        stage = api.client.create_stage(**place, deploymentId=deployment, documentationVersion="1")
        assert stage["documentationVersion"] == "1"
        api.client.create_documentation_version(restApiId=api.id, documentationVersion="2", stageName="dev")
        assert api.client.get_stage(**place)["documentationVersion"] == "2"
        versions = api.client.get_documentation_versions(restApiId=api.id)["items"]
        assert [version["version"] for version in versions] == ["1", "2"]
        assert status(api.client.delete_documentation_version(restApiId=api.id, documentationVersion="1")) == 202

    def test_only_the_description_is_updated(self, api):
        place = {"restApiId": api.id, "documentationVersion": "1"}
        api.client.create_documentation_version(**place)
        update = api.client.update_documentation_version
        changed = update(**place, patchOperations=[patch("replace", "/description", "better")])
        assert answer(changed) == {"version": "1", "description": "better"}
        with bad_request("Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/description]"):
            update(**place, patchOperations=[patch("replace", "/x", "y")])
