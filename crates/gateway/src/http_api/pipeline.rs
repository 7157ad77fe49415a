//! The steps of an HTTP API's request, in their order. The only file that knows it.

use std::time::{Duration, Instant};

use http::header::ORIGIN;
use http::{HeaderValue, StatusCode};

use super::cors::Cors;
use super::steps::{Answered, Client, Prepared};
use super::{CompiledStage, Route, admit, integrate, limit, measure, prepare, reply, resolve, respond};
use crate::exchange::{Blame, Body, Caller, Context, Outcome, Refusal, Reply, Request, Trace, Unreachable};
use crate::message::{Headers, Response};
use crate::services::Services;
use crate::trail::{Observed, Trail};

/// What the trail has to know of a request's way, whether or not it came to its end. Written by the
/// pipeline alone; the steps do not read it.
#[derive(Default)]
struct Course<'r> {
    route: Option<&'r Route>,
    caller: Caller,
    asked: Option<Asked>,
    /// The bytes of the request's payload, if that is known.
    received: u64,
    /// Whether it was answered in place of any route.
    preflight: bool,
}

/// How asking the integration went.
struct Asked {
    latency: Duration,
    status: Option<StatusCode>,
    lambda: bool,
    /// The identifiers that the integration gave its answer, if the access log asks for such things.
    request_ids: (Option<HeaderValue>, Option<HeaderValue>),
    trace: Trace,
}

/// Answers a request to `stage`, whatever comes of it, and records it.
pub(crate) async fn answer(
    request: &Request,
    headers: Headers,
    body: Body,
    stage: &CompiledStage,
    services: Services<'_>,
    trail: &Trail,
) -> Response<Body> {
    let mut course = Course { received: body.length().unwrap_or_default(), ..Course::default() };
    let origin = stage.cors.as_ref().and_then(|_| headers.get(ORIGIN).cloned());
    let result = steps(request, headers, body, stage, services, &mut course).await;
    let (mut response, refusal) = match result {
        Ok(reply) => (reply::render(reply, &request.ids), None),
        Err(refusal) => (reply::render_refusal(&refusal, &request.ids), Some(refusal)),
    };
    if let Some(cors) = stage.cors.as_ref().filter(|_| !course.preflight) {
        cors.mark(origin.as_ref(), response.headers_mut());
    }
    course.record(request, stage, &response, refusal.as_ref(), trail);
    response
}

async fn steps<'r>(
    request: &'r Request,
    headers: Headers,
    body: Body,
    stage: &'r CompiledStage,
    services: Services<'_>,
    course: &mut Course<'r>,
) -> Result<Reply, Refusal> {
    if stage.endpoint_disabled && request.base_path().is_none() {
        return Err(Refusal::Forbidden(Unreachable::EndpointDisabled));
    }
    let body = measure::measure(request, &headers, body)?;
    let preflight = stage.cors.as_ref().filter(|_| Cors::is_preflight(&request.method, &headers));
    let origin = preflight.and_then(|_| headers.get(ORIGIN).cloned());
    let matched = match (resolve::resolve(request, stage, headers, body), preflight) {
        (Ok(matched), _) => matched,
        // No route has to be there for these.
        (Err(_), Some(cors)) => return Ok(course.preflight(cors, origin.as_ref())),
        (Err(refusal), None) => return Err(refusal),
    };
    course.route = Some(matched.route);
    limit::limit(&matched)?;
    let admitted = admit::admit(matched, services, &mut course.caller).await?;
    if let Some(cors) = preflight {
        return Ok(course.preflight(cors, origin.as_ref()));
    }
    let Prepared { client, call } = prepare::prepare(admitted).await?;
    course.received = course.received.max(client.payload.len() as u64);
    let asked = Instant::now();
    let answered = integrate::integrate(call, asked, &client, services).await;
    course.asked(asked.elapsed(), &client, answered.as_ref().ok());
    respond::respond(answered?, &client).await
}

impl<'r> Course<'r> {
    fn preflight(&mut self, cors: &Cors, origin: Option<&HeaderValue>) -> Reply {
        self.preflight = true;
        cors.preflight(origin)
    }

    fn asked(&mut self, latency: Duration, client: &Client<'r>, answered: Option<&Answered<'_>>) {
        let logged = client.matched.stage.access_log.is_some();
        let (status, request_ids) = match answered {
            Some(Answered::Http(answer)) => {
                let header = |name: &str| {
                    Some(&answer.headers).filter(|_| logged).and_then(|all| all.get(name)).cloned()
                };
                let own = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
                (Some(answer.status), (own, header("x-amz-id-2")))
            }
            // Whatever its code says, Lambda answers 200.
            Some(Answered::Lambda(_, _, id)) => {
                (Some(StatusCode::OK), (HeaderValue::from_str(id).ok(), None))
            }
            None => (None, (None, None)),
        };
        let lambda = client.matched.route.integration.is_lambda();
        let trace = client.trace.clone();
        self.asked = Some(Asked { latency, status, lambda, request_ids, trace });
    }
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
        let sent = response.body().length().unwrap_or_default();
        let observed = Observed {
            status,
            data_processed: self.received.saturating_add(sent),
            latency: request.started.elapsed(),
            integration_latency: asked.map(|asked| asked.latency),
            cached: None,
        };
        stage.counters.of(false).count(&observed);
        if let Some(counters) = self.route.and_then(|route| route.counters.as_ref()) {
            counters.count(&observed);
        }
        if let Some(refusal) = refusal
            && refusal.response().blame != Blame::Client
        {
            tracing::debug!(
                api = &*stage.facts.api_id,
                stage = &*stage.facts.stage,
                request = request.ids.request_id(),
                why = %refusal,
                "a request was refused"
            );
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
            data_processed: Some(self.received.saturating_add(sent)),
            refusal,
            told: told.map(|(_, message)| message),
        };
        let context = Context {
            request,
            stage: &stage.facts,
            resource: None,
            route_key: self.route.map(|route| &*route.key),
            caller: &self.caller,
            trace: asked.map(|asked| &asked.trace),
            outcome: Some(&outcome),
        };
        trail.log(log, request.received, &context);
    }
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
