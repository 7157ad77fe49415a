//! The steps of an event on a WebSocket connection, in their order. The only file that knows it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;

use super::stage::{CONNECT, CompiledStage, DISCONNECT, Route};
use super::steps::{Answer, Routed};
use super::{admit, failures, prepare, respond, validate};
use crate::exchange::{
    Answered, Blame, Call, Caller, ConfigurationFault, Context, Outcome, Refusal, Request, Trace,
    WebSocketEventKind,
};
use crate::integration::Integration;
use crate::integration::lambda::Manner;
use crate::mapping::headers::TRACE_ID;
use crate::rest::integrate;
use crate::services::Services;
use crate::trail::execution_log::wording;
use crate::trail::{Detail, ExecutionLog, Trail, WebSocketObserved};

/// What the trail has to know of an event's way.
#[derive(Default)]
struct Course<'r> {
    route: Option<&'r Route>,
    caller: Caller,
    trace: Option<Trace>,
    /// How long the integration took and what it answered, if it was asked.
    asked: Option<(Duration, Option<StatusCode>)>,
    lambda: bool,
    log: ExecutionLog,
}

/// Runs an event and records what came of it. `routed` is nothing if no route takes it, and `caller`
/// is who has connected, as far as that is known.
pub(super) async fn run(
    request: &Request,
    stage: &CompiledStage,
    routed: Option<Routed<'_>>,
    caller: &mut Caller,
    services: Services<'_>,
    trail: &Trail,
) -> Result<Answer, Refusal> {
    let mut course = Course { caller: std::mem::take(caller), ..Course::default() };
    let result = match routed {
        Some(routed) => {
            course.route = Some(routed.route);
            course.log = ExecutionLog::new(routed.route.log, request);
            steps(routed, services, &mut course).await
        }
        None => Err(Refusal::MissingAuthenticationToken),
    };
    course.record(request, stage, &result, trail);
    *caller = course.caller;
    result
}

async fn steps<'r>(
    mut routed: Routed<'r>,
    services: Services<'_>,
    course: &mut Course<'r>,
) -> Result<Answer, Refusal> {
    let (route, request) = (routed.route, routed.request);
    let key = &*route.facts.path;
    course.began(&routed);
    if let Some(refusal) = &route.closed {
        return Err(refusal.clone());
    }
    routed.trace =
        Some(Trace::continued(routed.headers.get(TRACE_ID), request.received, request.ids.trace()));
    if key == CONNECT {
        admit::require(&routed)?;
        let presented = admit::limit(&routed)?;
        admit::admit(&routed, services, &mut course.caller, &mut course.log).await?;
        admit::meter(&routed, presented, &mut course.caller)?;
    } else if key != DISCONNECT {
        admit::limit(&routed)?;
        validate::validate(&routed)?;
    }
    routed.caller.clone_from(&course.caller);
    let Some(target) = &route.target else {
        // Connections need no integration (developer guide, "The $connect route").
        return match key {
            CONNECT | DISCONNECT => Ok(Answer::default()),
            _ => Err(Refusal::ApiConfigurationError(ConfigurationFault::NoIntegration)),
        };
    };
    if target.integration.is_by_signer() {
        admit::empower(routed.request, services, &mut routed.caller);
    }
    course.lambda = matches!(target.integration, Integration::Lambda(_) | Integration::LambdaProxy(_));
    let call = prepare::prepare(&mut routed, target)?;
    course.trace.clone_from(&routed.trace);
    course.sending(request, &routed.stage.facts.api_id, &call);
    let asked = Instant::now();
    let mock = matches!(call, Call::Mock(..));
    let answered = integrate::integrate(call, asked, target.timeout, services).await;
    if !mock {
        course.asked = Some((asked.elapsed(), answered.as_ref().ok().map(status)));
    }
    respond::respond(&routed, target, answered?).await
}

fn status(answered: &Answered<'_>) -> StatusCode {
    match answered {
        Answered::Mock(_, answer)
        | Answered::Http(_, answer)
        | Answered::LambdaProxy(answer)
        | Answered::Lambda(_, answer) => answer.status,
        Answered::LambdaStream(_) => StatusCode::OK,
    }
}

impl Course<'_> {
    fn began(&mut self, routed: &Routed<'_>) {
        let request = routed.request;
        self.log
            .write(Detail::Steps, || format!("Extended Request Id: {}", request.ids.extended_request_id()));
        self.log.write(Detail::Steps, || {
            let event = request.websocket.as_ref();
            let connection = event.map(|event| &*event.connection_id).unwrap_or_default();
            format!(
                "Starting execution for request: {} of connection: {connection}",
                request.ids.request_id()
            )
        });
        self.log.write(Detail::Steps, || format!("Route Key: {}", routed.route.facts.path));
        self.log.write(Detail::Data, || {
            format!("Route request body before transformations: {}", wording::text(&routed.body))
        });
    }

    fn sending(&mut self, request: &Request, api: &str, call: &Call<'_>) {
        match call {
            Call::Mock(..) => {}
            Call::Http(_, outgoing) | Call::Service(_, outgoing, _) => {
                let uri = outgoing.url();
                self.log.write(Detail::Data, || {
                    format!("Endpoint request body after transformations: {}", wording::body(outgoing.body()))
                });
                self.log.write(Detail::Steps, || format!("Sending request to {uri}"));
            }
            Call::LambdaProxy(_, invoke) | Call::Lambda(_, invoke) => {
                self.log.invoking(request.ids.request_id(), api, invoke, Manner::Whole, None);
            }
        }
    }

    /// Counts the event and logs it.
    fn record(
        &mut self,
        request: &Request,
        stage: &CompiledStage,
        result: &Result<Answer, Refusal>,
        trail: &Trail,
    ) {
        let refusal = result.as_ref().err();
        let answer = result.as_ref().ok();
        let status = match result {
            Ok(answer) => answer.status,
            Err(refusal) => failures::status(refusal),
        };
        let asked = self.asked;
        let integration_latency = asked.map(|(latency, _)| latency);
        let kind = request.websocket.as_ref().map(|event| &event.kind);
        let observed = WebSocketObserved {
            connect: matches!(kind, Some(WebSocketEventKind::Connect))
                && self.route.is_some_and(|route| route.target.is_some()),
            messages: match kind {
                Some(WebSocketEventKind::Message { .. }) => {
                    1 + u64::from(refusal.is_some() || answer.is_some_and(|own| own.body.is_some()))
                }
                _ => 0,
            },
            integration_error: answer.is_some() && (status.is_client_error() || status.is_server_error()),
            client_error: refusal.is_some_and(|own| own.response().blame == Blame::Client),
            execution_error: refusal.is_some_and(|own| own.response().blame != Blame::Client),
            integration_latency,
        };
        let detailed = self.route.filter(|route| route.detailed).map(|route| &*route.facts.path);
        stage.counters.websocket().count(&observed, detailed);
        if let Some(refusal) = refusal
            && refusal.response().blame != Blame::Client
        {
            let id = request.ids.request_id();
            tracing::debug!(api = &*stage.facts.api_id, request = id, why = %refusal, "an event failed");
        }
        self.log.completed(status, refusal);
        if let Some(logs) = &stage.execution_logs
            && let Some(own) = logs.of(&request.ids).next()
            && !self.log.is_empty()
        {
            trail.lines(own, |lines| self.log.add_to(lines));
        }
        let Some(log) = &stage.access_log else { return };
        let integration_status = asked.and_then(|(_, status)| status).map(|status| status.as_u16());
        let length = answer.and_then(|own| own.body.as_ref()).map(Bytes::len);
        let outcome = Outcome {
            status: status.as_u16(),
            length: length.and_then(|length| u64::try_from(length).ok()),
            latency_millis: millis(request.started.elapsed()),
            integration_status: if self.lambda {
                integration_status.and(answer.map(|answer| answer.status.as_u16()))
            } else {
                integration_status
            },
            lambda_status: integration_status.filter(|_| self.lambda),
            integration_latency_millis: integration_latency.map(millis),
            refusal,
            ..Outcome::default()
        };
        let context = Context {
            request,
            stage: &stage.facts,
            resource: None,
            route_key: self.route.map(|route| &*route.facts.path),
            caller: &self.caller,
            trace: self.trace.as_ref(),
            outcome: Some(&outcome),
        };
        trail.log(log, request.received, &context);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
