//! The order of the steps as types: each step takes the value that the step before it made.

use http::HeaderMap;

use super::routes::Variables;
use super::{CompiledStage, Route};
use crate::exchange::{Body, Caller, Request};

/// A request whose route is known.
#[derive(Debug)]
pub(super) struct Matched<'r> {
    /// The unchanging part of the request.
    pub(super) request: &'r Request,
    /// The stage that serves it.
    pub(super) stage: &'r CompiledStage,
    /// The route that it meets.
    pub(super) route: &'r Route,
    /// The values of the path's variables.
    pub(super) variables: Variables<'r>,
    /// Who sent it, as far as that is known.
    pub(super) caller: Caller,
    /// The client's headers.
    pub(super) headers: HeaderMap,
    /// The client's body, unread.
    pub(super) body: Body,
}
