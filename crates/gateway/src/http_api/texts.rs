//! Texts of strangers, read as the steps read them but without the rooms around: what fuzz targets call.

use base::Timestamp;
use bytes::Bytes;
use http::StatusCode;
use indexmap::IndexMap;
use ports::functions::InvokeReply;

use super::event::PayloadFormat;
use super::jwt;
use super::lambda_answer::decode;
use super::lambda_authorizer::LambdaAuthorizer;
use super::parameters::{Altered, RequestParameters, ResponseParameters};
use super::routes::Variables;
use super::values::{Mapped, Place, View};
use crate::exchange::{Context, NOBODY, Request, StageFacts, StageVariables};
use crate::message::Headers;

/// A client's request with the payload that it is read with.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Its unchanging part.
    pub request: &'a Request,
    /// Its headers.
    pub headers: &'a Headers,
    /// Its payload, and that of the answer.
    pub body: &'a [u8],
    /// The stage that it is for.
    pub stage: &'a StageFacts,
}

/// The value of a mapping in a request and in its answer; nothing if it is none.
#[must_use]
pub fn mapped_value(text: &str, sent: Sent<'_>) -> [Option<String>; 2] {
    let variables = Variables::default();
    let view = view(sent, &variables);
    [Place::Request, Place::Answer].map(|place| {
        let mapped = Mapped::compile(text, place, &StageVariables::default()).ok()?;
        mapped.value(&view)
    })
}

/// What mapped parameters of this key and value make of a request and of its answer: the path and the query,
/// and the status. Nothing if they are none, or make what cannot be sent.
#[must_use]
pub fn mapped_parameters(key: &str, value: &str, sent: Sent<'_>) -> (Option<String>, Option<StatusCode>) {
    let variables = Variables::default();
    let view = view(sent, &variables);
    let none = StageVariables::default();
    let own = IndexMap::from([(key.to_owned(), value.to_owned())]);
    let altered = || {
        let parameters = RequestParameters::compile(Some(&own), &none).ok()?;
        let (headers, query) = (sent.headers.clone(), sent.request.query().to_owned());
        let mut altered = Altered { headers, query, path: None };
        parameters.apply(&view, &mut altered).ok()?;
        Some(format!("{}?{}", altered.path.unwrap_or_default(), altered.query))
    };
    let answered = || {
        let by_status = IndexMap::from([("200".to_owned(), own.clone())]);
        let parameters = ResponseParameters::compile(Some(&by_status), &none).ok()?;
        let (mut status, mut headers) = (StatusCode::OK, sent.headers.clone());
        parameters.apply(&view, &mut status, &mut headers).ok()?;
        Some(status)
    };
    (altered(), answered())
}

/// Whether a token, taken to be signed, would be believed for the audience `app` of this issuer, with the
/// scope `read`.
#[must_use]
pub fn token(given: &str, issuer: &str, now: Timestamp) -> bool {
    jwt::would_be_believed(given, issuer, &["app".into()], &["read".into()], now)
}

/// The status that a function's answer has for the client, in each payload format; nothing if it is malformed.
#[must_use]
pub fn function_answer(payload: &Bytes) -> [Option<StatusCode>; 2] {
    [PayloadFormat::V1, PayloadFormat::V2].map(|format| Some(decode(payload, format).ok()?.status))
}

/// Whether an authorizer's answer is a verdict, as a simple response and as a policy.
#[must_use]
pub fn authorizer_answer(payload: &Bytes) -> [bool; 2] {
    [true, false].map(|simple| {
        let reply = InvokeReply {
            payload: payload.clone(),
            function_error: None,
            executed_version: String::new(),
            log_tail: None,
            request_id: String::new(),
        };
        LambdaAuthorizer::says(simple, &reply).is_ok()
    })
}

fn view<'a>(sent: Sent<'a>, variables: &'a Variables<'a>) -> View<'a> {
    View {
        request: sent.request,
        headers: sent.headers,
        variables,
        body: sent.body,
        context: Context {
            request: sent.request,
            stage: sent.stage,
            resource: None,
            route_key: Some("$default"),
            caller: &NOBODY,
            trace: None,
            outcome: None,
        },
        answer: Some((sent.headers, sent.body)),
    }
}
