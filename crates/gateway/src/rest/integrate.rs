//! Asking the integration.

use std::time::{Duration, Instant};

use ::http::{HeaderValue, StatusCode, header};
use ports::functions::{Functions, InvokeReply};

use crate::exchange::{Answered, Body, Call, EndpointResponse, Refusal, Subject};
use crate::integration::http::call::Exchange;
use crate::integration::lambda::LambdaProxy;
use crate::integration::{aws, http, lambda};
use crate::mapping::headers::REQUEST_ID;
use crate::message::Headers;

use crate::services::Services;

/// Sends the prepared request, `now`, and waits for the answer, as long as the method allows.
///
/// # Errors
/// What the client gets if there is no answer.
pub(crate) async fn integrate<'r>(
    call: Call<'r>,
    now: Instant,
    limit: Duration,
    services: Services<'_>,
) -> Result<Answered<'r>, Refusal> {
    let functions: &dyn Functions = &*services.doors.functions;
    let upstreams = &services.worker.upstreams;
    match call {
        Call::Mock(mock, status) => {
            let (headers, body, subject) = (Headers::new(), Body::Empty, Subject::Status);
            Ok(Answered::Mock(mock, EndpointResponse { status, headers, body, subject }))
        }
        Call::Http(call, outgoing) => {
            let whole = matches!(call.exchange, Exchange::Mapping(_));
            let answer = http::call::send(upstreams, *outgoing, now, limit, whole).await?;
            Ok(Answered::Http(call, answer))
        }
        Call::Service(call, outgoing, callers) => {
            let (signature, sessions) = (&call.signature, &services.doors.backends.sessions);
            let callers = callers.as_deref();
            let answer = aws::call(signature, *outgoing, callers, limit, sessions, upstreams).await?;
            Ok(Answered::Http(&call.http, answer))
        }
        Call::LambdaProxy(LambdaProxy { streams: Some(idle), .. }, request) => {
            let answer = lambda::invoke_streaming(functions, *request, limit, *idle).await?;
            Ok(Answered::LambdaStream(answer))
        }
        Call::LambdaProxy(LambdaProxy { streams: None, .. }, request) => {
            Ok(Answered::LambdaProxy(of_function(lambda::invoke(functions, *request, limit).await?)))
        }
        Call::Lambda(lambda, request) => {
            Ok(Answered::Lambda(lambda, of_function(lambda::invoke(functions, *request, limit).await?)))
        }
    }
}

/// The answer of Lambda's Invoke, whose status does not tell how the function fared.
fn of_function(reply: InvokeReply) -> EndpointResponse {
    let subject = match reply.function_error {
        Some(_) => Subject::ErrorMessage(lambda::error_message(&reply.payload)),
        None => Subject::Success,
    };
    let mut headers = Headers::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(version) = HeaderValue::from_str(&reply.executed_version) {
        headers.insert("x-amz-executed-version", version);
    }
    if let Ok(id) = HeaderValue::from_str(&reply.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(error) = reply.function_error {
        headers.insert("x-amz-function-error", HeaderValue::from_static(error));
    }
    EndpointResponse { status: StatusCode::OK, headers, body: Body::from(reply.payload), subject }
}
