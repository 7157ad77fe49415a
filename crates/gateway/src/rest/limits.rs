//! Every bound of REST APIs in one place (API Gateway developer guide, "API Gateway quotas for
//! configuring and running a REST API").

use std::time::Duration;

/// A request's or an answer's payload: 10 MB.
pub(crate) const PAYLOAD_BYTES: usize = 10 * 1024 * 1024;

/// The URL of a regional API.
pub(crate) const REGIONAL_URL_BYTES: usize = 10_240;

/// The URL of an edge-optimized or a private API.
pub(crate) const URL_BYTES: usize = 8_192;

/// The values of all headers together.
pub(crate) const HEADER_BYTES: usize = 10_240;

/// The same of requests to private APIs.
pub(crate) const PRIVATE_HEADER_BYTES: usize = 8_000;

/// An integration's timeout, and the default.
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_millis(29_000);

/// The shortest timeout that an integration can have.
pub(crate) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(50);

/// The longest that a streamed answer may take (API Gateway developer guide, "Stream the integration
/// response for your proxy integrations"). That it is slowed down behind its first 10 MB is AWS's way to
/// share what one gateway here has for itself, and not done.
pub(crate) const LONGEST_STREAM: Duration = Duration::from_secs(15 * 60);

/// How long a streamed answer may stand still, of regional and private APIs.
pub(crate) const STREAM_IDLE: Duration = Duration::from_secs(5 * 60);

/// The same of edge-optimized APIs.
pub(crate) const EDGE_STREAM_IDLE: Duration = Duration::from_secs(30);

/// An access log's format: 3 KB.
pub(crate) const ACCESS_LOG_FORMAT_BYTES: usize = 3 * 1024;

/// The ARN of a method that an authorizer is asked about; above it requests are answered 414.
pub(crate) const METHOD_ARN_BYTES: usize = 1_600;
