//! May the caller do this? In development mode everyone may do everything in the account that
//! the key stands for. In strict mode the account's root may, and all others are held to their
//! identity policies: what these do not allow, or what cannot be evaluated, is refused.
//!
//! `asked` says what a call needs to be allowed, `thing` what it concerns, `passed_roles` which
//! roles it hands to a service, `circumstances` what policies may know of it.

mod asked;
mod circumstances;
mod passed_roles;
mod thing;

use identities::Held;
use policy::Decision;
use serde_json::Value;
use store::Transaction;
use wire::ServiceError;

use crate::authenticate::Authentication;
use crate::call::{CallContext, Failure, Outcome, Plane};
use asked::Asked;
pub(crate) use circumstances::question;

/// Lets the call pass or refuses it.
///
/// # Errors
/// `AccessDeniedException` in AWS's words.
pub(crate) async fn authorize(
    plane: &Plane,
    authentication: &Authentication,
    context: &CallContext,
    request: &wire::Request,
    found: &wire::Match,
    input: &Value,
) -> Outcome<()> {
    if !authentication.is_strict() || context.caller.is_root() {
        return Ok(());
    }
    let asked = asked::asked(context, request, found, input);
    let context = context.clone();
    plane.store.read(move |tx| check(tx, &context, &asked)).await
}

fn check(tx: &mut Transaction<'_>, context: &CallContext, asked: &[Asked]) -> Outcome<()> {
    let held = Held::of(tx, &context.caller)?;
    for Asked { action, on, keys } in asked {
        let thing = thing::look_up(tx, context, on)?;
        let denied = |why: &str| {
            Failure::from(ServiceError::access_denied(format!(
                "User: {} is not authorized to perform: {action} on resource: {}{why}",
                context.caller.arn(),
                thing.shown
            )))
        };
        let Some(held) = &held else {
            return Err(denied(" because its policies cannot be read"));
        };
        let mut request = question(context, held, action, &thing.arn);
        for (key, value) in keys {
            request.context.add(key, value);
        }
        circumstances::tell_tags(&mut request.context, thing.tags.as_deref());
        match held.decide(None, &context.caller.account, &request) {
            Decision::Allow => {}
            Decision::ExplicitDeny => {
                return Err(denied(" with an explicit deny in an identity-based policy"));
            }
            Decision::NoMatch => {
                return Err(denied(&format!(" because no identity-based policy allows the {action} action")));
            }
        }
    }
    Ok(())
}
