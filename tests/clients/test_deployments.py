"""Deployment. Results and texts are recorded from AWS unless said otherwise."""

import pytest

from harness.account import answer, bad_request, not_found, patch, status

UNKNOWN = "Invalid Deployment identifier specified"


@pytest.fixture
def pets(api):
    """An API that can be deployed."""
    api.mock("/pets")
    return api


def deploy(api, **settings):
    return api.client.create_deployment(restApiId=api.id, **settings)


def test_create_answers_an_id_and_a_date(pets):
    created = deploy(pets)
    assert status(created) == 201
    assert answer(created) == {"id": created["id"]}
    assert created["id"].isalnum() and len(created["id"]) == 6
    described = deploy(pets, description="first")
    assert answer(described) == {"id": described["id"], "description": "first"}
    assert answer(pets.client.get_deployment(restApiId=pets.id, deploymentId=described["id"])) == answer(described)


def test_the_list_has_the_same_fields(pets):
    made = [answer(deploy(pets, description=text)) for text in ("first", "second")]
    listed = [answer(item) for item in pets.client.get_deployments(restApiId=pets.id)["items"]]
    assert sorted(listed, key=str) == sorted(made, key=str)


def test_a_stage_name_makes_the_stage(pets):
    deployment = deploy(
        pets, stageName="prod", stageDescription="live", variables={"color": "blue"}, description="first"
    )
    stage = pets.client.get_stage(restApiId=pets.id, stageName="prod")
    assert (stage["deploymentId"], stage["description"], stage["variables"]) == (
        deployment["id"],
        "live",
        {"color": "blue"},
    )


def test_empty_texts_count_as_absent(pets):
    # Terraform's provider sends "" for what its user left out.
    assert answer(deploy(pets, stageName="", description="")).keys() == {"id"}
    assert pets.client.get_stages(restApiId=pets.id)["item"] == []


def test_only_the_description_is_updated(pets):
    deployment = deploy(pets)["id"]
    update = pets.client.update_deployment
    updated = update(
        restApiId=pets.id, deploymentId=deployment, patchOperations=[patch("replace", "/description", "better")]
    )
    assert status(updated) == 200
    assert answer(updated) == {"id": deployment, "description": "better"}
    with bad_request("Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/description]"):
        update(restApiId=pets.id, deploymentId=deployment, patchOperations=[patch("replace", "/x", "y")])


def test_unknown_ids(pets):
    client, place = pets.client, {"restApiId": pets.id, "deploymentId": "nope12"}
    for call in (client.get_deployment, client.delete_deployment):
        with not_found(UNKNOWN):
            call(**place)
    with not_found(UNKNOWN):
        client.update_deployment(**place, patchOperations=[patch("replace", "/description", "x")])


def test_a_deployment_in_use_cannot_be_deleted(pets):
    first = deploy(pets, stageName="prod")["id"]
    with bad_request("Active stages pointing to this deployment must be moved or deleted"):
        pets.client.delete_deployment(restApiId=pets.id, deploymentId=first)
    second = deploy(pets, stageName="prod")["id"]
    assert pets.client.get_stage(restApiId=pets.id, stageName="prod")["deploymentId"] == second
    assert status(pets.client.delete_deployment(restApiId=pets.id, deploymentId=first)) == 202
    assert [item["id"] for item in pets.client.get_deployments(restApiId=pets.id)["items"]] == [second]


def test_an_api_without_methods_cannot_be_deployed(api):
    with bad_request("The REST API doesn't contain any methods"):
        deploy(api)


def test_a_method_without_integration_cannot_be_deployed(pets):
    pets.method("/dogs")
    with bad_request("No integration defined for method"):
        deploy(pets)


def test_the_summary_names_each_method(pets):
    # API Gateway API reference, Deployment: apiSummary by path and method.
    deployment = deploy(pets)["id"]
    got = pets.client.get_deployment(restApiId=pets.id, deploymentId=deployment, embed=["apisummary"])
    assert got["apiSummary"] == {"/pets": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}


def test_a_deployment_is_a_snapshot(pets):
    deployment = deploy(pets)["id"]
    pets.mock("/dogs")
    got = pets.client.get_deployment(restApiId=pets.id, deploymentId=deployment, embed=["apisummary"])
    assert list(got["apiSummary"]) == ["/pets"]
