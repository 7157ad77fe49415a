//! `POST /restapis?mode=import` and `PUT /restapis/{id}`: an API from an OpenAPI document (API
//! Gateway developer guide, "Develop REST APIs using OpenAPI in API Gateway"). The crate `openapi`
//! reads the document; here it meets the rules of the single operations and is stored.

mod parameters;
mod settings;
mod storing;
#[cfg(test)]
mod tests;

use api::Blob;
use api::apigateway::operations as op;
use api::apigateway::{ImportRestApiRequest, PutMode, PutRestApiRequest, Resource, RestApi};
use base::ids;
use documents::apigateway::RestApiDocument;
use openapi::text::TextError;
use openapi::{Import, ImportError, Imported};
use serde_json::Value;
use store::Key;

use self::parameters::Parameters;
use super::super::refusals::bad_request;
use super::{endpoints, find, listed, resources, shown};
use crate::{Call, Failure, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.write(op::ImportRestApi, import_rest_api).write(op::PutRestApi, put_rest_api);
}

/// Makes an API of a document. It has the document's models only (recorded from AWS).
pub(super) fn import_rest_api(call: &mut Call<'_, '_>, input: &ImportRestApiRequest) -> Outcome<RestApi> {
    let document = parse(&input.body)?;
    let parameters = Parameters::read(input.parameters.as_ref())?;
    let id = ids::api_id(&call.plane.random);
    let Imported { mut definition, mut warnings } = read(call, document, &id, &parameters)?;
    let given = std::mem::take(&mut definition.rest_api);
    let mut rest_api = settings::new(call, given, &parameters)?;
    let root = Resource {
        id: Some(ids::api_id(&call.plane.random)),
        path: Some("/".to_owned()),
        ..Resource::default()
    };
    rest_api.root_resource_id.clone_from(&root.id);
    endpoints::check_room(call, &rest_api)?;
    resources::put(call, &id, root)?;
    warnings.extend(storing::store(call, &id, definition, PutMode::Overwrite, parameters.documentation)?);
    check_warnings(input.fail_on_warnings, &warnings)?;
    let document = RestApiDocument { rest_api };
    call.tx.put(&call.context.scope, &Key::new([&id]), &document)?;
    Ok(with_warnings(listed(document.rest_api), warnings))
}

/// Merges a document into an API, or puts it in the place of the API's definition. Its id, its
/// endpoint type, its tags, its deployments and its stages stay as they are.
fn put_rest_api(call: &mut Call<'_, '_>, input: &PutRestApiRequest) -> Outcome<RestApi> {
    let id = &input.rest_api_id;
    // Recorded from AWS: a bad document is found before an unknown API.
    let document = parse(&input.body)?;
    let parameters = Parameters::read(input.parameters.as_ref())?;
    let RestApiDocument { rest_api } = find(call, id)?;
    let Imported { mut definition, mut warnings } = read(call, document, id, &parameters)?;
    // API Gateway developer guide, "Import an OpenAPI file to update an existing API definition".
    let mode = input.mode.unwrap_or(PutMode::Merge);
    let given = std::mem::take(&mut definition.rest_api);
    let rest_api = settings::changed(call, rest_api, given, &parameters, mode)?;
    warnings.extend(storing::store(call, id, definition, mode, parameters.documentation)?);
    check_warnings(input.fail_on_warnings, &warnings)?;
    let document = RestApiDocument { rest_api };
    call.tx.put(&call.context.scope, &Key::new([id]), &document)?;
    Ok(with_warnings(shown(document.rest_api), warnings))
}

fn parse(body: &Blob) -> Outcome<Value> {
    match openapi::text::read(body.as_ref()) {
        Ok(document) if openapi::is_openapi(&document) => Ok(document),
        Err(TextError::TooLarge) => {
            // API Gateway API reference, `ImportRestApi`: the rule; the text is not recorded.
            Err(bad_request("Invalid OpenAPI input. The maximum size of the API definition file is 6MB."))
        }
        _ => Err(invalid()),
    }
}

fn read(call: &Call<'_, '_>, document: Value, id: &str, parameters: &Parameters) -> Outcome<Imported> {
    let how = Import {
        api_id: id,
        account: call.scope().account(),
        region: call.scope().region(),
        base_path: parameters.base_path,
        documentation: parameters.documentation,
    };
    openapi::import(document, &how).map_err(|why| match why {
        ImportError::NotOpenApi => invalid(),
        other => errors(&other.to_string()),
    })
}

/// Recorded from AWS.
fn invalid() -> Failure {
    bad_request("Invalid OpenAPI input.")
}

/// The frame is as users of AWS report it.
fn errors(texts: &str) -> Failure {
    bad_request(format!("Errors found during import:\n\t{texts}"))
}

/// The frame is as users of AWS report it.
pub(super) fn check_warnings(fail: Option<bool>, warnings: &[String]) -> Outcome<()> {
    if fail == Some(true) && !warnings.is_empty() {
        return Err(bad_request(format!("Warnings found during import:\n\t{}", warnings.join("\n\t"))));
    }
    Ok(())
}

fn with_warnings(mut api: RestApi, warnings: Vec<String>) -> RestApi {
    api.warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
    api
}
