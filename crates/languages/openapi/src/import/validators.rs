//! `x-amazon-apigateway-request-validators`: the validators of the API, and by the singular the
//! one that holds for a method or for all.

use api::apigateway::RequestValidator;
use serde_json::{Map, Value};

use super::reader::{Reader, flag, string};

const ONE: &str = "x-amazon-apigateway-request-validator";

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<RequestValidator> {
    let given = reader.section("x-amazon-apigateway-request-validators");
    let mut validators = Vec::new();
    for (name, members) in given.into_iter().flatten() {
        validators.push(RequestValidator {
            id: Some(name.clone()),
            name: Some(name.clone()),
            validate_request_body: Some(members.get("validateRequestBody").is_some_and(flag)),
            validate_request_parameters: Some(members.get("validateRequestParameters").is_some_and(flag)),
        });
    }
    validators
}

/// The validator of a method: its own or else that of the document.
pub(super) fn of_operation(reader: &Reader<'_>, operation: &Map<String, Value>) -> Option<String> {
    string(operation, ONE).or_else(|| string(reader.root, ONE))
}
