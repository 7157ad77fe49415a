//! Which API key a request is counted on. It comes after the method's authorizer, which may be where
//! the key comes from (AWS's support pages show execution logs: the usage plan is verified after the
//! authorizer); so nobody uses up a quota without being let in.

use std::sync::Arc;

use api::apigateway::ApiKeySourceType;

use super::limit::{Presented, called, present, value};
use crate::exchange::{Admitted, Caller, Refusal};
use crate::trail::ExecutionLog;

/// Lets a request through if its API key may call the stage and has something left of its quota, or
/// if its method requires no key. The key is left in `caller`.
///
/// # Errors
/// 403 `Forbidden`, 429.
pub(super) fn meter<'r>(
    admitted: Admitted<'r>,
    presented: Presented,
    caller: &mut Caller,
    log: &mut ExecutionLog,
) -> Result<Admitted<'r>, Refusal> {
    let Admitted(mut matched) = admitted;
    let Some(source) = matched.method.api_key else {
        log.no_key_required(&matched);
        return Ok(Admitted(matched));
    };
    let authorized = match source {
        ApiKeySourceType::Header => None,
        ApiKeySourceType::Authorizer => Some(&*caller),
    };
    let value = || value(&matched, authorized);
    log.verifying(&matched, value);
    let member = match presented.unwrap_or_else(|| present(&matched, authorized)) {
        Ok(member) => member,
        Err(fault) => return Err(called(&matched).refused(value(), fault)),
    };
    if authorized.is_some() {
        member.throttle(called(&matched), matched.request.started.into())?;
    }
    member.count(called(&matched), matched.request.received)?;
    log.key_authorized(&matched, value);
    let presented = member.into_presented();
    matched.caller.api_key = Some(Arc::clone(&presented));
    caller.api_key = Some(presented);
    Ok(Admitted(matched))
}
