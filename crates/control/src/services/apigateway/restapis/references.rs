//! What methods refer to (models, request validators, authorizers): whether it is there, and who
//! refers to it. Texts are recorded from AWS unless a comment says otherwise.

use api::apigateway::{AuthorizerType, Method, Resource};
use indexmap::IndexMap;

use super::super::limits;
use super::super::refusals::bad_request;
use super::{authorizers, mapping, models, request_validators};
use crate::{Call, Failure, Outcome};

/// Refuses a method that refers to something its API does not have.
pub(super) fn check_method(call: &mut Call<'_, '_>, api: &str, method: &Method) -> Outcome<()> {
    check_authorizer(call, api, method)?;
    if let Some(id) = method.request_validator_id.as_deref()
        && request_validators::read(call, api, id)?.is_none()
    {
        return Err(bad_request("Invalid Request Validator identifier specified"));
    }
    check_models(call, api, method.request_models.as_ref())
}

/// Refuses content types that are none, and models that the API does not have.
pub(super) fn check_models(
    call: &mut Call<'_, '_>,
    api: &str,
    models: Option<&IndexMap<String, String>>,
) -> Outcome<()> {
    for (content_type, name) in models.into_iter().flatten() {
        mapping::check_content_types([content_type])?;
        if models::read(call, api, name)?.is_none() {
            return Err(bad_request(format!("Invalid model identifier specified: {name}")));
        }
    }
    Ok(())
}

/// Whether anything can be stored under the id or the name.
pub(super) fn is_key(text: &str) -> bool {
    !text.is_empty() && text.len() <= limits::NAME
}

/// Whether methods of the authorization type ask an authorizer.
pub(super) fn uses_authorizer(authorization_type: Option<&str>) -> bool {
    matches!(authorization_type, Some("CUSTOM" | "COGNITO_USER_POOLS"))
}

/// The authorizer is missing, or is one for another authorization type.
pub(super) fn bad_authorizer() -> Failure {
    bad_request(
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS \
         requires a valid authorizer.",
    )
}

fn check_authorizer(call: &mut Call<'_, '_>, api: &str, method: &Method) -> Outcome<()> {
    let authorization_type = method.authorization_type.as_deref();
    if !uses_authorizer(authorization_type) {
        return Ok(());
    }
    let id = method.authorizer_id.as_deref().unwrap_or_default();
    let authorizer = authorizers::read(call, api, id)?.ok_or_else(bad_authorizer)?;
    let cognito = authorizer.r#type == Some(AuthorizerType::CognitoUserPools);
    if cognito == (authorization_type == Some("COGNITO_USER_POOLS")) { Ok(()) } else { Err(bad_authorizer()) }
}

/// The method that uses the model `name`, as refusals name it; of several the last by its path.
pub(super) fn of_model(resources: &[Resource], name: &str) -> Option<String> {
    let names = |models: Option<&IndexMap<String, String>>| {
        models.is_some_and(|models| models.values().any(|used| used == name))
    };
    last(resources, |path, verb, method| {
        if names(method.request_models.as_ref()) {
            return Some(format!("method request: {path}/{verb}"));
        }
        let mut responses = method.method_responses.iter().flatten();
        let response = responses.any(|(_, response)| names(response.response_models.as_ref()));
        // As users of AWS report it.
        response.then(|| format!("method response: {path}/{verb}"))
    })
}

/// The method that asks the authorizer `id`. As users of AWS report it.
pub(super) fn of_authorizer(resources: &[Resource], id: &str) -> Option<String> {
    last(resources, |path, verb, method| {
        (method.authorizer_id.as_deref() == Some(id)).then(|| format!("method: {verb}/{path}"))
    })
}

/// The method whose requests the request validator `id` checks. Worded like the one before; this
/// one is not recorded.
pub(super) fn of_request_validator(resources: &[Resource], id: &str) -> Option<String> {
    last(resources, |path, verb, method| {
        (method.request_validator_id.as_deref() == Some(id)).then(|| format!("method: {verb}/{path}"))
    })
}

fn last(resources: &[Resource], named: impl Fn(&str, &str, &Method) -> Option<String>) -> Option<String> {
    resources.iter().rev().find_map(|resource| {
        let path = resource.path.as_deref().unwrap_or_default();
        let methods = resource.resource_methods.as_ref()?;
        methods.iter().rev().find_map(|(verb, method)| named(path, verb, method))
    })
}
