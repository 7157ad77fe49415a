//! A route's integration, compiled. WebSocket APIs integrate as REST APIs do; only how templates and
//! responses are chosen is their own.

use api::apigateway::{self, ConnectionType, ContentHandlingStrategy, IntegrationType};
use api::apigatewayv2::{self as v2, Integration as Stored, Route as StoredRoute};
use documents::apigatewayv2::IntegrationDocument;
use indexmap::IndexMap;

use super::compile::Within;
use super::selection::{DEFAULT, Selection};
use super::stage::{Response, Responses, Target};
use crate::exchange::ConfigurationFault;
use crate::integration::Integration;
use crate::mapping::parameters::ResponseParameters;
use crate::mapping::templates::Templates;
use crate::rest::limits::{LONGEST_TIMEOUT, SHORTEST_TIMEOUT};
use crate::rest::{IntegrationPlace, compile_integration};

/// What a route leads to, if it leads anywhere.
///
/// # Errors
/// Why it cannot.
pub(super) fn target(within: &Within<'_>, route: &StoredRoute) -> Result<Option<Target>, ConfigurationFault> {
    let fault = |why: String| ConfigurationFault::Stage { why };
    let Some(target) = route.target.as_deref().filter(|target| !target.is_empty()) else { return Ok(None) };
    let id = target.strip_prefix("integrations/").unwrap_or(target);
    let mut all = within.snapshot.integrations.iter();
    let IntegrationDocument { integration: stored, responses } = all
        .find(|document| document.integration.integration_id.as_deref() == Some(id))
        .ok_or_else(|| fault(format!("there is no integration {id}")))?;
    let place = IntegrationPlace {
        stage: within.facts,
        variables: within.variables,
        certificate: within.certificate,
        backends: &within.surroundings.backends,
        vpc_links: &within.surroundings.vpc_links,
    };
    let integration = compile_integration(place, &route.route_key, &as_v1(stored))?;
    if integration.is_by_signer() && !within.clients_sign {
        let why = "it is called by the right of whoever has connected, but $connect does not ask for AWS_IAM";
        let why = why.to_owned();
        return Err(match integration {
            Integration::Service(_) => ConfigurationFault::Role { why },
            _ => ConfigurationFault::LambdaPermission { why },
        });
    }
    let template = selection(stored.template_selection_expression.as_deref(), within)
        .map_err(|why| fault(format!("its template selection expression: {why}")))?;
    let responses = compiled_responses(responses, within).map_err(fault)?;
    let millis = stored.timeout_in_millis.and_then(|millis| u64::try_from(millis).ok());
    let timeout = millis.map_or(LONGEST_TIMEOUT, std::time::Duration::from_millis);
    let timeout = timeout.clamp(SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
    Ok(Some(Target { integration, template, responses, timeout }))
}

/// Why what is compiled cannot run, if that is so.
pub(super) fn unusable(target: &Target) -> Option<String> {
    match &target.integration {
        Integration::Unusable(fault) => Some(fault.to_string()),
        _ => None,
    }
}

/// A mapping's right side in the words of REST APIs: what is said of routes is said of methods there.
pub(super) fn mapping(expression: &str) -> String {
    match expression.strip_prefix("route.request.") {
        Some(named) => format!("method.request.{named}"),
        None => expression.to_owned(),
    }
}

/// An integration in the words of REST APIs.
fn as_v1(stored: &Stored) -> apigateway::Integration {
    let handling = stored.content_handling_strategy.map(handling);
    let parameters = stored.request_parameters.iter().flatten();
    let parameters = parameters.map(|(name, expression)| (name.clone(), mapping(expression))).collect();
    apigateway::Integration {
        r#type: stored.integration_type.map(|kind| match kind {
            v2::IntegrationType::Aws => IntegrationType::Aws,
            v2::IntegrationType::AwsProxy => IntegrationType::AwsProxy,
            v2::IntegrationType::Http => IntegrationType::Http,
            v2::IntegrationType::HttpProxy => IntegrationType::HttpProxy,
            v2::IntegrationType::Mock => IntegrationType::Mock,
        }),
        http_method: stored.integration_method.clone(),
        uri: stored.integration_uri.clone(),
        connection_type: stored.connection_type.map(|kind| match kind {
            v2::ConnectionType::Internet => ConnectionType::Internet,
            v2::ConnectionType::VpcLink => ConnectionType::VpcLink,
        }),
        connection_id: stored.connection_id.clone(),
        credentials: stored.credentials_arn.clone(),
        request_parameters: Some(parameters),
        request_templates: stored.request_templates.as_ref().map(templates),
        passthrough_behavior: stored.passthrough_behavior.map(|behaviour| behaviour.as_str().to_owned()),
        content_handling: handling,
        timeout_in_millis: stored.timeout_in_millis,
        ..apigateway::Integration::default()
    }
}

fn handling(strategy: v2::ContentHandlingStrategy) -> ContentHandlingStrategy {
    match strategy {
        v2::ContentHandlingStrategy::ConvertToBinary => ContentHandlingStrategy::ConvertToBinary,
        v2::ContentHandlingStrategy::ConvertToText => ContentHandlingStrategy::ConvertToText,
    }
}

fn templates(stored: &IndexMap<String, String>) -> IndexMap<String, Option<String>> {
    stored.iter().map(|(key, text)| (key.clone(), Some(text.clone()))).collect()
}

fn selection(text: Option<&str>, within: &Within<'_>) -> Result<Option<Selection>, String> {
    let text = text.filter(|text| !text.is_empty());
    let compiled = text.map(|text| Selection::compile(text, within.variables)).transpose();
    compiled.map_err(|error| error.to_string())
}

fn compiled_responses(stored: &[v2::IntegrationResponse], within: &Within<'_>) -> Result<Responses, String> {
    let mut sorted: Vec<_> = stored.iter().collect();
    sorted.sort_by_key(|response| response.integration_response_key.as_str());
    let mut responses = Responses::default();
    for stored in sorted {
        let key = stored.integration_response_key.as_str();
        let wrong = |why: String| format!("the integration response {key}: {why}");
        let response = response(stored, within).map_err(wrong)?;
        if key == DEFAULT {
            responses.default = Some(response);
            continue;
        }
        let pattern = key.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(key);
        let pattern = within.alike.whole(pattern).map_err(|error| wrong(error.to_string()))?;
        responses.selected.push((pattern, response));
    }
    Ok(responses)
}

fn response(stored: &v2::IntegrationResponse, within: &Within<'_>) -> Result<Response, String> {
    // `route.response.header.x` is what REST APIs call `method.response.header.x`.
    let parameters = stored.response_parameters.as_ref().map(|parameters| {
        let renamed = parameters.iter().map(|(name, expression)| {
            let name = match name.strip_prefix("route.response.") {
                Some(named) => format!("method.response.{named}"),
                None => name.clone(),
            };
            (name, mapping(expression))
        });
        renamed.collect::<IndexMap<_, _>>()
    });
    Ok(Response {
        parameters: ResponseParameters::compile(parameters.as_ref(), within.variables)
            .map_err(|error| error.to_string())?,
        template: selection(stored.template_selection_expression.as_deref(), within)?,
        templates: Templates::compile(
            stored.response_templates.as_ref().map(templates).as_ref(),
            &within.alike,
        )
        .map_err(|error| error.to_string())?,
        handling: stored.content_handling_strategy.map(handling),
    })
}
