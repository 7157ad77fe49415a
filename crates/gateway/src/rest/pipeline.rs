//! The steps of a REST API's request, in their order. The only file that knows it.

use std::time::{Duration, Instant};

use http::{HeaderValue, StatusCode};

use super::gateway_responses::Refused;
use super::look_up::LookUp;
use super::{
    CompiledMethod, CompiledStage, admit, decode, encode, integrate, limit, look_up, measure, meter, prepare,
    reply, resolve, respond, validate,
};
use crate::exchange::{
    Answered, Blame, Body, Call, Caller, Client, Context, HeaderNames, Matched, Outcome, Prepared, Refusal,
    Reply, Request, Trace,
};
use crate::integration::Integration;
use crate::mapping::headers::REQUEST_ID;
use crate::message::{Headers, Response};
use crate::services::Services;
use crate::trail::{ExecutionLog, Observed, Trail};

/// What the trail has to know of a request's way, whether or not it came to its end. Written
/// by the pipeline alone; the steps do not read it.
#[derive(Default)]
struct Course<'r> {
    method: Option<&'r CompiledMethod>,
    caller: Caller,
    trace: Option<Trace>,
    asked: Option<Asked>,
    /// Whether its answer was found in the cache, if it was looked for there.
    cached: Option<bool>,
    log: ExecutionLog,
}

/// How asking the integration went.
struct Asked {
    latency: Duration,
    status: Option<StatusCode>,
    lambda: bool,
    /// The identifier that the integration gave its answer, if the access log asks for such things.
    request_id: Option<HeaderValue>,
}

/// Answers a request to `stage`, whatever comes of it, and records it.
pub(crate) async fn answer(
    request: &Request,
    headers: Headers,
    header_names: HeaderNames,
    body: Body,
    stage: &CompiledStage,
    services: Services<'_>,
    trail: &Trail,
) -> Response<Body> {
    let mut course = Course::default();
    let kept = stage.gateway_responses.kept(&headers);
    let compression = encode::wanted(stage, request, &headers);
    let result = steps(request, headers, header_names, body, stage, services, &mut course).await;
    let result = match (result, compression) {
        (Ok(reply), Some(wanted)) if !course.streams() => encode::encode(reply, wanted).await,
        (result, _) => result,
    };
    let (response, refusal) = match result {
        Ok(reply) => (reply::render(reply, &request.ids), None),
        Err(refusal) => {
            let resource = course.method.map(|method| &method.resource);
            let of = Refused { request, stage, resource, caller: &course.caller, headers: &kept };
            (stage.gateway_responses.render(&refusal, &of), Some(refusal))
        }
    };
    course.record(request, stage, &response, refusal.as_ref(), trail);
    response
}

/// The same for a test: what comes of it is handed back and recorded nowhere.
pub(crate) async fn test(
    request: &Request,
    headers: Headers,
    header_names: HeaderNames,
    body: Body,
    stage: &CompiledStage,
    services: Services<'_>,
) -> (Result<Reply, Refusal>, ExecutionLog) {
    let caller = request.source.tester().map(Caller::tester).unwrap_or_default();
    let mut course = Course { caller, ..Course::default() };
    let result = steps(request, headers, header_names, body, stage, services, &mut course).await;
    match &result {
        Ok(reply) => course.log.completed(reply.status, None),
        Err(refusal) => course.log.completed(refusal.response().status, Some(refusal)),
    }
    (result, course.log)
}

async fn steps<'r>(
    request: &'r Request,
    headers: Headers,
    header_names: HeaderNames,
    body: Body,
    stage: &'r CompiledStage,
    services: Services<'_>,
    course: &mut Course<'r>,
) -> Result<Reply, Refusal> {
    admit::enter(request, stage)?;
    let matched = resolve::resolve(request, stage, headers, header_names, body)?;
    course.matched(&matched);
    let presented = limit::limit(&matched, &mut course.log)?;
    let admitted = admit::admit(matched, services, &mut course.caller, &mut course.log).await?;
    let admitted = meter::meter(admitted, presented, &mut course.caller, &mut course.log)?;
    let measured = decode::decode(measure::measure(admitted)?).await?;
    let measured = course.log.executing(measured).await?;
    let validated = validate::validate(measured).await?;
    let (validated, slot, warned) = match look_up::look_up(validated).await? {
        LookUp::Hit(reply, warned) => {
            course.cached = Some(true);
            let reply = warned.tell(reply);
            course.log.replied(&reply, &stage.binary);
            return Ok(reply);
        }
        LookUp::Miss(validated, slot, warned) => {
            course.cached = slot.as_ref().map(|_| false);
            (validated, slot, warned)
        }
    };
    let Prepared { client, call } = prepare::prepare(validated).await?;
    course.prepared(&client, &call);
    // A mock is not asked, and takes no time that anybody is told of.
    let is_mock = matches!(call, Call::Mock(..));
    let asked = if is_mock { request.started } else { Instant::now() };
    let answered = integrate::integrate(call, asked, client.matched.method.timeout, services).await;
    let latency = if is_mock { Duration::ZERO } else { asked.elapsed() };
    course.asked(latency, &client, answered.as_ref().ok());
    let answered = course.log.answered(answered?, latency, &stage.binary).await?;
    let reply = respond::respond(answered, &client, services.ids).await?;
    let reply = warned.tell(look_up::keep(slot, reply, &client).await?);
    course.log.replied(&reply, &stage.binary);
    Ok(reply)
}

impl<'r> Course<'r> {
    /// Whether the answer goes to the client as it comes from its integration.
    fn streams(&self) -> bool {
        self.method.is_some_and(|method| match &method.integration {
            Integration::Http(call) => call.streams.is_some(),
            Integration::LambdaProxy(proxy) => proxy.streams.is_some(),
            Integration::Mock(_)
            | Integration::Lambda(_)
            | Integration::Service(_)
            | Integration::Unusable(_) => false,
        })
    }

    fn matched(&mut self, matched: &Matched<'r>) {
        self.method = Some(matched.method);
        self.log = ExecutionLog::new(matched.settings().log, matched.request);
        self.log.matched(matched);
    }

    /// The integration is about to be told of this trace. Only access logs ask for it later.
    fn prepared(&mut self, client: &Client<'_>, call: &Call<'_>) {
        if client.matched.stage.access_log.as_ref().is_some_and(|log| log.shows().trace) {
            self.trace.clone_from(&client.trace);
        }
        self.log.prepared(client, call);
    }

    fn asked(&mut self, latency: Duration, client: &Client<'_>, answered: Option<&Answered<'_>>) {
        let (method, log) = (client.matched.method, client.matched.stage.access_log.as_ref());
        let shown = log.is_some_and(|log| log.shows().endpoint_request_ids);
        let (status, lambda) = match answered {
            Some(Answered::Http(_, answer)) => (Some(answer.status), false),
            Some(Answered::Lambda(_, answer) | Answered::LambdaProxy(answer)) => (Some(answer.status), true),
            // Lambda's own answer is 200 as soon as its function streams.
            Some(Answered::LambdaStream(_)) => (Some(StatusCode::OK), true),
            Some(Answered::Mock(..)) => return,
            None => {
                (None, matches!(method.integration, Integration::Lambda(_) | Integration::LambdaProxy(_)))
            }
        };
        let request_id = match answered {
            _ if !shown => None,
            Some(Answered::Http(_, answer) | Answered::Lambda(_, answer) | Answered::LambdaProxy(answer)) => {
                endpoint_request_id(&answer.headers).cloned()
            }
            Some(Answered::LambdaStream(streamed)) => HeaderValue::from_str(&streamed.request_id).ok(),
            Some(Answered::Mock(..)) | None => None,
        };
        self.asked = Some(Asked { latency, status, lambda, request_id });
    }

    /// Counts the answer: of its stage, and of its method if that is counted by itself.
    fn count(&self, request: &Request, stage: &CompiledStage, status: StatusCode, latency: Duration) {
        let observed = Observed {
            status,
            latency,
            integration_latency: self.asked.as_ref().map(|asked| asked.latency),
            cached: self.cached,
            ..Observed::default()
        };
        stage.counters.of(stage.facts.is_canary == Some(true)).count(&observed);
        if let Some(counters) =
            self.method.and_then(|method| method.settings.of(&request.method).counters.as_ref())
        {
            counters.count(&observed);
        }
    }

    /// Counts the answer and logs it.
    fn record(
        &mut self,
        request: &Request,
        stage: &CompiledStage,
        response: &Response<Body>,
        refusal: Option<&Refusal>,
        trail: &Trail,
    ) {
        let status = response.status();
        let latency = request.started.elapsed();
        self.count(request, stage, status, latency);
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
        self.log.completed(status, refusal);
        if let Some(logs) = &stage.execution_logs
            && !self.log.is_empty()
        {
            for target in logs.of(&request.ids) {
                trail.lines(target, |lines| self.log.add_to(lines));
            }
        }
        let Some(log) = &stage.access_log else { return };
        let asked = self.asked.as_ref();
        let lambda = asked.is_some_and(|asked| asked.lambda);
        let answered = asked.and_then(|asked| asked.status).map(|status| status.as_u16());
        let outcome = Outcome {
            status: status.as_u16(),
            length: response.body().length(),
            latency_millis: millis(latency),
            // Of a function it is the status that its code chose, once that is known.
            integration_status: if lambda {
                answered.and(refusal.is_none().then(|| status.as_u16()))
            } else {
                answered
            },
            lambda_status: answered.filter(|_| lambda),
            integration_latency_millis: asked.map(|asked| millis(asked.latency)),
            endpoint_request_id: asked
                .and_then(|asked| asked.request_id.as_ref())
                .and_then(|id| id.to_str().ok()),
            refusal,
            ..Outcome::default()
        };
        let context = Context {
            request,
            stage: &stage.facts,
            resource: self.method.map(|method| &method.resource),
            route_key: None,
            caller: &self.caller,
            trace: self.trace.as_ref(),
            outcome: Some(&outcome),
        };
        trail.log(log, request.received, &context);
    }
}

/// "The AWS endpoint's request ID from the x-amz-request-id or x-amzn-requestId header" (API Gateway
/// developer guide, of HTTP APIs' access logs).
fn endpoint_request_id(headers: &Headers) -> Option<&HeaderValue> {
    headers.get(REQUEST_ID).or_else(|| headers.get("x-amz-request-id"))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
