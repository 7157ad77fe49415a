"""RestApi: create, get, list, update, delete. Results and texts are recorded from AWS unless said otherwise."""

import json

import pytest

from harness.account import ACCOUNT, answer, bad_request, invalid, not_found, patch, refused, status

UNKNOWN = f"Invalid API identifier specified {ACCOUNT}:"


def update(apigateway, api_id, *operations):
    return answer(apigateway.update_rest_api(restApiId=api_id, patchOperations=list(operations)))


@pytest.fixture
def pets(apigateway):
    """The id of an API with nothing but a name."""
    return apigateway.create_rest_api(name="pets")["id"]


def test_a_new_api_has_awss_defaults(apigateway):
    created = apigateway.create_rest_api(name="pets")
    assert status(created) == 201
    assert answer(created) == {
        "id": created["id"],
        "name": "pets",
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "rootResourceId": created["rootResourceId"],
    }
    assert created["id"].isalnum() and len(created["id"]) == 10
    assert created["rootResourceId"].isalnum() and 6 <= len(created["rootResourceId"]) <= 10


def test_everything_given_at_creation_is_returned(apigateway):
    given = {
        "name": "pets",
        "description": "all of them",
        "version": "v3",
        "binaryMediaTypes": ["image/png", "application/octet-stream"],
        "minimumCompressionSize": 1024,
        "apiKeySource": "AUTHORIZER",
        "disableExecuteApiEndpoint": True,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"},
        "tags": {"team": "zoo"},
    }
    created = apigateway.create_rest_api(**given)
    everything = {**given, "id": created["id"], "rootResourceId": created["rootResourceId"]}
    assert answer(created) == everything
    assert answer(apigateway.get_rest_api(restApiId=created["id"])) == everything


def test_get_and_update_return_tags_even_if_there_are_none_and_lists_do_not(apigateway, pets):
    got = apigateway.get_rest_api(restApiId=pets)
    assert status(got) == 200
    assert got["tags"] == {}
    assert update(apigateway, pets, patch("replace", "/name", "dogs"))["tags"] == {}
    [listed] = apigateway.get_rest_apis()["items"]
    assert "tags" not in listed
    assert listed["rootResourceId"] == got["rootResourceId"]


def test_the_list_shows_tags_given_at_creation(apigateway):
    apigateway.create_rest_api(name="pets", tags={"team": "zoo"})
    assert [item["tags"] for item in apigateway.get_rest_apis()["items"]] == [{"team": "zoo"}]


def test_delete_answers_202_and_the_api_is_gone_at_once(apigateway, pets):
    assert status(apigateway.delete_rest_api(restApiId=pets)) == 202
    assert apigateway.get_rest_apis()["items"] == []
    with not_found(UNKNOWN + pets):
        apigateway.get_rest_api(restApiId=pets)


def test_an_unknown_id_is_named_with_the_account(apigateway):
    for call in (
        lambda: apigateway.get_rest_api(restApiId="nothere123"),
        lambda: apigateway.delete_rest_api(restApiId="nothere123"),
        lambda: apigateway.update_rest_api(restApiId="nothere123", patchOperations=[patch("replace", "/name", "x")]),
    ):
        with not_found(UNKNOWN + "nothere123"):
            call()


def test_ids_are_case_sensitive(apigateway, pets):
    with not_found(UNKNOWN + pets.upper()):
        apigateway.get_rest_api(restApiId=pets.upper())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"description": ""}, "Description cannot be an empty string"),
        (
            {"minimumCompressionSize": -1},
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        (
            {"minimumCompressionSize": 10485761},
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        (
            {"endpointConfiguration": {"types": []}},
            "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
        ),
        (
            {"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}},
            "Cannot create an api with multiple Endpoint Types.",
        ),
        (
            {"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}},
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        (
            {"description": "", "endpointConfiguration": {"types": []}},
            "Description cannot be an empty string",
        ),
    ],
)
def test_creation_is_refused_by_a_rule(apigateway, settings, message):
    with bad_request(message):
        apigateway.create_rest_api(name="pets", **settings)
    assert apigateway.get_rest_apis()["items"] == []


TYPES = (
    "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: "
    "Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"
)
IP_ADDRESS_TYPE = (
    "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: "
    "Member must satisfy enum value set: [ipv4, dualstack]"
)


def test_a_bad_enum_comes_before_an_empty_description(apigateway):
    with invalid(f"1 validation error detected: {TYPES}"):
        apigateway.create_rest_api(name="pets", description="", endpointConfiguration={"types": ["wrong"]})
    with invalid(f"1 validation error detected: {IP_ADDRESS_TYPE}"):
        apigateway.create_rest_api(name="pets", endpointConfiguration={"ipAddressType": "wrong"})


def test_all_violations_are_listed(apigateway):
    with pytest.raises(apigateway.exceptions.ClientError) as caught:
        apigateway.create_rest_api(name="pets", endpointConfiguration={"types": ["wrong"], "ipAddressType": "wrong"})
    counted, _, listed = caught.value.response["Error"]["Message"].partition(": ")
    assert counted == "2 validation errors detected"
    assert sorted(listed.split("; ")) == sorted([IP_ADDRESS_TYPE, TYPES])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {"types": ["EDGE"], "ipAddressType": "ipv4"}),
        ({"types": ["EDGE"]}, {"types": ["EDGE"], "ipAddressType": "ipv4"}),
        ({"types": ["REGIONAL"]}, {"types": ["REGIONAL"], "ipAddressType": "ipv4"}),
        ({"types": ["PRIVATE"]}, {"types": ["PRIVATE"], "ipAddressType": "dualstack"}),
        ({"types": ["EDGE"], "ipAddressType": "dualstack"}, {"types": ["EDGE"], "ipAddressType": "dualstack"}),
        (
            {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0abc"]},
            {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-0abc"], "ipAddressType": "dualstack"},
        ),
    ],
)
def test_endpoint_configurations(apigateway, given, kept):
    assert apigateway.create_rest_api(name="pets", endpointConfiguration=given)["endpointConfiguration"] == kept


def test_empty_collections_are_dropped_at_creation(apigateway):
    created = apigateway.create_rest_api(name="pets", binaryMediaTypes=[], tags={})
    assert not {"binaryMediaTypes", "tags"} & created.keys()


@pytest.mark.parametrize(("size", "kept"), [(0, 0), (10485760, 10485760)])
def test_the_borders_of_minimum_compression_size(apigateway, size, kept):
    assert apigateway.create_rest_api(name="pets", minimumCompressionSize=size)["minimumCompressionSize"] == kept


def test_patches_of_scalars(apigateway, pets):
    got = update(
        apigateway,
        pets,
        patch("replace", "/name", "dogs"),
        patch("replace", "/description", "only these"),
        patch("replace", "/apiKeySource", "AUTHORIZER"),
        patch("replace", "/disableExecuteApiEndpoint", "true"),
    )
    assert got["name"] == "dogs"
    assert got["description"] == "only these"
    assert got["apiKeySource"] == "AUTHORIZER"
    assert got["disableExecuteApiEndpoint"] is True
    assert "description" not in update(apigateway, pets, patch("remove", "/description"))


def test_patches_of_binary_media_types(apigateway, pets):
    def after(*operations):
        return update(apigateway, pets, *operations).get("binaryMediaTypes")

    assert after(patch("add", "/binaryMediaTypes/image~1png"), patch("add", "/binaryMediaTypes/image~1jpg")) == [
        "image/png",
        "image/jpg",
    ]
    assert after(patch("replace", "/binaryMediaTypes/image~1png", "image/gif")) == ["image/gif", "image/jpg"]
    assert after(patch("remove", "/binaryMediaTypes/image~1gif")) == ["image/jpg"]
    assert after(patch("add", "/binaryMediaTypes/-")) == ["image/jpg", "-"]


@pytest.mark.parametrize("op", ["add", "remove", "replace"])
def test_binary_media_types_cannot_be_patched_as_a_whole(apigateway, pets, op):
    with bad_request("Invalid patch path /binaryMediaTypes"):
        update(apigateway, pets, patch(op, "/binaryMediaTypes", "image/png"))


def test_patches_of_minimum_compression_size(apigateway, pets):
    def after(value):
        return update(apigateway, pets, patch("replace", "/minimumCompressionSize", value)).get(
            "minimumCompressionSize"
        )

    assert after("10") == 10
    assert after("") is None
    assert after("0") == 0
    for value in ("-1", "10485761", "test"):
        with bad_request("Invalid minimum compression size, must be between 0 and 10485760"):
            after(value)
    with bad_request("Invalid patch operation specified. Must be one of: [replace]"):
        update(apigateway, pets, patch("add", "/minimumCompressionSize", "10"))


def test_patches_of_the_endpoint_type(apigateway, pets):
    def after(*operations):
        return update(apigateway, pets, *operations)["endpointConfiguration"]

    edge = "/endpointConfiguration/types/EDGE"
    assert after(patch("replace", edge, "REGIONAL")) == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    regional = "/endpointConfiguration/types/REGIONAL"
    assert after(patch("replace", regional, "PRIVATE")) == {"types": ["PRIVATE"], "ipAddressType": "dualstack"}
    private = "/endpointConfiguration/types/PRIVATE"
    with bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"):
        after(patch("replace", private, "wrong"))
    with bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'"):
        after(patch("test", private, "EDGE"))


def test_patches_of_the_ip_address_type(apigateway, pets):
    path = "/endpointConfiguration/ipAddressType"

    def after(*operations):
        return update(apigateway, pets, *operations)["endpointConfiguration"]

    assert after(patch("replace", path, "dualstack")) == {"types": ["EDGE"], "ipAddressType": "dualstack"}
    with bad_request("ipAddressType must be either ipv4 or dualstack."):
        after(patch("replace", path, "wrong"))
    for op in ("add", "remove"):
        with bad_request("Invalid patch operation specified. Must be one of: [replace]"):
            after(patch(op, path, "ipv4"))
    after(patch("replace", "/endpointConfiguration/types/EDGE", "PRIVATE"))
    with bad_request("Only dualstack ipAddressType is supported for Private APIs."):
        after(patch("replace", path, "ipv4"))


def test_an_unknown_patch_path_is_named(apigateway, pets):
    with bad_request("Invalid patch path /wrong"):
        update(apigateway, pets, patch("replace", "/wrong", "x"))


def test_the_operation_of_a_patch_is_checked_by_its_place(apigateway, pets):
    with invalid(
        "1 validation error detected: Value 'wrong_op' at 'updateRestApiInput.patchOperations.2.member.op' failed to "
        "satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
    ):
        update(apigateway, pets, patch("replace", "/name", "x"), patch("wrong_op", "/name", "x"))


def test_a_refused_patch_leaves_nothing_behind(apigateway, pets):
    with bad_request("Invalid patch path /wrong"):
        update(apigateway, pets, patch("replace", "/name", "changed"), patch("replace", "/wrong", "x"))
    assert apigateway.get_rest_api(restApiId=pets)["name"] == "pets"


def test_a_policy_comes_back_escaped_and_with_its_arns_whole(aws, apigateway):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    }
    api = apigateway.create_rest_api(
        name="private", endpointConfiguration={"types": ["PRIVATE"]}, policy=json.dumps(policy)
    )
    policy["Statement"][0]["Resource"] = f"arn:aws:execute-api:{aws.region}:{ACCOUNT}:{api['id']}/*"
    for got in (api, apigateway.get_rest_api(restApiId=api["id"])):
        assert '\\"' in got["policy"]
        assert json.loads(json.loads(f'"{got["policy"]}"')) == policy
    cleared = update(apigateway, api["id"], patch("replace", "/policy", ""))
    assert "policy" not in cleared


def test_a_wrong_type_in_the_body_is_a_serialization_error(apigateway):
    with refused(400, "SerializationException", "class java.lang.Boolean can not be converted to an String"):
        apigateway.create_rest_api(name=True)
    with refused(
        400,
        "SerializationException",
        "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
    ):
        apigateway.create_rest_api(name=12)
