//! Parameter mappings as a whole: an integration's `requestParameters`, an integration
//! response's `responseParameters`.

use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use vtl::Overrides;

use super::headers;
use super::source::{AnswerView, MappingError, RequestView, Source};
use crate::exchange::StageVariables;
use crate::exchange::{ConfigurationFault, Refusal};
use crate::message::{Headers, MOST_LINES};
use crate::rest::limits::HEADER_BYTES;

/// An integration's `requestParameters`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestParameters {
    /// `integration.request.header.x`
    pub headers: Vec<(HeaderName, Source)>,
    /// `integration.request.querystring.x`
    pub query: Vec<(Box<str>, Source)>,
    /// `integration.request.path.x`
    pub path: Vec<(Box<str>, Source)>,
}

impl RequestParameters {
    /// Of the stored mapping.
    ///
    /// # Errors
    /// The first entry that is no mapping.
    pub fn compile(
        stored: Option<&IndexMap<String, String>>,
        variables: &StageVariables,
    ) -> Result<Self, MappingError> {
        let mut compiled = Self::default();
        for (parameter, expression) in stored.into_iter().flatten() {
            let wrong = || MappingError::Parameter(parameter.clone());
            let (place, name) = parameter
                .strip_prefix("integration.request.")
                .and_then(|named| named.split_once('.'))
                .filter(|(_, name)| !name.is_empty())
                .ok_or_else(wrong)?;
            let source = Source::of_request(expression, variables)?;
            match place {
                "header" => compiled.headers.push((name.parse().map_err(|_| wrong())?, source)),
                "querystring" => compiled.query.push((name.into(), source)),
                "path" => compiled.path.push((name.into(), source)),
                _ => return Err(wrong()),
            }
        }
        Ok(compiled)
    }

    /// Whether nothing is mapped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.query.is_empty() && self.path.is_empty()
    }

    /// The first mapped header that makes every request fail, if there is one.
    #[must_use]
    pub fn unmappable_header(&self, aws: bool) -> Option<&HeaderName> {
        self.headers.iter().map(|(name, _)| name).find(|name| headers::is_unmappable(name, aws))
    }

    /// Whether a value is taken from the request's body.
    #[must_use]
    pub fn read_body(&self) -> bool {
        let sources = self.headers.iter().map(|(_, source)| source);
        let others = self.query.iter().chain(&self.path).map(|(_, source)| source);
        sources.chain(others).any(Source::reads_body)
    }

    /// The mapped headers of one request, and in their place those that its template
    /// overrides; `aws` tells integrations of AWS services from HTTP ones.
    ///
    /// # Errors
    /// If a value is none that a header can have, or a header is overridden that cannot be
    /// mapped.
    pub fn headers_of(
        &self,
        view: &RequestView<'_>,
        overrides: &Overrides,
        aws: bool,
    ) -> Result<MappedHeaders, Refusal> {
        let mut mapped = Vec::with_capacity(self.headers.len());
        for (name, source) in &self.headers {
            if !headers::is_mapped_in_vain(name) {
                push_header(name, source, view, None, &mut mapped)?;
            }
        }
        for (name, value) in overrides.request_headers() {
            let (name, value) = overridden(name, &value)?;
            if headers::is_unmappable(&name, aws) {
                let name = name.to_string();
                return Err(Refusal::ApiConfigurationError(ConfigurationFault::MappedHeader { name }));
            }
            mapped.retain(|(own, _)| *own != name);
            if mapped.len() >= MOST_LINES {
                return Err(not_sent(name.as_str()));
            }
            if !headers::is_mapped_in_vain(&name) {
                mapped.push((name, value));
            }
        }
        Ok(MappedHeaders(mapped))
    }
}

/// An integration response's `responseParameters`: headers only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseParameters(Vec<(HeaderName, Source)>);

impl ResponseParameters {
    /// Of the stored mapping.
    ///
    /// # Errors
    /// The first entry that is no mapping.
    pub fn compile(
        stored: Option<&IndexMap<String, String>>,
        variables: &StageVariables,
    ) -> Result<Self, MappingError> {
        let mut compiled = Vec::new();
        for (parameter, expression) in stored.into_iter().flatten() {
            let name = parameter
                .strip_prefix("method.response.header.")
                .and_then(|name| name.parse::<HeaderName>().ok())
                .ok_or_else(|| MappingError::Parameter(parameter.clone()))?;
            let source = Source::of_response(expression, variables)?;
            // What is renamed on its way to the client is renamed here, once.
            if let Some(name) = headers::name_in_answer(name) {
                compiled.push((name, source));
            }
        }
        Ok(Self(compiled))
    }

    /// Whether a value is taken from the answer's body.
    #[must_use]
    pub fn read_body(&self) -> bool {
        self.0.iter().any(|(_, source)| source.reads_answer_body())
    }

    /// The mapped headers of one answer.
    ///
    /// # Errors
    /// If a value is none that a header can have.
    pub fn headers_of(
        &self,
        view: &RequestView<'_>,
        answer: &AnswerView<'_>,
    ) -> Result<MappedHeaders, Refusal> {
        let mut mapped = Vec::with_capacity(self.0.len());
        for (name, source) in &self.0 {
            push_header(name, source, view, Some(answer), &mut mapped)?;
        }
        Ok(MappedHeaders(mapped))
    }
}

/// Headers that mappings gave: the values of one name stand behind each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedHeaders(Vec<(HeaderName, HeaderValue)>);

impl MappedHeaders {
    /// Sets the headers on `out`, in place of any of the same name.
    pub fn set_on(self, out: &mut Headers) {
        let mut last: Option<HeaderName> = None;
        for (name, value) in self.0 {
            if last.as_ref() == Some(&name) {
                out.append(name, value);
            } else {
                out.insert(name.clone(), value);
                last = Some(name);
            }
        }
    }

    /// The value of `name`, if it was mapped.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }
}

/// A header that a template overrides.
///
/// # Errors
/// If it is none.
pub fn overridden(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Refusal> {
    let header = || Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?));
    (value.len() <= HEADER_BYTES).then(header).flatten().ok_or_else(|| not_sent(name))
}

/// That no message has this header, whose value cannot be sent or that is one too many.
pub(super) fn not_sent(name: &str) -> Refusal {
    Refusal::ApiConfigurationError(ConfigurationFault::HeaderValue { name: name.to_owned() })
}

fn push_header(
    name: &HeaderName,
    source: &Source,
    view: &RequestView<'_>,
    answer: Option<&AnswerView<'_>>,
    out: &mut Vec<(HeaderName, HeaderValue)>,
) -> Result<(), Refusal> {
    for value in source.values(view, answer) {
        let text = Some(value.as_str()).filter(|text| text.len() <= HEADER_BYTES);
        let value = text.and_then(|text| HeaderValue::from_str(text).ok()).ok_or_else(|| {
            Refusal::ApiConfigurationError(ConfigurationFault::HeaderValue { name: name.to_string() })
        })?;
        out.push((name.clone(), value));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(entries: &[(&str, &str)]) -> IndexMap<String, String> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn compiled(entries: &[(&str, &str)]) -> Result<RequestParameters, MappingError> {
        RequestParameters::compile(Some(&stored(entries)), &StageVariables::default())
    }

    #[test]
    fn the_left_side_says_where_the_value_goes() {
        let parameters = compiled(&[
            ("integration.request.header.X-A", "'1'"),
            ("integration.request.querystring.b.c", "'2'"),
            ("integration.request.path.d", "'3'"),
        ])
        .unwrap();
        assert_eq!(parameters.headers, [("x-a".parse().unwrap(), Source::Literal("1".into()))]);
        assert_eq!(parameters.query, [("b.c".into(), Source::Literal("2".into()))]);
        assert_eq!(parameters.path, [("d".into(), Source::Literal("3".into()))]);
        assert!(!parameters.read_body());
    }

    #[test]
    fn other_left_sides_are_refused() {
        for left in [
            "integration.request.cookie.x",
            "integration.request.header.",
            "x",
            "integration.request.header.a b",
        ] {
            assert_eq!(compiled(&[(left, "'1'")]), Err(MappingError::Parameter(left.to_owned())));
        }
        let stored = stored(&[("method.response.body", "'1'")]);
        assert_eq!(
            ResponseParameters::compile(Some(&stored), &StageVariables::default()),
            Err(MappingError::Parameter("method.response.body".to_owned()))
        );
    }

    #[test]
    fn mapping_the_gateways_own_headers_is_found() {
        let found = |name: &str, aws| {
            let parameters = compiled(&[(&format!("integration.request.header.{name}"), "'1'")]).unwrap();
            parameters.unmappable_header(aws).is_some()
        };
        assert!(found("Content-Length", false));
        assert!(found("Transfer-Encoding", true));
        assert!(!found("Authorization", false));
        assert!(found("Authorization", true));
        assert!(!found("Host", true));
    }

    #[test]
    fn a_mapping_from_the_body_needs_the_body() {
        assert!(
            compiled(&[("integration.request.querystring.x", "method.request.body")]).unwrap().read_body()
        );
    }

    #[test]
    fn remapped_names_are_known_at_compile_time() {
        let stored = stored(&[
            ("method.response.header.Server", "'1'"),
            ("method.response.header.Transfer-Encoding", "'2'"),
            ("method.response.header.Via", "'3'"),
        ]);
        let compiled = ResponseParameters::compile(Some(&stored), &StageVariables::default()).unwrap();
        let names: Vec<_> = compiled.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-amzn-remapped-server", "via"]);
    }
}
