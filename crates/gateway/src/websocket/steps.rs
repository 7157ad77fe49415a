//! What is handed from step to step.

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use vtl::Overrides;

use super::selection::Seen;
use super::stage::{CompiledStage, Route};
use crate::exchange::{Caller, Context, HeaderNames, PathParameters, Request, Trace};
use crate::mapping::source::RequestView;
use crate::message::Headers;

/// An event that has come to its route.
pub(super) struct Routed<'r> {
    /// The event as a request.
    pub(super) request: &'r Request,
    /// Its stage.
    pub(super) stage: &'r CompiledStage,
    /// Its route.
    pub(super) route: &'r Route,
    /// The headers of the upgrade request; messages have none.
    pub(super) headers: Headers,
    /// Their names as sent.
    pub(super) header_names: HeaderNames,
    /// There are none.
    pub(super) path: PathParameters<'r>,
    /// The message.
    pub(super) body: Bytes,
    /// The message, if it is JSON.
    pub(super) json: Option<Value>,
    /// Who has connected.
    pub(super) caller: Caller,
    /// The trace that the integration is told of.
    pub(super) trace: Option<Trace>,
    /// What the request template overrode.
    pub(super) overrides: Overrides,
}

/// What an event came to.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The integration's status.
    pub(super) status: StatusCode,
    /// The headers that are meant for whoever connects.
    pub(super) headers: Headers,
    /// What the client gets, if it gets something.
    pub(super) body: Option<Bytes>,
}

impl<'r> Routed<'r> {
    /// What the variables are read from.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            request: self.request,
            stage: &self.stage.facts,
            resource: None,
            route_key: Some(&self.route.facts.path),
            caller: &self.caller,
            trace: self.trace.as_ref(),
            outcome: None,
        }
    }

    /// What mappings and templates read.
    pub(super) fn view(&self) -> RequestView<'_> {
        RequestView {
            request: self.request,
            headers: &self.headers,
            header_names: &self.header_names,
            path: &self.path,
            body: &self.body,
            context: self.context(),
        }
    }

    /// What selection expressions read.
    pub(super) fn seen<'a>(
        &'a self,
        context: &'a Context<'a>,
        answer: Option<(StatusCode, &'a Headers)>,
    ) -> Seen<'a> {
        Seen { body: self.json.as_ref(), headers: &self.headers, context, answer }
    }

    /// `X-Amzn-Trace-Id` as the integration sees it.
    pub(super) fn trace_header(&self) -> &str {
        self.trace.as_ref().map(Trace::header).unwrap_or_default()
    }
}
