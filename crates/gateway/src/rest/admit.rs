//! Who may call a method. One that asks for a check that is not built is closed when its stage is
//! compiled, and stays closed.

use super::CompiledStage;
use crate::access::authorize;
use crate::exchange::{Admitted, Caller, Matched, Refusal, Request, Unreachable};
use crate::services::Services;
use crate::trail::ExecutionLog;

/// Lets a request into its stage.
///
/// # Errors
/// Why the stage is closed, to all or to those who come this way.
pub(super) fn enter(request: &Request, stage: &CompiledStage) -> Result<(), Refusal> {
    if stage.endpoint_disabled && request.base_path().is_none() {
        return Err(Refusal::Forbidden(Unreachable::EndpointDisabled));
    }
    if stage.private.is_some() && request.via.is_none() {
        return Err(Refusal::Forbidden(Unreachable::PrivateApi));
    }
    stage.closed.clone().map_or(Ok(()), Err)
}

/// Lets a request through if its sender may call its method. What is found out of the sender is
/// left in `caller` either way, for the logs.
///
/// # Errors
/// Why the method is closed, to all or to this sender.
pub(super) async fn admit<'r>(
    mut matched: Box<Matched<'r>>,
    services: Services<'_>,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<Admitted<'r>, Refusal> {
    if let Some(refusal) = &matched.method.closed {
        return Err(refusal.clone());
    }
    let Services { doors, ids, worker } = services;
    authorize(&mut matched, doors, worker, ids, caller, log).await?;
    matched.caller = caller.clone();
    Ok(Admitted(matched))
}
