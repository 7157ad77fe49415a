//! `/restapis/{id}/stages/{name}/exports`: what a stage serves, as an OpenAPI document. How the
//! document looks is the business of the crate `openapi`.

use api::apigateway::operations as op;
use api::apigateway::{ExportResponse, GetExportRequest};
use openapi::export::{self, Export, Extensions, Kind, to_json, to_yaml};

use super::super::refusals::bad_request;
use super::deployed::{self, Deployed};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetExport, get_export);
}

/// In which language a document is written.
#[derive(Clone, Copy)]
enum Language {
    Json,
    Yaml,
}

fn get_export(call: &mut Call<'_, '_>, input: &GetExportRequest) -> Outcome<ExportResponse> {
    let kind = Kind::read(&input.export_type).ok_or_else(|| {
        // The text is not recorded.
        bad_request(format!(
            "Invalid export type specified: {}. Must be one of: [oas30, swagger]",
            input.export_type
        ))
    })?;
    let language = language(input.accepts.as_deref())?;
    let asked = input.parameters.as_ref().and_then(|parameters| parameters.get("extensions"));
    let extensions = Extensions::read(asked.map(String::as_str).unwrap_or_default()).map_err(|unknown| {
        // The text is not recorded.
        bad_request(format!("Invalid extension specified: {unknown}"))
    })?;
    let Deployed { stage, definition, documentation, .. } =
        deployed::read(call, &input.rest_api_id, &input.stage_name)?;
    let region = call.scope().region();
    let document = export::document(&Export {
        definition: &definition,
        kind,
        extensions,
        host: &deployed::host(&input.rest_api_id, region),
        stage: stage.stage_name.as_deref().unwrap_or_default(),
        region,
        documentation: documentation.as_ref(),
    })
    .map_err(|fault| bad_request(fault.to_string()))?;
    let (text, ending) = match language {
        Language::Json => (to_json(&document), "json"),
        Language::Yaml => (to_yaml(&document), "yaml"),
    };
    let version = in_header(&export::version(&definition));
    Ok(ExportResponse {
        // Both recorded from AWS.
        content_type: Some("application/octet-stream".to_owned()),
        content_disposition: Some(format!("attachment; filename=\"{}_{version}.{ending}\"", kind.as_str())),
        body: Some(text.into_bytes().into()),
    })
}

/// The language that `accepts` asks for; JSON if it leaves the choice.
fn language(accepts: Option<&str>) -> Outcome<Language> {
    let accepts = accepts.filter(|accepts| !accepts.trim().is_empty()).unwrap_or("*/*");
    for range in accepts.split(',') {
        match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" | "application/*" | "*/*" => return Ok(Language::Json),
            "application/yaml" => return Ok(Language::Yaml),
            _ => {}
        }
    }
    // The text is not recorded.
    Err(bad_request(format!(
        "Invalid Accept specified: {accepts}. Must be one of: [application/json, application/yaml]"
    )))
}

/// A version, which may be any text, as part of a quoted name in a header.
fn in_header(version: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && !"\"\\/".contains(c) || c == ' ' { c } else { '_' };
    version.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, not_found, text, with};
    use super::super::documentation::parts::create_documentation_part;
    use super::super::documentation::versions::create_documentation_version;
    use super::super::methods::put_method;
    use super::super::models::create_model;
    use super::*;

    /// A deployed API with `GET /`.
    struct Place {
        frame: Frame,
        api: String,
        root: String,
    }

    impl Place {
        fn new() -> Self {
            let frame = Frame::new();
            let (api, root) = frame.deployable();
            let place = Self { frame, api, root };
            place.deploy();
            place
        }

        fn deploy(&self) {
            let input = json!({"restApiId": self.api, "stageName": "dev"});
            self.frame.ok(super::super::deployments::create_deployment, input);
        }

        fn input(&self, more: Value) -> Value {
            with(json!({"restApiId": self.api, "stageName": "dev", "exportType": "swagger"}), more)
        }

        fn export(&self, more: Value) -> (String, String) {
            let answer = self.frame.ok(get_export, self.input(more));
            assert_eq!(answer["contentType"], "application/octet-stream");
            let body = STANDARD.decode(text(&answer, "body")).unwrap();
            (text(&answer, "contentDisposition"), String::from_utf8(body).unwrap())
        }

        fn document(&self, more: Value) -> Value {
            serde_json::from_str(&self.export(more).1).unwrap()
        }
    }

    /// Recorded from AWS: members, host, base path, type, name.
    #[test]
    fn a_stage_is_exported() {
        let place = Place::new();
        let (disposition, body) = place.export(json!({}));
        assert_eq!(disposition, "attachment; filename=\"swagger_2026-11-23T08:04:43Z.json\"");
        let document: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            document,
            json!({
                "swagger": "2.0",
                "info": {"version": "2026-11-23T08:04:43Z", "title": "api"},
                "host": format!("{}.execute-api.us-east-1.amazonaws.com", place.api),
                "basePath": "/dev",
                "schemes": ["https"],
                "paths": {"/": {"get": {"produces": ["application/json"], "responses": {}}}},
            })
        );
        let (disposition, body) = place.export(json!({"exportType": "oas30", "accepts": "application/yaml"}));
        assert_eq!(disposition, "attachment; filename=\"oas30_2026-11-23T08:04:43Z.yaml\"");
        assert!(body.starts_with("openapi: \"3.0.1\"\ninfo:\n  title: \"api\"\n"), "{body}");
    }

    #[test]
    fn the_deployment_is_exported_and_not_what_came_after_it() {
        let place = Place::new();
        place.frame.method(&place.api, &place.root, "PUT");
        place.frame.mock(&place.api, &place.root, "PUT");
        let verbs = || {
            place.document(json!({}))["paths"]["/"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(verbs(), ["get"]);
        place.deploy();
        assert_eq!(verbs(), ["get", "put"]);
    }

    #[test]
    fn extensions_are_asked_for() {
        let place = Place::new();
        let document = place.document(json!({"parameters": {"extensions": "integrations"}}));
        let integration = &document["paths"]["/"]["get"]["x-amazon-apigateway-integration"];
        assert_eq!(*integration, json!({"passthroughBehavior": "when_no_match", "type": "mock"}));
        let yaml = json!({"parameters": {"extensions": "apigateway,postman"}, "accepts": "text/html, application/yaml;q=1"});
        assert!(place.export(yaml).1.contains("      x-amazon-apigateway-integration:\n"));
    }

    #[test]
    fn the_documentation_is_that_of_the_stages_version() {
        let place = Place::new();
        let part = |description: &str| {
            let properties = json!({"info": {"description": description}}).to_string();
            json!({"restApiId": place.api, "location": {"type": "API"}, "properties": properties})
        };
        place.frame.ok(create_documentation_part, part("first"));
        let described = || {
            let asked = json!({"parameters": {"extensions": "documentation"}});
            place.document(asked)["info"]["description"].clone()
        };
        assert_eq!(described(), Value::Null);
        let version = json!({"restApiId": place.api, "documentationVersion": "1", "stageName": "dev"});
        place.frame.ok(create_documentation_version, version);
        assert_eq!(described(), "first");
        let document = place.document(json!({"parameters": {"extensions": "documentation"}}));
        assert_eq!(document["x-amazon-apigateway-documentation"]["version"], "1");
    }

    /// The texts are not recorded but for the unknown API and stage; the start of the last is from
    /// the developer guide.
    #[test]
    fn what_cannot_be_exported_is_refused() {
        let place = Place::new();
        let refused = |more: Value| place.frame.refused(get_export, place.input(more));
        assert_eq!(
            refused(json!({"exportType": "raml"})),
            bad_request("Invalid export type specified: raml. Must be one of: [oas30, swagger]")
        );
        assert_eq!(
            refused(json!({"accepts": "text/html"})),
            bad_request(
                "Invalid Accept specified: text/html. Must be one of: [application/json, application/yaml]"
            )
        );
        assert_eq!(
            refused(json!({"parameters": {"extensions": "integrations,more"}})),
            bad_request("Invalid extension specified: more")
        );
        assert_eq!(
            refused(json!({"restApiId": "nope"})),
            not_found("Invalid API identifier specified 000000000000:nope")
        );
        assert_eq!(refused(json!({"stageName": "nope"})), not_found("Invalid stage identifier specified"));
        let model = json!({
            "restApiId": place.api, "name": "X", "contentType": "application/xml", "schema": "<x/>",
        });
        place.frame.ok(create_model, model);
        let method = json!({
            "restApiId": place.api, "resourceId": place.root, "httpMethod": "POST",
            "authorizationType": "NONE", "requestModels": {"application/xml": "X"},
        });
        place.frame.ok(put_method, method);
        place.frame.mock(&place.api, &place.root, "POST");
        place.deploy();
        assert_eq!(refused(json!({})), bad_request("Only found non-JSON body models for POST /"));
    }

    #[test]
    fn a_version_cannot_leave_its_quotes() {
        assert_eq!(in_header("1.0.0 beta"), "1.0.0 beta");
        assert_eq!(in_header("1\"\r\nX: y\\/é"), "1___X: y___");
    }
}
