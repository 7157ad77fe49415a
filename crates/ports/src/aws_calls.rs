//! From the gateway's front door to the control plane: a request that is no API traffic is a
//! call of an AWS API.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::Pending;

/// A whole AWS API call as it arrived.
#[derive(Debug)]
pub struct AwsCall {
    /// Method, raw target and headers, exactly as sent.
    pub head: http::request::Parts,
    /// The whole body, within the control plane's limit.
    pub body: Bytes,
    /// Who sent it.
    pub peer: SocketAddr,
}

/// Whoever answers AWS API calls.
pub trait AwsCalls: Send + Sync {
    /// Answers `call`. Never fails: what cannot be done is answered in AWS's error form.
    fn answer(&self, call: AwsCall) -> Pending<http::Response<Bytes>>;
}
