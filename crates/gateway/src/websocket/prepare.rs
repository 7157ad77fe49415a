//! From an event to the integration's request: templates, parameters, functions' events.

use bytes::Bytes;
use http::HeaderValue;
use ports::functions::InvocationType;

use super::event;
use super::selection::DEFAULT;
use super::stage::Target;
use super::steps::Routed;
use crate::exchange::{Body, Call, ConfigurationFault, Refusal};
use crate::integration::http::call::{Exchange, HttpCall, Mapping, Outgoing};
use crate::integration::lambda::{EventRequest, INVOCATION_TYPE};
use crate::integration::{Integration, mock};
use crate::mapping::payload::{self, NotBase64};
use crate::mapping::templates::{Compiled, Passthrough, Templates};

/// The key of templates that are chosen by the type of what they render, where the integration has no
/// expression that chooses; messages are JSON then (the developer guide's sample of a MOCK integration).
const JSON: &str = "application/json";

/// Makes the integration's request.
///
/// # Errors
/// What the client gets if there is no such request.
pub(super) fn prepare<'r>(routed: &mut Routed<'r>, target: &'r Target) -> Result<Call<'r>, Refusal> {
    match &target.integration {
        Integration::Unusable(fault) => Err(Refusal::ApiConfigurationError(fault.clone())),
        Integration::Mock(mock) => {
            let template = chosen(routed, target, &mock.templates, mock.passthrough)?;
            let known = template.and_then(|template| mock.known(template));
            let status = match (known, template) {
                (Some(status), _) => status,
                (None, Some(template)) => {
                    let body = routed.body.clone();
                    mock::status(&rendered(routed, template, &body)?)?
                }
                (None, None) => mock::status(&routed.body)?,
            };
            Ok(Call::Mock(mock, status))
        }
        Integration::Http(call) => match &call.exchange {
            Exchange::Passing => {
                let mapped = call.mapped(&routed.view(), &routed.overrides)?;
                let headers = std::mem::take(&mut routed.headers);
                let body = Body::from(routed.body.clone());
                let outgoing = call.passing(mapped, routed.request, headers, body, routed.trace.as_ref());
                Ok(Call::Http(call, Box::new(outgoing)))
            }
            Exchange::Mapping(mapping) => {
                Ok(Call::Http(call, Box::new(mapped(routed, target, call, mapping)?)))
            }
        },
        Integration::Service(service) => {
            // The requests of these are always mapped.
            let Exchange::Mapping(mapping) = &service.http.exchange else {
                return Err(Refusal::ApiConfigurationError(ConfigurationFault::NoIntegration));
            };
            let outgoing = mapped(routed, target, &service.http, mapping)?;
            Ok(Call::Service(service, Box::new(outgoing), routed.caller.credentials.clone()))
        }
        Integration::LambdaProxy(proxy) => {
            let of = EventRequest {
                context: routed.context(),
                headers: &routed.headers,
                header_names: &routed.header_names,
                path: &routed.path,
                trace: routed.trace_header(),
                body: &routed.body,
                binary: false,
            };
            let event = event::of_route(&of, &routed.stage.variables.to_event());
            let trace = routed.trace_header();
            let kind = InvocationType::RequestResponse;
            let request = proxy.invocation.request(&routed.caller, event, kind, trace, None)?;
            Ok(Call::LambdaProxy(proxy, Box::new(request)))
        }
        Integration::Lambda(lambda) => {
            let mut payload =
                converted(routed, target, &lambda.templates, lambda.passthrough, lambda.handling)?;
            if payload.is_empty() {
                // As with REST APIs: without a payload the function's event is an empty object.
                payload = Bytes::from_static(b"{}");
            }
            let headers = lambda.parameters.headers_of(&routed.view(), &routed.overrides, true)?;
            let kind = match headers.get(&INVOCATION_TYPE).map(HeaderValue::as_bytes) {
                Some(b"Event") => InvocationType::Event,
                Some(b"DryRun") => InvocationType::DryRun,
                _ => InvocationType::RequestResponse,
            };
            let trace = routed.trace_header();
            let request = lambda.invocation.request(&routed.caller, payload, kind, trace, None)?;
            Ok(Call::Lambda(lambda, Box::new(request)))
        }
    }
}

fn mapped(
    routed: &mut Routed<'_>,
    target: &Target,
    call: &HttpCall,
    mapping: &Mapping,
) -> Result<Outgoing, Refusal> {
    let payload = converted(routed, target, &mapping.templates, mapping.passthrough, mapping.handling)?;
    let mapped = call.mapped(&routed.view(), &routed.overrides)?;
    Ok(call.mapping(mapping, mapped, routed.request, None, payload, routed.trace.as_ref()))
}

/// The message as the integration sees it: rendered by the template that is chosen, or passed on,
/// converted as `contentHandlingStrategy` says.
fn converted(
    routed: &mut Routed<'_>,
    target: &Target,
    templates: &Templates,
    passthrough: Passthrough,
    handling: Option<api::apigateway::ContentHandlingStrategy>,
) -> Result<Bytes, Refusal> {
    let template = chosen(routed, target, templates, passthrough)?;
    let payload = payload::of_request(routed.body.clone(), false, handling)
        .map_err(|NotBase64| Refusal::ApiConfigurationError(ConfigurationFault::NotBase64))?;
    match template {
        Some(template) => rendered(routed, template, &payload),
        None => Ok(payload),
    }
}

/// The request template for an event; `None` if it is passed on as it is.
fn chosen<'t>(
    routed: &Routed<'_>,
    target: &Target,
    templates: &'t Templates,
    otherwise: Passthrough,
) -> Result<Option<&'t Compiled>, Refusal> {
    let context = routed.context();
    let key = match &target.template {
        Some(selection) => selection.key(&routed.seen(&context, None)),
        None => Some(JSON.to_owned()),
    };
    let found = key.as_deref().and_then(|key| templates.named(key)).or_else(|| templates.named(DEFAULT));
    match (found, otherwise) {
        (Some(template), _) => Ok(template),
        (None, Passthrough::WhenNoMatch) => Ok(None),
        (None, Passthrough::WhenNoTemplates) if templates.is_empty() => Ok(None),
        (None, Passthrough::WhenNoTemplates | Passthrough::Never) => {
            Err(Refusal::UnsupportedMediaType { content_type: key.unwrap_or_default() })
        }
    }
}

/// What a request template makes of `payload`; what it overrides is kept.
fn rendered(routed: &mut Routed<'_>, template: &Compiled, payload: &[u8]) -> Result<Bytes, Refusal> {
    let mut overrides = std::mem::take(&mut routed.overrides);
    let rendered =
        template.render_request(&routed.view(), &routed.stage.variables, payload, &mut overrides)?;
    routed.overrides = overrides;
    Ok(rendered)
}
