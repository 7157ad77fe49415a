//! One operation of a path: a method.

use api::apigateway::Method;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::models::Models;
use super::reader::{Place, Reader, Version, flag, string, text};
use super::security::Security;
use super::{ImportError, integration, responses, validators};

/// The method, if it is made at all.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    security: &Security,
    models: &mut Models<'d>,
    shared: Option<&'d Value>,
    operation: &'d Map<String, Value>,
    at: Place<'_>,
) -> Result<Option<Method>, ImportError> {
    let asked = security.of_operation(reader, operation, at)?;
    if asked.broken {
        return Ok(None);
    }
    let mut inputs = Inputs::default();
    for list in [shared, operation.get("parameters")] {
        inputs.read(reader, models, operation, list, at)?;
    }
    if let (Version::OpenApi3, Some(body)) = (reader.version, operation.get("requestBody"))
        && let Some(body) = reader.follow(body)?
    {
        inputs.models = content_models(reader, models, body);
    }
    Ok(Some(Method {
        http_method: Some(at.verb.to_owned()),
        authorization_type: Some(asked.kind.unwrap_or_else(|| "NONE".to_owned())),
        authorizer_id: asked.authorizer_id,
        api_key_required: Some(asked.api_key),
        request_validator_id: validators::of_operation(reader, operation),
        operation_name: string(operation, "operationId"),
        request_parameters: Some(inputs.parameters).filter(|parameters| !parameters.is_empty()),
        request_models: Some(inputs.models).filter(|models| !models.is_empty()),
        method_responses: responses::read(reader, models, operation, at)?,
        method_integration: integration::read(reader, operation, at),
        authorization_scopes: Some(asked.scopes).filter(|scopes| !scopes.is_empty()),
    }))
}

#[derive(Default)]
struct Inputs {
    parameters: IndexMap<String, bool>,
    models: IndexMap<String, String>,
}

impl Inputs {
    /// Adds a list of parameters; what is there already gives way to them.
    fn read<'d>(
        &mut self,
        reader: &mut Reader<'d>,
        models: &mut Models<'d>,
        operation: &'d Map<String, Value>,
        list: Option<&'d Value>,
        at: Place<'_>,
    ) -> Result<(), ImportError> {
        for given in list.and_then(Value::as_array).into_iter().flatten() {
            reader.spend(1)?;
            let Some(given) = reader.follow(given)? else { continue };
            let name = given.get("name").and_then(text).unwrap_or_default();
            reader.spend(name.len())?;
            let place = match given.get("in").and_then(Value::as_str).unwrap_or_default() {
                "header" => "header",
                "query" => "querystring",
                "path" => "path",
                "body" if reader.version == Version::Swagger2 => {
                    let model = given.get("schema").map(|schema| models.of_schema(reader, schema));
                    if let Some(Some(model)) = model {
                        let consumed = media_types(reader, operation, "consumes")?;
                        self.models = consumed.into_iter().map(|kind| (kind, model.clone())).collect();
                    }
                    continue;
                }
                other => {
                    let Place { path, verb } = at;
                    // The text is not recorded.
                    reader.warn(format!(
                        "Unsupported parameter type '{other}' of parameter '{name}' of method '{verb} {path}'. \
                         Ignoring."
                    ));
                    continue;
                }
            };
            // Parameters of the path are always required (recorded from AWS).
            let required = place == "path" || given.get("required").is_some_and(flag);
            self.parameters.insert(format!("method.request.{place}.{name}"), required);
        }
        Ok(())
    }
}

/// `consumes` or `produces` of Swagger 2.0: a method's own, or else the document's, or else JSON.
pub(super) fn media_types(
    reader: &mut Reader<'_>,
    operation: &Map<String, Value>,
    key: &str,
) -> Result<Vec<String>, ImportError> {
    let given = operation.get(key).or_else(|| reader.root.get(key)).and_then(Value::as_array);
    let mut types = Vec::new();
    for kind in given.into_iter().flatten().filter_map(Value::as_str) {
        reader.spend(1 + kind.len())?;
        types.push(kind.to_owned());
    }
    if types.is_empty() {
        types.push("application/json".to_owned());
    }
    Ok(types)
}

/// The models of a `content` of OpenAPI 3.0, by content type.
pub(super) fn content_models<'d>(
    reader: &mut Reader<'d>,
    models: &mut Models<'d>,
    given: &'d Value,
) -> IndexMap<String, String> {
    let mut named = IndexMap::new();
    for (kind, media) in given.get("content").and_then(Value::as_object).into_iter().flatten() {
        if let Some(Some(name)) = media.get("schema").map(|schema| models.of_schema(reader, schema)) {
            named.insert(kind.clone(), name);
        }
    }
    named
}
