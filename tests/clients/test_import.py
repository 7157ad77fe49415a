"""REST APIs from OpenAPI documents. Expectations without a source are recorded from AWS."""

import json

import pytest

from harness.account import answer, bad_request, not_found, refused, status
from harness.definitions import RestApi

MOCK = {"x-amazon-apigateway-integration": {"type": "mock"}}


def swagger(**members):
    return json.dumps({"swagger": "2.0", "info": {"title": "t", "version": "1"}, **members}).encode()


def paths(client, api):
    return {item["path"]: item["id"] for item in client.get_resources(restApiId=api, limit=500)["items"]}


class TestImport:
    def test_the_answer(self, apigateway):
        made = apigateway.import_rest_api(body=swagger(info={"title": "pets", "description": "d", "version": "v1"}))
        assert status(made) == 201
        shown = answer(made)
        assert len(shown.pop("id")) == len(shown.pop("rootResourceId")) == 10
        assert shown == {
            "name": "pets",
            "description": "d",
            "version": "v1",
            "apiKeySource": "HEADER",
            "disableExecuteApiEndpoint": False,
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        }
        assert apigateway.get_models(restApiId=made["id"])["items"] == []

    def test_resources_show_their_methods_by_name(self, apigateway):
        body = swagger(paths={"/pets": {"get": MOCK, "x-amazon-apigateway-any-method": MOCK}})
        made = apigateway.import_rest_api(body=body)
        items = apigateway.get_resources(restApiId=made["id"])["items"]
        shown = {item["path"]: item.get("resourceMethods") for item in items}
        assert shown == {"/": None, "/pets": {"GET": {}, "ANY": {}}}

    @pytest.mark.parametrize(
        ("mode", "expected"),
        [
            (None, ["/", "/e"]),
            ("ignore", ["/", "/e"]),
            ("prepend", ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e"]),
            ("split", ["/", "/b", "/b/c", "/b/c/e"]),
        ],
    )
    def test_base_paths(self, apigateway, mode, expected):
        parameters = {"parameters": {"basepath": mode}} if mode else {}
        made = apigateway.import_rest_api(body=swagger(basePath="/a/b/c", paths={"/e": {}}), **parameters)
        assert sorted(paths(apigateway, made["id"])) == expected

    def test_parameters_name_the_endpoint_and_leave_documentation_out(self, apigateway):
        part = {"location": {"type": "API"}, "properties": {"description": "d"}}
        body = swagger(**{"x-amazon-apigateway-documentation": {"documentationParts": [part]}})
        made = apigateway.import_rest_api(
            body=body, parameters={"endpointConfigurationTypes": "REGIONAL", "ignore": "documentation"}
        )
        assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
        assert apigateway.get_documentation_parts(restApiId=made["id"])["items"] == []
        apigateway.put_rest_api(restApiId=made["id"], body=body)
        [listed] = apigateway.get_documentation_parts(restApiId=made["id"])["items"]
        assert json.loads(listed["properties"]) == {"description": "d"}

    def test_wrong_types_are_warned_of(self, apigateway):
        parameters = {"integration.request.header.nothing": True, "integration.request.header.kept": "'True'"}
        operation = {"x-amazon-apigateway-integration": {"type": "mock", "requestParameters": parameters}}
        body = swagger(basePath="/base-url/part", paths={"/test": {"get": operation}})
        warning = (
            "Invalid format for 'requestParameters'. Expected type string for property "
            "'integration.request.header.nothing' of resource '/base-url/part/test' and method 'GET' but got 'true'"
        )
        made = apigateway.import_rest_api(body=body, parameters={"basepath": "prepend"})
        assert made["warnings"] == [warning]
        resource = paths(apigateway, made["id"])["/base-url/part/test"]
        method = apigateway.get_method(restApiId=made["id"], resourceId=resource, httpMethod="GET")
        assert method["methodIntegration"]["requestParameters"] == {"integration.request.header.kept": "'True'"}
        with bad_request(f"Warnings found during import:\n\t{warning}"):
            apigateway.import_rest_api(body=body, parameters={"basepath": "prepend"}, failOnWarnings=True)

    def test_broken_rules_are_told(self, apigateway):
        """The frame is as users of AWS report it."""
        integration = {"type": "aws", "httpMethod": "POST", "uri": "arn:aws:s3:::x"}
        body = swagger(paths={"/track": {"post": {"x-amazon-apigateway-integration": integration}}})
        with bad_request(
            "Errors found during import:\n\tUnable to put integration on 'POST' for resource at path '/track': "
            "AWS ARN for integration must contain path or action"
        ):
            apigateway.import_rest_api(body=body)
        assert apigateway.get_rest_apis()["items"] == []


class TestPut:
    def test_ids_survive_and_stages_stay(self, aws, apigateway):
        api = RestApi(aws)
        api.mock("/pets")
        api.mock("/old")
        deployment = api.deploy("dev")
        before = paths(apigateway, api.id)
        body = swagger(info={"title": "new", "version": "2"}, paths={"/pets": {"get": MOCK}, "/new": {"get": MOCK}})
        put = apigateway.put_rest_api(restApiId=api.id, mode="overwrite", body=body)
        assert status(put) == 200
        assert (put["name"], put["version"], put["tags"], put["id"]) == ("new", "2", {}, api.id)
        after = paths(apigateway, api.id)
        assert sorted(after) == ["/", "/new", "/pets"]
        assert (after["/"], after["/pets"]) == (before["/"], before["/pets"])
        assert apigateway.get_models(restApiId=api.id)["items"] == []
        assert apigateway.get_stage(restApiId=api.id, stageName="dev")["deploymentId"] == deployment

    def test_merging_is_the_default_and_unites(self, apigateway):
        first = swagger(paths={"/a": {"get": MOCK}}, **{"x-amazon-apigateway-binary-media-types": ["image/png"]})
        second = swagger(paths={"/b": {"get": MOCK}}, **{"x-amazon-apigateway-binary-media-types": ["image/gif"]})
        api = apigateway.import_rest_api(body=first)["id"]
        merged = apigateway.put_rest_api(restApiId=api, body=second)
        assert merged["binaryMediaTypes"] == ["image/png", "image/gif"]
        assert sorted(paths(apigateway, api)) == ["/", "/a", "/b"]
        over = apigateway.put_rest_api(restApiId=api, body=second, mode="overwrite")
        assert over["binaryMediaTypes"] == ["image/gif"]
        assert sorted(paths(apigateway, api)) == ["/", "/b"]


class TestBadInput:
    @pytest.mark.parametrize(
        "body",
        [
            b"x",
            b"{",
            b"[1, 2]",
            b"{}",
            b'{"swagger": "1.2"}',
            b'{"openapi": {"a": 1}}',
            b"swagger: [",
            b"\xff\xfe",
            b"[" * 100_000,
            b"a: " + b"[" * 5_000 + b"]" * 5_000,
            "\n".join(f"{' ' * n}a:" for n in range(2_000)).encode(),
            "\n".join(
                ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
                + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
            ).encode(),
            b"a: &a [*a]",
        ],
        ids=lambda body: body[:12].decode(errors="replace"),
    )
    def test_what_is_no_document_is_refused_before_the_api_is_looked_up(self, apigateway, body):
        """Quickly: the client waits for a minute at most."""
        with bad_request("Invalid OpenAPI input."):
            apigateway.import_rest_api(body=body)
        with bad_request("Invalid OpenAPI input."):
            apigateway.put_rest_api(restApiId="nothere123", body=body)

    def test_an_unknown_api(self, apigateway):
        with not_found("Invalid API identifier specified 000000000000:nothere123"):
            apigateway.put_rest_api(restApiId="nothere123", body=swagger())

    def test_circular_references(self, apigateway):
        with bad_request("Errors found during import:\n\tReference '#/paths/~1a' is circular."):
            apigateway.import_rest_api(body=swagger(paths={"/a": {"$ref": "#/paths/~1a"}}))

    def test_six_megabytes_are_taken_and_no_more(self, apigateway):
        def filled(size):
            template = '{"statusCode": 200}'.ljust(250 * 1024)
            operation = {"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"a/b": template}}}
            body = swagger(paths={f"/p{n}": {"get": operation} for n in range(24)})
            return body + b" " * (size - len(body))

        limit = 6 * 1024 * 1024
        made = apigateway.import_rest_api(body=filled(limit))
        assert len(paths(apigateway, made["id"])) == 25
        # The rule: API Gateway API reference, `ImportRestApi`. The text is not recorded.
        with bad_request("Invalid OpenAPI input. The maximum size of the API definition file is 6MB."):
            apigateway.import_rest_api(body=filled(limit + 1))

    def test_limits(self, apigateway):
        """As users of AWS report it."""
        text = (
            "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional "
            "Resources."
        )
        with refused(429, "LimitExceededException", text):
            apigateway.import_rest_api(body=swagger(paths={f"/p{n}": {} for n in range(300)}))
