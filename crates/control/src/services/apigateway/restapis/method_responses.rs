//! `…/methods/{verb}/responses`: which statuses, headers and models a method may answer with.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    DeleteMethodResponseRequest, GetMethodResponseRequest, MethodResponse, Op, PutMethodResponseRequest,
    UpdateMethodResponseRequest,
};

use super::super::refusals::{conflict, unknown_status_code};
use super::methods::{self, patch_models, patch_parameters};
use super::references::check_models;
use super::{mapping, resources};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutMethodResponse, put_method_response)
        .read(op::GetMethodResponse, get_method_response)
        .write(op::UpdateMethodResponse, update_method_response)
        .write(op::DeleteMethodResponse, delete_method_response);
}

/// What may be patched (API Gateway API reference, "Patch Operations"; wording recorded from AWS).
const TABLE: Table = Table {
    wording: Wording::Brief,
    rows: &[
        row("/responseModels/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/responseParameters/{name}", &[Op::Add, Op::Remove, Op::Replace]),
    ],
};

/// Empty maps are kept if they were given (recorded from AWS).
pub(in super::super) fn put_method_response(
    call: &mut Call<'_, '_>,
    input: &PutMethodResponseRequest,
) -> Outcome<MethodResponse> {
    let response = MethodResponse {
        status_code: Some(input.status_code.clone()),
        response_parameters: input.response_parameters.clone(),
        response_models: input.response_models.clone(),
    };
    check(&response)?;
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    check_models(call, &input.rest_api_id, response.response_models.as_ref())?;
    let responses = method.method_responses.get_or_insert_default();
    if responses.contains_key(&input.status_code) {
        return Err(conflict("Response already exists for this resource"));
    }
    responses.insert(input.status_code.clone(), response.clone());
    responses.sort_unstable_keys();
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(response)
}

fn get_method_response(call: &mut Call<'_, '_>, input: &GetMethodResponseRequest) -> Outcome<MethodResponse> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    let response = method.method_responses.as_ref().and_then(|responses| responses.get(&input.status_code));
    response.cloned().ok_or_else(unknown_status_code)
}

fn update_method_response(
    call: &mut Call<'_, '_>,
    input: &UpdateMethodResponseRequest,
) -> Outcome<MethodResponse> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    let responses = method.method_responses.as_mut();
    let response = responses.and_then(|responses| responses.get_mut(&input.status_code));
    let response = response.ok_or_else(unknown_status_code)?;
    for patch in TABLE.read(&input.patch_operations) {
        apply(response, &patch?)?;
    }
    check(response)?;
    let response = response.clone();
    check_models(call, &input.rest_api_id, response.response_models.as_ref())?;
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(response)
}

fn delete_method_response(call: &mut Call<'_, '_>, input: &DeleteMethodResponseRequest) -> Outcome<Empty> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    let mut responses = method.method_responses.take().unwrap_or_default();
    responses.shift_remove(&input.status_code).ok_or_else(unknown_status_code)?;
    method.method_responses = Some(responses).filter(|responses| !responses.is_empty());
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(Empty {})
}

fn apply(response: &mut MethodResponse, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["responseModels", content_type] => {
            let mut models = response.response_models.take().unwrap_or_default();
            patch_models(&mut models, patch, content_type)?;
            response.response_models = Some(models).filter(|models| !models.is_empty());
        }
        ["responseParameters", name] => {
            let mut parameters = response.response_parameters.take().unwrap_or_default();
            patch_parameters(&mut parameters, patch, name)?;
            response.response_parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
        }
        _ => {}
    }
    Ok(())
}

/// The rules that a response can break; its models are checked by `references`.
pub(super) fn check(response: &MethodResponse) -> Outcome<()> {
    mapping::check_response_headers(response.response_parameters.iter().flatten().map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, with};
    use super::super::methods::get_method;
    use super::*;

    fn at(api: &str, root: &str, status: &str) -> Value {
        json!({"restApiId": api, "resourceId": root, "httpMethod": "GET", "statusCode": status})
    }

    fn update(api: &str, root: &str, op: &str, path: &str, value: Option<&str>) -> Value {
        with(at(api, root, "200"), json!({"patchOperations": patch(op, path, value)}))
    }

    /// Recorded from AWS.
    #[test]
    fn empty_maps_are_kept_if_they_were_given() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        assert_eq!(frame.ok(put_method_response, at(&api, &root, "404")), json!({"statusCode": "404"}));
        let given = json!({"responseModels": {}, "responseParameters": {}});
        let created = frame.ok(put_method_response, with(at(&api, &root, "200"), given));
        assert_eq!(created, json!({"statusCode": "200", "responseModels": {}, "responseParameters": {}}));
        assert_eq!(frame.ok(get_method_response, at(&api, &root, "200")), created);
        let method = frame.ok(get_method, json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"}));
        assert_eq!(method["methodResponses"], json!({"200": created, "404": {"statusCode": "404"}}));
        assert_eq!(
            frame.refused(put_method_response, at(&api, &root, "200")),
            conflict("Response already exists for this resource")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn lookups_say_what_is_missing() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let unknown_code = not_found("Invalid Response status code specified");
        assert_eq!(frame.refused(get_method_response, at(&api, &root, "200")), unknown_code);
        assert_eq!(frame.refused(delete_method_response, at(&api, &root, "200")), unknown_code);
        assert_eq!(frame.refused(update_method_response, at(&api, &root, "200")), unknown_code);
        let unknown_resource = not_found("Invalid Resource identifier specified");
        assert_eq!(frame.refused(put_method_response, at(&api, "nope", "200")), unknown_resource);
        let post = with(at(&api, &root, "200"), json!({"httpMethod": "POST"}));
        let unknown_method = not_found("Invalid Method identifier specified");
        assert_eq!(frame.refused(put_method_response, post), unknown_method);
    }

    #[test]
    fn deleting_the_only_one_removes_the_map() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        frame.ok(put_method_response, at(&api, &root, "200"));
        frame.ok(delete_method_response, at(&api, &root, "200"));
        let method = frame.ok(get_method, json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"}));
        assert_eq!(method["methodResponses"], json!(null));
    }

    /// Recorded from AWS.
    #[test]
    fn patches_change_the_maps() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        frame.ok(put_method_response, at(&api, &root, "200"));
        let parameter = "/responseParameters/method.response.header.x";
        for (op, path, value, expected) in [
            (
                "add",
                parameter,
                Some("true"),
                json!({"statusCode": "200", "responseParameters": {"method.response.header.x": true}}),
            ),
            (
                "replace",
                parameter,
                Some("false"),
                json!({"statusCode": "200", "responseParameters": {"method.response.header.x": false}}),
            ),
            ("remove", parameter, None, json!({"statusCode": "200"})),
            (
                "add",
                "/responseModels/application~1json",
                Some("Error"),
                json!({"statusCode": "200", "responseModels": {"application/json": "Error"}}),
            ),
        ] {
            assert_eq!(frame.ok(update_method_response, update(&api, &root, op, path, value)), expected);
        }
        for (path, expected) in [
            (parameter, not_found("Invalid parameter name specified")),
            ("/responseModels/text~1plain", not_found("Content-Type specified was not found")),
            ("/wrong/x", bad_request("Invalid patch path /wrong/x")),
        ] {
            let refused = frame.refused(update_method_response, update(&api, &root, "remove", path, None));
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn only_headers_can_be_declared() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        for name in ["method.response.body", "method.request.header.x", "x", "method.response.header."] {
            let input = with(at(&api, &root, "200"), json!({"responseParameters": {name: true}}));
            assert_eq!(
                frame.refused(put_method_response, input),
                bad_request(&format!(
                    "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid \
                     mapping expression parameter specified: {name}]"
                ))
            );
        }
        let input = with(at(&api, &root, "200"), json!({"responseModels": {"application/json": "Pet"}}));
        assert_eq!(
            frame.refused(put_method_response, input),
            bad_request("Invalid model identifier specified: Pet")
        );
    }
}
