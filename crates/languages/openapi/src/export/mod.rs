//! A [`Definition`] as a Swagger 2.0 or OpenAPI 3.0.1 document, with the members AWS's `GetExport`
//! has and in its order (API Gateway developer guide, "Export a REST API from API Gateway"; the
//! order is that of documents which users of AWS have published). [`document`] makes a JSON
//! value, [`to_json`] and [`to_yaml`] its text. Nothing here reads a store or a clock, and the
//! work grows with the size of the definition and no faster.

mod documentation;
mod integration;
mod json;
mod operation;
mod schema;
mod security;
mod settings;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::HashMap;

use api::apigateway::{DocumentationVersion, Resource};
use base::Timestamp;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::Definition;

pub use json::to_json;
pub use yaml::to_yaml;

use documentation::Documentation;
use schema::Models;

/// What `exportType` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `swagger`: Swagger 2.0.
    Swagger,
    /// `oas30`: OpenAPI 3.0.1.
    OpenApi30,
}

impl Kind {
    /// The kind that `export_type` names, in AWS's spelling.
    #[must_use]
    pub fn read(export_type: &str) -> Option<Self> {
        match export_type {
            "swagger" => Some(Self::Swagger),
            "oas30" => Some(Self::OpenApi30),
            _ => None,
        }
    }

    /// AWS's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Swagger => "swagger",
            Self::OpenApi30 => "oas30",
        }
    }
}

/// What a document has beyond the plain specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Integrations, request validators, gateway responses, and the API's own settings.
    pub integrations: bool,
    /// How authorizers decide, not only that they are there.
    pub authorizers: bool,
    /// Documentation parts: merged into what they are about, and listed.
    pub documentation: bool,
    /// How Postman signs.
    pub postman: bool,
}

impl Extensions {
    /// All of API Gateway's own.
    pub const APIGATEWAY: Self =
        Self { integrations: true, authorizers: true, documentation: true, postman: false };

    /// Reads the parameter `extensions`: names separated by commas. What is no name of an extension
    /// is the error.
    ///
    /// # Errors
    /// The unknown name.
    pub fn read(list: &str) -> Result<Self, &str> {
        let mut read = Self::default();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                // The guide writes both.
                "integrations" | "integration" => read.integrations = true,
                "authorizers" => read.authorizers = true,
                "documentation" => read.documentation = true,
                "postman" => read.postman = true,
                "apigateway" => read = Self { postman: read.postman, ..Self::APIGATEWAY },
                unknown => return Err(unknown),
            }
        }
        Ok(read)
    }
}

/// What is exported, and how.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The API as it was deployed. Its documentation parts are those of `documentation`.
    pub definition: &'a Definition,
    /// Which specification.
    pub kind: Kind,
    /// What is said beyond it.
    pub extensions: Extensions,
    /// `{api}.execute-api.{region}.amazonaws.com`.
    pub host: &'a str,
    /// The stage's name, which is the base path.
    pub stage: &'a str,
    /// Where the API is, for those who sign.
    pub region: &'a str,
    /// The published version of the documentation, if the stage has one.
    pub documentation: Option<&'a DocumentationVersion>,
}

/// Why an API has no document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportFault {
    /// AWS exports only bodies in JSON. The start of the text is from the developer guide; what it
    /// names is not recorded.
    #[error("Only found non-JSON body models for {method} {path}")]
    OtherBodies {
        /// The verb of the method.
        method: String,
        /// The path of its resource.
        path: String,
    },
}

/// The document.
///
/// # Errors
/// If there is something in the API that AWS does not export either.
pub fn document(export: &Export<'_>) -> Result<Value, ExportFault> {
    let definition = export.definition;
    let documentation = if export.extensions.documentation && export.documentation.is_some() {
        Documentation::of(&definition.documentation_parts)
    } else {
        Documentation::default()
    };
    let mut writer = Writer {
        export,
        models: Models::of(definition, export.kind),
        documentation,
        validators: names(definition.request_validators.iter().map(|v| (&v.id, &v.name))),
        authorizers: names(definition.authorizers.iter().map(|a| (&a.id, &a.name))),
        schemes: security::Used::default(),
    };
    writer.document()
}

fn names<'a>(
    entries: impl Iterator<Item = (&'a Option<String>, &'a Option<String>)>,
) -> HashMap<&'a str, &'a str> {
    entries.filter_map(|(id, name)| Some((id.as_deref()?, name.as_deref()?))).collect()
}

/// The order of verbs in a path item of Swagger 2.0.
const SWAGGER_VERBS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/// The order of verbs in a path item of OpenAPI 3.0.
const OPENAPI_VERBS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];

/// What the parts of a document are written with.
struct Writer<'a> {
    export: &'a Export<'a>,
    models: Models<'a>,
    documentation: Documentation,
    /// Names of request validators by id.
    validators: HashMap<&'a str, &'a str>,
    /// Names of authorizers by id.
    authorizers: HashMap<&'a str, &'a str>,
    /// The security schemes that methods ask for so far.
    schemes: security::Used<'a>,
}

impl<'a> Writer<'a> {
    fn document(&mut self) -> Result<Value, ExportFault> {
        // First, because the rest has what methods use.
        let paths = self.paths()?;
        let about = self.documentation.api();
        let mut document = Map::new();
        match self.export.kind {
            Kind::Swagger => {
                document.insert("swagger".into(), "2.0".into());
                document.insert("info".into(), self.info(&about));
                document.insert("host".into(), self.export.host.into());
                document.insert("basePath".into(), format!("/{}", self.export.stage).into());
                document.insert("schemes".into(), json!(["https"]));
                document.insert("paths".into(), paths);
                insert(&mut document, "securityDefinitions", self.security_schemes());
                insert(&mut document, "definitions", self.models.written(&self.documentation));
            }
            Kind::OpenApi30 => {
                document.insert("openapi".into(), "3.0.1".into());
                document.insert("info".into(), self.info(&about));
                document.insert("servers".into(), json!([self.server()]));
                document.insert("paths".into(), paths);
                let mut components = Map::new();
                insert(&mut components, "schemas", self.models.written(&self.documentation));
                insert(&mut components, "securitySchemes", self.security_schemes());
                insert(&mut document, "components", components);
            }
        }
        if self.export.extensions.integrations {
            settings::write(self.export, &mut document);
        }
        if let (true, Some(version)) = (self.export.extensions.documentation, self.export.documentation) {
            let listed = documentation::listed(version, &self.export.definition.documentation_parts);
            document.insert("x-amazon-apigateway-documentation".into(), listed);
        }
        about.merge(&["tags", "externalDocs"], &mut document);
        Ok(Value::Object(document))
    }

    fn info(&self, about: &documentation::Found<'_>) -> Value {
        let rest_api = &self.export.definition.rest_api;
        let title = rest_api.name.as_deref().unwrap_or_default().into();
        let version = version(self.export.definition).into();
        let description = rest_api.description.as_deref().map(Value::from);
        let mut info = Map::new();
        match self.export.kind {
            Kind::Swagger => {
                info.extend(description.map(|text| ("description".into(), text)));
                info.insert("version".into(), version);
                info.insert("title".into(), title);
            }
            Kind::OpenApi30 => {
                info.insert("title".into(), title);
                info.extend(description.map(|text| ("description".into(), text)));
                info.insert("version".into(), version);
            }
        }
        about.info().merge(&["description", "termsOfService", "contact", "license"], &mut info);
        Value::Object(info)
    }

    fn server(&self) -> Value {
        let mut server = Map::new();
        server.insert("url".into(), format!("https://{}/{{basePath}}", self.export.host).into());
        // AWS has written it with and without a slash before it; only without is the URL right.
        server.insert("variables".into(), json!({"basePath": {"default": self.export.stage}}));
        if self.export.extensions.integrations {
            insert(
                &mut server,
                settings::ENDPOINT,
                settings::endpoint_configuration(&self.export.definition.rest_api),
            );
        }
        Value::Object(server)
    }

    fn paths(&mut self) -> Result<Value, ExportFault> {
        let mut paths = Map::new();
        for resource in &self.export.definition.resources {
            let item = self.path_item(resource)?;
            insert(&mut paths, resource.path.as_deref().unwrap_or("/"), item);
        }
        Ok(Value::Object(paths))
    }

    fn path_item(&mut self, resource: &'a Resource) -> Result<Map<String, Value>, ExportFault> {
        let mut item = Map::new();
        let Some(methods) = resource.resource_methods.as_ref() else { return Ok(item) };
        let path = resource.path.as_deref().unwrap_or("/");
        let verbs = match self.export.kind {
            Kind::Swagger => SWAGGER_VERBS,
            Kind::OpenApi30 => OPENAPI_VERBS,
        };
        for verb in verbs {
            if let Some(method) = methods.get(verb) {
                item.insert(verb.to_ascii_lowercase(), self.operation(resource, path, verb, method)?);
            }
        }
        if let Some(method) = methods.get("ANY") {
            let operation = self.operation(resource, path, "ANY", method)?;
            item.insert("x-amazon-apigateway-any-method".into(), operation);
        }
        if !item.is_empty() {
            self.documentation.resource(path).merge(&[], &mut item);
        }
        Ok(item)
    }
}

/// `info.version`: the API's own, or else the moment it was made (recorded from AWS).
#[must_use]
pub fn version(definition: &Definition) -> String {
    let created = || definition.rest_api.created_date.map(Timestamp::iso8601);
    definition.rest_api.version.clone().or_else(created).unwrap_or_default()
}

/// Adds a member that has something in it.
fn insert(to: &mut Map<String, Value>, name: &str, members: Map<String, Value>) {
    if !members.is_empty() {
        to.insert(name.to_owned(), Value::Object(members));
    }
}
