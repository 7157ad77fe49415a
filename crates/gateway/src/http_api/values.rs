//! What mapped parameters are given: `$request.header.x`, `$context.x`, texts, and texts with such
//! expressions in them (API Gateway developer guide, "Transform API requests and responses for HTTP
//! APIs in API Gateway").

use http::HeaderName;
use jsonpath::JsonPath;
use percent_encoding::percent_decode_str;

use super::routes::Variables;
use crate::exchange::{Context, ContextScope, Request, StageVariables, Variable};
use crate::mapping::query::Query;
use crate::message::Headers;

/// A value that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ValueError {
    /// What no request or answer has.
    #[error("{0} is not something that can be mapped")]
    Unknown(String),
    /// `${` without its `}`.
    #[error("{0} has an open brace")]
    Open(String),
    /// A path that leads nowhere in any JSON, or one of a kind that is not supported.
    #[error("{0} is not the path of a body's part")]
    Path(String),
}

/// A value: texts and expressions, one behind the other.
#[derive(Clone, Debug)]
pub(super) struct Mapped(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<str>),
    Source(Source),
}

#[derive(Clone, Debug)]
enum Source {
    Header(HeaderName),
    Query(Box<str>),
    Body,
    BodyPart(JsonPath),
    Path,
    PathVariable(Box<str>),
    AnswerHeader(HeaderName),
    AnswerBody,
    AnswerBodyPart(JsonPath),
    Context(Variable),
    StageVariable(Option<Box<str>>),
}

/// Where a value stands, and so what it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In what an integration gets, or identifies a caller.
    Request,
    /// In what a client gets.
    Answer,
}

/// What values are read from.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The unchanging part of the request.
    pub(super) request: &'a Request,
    /// The client's headers.
    pub(super) headers: &'a Headers,
    /// The values of the path's variables.
    pub(super) variables: &'a Variables<'a>,
    /// The client's body; empty if it was not read.
    pub(super) body: &'a [u8],
    /// The variables.
    pub(super) context: Context<'a>,
    /// The integration's answer: its headers, and its body, empty if it was not read.
    pub(super) answer: Option<(&'a Headers, &'a [u8])>,
}

impl Mapped {
    /// Of what a mapping says.
    ///
    /// # Errors
    /// If an expression in it is none.
    pub(super) fn compile(text: &str, place: Place, variables: &StageVariables) -> Result<Self, ValueError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            let braced = from.strip_prefix("${");
            let (expression, after) = match braced {
                Some(inner) => inner.split_once('}').ok_or_else(|| ValueError::Open(text.to_owned()))?,
                None => {
                    let name = from.get(1..).unwrap_or_default();
                    name.split_at(length(name))
                }
            };
            let known = ["request.", "response.", "context.", "stageVariables."];
            if braced.is_none() && !known.iter().any(|root| expression.starts_with(root)) {
                // A dollar sign that is one.
                plain.push('$');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(Piece::Source(Source::named(expression, place, variables)?));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Ok(Self(pieces))
    }

    /// Whether the client's body has to be read for it.
    pub(super) fn reads_body(&self) -> bool {
        self.sources().any(|source| matches!(source, Source::Body | Source::BodyPart(_)))
    }

    /// Whether the answer's body has to be read for it.
    pub(super) fn reads_answer_body(&self) -> bool {
        self.sources().any(|source| matches!(source, Source::AnswerBody | Source::AnswerBodyPart(_)))
    }

    /// The text, if nothing of it depends on a request.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            [Piece::Source(Source::StageVariable(Some(value)))] => Some(value),
            _ => None,
        }
    }

    /// The value; nothing if it is one expression that has none. In a longer text such an expression
    /// leaves no trace.
    pub(super) fn value(&self, view: &View<'_>) -> Option<String> {
        if let [Piece::Source(source)] = self.0.as_slice() {
            return source.value(view);
        }
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Source(source) => out.push_str(&source.value(view).unwrap_or_default()),
            }
        }
        Some(out)
    }

    fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Source(source) => Some(source),
            Piece::Text(_) => None,
        })
    }
}

/// How much of a text is an expression: names with dots between them, and what a JSON path has besides.
fn length(text: &str) -> usize {
    let mut end = 0;
    let mut open = false;
    for c in text.chars() {
        let belongs = match c {
            '[' => {
                open = true;
                true
            }
            ']' => std::mem::take(&mut open),
            '\'' | '"' | '*' | ',' | ':' | ' ' => open,
            '.' | '_' | '-' => true,
            c => c.is_ascii_alphanumeric(),
        };
        if !belongs {
            break;
        }
        end += c.len_utf8();
    }
    text.get(..end).unwrap_or_default().trim_end_matches('.').len()
}

impl Source {
    fn named(expression: &str, place: Place, variables: &StageVariables) -> Result<Self, ValueError> {
        let unknown = || ValueError::Unknown(expression.to_owned());
        let expression = expression.strip_prefix('$').unwrap_or(expression);
        if let Some(name) = expression.strip_prefix("stageVariables.") {
            return Ok(Self::StageVariable(variables.get(name).map(Into::into)));
        }
        if let Some(name) = expression.strip_prefix("context.") {
            let variable = Variable::or_property(name, ContextScope::AccessLog).ok_or_else(unknown)?;
            return Ok(Self::Context(variable));
        }
        if let Some(named) = expression.strip_prefix("response.").filter(|_| place == Place::Answer) {
            return match named.split_once('.') {
                Some(("header", name)) => name.parse().map(Self::AnswerHeader).map_err(|_| unknown()),
                _ => Ok(match body_part(named)?.ok_or_else(unknown)? {
                    None => Self::AnswerBody,
                    Some(path) => Self::AnswerBodyPart(path),
                }),
            };
        }
        let named = expression.strip_prefix("request.").ok_or_else(unknown)?;
        match named.split_once('.') {
            Some(("header", name)) => name.parse().map(Self::Header).map_err(|_| unknown()),
            Some(("querystring", name)) => Ok(Self::Query(name.into())),
            Some(("path", name)) => Ok(Self::PathVariable(name.into())),
            None if named == "path" => Ok(Self::Path),
            _ => Ok(match body_part(named)?.ok_or_else(unknown)? {
                None => Self::Body,
                Some(path) => Self::BodyPart(path),
            }),
        }
    }

    fn value(&self, view: &View<'_>) -> Option<String> {
        match self {
            Self::Header(name) => joined(view.headers, name),
            Self::Query(name) => {
                let values: Vec<_> = Query(view.request.query()).values(name).collect();
                (!values.is_empty()).then(|| values.join(","))
            }
            Self::Body => whole(view.body),
            Self::BodyPart(path) => part(path, view.body),
            Self::Path => {
                let path = percent_decode_str(view.request.path()).decode_utf8_lossy();
                Some(path.into_owned())
            }
            Self::PathVariable(name) => view.variables.get(name).map(str::to_owned),
            Self::AnswerHeader(name) => joined(view.answer?.0, name),
            Self::AnswerBody => whole(view.answer?.1),
            Self::AnswerBodyPart(path) => part(path, view.answer?.1),
            Self::Context(variable) => {
                let mut text = String::new();
                variable.write(&view.context, &mut text).then_some(text)
            }
            Self::StageVariable(value) => value.as_deref().map(str::to_owned),
        }
    }
}

/// The path behind `body`: `Some(None)` for all of it. Recursive descent and filters are not supported
/// (developer guide).
fn body_part(named: &str) -> Result<Option<Option<JsonPath>>, ValueError> {
    let Some(path) = named.strip_prefix("body") else { return Ok(None) };
    if path.is_empty() {
        return Ok(Some(None));
    }
    if !path.starts_with(['.', '[']) {
        return Ok(None);
    }
    let wrong = || ValueError::Path(named.to_owned());
    if path.contains("..") || path.contains("?(") {
        return Err(wrong());
    }
    let path = JsonPath::compile(&format!("${path}")).map_err(|_| wrong())?;
    Ok(Some(Some(path)))
}

/// Several values of a header are one, with commas between them.
pub(super) fn joined(headers: &Headers, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let first = values.next()?.into_owned();
    Some(values.fold(first, |all, next| all + "," + &next))
}

fn whole(body: &[u8]) -> Option<String> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}

/// A text as it is, anything else as JSON. A body that is no JSON has no parts.
fn part(path: &JsonPath, body: &[u8]) -> Option<String> {
    let body = serde_json::from_slice::<serde_json::Value>(body).ok()?;
    match &*path.read(&body).ok()? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::exchange::request::tests::request;
    use crate::exchange::{NOBODY, StageFacts};

    fn compiled(text: &str, place: Place) -> Result<Mapped, ValueError> {
        let variables = StageVariables::new([("color".to_owned(), "blue".to_owned())]);
        Mapped::compile(text, place, &variables)
    }

    fn value(text: &str) -> Option<String> {
        let mut headers = Headers::new();
        headers.append("x-a", HeaderValue::from_static("1"));
        headers.append("x-a", HeaderValue::from_static("2"));
        let answer = Headers::from_iter([(http::header::ETAG, HeaderValue::from_static("e"))]);
        let request = request("/prod/pets/7?q=a&q=b%20c&r=", "prod");
        let stage = StageFacts { stage: "prod".into(), ..StageFacts::default() };
        let mut routes = super::super::routes::Routes::default();
        routes.add("GET /pets/{id}", 0).unwrap();
        let found = routes.find(crate::rest::trie::Verb::Get, request.path()).unwrap();
        let view = View {
            request: &request,
            headers: &headers,
            variables: &found.variables,
            body: br#"{"a": {"b": [1, {"c": "x"}]}, "t": true, "n": null}"#,
            context: Context {
                request: &request,
                stage: &stage,
                resource: None,
                route_key: Some("GET /pets/{id}"),
                caller: &NOBODY,
                trace: None,
                outcome: None,
            },
            answer: Some((&answer, br#"{"message": "no"}"#)),
        };
        compiled(text, Place::Answer).unwrap().value(&view)
    }

    /// The tables of the developer guide.
    #[test]
    fn each_expression_has_its_value() {
        for (text, expected) in [
            ("$request.header.X-A", Some("1,2")),
            ("$request.header.x-b", None),
            ("$request.querystring.q", Some("a,b c")),
            ("$request.querystring.Q", None),
            ("$request.querystring.r", Some("")),
            ("$request.body.a.b[1].c", Some("x")),
            ("$request.body.a", Some(r#"{"b":[1,{"c":"x"}]}"#)),
            ("$request.body.t", Some("true")),
            ("$request.body.n", None),
            ("$request.body.absent", None),
            ("$request.path", Some("/pets/7")),
            ("$request.path.id", Some("7")),
            ("$response.header.ETag", Some("e")),
            ("$response.body.message", Some("no")),
            ("$context.stage", Some("prod")),
            ("$context.routeKey", Some("GET /pets/{id}")),
            ("$context.authorizer.x", None),
            ("$stageVariables.color", Some("blue")),
            ("$stageVariables.size", None),
            ("a text", Some("a text")),
            ("", Some("")),
            ("''", Some("''")),
            ("costs 5$", Some("costs 5$")),
            ("$5", Some("$5")),
            ("/v1/$request.path.id/toys", Some("/v1/7/toys")),
            ("${request.header.x-a}-${context.stage}", Some("1,2-prod")),
            ("$request.header.x-b.", None),
            ("<${stageVariables.size}>", Some("<>")),
        ] {
            if text == "$request.header.x-b." {
                assert_eq!(value(text).as_deref(), Some("."), "{text}");
            } else {
                assert_eq!(value(text).as_deref(), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let check = |text: &str, expected: ValueError| {
            assert_eq!(compiled(text, Place::Request).err(), Some(expected), "{text}");
        };
        check("$request.nonsense.x", ValueError::Unknown("request.nonsense.x".into()));
        check("$response.header.x", ValueError::Unknown("response.header.x".into()));
        check("$context.nonsense", ValueError::Unknown("context.nonsense".into()));
        check("${request.header.a", ValueError::Open("${request.header.a".into()));
        check("$request.body..a", ValueError::Path("body..a".into()));
        assert!(compiled("${other}", Place::Request).is_err());
    }

    #[test]
    fn a_body_is_read_only_where_it_is_asked_for() {
        let reads = |text: &str| {
            let mapped = compiled(text, Place::Answer).unwrap();
            (mapped.reads_body(), mapped.reads_answer_body())
        };
        assert_eq!(reads("$request.body.a"), (true, false));
        assert_eq!(reads("x${response.body.a}"), (false, true));
        assert_eq!(reads("$request.path"), (false, false));
    }
}
