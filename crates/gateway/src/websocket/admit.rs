//! Who may connect: `$connect` alone asks (API Gateway developer guide, "Managing connected users and
//! client apps": authorization is performed at connection time only).

use std::sync::Arc;
use std::time::Instant;

use api::apigateway::ApiKeySourceType;
use policy::{Decision, Principal, evaluate};

use super::event;
use super::stage::{Access, Place};
use super::steps::Routed;
use crate::access::iam::{allowed, own_right};
use crate::access::lambda_authorizer::{LambdaAuthorizer, NoVerdict};
use crate::access::{Asking, INVOKE, Said, ask, authorized, question};
use crate::exchange::{AuthorizerCall, Body, Caller, Refusal, Request};
use crate::integration::lambda::EventRequest;
use crate::mapping::query::Query;
use crate::services::Services;
use crate::trail::ExecutionLog;
use crate::usage_plans::{Called, KeyFault, Member};

/// Lets an event through that has what its route requires.
///
/// # Errors
/// 400 with the parameters that are missing; empty values do not count.
pub(super) fn require(routed: &Routed<'_>) -> Result<(), Refusal> {
    let there = |name: &str, place: &Place| match place {
        Place::Query => Query(routed.request.query()).values(name).any(|value| !value.is_empty()),
        Place::Header(name) => routed.headers.get_all(name).any(|value| !value.is_empty()),
    };
    let required = routed.route.required.iter();
    let missing: Vec<_> = required.filter(|(name, place)| !there(name, place)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::BadRequestParameters { missing: missing.iter().map(|(name, _)| name.to_string()).collect() })
}

/// Lets an event through if its route may be taken once more: first by the client's own limits, then by
/// those that it shares with others.
///
/// # Errors
/// 429.
pub(super) fn limit(routed: &Routed<'_>) -> Result<Option<Result<Member, KeyFault>>, Refusal> {
    let presented = (routed.route.api_key == Some(ApiKeySourceType::Header)).then(|| {
        present(routed, routed.headers.get("x-api-key").map(|own| own.to_str().unwrap_or_default()))
    });
    let now = routed.request.started.into();
    if let Some(Ok(member)) = &presented {
        member.throttle(called(routed), now)?;
    }
    for throttle in routed.route.throttle.iter().chain(&routed.stage.account) {
        if !throttle.take(now) {
            return Err(Refusal::Throttled);
        }
    }
    Ok(presented)
}

/// Lets a client connect if whoever decides on that allows it. What is found out of it is left in
/// `caller`.
///
/// # Errors
/// What the client gets if not.
pub(super) async fn admit(
    routed: &Routed<'_>,
    services: Services<'_>,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    match &routed.route.access {
        Access::Anyone => Ok(()),
        Access::Iam => {
            let signatures = &services.doors.signatures;
            let allowed = allowed(asking(routed), INVOKE, Body::Empty, signatures, caller).await;
            allowed.map(drop)
        }
        Access::Function(authorizer) => by_function(authorizer, routed, services, caller, log).await,
    }
}

/// Leaves in `caller` by what right its route's integration is called, if it is that of whoever has
/// connected. A connection may be older than its client's policies, and outlive its key: what counts is
/// what holds when the event happens. Without a right the integration refuses.
pub(super) fn empower(request: &Request, services: Services<'_>, caller: &mut Caller) {
    let identity = caller.identity.as_deref();
    let right = identity.and_then(|own| own_right(own, &services.doors.signatures, request.received));
    let (credentials, signer) = right.map(|own| (own.credentials, own.signer)).unzip();
    caller.credentials = credentials;
    caller.signer = signer;
}

/// Counts a connection on its API key's quota, if the route requires one. The key is left in `caller`.
///
/// # Errors
/// 403, 429.
pub(super) fn meter(
    routed: &Routed<'_>,
    presented: Option<Result<Member, KeyFault>>,
    caller: &mut Caller,
) -> Result<(), Refusal> {
    let Some(source) = routed.route.api_key else { return Ok(()) };
    let value = match source {
        ApiKeySourceType::Header => routed.headers.get("x-api-key").and_then(|own| own.to_str().ok()),
        ApiKeySourceType::Authorizer => {
            let said = caller.authorizer.as_ref();
            said.and_then(|said| said.usage_identifier_key.as_ref()).map(base::Secret::expose)
        }
    };
    let member = presented.unwrap_or_else(|| present(routed, value));
    let member = member.map_err(|fault| called(routed).refused(value, fault))?;
    if source == ApiKeySourceType::Authorizer {
        member.throttle(called(routed), routed.request.started.into())?;
    }
    member.count(called(routed), routed.request.received)?;
    caller.api_key = Some(member.into_presented());
    Ok(())
}

fn present(routed: &Routed<'_>, value: Option<&str>) -> Result<Member, KeyFault> {
    let facts = &routed.stage.facts;
    routed.stage.keys.present(value, &facts.api_id, &facts.stage)
}

/// The route as usage plans and their logs name it.
fn called<'a>(routed: &Routed<'a>) -> Called<'a> {
    let (stage, route) = (routed.stage, routed.route);
    Called {
        api: &stage.facts.api_id,
        stage: &stage.facts.stage,
        resource: &route.facts.id,
        path: &route.facts.path,
        verb: "",
    }
}

fn asking<'a>(routed: &'a Routed<'_>) -> Asking<'a> {
    Asking {
        request: routed.request,
        stage: &routed.stage.facts,
        policy: None,
        headers: &routed.headers,
        verb: &routed.route.facts.path,
        path: "",
    }
}

async fn by_function(
    authorizer: &LambdaAuthorizer,
    routed: &Routed<'_>,
    services: Services<'_>,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    let (stage, request) = (routed.stage, routed.request);
    let of = EventRequest {
        context: routed.context(),
        headers: &routed.headers,
        header_names: &routed.header_names,
        path: &routed.path,
        trace: routed.trace_header(),
        body: &[],
        binary: false,
    };
    if authorizer.identity(&of).is_none() {
        return Err(Refusal::Unauthorized);
    }
    let facts = &stage.facts;
    let arn = format!(
        "arn:aws:execute-api:{}:{}:{}/{}/{}",
        facts.region, facts.account_id, facts.api_id, facts.stage, routed.route.facts.path
    );
    let event = event::of_authorizer(&of, &arn, &stage.variables.to_event());
    let started = Instant::now();
    let functions = &*services.doors.functions;
    let Said { request_id, verdict } =
        ask(authorizer, event, facts, request.ids.request_id(), functions, log).await;
    let latency_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = match &verdict {
        Ok(_) => 200,
        Err(NoVerdict::Unauthorized) => 401,
        Err(NoVerdict::Misconfigured(_) | NoVerdict::Failed(_)) => 500,
    };
    caller.authorizer_call = Some(AuthorizerCall { request_id, latency_millis, status });
    let verdict = verdict.map_err(|none| match none {
        NoVerdict::Unauthorized => Refusal::Unauthorized,
        NoVerdict::Misconfigured(why) => Refusal::AuthorizerConfigurationError { why },
        NoVerdict::Failed(why) => Refusal::AuthorizerFailure { why },
    })?;
    caller.authorizer = Some(Arc::new(authorized(&verdict, latency_millis)));
    let question = question(asking(routed), Principal::Anonymous, INVOKE, &arn);
    match evaluate(&verdict.rules, &question) {
        Decision::Allow => Ok(()),
        Decision::ExplicitDeny => Err(Refusal::AuthorizerDenied { explicit: true }),
        Decision::NoMatch => Err(Refusal::AuthorizerDenied { explicit: false }),
    }
}
