//! Who may call a route: nobody is asked, IAM, whoever has issued the caller's token, or a function.

use std::sync::Arc;
use std::time::Instant;

use ports::functions::{Functions, InvokeError, Signer};

use super::event::Told;
use super::lambda_authorizer::{LambdaAuthorizer, Rights, Verdict};
use super::limits::AUTHORIZER_TIMEOUT;
use super::stage::Authorization;
use super::steps::{Admitted, Matched};
use crate::access::{Asking, INVOKE, allows, iam, verdict_key};
use crate::exchange::{Authorized, AuthorizerCall, Caller, Refusal};
use crate::services::Services;

/// Lets a request through if its sender may call its route. What is found out of the sender is left in
/// `caller` either way, for the log.
///
/// # Errors
/// Why the route is closed, to all or to this sender.
pub(super) async fn admit<'r>(
    mut matched: Matched<'r>,
    services: Services<'_>,
    caller: &mut Caller,
) -> Result<Admitted<'r>, Refusal> {
    if let Some(refusal) = &matched.route.closed {
        return Err(refusal.clone());
    }
    match &matched.route.authorization {
        Authorization::None => {}
        Authorization::Iam => by_signature(&mut matched, services, caller).await?,
        Authorization::Jwt { authorizer, scopes } => {
            let (pools, upstreams) = (&services.doors.user_pools, &services.worker.upstreams);
            let bearer = authorizer.bearer(&matched.view(&[]), scopes, pools, upstreams).await;
            caller.authorizer = Some(Arc::new(bearer.map_err(Refusal::Bearer)?));
        }
        Authorization::Lambda(authorizer) => by_function(authorizer, &matched, services, caller).await?,
    }
    matched.caller = caller.clone();
    Ok(Admitted(matched))
}

async fn by_signature(
    matched: &mut Matched<'_>,
    services: Services<'_>,
    caller: &mut Caller,
) -> Result<(), Refusal> {
    let body = std::mem::take(&mut matched.body);
    let (allowed, body) =
        iam::allowed(asking(matched), INVOKE, body, &services.doors.signatures, caller).await?;
    matched.body = body;
    if matched.route.integration.is_by_signer() {
        let iam::Allowed { holder, held, .. } = allowed;
        caller.credentials = Some(Arc::new(holder.credentials()));
        caller.signer = Some(Arc::new(Signer { caller: holder.caller, held }));
    }
    Ok(())
}

fn asking<'a>(matched: &'a Matched<'_>) -> Asking<'a> {
    Asking {
        request: matched.request,
        stage: &matched.stage.facts,
        policy: None,
        headers: &matched.headers,
        verb: matched.request.method.as_str(),
        path: matched.request.path(),
    }
}

async fn by_function(
    authorizer: &LambdaAuthorizer,
    matched: &Matched<'_>,
    services: Services<'_>,
    caller: &mut Caller,
) -> Result<(), Refusal> {
    let identity = authorizer.identity(&matched.view(&[])).ok_or(Refusal::Unauthorized)?;
    let now = matched.request.received;
    let verdicts = &services.doors.route_verdicts;
    let key = authorizer
        .ttl
        .map(|ttl| (verdict_key(authorizer.number, identity.iter().map(|value| &**value)), now.plus(ttl)));
    let kept = key.as_ref().and_then(|(key, _)| verdicts.find(key, now));
    let (verdict, latency_millis) = match kept {
        Some(verdict) => (verdict, 0),
        None => {
            let started = Instant::now();
            let told = Told {
                request: matched.request,
                stage: &matched.stage.facts,
                stage_variables: &matched.stage.variables,
                route_key: &matched.route.key,
                variables: &matched.variables,
                caller: &matched.caller,
                headers: &matched.headers,
                query: matched.request.query(),
                path: None,
                trace: "",
                body: &[],
            };
            let event = told.for_authorizer(authorizer.format, &identity, &asking(matched).arn()?);
            let asked = ask(authorizer, event, &*services.doors.functions).await;
            let latency_millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let status = if asked.is_ok() { 200 } else { 500 };
            let request_id = asked.as_ref().ok().map(|(_, _, id)| id.clone());
            caller.authorizer_call = Some(AuthorizerCall { request_id, latency_millis, status });
            let (verdict, length, _) = asked?;
            let verdict = Arc::new(verdict);
            if let Some((key, until)) = key {
                verdicts.keep(key, &verdict, length, (now, until));
            }
            (verdict, latency_millis)
        }
    };
    caller.authorizer = Some(Arc::new(Authorized {
        principal_id: verdict.principal_id.clone(),
        context: verdict.context.clone(),
        latency_millis: Some(latency_millis),
        ..Authorized::default()
    }));
    match &verdict.rights {
        Rights::All(true) => Ok(()),
        Rights::All(false) => Err(Refusal::AuthorizerDenied { explicit: true }),
        Rights::Policy(rules) => allows(rules, asking(matched)),
    }
}

/// Asks the function itself. The verdict comes with the length of what was said, and with what the
/// function knows the invocation by.
async fn ask(
    authorizer: &LambdaAuthorizer,
    event: bytes::Bytes,
    functions: &dyn Functions,
) -> Result<(Verdict, usize, Box<str>), Refusal> {
    let misconfigured = |why: String| Refusal::AuthorizerConfigurationError { why };
    let request = authorizer.request(event).map_err(misconfigured)?;
    let asked = tokio::time::timeout(AUTHORIZER_TIMEOUT, functions.invoke(request)).await;
    let asked = asked.map_err(|_| Refusal::AuthorizerFailure {
        why: "the authorizer did not answer in time".to_owned(),
    })?;
    let reply = asked.map_err(|error| match error {
        InvokeError::NotFound { .. } | InvokeError::Denied { .. } => {
            misconfigured("Invalid permissions on Lambda function".to_owned())
        }
        other => Refusal::AuthorizerFailure { why: other.to_string() },
    })?;
    let verdict = authorizer.verdict(&reply).map_err(misconfigured)?;
    Ok((verdict, reply.payload.len(), reply.request_id.into()))
}
