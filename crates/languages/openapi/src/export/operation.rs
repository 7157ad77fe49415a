//! A method as an operation: what clients send and what they get.

use api::apigateway::{DocumentationPartType as Part, Method, MethodResponse, Resource};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{ExportFault, Kind, Writer, insert, integration, schema};

/// What a document says about a method of its documentation.
const OF_METHODS: [&str; 5] = ["summary", "description", "tags", "externalDocs", "deprecated"];

/// What it says of parameters, responses and headers.
const OF_PARTS: [&str; 1] = ["description"];

/// Where parameters are: as a method's names say, in AWS's order of them, and as documents do.
fn location(name: &str) -> Option<(&str, &'static str, Part)> {
    let (location, name) = name.strip_prefix("method.request.")?.split_once('.')?;
    match location {
        "path" => Some((name, "path", Part::PathParameter)),
        "querystring" => Some((name, "query", Part::QueryParameter)),
        "header" => Some((name, "header", Part::RequestHeader)),
        _ => None,
    }
}

impl<'a> Writer<'a> {
    pub(super) fn operation(
        &mut self,
        resource: &Resource,
        path: &str,
        verb: &str,
        method: &'a Method,
    ) -> Result<Value, ExportFault> {
        let kind = self.export.kind;
        let body = self.body(path, verb, method)?;
        let mut operation = Map::new();
        let mut documented = Map::new();
        self.documentation.method(Part::Method, path, verb, "").merge(&OF_METHODS, &mut documented);
        operation.extend(OF_METHODS.iter().filter_map(|name| documented.shift_remove_entry(*name)));
        if let Some(name) = &method.operation_name {
            operation.insert("operationId".into(), name.as_str().into());
        }
        if kind == Kind::Swagger {
            content_types(method, &mut operation);
        }
        let mut parameters = self.parameters(path, verb, method);
        let mut request_body = Map::new();
        match kind {
            Kind::Swagger => parameters.extend(body.map(Value::Object)),
            Kind::OpenApi30 => request_body = body.unwrap_or_default(),
        }
        if !parameters.is_empty() {
            operation.insert("parameters".into(), parameters.into());
        }
        insert(&mut operation, "requestBody", request_body);
        let responses = self.responses(path, verb, method);
        if kind == Kind::Swagger || !responses.is_empty() {
            operation.insert("responses".into(), Value::Object(responses));
        }
        let security = self.security(method);
        if !security.is_empty() {
            operation.insert("security".into(), security.into());
        }
        if self.export.extensions.integrations {
            let validator = method.request_validator_id.as_deref();
            if let Some(name) = validator.and_then(|id| self.validators.get(id)) {
                operation.insert("x-amazon-apigateway-request-validator".into(), (*name).into());
            }
            if let Some(of) = &method.method_integration {
                let written = integration::write(of, resource.id.as_deref());
                operation.insert("x-amazon-apigateway-integration".into(), written);
            }
        }
        if self.export.extensions.postman && method.authorization_type.as_deref() == Some("AWS_IAM") {
            operation.insert("x-postman-meta".into(), postman(self.export.region));
        }
        operation.extend(documented);
        Ok(Value::Object(operation))
    }

    fn parameters(&self, path: &str, verb: &str, method: &Method) -> Vec<Value> {
        let mut parameters = Vec::new();
        for (name, required) in method.request_parameters.iter().flatten() {
            let Some((name, place, part)) = location(name) else { continue };
            // A part of the path cannot be left out (recorded from AWS).
            let required = *required || place == "path";
            let mut parameter = Map::new();
            parameter.insert("name".into(), name.into());
            parameter.insert("in".into(), place.into());
            self.documentation.method(part, path, verb, name).merge(&OF_PARTS, &mut parameter);
            match self.export.kind {
                Kind::Swagger => {
                    parameter.insert("required".into(), required.into());
                    parameter.insert("type".into(), "string".into());
                }
                Kind::OpenApi30 => {
                    if required {
                        parameter.insert("required".into(), true.into());
                    }
                    parameter.insert("schema".into(), json!({"type": "string"}));
                }
            }
            parameters.push(Value::Object(parameter));
        }
        parameters
    }

    /// The body of requests: a parameter of Swagger 2.0, a request body of OpenAPI 3.0.
    fn body(
        &mut self,
        path: &str,
        verb: &str,
        method: &Method,
    ) -> Result<Option<Map<String, Value>>, ExportFault> {
        let Some(models) = method.request_models.as_ref().filter(|models| !models.is_empty()) else {
            return Ok(None);
        };
        let json_body = models.iter().find(|(content_type, _)| schema::is_json(content_type));
        let Some((_, of_json)) = json_body else {
            return Err(ExportFault::OtherBodies { method: verb.into(), path: path.into() });
        };
        let mut body = Map::new();
        match self.export.kind {
            Kind::Swagger => {
                body.insert("in".into(), "body".into());
                body.insert("name".into(), of_json.as_str().into());
            }
            Kind::OpenApi30 => {}
        }
        self.documentation.method(Part::RequestBody, path, verb, "").merge(&OF_PARTS, &mut body);
        match self.export.kind {
            Kind::Swagger => {
                body.insert("required".into(), true.into());
                body.insert("schema".into(), self.models.refer(of_json).unwrap_or_else(|| json!({})));
            }
            Kind::OpenApi30 => {
                body.insert("content".into(), self.content(Some(models)));
                body.insert("required".into(), true.into());
            }
        }
        Ok(Some(body))
    }

    /// Content types and the schemas of what they carry.
    fn content(&mut self, models: Option<&IndexMap<String, String>>) -> Value {
        let mut content = Map::new();
        for (content_type, model) in models.into_iter().flatten() {
            let mut media = Map::new();
            media.extend(self.models.refer(model).map(|schema| ("schema".into(), schema)));
            content.insert(content_type.clone(), Value::Object(media));
        }
        Value::Object(content)
    }

    fn responses(&mut self, path: &str, verb: &str, method: &Method) -> Map<String, Value> {
        let mut responses = Map::new();
        for (code, response) in method.method_responses.iter().flatten() {
            responses.insert(code.clone(), self.response(path, verb, code, response));
        }
        responses
    }

    fn response(&mut self, path: &str, verb: &str, code: &str, response: &MethodResponse) -> Value {
        let mut written = Map::new();
        written.insert("description".into(), format!("{code} response").into());
        let mut documented = Map::new();
        self.documentation.response(Part::Response, path, verb, code, "").merge(&OF_PARTS, &mut documented);
        written.extend(documented.shift_remove_entry("description"));
        let models = response.response_models.as_ref();
        if self.export.kind == Kind::Swagger {
            let of_json =
                models.into_iter().flatten().find(|(content_type, _)| schema::is_json(content_type));
            let any = of_json.or_else(|| models.and_then(|models| models.first()));
            let schema = any.and_then(|(_, model)| self.models.refer(model));
            written.extend(schema.map(|schema| ("schema".into(), schema)));
        }
        let mut headers = Map::new();
        for name in response.response_parameters.iter().flatten().map(|(name, _)| name) {
            let Some(name) = name.strip_prefix("method.response.header.") else { continue };
            let part = self.documentation.response(Part::ResponseHeader, path, verb, code, name);
            let mut header = Map::new();
            match self.export.kind {
                Kind::Swagger => {
                    header.insert("type".into(), "string".into());
                    part.merge(&OF_PARTS, &mut header);
                }
                Kind::OpenApi30 => {
                    part.merge(&OF_PARTS, &mut header);
                    header.insert("schema".into(), json!({"type": "string"}));
                }
            }
            headers.insert(name.to_owned(), Value::Object(header));
        }
        insert(&mut written, "headers", headers);
        if self.export.kind == Kind::OpenApi30 {
            written.insert("content".into(), self.content(models));
        }
        written.extend(documented);
        Value::Object(written)
    }
}

/// `consumes` and `produces`: the types of models and templates. What is answered is JSON if
/// nothing else is said.
fn content_types(method: &Method, operation: &mut Map<String, Value>) {
    let integration = method.method_integration.as_ref();
    let models = method.request_models.iter().flatten().map(|(name, _)| name);
    let templates =
        integration.and_then(|of| of.request_templates.as_ref()).into_iter().flatten().map(|(name, _)| name);
    let consumes = distinct(models.chain(templates));
    if !consumes.is_empty() {
        operation.insert("consumes".into(), consumes.into());
    }
    let responses = method.method_responses.iter().flatten();
    let models = responses.flat_map(|(_, response)| response.response_models.iter().flatten());
    let responses = integration.and_then(|of| of.integration_responses.as_ref()).into_iter().flatten();
    let templates = responses.flat_map(|(_, response)| response.response_templates.iter().flatten());
    let mut produces = distinct(models.map(|(name, _)| name).chain(templates.map(|(name, _)| name)));
    if produces.is_empty() {
        produces.push("application/json");
    }
    operation.insert("produces".into(), produces.into());
}

/// Each once. An `$default` of templates is no content type.
fn distinct<'m>(names: impl Iterator<Item = &'m String>) -> Vec<&'m str> {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if name.contains('/') && !distinct.contains(&name.as_str()) {
            distinct.push(name);
        }
    }
    distinct
}

/// How Postman signs a request. The form is that which Postman's importers read; AWS's is not
/// recorded.
fn postman(region: &str) -> Value {
    json!({
        "currentHelper": "awsSigV4",
        "helperAttributes": {
            "id": "awsSigV4",
            "accessKey": "{{aws_access_key_id}}",
            "secretKey": "{{aws_secret_access_key}}",
            "region": region,
            "service": "execute-api",
        },
    })
}
