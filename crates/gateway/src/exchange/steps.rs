//! The order of the steps as types: each step takes the value that the step before it made. What they hand on is
//! in a box: most steps change little of it, and it would be moved again and again.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use ports::functions::InvokeRequest;
use vtl::Overrides;

use super::{Body, Caller, Context, EndpointResponse, HeaderNames, PathParameters, Request, Trace};
use crate::cache::asks_for_fresh;
use crate::integration::aws::{Credentials, ServiceCall};
use crate::integration::http::call::{HttpCall, Outgoing};
use crate::integration::lambda::{Lambda, LambdaProxy, StreamedAnswer};
use crate::integration::mock::Mock;
use crate::mapping::source::RequestView;
use crate::message::Headers;
use crate::rest::settings::Settings;
use crate::rest::{CompiledMethod, CompiledStage};

/// A request whose method is known.
#[derive(Debug)]
pub struct Matched<'r> {
    /// The unchanging part of the request.
    pub request: &'r Request,
    /// The stage that serves it.
    pub stage: &'r CompiledStage,
    /// The method that it meets.
    pub method: &'r CompiledMethod,
    /// The values of the path's variables.
    pub path: PathParameters<'r>,
    /// Who sent it, as far as that is known.
    pub caller: Caller,
    /// The client's headers.
    pub headers: Headers,
    /// Their names as sent.
    pub header_names: HeaderNames,
    /// The client's body, unread.
    pub body: Body,
}

/// A request that may be served.
#[derive(Debug)]
pub struct Admitted<'r>(pub Box<Matched<'r>>);

/// A request whose size is within the limits.
#[derive(Debug)]
pub struct Measured<'r>(pub Box<Matched<'r>>);

/// A request that has what its method requires.
#[derive(Debug)]
pub struct Validated<'r>(pub Box<Matched<'r>>);

/// A request as its integration gets it.
#[derive(Debug)]
pub struct Prepared<'r> {
    /// What the answer's mapping needs of the client's request.
    pub client: Client<'r>,
    /// Which integration, and what it gets.
    pub call: Call<'r>,
}

/// What is kept of a client's request until it is answered.
#[derive(Debug)]
pub struct Client<'r> {
    /// The request; without its headers if they went on to the backend, and without its body.
    pub matched: Box<Matched<'r>>,
    /// The client's body; empty if it was not read.
    pub payload: Bytes,
    /// The trace that the integration is told of.
    pub trace: Option<Trace>,
    /// What the request template overrode.
    pub overrides: Overrides,
}

/// An integration and its request.
#[derive(Debug)]
pub enum Call<'r> {
    /// MOCK with the status that its request template gave.
    Mock(&'r Mock, StatusCode),
    /// HTTP or HTTP_PROXY.
    Http(&'r HttpCall, Box<Outgoing>),
    /// AWS with another service than Lambda; not signed yet. The credentials are the client's.
    Service(&'r ServiceCall, Box<Outgoing>, Option<Arc<Credentials>>),
    /// AWS_PROXY.
    LambdaProxy(&'r LambdaProxy, Box<InvokeRequest>),
    /// AWS with a function.
    Lambda(&'r Lambda, Box<InvokeRequest>),
}

/// An integration and its answer.
#[derive(Debug)]
pub enum Answered<'r> {
    /// From MOCK.
    Mock(&'r Mock, EndpointResponse),
    /// From HTTP, HTTP_PROXY, or AWS with another service than Lambda.
    Http(&'r HttpCall, EndpointResponse),
    /// From AWS_PROXY.
    LambdaProxy(EndpointResponse),
    /// From AWS_PROXY, with a payload that is still to come.
    LambdaStream(StreamedAnswer),
    /// From AWS with a function.
    Lambda(&'r Lambda, EndpointResponse),
}

impl<'r> Matched<'r> {
    /// What the stage sets for its method and verb.
    #[must_use]
    pub fn settings(&self) -> &'r Settings {
        self.method.settings.of(&self.request.method)
    }

    /// Whether it asks that its cached answer be replaced, and there may be one.
    #[must_use]
    pub(crate) fn asks_to_invalidate(&self) -> bool {
        self.stage.cache.is_some() && self.settings().cache.is_some() && asks_for_fresh(&self.headers)
    }
}

impl Client<'_> {
    /// What mappings and templates read.
    #[must_use]
    pub fn view(&self) -> RequestView<'_> {
        RequestView {
            request: self.matched.request,
            headers: &self.matched.headers,
            header_names: &self.matched.header_names,
            path: &self.matched.path,
            body: &self.payload,
            context: self.context(),
        }
    }

    /// `X-Amzn-Trace-Id` as the integration sees it.
    #[must_use]
    pub fn trace_header(&self) -> &str {
        self.trace.as_ref().map(Trace::header).unwrap_or_default()
    }

    /// What the variables are read from.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context {
            request: self.matched.request,
            stage: &self.matched.stage.facts,
            resource: Some(&self.matched.method.resource),
            route_key: None,
            caller: &self.matched.caller,
            trace: self.trace.as_ref(),
            outcome: None,
        }
    }
}
