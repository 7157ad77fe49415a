//! Which operation a request is for: the service by its signature's scope, the operation by the
//! service's protocol. Requests without a signature are looked up by what else they carry, so that
//! they can be refused in the words of the service they meant.

use api::table::Protocol;
use api::{OperationTable, SERVICES, ServiceTable};

use crate::limits;
use crate::request::Request;
use crate::service_error::ServiceError;
use crate::{aws_json, query, rest_json};

/// The operation that a request is for.
#[derive(Clone, Debug)]
pub struct Match {
    /// The service.
    pub service: &'static ServiceTable,
    /// The operation.
    pub operation: &'static OperationTable,
    /// The labels of the path template with what stood in their places, still escaped.
    pub(crate) labels: Vec<(&'static str, String)>,
}

/// Finds the operation. `scope_service` is the service that the request's credential scope names,
/// if it is signed.
///
/// # Errors
/// An unknown service or operation, or a body larger than the service takes. The error knows its
/// service, so [`crate::encode_error`] need not be told.
pub fn dispatch(request: &Request, scope_service: Option<&str>) -> Result<Match, ServiceError> {
    let candidates: Vec<&'static ServiceTable> = match scope_service {
        Some(name) => SERVICES.iter().copied().filter(|service| signs_as(service, name, request)).collect(),
        None => SERVICES.iter().copied().filter(|service| could_mean(service, request)).collect(),
    };
    let Some(&first) = candidates.first() else {
        return Err(unknown(scope_service, request));
    };
    let limit = limits::body(Some(first));
    if request.body().len() > limit {
        return Err(ServiceError::request_entity_too_large(limit).of(first));
    }
    let mut refusal = None;
    for service in candidates {
        let found = match service.protocol {
            Protocol::RestJson => rest_json::route(service, request),
            Protocol::AwsJson { .. } => aws_json::route(service, request),
            Protocol::AwsQuery | Protocol::Ec2Query => query::route(service, request),
        };
        match found {
            Ok(found) => return Ok(found),
            Err(error) => refusal = refusal.or(Some(error.of(service))),
        }
    }
    Err(refusal.unwrap_or_else(|| unknown(scope_service, request)))
}

fn unknown(scope_service: Option<&str>, request: &Request) -> ServiceError {
    let error = ServiceError::unknown_operation(match scope_service {
        Some(name) => format!("The service {} is not served here.", shown(name)),
        None => "No operation of any service is known by this method and path.".to_owned(),
    });
    // Whoever sends a form reads XML.
    let is_form = request.header("content-type").is_some_and(|kind| kind.starts_with(query::FORM));
    if is_form { error.in_protocol(Protocol::AwsQuery) } else { error }
}

/// What a client wrote, short enough to repeat.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(128).collect()
}

/// Whether a request that is signed for `name` is for this service. Both versions of API Gateway
/// sign as `apigateway`: the path tells them apart.
fn signs_as(service: &ServiceTable, name: &str, request: &Request) -> bool {
    if service.signing_name != name {
        return false;
    }
    let is_v2 =
        matches!(request.path().strip_prefix("/v2"), Some(rest) if rest.is_empty() || rest.starts_with('/'));
    match service.name {
        "apigateway" => !is_v2,
        "apigatewayv2" => is_v2,
        _ => true,
    }
}

/// Whether an unsigned request looks like one for this service.
fn could_mean(service: &'static ServiceTable, request: &Request) -> bool {
    match service.protocol {
        Protocol::AwsJson { .. } => {
            aws_json::target(request).is_some_and(|(prefix, _)| prefix == service.target_prefix)
        }
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let version = query::parameter(request, "Version");
            version.is_some_and(|version| version == service.api_version)
                && query::parameter(request, "Action")
                    .is_some_and(|action| service.operation(&action).is_some())
        }
        Protocol::RestJson => {
            request.header("x-amz-target").is_none() && rest_json::route(service, request).is_ok()
        }
    }
}

#[cfg(test)]
mod tests;
