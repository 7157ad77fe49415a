//! From the client's request to the integration's: templates, parameters, events.

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use ports::functions::InvocationType;
use vtl::Overrides;

use super::limits::PAYLOAD_BYTES;
use super::measure::unreadable;
use crate::exchange::{
    Body, Call, Client, ConfigurationFault, Matched, Prepared, Refusal, Trace, Validated, read_whole,
};
use crate::integration::Integration;
use crate::integration::http::call::{Exchange, HttpCall, Mapping, Outgoing};
use crate::integration::lambda::{CLIENT_CONTEXT, EventRequest, INVOCATION_TYPE, Lambda, LambdaProxy};
use crate::integration::mock::{self, Mock};
use crate::mapping::headers::TRACE_ID;
use crate::mapping::payload::{self, NotBase64};
use crate::mapping::templates::{Compiled, Passthrough, Templates};
use crate::message::Headers;

/// Makes the integration's request. Reads the body only if something needs it whole.
///
/// # Errors
/// What the client gets if there is no such request.
pub(super) async fn prepare<'r>(validated: Validated<'r>) -> Result<Prepared<'r>, Refusal> {
    let Validated(matched) = validated;
    let request = matched.request;
    let trace = || Trace::continued(matched.headers.get(TRACE_ID), request.received, request.ids.trace());
    match &matched.method.integration {
        Integration::Unusable(fault) => Err(Refusal::ApiConfigurationError(fault.clone())),
        Integration::Mock(mock) => to_mock(matched, mock).await,
        Integration::Http(call) => {
            let trace = trace();
            match &call.exchange {
                Exchange::Passing => pass_to_http(matched, call, trace).await,
                Exchange::Mapping(mapping) => {
                    let (client, outgoing) = map_to_http(matched, call, mapping, trace).await?;
                    Ok(Prepared { call: Call::Http(call, Box::new(outgoing)), client })
                }
            }
        }
        Integration::Service(service) => {
            let trace = trace();
            let call = &service.http;
            // The requests of these are always mapped.
            let Exchange::Mapping(mapping) = &call.exchange else {
                return Err(Refusal::ApiConfigurationError(ConfigurationFault::NoIntegration));
            };
            let (client, outgoing) = map_to_http(matched, call, mapping, trace).await?;
            let callers = client.matched.caller.credentials.clone();
            Ok(Prepared { call: Call::Service(service, Box::new(outgoing), callers), client })
        }
        Integration::LambdaProxy(proxy) => {
            let trace = trace();
            to_lambda_proxy(matched, proxy, trace).await
        }
        Integration::Lambda(lambda) => {
            let trace = trace();
            to_lambda(matched, lambda, trace).await
        }
    }
}

async fn to_mock<'r>(matched: Box<Matched<'r>>, mock: &'r Mock) -> Result<Prepared<'r>, Refusal> {
    let (mut client, _) = whole(matched, None).await?;
    let content_type = content_type(&client.matched.headers);
    let template = mock.templates.for_request(content_type, mock.passthrough)?;
    let known = template.and_then(|template| mock.known(template));
    let status = match (known, template) {
        (Some(status), _) => status,
        (None, Some(template)) => {
            let binary = client.matched.stage.binary.are_sent_by(content_type);
            let payload = payload::of_request(client.payload.clone(), binary, None)
                .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?;
            mock::status(&rendered(template, &mut client, &payload)?)?
        }
        (None, None) => mock::status(&client.payload)?,
    };
    Ok(Prepared { call: Call::Mock(mock, status), client })
}

async fn pass_to_http<'r>(
    matched: Box<Matched<'r>>,
    call: &'r HttpCall,
    trace: Trace,
) -> Result<Prepared<'r>, Refusal> {
    let read = call.parameters.read_body();
    let (mut client, body) =
        if read { whole(matched, Some(trace)).await? } else { unread(matched, Some(trace)) };
    let mapped = call.mapped(&client.view(), &client.overrides)?;
    // Nobody looks at the headers again: they go on as they are.
    let headers = std::mem::take(&mut client.matched.headers);
    let outgoing = call.passing(mapped, client.matched.request, headers, body, client.trace.as_ref());
    Ok(Prepared { call: Call::Http(call, Box::new(outgoing)), client })
}

async fn map_to_http<'r>(
    matched: Box<Matched<'r>>,
    call: &'r HttpCall,
    mapping: &'r Mapping,
    trace: Trace,
) -> Result<(Client<'r>, Outgoing), Refusal> {
    let (mut client, _) = whole(matched, Some(trace)).await?;
    let payload = converted(&mut client, &mapping.templates, mapping.passthrough, mapping.handling)?;
    let mapped = call.mapped(&client.view(), &client.overrides)?;
    let content_type = client.matched.headers.get(CONTENT_TYPE).cloned();
    let outgoing =
        call.mapping(mapping, mapped, client.matched.request, content_type, payload, client.trace.as_ref());
    Ok((client, outgoing))
}

async fn to_lambda_proxy<'r>(
    matched: Box<Matched<'r>>,
    proxy: &'r LambdaProxy,
    trace: Trace,
) -> Result<Prepared<'r>, Refusal> {
    let (client, _) = whole(matched, Some(trace)).await?;
    let trace = client.trace_header();
    let event = proxy.event.render(&EventRequest {
        context: client.context(),
        headers: &client.matched.headers,
        header_names: &client.matched.header_names,
        path: &client.matched.path,
        trace,
        body: &client.payload,
        binary: client.matched.stage.binary.are_sent_by(content_type(&client.matched.headers)),
    });
    let request = proxy.invocation.request(
        &client.matched.caller,
        event,
        InvocationType::RequestResponse,
        trace,
        None,
    )?;
    Ok(Prepared { call: Call::LambdaProxy(proxy, Box::new(request)), client })
}

async fn to_lambda<'r>(
    matched: Box<Matched<'r>>,
    lambda: &'r Lambda,
    trace: Trace,
) -> Result<Prepared<'r>, Refusal> {
    let (mut client, _) = whole(matched, Some(trace)).await?;
    let mut payload = converted(&mut client, &lambda.templates, lambda.passthrough, lambda.handling)?;
    if payload.is_empty() {
        // Recorded from AWS: without a payload the function's event is an empty object.
        payload = Bytes::from_static(b"{}");
    }
    let headers = lambda.parameters.headers_of(&client.view(), &client.overrides, true)?;
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let invocation_type = match headers.get(&INVOCATION_TYPE).map(HeaderValue::as_bytes) {
        Some(b"Event") => InvocationType::Event,
        Some(b"DryRun") => InvocationType::DryRun,
        _ => InvocationType::RequestResponse,
    };
    let client_context = headers.get(&CLIENT_CONTEXT).and_then(text);
    let trace = client.trace_header();
    let request =
        lambda.invocation.request(&client.matched.caller, payload, invocation_type, trace, client_context)?;
    Ok(Prepared { call: Call::Lambda(lambda, Box::new(request)), client })
}

/// The payload as the integration sees it: rendered by the template for its type, or passed
/// on, converted as `contentHandling` says.
fn converted(
    client: &mut Client<'_>,
    templates: &Templates,
    passthrough: Passthrough,
    handling: Option<api::apigateway::ContentHandlingStrategy>,
) -> Result<Bytes, Refusal> {
    let content_type = content_type(&client.matched.headers);
    let template = templates.for_request(content_type, passthrough)?;
    let binary = client.matched.stage.binary.are_sent_by(content_type);
    let payload = payload::of_request(client.payload.clone(), binary, handling)
        .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?;
    Ok(match template {
        Some(template) => rendered(template, client, &payload)?,
        None => payload,
    })
}

/// What a request template makes of `payload`; the client keeps what it overrides.
fn rendered(template: &Compiled, client: &mut Client<'_>, payload: &[u8]) -> Result<Bytes, Refusal> {
    let mut overrides = std::mem::take(&mut client.overrides);
    let rendered =
        template.render_request(&client.view(), &client.matched.stage.variables, payload, &mut overrides)?;
    client.overrides = overrides;
    Ok(rendered)
}

fn content_type(headers: &Headers) -> Option<&str> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// Reads the body; what is left to hand on is the same again.
async fn whole(matched: Box<Matched<'_>>, trace: Option<Trace>) -> Result<(Client<'_>, Body), Refusal> {
    let (mut client, body) = unread(matched, trace);
    if !matches!(body, Body::Empty) {
        client.payload = read_whole(body, PAYLOAD_BYTES).await.map_err(unreadable)?;
    }
    let again = Body::from(client.payload.clone());
    Ok((client, again))
}

fn unread(mut matched: Box<Matched<'_>>, trace: Option<Trace>) -> (Client<'_>, Body) {
    let body = std::mem::take(&mut matched.body);
    (Client { matched, payload: Bytes::new(), trace, overrides: Overrides::default() }, body)
}
