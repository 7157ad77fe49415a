//! Integration responses: which one an answer meets, and what the client gets by it.

use api::apigateway::{ContentHandlingStrategy, IntegrationResponse};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use indexmap::IndexMap;
use regex::Regex;
use vtl::Overrides;

use super::alike::Alike;
use super::headers::name_in_answer;
use super::media::{BinaryTypes, essence};
use super::parameters::{ResponseParameters, not_sent, overridden};
use super::payload;
use super::source::{AnswerView, MappingError, RequestView};
use super::templates::{Templates, TemplatesError};
use super::xml;
use crate::exchange::StageVariables;
use crate::exchange::{Body, ConfigurationFault, Refusal, Reply};
use crate::message::{Headers, MOST_LINES};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An integration response that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Its selection pattern is no regular expression that can be run.
    #[error("the selection pattern {pattern:?} of the response {status} cannot be run: {why}")]
    Pattern {
        /// The response's status code.
        status: String,
        /// The pattern.
        pattern: String,
        /// The compiler's words.
        why: String,
    },
    /// One of its parameters is no mapping.
    #[error("the response {status}: {error}")]
    Mapping {
        /// The response's status code.
        status: String,
        /// What is wrong.
        error: MappingError,
    },
    /// One of its templates cannot be compiled.
    #[error("the response {status}: {error}")]
    Template {
        /// The response's status code.
        status: String,
        /// What is wrong.
        error: TemplatesError,
    },
}

/// The integration responses of a method.
#[derive(Clone, Debug, Default)]
pub struct IntegrationResponses {
    /// Those with a pattern, by status code.
    selected: Vec<(Regex, Response)>,
    /// The first without one, by status code.
    default: Option<Response>,
}

/// One integration response.
#[derive(Clone, Debug)]
pub struct Response {
    status: Result<StatusCode, String>,
    parameters: ResponseParameters,
    templates: Templates,
    handling: Option<ContentHandlingStrategy>,
    reads_xml: bool,
}

impl IntegrationResponses {
    /// Of the stored responses.
    ///
    /// # Errors
    /// The first that cannot be run.
    pub fn compile(
        stored: Option<&IndexMap<String, IntegrationResponse>>,
        variables: &StageVariables,
        alike: &Alike,
    ) -> Result<Self, ResponseError> {
        let mut by_status: Vec<_> = stored.into_iter().flatten().collect();
        by_status.sort_by_key(|(status, _)| status.as_str());
        let mut compiled = Self::default();
        for (key, stored) in by_status {
            let status = stored.status_code.as_deref().unwrap_or(key);
            let response = Response::compile(status, stored, variables, alike)?;
            match stored.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty()) {
                Some(pattern) => compiled.selected.push((whole(pattern, status, alike)?, response)),
                None => compiled.default = compiled.default.or(Some(response)),
            }
        }
        Ok(compiled)
    }

    /// The same for answers of AWS services, which templates read by paths even if they are XML
    /// (recorded from AWS).
    #[must_use]
    pub fn reading_xml(mut self) -> Self {
        let selected = self.selected.iter_mut().map(|(_, response)| response);
        for response in selected.chain(&mut self.default) {
            response.reads_xml = true;
        }
        self
    }

    /// The response whose pattern matches `subject` whole, else the default one. A function
    /// that has not failed has no subject.
    ///
    /// # Errors
    /// If there is neither.
    pub fn select(&self, subject: Option<&str>) -> Result<&Response, Refusal> {
        let selected = subject.and_then(|subject| {
            self.selected.iter().find(|(pattern, _)| pattern.is_match(subject)).map(|(_, response)| response)
        });
        selected
            .or(self.default.as_ref())
            .ok_or(Refusal::ApiConfigurationError(ConfigurationFault::NoIntegrationResponse))
    }
}

fn whole(pattern: &str, status: &str, alike: &Alike) -> Result<Regex, ResponseError> {
    alike.whole(pattern).map_err(|error| ResponseError::Pattern {
        status: status.to_owned(),
        pattern: pattern.to_owned(),
        why: error.to_string(),
    })
}

impl Response {
    fn compile(
        status: &str,
        stored: &IntegrationResponse,
        variables: &StageVariables,
        alike: &Alike,
    ) -> Result<Self, ResponseError> {
        let parameters = ResponseParameters::compile(stored.response_parameters.as_ref(), variables)
            .map_err(|error| ResponseError::Mapping { status: status.to_owned(), error })?;
        let templates = Templates::compile(stored.response_templates.as_ref(), alike)
            .map_err(|error| ResponseError::Template { status: status.to_owned(), error })?;
        Ok(Self {
            status: status.parse().map_err(|_| status.to_owned()),
            parameters,
            templates,
            handling: stored.content_handling,
            reads_xml: false,
        })
    }

    /// Whether the answer's body is wanted whole: for a template, for a mapping, or to be
    /// converted.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.parameters.read_body() || !self.templates.is_empty()
    }

    /// The JSON form of an answer that is XML, if templates read it so.
    fn document(&self, headers: &Headers, body: &[u8]) -> Option<String> {
        let content_type = text(headers, header::CONTENT_TYPE).map(essence).filter(|_| self.reads_xml)?;
        let is_xml = content_type.eq_ignore_ascii_case("text/xml")
            || content_type.eq_ignore_ascii_case("application/xml");
        is_xml.then(|| std::str::from_utf8(body).ok().and_then(xml::to_json)).flatten()
    }

    /// What the client gets for an answer with these headers and this body. `overrides` are
    /// those of the request template; recorded from AWS: those of the response count too.
    ///
    /// # Errors
    /// If the body has to be decoded and cannot be, a template cannot be rendered, a mapped
    /// value is no header's, or the status code is none.
    pub fn reply(
        &self,
        view: &RequestView<'_>,
        answer_headers: &Headers,
        answer_body: Bytes,
        binary: &BinaryTypes,
        variables: &StageVariables,
        mut overrides: Overrides,
    ) -> Result<Reply, Refusal> {
        let fault = |fault| Refusal::ApiConfigurationError(fault);
        let accept = text(view.headers, header::ACCEPT);
        let converted = payload::of_response(
            answer_body,
            binary.are_sent_by(text(answer_headers, header::CONTENT_TYPE)),
            binary.are_accepted_by(accept),
            self.handling,
        )
        .map_err(|payload::NotBase64| fault(ConfigurationFault::NotBase64))?;
        let mut headers = Headers::new();
        // The type of the chosen template, else JSON whatever the integration said (API
        // Gateway developer guide, "Amazon API Gateway important notes").
        let (content_type, body) = match self.templates.for_response(accept) {
            Some((content_type, Some(template))) => {
                let document = self.document(answer_headers, &converted);
                let document = document.as_deref();
                (
                    value_of(content_type),
                    template.render_response(view, variables, &converted, document, &mut overrides)?,
                )
            }
            Some((content_type, None)) => (value_of(content_type), converted.clone()),
            None => (JSON, converted.clone()),
        };
        headers.insert(header::CONTENT_TYPE, content_type);
        let answer = AnswerView { headers: answer_headers, body: &converted };
        self.parameters.headers_of(view, &answer)?.set_on(&mut headers);
        for (name, value) in overrides.response_headers() {
            let (name, value) = overridden(name, &value)?;
            if headers.len() >= MOST_LINES {
                return Err(not_sent(name.as_str()));
            }
            if let Some(name) = name_in_answer(name) {
                headers.insert(name, value);
            }
        }
        let status = match overrides.response_status() {
            Some(status) => status.parse().map_err(|_| status),
            None => self.status.clone(),
        };
        let status = status.map_err(|status| fault(ConfigurationFault::StatusCode { status }))?;
        Ok(Reply { status, headers, body: Body::from(body) })
    }
}

/// A media type as a header's value; JSON's, which is almost every answer's, is made already.
fn value_of(content_type: &str) -> HeaderValue {
    match content_type {
        "application/json" => JSON,
        other => HeaderValue::from_str(other).unwrap_or(JSON),
    }
}

/// A header's value, if it is a text.
fn text(headers: &Headers, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responses(entries: &[(&str, Option<&str>)]) -> IntegrationResponses {
        let stored = entries
            .iter()
            .map(|(status, pattern)| {
                let response = IntegrationResponse {
                    status_code: Some((*status).to_owned()),
                    selection_pattern: pattern.map(str::to_owned),
                    ..IntegrationResponse::default()
                };
                ((*status).to_owned(), response)
            })
            .collect();
        IntegrationResponses::compile(Some(&stored), &StageVariables::default(), &Alike::default()).unwrap()
    }

    fn selected(responses: &IntegrationResponses, subject: Option<&str>) -> Option<u16> {
        responses.select(subject).ok().map(|response| response.status.as_ref().unwrap().as_u16())
    }

    #[test]
    fn patterns_match_whole_texts() {
        let responses =
            responses(&[("200", None), ("400", Some(".*four hundred.*")), ("404", Some("4\\d{2}"))]);
        for (subject, expected) in [
            (Some("this is four hundred, sorry"), 400),
            (Some("404"), 404),
            (Some("499"), 404),
            (Some("4040"), 200),
            (Some("error 404"), 200),
            (Some(""), 200),
            (None, 200),
        ] {
            assert_eq!(selected(&responses, subject), Some(expected), "{subject:?}");
        }
    }

    #[test]
    fn without_a_default_nothing_may_match() {
        let responses = responses(&[("500", Some("5\\d{2}"))]);
        assert_eq!(selected(&responses, Some("500")), Some(500));
        assert_eq!(selected(&responses, Some("200")), None);
        assert_eq!(selected(&responses, None), None);
    }

    #[test]
    fn an_empty_pattern_is_the_default_and_the_lowest_status_goes_first() {
        let responses = responses(&[("201", None), ("200", Some("")), ("404", None)]);
        assert_eq!(selected(&responses, Some("404")), Some(200));
    }

    #[test]
    fn alternatives_stay_inside_the_anchors() {
        let responses = responses(&[("200", None), ("400", Some("a|b"))]);
        assert_eq!(selected(&responses, Some("a")), Some(400));
        assert_eq!(selected(&responses, Some("ac")), Some(200));
        assert_eq!(selected(&responses, Some("cb")), Some(200));
    }

    #[test]
    fn patterns_that_cannot_be_run_are_refused() {
        let stored = IndexMap::from_iter([(
            "400".to_owned(),
            IntegrationResponse {
                status_code: Some("400".to_owned()),
                selection_pattern: Some("(?!x)".to_owned()),
                ..IntegrationResponse::default()
            },
        )]);
        let error =
            IntegrationResponses::compile(Some(&stored), &StageVariables::default(), &Alike::default())
                .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the selection pattern \"(?!x)\" of the response 400 cannot be run")
        );
    }
}
