//! AWS_PROXY with a subtype: an action of an AWS service, whose parameters are mapped one by one (API
//! Gateway developer guide, "Integration subtype reference").

use base::{Scope, Timestamp};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Uri, Version};
use indexmap::IndexMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::subtype_table::{Kind, Needed, Parameter, Protocol, ROWS};
use super::values::{Mapped, Place, View};
use crate::exchange::{Body, ConfigurationFault, Refusal, StageFacts, StageVariables};
use crate::integration::aws::{Right, Service, ServiceApi, ServiceUri, Signature};
use crate::integration::backends::Backends;
use crate::integration::http::call::Outgoing;
use crate::integration::http::endpoint::Endpoint;
use crate::integration::lambda::OWN_RIGHT;
use crate::mapping::query;
use crate::mapping::source::Value as Filled;
use crate::message::{Headers, Request as HttpRequest};

/// The parameter that names the service's region.
const REGION: &str = "Region";

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// The version of SQS's query protocol.
const SQS_VERSION: &str = "2012-11-05";

/// An integration with an action of a service.
#[derive(Clone, Debug)]
pub(super) struct ServiceAction {
    endpoint: Endpoint,
    pub(super) signature: Signature,
    implied: Vec<(HeaderName, HeaderValue)>,
    action: &'static str,
    protocol: Protocol,
    parameters: Vec<(Parameter, Mapped)>,
}

impl ServiceAction {
    /// Of the subtype `name` with these parameters, by the right of the role `role`.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub(super) fn compile(
        name: &str,
        stored: Option<&IndexMap<String, String>>,
        role: &str,
        stage: &StageFacts,
        variables: &StageVariables,
        backends: &Backends,
    ) -> Result<Self, ConfigurationFault> {
        let wrong = |why: String| ConfigurationFault::Endpoint { why };
        let row = ROWS.iter().find(|row| row.name == name);
        let row = row.ok_or_else(|| wrong(format!("there is no integration subtype {name}")))?;
        let mut region = stage.region.to_string();
        let mut parameters = Vec::new();
        for (name, value) in stored.into_iter().flatten() {
            let mapped = Mapped::compile(value, Place::Request, variables);
            let mapped = mapped.map_err(|error| wrong(format!("{name}: {error}")))?;
            if name == REGION {
                let constant = mapped.constant().filter(|region| !region.is_empty());
                let constant = constant.ok_or_else(|| wrong("Region is no constant".to_owned()))?;
                region = constant.to_owned();
                continue;
            }
            let known = row.parameters.iter().find(|(own, ..)| own == name);
            let known = known.ok_or_else(|| wrong(format!("{} has no parameter {name}", row.name)))?;
            parameters.push((*known, mapped));
        }
        for (name, _, needed, _) in row.parameters {
            if *needed == Needed::Yes && !parameters.iter().any(|((own, ..), _)| own == name) {
                return Err(wrong(format!("{} needs the parameter {name}", row.name)));
            }
        }
        let uri = ServiceUri {
            partition: "aws".to_owned(),
            region,
            subdomain: None,
            service: row.service.to_owned(),
            api: match row.protocol {
                Protocol::Path(path) => ServiceApi::Path(path.to_owned()),
                _ => ServiceApi::Action { name: row.action.to_owned(), parameters: String::new() },
            },
        };
        let right = if role == OWN_RIGHT { Right::Caller } else { Right::Role(role) };
        let scope = Scope::new(&*stage.account_id, &*stage.region);
        let service = Service::of(&uri, &backends.aws, &scope, right)
            .map_err(|error| ConfigurationFault::NoPlace { why: error.to_string() })?;
        let Service { endpoint, signature, implied } = service;
        let (action, protocol) = (row.action, row.protocol);
        Ok(Self { endpoint, signature, implied, action, protocol, parameters })
    }

    /// Whether the client's body has to be read for it.
    pub(super) fn reads_body(&self) -> bool {
        self.parameters.iter().any(|(_, mapped)| mapped.reads_body())
    }

    /// The request of one client's, unsigned.
    ///
    /// # Errors
    /// 400 if the client does not give what is needed; 500 if it makes no request.
    pub(super) fn outgoing(&self, view: &View<'_>) -> Result<Outgoing, Refusal> {
        let mut given: Vec<(Parameter, String)> = Vec::new();
        let mut missing = Vec::new();
        for (parameter, mapped) in &self.parameters {
            match mapped.value(view).filter(|value| !value.is_empty()) {
                Some(value) => given.push((*parameter, value)),
                None if parameter.2 == Needed::Yes => missing.push(parameter.0.to_owned()),
                None => {}
            }
        }
        if !missing.is_empty() {
            return Err(Refusal::BadRequestParameters { missing });
        }
        let mut headers = Headers::new();
        for (name, value) in &self.implied {
            headers.insert(name, value.clone());
        }
        // A slash in a value is no border of the path: a client names no other part of it.
        let encoded = given
            .iter()
            .map(|((name, ..), value)| (*name, utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()));
        let encoded: Vec<(&str, String)> = encoded.collect();
        let filled = |name: &str| {
            encoded.iter().find(|(own, _)| *own == name).map(|(_, value)| Filled::Encoded(value))
        };
        let target = self.endpoint.target(&filled).map_err(no_endpoint)?.into_owned();
        let mut request = HttpRequest::new(Body::Empty);
        *request.version_mut() = Version::HTTP_11;
        match self.protocol {
            Protocol::Path(_) => {
                let mut more = String::new();
                for ((_, name, ..), value) in given.iter().filter(|((own, name, ..), _)| own != name) {
                    query::append(&mut more, name, value);
                }
                *request.uri_mut() = self.endpoint.path_and_query(&filled, more).map_err(no_endpoint)?;
            }
            Protocol::Json | Protocol::Entry => {
                let mut members = Map::new();
                for ((name, own, _, kind), value) in &given {
                    members.insert((*own).to_owned(), as_json(name, *kind, value)?);
                }
                let body = match self.protocol {
                    Protocol::Entry => json!({"Entries": [members]}),
                    _ => Value::Object(members),
                };
                *request.body_mut() = Body::from(Bytes::from(body.to_string()));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = Uri::from_static("/");
            }
            Protocol::Query => {
                let mut form = format!("Action={}&Version={SQS_VERSION}", self.action);
                for ((name, own, _, kind), value) in &given {
                    as_form(&mut form, name, own, *kind, value)?;
                }
                headers.insert(CONTENT_TYPE, FORM);
                *request.body_mut() = Body::from(Bytes::from(form));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = Uri::from_static("/");
            }
        }
        *request.headers_mut() = headers;
        Ok(Outgoing::new(target, request))
    }
}

fn no_endpoint(error: crate::integration::http::endpoint::EndpointError) -> Refusal {
    Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: error.to_string() })
}

fn malformed(name: &str) -> Refusal {
    Refusal::BadRequestParameters { missing: vec![name.to_owned()] }
}

fn as_json(name: &str, kind: Kind, value: &str) -> Result<Value, Refusal> {
    Ok(match kind {
        Kind::Text => Value::from(value),
        Kind::Number => value.parse::<i64>().map(Value::from).map_err(|_| malformed(name))?,
        Kind::Time => match (value.parse::<f64>(), Timestamp::parse_iso8601(value)) {
            (Ok(seconds), _) => json!(seconds),
            (_, Some(moment)) => json!(moment.as_secs()),
            _ => return Err(malformed(name)),
        },
        Kind::List => list(name, value)?.into_iter().map(Value::from).collect(),
        Kind::Attributes => serde_json::from_str(value).map_err(|_| malformed(name))?,
    })
}

/// A list as JSON writes it; one text is a list of itself.
fn list(name: &str, value: &str) -> Result<Vec<String>, Refusal> {
    if !value.trim_start().starts_with('[') {
        return Ok(vec![value.to_owned()]);
    }
    serde_json::from_str(value).map_err(|_| malformed(name))
}

fn as_form(form: &mut String, name: &str, own: &str, kind: Kind, value: &str) -> Result<(), Refusal> {
    match kind {
        Kind::Text | Kind::Number | Kind::Time => query::append(form, own, value),
        Kind::List => {
            for (at, item) in list(name, value)?.iter().enumerate() {
                query::append(form, &format!("{own}.{}", at + 1), item);
            }
        }
        Kind::Attributes => {
            let all: IndexMap<String, IndexMap<String, String>> =
                serde_json::from_str(value).map_err(|_| malformed(name))?;
            for (at, (name, members)) in all.iter().enumerate() {
                query::append(form, &format!("{own}.{}.Name", at + 1), name);
                for (member, value) in members {
                    query::append(form, &format!("{own}.{}.Value.{member}", at + 1), value);
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Kind::{Attributes, List, Number, Text, Time};
    use super::*;

    fn form(own: &str, kind: Kind, value: &str) -> Option<String> {
        let mut form = String::new();
        as_form(&mut form, "P", own, kind, value).ok()?;
        Some(form)
    }

    #[test]
    fn forms_number_their_lists() {
        for (own, kind, value, expected) in [
            ("MessageBody", Text, "a b&c", Some("MessageBody=a%20b%26c")),
            ("AttributeName", List, "All", Some("AttributeName.1=All")),
            ("AttributeName", List, r#"["a", "b"]"#, Some("AttributeName.1=a&AttributeName.2=b")),
            ("AttributeName", List, "[1", None),
            (
                "MessageAttribute",
                Attributes,
                r#"{"n": {"DataType": "String", "StringValue": "v"}}"#,
                Some(
                    "MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&\
                     MessageAttribute.1.Value.StringValue=v",
                ),
            ),
            ("MessageAttribute", Attributes, "x", None),
        ] {
            assert_eq!(form(own, kind, value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn members_have_their_types() {
        assert_eq!(as_json("P", Time, "2024-07-17T18:34:51Z").unwrap(), json!(1_721_241_291));
        assert_eq!(as_json("P", Time, "1.5").unwrap(), json!(1.5));
        assert_eq!(as_json("P", Number, "7").unwrap(), json!(7));
        assert_eq!(as_json("P", List, r#"["a"]"#).unwrap(), json!(["a"]));
        for (kind, value) in [(Time, "yesterday"), (Number, "x"), (List, "[")] {
            assert!(as_json("P", kind, value).is_err(), "{value}");
        }
    }
}
