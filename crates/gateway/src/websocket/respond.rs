//! From the integration's answer to what the client gets, if it gets anything: the answer to an upgrade
//! request, or a message where the route has a route response (API Gateway developer guide, "Set up
//! route responses for WebSocket APIs").

use bytes::Bytes;
use http::StatusCode;

use super::selection::DEFAULT;
use super::stage::{CONNECT, Response, Target};
use super::steps::{Answer, Routed};
use crate::exchange::{
    Answered, Body, ConfigurationFault, EndpointResponse, IntegrationFault, Refusal, Subject, read_whole,
};
use crate::integration::http::call::{Exchange, unusable};
use crate::integration::lambda;
use crate::mapping::payload::{self, NotBase64};
use crate::mapping::source::AnswerView;
use crate::message::Headers;
use crate::rest::limits::PAYLOAD_BYTES;

/// The longest part of a function's error that is kept for the operator.
const SHOWN_OF_ERRORS: usize = 1024;

/// Maps the integration's answer.
///
/// # Errors
/// If no integration response meets it, or what meets it cannot be made of it.
pub(super) async fn respond(
    routed: &Routed<'_>,
    target: &Target,
    answered: Answered<'_>,
) -> Result<Answer, Refusal> {
    match answered {
        Answered::LambdaProxy(answer) => of_lambda_proxy(routed, answer).await,
        Answered::Http(call, answer) if matches!(call.exchange, Exchange::Passing) => {
            let EndpointResponse { status, headers, body, .. } = answer;
            let body = read(body).await?;
            Ok(shaped(routed, status, headers, body))
        }
        // No integration of a WebSocket API asks for one.
        Answered::LambdaStream(_) => {
            let feature = "streaming of a function's answer as a message".to_owned();
            Err(Refusal::ApiConfigurationError(ConfigurationFault::NotBuilt { feature }))
        }
        Answered::Mock(_, answer) | Answered::Http(_, answer) | Answered::Lambda(_, answer) => {
            by_mapping(routed, target, answer).await
        }
    }
}

/// HTTP, AWS and MOCK: an integration response makes the answer.
async fn by_mapping(
    routed: &Routed<'_>,
    target: &Target,
    answer: EndpointResponse,
) -> Result<Answer, Refusal> {
    let EndpointResponse { status, headers, body, subject } = answer;
    let connects = &*routed.route.facts.path == CONNECT;
    let (subject, failed) = match &subject {
        Subject::Status => (Some(status.as_str()), false),
        Subject::ErrorMessage(message) => (Some(&**message), true),
        Subject::Success => (None, false),
    };
    let responses = &target.responses;
    let selected = subject.and_then(|subject| {
        let mut all = responses.selected.iter();
        all.find(|(pattern, _)| pattern.is_match(subject)).map(|(_, response)| response)
    });
    let response = selected.or(responses.default.as_ref());
    // A failure that no response is made for is one to whoever connects.
    if failed && selected.is_none() && connects {
        let why = subject.unwrap_or_default().chars().take(SHOWN_OF_ERRORS).collect();
        return Err(Refusal::IntegrationFailure(IntegrationFault::FunctionError { why }));
    }
    if !routed.route.two_way && !connects {
        return Ok(Answer { status, ..Answer::default() });
    }
    let Some(response) = response else {
        if connects {
            return Ok(Answer { status, ..Answer::default() });
        }
        return Err(Refusal::ApiConfigurationError(ConfigurationFault::NoIntegrationResponse));
    };
    let body = read(body).await?;
    let (headers, body) = mapped(routed, response, status, &headers, body)?;
    Ok(Answer { status, headers, body: Some(body) })
}

fn mapped(
    routed: &Routed<'_>,
    response: &Response,
    status: StatusCode,
    answer_headers: &Headers,
    body: Bytes,
) -> Result<(Headers, Bytes), Refusal> {
    // What is no text is binary: WebSocket APIs name no media types.
    let binary = std::str::from_utf8(&body).is_err();
    let converted = match response.handling {
        None => body,
        handling => payload::of_response(body, binary, false, handling)
            .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?,
    };
    let context = routed.context();
    let seen = routed.seen(&context, Some((status, answer_headers)));
    let key = match &response.template {
        Some(selection) => selection.key(&seen),
        None => Some("application/json".to_owned()),
    };
    let templates = &response.templates;
    let template = key.as_deref().and_then(|key| templates.named(key)).or_else(|| templates.named(DEFAULT));
    let mut overrides = routed.overrides.clone();
    let body = match template.flatten() {
        Some(template) => {
            let variables = &routed.stage.variables;
            template.render_response(&routed.view(), variables, &converted, None, &mut overrides)?
        }
        None => converted.clone(),
    };
    let mut headers = Headers::new();
    let answer = AnswerView { headers: answer_headers, body: &converted };
    response.parameters.headers_of(&routed.view(), &answer)?.set_on(&mut headers);
    Ok((headers, body))
}

/// AWS_PROXY: the function makes the answer.
async fn of_lambda_proxy(routed: &Routed<'_>, answer: EndpointResponse) -> Result<Answer, Refusal> {
    if let Subject::ErrorMessage(message) = answer.subject {
        let why = message.chars().take(SHOWN_OF_ERRORS).collect();
        return Err(Refusal::IntegrationFailure(IntegrationFault::FunctionError { why }));
    }
    let payload = read(answer.body).await?;
    let answer = lambda::decode(&payload)
        .map_err(|why| Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why }))?;
    let body = if answer.base64 {
        payload::decoded(&answer.body)
            .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?
    } else {
        answer.body
    };
    Ok(shaped(routed, answer.status, answer.headers, body))
}

/// What a proxy has answered: all of it for whoever connects, the body alone for a two-way route.
fn shaped(routed: &Routed<'_>, status: StatusCode, headers: Headers, body: Bytes) -> Answer {
    let connects = &*routed.route.facts.path == CONNECT;
    let wanted = connects || routed.route.two_way;
    // There is nothing to be said by an empty answer.
    let body = Some(body).filter(|body| wanted && !body.is_empty());
    Answer { status, headers: if connects { headers } else { Headers::new() }, body }
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    read_whole(body, PAYLOAD_BYTES).await.map_err(unusable)
}
