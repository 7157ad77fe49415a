//! Does a request have what its method requires? Parameters first, then the body (API Gateway
//! developer guide, "Request validation for REST APIs").

use super::limits::PAYLOAD_BYTES;
use super::measure::unreadable;
use crate::exchange::{Body, Measured, Refusal, Validated, read_whole};

/// Lets a request through if its method asks for nothing that it lacks.
///
/// # Errors
/// 400, and what is missing or wrong.
pub(super) async fn validate(measured: Measured<'_>) -> Result<Validated<'_>, Refusal> {
    let Measured(mut matched) = measured;
    let validation = &matched.method.validation;
    validation.parameters(matched.request, &matched.headers, &matched.path)?;
    let Some(schema) = validation.schema(&matched.headers) else { return Ok(Validated(matched)) };
    let body = std::mem::take(&mut matched.body);
    let payload = read_whole(body, PAYLOAD_BYTES).await.map_err(unreadable)?;
    schema.hold(&payload)?;
    matched.body = Body::from(payload);
    Ok(Validated(matched))
}
