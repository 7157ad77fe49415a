//! How often a method may be called.

use crate::exchange::{Matched, Refusal};

/// Lets a request through if its method may be called once more. It comes before whoever decides on
/// access is asked, so that a flood does not reach authorizers.
///
/// # Errors
/// 429 `Too Many Requests`.
pub(super) fn limit<'r>(matched: Matched<'r>) -> Result<Matched<'r>, Refusal> {
    match &matched.settings().throttle {
        Some(throttle) if !throttle.take(matched.request.started) => Err(Refusal::Throttled),
        _ => Ok(matched),
    }
}
