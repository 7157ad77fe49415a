//! Every bound of HTTP APIs in one place (API Gateway developer guide, "Quotas for configuring and
//! running an HTTP API in API Gateway").

use std::time::Duration;

/// A request's or an answer's payload: 10 MB.
pub(super) const PAYLOAD_BYTES: usize = 10 * 1024 * 1024;

/// The request line and the headers together.
pub(super) const HEAD_BYTES: usize = 10_240;

/// An integration's timeout, and the default.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_millis(30_000);

/// The shortest timeout that an integration can have.
pub(super) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(50);

/// How long a Lambda authorizer may take.
pub(super) const AUTHORIZER_TIMEOUT: Duration = Duration::from_millis(10_000);

/// The longest that an authorizer's verdict can hold.
pub(super) const LONGEST_TTL: Duration = Duration::from_secs(3_600);
