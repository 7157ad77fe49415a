"""ApiKey: create, get, list, update, delete, import. Recorded from AWS unless said otherwise."""

import re

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status

#: Seen in reports of AWS's users.
UNKNOWN = "Invalid API Key identifier specified"

VALUE = "apikey1234abcdefghij0123456789"


def ids(items):
    return [item["id"] for item in items]


class TestOne:
    def test_a_new_key_has_awss_defaults(self, apigateway):
        # The Terraform provider sends an empty value for none.
        created = apigateway.create_api_key(name="", value="")
        assert status(created) == 201
        created = answer(created)
        assert re.fullmatch("[a-z0-9]{10}", created["id"])
        assert re.fullmatch("[A-Za-z0-9]{40}", created["value"])
        shown = {"id": created["id"], "enabled": False, "stageKeys": []}
        assert created == {**shown, "value": created["value"]}
        assert answer(apigateway.get_api_key(apiKey=created["id"])) == {**shown, "tags": {}}
        with_value = apigateway.get_api_key(apiKey=created["id"], includeValue=True)
        assert answer(with_value) == {**created, "tags": {}}

    def test_what_is_given_is_answered(self, apigateway):
        given = {
            "name": "n",
            "description": "d",
            "enabled": True,
            "value": VALUE,
            "customerId": "c",
            "tags": {"env": "demo"},
        }
        created = answer(apigateway.create_api_key(**given, generateDistinctId=True))
        assert created == {**given, "id": created["id"], "stageKeys": []}
        assert answer(apigateway.get_api_key(apiKey=created["id"], includeValue=True)) == created

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"name": "n" * 1025}, "Invalid API Key name, can be at most 1024 characters."),
            ({"value": "v" * 19}, "API Key value should be at least 20 characters"),
            ({"value": "v" * 129}, "API Key value exceeds maximum size of 128 characters"),
            ({"description": "d" * 1025}, "Invalid API Key description specified."),
        ],
    )
    def test_bad_members_are_refused(self, apigateway, given, message):
        with bad_request(message):
            apigateway.create_api_key(**given)
        (member, text), *_ = given.items()
        fits = text + "v" if len(text) < 100 else text[:-1]
        apigateway.create_api_key(**{member: fits})

    def test_a_value_belongs_to_one_key(self, aws, apigateway):
        apigateway.create_api_key(value=VALUE)
        # Seen in reports of AWS's users.
        with conflict("API Key already exists"):
            apigateway.create_api_key(name="other", value=VALUE)
        aws.elsewhere().apigateway.create_api_key(value=VALUE)

    def test_stage_keys_name_stages(self, api):
        api.mock("/")
        api.deploy("dev")
        created = api.client.create_api_key(stageKeys=[{"restApiId": api.id, "stageName": "dev"}])
        assert created["stageKeys"] == [f"{api.id}/dev"]
        with not_found("Invalid stage identifier specified"):
            api.client.create_api_key(stageKeys=[{"restApiId": api.id, "stageName": "nope"}])

    def test_a_deleted_key_is_gone(self, apigateway):
        key = apigateway.create_api_key()["id"]
        assert status(apigateway.delete_api_key(apiKey=key)) == 202
        for call in (apigateway.get_api_key, apigateway.delete_api_key, apigateway.update_api_key):
            with not_found(UNKNOWN):
                call(apiKey=key)


class TestUpdate:
    @pytest.mark.parametrize(
        ("path", "value", "member", "expected"),
        [
            ("/name", "n", "name", "n"),
            ("/name", "", "name", None),
            ("/description", "e", "description", "e"),
            ("/description", "", "description", None),
            ("/enabled", "true", "enabled", True),
            ("/enabled", "test", "enabled", False),
            ("/customerId", "c", "customerId", "c"),
        ],
    )
    def test_members_are_replaced(self, apigateway, path, value, member, expected):
        key = apigateway.create_api_key(name="a", description="d")["id"]
        updated = apigateway.update_api_key(apiKey=key, patchOperations=[patch("replace", path, value)])
        assert status(updated) == 200
        updated = answer(updated)
        assert updated.get(member) == expected
        assert "value" not in updated
        assert updated["tags"] == {}
        assert answer(apigateway.get_api_key(apiKey=key)) == updated

    @pytest.mark.parametrize(
        ("op", "path", "message"),
        [
            (
                "replace",
                "/id",
                "Invalid patch path  '/id' specified for op 'replace'. "
                "Must be one of: [/description, /enabled, /name, /customerId]",
            ),
            (
                "add",
                "/name",
                "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
            ),
        ],
    )
    def test_others_are_refused(self, apigateway, op, path, message):
        key = apigateway.create_api_key()["id"]
        with bad_request(message):
            apigateway.update_api_key(apiKey=key, patchOperations=[patch(op, path, "x")])

    def test_tags_change_by_arn(self, aws, apigateway):
        key = apigateway.create_api_key(tags={"env": "demo"})["id"]
        arn = aws.arn(f"/apikeys/{key}")
        apigateway.tag_resource(resourceArn=arn, tags={"a": "1"})
        apigateway.untag_resource(resourceArn=arn, tagKeys=["env"])
        assert apigateway.get_tags(resourceArn=arn)["tags"] == {"a": "1"}
        assert apigateway.get_api_key(apiKey=key)["tags"] == {"a": "1"}


class TestList:
    @pytest.fixture
    def keys(self, apigateway):
        return [
            apigateway.create_api_key(name=name, customerId=name[0])["id"] for name in ("test-a", "test-b", "Test-c")
        ]

    def test_the_newest_come_first_without_values(self, apigateway, keys):
        listed = apigateway.get_api_keys()["items"]
        assert ids(listed) == keys[::-1]
        assert not any("value" in key or "tags" in key for key in listed)
        assert all("value" in key for key in apigateway.get_api_keys(includeValues=True)["items"])

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"nameQuery": "test"}, ["test-b", "test-a"]),
            ({"nameQuery": "est"}, []),
            ({"customerId": "T"}, ["Test-c"]),
            ({"limit": -1}, []),
        ],
    )
    def test_queries_choose(self, apigateway, keys, query, expected):
        assert [key["name"] for key in apigateway.get_api_keys(**query)["items"]] == expected

    def test_pages_add_up(self, apigateway, keys):
        first = apigateway.get_api_keys(limit=2)
        second = apigateway.get_api_keys(limit=2, position=first["position"])
        assert ids(first["items"]) + ids(second["items"]) == keys[::-1]
        assert "position" not in second


class TestImport:
    """API Gateway developer guide, "API Gateway API key file format"."""

    def take(self, apigateway, body, **settings):
        return apigateway.import_api_keys(body=body, format="csv", **settings)

    def test_a_file_makes_keys_in_plans(self, apigateway):
        plans = [apigateway.create_usage_plan(name=name)["id"] for name in "ab"]
        imported = self.take(
            apigateway,
            f'Name,key,description,Enabled,usageplanIds,x\nFirst,{VALUE},An imported key,FALSE,"{",".join(plans)}",y\n',
        )
        assert status(imported) == 201
        (key,) = imported["ids"]
        assert "warnings" not in imported
        assert answer(apigateway.get_api_key(apiKey=key, includeValue=True)) == {
            "id": key,
            "name": "First",
            "value": VALUE,
            "description": "An imported key",
            "enabled": False,
            "stageKeys": [],
            "tags": {},
        }
        for plan in plans:
            assert ids(apigateway.get_usage_plan_keys(usagePlanId=plan)["items"]) == [key]

    def test_the_same_value_overwrites(self, apigateway):
        first = self.take(apigateway, f"Key,name\n{VALUE},a")["ids"]
        assert self.take(apigateway, f"Key,name\n{VALUE},b")["ids"] == first
        (key,) = apigateway.get_api_keys()["items"]
        assert (key["name"], key["enabled"]) == ("b", True)

    def test_bad_rows_warn_or_fail(self, apigateway):
        body = f"key,name,usageplanids\nshort,a,\n{VALUE},b,nope\n"
        with bad_request("API Key value should be at least 20 characters"):
            self.take(apigateway, body, failOnWarnings=True)
        assert apigateway.get_api_keys()["items"] == []
        imported = self.take(apigateway, body)
        assert len(imported["ids"]) == 1
        assert imported["warnings"] == [
            "API Key value should be at least 20 characters",
            "Invalid Usage Plan ID specified",
        ]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            # Seen in a report of one of AWS's users.
            ("/tmp/apikey.csv", "Missing required column 'Key'"),
            ("Key\n", "Missing required column 'Name'"),
            # Not recorded.
            ('key,name\n"x', "Row 2: a quote is not closed."),
            (b"\xff", "The file is not UTF-8 text."),
        ],
    )
    def test_other_files_are_refused(self, apigateway, body, message):
        with bad_request(message):
            self.take(apigateway, body)
