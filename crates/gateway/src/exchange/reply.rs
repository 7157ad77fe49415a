//! What the client gets, before the headers that every answer has.

use http::StatusCode;

use super::Body;
use crate::message::Headers;

/// An answer. `rest/reply.rs` turns it into bytes.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, named as the client will see them.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

/// What an integration answered, before it is mapped.
#[derive(Debug)]
pub struct EndpointResponse {
    /// The backend's status; 200 for a function that ran, whatever it came to.
    pub status: StatusCode,
    /// The backend's headers.
    pub headers: Headers,
    /// The backend's body.
    pub body: Body,
    /// What selection patterns are matched against.
    pub subject: Subject,
}

/// What selects an integration response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The backend's status code, as its digits.
    Status,
    /// The `errorMessage` of a function that failed.
    ErrorMessage(String),
    /// Nothing: a function that has not failed meets the default response.
    Success,
}
