//! Selection expressions: which of several keys an event or an answer leads to (API Gateway developer
//! guide, "WebSocket selection expressions in API Gateway").

use http::{HeaderName, StatusCode};
use jsonpath::{JsonPath, PathError};
use serde_json::Value;

use crate::exchange::{Context, ContextScope, StageVariables, Variable};
use crate::message::Headers;

/// The key that is meant where no other is.
pub(super) const DEFAULT: &str = "$default";

/// An expression that cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SelectionError {
    /// A variable that these expressions do not have.
    #[error("{0} is no variable of selection expressions")]
    Variable(String),
    /// Its JSONPath is none.
    #[error("{variable}: {why}")]
    Path {
        /// The variable.
        variable: String,
        /// What is wrong.
        why: PathError,
    },
    /// A brace is not closed.
    #[error("the variable in {0} has no end")]
    Open(String),
}

/// An expression, compiled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(Box<str>),
    /// `$request.body.x`
    Body(JsonPath),
    /// `$request.header.x`
    Header(HeaderName),
    /// `$integration.response.statuscode`
    Status,
    /// `$integration.response.header.x`, `$integration.response.multivalueheader.x`
    AnswerHeader(HeaderName),
    /// `$context.x`
    Context(Variable),
    /// A stage variable that the stage does not have.
    Nothing,
}

/// What an expression reads.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The message, if it is JSON.
    pub(super) body: Option<&'a Value>,
    /// The headers of the upgrade request.
    pub(super) headers: &'a Headers,
    /// The variables.
    pub(super) context: &'a Context<'a>,
    /// What the integration answered, once it has.
    pub(super) answer: Option<(StatusCode, &'a Headers)>,
}

impl Selection {
    /// Compiles `text`.
    ///
    /// # Errors
    /// The first thing in it that cannot be evaluated.
    pub(super) fn compile(text: &str, variables: &StageVariables) -> Result<Self, SelectionError> {
        let mut pieces = Pieces::default();
        let mut rest = text;
        // The key of what is meant otherwise is written as a variable too.
        if text == DEFAULT {
            return Ok(Self(vec![Piece::Text(DEFAULT.into())]));
        }
        while let Some(at) = rest.find(['$', '\\']) {
            let (before, special) = rest.split_at(at);
            pieces.text(before);
            if let Some(escaped) = special.strip_prefix("\\$") {
                pieces.text("$");
                rest = escaped;
            } else if let Some(braced) = special.strip_prefix("${") {
                let (name, after) =
                    braced.split_once('}').ok_or_else(|| SelectionError::Open(text.to_owned()))?;
                pieces.variable(name, variables)?;
                rest = after;
            } else if let Some(named) = special.strip_prefix('$') {
                let (name, after) = named.split_at(name_length(named));
                pieces.variable(name, variables)?;
                rest = after;
            } else {
                pieces.text("\\");
                rest = special.get(1..).unwrap_or_default();
            }
        }
        pieces.text(rest);
        Ok(Self(pieces.0))
    }

    /// The key that the expression comes to; `None` if something in it has no value.
    pub(super) fn key(&self, seen: &Seen<'_>) -> Option<String> {
        let mut key = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => key.push_str(text),
                Piece::Body(path) => match &*path.read(seen.body?).ok()? {
                    Value::Null => return None,
                    Value::String(text) => key.push_str(text),
                    other => key.push_str(&other.to_string()),
                },
                Piece::Header(name) => key.push_str(seen.headers.get(name)?.to_str().ok()?),
                Piece::Status => key.push_str(seen.answer?.0.as_str()),
                Piece::AnswerHeader(name) => {
                    let values = seen.answer?.1.get_all(name);
                    let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
                    if values.is_empty() {
                        return None;
                    }
                    key.push_str(&values.join(","));
                }
                Piece::Context(variable) => {
                    if !variable.write(seen.context, &mut key) {
                        return None;
                    }
                }
                Piece::Nothing => return None,
            }
        }
        Some(key)
    }
}

/// How much of `text` is the name of a variable that has no braces. A JSONPath may begin with its own
/// dollar sign: `request.body.$.x`.
fn name_length(text: &str) -> usize {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '[' | ']' | '*' | '\'');
    let goes_on = |at: usize, c: char| in_name(c) || c == '$' && text.get(..at) == Some("request.body.");
    text.char_indices().find(|(at, c)| !goes_on(*at, *c)).map_or(text.len(), |(at, _)| at)
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => *last = format!("{last}{text}").into(),
            _ => self.0.push(Piece::Text(text.into())),
        }
    }

    fn variable(&mut self, name: &str, variables: &StageVariables) -> Result<(), SelectionError> {
        let unknown = || SelectionError::Variable(format!("${name}"));
        // A full stop behind a variable ends a sentence.
        let (name, stop) = match name.strip_suffix('.') {
            Some(name) => (name, "."),
            None => (name, ""),
        };
        let body = |path: &str| {
            JsonPath::compile(path).map_err(|why| SelectionError::Path { variable: format!("${name}"), why })
        };
        let header = |name: &str| name.parse::<HeaderName>().map_err(|_| unknown());
        let piece = if name == "request.body" {
            Piece::Body(body("$")?)
        } else if let Some(path) = name.strip_prefix("request.body.") {
            Piece::Body(body(path)?)
        } else if let Some(name) = name.strip_prefix("request.header.") {
            Piece::Header(header(name)?)
        } else if name.eq_ignore_ascii_case("integration.response.statuscode") {
            Piece::Status
        } else if let Some(name) = name.strip_prefix("integration.response.header.") {
            Piece::AnswerHeader(header(name)?)
        } else if let Some(name) = name.strip_prefix("integration.response.multivalueheader.") {
            Piece::AnswerHeader(header(name)?)
        } else if let Some(name) = name.strip_prefix("context.") {
            Piece::Context(Variable::or_property(name, ContextScope::Everywhere).ok_or_else(unknown)?)
        } else if let Some(name) = name.strip_prefix("stageVariables.") {
            variables.get(name).map_or(Piece::Nothing, |value| Piece::Text(value.into()))
        } else if name == "default" {
            Piece::Text(DEFAULT.into())
        } else {
            return Err(unknown());
        };
        match piece {
            Piece::Text(text) => self.text(&text),
            piece => self.0.push(piece),
        }
        self.text(stop);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::proptest;
    use serde_json::json;

    use super::*;
    use crate::exchange::request::tests::request;
    use crate::exchange::{NOBODY, StageFacts};

    fn key(expression: &str, body: Option<&Value>) -> Option<String> {
        let variables = StageVariables::new([("suffix".to_owned(), "beta".to_owned())]);
        let selection = Selection::compile(expression, &variables).unwrap();
        let request = request("/prod", "prod");
        let stage = StageFacts { stage: "prod".into(), ..StageFacts::default() };
        let context = Context {
            request: &request,
            stage: &stage,
            resource: None,
            route_key: None,
            caller: &NOBODY,
            trace: None,
            outcome: None,
        };
        let mut answered = Headers::new();
        answered.append("x-kind", HeaderValue::from_static("a"));
        answered.append("x-kind", HeaderValue::from_static("b"));
        let sent = Headers::from_iter([(HeaderName::from_static("x-v"), HeaderValue::from_static("2"))]);
        let answer = Some((StatusCode::NOT_FOUND, &answered));
        selection.key(&Seen { body, headers: &sent, context: &context, answer })
    }

    /// Developer guide, "WebSocket selection expressions in API Gateway".
    #[test]
    fn expressions_come_to_keys() {
        let body = json!({"action": "join", "a": {"b": ["x", 7]}, "version": 1, "none": null, "yes": true});
        for (expression, expected) in [
            ("$request.body.action", Some("join")),
            ("${request.body.action}", Some("join")),
            ("$request.body.$.action", Some("join")),
            ("${request.body.version}-beta", Some("1-beta")),
            ("$request.body.a.b[0]", Some("x")),
            ("${request.body.a.b[1]}", Some("7")),
            ("$request.body.yes", Some("true")),
            ("$request.body.a", Some("{\"b\":[\"x\",7]}")),
            ("$request.body.none", None),
            ("$request.body.absent", None),
            ("$request.body.action.", Some("join.")),
            ("$request.body.action/$request.body.version", Some("join/1")),
            ("$request.header.x-v", Some("2")),
            ("$request.header.absent", None),
            ("$integration.response.statuscode", Some("404")),
            ("${integration.response.header.x-kind}", Some("a,b")),
            ("$integration.response.header.absent", None),
            ("$context.stage", Some("prod")),
            ("$stageVariables.suffix", Some("beta")),
            ("$stageVariables.absent", None),
            ("$default", Some("$default")),
            ("\\$default", Some("$default")),
            ("static", Some("static")),
            ("a\\b", Some("a\\b")),
        ] {
            assert_eq!(key(expression, Some(&body)).as_deref(), expected, "{expression}");
        }
        assert_eq!(key("$request.body.action", None), None);
        assert_eq!(key("static", None).as_deref(), Some("static"));
    }

    #[test]
    fn what_a_message_says_is_not_evaluated_again() {
        let body = json!({"action": "$request.body.other", "other": "secret"});
        assert_eq!(key("$request.body.action", Some(&body)).as_deref(), Some("$request.body.other"));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        for expression in ["$request.path.x", "$method.request.body", "${request.body.a", "$", "$context.no"]
        {
            assert!(Selection::compile(expression, &StageVariables::default()).is_err(), "{expression}");
        }
    }

    proptest! {
        #[test]
        fn no_expression_panics(text in "[$a-z{}.\\[\\]\\\\*'ü-]{0,40}") {
            let _ = Selection::compile(&text, &StageVariables::default());
        }
    }
}
