"""BasePathMapping: create, get, list, update, delete; and what mappings keep. Texts without a remark are seen in
reports of AWS's users."""

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status
from harness.certificates import issued
from harness.definitions import RestApi

NAME = "api.example.com"
NO_DOMAIN = "Invalid domain name identifier specified"
NO_MAPPING = "Invalid base path mapping identifier specified"
NO_API = "Invalid REST API identifier specified"
NO_STAGE = "Invalid stage identifier specified"


def domain(aws, name=NAME):
    aws.apigateway.create_domain_name(
        domainName=name,
        regionalCertificateArn=issued(aws, name),
        endpointConfiguration={"types": ["REGIONAL"]},
    )


@pytest.fixture
def api(aws):
    """An API with the stages `dev` and `prod`, and a domain name."""
    made = RestApi(aws)
    made.mock("/")
    for stage in ("dev", "prod"):
        made.deploy(stage)
    domain(aws)
    return made


@pytest.fixture
def create(api):
    def make(**settings):
        return api.client.create_base_path_mapping(**{"domainName": NAME, "restApiId": api.id, **settings})

    return make


def paths(api, name=NAME):
    return [item["basePath"] for item in api.client.get_base_path_mappings(domainName=name)["items"]]


def test_a_mapping_is_answered_as_it_is(api, create):
    made = create(basePath="v1", stage="dev")
    assert status(made) == 201
    expected = {"basePath": "v1", "restApiId": api.id, "stage": "dev"}
    assert answer(made) == expected
    assert answer(api.client.get_base_path_mapping(domainName=NAME, basePath="v1")) == expected
    assert answer(api.client.get_base_path_mappings(domainName=NAME)) == {"items": [expected]}


def test_path_and_stage_can_be_left_out(api, create):
    """API Gateway API reference, `CreateBasePathMapping`."""
    expected = {"basePath": "(none)", "restApiId": api.id}
    assert answer(create(basePath="", stage="")) == expected
    assert answer(api.client.get_base_path_mapping(domainName=NAME, basePath="(none)")) == expected
    assert status(api.client.delete_base_path_mapping(domainName=NAME, basePath="(none)")) == 202
    assert answer(create()) == expected
    create(basePath="v1")
    assert paths(api) == ["(none)", "v1"]


def test_what_leads_nowhere_is_refused(api, create):
    with bad_request(NO_API):
        create(restApiId="nothing")
    with bad_request(NO_STAGE):
        create(stage="nothing")
    with not_found(NO_DOMAIN):
        create(domainName="b.example.com")
    assert paths(api) == []


@pytest.mark.parametrize("path", ["/", "/v1", "a/b"])
def test_slashes_are_for_the_second_version(create, path):
    with bad_request(
        "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base "
        "path mapping, use API Gateway V2."
    ):
        create(basePath=path)


@pytest.mark.parametrize("path", ["v 1", "v%1", "ping", "sping", "p" * 301])
def test_odd_paths_are_refused(create, path):
    """Characters: API Gateway developer guide, "Use API mappings". The text is not recorded."""
    with bad_request(
        "Invalid base path specified. Base paths may only contain letters, numbers and one of $-_.+!*'(), and can be "
        f"at most 300 characters long: {path}"
    ):
        create(basePath=path)


def test_a_path_is_any_of_its_characters(api, create):
    path = "aZ9$-_.+!*'(),"
    create(basePath=path)
    assert answer(api.client.get_base_path_mapping(domainName=NAME, basePath=path))["basePath"] == path
    create(basePath="p" * 300)


def test_a_path_leads_to_one_place(create):
    for path in ("v1", ""):
        create(basePath=path)
        with conflict("Base path already exists for this domain name"):
            create(basePath=path, stage="dev")
    create(basePath="V1")


def test_an_unknown_mapping_is_refused(api, create):
    create(basePath="v1")
    for call in (
        api.client.get_base_path_mapping,
        api.client.update_base_path_mapping,
        api.client.delete_base_path_mapping,
    ):
        with not_found(NO_MAPPING):
            call(domainName=NAME, basePath="v2")
        with not_found(NO_DOMAIN):
            call(domainName="b.example.com", basePath="v1")
    with not_found(NO_DOMAIN):
        api.client.get_base_path_mappings(domainName="b.example.com")


def test_a_mapping_is_patched(aws, api, create):
    """API Gateway API reference, "Patch Operations", whose spelling of paths is not that of clients."""
    create(basePath="v1", stage="dev")
    other = RestApi(aws)
    other.mock("/")
    other.deploy("prod")
    for at, path, value, expected in (
        ("v1", "/stage", "prod", {"basePath": "v1", "restApiId": api.id, "stage": "prod"}),
        ("v1", "/restapiId", other.id, {"basePath": "v1", "restApiId": other.id, "stage": "prod"}),
        ("v1", "/restApiId", api.id, {"basePath": "v1", "restApiId": api.id, "stage": "prod"}),
        ("v1", "/basePath", "v2", {"basePath": "v2", "restApiId": api.id, "stage": "prod"}),
        ("v2", "/basepath", "", {"basePath": "(none)", "restApiId": api.id, "stage": "prod"}),
        ("(none)", "/stage", "", {"basePath": "(none)", "restApiId": api.id}),
    ):
        updated = api.client.update_base_path_mapping(
            domainName=NAME, basePath=at, patchOperations=[patch("replace", path, value)]
        )
        assert status(updated) == 200
        assert answer(updated) == expected
        got = api.client.get_base_path_mapping(domainName=NAME, basePath=expected["basePath"])
        assert answer(got) == expected
    assert paths(api) == ["(none)"]


def test_a_mapping_is_not_patched_into_nonsense(api, create):
    create(basePath="v1")
    create(basePath="v2")

    def update(*operation):
        api.client.update_base_path_mapping(domainName=NAME, basePath="v1", patchOperations=[patch(*operation)])

    with conflict("Base path already exists for this domain name"):
        update("replace", "/basePath", "v2")
    with bad_request(NO_STAGE):
        update("replace", "/stage", "nothing")
    with bad_request(NO_API):
        update("replace", "/restapiId", "nothing")
    # The forms are those that are recorded for other collections.
    with bad_request("Invalid patch path  '/stage' specified for op 'remove'. Please choose supported operations"):
        update("remove", "/stage")
    with bad_request(
        "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/basePath, /basepath, /restapiId, "
        "/restApiId, /stage]"
    ):
        update("replace", "/x", "y")
    assert paths(api) == ["v1", "v2"]


def test_what_a_domain_name_leads_to_stays(aws, api, create):
    domain(aws, "b.example.com")
    create(basePath="v1", stage="dev")
    create(domainName="b.example.com")
    with bad_request(
        "Deleting stage dev failed. Please remove all base path mappings related to the stage in your domains: "
        "api.example.com"
    ):
        api.client.delete_stage(restApiId=api.id, stageName="dev")
    with bad_request(
        f"Deleting RestApi {api.id} failed. Please remove all base path mappings related to the RestApi in your "
        "domains: api.example.com, b.example.com"
    ):
        api.client.delete_rest_api(restApiId=api.id)
    api.client.delete_stage(restApiId=api.id, stageName="prod")
    assert api.client.get_stage(restApiId=api.id, stageName="dev")["stageName"] == "dev"
    # A domain name takes its mappings with it.
    api.client.delete_domain_name(domainName=NAME)
    api.client.delete_stage(restApiId=api.id, stageName="dev")
    api.client.delete_base_path_mapping(domainName="b.example.com", basePath="(none)")
    api.client.delete_rest_api(restApiId=api.id)


def test_private_goes_with_private(aws, api, create):
    """API Gateway developer guide, "Custom domain names for private APIs". The texts are not recorded."""
    made = aws.apigateway.create_domain_name(
        domainName=NAME, certificateArn=issued(aws, NAME), endpointConfiguration={"types": ["PRIVATE"]}
    )
    private = RestApi(aws, endpointConfiguration={"types": ["PRIVATE"]})
    inside = {"domainName": NAME, "domainNameId": made["domainNameId"]}
    with bad_request("Only PRIVATE APIs can be mapped to a private custom domain name"):
        create(**inside)
    with bad_request("PRIVATE APIs can only be mapped to a private custom domain name"):
        create(restApiId=private.id)
    create(**inside, restApiId=private.id, basePath="v1")
    assert paths(api) == []
    got = api.client.get_base_path_mappings(**inside)["items"]
    assert got == [{"basePath": "v1", "restApiId": private.id}]
    with bad_request(
        "The endpoint type of an API that is mapped to a custom domain name cannot be changed to or from PRIVATE."
    ):
        api.client.update_rest_api(
            restApiId=private.id, patchOperations=[patch("replace", "/endpointConfiguration/types/0", "REGIONAL")]
        )
    api.client.update_base_path_mapping(
        **inside, basePath="v1", patchOperations=[patch("replace", "/basePath", "v2")]
    )
    api.client.delete_base_path_mapping(**inside, basePath="v2")
    assert api.client.get_base_path_mappings(**inside)["items"] == []


def test_pages_add_up(api, create):
    made = [f"v{n}" for n in range(3)]
    for path in made:
        create(basePath=path)
    pages = api.client.get_paginator("get_base_path_mappings").paginate(
        domainName=NAME, PaginationConfig={"PageSize": 2}
    )
    pages = [[item["basePath"] for item in page["items"]] for page in pages]
    assert [len(page) for page in pages] == [2, 1]
    assert sum(pages, []) == made
