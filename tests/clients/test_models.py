"""Model. Results and texts are recorded from AWS unless said otherwise."""

import json

import pytest

from harness.account import answer, bad_request, conflict, not_found, patch, status

NO_SCHEMA = "Model schema must have at least 1 property or array items defined"
PET = '{"type": "object",  "properties": {"id": {"type": "integer"}}}'


def create(api, name="Pet", **settings):
    return api.client.create_model(
        restApiId=api.id, name=name, **{"contentType": "application/json", "schema": PET, **settings}
    )


def at(api, name="Pet"):
    return {"restApiId": api.id, "modelName": name}


def invalid(*errors):
    return bad_request(
        f"Invalid model specified: Validation Result: warnings : [], errors : [{', '.join(errors)}]"
    )


def url(api, name):
    return f"https://apigateway.amazonaws.com/restapis/{api.id}/models/{name}"


def test_a_new_api_has_two(api):
    models = {model["name"]: model for model in api.client.get_models(restApiId=api.id)["items"]}
    assert models.keys() == {"Empty", "Error"}
    assert models["Empty"]["description"] == "This is a default empty schema model"
    assert models["Error"]["description"] == "This is a default error schema model"
    assert json.loads(models["Empty"]["schema"]) == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Empty Schema",
        "type": "object",
    }
    assert json.loads(models["Error"]["schema"])["properties"] == {"message": {"type": "string"}}


def test_a_schema_comes_back_as_it_was_written(api):
    created = create(api, description="one")
    assert status(created) == 201
    assert answer(created) == {
        "id": created["id"],
        "name": "Pet",
        "description": "one",
        "contentType": "application/json",
        "schema": PET,
    }
    assert answer(api.client.get_model(**at(api))) == answer(created)


def test_bad_models(api):
    create(api)
    with conflict("Model name already exists for this REST API"):
        create(api)
    with bad_request("Model name must be non-empty"):
        create(api, name="")
    for content_type in ("application/json", "application/xml"):
        with bad_request(NO_SCHEMA):
            create(api, name="Other", contentType=content_type, schema="")
    with not_found("Invalid API identifier specified 000000000000:nothere123"):
        api.client.create_model(restApiId="nothere123", name="Pet", contentType="application/json", schema=PET)


@pytest.mark.parametrize(
    ("schema", "errors"),
    [
        # Reported by users of AWS.
        ('{"required": []}', ["Invalid model schema specified"]),
        ('{"enum": ["A", "A"]}', ["Invalid model schema specified"]),
        ("{'type': 'object'}", ["Invalid model schema specified"]),
        ('{"example": 1}', ['Invalid model schema specified. Unsupported keyword(s): ["example"]']),
        (
            '{"$ref": "./pet.yaml"}',
            ["Invalid model schema specified", "Model reference must be in canonical form"],
        ),
    ],
)
def test_bad_schemas(api, schema, errors):
    with invalid(*errors):
        create(api, schema=schema)


def test_models_refer_to_models(api):
    refers = json.dumps({"type": "array", "items": {"$ref": url(api, "Pet")}})
    with invalid("Invalid model specified: Pet"):  # Reported by users of AWS.
        create(api, "Pets", schema=refers)
    create(api)
    create(api, "Pets", schema=refers)
    flat = api.client.get_model(**at(api, "Pets"), flatten=True)
    # API Gateway API reference, GetModel: flatten resolves all references.
    assert json.loads(flat["schema"]) == {
        "type": "array",
        "items": {"$ref": "#/definitions/Pet"},
        "definitions": {"Pet": json.loads(PET)},
    }


def test_a_template_shows_the_form(api):
    template = api.client.get_model_template(**at(api, "Error"))["value"]
    assert template.startswith("#set($inputRoot = $input.path('$'))\n{")
    assert '"message"' in template


def test_patches(api):
    create(api)
    update = api.client.update_model
    changed = update(**at(api), patchOperations=[patch("replace", "/description", "d"), patch("replace", "/schema", "{}")])
    assert (changed["description"], changed["schema"]) == ("d", "{}")
    with bad_request(NO_SCHEMA):
        update(**at(api), patchOperations=[patch("replace", "/schema", "")])
    with bad_request(
        "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]"
    ):
        update(**at(api), patchOperations=[patch("replace", "/name", "x")])


def test_one_in_use_stays(api):
    create(api)
    api.method("/", "ANY", requestModels={"application/json": "Pet"})
    with conflict("Cannot delete model 'Pet', is referenced in method request: //ANY"):
        api.client.delete_model(**at(api))
    api.method("/test", "ANY", requestModels={"application/json": "Pet"})
    with conflict("Cannot delete model 'Pet', is referenced in method request: /test/ANY"):
        api.client.delete_model(**at(api))
    for path in ("/", "/test"):
        api.client.delete_method(**api.at(path, "ANY"))
    api.method("/test")
    api.client.put_method_response(**api.at("/test"), statusCode="200", responseModels={"application/json": "Pet"})
    # Reported by users of AWS.
    with conflict("Cannot delete model 'Pet', is referenced in method response: /test/GET"):
        api.client.delete_model(**at(api))
    api.client.delete_method_response(**api.at("/test"), statusCode="200")
    assert status(api.client.delete_model(**at(api))) == 202


def test_unknown_models(api):
    for call in (api.client.get_model, api.client.delete_model, api.client.get_model_template):
        with not_found("Invalid model name specified: Nope"):
            call(**at(api, "Nope"))
    with not_found("Invalid model name specified: Nope"):
        api.client.update_model(**at(api, "Nope"), patchOperations=[patch("replace", "/description", "d")])
