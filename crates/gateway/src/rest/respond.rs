//! From the integration's answer to the client's.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};

use super::limits::PAYLOAD_BYTES;
use crate::exchange::{
    Answered, Body, Client, ConfigurationFault, EndpointResponse, IdSource, IntegrationFault, Refusal, Reply,
    Subject, read_whole,
};
use crate::integration::http::call::{Exchange, unusable};
use crate::integration::lambda;
use crate::mapping::headers::{TRACE_ID, remap_answer};
use crate::mapping::payload::{self, NotBase64};
use crate::mapping::responses::IntegrationResponses;

/// The longest part of a function's error that is kept for the operator.
const SHOWN_OF_ERRORS: usize = 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Maps the integration's answer.
///
/// # Errors
/// If no integration response meets it, or what meets it cannot be made of it.
pub(super) async fn respond(
    answered: Answered<'_>,
    client: &Client<'_>,
    ids: &IdSource,
) -> Result<Reply, Refusal> {
    match answered {
        Answered::Mock(mock, answer) => by_mapping(&mock.responses, answer, client).await,
        Answered::Http(call, answer) => match &call.exchange {
            Exchange::Passing => passing(answer, call.streams),
            Exchange::Mapping(mapping) => {
                let reply = by_mapping(&mapping.responses, answer, client).await?;
                Ok(with_trace(reply, client.trace.as_ref().map(|trace| trace.header().to_owned())))
            }
        },
        Answered::LambdaProxy(answer) => {
            let reply = of_lambda_proxy(answer, client).await?;
            Ok(with_trace(reply, client.trace.as_ref().map(|trace| trace.with_segment(ids))))
        }
        Answered::LambdaStream(streamed) => {
            let EndpointResponse { status, mut headers, body, subject: _ } = streamed.answer;
            remap_answer(&mut headers);
            headers.insert_if_absent(header::CONTENT_TYPE, || JSON);
            let reply = Reply { status, headers, body };
            Ok(with_trace(reply, client.trace.as_ref().map(|trace| trace.with_segment(ids))))
        }
        Answered::Lambda(lambda, answer) => {
            let reply = by_mapping(&lambda.responses, answer, client).await?;
            Ok(with_trace(reply, client.trace.as_ref().map(|trace| trace.with_segment(ids))))
        }
    }
}

/// HTTP, AWS and MOCK: an integration response makes the answer.
async fn by_mapping(
    responses: &IntegrationResponses,
    answer: EndpointResponse,
    client: &Client<'_>,
) -> Result<Reply, Refusal> {
    let EndpointResponse { status, headers, body, subject } = answer;
    let response = match &subject {
        Subject::Status => responses.select(Some(status.as_str())),
        Subject::ErrorMessage(message) => responses.select(Some(message)),
        Subject::Success => responses.select(None),
    }?;
    let body = read_answer(body).await?;
    let (stage, overrides) = (client.matched.stage, client.overrides.clone());
    response.reply(&client.view(), &headers, body, &stage.binary, &stage.variables, overrides)
}

/// HTTP_PROXY: the answer passes, its body frame by frame. One that `streams` may be of any size, but must
/// not stand still for longer than that.
fn passing(answer: EndpointResponse, streams: Option<Duration>) -> Result<Reply, Refusal> {
    let EndpointResponse { status, mut headers, body, subject: _ } = answer;
    remap_answer(&mut headers);
    headers.insert_if_absent(header::CONTENT_TYPE, || JSON);
    let body = match streams {
        Some(idle) => body.never_idle_for(idle),
        None => body.within(PAYLOAD_BYTES).map_err(unusable)?,
    };
    Ok(Reply { status, headers, body })
}

/// AWS_PROXY: the function makes the answer.
async fn of_lambda_proxy(answer: EndpointResponse, client: &Client<'_>) -> Result<Reply, Refusal> {
    if let Subject::ErrorMessage(message) = answer.subject {
        let why = message.chars().take(SHOWN_OF_ERRORS).collect();
        return Err(Refusal::IntegrationFailure(IntegrationFault::FunctionError { why }));
    }
    let payload = read_answer(answer.body).await?;
    let answer = lambda::decode(&payload)
        .map_err(|why| Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why }))?;
    let accept = client.matched.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let body = if answer.base64 && client.matched.stage.binary.are_accepted_by(accept) {
        payload::decoded(&answer.body)
            .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?
    } else {
        answer.body
    };
    let mut headers = answer.headers;
    remap_answer(&mut headers);
    headers.insert_if_absent(header::CONTENT_TYPE, || JSON);
    Ok(Reply { status: answer.status, headers, body: Body::from(body) })
}

fn with_trace(mut reply: Reply, trace: Option<String>) -> Reply {
    if let Some(trace) = trace.and_then(|trace| HeaderValue::from_str(&trace).ok()) {
        reply.headers.insert_if_absent(TRACE_ID, || trace);
    }
    reply
}

async fn read_answer(body: Body) -> Result<Bytes, Refusal> {
    read_whole(body, PAYLOAD_BYTES).await.map_err(unusable)
}
