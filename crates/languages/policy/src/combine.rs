//! Joins what several policies say: those of the one who asks, and that of the thing that is
//! asked for (IAM user guide, "Policy evaluation logic", within one account and across
//! accounts).

use crate::evaluate::{Decision, ResourceDecision, evaluate, evaluate_resource};
use crate::policy::Policy;
use crate::request::{Principal, Request};

/// How the one who asks stands to the account that owns the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Of the same account: either policy may allow.
    SameAccount,
    /// Of another account: both must allow.
    CrossAccount,
    /// Of no account (a service, an identity provider's user, nobody in particular): there are
    /// no identity policies, the thing's own must allow.
    NoAccount,
}

impl Relation {
    /// The relation of a principal to the account that owns the thing.
    #[must_use]
    pub fn of(principal: &Principal<'_>, owner: &str) -> Self {
        match principal.account() {
            None => Self::NoAccount,
            Some(account) if account == owner => Self::SameAccount,
            Some(_) => Self::CrossAccount,
        }
    }
}

/// Joins the decision of the identity policies with that of the resource's policy, which is
/// [`ResourceDecision::NoMatch`] if it has none.
#[must_use]
pub fn combine(identity: Decision, resource: ResourceDecision, relation: Relation) -> Decision {
    if identity == Decision::ExplicitDeny || resource == ResourceDecision::ExplicitDeny {
        return Decision::ExplicitDeny;
    }
    let by_identity = identity == Decision::Allow;
    let by_resource = resource == ResourceDecision::Allow;
    let allowed = match relation {
        // A policy that names the account and not its member leaves it to the identity policies.
        Relation::SameAccount => by_identity || by_resource,
        Relation::CrossAccount => by_identity && (by_resource || resource == ResourceDecision::AllowAccount),
        Relation::NoAccount => by_resource,
    };
    if allowed { Decision::Allow } else { Decision::NoMatch }
}

/// Asks all policies that bear on a request: the identity policies of the one who asks, and
/// the policy, if any, of the thing, which belongs to the account `owner`. `NoMatch` is a
/// refusal.
///
/// An account's root user needs no identity policy: it may do everything that the thing's
/// policy does not deny, and in other accounts what is allowed there.
///
/// Not for assuming roles: see [`authorize_assume_role`].
#[must_use]
pub fn authorize(
    identity: &[&Policy],
    resource: Option<&Policy>,
    owner: &str,
    request: &Request<'_>,
) -> Decision {
    let by_resource = resource.map_or(ResourceDecision::NoMatch, |policy| evaluate_resource(policy, request));
    combine(by_identity(identity, request), by_resource, Relation::of(&request.principal, owner))
}

/// Asks whether a role of the account `owner` may be assumed: its trust policy must allow it
/// always. Where that names the account and not its member, or the member is of another
/// account, the identity policies must allow it too (IAM user guide, "Roles terms and
/// concepts" and "Granting a user permissions to switch roles").
#[must_use]
pub fn authorize_assume_role(
    identity: &[&Policy],
    trust: &Policy,
    owner: &str,
    request: &Request<'_>,
) -> Decision {
    let by_identity = by_identity(identity, request);
    let trusted = evaluate_resource(trust, request);
    if by_identity == Decision::ExplicitDeny || trusted == ResourceDecision::ExplicitDeny {
        return Decision::ExplicitDeny;
    }
    let trust_is_enough = match (trusted, Relation::of(&request.principal, owner)) {
        (ResourceDecision::Allow, Relation::SameAccount | Relation::NoAccount) => true,
        (ResourceDecision::Allow | ResourceDecision::AllowAccount, _) => false,
        (ResourceDecision::NoMatch | ResourceDecision::ExplicitDeny, _) => return Decision::NoMatch,
    };
    if trust_is_enough { Decision::Allow } else { by_identity }
}

/// What the identity policies of the one who asks say together.
fn by_identity(policies: &[&Policy], request: &Request<'_>) -> Decision {
    if matches!(request.principal, Principal::Root { .. }) {
        return Decision::Allow;
    }
    let mut found = Decision::NoMatch;
    for policy in policies {
        match evaluate(policy, request) {
            Decision::ExplicitDeny => return Decision::ExplicitDeny,
            Decision::Allow => found = Decision::Allow,
            Decision::NoMatch => {}
        }
    }
    found
}
