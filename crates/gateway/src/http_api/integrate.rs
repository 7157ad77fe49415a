//! Asking the integration.

use std::time::Instant;

use super::steps::{Answered, Call, Client};
use crate::exchange::{IntegrationFault, Refusal};
use crate::integration::{aws, http, lambda};
use crate::services::Services;

/// The longest part of a function's error that is kept for the operator.
const SHOWN_OF_ERRORS: usize = 1024;

/// A function that does not answer in time is not there to the client; a backend is late.
fn unavailable(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::IntegrationTimeout { .. } => {
            Refusal::IntegrationFailure(IntegrationFault::Unavailable { why: refusal.to_string() })
        }
        other => other,
    }
}

/// Sends the prepared request, `now`, and waits for the answer, as long as the route allows.
///
/// # Errors
/// What the client gets if there is no answer.
pub(super) async fn integrate<'r>(
    call: Call<'r>,
    now: Instant,
    client: &Client<'r>,
    services: Services<'_>,
) -> Result<Answered<'r>, Refusal> {
    let limit = client.matched.route.timeout;
    let upstreams = &services.worker.upstreams;
    match call {
        Call::Http(outgoing) => {
            Ok(Answered::Http(http::call::send(upstreams, *outgoing, now, limit, false).await?))
        }
        Call::Service(service, outgoing) => {
            let sessions = &services.doors.backends.sessions;
            let callers = client.matched.caller.credentials.as_deref();
            let answer =
                aws::call(&service.signature, *outgoing, callers, limit, sessions, upstreams).await?;
            Ok(Answered::Http(answer))
        }
        Call::Lambda(proxy, request) => {
            let reply = lambda::invoke(&*services.doors.functions, *request, limit).await;
            let reply = reply.map_err(unavailable)?;
            match reply.function_error {
                None => Ok(Answered::Lambda(proxy, reply.payload, reply.request_id)),
                Some(_) => {
                    let text = String::from_utf8_lossy(&reply.payload);
                    let why = text.chars().take(SHOWN_OF_ERRORS).collect();
                    Err(Refusal::IntegrationFailure(IntegrationFault::FunctionError { why }))
                }
            }
        }
    }
}
