//! `…/methods/{verb}/integration/responses`: what a method answers, by what its integration did.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    DeleteIntegrationResponseRequest, GetIntegrationResponseRequest, IntegrationResponse, Method, Op,
    PutIntegrationResponseRequest, Resource, UpdateIntegrationResponseRequest,
};

use super::super::refusals::{unknown_integration, unknown_status_code};
use super::integrations::{optional, patch_mapping, patch_templates};
use super::{mapping, methods, resources};
use crate::patch::{Patch, Table, Wording, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutIntegrationResponse, put_integration_response)
        .read(op::GetIntegrationResponse, get_integration_response)
        .write(op::UpdateIntegrationResponse, update_integration_response)
        .write(op::DeleteIntegrationResponse, delete_integration_response);
}

/// What may be patched (API Gateway API reference, "Patch Operations").
const TABLE: Table = Table {
    wording: Wording::Brief,
    rows: &[
        row("/contentHandling", &[Op::Replace]),
        row("/responseParameters/{name}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/responseTemplates/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/selectionPattern", &[Op::Replace]),
    ],
};

/// A second put takes the place of the first (recorded from AWS).
pub(in super::super) fn put_integration_response(
    call: &mut Call<'_, '_>,
    input: &PutIntegrationResponseRequest,
) -> Outcome<IntegrationResponse> {
    let response = as_stored(IntegrationResponse {
        status_code: Some(input.status_code.clone()),
        selection_pattern: input.selection_pattern.clone(),
        response_parameters: input.response_parameters.clone(),
        response_templates: input.response_templates.clone(),
        content_handling: input.content_handling,
    })?;
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    if method.method_integration.is_none() {
        return Err(unknown_integration());
    }
    check(&response, method)?;
    let integration = method.method_integration.as_mut().ok_or_else(unknown_integration)?;
    let responses = integration.integration_responses.get_or_insert_default();
    responses.insert(input.status_code.clone(), response.clone());
    responses.sort_unstable_keys();
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(response)
}

fn get_integration_response(
    call: &mut Call<'_, '_>,
    input: &GetIntegrationResponseRequest,
) -> Outcome<IntegrationResponse> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    find(method, &input.status_code).cloned()
}

fn update_integration_response(
    call: &mut Call<'_, '_>,
    input: &UpdateIntegrationResponseRequest,
) -> Outcome<IntegrationResponse> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = methods::find(&mut resource, &input.http_method)?;
    let mut response = find(method, &input.status_code)?.clone();
    for patch in TABLE.read(&input.patch_operations) {
        apply(&mut response, &patch?)?;
    }
    check(&response, method)?;
    find(method, &input.status_code)?.clone_from(&response);
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(response)
}

/// An unknown method is answered like an unknown integration here (recorded from AWS).
fn delete_integration_response(
    call: &mut Call<'_, '_>,
    input: &DeleteIntegrationResponseRequest,
) -> Outcome<Empty> {
    let mut resource: Resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let methods = resource.resource_methods.as_mut();
    let method = methods.and_then(|methods| methods.get_mut(&input.http_method));
    let integration = method.and_then(|method| method.method_integration.as_mut());
    let integration = integration.ok_or_else(unknown_integration)?;
    let mut responses = integration.integration_responses.take().unwrap_or_default();
    responses.shift_remove(&input.status_code).ok_or_else(unknown_status_code)?;
    integration.integration_responses = Some(responses).filter(|responses| !responses.is_empty());
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(Empty {})
}

fn find<'a>(method: &'a mut Method, status: &str) -> Outcome<&'a mut IntegrationResponse> {
    let integration = method.method_integration.as_mut().ok_or_else(unknown_integration)?;
    let responses = integration.integration_responses.as_mut();
    responses.and_then(|responses| responses.get_mut(status)).ok_or_else(unknown_status_code)
}

fn apply(response: &mut IntegrationResponse, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["contentHandling"] => response.content_handling = optional(patch, "contentHandling")?,
        ["responseParameters", name] => {
            let mut mapping = response.response_parameters.take().unwrap_or_default();
            patch_mapping(&mut mapping, patch, name)?;
            response.response_parameters = Some(mapping).filter(|mapping| !mapping.is_empty());
        }
        ["responseTemplates", content_type] => {
            let mut templates = response.response_templates.take().unwrap_or_default();
            patch_templates(&mut templates, patch, content_type)?;
            response.response_templates = Some(templates).filter(|templates| !templates.is_empty());
        }
        ["selectionPattern"] => response.selection_pattern = patch.value.map(str::to_owned),
        _ => {}
    }
    Ok(())
}

/// A new response as it is stored.
pub(super) fn as_stored(given: IntegrationResponse) -> Outcome<IntegrationResponse> {
    Ok(IntegrationResponse {
        response_parameters: given.response_parameters.filter(|parameters| !parameters.is_empty()),
        response_templates: mapping::templates(given.response_templates.as_ref())?,
        ..given
    })
}

/// The rules that a response can break, alone and with its method.
pub(super) fn check(response: &IntegrationResponse, method: &Method) -> Outcome<()> {
    mapping::check_selection_pattern(response.selection_pattern.as_deref().unwrap_or_default())?;
    let status = response.status_code.as_deref().unwrap_or_default();
    let declared = method.method_responses.as_ref().and_then(|responses| responses.get(status));
    let mapping = response.response_parameters.as_ref();
    mapping.map_or(Ok(()), |mapping| mapping::check_response_mapping(mapping, declared))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, patch, with};
    use super::super::method_responses::put_method_response;
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
    fn a_second_put_takes_the_place_of_the_first() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let given = json!({
            "selectionPattern": "",
            "responseTemplates": {"application/json": null, "a/b": "", "c/d": "x"},
            "contentHandling": "CONVERT_TO_TEXT",
        });
        let created = frame.ok(put_integration_response, with(at(&api, &root, "200"), given));
        let expected = json!({
            "statusCode": "200",
            "selectionPattern": "",
            "responseTemplates": {"application/json": null, "a/b": null, "c/d": "x"},
            "contentHandling": "CONVERT_TO_TEXT",
        });
        assert_eq!(created, expected);
        assert_eq!(frame.ok(get_integration_response, at(&api, &root, "200")), expected);
        let created = frame.ok(put_integration_response, at(&api, &root, "200"));
        assert_eq!(created, json!({"statusCode": "200"}));
        let method = frame.ok(get_method, json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"}));
        assert_eq!(
            method["methodIntegration"]["integrationResponses"],
            json!({"200": {"statusCode": "200"}})
        );
        frame.ok(delete_integration_response, at(&api, &root, "200"));
        let method = frame.ok(get_method, json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"}));
        assert_eq!(method["methodIntegration"]["integrationResponses"], json!(null));
    }

    /// Recorded from AWS.
    #[test]
    fn lookups_say_what_is_missing() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let method = not_found("Invalid Method identifier specified");
        let integration = not_found("Invalid Integration identifier specified");
        let resource = not_found("Invalid Resource identifier specified");
        let status = not_found("Invalid Response status code specified");
        assert_eq!(frame.refused(put_integration_response, at(&api, &root, "200")), method);
        assert_eq!(frame.refused(put_integration_response, at(&api, "nope", "200")), resource);
        assert_eq!(frame.refused(put_integration_response, at("nope", &root, "200")), resource);
        assert_eq!(frame.refused(delete_integration_response, at(&api, &root, "200")), integration);
        frame.method(&api, &root, "GET");
        assert_eq!(frame.refused(put_integration_response, at(&api, &root, "200")), integration);
        assert_eq!(frame.refused(get_integration_response, at(&api, &root, "200")), integration);
        frame.mock(&api, &root, "GET");
        assert_eq!(frame.refused(get_integration_response, at(&api, &root, "200")), status);
        assert_eq!(frame.refused(update_integration_response, at(&api, &root, "200")), status);
        assert_eq!(frame.refused(delete_integration_response, at(&api, &root, "200")), status);
    }

    /// Recorded from AWS.
    #[test]
    fn bad_responses_are_refused() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let check = |more: Value, expected: &str| {
            let refused = frame.refused(put_integration_response, with(at(&api, &root, "200"), more));
            assert_eq!(refused, bad_request(expected));
        };
        check(
            json!({"responseTemplates": {"123": "x"}}),
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        );
        check(json!({"selectionPattern": "("}), "Invalid regex pattern specified");
        let mapping = json!({"responseParameters": {"method.response.header.x": "'y'"}});
        let frame_of = "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
        check(mapping.clone(), &format!("{frame_of}[No method response exists for method.]"));
        frame.ok(put_method_response, at(&api, &root, "200"));
        check(
            mapping.clone(),
            &format!("{frame_of}[Invalid mapping expression parameter specified: method.response.header.x]"),
        );
        let declared = json!({"responseParameters": {"method.response.header.x": false}});
        frame.ok(put_method_response, with(at(&api, &root, "201"), declared));
        frame.ok(put_integration_response, with(at(&api, &root, "201"), mapping));
    }

    /// Recorded from AWS.
    #[test]
    fn patches_change_and_clear_members() {
        let frame = Frame::new();
        let (api, root) = frame.deployable();
        let declared = json!({"responseParameters": {"method.response.header.x": false}});
        frame.ok(put_method_response, with(at(&api, &root, "200"), declared));
        frame.ok(put_integration_response, at(&api, &root, "200"));
        let header = "/responseParameters/method.response.header.x";
        for (op, path, value, expected) in [
            (
                "replace",
                "/selectionPattern",
                Some("4.."),
                json!({"statusCode": "200", "selectionPattern": "4.."}),
            ),
            ("replace", "/selectionPattern", Some(""), json!({"statusCode": "200", "selectionPattern": ""})),
            ("replace", "/selectionPattern", None, json!({"statusCode": "200"})),
            (
                "add",
                header,
                Some("'*'"),
                json!({"statusCode": "200", "responseParameters": {"method.response.header.x": "'*'"}}),
            ),
            ("remove", header, None, json!({"statusCode": "200"})),
            (
                "add",
                "/responseTemplates/application~1json",
                Some(""),
                json!({"statusCode": "200", "responseTemplates": {"application/json": null}}),
            ),
            ("remove", "/responseTemplates/application~1json", None, json!({"statusCode": "200"})),
        ] {
            let updated = frame.ok(update_integration_response, update(&api, &root, op, path, value));
            assert_eq!(updated, expected, "{op} {path}");
        }
        for (op, path, value, expected) in [
            (
                "add",
                "/selectionPattern",
                "4..",
                "Invalid patch operation specified. Must be one of: [replace]",
            ),
            ("replace", "/selectionPattern", "[", "Invalid regex pattern specified"),
            ("replace", "/wrong", "x", "Invalid patch path /wrong"),
        ] {
            let refused =
                frame.refused(update_integration_response, update(&api, &root, op, path, Some(value)));
            assert_eq!(refused, bad_request(expected), "{op} {path} {value}");
        }
    }
}
