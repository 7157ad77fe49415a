//! From the gateway's front door to the control plane: a request that is no API traffic is a
//! call of an AWS API.

use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::stream::BoxStream;

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

/// The body of an answer.
pub enum Answer {
    /// All of it.
    Whole(Bytes),
    /// As it comes. Whoever does not take it slows down whoever makes it.
    Stream(BoxStream<'static, Bytes>),
}

impl From<Bytes> for Answer {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

/// Whoever answers AWS API calls.
pub trait AwsCalls: Send + Sync {
    /// Answers `call`. Never fails: what cannot be done is answered in AWS's error form.
    fn answer(&self, call: AwsCall) -> Pending<http::Response<Answer>>;
}
