//! From `X-Amz-Target` to the operation.

use api::ServiceTable;

use crate::dispatch::{Match, shown};
use crate::request::Request;
use crate::service_error::ServiceError;

/// The prefix and the operation of `X-Amz-Target: Logs_20140328.CreateLogGroup`.
pub(crate) fn target(request: &Request) -> Option<(&str, &str)> {
    request.header("x-amz-target")?.rsplit_once('.')
}

/// The operation of `service` that the request is for.
pub(crate) fn route(service: &'static ServiceTable, request: &Request) -> Result<Match, ServiceError> {
    let Some((prefix, name)) = target(request) else {
        return Err(ServiceError::unknown_operation("The header X-Amz-Target is missing."));
    };
    match service.operation(name) {
        Some(operation) if prefix == service.target_prefix => {
            Ok(Match { service, operation, labels: Vec::new() })
        }
        _ => {
            let text = format!("The operation {}.{} is unknown.", shown(prefix), shown(name));
            Err(ServiceError::unknown_operation(text))
        }
    }
}
