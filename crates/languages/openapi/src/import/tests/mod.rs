//! What documents become, by what stands in them. Expectations without a source are those of the
//! API Gateway developer guide's page on the extension.

mod hostile;
mod models;
mod paths;
mod properties;
mod security;
mod settings;

use serde_json::{Value, json};

use super::*;

/// How the tests import.
fn how() -> Import<'static> {
    Import {
        api_id: "abc",
        account: "111122223333",
        region: "eu-west-1",
        base_path: BasePath::Ignore,
        documentation: true,
    }
}

/// `members` as Swagger 2.0.
fn swagger(members: Value) -> Value {
    with(json!({"swagger": "2.0", "info": {"title": "t", "version": "1"}}), members)
}

/// `members` as OpenAPI 3.0.
fn openapi(members: Value) -> Value {
    with(json!({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}}), members)
}

fn with(mut document: Value, members: Value) -> Value {
    if let (Value::Object(document), Value::Object(members)) = (&mut document, members) {
        document.extend(members);
    }
    document
}

fn imported(document: Value) -> Imported {
    let shown = document.to_string();
    import(document, &how()).unwrap_or_else(|why| panic!("{shown}: {why}"))
}

/// The definition of a document that has no warnings.
fn clean(document: Value) -> Definition {
    let Imported { definition, warnings } = imported(document);
    assert_eq!(warnings, [""; 0]);
    definition
}

fn wrong(document: Value) -> String {
    import(document, &how()).unwrap_err().to_string()
}

/// The method `verb` of the resource at `path`, as JSON.
fn method(definition: &Definition, path: &str, verb: &str) -> Value {
    let resource = definition.resources.iter().find(|resource| resource.path.as_deref() == Some(path));
    let methods = resource.and_then(|resource| resource.resource_methods.as_ref());
    methods
        .and_then(|methods| methods.get(verb))
        .map_or(Value::Null, |method| serde_json::to_value(method).unwrap())
}

/// `GET /` as one operation of Swagger 2.0.
fn get(operation: Value) -> Value {
    swagger(json!({"paths": {"/": {"get": operation}}}))
}
