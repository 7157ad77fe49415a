//! `/restapis/{id}/requestvalidators`: which parts of a request methods check.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateRequestValidatorRequest, DeleteRequestValidatorRequest, GetRequestValidatorRequest,
    GetRequestValidatorsRequest, Op, RequestValidator, RequestValidators, UpdateRequestValidatorRequest,
};
use base::ids;
use documents::apigateway::{RequestValidatorDocument, RestApiDocument, within};
use store::Key;

use super::super::limits;
use super::super::refusals::{bad_request, conflict, limit_exceeded, not_found};
use super::{find, references, resources};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRequestValidator, create_request_validator)
        .read(op::GetRequestValidator, get_request_validator)
        .read(op::GetRequestValidators, get_request_validators)
        .write(op::UpdateRequestValidator, update_request_validator)
        .write(op::DeleteRequestValidator, delete_request_validator);
}

/// What may be patched. Recorded from AWS, its order included.
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[
        row("/name", &[Op::Replace]),
        row("/validateRequestParameters", &[Op::Replace]),
        row("/validateRequestBody", &[Op::Replace]),
    ],
};

pub(in super::super) fn create_request_validator(
    call: &mut Call<'_, '_>,
    input: &CreateRequestValidatorRequest,
) -> Outcome<RequestValidator> {
    let api = &input.rest_api_id;
    let validator = checked(RequestValidator {
        id: Some(ids::part_id(&call.plane.random)),
        name: input.name.clone(),
        validate_request_body: input.validate_request_body,
        validate_request_parameters: input.validate_request_parameters,
    })?;
    let document = call.tx.get::<RestApiDocument>(&call.context.scope, &Key::new([api]))?;
    if document.is_none() {
        // Recorded from AWS: no 404 here.
        return Err(bad_request("Invalid REST API identifier specified"));
    }
    check_room(all(call, api)?.len() + 1)?;
    put(call, api, validator.clone())?;
    Ok(validator)
}

fn get_request_validator(
    call: &mut Call<'_, '_>,
    input: &GetRequestValidatorRequest,
) -> Outcome<RequestValidator> {
    get(call, &input.rest_api_id, &input.request_validator_id)
}

pub(super) fn get_request_validators(
    call: &mut Call<'_, '_>,
    input: &GetRequestValidatorsRequest,
) -> Outcome<RequestValidators> {
    find(call, &input.rest_api_id)?;
    let validators = all(call, &input.rest_api_id)?;
    let place = |validator: &RequestValidator| validator.id.clone().unwrap_or_default();
    let Page { items, position } = page(validators, place, input.position.as_deref(), input.limit)?;
    Ok(RequestValidators { position, items: Some(items) })
}

fn update_request_validator(
    call: &mut Call<'_, '_>,
    input: &UpdateRequestValidatorRequest,
) -> Outcome<RequestValidator> {
    let mut validator = get(call, &input.rest_api_id, &input.request_validator_id)?;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        match patch.segments().as_slice() {
            ["name"] => validator.name = Some(name(patch.value)?),
            ["validateRequestBody"] => validator.validate_request_body = Some(patch.flag()),
            _ => validator.validate_request_parameters = Some(patch.flag()),
        }
    }
    put(call, &input.rest_api_id, validator.clone())?;
    Ok(validator)
}

fn delete_request_validator(
    call: &mut Call<'_, '_>,
    input: &DeleteRequestValidatorRequest,
) -> Outcome<Empty> {
    let (api, id) = (&input.rest_api_id, &input.request_validator_id);
    let validator = get(call, api, id)?;
    if let Some(place) = references::of_request_validator(&resources::all(call, api)?, id) {
        let name = validator.name.unwrap_or_default();
        // Worded like the refusal of authorizers; this one is not recorded.
        return Err(conflict(format!("Cannot delete request validator '{name}', is referenced in {place}")));
    }
    call.tx.delete::<RequestValidatorDocument>(&call.context.scope, &within(api, id))?;
    Ok(Empty {})
}

/// A new validator as it is stored, if it may be.
pub(super) fn checked(given: RequestValidator) -> Outcome<RequestValidator> {
    Ok(RequestValidator {
        name: Some(name(given.name.as_deref())?),
        validate_request_body: Some(given.validate_request_body.unwrap_or(false)),
        validate_request_parameters: Some(given.validate_request_parameters.unwrap_or(false)),
        ..given
    })
}

/// Refuses more validators than an API may have. The text is not recorded.
pub(super) fn check_room(count: usize) -> Outcome<()> {
    if count <= limits::REQUEST_VALIDATORS {
        return Ok(());
    }
    Err(limit_exceeded(
        "Maximum number of Request Validators for this API has been reached. Please contact AWS if you need \
         additional Request Validators.",
    ))
}

/// All request validators of an API.
pub(super) fn all(call: &mut Call<'_, '_>, api: &str) -> Outcome<Vec<RequestValidator>> {
    let documents = call.tx.list::<RequestValidatorDocument>(&call.context.scope, &Key::new([api]))?;
    Ok(documents.into_iter().map(|(_, document)| document.request_validator).collect())
}

/// The request validator `id`, if the API has it.
pub(super) fn read(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<Option<RequestValidator>> {
    if !references::is_key(id) {
        return Ok(None);
    }
    let document = call.tx.get::<RequestValidatorDocument>(&call.context.scope, &within(api, id))?;
    Ok(document.map(|document| document.request_validator))
}

/// Stores a request validator.
pub(super) fn put(call: &mut Call<'_, '_>, api: &str, request_validator: RequestValidator) -> Outcome<()> {
    let key = within(api, request_validator.id.as_deref().unwrap_or_default());
    call.tx.put(&call.context.scope, &key, &RequestValidatorDocument { request_validator })?;
    Ok(())
}

fn get(call: &mut Call<'_, '_>, api: &str, id: &str) -> Outcome<RequestValidator> {
    read(call, api, id)?.ok_or_else(unknown)
}

fn unknown() -> Failure {
    not_found("Invalid Request Validator identifier specified")
}

/// Recorded from AWS.
fn name(text: Option<&str>) -> Outcome<String> {
    match text {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(bad_request("Request Validator name cannot be blank")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, text, with};
    use super::super::methods::put_method;
    use super::*;

    fn at(api: &str, id: &str) -> Value {
        json!({"restApiId": api, "requestValidatorId": id})
    }

    fn create(frame: &Frame, api: &str) -> Value {
        frame.ok(
            create_request_validator,
            json!({"restApiId": api, "name": "all", "validateRequestBody": true}),
        )
    }

    /// Recorded from AWS.
    #[test]
    fn a_validator_says_what_it_checks() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let created = create(&frame, &api);
        let id = text(&created, "id");
        assert_eq!(id.len(), 6);
        assert_eq!(
            created,
            json!({"id": id, "name": "all", "validateRequestBody": true, "validateRequestParameters": false})
        );
        assert_eq!(frame.ok(get_request_validator, at(&api, &id)), created);
        let listed = frame.ok(get_request_validators, json!({"restApiId": api}));
        assert_eq!(listed, json!({"items": [created]}));
        frame.ok(delete_request_validator, at(&api, &id));
        assert_eq!(frame.ok(get_request_validators, json!({"restApiId": api})), json!({"items": []}));
    }

    /// Recorded from AWS.
    #[test]
    fn unknown_ids_and_apis() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let unknown = not_found("Invalid Request Validator identifier specified");
        for api in [api.as_str(), "nope"] {
            assert_eq!(frame.refused(get_request_validator, at(api, "x")), unknown);
            assert_eq!(frame.refused(update_request_validator, at(api, "x")), unknown);
            assert_eq!(frame.refused(delete_request_validator, at(api, "x")), unknown);
        }
        assert_eq!(
            frame.refused(create_request_validator, json!({"restApiId": "nope", "name": "a"})),
            bad_request("Invalid REST API identifier specified")
        );
        assert_eq!(
            frame.refused(get_request_validators, json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn patches_and_their_refusals() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        let id = text(&create(&frame, &api), "id");
        let update = |op: &str, path: &str, value: Option<&str>| {
            with(at(&api, &id), json!({"patchOperations": patch(op, path, value)}))
        };
        let ok = |path: &str, value: Option<&str>| {
            frame.ok(update_request_validator, update("replace", path, value))
        };
        assert_eq!(ok("/name", Some("b"))["name"], "b");
        assert_eq!(ok("/validateRequestParameters", Some("true"))["validateRequestParameters"], true);
        assert_eq!(ok("/validateRequestBody", None)["validateRequestBody"], false);
        for (op, path, expected) in [
            ("replace", "/name", "Request Validator name cannot be blank"),
            (
                "add",
                "/name",
                "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations",
            ),
            (
                "replace",
                "/x",
                "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/name, \
                 /validateRequestParameters, /validateRequestBody]",
            ),
        ] {
            let refused = frame.refused(update_request_validator, update(op, path, Some("")));
            assert_eq!(refused, bad_request(expected));
        }
        for name in [json!({}), json!({"name": ""}), json!({"name": " "})] {
            assert_eq!(
                frame.refused(create_request_validator, with(json!({"restApiId": api}), name)),
                bad_request("Request Validator name cannot be blank")
            );
        }
    }

    #[test]
    fn one_in_use_is_not_deleted() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let id = text(&create(&frame, &api), "id");
        let method = json!({
            "restApiId": api, "resourceId": root, "httpMethod": "GET", "authorizationType": "NONE",
            "requestValidatorId": id,
        });
        assert_eq!(frame.ok(put_method, method)["requestValidatorId"], id.as_str());
        assert_eq!(
            frame.refused(delete_request_validator, at(&api, &id)),
            conflict("Cannot delete request validator 'all', is referenced in method: GET//")
        );
    }

    #[test]
    fn twenty_fit() {
        let frame = Frame::new();
        let (api, _) = frame.rest_api();
        for _ in 0..20 {
            create(&frame, &api);
        }
        assert_eq!(
            frame.refused(create_request_validator, json!({"restApiId": api, "name": "a"})),
            "429 LimitExceededException \"Maximum number of Request Validators for this API has been reached. \
             Please contact AWS if you need additional Request Validators.\""
        );
    }
}
