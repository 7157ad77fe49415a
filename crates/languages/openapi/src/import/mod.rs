//! What a Swagger 2.0 or OpenAPI 3.0 document says of an API, as API Gateway understands it (API
//! Gateway developer guide, "Develop REST APIs using OpenAPI in API Gateway" and "OpenAPI
//! extensions for API Gateway"). Whether the API may be as described is decided by who stores it:
//! here only what cannot be said in a [`Definition`] is an error or a warning.

pub(crate) mod base_path;
mod documentation;
mod gateway_responses;
mod integration;
mod layout;
mod method;
mod models;
mod paths;
pub(crate) mod reader;
mod responses;
mod security;
mod settings;
mod validators;
mod variables;

use serde_json::Value;
use thiserror::Error;

pub use self::base_path::BasePath;
pub use self::documentation::{Documentation, documentation};
use self::reader::Reader;
pub use self::variables::resolve as resolve_variables;
use crate::Definition;

/// What the document itself does not say.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The id of the API that the document becomes; schemas name models by it.
    pub api_id: &'a str,
    /// The importing account: `${AWS::AccountId}` in the document.
    pub account: &'a str,
    /// The region of the import: `${AWS::Region}` in the document.
    pub region: &'a str,
    /// What becomes of the document's base path.
    pub base_path: BasePath,
    /// Whether documentation parts are imported.
    pub documentation: bool,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The API. Authorizers and request validators have their names as ids.
    pub definition: Definition,
    /// What was left out, and why; in AWS's words where they are recorded.
    pub warnings: Vec<String>,
}

/// Why a document is no API.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// It is neither Swagger 2.0 nor OpenAPI 3.0.
    #[error("the document is neither Swagger 2.0 nor OpenAPI 3.0")]
    NotOpenApi,
    /// A reference leads back to itself.
    #[error("Reference '{0}' is circular.")]
    Circular(String),
    /// Its references multiply what it says beyond any bound.
    #[error("The document's references expand to more than an API can hold.")]
    TooMuch,
    /// Things in it that cannot be; one text each, in the frame that AWS has for them.
    #[error("{}", .0.join("\n\t"))]
    Wrong(Vec<String>),
}

/// Whether the document is Swagger 2.0 or OpenAPI 3.0 at all.
#[must_use]
pub fn is_openapi(document: &Value) -> bool {
    Reader::new(document).is_ok()
}

/// Reads an API from a document.
///
/// # Errors
/// [`ImportError`]
pub fn import(mut document: Value, how: &Import<'_>) -> Result<Imported, ImportError> {
    resolve_variables(&mut document, how.account, how.region);
    let mut reader = Reader::new(&document)?;
    let rest_api = settings::read(&mut reader, how.api_id);
    let (security, authorizers) = security::read(&mut reader)?;
    let request_validators = validators::read(&mut reader);
    let gateway_responses = gateway_responses::read(&mut reader);
    let mut models = models::Models::declared(&mut reader, how.api_id);
    let base = base_path::segments(&reader, how.base_path);
    let resources = paths::read(&mut reader, &security, &mut models, &base)?;
    let documentation_parts = if how.documentation {
        let Documentation { parts, warnings } = documentation(&document);
        warnings.into_iter().for_each(|warning| reader.warn(warning));
        parts
    } else {
        Vec::new()
    };
    let models = models.into_models();
    let warnings = reader.finish()?;
    let definition = Definition {
        rest_api,
        resources,
        models,
        request_validators,
        authorizers,
        gateway_responses,
        documentation_parts,
    };
    Ok(Imported { definition, warnings })
}

#[cfg(test)]
mod tests;
