//! What messages are held to (API Gateway developer guide, "Request validation for WebSocket APIs").

use super::selection::DEFAULT;
use super::steps::Routed;
use crate::exchange::Refusal;

/// Lets a message through that is what its model says, if its route has models and says which. Without
/// a model for the key and without a model for all, the message is refused (developer guide).
///
/// # Errors
/// `Bad request body`.
pub(super) fn validate(routed: &Routed<'_>) -> Result<(), Refusal> {
    let Some(models) = &routed.route.models else { return Ok(()) };
    let context = routed.context();
    let key = models.selection.key(&routed.seen(&context, None));
    let of = |wanted: &str| models.models.iter().find(|(key, _)| **key == *wanted);
    let found = key.as_deref().and_then(of).or_else(|| of(DEFAULT));
    let wrong = |faults: String| Refusal::BadRequestBody { faults };
    let (_, schema) = found.ok_or_else(|| wrong("[no model matches the message]".to_owned()))?;
    let json = routed.json.as_ref().ok_or_else(|| wrong("[the message is not JSON]".to_owned()))?;
    schema.validate(json, routed.body.len()).map_err(|invalid| wrong(invalid.to_string()))
}
