//! The right side of a parameter mapping: where a value comes from (API Gateway developer
//! guide, "Amazon API Gateway API request and response data mapping reference").

use std::borrow::Cow;

use http::HeaderName;
use jsonpath::{JsonPath, PathError};

use super::query::Query;
use crate::exchange::StageVariables;
use crate::exchange::{Context, ContextScope, HeaderNames, PathParameters, Request, Variable};
use crate::message::Headers;

/// A mapping that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The right side is none of the forms that API Gateway has.
    #[error("Invalid mapping expression specified: {0}")]
    Expression(String),
    /// The left side is no parameter.
    #[error("Invalid mapping expression parameter specified: {0}")]
    Parameter(String),
    /// A part of a body whose JSONPath is none.
    #[error("Invalid mapping expression specified: {expression} ({why})")]
    BodyPart {
        /// The right side.
        expression: String,
        /// What is wrong with the path.
        why: PathError,
    },
    /// A `$context` variable that does not exist.
    #[error("there is no context variable of this name: {0}")]
    Variable(String),
}

/// Where a request parameter's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `method.request.path.x`
    Path(Box<str>),
    /// `method.request.querystring.x`
    Query(Box<str>),
    /// `method.request.multivaluequerystring.x`
    Queries(Box<str>),
    /// `method.request.header.x`
    Header(HeaderName),
    /// `method.request.multivalueheader.x`
    Headers(HeaderName),
    /// `method.request.body`
    Body,
    /// `method.request.body.$.x`
    BodyPart(JsonPath),
    /// `integration.response.header.x`
    AnswerHeader(HeaderName),
    /// `integration.response.multivalueheader.x`
    AnswerHeaders(HeaderName),
    /// `integration.response.body`
    AnswerBody,
    /// `integration.response.body.$.x`
    AnswerBodyPart(JsonPath),
    /// `context.x`
    Context(Variable),
    /// `'text'`, and a stage variable, whose value is known when the stage is compiled.
    Literal(Box<str>),
    /// A stage variable that the stage does not have.
    Nothing,
}

/// What a mapping reads of the client's request.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// Its unchanging part.
    pub request: &'a Request,
    /// Its headers.
    pub headers: &'a Headers,
    /// Their names as sent.
    pub header_names: &'a HeaderNames,
    /// The values of the path's variables.
    pub path: &'a PathParameters<'a>,
    /// Its body; empty if it was not read.
    pub body: &'a [u8],
    /// The variables.
    pub context: Context<'a>,
}

/// What a mapping reads of the integration's answer.
#[derive(Clone, Copy)]
pub struct AnswerView<'a> {
    /// Its headers.
    pub headers: &'a Headers,
    /// Its body.
    pub body: &'a [u8],
}

/// A value that a source gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Still percent-encoded, as path parameters are.
    Encoded(&'a str),
    /// As it is meant.
    Plain(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// The text, encoded or not.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Encoded(text) => text,
            Self::Plain(text) => text,
        }
    }
}

impl Source {
    /// The source that `expression` names in a request mapping.
    ///
    /// # Errors
    /// If it names none, or one that is not built.
    pub fn of_request(expression: &str, variables: &StageVariables) -> Result<Self, MappingError> {
        if let Some(source) = Self::of_both(expression, variables)? {
            return Ok(source);
        }
        let wrong = || MappingError::Expression(expression.to_owned());
        let named = expression.strip_prefix("method.request.").ok_or_else(wrong)?;
        if named == "body" {
            return Ok(Self::Body);
        }
        let (place, name) = named.split_once('.').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        let header = || name.parse::<HeaderName>().map_err(|_| wrong());
        match place {
            "path" => Ok(Self::Path(name.into())),
            "querystring" => Ok(Self::Query(name.into())),
            "multivaluequerystring" => Ok(Self::Queries(name.into())),
            "header" => Ok(Self::Header(header()?)),
            "multivalueheader" => Ok(Self::Headers(header()?)),
            "body" => Ok(Self::BodyPart(body_part(expression, name)?)),
            _ => Err(wrong()),
        }
    }

    /// The source that `expression` names in a response mapping.
    ///
    /// # Errors
    /// If it names none, or one that is not built.
    pub fn of_response(expression: &str, variables: &StageVariables) -> Result<Self, MappingError> {
        if let Some(source) = Self::of_both(expression, variables)? {
            return Ok(source);
        }
        let wrong = || MappingError::Expression(expression.to_owned());
        let named = expression.strip_prefix("integration.response.").ok_or_else(wrong)?;
        if named == "body" {
            return Ok(Self::AnswerBody);
        }
        let (place, name) = named.split_once('.').filter(|(_, name)| !name.is_empty()).ok_or_else(wrong)?;
        let header = || name.parse::<HeaderName>().map_err(|_| wrong());
        match place {
            "header" => Ok(Self::AnswerHeader(header()?)),
            "multivalueheader" => Ok(Self::AnswerHeaders(header()?)),
            "body" => Ok(Self::AnswerBodyPart(body_part(expression, name)?)),
            _ => Err(wrong()),
        }
    }

    fn of_both(expression: &str, variables: &StageVariables) -> Result<Option<Self>, MappingError> {
        if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Ok(Some(Self::Literal(literal.into())));
        }
        if let Some(name) = expression.strip_prefix("stageVariables.") {
            return Ok(Some(variables.get(name).map_or(Self::Nothing, |value| Self::Literal(value.into()))));
        }
        if let Some(name) = expression.strip_prefix("context.") {
            return match Variable::or_property(name, ContextScope::Everywhere) {
                Some(variable) => Ok(Some(Self::Context(variable))),
                None => Err(MappingError::Variable(expression.to_owned())),
            };
        }
        Ok(None)
    }

    /// Whether the value cannot be known before the request's body is read.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyPart(_))
    }

    /// Whether the value cannot be known before the answer's body is read.
    #[must_use]
    pub fn reads_answer_body(&self) -> bool {
        matches!(self, Self::AnswerBody | Self::AnswerBodyPart(_))
    }

    /// The values, one by one; none if the source is absent, for then the mapped parameter
    /// is left out (recorded from AWS).
    pub fn values<'a>(&'a self, view: &RequestView<'a>, answer: Option<&AnswerView<'a>>) -> Vec<Value<'a>> {
        let plain = |text: Cow<'a, str>| vec![Value::Plain(text)];
        let one = |text: Option<Cow<'a, str>>| text.map(plain).unwrap_or_default();
        let bytes = |bytes: &'a [u8]| {
            if bytes.is_empty() { Vec::new() } else { plain(String::from_utf8_lossy(bytes)) }
        };
        match self {
            Self::Path(name) => {
                view.path.get(name).map(|value| vec![Value::Encoded(value)]).unwrap_or_default()
            }
            Self::Query(name) => one(Query(view.request.query()).last(name)),
            Self::Queries(name) => Query(view.request.query()).values(name).map(Value::Plain).collect(),
            Self::Header(name) => one(last_header(view.headers, name)),
            Self::Headers(name) => all_headers(view.headers, name),
            Self::Body => bytes(view.body),
            Self::BodyPart(path) => one(part(path, view.body).map(Cow::Owned)),
            Self::AnswerHeader(name) => one(answer.and_then(|answer| last_header(answer.headers, name))),
            Self::AnswerHeaders(name) => {
                answer.map(|answer| all_headers(answer.headers, name)).unwrap_or_default()
            }
            Self::AnswerBody => answer.map(|answer| bytes(answer.body)).unwrap_or_default(),
            Self::AnswerBodyPart(path) => {
                one(answer.and_then(|answer| part(path, answer.body)).map(Cow::Owned))
            }
            Self::Context(variable) => {
                let mut text = String::new();
                one(variable.write(&view.context, &mut text).then_some(Cow::Owned(text)))
            }
            Self::Literal(text) => plain(Cow::Borrowed(text)),
            Self::Nothing => Vec::new(),
        }
    }
}

fn body_part(expression: &str, path: &str) -> Result<JsonPath, MappingError> {
    JsonPath::compile(path).map_err(|why| MappingError::BodyPart { expression: expression.to_owned(), why })
}

/// What a path reads in a body: a text as it is, anything else as JSON. A body that is no JSON
/// has no parts; of null it is not recorded that AWS maps it.
fn part(path: &JsonPath, body: &[u8]) -> Option<String> {
    let body = serde_json::from_slice::<serde_json::Value>(body).ok()?;
    match &*path.read(&body).ok()? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The last value of a repeated header stands for all, as in a function's `headers`.
fn last_header<'a>(headers: &'a Headers, name: &HeaderName) -> Option<Cow<'a, str>> {
    headers.get_all(name).next_back().map(|value| String::from_utf8_lossy(value.as_bytes()))
}

fn all_headers<'a>(headers: &'a Headers, name: &HeaderName) -> Vec<Value<'a>> {
    headers.get_all(name).map(|value| Value::Plain(String::from_utf8_lossy(value.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::exchange::request::tests::request;
    use crate::exchange::{NOBODY, ResourceFacts, StageFacts};

    fn variables() -> StageVariables {
        StageVariables::new([("color".to_owned(), "blue".to_owned())])
    }

    fn values(expression: &str) -> Vec<String> {
        let request = request("/prod/pets/a%20b?x=1&x=2+3", "prod");
        let mut headers = Headers::new();
        headers.append("x-one", HeaderValue::from_static("1"));
        headers.append("x-one", HeaderValue::from_static("2"));
        let names: Box<[Box<str>]> = Box::new(["petId".into()]);
        let path = PathParameters::new(&names, vec![(6, 11)], request.path());
        let stage = StageFacts { stage: "prod".into(), ..StageFacts::default() };
        let resource = ResourceFacts { id: "r1".into(), path: "/pets/{petId}".into() };
        let view = RequestView {
            request: &request,
            headers: &headers,
            header_names: &HeaderNames::default(),
            path: &path,
            body: br#"{"pets": [{"name": "Rex", "age": 3, "tags": ["a"]}, {"name": null}]}"#,
            context: Context {
                request: &request,
                stage: &stage,
                resource: Some(&resource),
                route_key: None,
                caller: &NOBODY,
                trace: None,
                outcome: None,
            },
        };
        let source = Source::of_request(expression, &variables()).unwrap();
        source.values(&view, None).iter().map(|value| value.as_str().to_owned()).collect()
    }

    #[test]
    fn request_sources_give_their_values() {
        for (expression, expected) in [
            ("method.request.path.petId", &["a%20b"][..]),
            ("method.request.path.other", &[]),
            ("method.request.querystring.x", &["2 3"]),
            ("method.request.multivaluequerystring.x", &["1", "2 3"]),
            ("method.request.querystring.y", &[]),
            ("method.request.header.X-One", &["2"]),
            ("method.request.multivalueheader.X-One", &["1", "2"]),
            ("method.request.header.absent", &[]),
            (
                "method.request.body",
                &[r#"{"pets": [{"name": "Rex", "age": 3, "tags": ["a"]}, {"name": null}]}"#],
            ),
            ("method.request.body.$.pets[0].name", &["Rex"]),
            ("method.request.body.pets[0].age", &["3"]),
            ("method.request.body.$.pets[0].tags", &["[\"a\"]"]),
            ("method.request.body.$..age", &["[3]"]),
            ("method.request.body.$.pets[1].name", &[]),
            ("method.request.body.$.pets[2].name", &[]),
            ("context.stage", &["prod"]),
            ("context.resourceId", &["r1"]),
            ("context.identity.caller", &[]),
            ("context.authorizer.anything", &[]),
            ("stageVariables.color", &["blue"]),
            ("stageVariables.absent", &[]),
            ("'it''s static'", &["it''s static"]),
            ("''", &[""]),
        ] {
            assert_eq!(values(expression), expected, "{expression}");
        }
    }

    #[test]
    fn other_expressions_are_refused() {
        let variables = StageVariables::default();
        for expression in
            ["true", "", "method.request.path", "method.request.path.", "'open", "integration.response.body"]
        {
            assert_eq!(
                Source::of_request(expression, &variables),
                Err(MappingError::Expression(expression.to_owned()))
            );
        }
        for (expression, path) in
            [("method.request.body.pets[", "pets["), ("method.request.body.$.a..", "$.a..")]
        {
            let source = Source::of_request(expression, &variables);
            match JsonPath::compile(path) {
                Ok(path) => assert_eq!(source, Ok(Source::BodyPart(path))),
                Err(why) => {
                    assert_eq!(
                        source,
                        Err(MappingError::BodyPart { expression: expression.to_owned(), why })
                    );
                }
            }
        }
        assert!(matches!(
            Source::of_response("integration.response.body.$[?(@.x =", &variables),
            Err(MappingError::BodyPart { .. })
        ));
        assert_eq!(
            Source::of_request("context.status", &variables),
            Err(MappingError::Variable("context.status".to_owned()))
        );
        assert_eq!(
            Source::of_response("method.request.path.x", &variables),
            Err(MappingError::Expression("method.request.path.x".to_owned()))
        );
    }
}
