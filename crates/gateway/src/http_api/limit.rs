//! How often a route may be called: by all of its clients, then by all of the account (API Gateway
//! developer guide, "Throttle requests to your HTTP APIs").

use super::steps::Matched;
use crate::exchange::Refusal;

/// Lets a request through if its route may be called once more. It comes before whoever decides on
/// access is asked, so that a flood does not reach authorizers.
///
/// # Errors
/// 429.
pub(super) fn limit(matched: &Matched<'_>) -> Result<(), Refusal> {
    let now = matched.request.started.into();
    let taken =
        matched.route.throttle.iter().chain(&matched.stage.account).all(|throttle| throttle.take(now));
    if taken { Ok(()) } else { Err(Refusal::Throttled) }
}
