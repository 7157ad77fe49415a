//! May the caller do this? In development mode everyone may do everything in the account that
//! the key stands for. In strict mode the account's root may, and all others are held to their
//! identity policies: what these do not allow, or what cannot be evaluated, is refused.

mod resource;

use documents::iam::{IdentityPolicies, RoleDocument, UserDocument};
use policy::{Decision, Policy, Request};
use serde_json::Value;
use store::{Key, Transaction};
use wire::ServiceError;

use crate::authenticate::Authentication;
use crate::call::{CallContext, Caller, Failure, Outcome, Plane};
use resource::Asked;

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
    if !authentication.is_strict() || context.caller.arn.ends_with(":root") {
        return Ok(());
    }
    let asked = resource::asked(&context.scope, request, found, input);
    let context = context.clone();
    plane.store.read(move |tx| check(tx, &context, &asked)).await
}

fn check(tx: &mut Transaction<'_>, context: &CallContext, asked: &[Asked]) -> Outcome<()> {
    let policies = identity_policies(tx, &context.caller)?;
    for Asked { action, resource } in asked {
        let denied = |why: &str| {
            ServiceError::access_denied(format!(
                "User: {} is not authorized to perform: {action} on resource: {resource}{why}",
                context.caller.arn
            ))
        };
        let Some(policies) = &policies else {
            return Err(denied(" because its policies cannot be read").into());
        };
        let resource = resolved(tx, context, resource)?;
        let request = Request::new(context.caller.principal(), action, &resource)
            .with("aws:RequestedRegion", context.scope.region())
            .with("aws:CurrentTime", context.now.iso8601())
            .with("aws:EpochTime", context.now.as_secs().to_string());
        match policy::authorize(&policies.iter().collect::<Vec<_>>(), None, &context.caller.account, &request)
        {
            Decision::Allow => {}
            Decision::ExplicitDeny => {
                return Err(denied(" with an explicit deny in an identity-based policy").into());
            }
            Decision::NoMatch => {
                let why = format!(" because no identity-based policy allows the {action} action");
                return Err(denied(&why).into());
            }
        }
    }
    Ok(())
}

/// The identity policies of a user or of the role whose session this is; `None` if they cannot
/// all be had and read. An account's root has none and needs none.
pub(crate) fn identity_policies(tx: &mut Transaction<'_>, caller: &Caller) -> Outcome<Option<Vec<Policy>>> {
    if caller.arn.ends_with(":root") {
        return Ok(Some(Vec::new()));
    }
    let scope = base::Scope::global(&caller.account);
    let arn = caller.role_arn.as_deref().unwrap_or(&caller.arn);
    let key = Key::new([arn.rsplit('/').next().unwrap_or_default()]);
    let held: Option<IdentityPolicies> = match &caller.role_arn {
        Some(_) => tx.get::<RoleDocument>(&scope, &key)?.map(|role| role.policies),
        None => tx.get::<UserDocument>(&scope, &key)?.map(|user| user.policies),
    };
    let Some(held) = held else { return Ok(None) };
    let texts = held.texts(tx, &scope).map_err(Failure::Store)?;
    Ok(texts.and_then(|texts| texts.iter().map(|text| Policy::parse(text).ok()).collect()))
}

/// IAM's ARNs hold paths that a request by name does not tell: they are looked up.
fn resolved(tx: &mut Transaction<'_>, context: &CallContext, resource: &str) -> Outcome<String> {
    let scope = context.scope.to_global();
    let by_name = |kind: &str| resource.split_once(kind).map(|(_, name)| Key::new([name]));
    let known = if let Some(key) = by_name(":role/") {
        tx.get::<RoleDocument>(&scope, &key)?.map(|role| role.role.arn)
    } else if let Some(key) = by_name(":user/") {
        tx.get::<UserDocument>(&scope, &key)?.map(|user| user.user.arn)
    } else {
        None
    };
    Ok(known.unwrap_or_else(|| resource.to_owned()))
}
