//! `/restapis/{id}/resources/{id}/methods`. A method lives in its resource's document, with its
//! responses and its integration.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    DeleteMethodRequest, GetMethodRequest, Method, Op, PutMethodRequest, Resource, UpdateMethodRequest,
};
use indexmap::IndexMap;

use super::super::refusals::{
    bad_request, conflict, unknown_content_type, unknown_method, unknown_parameter,
};
use super::references::{self, bad_authorizer, uses_authorizer};
use super::{mapping, resources};
use crate::patch::{Patch, Table, Wording, flag, row};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutMethod, put_method)
        .read(op::GetMethod, get_method)
        .write(op::UpdateMethod, update_method)
        .write(op::DeleteMethod, delete_method);
}

/// What may be patched (API Gateway API reference, "Patch Operations"; wording recorded from AWS).
const TABLE: Table = Table {
    wording: Wording::Brief,
    rows: &[
        row("/apiKeyRequired", &[Op::Replace]),
        row("/authorizationScopes", &[Op::Add, Op::Remove]),
        row("/authorizationType", &[Op::Replace]),
        row("/authorizerId", &[Op::Replace]),
        row("/operationName", &[Op::Replace]),
        row("/requestModels/{content_type}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/requestParameters/{name}", &[Op::Add, Op::Remove, Op::Replace]),
        row("/requestValidatorId", &[Op::Replace]),
    ],
};

/// The verbs of methods, as AWS lists them in refusals.
const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

pub(in super::super) fn put_method(call: &mut Call<'_, '_>, input: &PutMethodRequest) -> Outcome<Method> {
    let method = checked(Method {
        http_method: Some(input.http_method.clone()),
        authorization_type: Some(input.authorization_type.clone()),
        authorizer_id: input.authorizer_id.clone(),
        api_key_required: input.api_key_required,
        request_validator_id: input.request_validator_id.clone(),
        operation_name: input.operation_name.clone(),
        request_parameters: input.request_parameters.clone(),
        request_models: input.request_models.clone(),
        authorization_scopes: input.authorization_scopes.clone(),
        method_responses: None,
        method_integration: None,
    })?;
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    references::check_method(call, &input.rest_api_id, &method)?;
    let methods = resource.resource_methods.get_or_insert_default();
    if methods.contains_key(&input.http_method) {
        return Err(conflict("Method already exists for this resource"));
    }
    methods.insert(input.http_method.clone(), method.clone());
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(method)
}

pub(in super::super) fn get_method(call: &mut Call<'_, '_>, input: &GetMethodRequest) -> Outcome<Method> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    find(&mut resource, &input.http_method).cloned()
}

pub(super) fn update_method(call: &mut Call<'_, '_>, input: &UpdateMethodRequest) -> Outcome<Method> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let method = find(&mut resource, &input.http_method)?;
    for patch in TABLE.read(&input.patch_operations) {
        apply(method, &patch?)?;
    }
    if !uses_authorizer(method.authorization_type.as_deref()) {
        // Recorded from AWS: the id is silently ignored then.
        method.authorizer_id = None;
    }
    check(method)?;
    let method = method.clone();
    references::check_method(call, &input.rest_api_id, &method)?;
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(method)
}

fn delete_method(call: &mut Call<'_, '_>, input: &DeleteMethodRequest) -> Outcome<Empty> {
    let mut resource = resources::get(call, &input.rest_api_id, &input.resource_id)?;
    let methods = resource.resource_methods.get_or_insert_default();
    methods.shift_remove(&input.http_method).ok_or_else(unknown_method)?;
    resources::put(call, &input.rest_api_id, resource)?;
    Ok(Empty {})
}

/// A new method as it is stored, if it may be; what it refers to is checked by `references`.
pub(super) fn checked(given: Method) -> Outcome<Method> {
    check_verb(given.http_method.as_deref().unwrap_or_default())?;
    let authorization_type = authorization_type(given.authorization_type.as_deref().unwrap_or_default())?;
    let method = Method {
        api_key_required: Some(given.api_key_required.unwrap_or(false)),
        authorizer_id: given.authorizer_id.filter(|_| uses_authorizer(Some(&authorization_type))),
        authorization_type: Some(authorization_type),
        request_validator_id: given.request_validator_id.filter(|id| !id.is_empty()),
        operation_name: given.operation_name.filter(|name| !name.is_empty()),
        request_parameters: given.request_parameters.filter(|parameters| !parameters.is_empty()),
        request_models: given.request_models.filter(|models| !models.is_empty()),
        authorization_scopes: given.authorization_scopes.filter(|scopes| !scopes.is_empty()),
        ..given
    };
    check(&method)?;
    Ok(method)
}

/// The method `verb` of `resource`.
pub(super) fn find<'a>(resource: &'a mut Resource, verb: &str) -> Outcome<&'a mut Method> {
    resource.resource_methods.as_mut().and_then(|methods| methods.get_mut(verb)).ok_or_else(unknown_method)
}

/// Refuses what is no verb. The text is recorded from AWS.
pub(super) fn check_verb(verb: &str) -> Outcome<()> {
    if VERBS.contains(&verb) {
        return Ok(());
    }
    Err(bad_request(format!("Invalid HttpMethod specified. Valid options are {}", VERBS.join(","))))
}

fn apply(method: &mut Method, patch: &Patch<'_>) -> Outcome<()> {
    match patch.segments().as_slice() {
        ["apiKeyRequired"] => method.api_key_required = Some(patch.flag()),
        ["authorizationType"] => method.authorization_type = Some(authorization_type(patch.text())?),
        ["authorizerId"] => method.authorizer_id = patch.non_empty(),
        ["authorizationScopes"] => {
            let scopes = method.authorization_scopes.get_or_insert_default();
            scopes.retain(|scope| scope != patch.text());
            if patch.op == Op::Add {
                scopes.extend(patch.non_empty());
            }
        }
        ["operationName"] => method.operation_name = patch.non_empty(),
        ["requestValidatorId"] => method.request_validator_id = patch.non_empty(),
        ["requestModels", content_type] => {
            patch_models(method.request_models.get_or_insert_default(), patch, content_type)?;
        }
        ["requestParameters", name] => {
            patch_parameters(method.request_parameters.get_or_insert_default(), patch, name)?;
        }
        _ => {}
    }
    // A map that lost its last entry is gone (recorded from AWS).
    method.authorization_scopes = method.authorization_scopes.take().filter(|scopes| !scopes.is_empty());
    method.request_models = method.request_models.take().filter(|models| !models.is_empty());
    method.request_parameters = method.request_parameters.take().filter(|parameters| !parameters.is_empty());
    Ok(())
}

/// Patches an entry of a map of parameters, whose values say whether they are required.
pub(super) fn patch_parameters(
    parameters: &mut IndexMap<String, bool>,
    patch: &Patch<'_>,
    name: &str,
) -> Outcome<()> {
    if patch.op != Op::Add && !parameters.contains_key(name) {
        return Err(unknown_parameter());
    }
    if patch.op == Op::Remove {
        parameters.shift_remove(name);
    } else {
        parameters.insert(name.to_owned(), flag(patch.text()));
    }
    Ok(())
}

/// Patches an entry of a map of models.
pub(super) fn patch_models(
    models: &mut IndexMap<String, String>,
    patch: &Patch<'_>,
    content_type: &str,
) -> Outcome<()> {
    if patch.op != Op::Add && !models.contains_key(content_type) {
        return Err(unknown_content_type());
    }
    if patch.op == Op::Remove {
        models.shift_remove(content_type);
    } else {
        models.insert(content_type.to_owned(), patch.text().to_owned());
    }
    Ok(())
}

/// An authorization type in AWS's spelling. Lower case is taken too (recorded from AWS).
fn authorization_type(text: &str) -> Outcome<String> {
    let upper = text.to_ascii_uppercase();
    match upper.as_str() {
        "NONE" | "AWS_IAM" | "CUSTOM" | "COGNITO_USER_POOLS" => Ok(upper),
        // Worded like the refusal of a bad verb; this one is not recorded.
        _ => Err(bad_request(
            "Invalid AuthorizationType specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS",
        )),
    }
}

/// The rules between and inside the members of a method; what it refers to is checked by
/// `references`. Texts recorded from AWS.
fn check(method: &Method) -> Outcome<()> {
    let authorization_type = method.authorization_type.as_deref();
    if uses_authorizer(authorization_type) && method.authorizer_id.as_deref().is_none_or(str::is_empty) {
        return Err(bad_authorizer());
    }
    if method.authorization_scopes.is_some() && authorization_type != Some("COGNITO_USER_POOLS") {
        return Err(bad_request(
            "Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type",
        ));
    }
    mapping::check_method_parameters(method.request_parameters.iter().flatten().map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, conflict, not_found, patch, with};
    use super::*;

    fn at(api: &str, resource: &str, verb: &str) -> Value {
        json!({"restApiId": api, "resourceId": resource, "httpMethod": verb})
    }

    fn put(api: &str, resource: &str, verb: &str, more: Value) -> Value {
        with(with(at(api, resource, verb), json!({"authorizationType": "NONE"})), more)
    }

    fn update(api: &str, root: &str, op: &str, path: &str, value: Option<&str>) -> Value {
        with(at(api, root, "GET"), json!({"patchOperations": patch(op, path, value)}))
    }

    /// Recorded from AWS.
    #[test]
    fn only_what_was_given_is_answered() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let given = json!({"authorizationType": "none", "requestParameters": {}, "requestModels": {}});
        let created = frame.ok(put_method, put(&api, &root, "ANY", given));
        let expected = json!({"httpMethod": "ANY", "authorizationType": "NONE", "apiKeyRequired": false});
        assert_eq!(created, expected);
        assert_eq!(frame.ok(get_method, at(&api, &root, "ANY")), expected);
        let given = json!({
            "apiKeyRequired": true,
            "operationName": "list",
            "requestParameters": {"method.request.querystring.page": false, "method.request.header.x": true},
            "requestModels": {"application/json": "Empty"},
        });
        let created = frame.ok(put_method, put(&api, &root, "GET", given.clone()));
        assert_eq!(created, with(json!({"httpMethod": "GET", "authorizationType": "NONE"}), given));
    }

    /// Recorded from AWS.
    #[test]
    fn bad_methods_are_refused() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        let check = |more: Value, expected: &str| {
            assert_eq!(frame.refused(put_method, put(&api, &root, "GET", more)), bad_request(expected));
        };
        let authorizer = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or \
                          COGNITO_USER_POOLS requires a valid authorizer.";
        check(json!({"authorizationType": "CUSTOM"}), authorizer);
        check(json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "x"}), authorizer);
        check(json!({"requestValidatorId": "x"}), "Invalid Request Validator identifier specified");
        check(
            json!({"requestModels": {"application/json": "petModel"}}),
            "Invalid model identifier specified: petModel",
        );
        check(
            json!({"requestParameters": {"method.request.header.a": true, "method.request.querystring.a": true}}),
            "Parameter names must be unique across querystring, header and path",
        );
        check(
            json!({"authorizationScopes": ["a"]}),
            "Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type",
        );
        assert_eq!(
            frame.refused(put_method, put(&api, &root, "FETCH", json!({}))),
            bad_request(
                "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
            )
        );
        // Not recorded.
        check(
            json!({"authorizationType": "BASIC"}),
            "Invalid AuthorizationType specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS",
        );
        for (api, resource) in [("nope", root.as_str()), (api.as_str(), "nope")] {
            assert_eq!(
                frame.refused(put_method, put(api, resource, "GET", json!({}))),
                not_found("Invalid Resource identifier specified")
            );
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_method_exists_once_and_can_be_deleted() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        assert_eq!(
            frame.refused(put_method, put(&api, &root, "GET", json!({}))),
            conflict("Method already exists for this resource")
        );
        frame.ok(delete_method, at(&api, &root, "GET"));
        let unknown = not_found("Invalid Method identifier specified");
        assert_eq!(frame.refused(get_method, at(&api, &root, "GET")), unknown);
        assert_eq!(frame.refused(delete_method, at(&api, &root, "GET")), unknown);
        assert_eq!(frame.refused(update_method, update(&api, &root, "replace", "/x", None)), unknown);
        let got = frame.ok(resources::get_resources, json!({"restApiId": api}));
        assert_eq!(got["items"][0], json!({"id": root, "path": "/"}));
    }

    /// Recorded from AWS.
    #[test]
    fn patches_change_and_clear_members() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        for (op, path, value, member, expected) in [
            ("replace", "/authorizationType", Some("AWS_IAM"), "authorizationType", json!("AWS_IAM")),
            ("replace", "/apiKeyRequired", Some("true"), "apiKeyRequired", json!(true)),
            ("replace", "/apiKeyRequired", Some("whatever"), "apiKeyRequired", json!(false)),
            ("replace", "/operationName", Some("list"), "operationName", json!("list")),
            ("replace", "/operationName", Some(""), "operationName", json!(null)),
            ("replace", "/authorizerId", Some("abc"), "authorizerId", json!(null)),
            (
                "add",
                "/requestParameters/method.request.querystring.x",
                Some("true"),
                "requestParameters",
                json!({"method.request.querystring.x": true}),
            ),
            (
                "replace",
                "/requestParameters/method.request.querystring.x",
                Some("false"),
                "requestParameters",
                json!({"method.request.querystring.x": false}),
            ),
            (
                "remove",
                "/requestParameters/method.request.querystring.x",
                None,
                "requestParameters",
                json!(null),
            ),
            (
                "add",
                "/requestModels/application~1json",
                Some("Empty"),
                "requestModels",
                json!({"application/json": "Empty"}),
            ),
            ("remove", "/requestModels/application~1json", None, "requestModels", json!(null)),
        ] {
            let updated = frame.ok(update_method, update(&api, &root, op, path, value));
            assert_eq!(updated[member], expected, "{op} {path}");
            assert_eq!(frame.ok(get_method, at(&api, &root, "GET")), updated);
        }
    }

    /// Recorded from AWS.
    #[test]
    fn bad_patches_are_refused() {
        let frame = Frame::new();
        let (api, root) = frame.rest_api();
        frame.method(&api, &root, "GET");
        let authorizer = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or \
                          COGNITO_USER_POOLS requires a valid authorizer.";
        let replace_only = "Invalid patch operation specified. Must be one of: [replace]";
        for (op, path, value, expected) in [
            ("replace", "/authorizationType", "CUSTOM", authorizer),
            ("add", "/authorizationType", "NONE", replace_only),
            ("remove", "/apiKeyRequired", "", replace_only),
            ("replace", "/httpMethod", "POST", "Invalid patch path /httpMethod"),
            ("add", "/requestParameters", "x", "Invalid patch path /requestParameters"),
            (
                "add",
                "/requestModels/application/json",
                "Empty",
                "Invalid patch path /requestModels/application/json",
            ),
            (
                "add",
                "/requestModels/application~1json",
                "petModel",
                "Invalid model identifier specified: petModel",
            ),
            ("replace", "/requestValidatorId", "x", "Invalid Request Validator identifier specified"),
        ] {
            let refused = frame.refused(update_method, update(&api, &root, op, path, Some(value)));
            assert_eq!(refused, bad_request(expected), "{op} {path} {value}");
        }
        for (path, expected) in [
            ("/requestParameters/method.request.header.x", "Invalid parameter name specified"),
            ("/requestModels/application~1json", "Content-Type specified was not found"),
        ] {
            let refused = frame.refused(update_method, update(&api, &root, "remove", path, None));
            assert_eq!(refused, not_found(expected));
        }
    }
}
