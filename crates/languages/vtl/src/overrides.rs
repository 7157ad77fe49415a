//! `$context.requestOverride` and `$context.responseOverride`: what templates set there.

use serde_json::{Map, Value};

use crate::value::to_json;

/// What the templates of one request have overridden. The request template's overrides are
/// visible to the response template, and its `responseOverride` still counts at the end
/// (recorded from AWS).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(Option<Box<Set>>);

/// In a box: few templates override anything, and every request has a place for it.
#[derive(Clone, Debug, PartialEq)]
struct Set {
    request: Map<String, Value>,
    response: Map<String, Value>,
}

impl Overrides {
    pub(crate) fn new(request: Map<String, Value>, response: Map<String, Value>) -> Self {
        let any = !request.is_empty() || !response.is_empty();
        Self(any.then(|| Box::new(Set { request, response })))
    }

    /// Whether nothing is overridden.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn request(&self) -> Option<&Map<String, Value>> {
        self.0.as_ref().map(|set| &set.request)
    }

    pub(crate) fn response(&self) -> Option<&Map<String, Value>> {
        self.0.as_ref().map(|set| &set.response)
    }

    /// `$context.requestOverride.header`: names and values.
    pub fn request_headers(&self) -> impl Iterator<Item = (&str, String)> {
        entries(self.request(), "header")
    }

    /// `$context.requestOverride.querystring`
    pub fn request_query(&self) -> impl Iterator<Item = (&str, String)> {
        entries(self.request(), "querystring")
    }

    /// `$context.requestOverride.path`
    pub fn request_path(&self) -> impl Iterator<Item = (&str, String)> {
        entries(self.request(), "path")
    }

    /// `$context.responseOverride.header`
    pub fn response_headers(&self) -> impl Iterator<Item = (&str, String)> {
        entries(self.response(), "header")
    }

    /// `$context.responseOverride.status`
    #[must_use]
    pub fn response_status(&self) -> Option<String> {
        self.response()?.get("status").and_then(text)
    }
}

fn entries<'a>(
    overrides: Option<&'a Map<String, Value>>,
    kind: &str,
) -> impl Iterator<Item = (&'a str, String)> {
    let members = overrides.and_then(|overrides| overrides.get(kind)).and_then(Value::as_object);
    members.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), text(value)?)))
}

/// A value as it is sent. Nothing is sent for null (not recorded).
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => {
            let mut out = String::new();
            to_json(other, &mut out);
            Some(out)
        }
    }
}
