"""RequestValidator. Results and texts are recorded from AWS unless said otherwise."""

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status

UNKNOWN = "Invalid Request Validator identifier specified"
BLANK = "Request Validator name cannot be blank"


@pytest.fixture
def validator(api):
    """The arguments that name a validator of bodies."""
    made = api.client.create_request_validator(restApiId=api.id, name="body", validateRequestBody=True)
    assert status(made) == 201
    assert answer(made) == {
        "id": made["id"],
        "name": "body",
        "validateRequestBody": True,
        "validateRequestParameters": False,
    }
    return {"restApiId": api.id, "requestValidatorId": made["id"]}


def test_it_is_listed_until_it_is_deleted(api, validator):
    got = answer(api.client.get_request_validator(**validator))
    assert api.client.get_request_validators(restApiId=api.id)["items"] == [got]
    assert status(api.client.delete_request_validator(**validator)) == 202
    assert api.client.get_request_validators(restApiId=api.id)["items"] == []
    for call in (api.client.get_request_validator, api.client.delete_request_validator):
        with not_found(UNKNOWN):
            call(**validator)


def test_patches(api, validator):
    update = api.client.update_request_validator
    changed = update(
        **validator,
        patchOperations=[
            patch("replace", "/name", "all"),
            patch("replace", "/validateRequestParameters", "true"),
            patch("replace", "/validateRequestBody"),
        ],
    )
    assert status(changed) == 200
    assert (changed["name"], changed["validateRequestParameters"], changed["validateRequestBody"]) == (
        "all",
        True,
        False,
    )
    with bad_request(BLANK):
        update(**validator, patchOperations=[patch("replace", "/name", "")])
    with bad_request("Invalid patch path  '/name' specified for op 'remove'. Please choose supported operations"):
        update(**validator, patchOperations=[patch("remove", "/name")])
    with bad_request(
        "Invalid patch path  '/x' specified for op 'add'. "
        "Must be one of: [/name, /validateRequestParameters, /validateRequestBody]"
    ):
        update(**validator, patchOperations=[patch("add", "/x", "y")])


def test_bad_validators(api):
    for settings in ({}, {"name": ""}):
        with bad_request(BLANK):
            api.client.create_request_validator(restApiId=api.id, **settings)
    with bad_request("Invalid REST API identifier specified"):
        api.client.create_request_validator(restApiId="nothere123", name="body")
    with not_found("Invalid API identifier specified 000000000000:nothere123"):
        api.client.get_request_validators(restApiId="nothere123")
    with not_found(UNKNOWN):
        api.client.get_request_validator(restApiId="nothere123", requestValidatorId="abc123")


def test_one_in_use_stays(api, validator):
    made = api.method("/pets", requestValidatorId=validator["requestValidatorId"])
    assert made["requestValidatorId"] == validator["requestValidatorId"]
    # The text is not recorded.
    with conflict("Cannot delete request validator 'body', is referenced in method: GET//pets"):
        api.client.delete_request_validator(**validator)
