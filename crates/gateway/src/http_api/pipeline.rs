//! The steps of an HTTP API's request, in their order. The only file that knows it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::{CompiledStage, Route, reply, resolve};
use crate::exchange::{Body, Caller, Context, Outcome, Refusal, Reply, Request, Unreachable};
use crate::services::Services;
use crate::trail::{Observed, Trail};

/// What the trail has to know of a request's way, whether or not it came to its end.
#[derive(Default)]
struct Course<'r> {
    route: Option<&'r Route>,
    caller: Caller,
    asked: Option<Asked>,
}

/// How asking the integration went.
struct Asked {
    latency: Duration,
    status: Option<StatusCode>,
    lambda: bool,
    /// The identifiers that the integration gave its answer.
    request_ids: (Option<HeaderValue>, Option<HeaderValue>),
}

/// Answers a request to `stage`, whatever comes of it, and records it.
pub(crate) async fn answer(
    request: &Request,
    headers: HeaderMap,
    body: Body,
    stage: &CompiledStage,
    services: Services<'_>,
    trail: &Trail,
) -> Response<Body> {
    let mut course = Course::default();
    let result = steps(request, headers, body, stage, services, &mut course).await;
    let (response, refusal) = match result {
        Ok(reply) => (reply::render(reply, &request.ids), None),
        Err(refusal) => (reply::render_refusal(&refusal, &request.ids), Some(refusal)),
    };
    course.record(request, stage, &response, refusal.as_ref(), trail);
    response
}

async fn steps<'r>(
    request: &'r Request,
    headers: HeaderMap,
    body: Body,
    stage: &'r CompiledStage,
    _: Services<'_>,
    course: &mut Course<'r>,
) -> Result<Reply, Refusal> {
    if stage.endpoint_disabled && request.base_path().is_none() {
        return Err(Refusal::Forbidden(Unreachable::EndpointDisabled));
    }
    let matched = resolve::resolve(request, stage, headers, body)?;
    course.route = Some(matched.route);
    Err(matched.route.closed.clone().unwrap_or(Refusal::NotFound))
}

impl Course<'_> {
    /// Counts the answer and logs it.
    fn record(
        &self,
        request: &Request,
        stage: &CompiledStage,
        response: &Response<Body>,
        refusal: Option<&Refusal>,
        trail: &Trail,
    ) {
        let status = response.status();
        let asked = self.asked.as_ref();
        let observed = Observed {
            status,
            latency: request.started.elapsed(),
            integration_latency: asked.map(|asked| asked.latency),
            cached: None,
        };
        stage.counters.of(false).count(&observed);
        if let Some(counters) = self.route.and_then(|route| route.counters.as_ref()) {
            counters.count(&observed);
        }
        let Some(log) = &stage.access_log else { return };
        let lambda = asked.is_some_and(|asked| asked.lambda);
        let answered = asked.and_then(|asked| asked.status).map(|status| status.as_u16());
        let told = refusal.map(reply::told);
        let outcome = Outcome {
            status: status.as_u16(),
            length: response.body().length(),
            latency_millis: millis(request.started.elapsed()),
            // Of a function it is the status that its code chose, once that is known.
            integration_status: if lambda {
                answered.and(refusal.is_none().then(|| status.as_u16()))
            } else {
                answered
            },
            lambda_status: answered.filter(|_| lambda),
            integration_latency_millis: asked.map(|asked| millis(asked.latency)),
            endpoint_request_id: asked.and_then(|asked| text(asked.request_ids.0.as_ref())),
            endpoint_request_id2: asked.and_then(|asked| text(asked.request_ids.1.as_ref())),
            data_processed: None,
            refusal,
            told: told.map(|(_, message)| message),
        };
        let line = log.line(&Context {
            request,
            stage: &stage.facts,
            resource: None,
            route_key: self.route.map(|route| &*route.key),
            caller: &self.caller,
            trace: None,
            outcome: Some(outcome),
        });
        trail.log(log, request.received, line);
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
