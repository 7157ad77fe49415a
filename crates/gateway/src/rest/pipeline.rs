//! The steps of a REST API's request, in their order. The only file that knows it.

use std::time::{Duration, Instant};

use http::{HeaderMap, Response, StatusCode};
use ports::functions::Functions;

use super::{CompiledMethod, CompiledStage, admit, integrate, measure, prepare, reply, resolve, respond};
use crate::Worker;
use crate::exchange::{
    Answered, Blame, Body, Client, Context, HeaderNames, IdSource, Outcome, Prepared, Refusal, Reply,
    Request, Trace,
};
use crate::integration::Integration;
use crate::trail::Trail;

/// What the steps use besides the request and its stage.
#[derive(Clone, Copy)]
pub(crate) struct Services<'a> {
    /// Runs functions.
    pub(crate) functions: &'a dyn Functions,
    /// Records requests.
    pub(crate) trail: &'a Trail,
    /// Draws identifiers.
    pub(crate) ids: &'a IdSource,
    /// This core's connections.
    pub(crate) worker: &'a Worker,
}

/// What the trail has to know of a request's way, whether or not it came to its end. Written
/// by the pipeline alone; the steps do not read it.
#[derive(Default)]
struct Course<'r> {
    method: Option<&'r CompiledMethod>,
    trace: Option<Trace>,
    asked: Option<Asked>,
}

/// How asking the integration went.
struct Asked {
    latency: Duration,
    status: Option<StatusCode>,
    lambda: bool,
}

/// Answers a request to `stage`, whatever comes of it, and records it.
pub(crate) async fn answer(
    request: &Request,
    headers: HeaderMap,
    header_names: HeaderNames,
    body: Body,
    stage: &CompiledStage,
    services: Services<'_>,
) -> Response<Body> {
    let mut course = Course::default();
    let result = steps(request, headers, header_names, body, stage, services, &mut course).await;
    let (response, refusal) = match result {
        Ok(reply) => (reply::render(reply, &request.ids), None),
        Err(refusal) => (reply::render_refusal(&refusal, &request.ids), Some(refusal)),
    };
    course.record(request, stage, &response, refusal.as_ref(), services.trail);
    response
}

async fn steps<'r>(
    request: &'r Request,
    headers: HeaderMap,
    header_names: HeaderNames,
    body: Body,
    stage: &'r CompiledStage,
    services: Services<'_>,
    course: &mut Course<'r>,
) -> Result<Reply, Refusal> {
    admit::enter(stage)?;
    let matched = resolve::resolve(request, stage, headers, header_names, body)?;
    course.method = Some(matched.method);
    let admitted = admit::admit(matched)?;
    let measured = measure::measure(admitted)?;
    let Prepared { client, call } = prepare::prepare(measured, services.ids).await?;
    course.told(stage, &client);
    let asked = Instant::now();
    let answered =
        integrate::integrate(call, client.method.timeout, services.functions, services.worker).await;
    course.asked(asked.elapsed(), client.method, answered.as_ref().ok());
    respond::respond(answered?, &client, services.ids).await
}

impl<'r> Course<'r> {
    /// The integration is about to be told of this trace. Only access logs ask for it later.
    fn told(&mut self, stage: &CompiledStage, client: &Client<'_>) {
        if stage.access_log.is_some() {
            self.trace.clone_from(&client.trace);
        }
    }

    fn asked(&mut self, latency: Duration, method: &CompiledMethod, answered: Option<&Answered<'_>>) {
        let (status, lambda) = match answered {
            Some(Answered::Http(_, answer)) => (Some(answer.status), false),
            Some(Answered::Lambda(_, answer) | Answered::LambdaProxy(answer)) => (Some(answer.status), true),
            Some(Answered::Mock(..)) => return,
            None => {
                (None, matches!(method.integration, Integration::Lambda(_) | Integration::LambdaProxy(_)))
            }
        };
        self.asked = Some(Asked { latency, status, lambda });
    }

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
        stage.counters.count(status);
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
        let asked = self.asked.as_ref();
        let lambda = asked.is_some_and(|asked| asked.lambda);
        let answered = asked.and_then(|asked| asked.status).map(|status| status.as_u16());
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
            refusal,
        };
        let line = log.line(&Context {
            request,
            stage: &stage.facts,
            resource: self.method.map(|method| &method.resource),
            trace: self.trace.as_ref(),
            outcome: Some(outcome),
        });
        trail.log(log, request.received, line);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
