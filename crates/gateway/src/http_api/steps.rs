//! The order of the steps as types: each step takes the value that the step before it made.

use bytes::Bytes;
use ports::functions::InvokeRequest;

use super::integrations::{LambdaProxy, ServiceAction};
use super::routes::Variables;
use super::values::View;
use super::{CompiledStage, Route};
use crate::exchange::{Body, Caller, Context, EndpointResponse, Request, Trace};
use crate::integration::http::call::Outgoing;
use crate::message::Headers;

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
    pub(super) headers: Headers,
    /// The client's body, unread.
    pub(super) body: Body,
}

/// A request that may be served.
#[derive(Debug)]
pub(super) struct Admitted<'r>(pub(super) Matched<'r>);

/// A request as its integration gets it.
#[derive(Debug)]
pub(super) struct Prepared<'r> {
    /// What the answer's mapping needs of the client's request.
    pub(super) client: Client<'r>,
    /// Which integration, and what it gets.
    pub(super) call: Call<'r>,
}

/// What is kept of a client's request until it is answered.
#[derive(Debug)]
pub(super) struct Client<'r> {
    /// The request; its body is gone, and its headers too unless something is to be read of them.
    pub(super) matched: Matched<'r>,
    /// The client's body; empty if it was not read.
    pub(super) payload: Bytes,
    /// The trace that the integration is told of.
    pub(super) trace: Trace,
}

/// An integration and its request.
#[derive(Debug)]
pub(super) enum Call<'r> {
    /// HTTP_PROXY.
    Http(Box<Outgoing>),
    /// AWS_PROXY with a function.
    Lambda(&'r LambdaProxy, Box<InvokeRequest>),
    /// AWS_PROXY with a service; not signed yet.
    Service(&'r ServiceAction, Box<Outgoing>),
}

/// An integration's answer.
#[derive(Debug)]
pub(super) enum Answered<'r> {
    /// From a backend, or a service.
    Http(EndpointResponse),
    /// From a function: what it returned, and the identifier of its invocation.
    Lambda(&'r LambdaProxy, Bytes, String),
}

impl Matched<'_> {
    /// What values are read from; `payload` is the body, if it was read.
    pub(super) fn view<'a>(&'a self, payload: &'a [u8]) -> View<'a> {
        View {
            request: self.request,
            headers: &self.headers,
            variables: &self.variables,
            body: payload,
            context: self.context(None),
            answer: None,
        }
    }

    /// What the variables are read from.
    pub(super) fn context<'a>(&'a self, trace: Option<&'a Trace>) -> Context<'a> {
        Context {
            request: self.request,
            stage: &self.stage.facts,
            resource: None,
            route_key: Some(&self.route.key),
            caller: &self.caller,
            trace,
            outcome: None,
        }
    }
}
