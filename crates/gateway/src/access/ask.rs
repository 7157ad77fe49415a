//! Asks a method's authorizer whether a request may be served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use policy::{Decision, Policy, Principal, evaluate};
use ports::functions::{Functions, InvocationType, InvokeError, InvokeReply};

use super::circumstances::question;
use super::cognito::texts;
use super::iam::by_signature;
use super::lambda_authorizer::{LambdaAuthorizer, NoVerdict, Verdict, verdict};
use super::method_arn::MethodArn;
use super::resource_policy::{INVOKE, allows_anyone, denies_nobody, lets_anyone_invalidate};
use super::user_pools::TokenFault;
use super::{AskedFunction, AskedUserPools, Asking, Authorization, Verdicts};
use crate::exchange::{
    Authorized, AuthorizerCall, Caller, Check, Context, IdSource, Matched, NOBODY, Refusal, StageFacts, Trace,
};
use crate::integration::lambda::{EventRequest, Manner};
use crate::mapping::headers::TRACE_ID;
use crate::rest::limits::LONGEST_TIMEOUT;
use crate::trail::execution_log::wording;
use crate::trail::{Detail, ExecutionLog};
use crate::{Doors, Worker};

/// Asks whether the sender of `matched` may call its method. What is found out of the sender is
/// left in `caller`.
///
/// Where the API has a policy (developer guide, "How API Gateway resource policies affect
/// authorization workflow"):
/// - a method without authorization needs the policy's Allow;
/// - a Lambda authorizer is not asked if the policy denies. If it allows, the policy need not (its
///   table A). By the same table the policy could allow what the authorizer does not speak of;
///   that is not done, for who asks an authorizer relies on it;
/// - after a user pool's authorizer the policy must allow. What it denies is not let through to
///   the authorizer either;
/// - with IAM the two are decided together.
///
/// # Errors
/// What the sender gets if not.
pub(crate) async fn authorize(
    matched: &mut Matched<'_>,
    doors: &Doors,
    worker: &Worker,
    ids: &IdSource,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    let method = matched.method;
    if matches!(method.authorization, Authorization::None) && matched.stage.policy.is_none() {
        return Ok(());
    }
    let started = Instant::now();
    let asked = decide(matched, doors, worker, ids, caller, log).await;
    // What is left is what asking the policies took.
    let others = [
        caller.authorizer_call.as_ref().map(|call| call.latency_millis),
        caller.authenticate.map(|check| check.latency_millis),
    ];
    let others = Duration::from_millis(others.into_iter().flatten().sum());
    let latency = started.elapsed().saturating_sub(others);
    let by_policy =
        !matches!(method.authorization, Authorization::Cognito(_)) || matched.stage.policy.is_some();
    caller.authorize = match &asked {
        Ok(()) if by_policy => Some(Check::new(latency, None)),
        Err(refusal @ (Refusal::AuthorizerDenied { .. } | Refusal::AccessDenied { .. })) => {
            Some(Check::new(latency, Some(refusal)))
        }
        Ok(()) | Err(_) => None,
    };
    asked
}

async fn decide(
    matched: &mut Matched<'_>,
    doors: &Doors,
    worker: &Worker,
    ids: &IdSource,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    let method = matched.method;
    // One request in many has an authorizer: its state is put aside.
    match &method.authorization {
        Authorization::None => allows_anyone(Asking::of(matched))?,
        Authorization::Lambda(asked) => {
            denies_nobody(Asking::of(matched))?;
            let Doors { functions, verdicts, .. } = doors;
            Box::pin(by_function(asked, matched, &**functions, verdicts, ids, caller, log)).await?;
        }
        Authorization::Cognito(asked) => {
            denies_nobody(Asking::of(matched))?;
            Box::pin(by_user_pools(asked, matched, doors, worker, caller, log)).await?;
            allows_anyone(Asking::of(matched))?;
        }
        Authorization::Iam => return Box::pin(by_signature(matched, &doors.signatures, caller)).await,
    }
    if matched.asks_to_invalidate() {
        caller.may_invalidate_cache = lets_anyone_invalidate(Asking::of(matched));
    }
    Ok(())
}

async fn by_user_pools(
    asked: &AskedUserPools,
    matched: &Matched<'_>,
    doors: &Doors,
    worker: &Worker,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    let AskedUserPools { authorizer, scopes } = asked;
    let (id, now) = (matched.request.ids.request_id(), matched.request.received);
    log.write(Detail::Steps, || format!("Starting authorizer: {} for request: {id}", authorizer.id));
    for value in authorizer.tokens(&matched.headers) {
        log.hide(value);
    }
    let claims = authorizer.claims(&matched.headers, scopes, now, &doors.user_pools, &worker.upstreams);
    match claims.await {
        Ok(claims) => {
            let context = [("claims".to_owned(), texts(claims).into())].into_iter().collect();
            caller.authorizer = Some(Arc::new(Authorized { context, ..Authorized::default() }));
            log.write(Detail::Steps, || "Successfully completed authorizer execution".to_owned());
            Ok(())
        }
        Err(fault @ TokenFault::Untrusted(_)) => {
            // What is wrong with a token is the operator's to know, not the client's.
            log.write(Detail::Errors, || format!("Unauthorized request: {id}: {fault}"));
            Err(Refusal::Unauthorized)
        }
        Err(fault @ TokenFault::Keys { .. }) => {
            Err(Refusal::AuthorizerConfigurationError { why: fault.to_string() })
        }
    }
}

async fn by_function(
    asked: &AskedFunction,
    matched: &Matched<'_>,
    functions: &dyn Functions,
    verdicts: &Verdicts,
    ids: &IdSource,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<(), Refusal> {
    let AskedFunction { authorizer, event } = asked;
    let (request, stage) = (matched.request, &matched.stage.facts);
    let (id, now) = (request.ids.request_id(), request.received);
    let arn = MethodArn::bounded(Asking::of(matched))?;
    log.write(Detail::Steps, || format!("Starting authorizer: {} for request: {id}", authorizer.id));
    let trace = Trace::continued(matched.headers.get(TRACE_ID), now, ids.bytes());
    let of = EventRequest {
        context: Context {
            request,
            stage,
            resource: Some(&matched.method.resource),
            route_key: None,
            caller: &matched.caller,
            trace: None,
            outcome: None,
        },
        headers: &matched.headers,
        header_names: &matched.header_names,
        path: &matched.path,
        trace: trace.header(),
        body: &[],
        binary: false,
    };
    let unauthorized = |log: &mut ExecutionLog| {
        log.write(Detail::Errors, || format!("Unauthorized request: {id}"));
        Refusal::Unauthorized
    };
    let Some(identity) = authorizer.identity(&of) else { return Err(unauthorized(log)) };
    log.write(Detail::Data, || format!("Incoming identity: {}", authorizer.shown(&identity)));
    // Whatever the names of these are, and wherever they stand from here on.
    for (_, value) in identity.iter().filter(|(name, _)| name.starts_with("method.request.")) {
        log.hide(value);
    }
    log.hide_secrets_of(&matched.headers, matched.request.query());
    let (verdict, latency_millis) = match verdicts.get(authorizer, &identity, now) {
        Some(verdict) => (verdict, 0),
        None => {
            let started = Instant::now();
            let payload = authorizer.event(&identity, &arn.sent, &of, event);
            let Said { request_id, verdict } = ask(authorizer, payload, stage, id, functions, log).await;
            let latency_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let call = |status| Some(AuthorizerCall { request_id, latency_millis, status });
            match verdict {
                Ok(verdict) => {
                    caller.authorizer_call = call(200);
                    let verdict = Arc::new(verdict);
                    verdicts.put(authorizer, &identity, now, &verdict);
                    (verdict, latency_millis)
                }
                Err(NoVerdict::Unauthorized) => {
                    caller.authorizer_call = call(401);
                    return Err(unauthorized(log));
                }
                Err(NoVerdict::Misconfigured(why)) => {
                    caller.authorizer_call = call(500);
                    return Err(Refusal::AuthorizerConfigurationError { why });
                }
                Err(NoVerdict::Failed(why)) => {
                    caller.authorizer_call = call(500);
                    return Err(Refusal::AuthorizerFailure { why });
                }
            }
        }
    };
    log.write(Detail::Steps, || {
        let principal = wording::redacted(&verdict.principal_id);
        format!("Using valid authorizer policy for principal: {principal}")
    });
    caller.authorizer = Some(Arc::new(authorized(&verdict, latency_millis)));
    allowed(&verdict, matched, &arn)?;
    log.write(Detail::Steps, || "Successfully completed authorizer execution".to_owned());
    Ok(())
}

/// What asking a function came to.
pub(crate) struct Said {
    /// What it knows the invocation by, if it was invoked.
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) verdict: Result<Verdict, NoVerdict>,
}

/// Asks the function itself.
pub(crate) async fn ask(
    authorizer: &LambdaAuthorizer,
    event: bytes::Bytes,
    stage: &StageFacts,
    request_id: &str,
    functions: &dyn Functions,
    log: &mut ExecutionLog,
) -> Said {
    match invoked(authorizer, event, stage, request_id, functions, log).await {
        Ok(reply) => {
            let verdict = verdict(&reply);
            // A function that says `Unauthorized` is not quoted.
            if !matches!(verdict, Err(NoVerdict::Unauthorized)) {
                log.write(Detail::Data, || {
                    format!("Authorizer result body before parsing: {}", wording::text(&reply.payload))
                });
            }
            Said { request_id: Some(reply.request_id.into()), verdict }
        }
        Err(none) => Said { request_id: None, verdict: Err(none) },
    }
}

async fn invoked(
    authorizer: &LambdaAuthorizer,
    event: bytes::Bytes,
    stage: &StageFacts,
    request_id: &str,
    functions: &dyn Functions,
    log: &mut ExecutionLog,
) -> Result<InvokeReply, NoVerdict> {
    // An authorizer is never invoked by the right of those whom it is asked about.
    let mut invoke = authorizer
        .invocation
        .request(&NOBODY, event, InvocationType::RequestResponse, "", None)
        .map_err(|refusal| NoVerdict::Misconfigured(refusal.to_string()))?;
    invoke.trace_id = None;
    log.invoking(request_id, &stage.api_id, &invoke, Manner::Whole, None);
    let asked = tokio::time::timeout(LONGEST_TIMEOUT, functions.invoke(invoke)).await;
    let Ok(asked) = asked else {
        return Err(NoVerdict::Failed("the authorizer did not answer in time".to_owned()));
    };
    asked.map_err(|error| match error {
        InvokeError::NotFound { .. } | InvokeError::Denied { .. } => {
            NoVerdict::Misconfigured("Invalid permissions on Lambda function".to_owned())
        }
        // Not recorded.
        other => NoVerdict::Failed(other.to_string()),
    })
}

/// Whether the policy allows the method that the request has come to.
fn allowed(verdict: &Verdict, matched: &Matched<'_>, arn: &MethodArn) -> Result<(), Refusal> {
    decided(&verdict.rules, Asking::of(matched), arn)
}

/// Whether what an authorizer said allows what is asked for.
///
/// # Errors
/// That it does not, or that it is not known what is asked for.
pub(crate) fn allows(rules: &Policy, asking: Asking<'_>) -> Result<(), Refusal> {
    decided(rules, asking, &MethodArn::bounded(asking)?)
}

fn decided(rules: &Policy, asking: Asking<'_>, arn: &MethodArn) -> Result<(), Refusal> {
    let decide = |arn: &str| evaluate(rules, &question(asking, Principal::Anonymous, INVOKE, arn));
    match arn.of_sent(decide) {
        Decision::Allow => Ok(()),
        Decision::ExplicitDeny => Err(Refusal::AuthorizerDenied { explicit: true }),
        Decision::NoMatch => Err(Refusal::AuthorizerDenied { explicit: false }),
    }
}

/// What of a verdict the integration may see. All values are texts there (API Gateway developer
/// guide, "Output from an API Gateway Lambda authorizer").
pub(crate) fn authorized(verdict: &Verdict, latency_millis: u64) -> Authorized {
    Authorized {
        principal_id: Some(verdict.principal_id.as_str().into()),
        context: verdict.texts.clone(),
        jwt: None,
        latency_millis: Some(latency_millis),
        usage_identifier_key: verdict.usage_identifier_key.clone(),
    }
}
