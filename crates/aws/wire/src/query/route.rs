//! From the parameter `Action` to the operation.

use api::ServiceTable;

use crate::dispatch::{Match, shown};
use crate::request::Request;
use crate::service_error::ServiceError;
use crate::{form, limits};

/// The content type of forms.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A parameter of the query string or, failing that, of the form.
pub(crate) fn parameter(request: &Request, name: &str) -> Option<String> {
    let query = request.query().unwrap_or_default();
    let is_within_limit = request.body().len() <= limits::BODY;
    let body = if is_within_limit { std::str::from_utf8(request.body()).unwrap_or_default() } else { "" };
    [query, body]
        .into_iter()
        .flat_map(form::pairs)
        .flatten()
        .find_map(|(found, value)| (found == name).then(|| value.into_owned()))
}

/// The operation of `service` that the request is for.
pub(crate) fn route(service: &'static ServiceTable, request: &Request) -> Result<Match, ServiceError> {
    let Some(action) = parameter(request, "Action") else {
        return Err(ServiceError::unknown_operation("The parameter Action is missing."));
    };
    match service.operation(&action) {
        Some(operation) => Ok(Match { service, operation, labels: Vec::new() }),
        None => {
            // Worded as IAM does.
            let version = parameter(request, "Version").unwrap_or_default();
            let text = format!("Could not find operation {} for version {}", shown(&action), shown(&version));
            Err(ServiceError::unknown_operation(text))
        }
    }
}
