//! What is kept for a time only is removed when that is over.

use crate::audit;
use crate::call::Plane;
use crate::services::apigateway::usage_plans::usage;
use crate::services::logs::retention;

/// Removes once whatever has expired: log events, the usage of API keys, and audit records. The server calls it
/// now and then. Failures are logged and met again at the next call.
pub async fn keep_retention(plane: &Plane) {
    retention::keep_retention(plane).await;
    usage::keep_retention(plane).await;
    audit::keep_retention(plane).await;
}
