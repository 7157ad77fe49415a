//! Gateway responses of an API's own (API Gateway developer guide, "Gateway responses in API
//! Gateway"): what a refusal looks like to the client, where the API says so. Templates are texts in
//! which `$context`, `$stageVariables` and `$method.request` are replaced; nothing else is run.

use api::apigateway::{GatewayResponse, GatewayResponseType};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::StageVariables;
use super::limits::PAYLOAD_BYTES;
use super::reply::render_refusal;
use super::stage::CompiledStage;
use super::trie::Verb;
use crate::exchange::{
    Body, Caller, Context, ContextScope, HeaderNames, Outcome, PathParameters, Refusal, Request,
    ResourceFacts, Variable,
};
use crate::mapping::source::{RequestView, Source};
use crate::message::{Headers, Response};

const HEADER: &str = "gatewayresponse.header.";
const JSON: &str = "application/json";

/// The responses of an API that are not AWS's.
#[derive(Debug, Default)]
pub struct GatewayResponses {
    own: Vec<Customized>,
    /// The client's headers that they read, which otherwise nobody keeps.
    reads: Vec<HeaderName>,
}

#[derive(Debug)]
struct Customized {
    kind: GatewayResponseType,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, Source)>,
    /// By content type; none if the body is AWS's.
    templates: Vec<(Box<str>, Vec<Piece>)>,
}

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    Variable(Variable),
    Parameter(Source),
}

/// What is known of a request that was refused.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// The request.
    pub request: &'a Request,
    /// Its stage.
    pub stage: &'a CompiledStage,
    /// Its resource, if it had one.
    pub resource: Option<&'a ResourceFacts>,
    /// Who sent it, as far as that was known.
    pub caller: &'a Caller,
    /// The client's headers, as far as responses read them.
    pub headers: &'a Headers,
}

impl GatewayResponses {
    /// Of an API. A response that cannot be compiled is AWS's own; each such is told in `told`.
    pub(super) fn compile(
        stored: &[GatewayResponse],
        variables: &StageVariables,
        mut told: impl FnMut(&str, String),
    ) -> Self {
        let mut own = Vec::new();
        for response in stored {
            let Some(kind) = response.response_type else { continue };
            match Customized::compile(kind, response, variables) {
                Ok(compiled) => own.push(compiled),
                Err(why) => told(kind.as_str(), why),
            }
        }
        let mut reads: Vec<HeaderName> = own.iter().flat_map(Customized::reads).collect();
        reads.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        reads.dedup();
        Self { own, reads }
    }

    /// What has to be kept of a request's headers, in case that it is refused.
    pub(super) fn kept(&self, headers: &Headers) -> Headers {
        let mut kept = Headers::new();
        for name in &self.reads {
            for value in headers.get_all(name) {
                kept.append(name, value.clone());
            }
        }
        kept
    }

    fn of(&self, kind: &str) -> Option<&Customized> {
        self.own.iter().find(|response| response.kind.as_str() == kind)
    }

    /// What the client gets for a refusal: the response of its type, or else that of all errors of
    /// its class, or else AWS's. A status that is not set is that of the class, if that sets one.
    #[must_use]
    pub fn render(&self, refusal: &Refusal, of: &Refused<'_>) -> Response<Body> {
        let mut response = render_refusal(refusal, &of.request.ids);
        let row = refusal.response();
        // What comes before an API is known is nobody's; too large requests cannot be customized
        // (developer guide, "Gateway response types").
        if self.own.is_empty() || row.response_type.is_empty() || row.response_type == "REQUEST_TOO_LARGE" {
            return response;
        }
        let class = self.of(if row.status.is_client_error() { "DEFAULT_4XX" } else { "DEFAULT_5XX" });
        let Some(found) = self.of(row.response_type).or(class) else { return response };
        if let Some(status) = found.status.or_else(|| class.and_then(|class| class.status)) {
            *response.status_mut() = status;
        }
        let outcome =
            Outcome { status: response.status().as_u16(), refusal: Some(refusal), ..Outcome::default() };
        let path = parameters(of);
        let names = HeaderNames::default();
        let view = RequestView {
            request: of.request,
            headers: of.headers,
            header_names: &names,
            path: &path,
            body: &[],
            context: Context {
                request: of.request,
                stage: &of.stage.facts,
                resource: of.resource,
                route_key: None,
                caller: of.caller,
                trace: None,
                outcome: Some(&outcome),
            },
        };
        if let Some((content_type, pieces)) = found.template(of.headers) {
            let mut body = String::new();
            for piece in pieces {
                piece.write(&view, &mut body);
                // A client's header, repeated by a template, is no way to fill the memory.
                if body.len() > PAYLOAD_BYTES {
                    return response;
                }
            }
            *response.body_mut() = Body::from(Bytes::from(body));
            if let Ok(content_type) = HeaderValue::from_str(content_type) {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
        }
        for (name, source) in &found.headers {
            let value = source.values(&view, None).into_iter().next();
            // A value that is none in a header is left out, as an absent one is.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value.as_str()).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The values of the path's variables, found once more: refusals are rare.
fn parameters<'a>(of: &Refused<'a>) -> PathParameters<'a> {
    let path = of.request.path();
    match Verb::of(&of.request.method).and_then(|verb| of.stage.routes.resolve(verb, path)) {
        Some(route) => PathParameters::new(route.names, route.places, path),
        None => PathParameters::new(&[], Vec::new(), path),
    }
}

impl Customized {
    fn compile(
        kind: GatewayResponseType,
        stored: &GatewayResponse,
        variables: &StageVariables,
    ) -> Result<Self, String> {
        let status = stored.status_code.as_deref().filter(|code| !code.is_empty());
        let status = status.map(|code| StatusCode::from_bytes(code.as_bytes())).transpose();
        // It would not be the answer but an announcement of one.
        if status.as_ref().is_ok_and(|status| status.is_some_and(|status| status.is_informational())) {
            return Err("an interim status is no response".to_owned());
        }
        let mut headers = Vec::new();
        for (parameter, expression) in stored.response_parameters.iter().flatten() {
            let name = parameter.strip_prefix(HEADER).and_then(|name| name.parse::<HeaderName>().ok());
            let name = name.ok_or_else(|| format!("{parameter} is no header"))?;
            headers.push((name, source(expression, variables)?));
        }
        let templates = stored.response_templates.iter().flatten();
        let templates = templates.map(|(kind, text)| (kind.as_str().into(), pieces(text, variables)));
        Ok(Self {
            kind,
            status: status.map_err(|error| error.to_string())?,
            headers,
            templates: templates.collect(),
        })
    }

    /// The headers that it reads; `Accept` if there is a choice.
    fn reads(&self) -> impl Iterator<Item = HeaderName> {
        let pieces = self.templates.iter().flat_map(|(_, pieces)| pieces).filter_map(|piece| match piece {
            Piece::Parameter(source) => Some(source),
            Piece::Text(_) | Piece::Variable(_) => None,
        });
        let sources = self.headers.iter().map(|(_, source)| source).chain(pieces);
        let named = sources.filter_map(|source| match source {
            Source::Header(name) | Source::Headers(name) => Some(name.clone()),
            _ => None,
        });
        named.chain((self.templates.len() > 1).then_some(header::ACCEPT))
    }

    /// The template that the client accepts, else that for JSON, else the first.
    fn template(&self, headers: &Headers) -> Option<(&str, &[Piece])> {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or(JSON);
        let accepted = accept.split([',', ';']).next().unwrap_or_default().trim();
        let of_type = |kind: &str| self.templates.iter().find(|(own, _)| own.eq_ignore_ascii_case(kind));
        let found = of_type(accepted).or_else(|| of_type(JSON)).or_else(|| self.templates.first());
        found.map(|(kind, pieces)| (&**kind, &**pieces))
    }
}

/// The right side of a header's mapping. What went wrong may be named here too.
fn source(expression: &str, variables: &StageVariables) -> Result<Source, String> {
    if let Some(name) = expression.strip_prefix("context.")
        && let Some(variable) = Variable::named(name, ContextScope::AccessLog)
    {
        return Ok(Source::Context(variable));
    }
    Source::of_request(expression, variables).map_err(|error| error.to_string())
}

impl Piece {
    fn write(&self, view: &RequestView<'_>, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            // What has no value leaves nothing.
            Self::Variable(variable) => {
                variable.write(&view.context, out);
            }
            Self::Parameter(source) => {
                if let Some(value) = source.values(view, None).into_iter().next() {
                    out.push_str(value.as_str());
                }
            }
        }
    }
}

fn pieces(template: &str, variables: &StageVariables) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let (length, piece) = reference(behind, variables);
        match piece {
            Some(piece) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text).into()));
                }
                pieces.push(piece);
            }
            // A dollar sign that begins nothing is one.
            None if length == 0 => text.push('$'),
            None => {}
        }
        rest = behind.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    pieces
}

/// What is written behind a dollar sign: how long it is, and what it stands for, if for anything.
fn reference(text: &str, variables: &StageVariables) -> (usize, Option<Piece>) {
    let word = |more: &[u8]| {
        let name = text.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'.' || more.contains(c));
        text.get(..name.count()).unwrap_or_default().trim_end_matches('.')
    };
    if let Some(named) = text.strip_prefix("context.") {
        let whole = word(b"_-").len();
        if named.starts_with("authorizer.") {
            let name = text.get("context.".len()..whole).unwrap_or_default();
            let variable = Variable::named(name, ContextScope::AccessLog);
            let own = || Source::of_request(&format!("context.{name}"), variables).ok().map(Piece::Parameter);
            return (whole, variable.map(Piece::Variable).or_else(own));
        }
        return match Variable::longest_at(named, ContextScope::AccessLog) {
            Some((length, variable)) => ("context.".len() + length, Some(Piece::Variable(variable))),
            None => (word(b"").len(), None),
        };
    }
    if let Some(name) = word(b"_").strip_prefix("stageVariables.") {
        let value = variables.get(name).map(|value| Piece::Text(value.into()));
        return ("stageVariables.".len() + name.len(), value);
    }
    let name = word(b"_-");
    if name.starts_with("method.request.") {
        return (name.len(), Source::of_request(name, variables).ok().map(Piece::Parameter));
    }
    (0, None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(template: &str) -> Option<String> {
        let variables = StageVariables::new([("a".to_owned(), "1".to_owned())]);
        let mut out = String::new();
        for piece in pieces(template, &variables) {
            match piece {
                Piece::Text(text) => out.push_str(&text),
                Piece::Variable(_) | Piece::Parameter(_) => return None,
            }
        }
        Some(out)
    }

    #[test]
    fn what_begins_no_reference_is_text() {
        for (template, expected) in [
            ("", ""),
            ("$", "$"),
            ("$$ $5 ${context.stage} $input.body", "$$ $5 ${context.stage} $input.body"),
            ("$stageVariables.a.", "1."),
            ("$stageVariables.b|", "|"),
            ("$context.nonsense|", "|"),
            ("$method.request.body", "$method.request.body"),
        ] {
            let expected = (!template.ends_with("request.body")).then(|| expected.to_owned());
            assert_eq!(plain(template), expected, "{template}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_template(text in "(\\$|context\\.|stageVariables\\.|method\\.request\\.|[a-z.\u{e4}$]){0,40}") {
            let without = text.replace('$', "");
            let read = plain(&without);
            prop_assert_eq!(read, Some(without));
            pieces(&text, &StageVariables::default());
        }
    }
}
