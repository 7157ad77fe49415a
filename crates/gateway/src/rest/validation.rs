//! What a method requires of its requests, compiled with its stage.

use std::sync::Arc;

use api::apigateway::{Method, RequestValidator};
use http::HeaderName;
use http::header::CONTENT_TYPE;
use schema::{Models, Schema, SchemaError};

use crate::exchange::{PathParameters, Refusal, Request};
use crate::mapping::media::essence;
use crate::mapping::query::Query;
use crate::message::Headers;

/// The type that a body has whose request does not say (recorded from AWS).
const DEFAULT_TYPE: &str = "application/json";
/// The key of the model for all types (API Gateway developer guide, "Request validation for
/// REST APIs").
const ANY_TYPE: &str = "$default";

/// What a method requires. Nothing, if no validator is set.
#[derive(Debug, Default)]
pub struct Validation {
    /// In the order in which the method declares them.
    required: Vec<Parameter>,
    /// By content type; the order is the method's.
    models: Vec<(Box<str>, Expected)>,
}

/// A parameter that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    name: Box<str>,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header(HeaderName),
    /// A header whose name none can have: it is never there.
    Nowhere,
}

/// The model of a body.
#[derive(Clone, Debug)]
pub(super) struct Expected(Arc<Schema>);

impl Validation {
    /// Of a method and the validator that it names.
    ///
    /// # Errors
    /// A model that it asks for cannot be used.
    pub(super) fn compile(
        method: &Method,
        validators: &[RequestValidator],
        models: &Models<'_>,
    ) -> Result<Self, SchemaError> {
        let mut compiled = Self::default();
        let Some(id) = method.request_validator_id.as_deref().filter(|id| !id.is_empty()) else {
            return Ok(compiled);
        };
        // A validator that is not there is held to require everything.
        let validator = validators.iter().find(|validator| validator.id.as_deref() == Some(id));
        let asks = |flag: fn(&RequestValidator) -> Option<bool>| {
            validator.is_none_or(|validator| flag(validator) == Some(true))
        };
        if asks(|validator| validator.validate_request_parameters) {
            let declared = method.request_parameters.iter().flatten();
            let required = declared.filter(|(_, required)| **required);
            compiled.required = required.filter_map(|(name, _)| Parameter::declared(name)).collect();
        }
        if asks(|validator| validator.validate_request_body) {
            for (content_type, name) in method.request_models.iter().flatten() {
                compiled.models.push((content_type.as_str().into(), Expected(models.schema(name)?)));
            }
        }
        Ok(compiled)
    }

    /// Looks for the required parameters. Empty values do not count, but in paths.
    pub(super) fn parameters(
        &self,
        request: &Request,
        headers: &Headers,
        path: &PathParameters<'_>,
    ) -> Result<(), Refusal> {
        let there = |parameter: &&Parameter| match &parameter.place {
            // A path parameter that the resource's path does not have is always missing
            // (recorded from AWS).
            Place::Path => path.get(&parameter.name).is_some(),
            Place::Query => Query(request.query()).values(&parameter.name).any(|value| !value.is_empty()),
            Place::Header(name) => headers.get_all(name).any(|value| !value.is_empty()),
            Place::Nowhere => false,
        };
        let missing: Vec<_> = self.required.iter().filter(|parameter| !there(parameter)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.into_iter().map(|parameter| parameter.name.to_string()).collect();
        Err(Refusal::BadRequestParameters { missing })
    }

    /// The model of a body that comes with these headers. A type that has none is not looked at.
    pub(super) fn schema(&self, headers: &Headers) -> Option<&Expected> {
        let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(essence);
        let sent = sent.filter(|sent| !sent.is_empty()).unwrap_or(DEFAULT_TYPE);
        let of = |wanted: &str| {
            let mut models = self.models.iter();
            models.find(|(content_type, _)| essence(content_type).eq_ignore_ascii_case(wanted))
        };
        of(sent).or_else(|| of(ANY_TYPE)).map(|(_, expected)| expected)
    }
}

impl Parameter {
    /// `method.request.header.x` and its like.
    fn declared(name: &str) -> Option<Self> {
        let (place, name) = name.strip_prefix("method.request.")?.split_once('.')?;
        let place = match place {
            "path" => Place::Path,
            "querystring" | "multivaluequerystring" => Place::Query,
            _ => name.parse().map_or(Place::Nowhere, Place::Header),
        };
        Some(Self { name: name.into(), place })
    }
}

impl Expected {
    /// Holds a body to the model. Recorded from AWS: no body at all is wrong too.
    pub(super) fn hold(&self, body: &[u8]) -> Result<(), Refusal> {
        let wrong = |faults: String| Refusal::BadRequestBody { faults };
        // What AWS tells of a body that is no JSON is not recorded.
        let value = serde_json::from_slice(body).map_err(|_| wrong("[Invalid request body]".to_owned()))?;
        self.0.validate(&value, body.len()).map_err(|invalid| wrong(invalid.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::exchange::request::tests::request;

    fn compiled(method: serde_json::Value, validator: serde_json::Value) -> Validation {
        let method: Method = serde_json::from_value(method).unwrap();
        let validators = [serde_json::from_value(validator).unwrap()];
        let models = [("Pet", r#"{"required": ["name"]}"#), ("Any", "{}")];
        Validation::compile(&method, &validators, &Models::new("abc", models)).unwrap()
    }

    fn missing(declared: serde_json::Value, target: &str, headers: &[(&str, &str)]) -> Vec<String> {
        let method = json!({"requestValidatorId": "v", "requestParameters": declared});
        let validation = compiled(method, json!({"id": "v", "validateRequestParameters": true}));
        let request = request(target, "prod");
        let mut map = Headers::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let names: Box<[Box<str>]> = Box::new(["petId".into()]);
        let path = PathParameters::new(&names, vec![(6, 7)], request.path());
        match validation.parameters(&request, &map, &path) {
            Ok(()) => Vec::new(),
            Err(Refusal::BadRequestParameters { missing }) => missing,
            Err(other) => panic!("{other}"),
        }
    }

    /// Recorded from AWS: the order is that of the method, and path parameters that the path
    /// does not have are missing.
    #[test]
    fn missing_parameters_are_named_in_declared_order() {
        let declared = json!({
            "method.request.header.x-header-param": true,
            "method.request.path.issuer": true,
            "method.request.querystring.qs1": true,
            "method.request.querystring.optional": false,
        });
        assert_eq!(missing(declared.clone(), "/prod/a", &[]), ["x-header-param", "issuer", "qs1"]);
        assert_eq!(missing(declared.clone(), "/prod/a?qs1=1", &[("X-Header-Param", "1")]), ["issuer"]);
        assert_eq!(
            missing(declared, "/prod/a?qs1=", &[("x-header-param", "")]),
            ["x-header-param", "issuer", "qs1"]
        );
    }

    #[test]
    fn parameters_are_found_where_they_are() {
        let check = |declared: &str, expected: &[&str]| {
            assert_eq!(
                missing(json!({declared: true}), "/prod/a?q=&q=1", &[("a", ""), ("a", "1")]),
                expected,
                "{declared}"
            );
        };
        check("method.request.path.petId", &[]);
        check("method.request.querystring.q", &[]);
        check("method.request.multivaluequerystring.q", &[]);
        check("method.request.header.A", &[]);
        check("method.request.multivalueheader.A", &[]);
        check("method.request.querystring.Q", &["Q"]);
        check("method.request.header.q", &["q"]);
    }

    #[test]
    fn models_go_by_content_type() {
        let all = json!({"id": "v", "validateRequestBody": true});
        let validates = |models: serde_json::Value, sent: Option<&str>| {
            let validation =
                compiled(json!({"requestValidatorId": "v", "requestModels": models}), all.clone());
            let mut headers = Headers::new();
            if let Some(sent) = sent {
                headers.insert(CONTENT_TYPE, HeaderValue::from_str(sent).unwrap());
            }
            validation.schema(&headers).is_some_and(|expected| expected.hold(b"{}").is_err())
        };
        let json_only = json!({"application/json": "Pet"});
        assert!(validates(json_only.clone(), None));
        assert!(validates(json_only.clone(), Some("application/json; charset=utf-8")));
        assert!(validates(json_only.clone(), Some("Application/JSON")));
        assert!(!validates(json_only, Some("text/plain")));
        assert!(validates(json!({"$default": "Pet"}), Some("text/plain")));
        assert!(!validates(json!({"$default": "Pet", "text/plain": "Any"}), Some("text/plain")));
    }

    #[test]
    fn validators_say_what_is_looked_at() {
        let method = json!({
            "requestValidatorId": "v",
            "requestParameters": {"method.request.header.a": true},
            "requestModels": {"application/json": "Pet"},
        });
        let check = |validator: serde_json::Value, parameters: usize, models: usize| {
            let validation = compiled(method.clone(), validator);
            assert_eq!((validation.required.len(), validation.models.len()), (parameters, models));
        };
        check(json!({"id": "v", "validateRequestBody": true}), 0, 1);
        check(json!({"id": "v", "validateRequestParameters": true}), 1, 0);
        check(json!({"id": "v", "validateRequestBody": false, "validateRequestParameters": false}), 0, 0);
        check(json!({"id": "other"}), 1, 1);
    }
}
