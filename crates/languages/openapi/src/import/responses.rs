//! `responses` of a method: its statuses, their headers and models.

use api::apigateway::MethodResponse;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::ImportError;
use super::integration::is_status_code;
use super::method::{content_models, media_types};
use super::models::Models;
use super::reader::{Place, Reader, Version};

pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    operation: &'d Map<String, Value>,
    at: Place<'_>,
) -> Result<Option<IndexMap<String, MethodResponse>>, ImportError> {
    let mut responses = IndexMap::new();
    for (status, given) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        // A method has no response for all other statuses.
        if status == "default" || status.starts_with("x-") {
            continue;
        }
        if !is_status_code(status) {
            let Place { path, verb } = at;
            // The text is not recorded.
            reader.warn(format!("Unsupported response '{status}' to method '{verb} {path}'. Ignoring."));
            continue;
        }
        let Some(given) = reader.follow(given)? else { continue };
        let response_models = match reader.version {
            Version::Swagger2 => match given.get("schema").map(|schema| models.of_schema(reader, schema)) {
                Some(Some(name)) => {
                    let produced = media_types(reader, operation, "produces")?;
                    produced.into_iter().map(|kind| (kind, name.clone())).collect()
                }
                _ => IndexMap::new(),
            },
            Version::OpenApi3 => content_models(reader, models, given),
        };
        let headers = given.get("headers").and_then(Value::as_object).into_iter().flatten();
        // No header of a response is required (recorded from AWS).
        let parameters: IndexMap<String, bool> =
            headers.map(|(name, _)| (format!("method.response.header.{name}"), false)).collect();
        let response = MethodResponse {
            status_code: Some(status.clone()),
            response_parameters: Some(parameters).filter(|parameters| !parameters.is_empty()),
            response_models: Some(response_models).filter(|models| !models.is_empty()),
        };
        responses.insert(status.clone(), response);
    }
    responses.sort_unstable_keys();
    Ok(Some(responses).filter(|responses| !responses.is_empty()))
}
