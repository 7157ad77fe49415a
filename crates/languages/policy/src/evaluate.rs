//! Asks one policy. An explicit Deny outweighs every Allow; what nobody allows is not allowed
//! (IAM user guide, "Policy evaluation logic").

use crate::glob::Case;
use crate::policy::{Actions, Policy, Resources, Statement};
use crate::principals::Standing;
use crate::request::Request;

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It allows, and nothing in it denies.
    Allow,
    /// It denies.
    ExplicitDeny,
    /// It does not speak of this: by itself that is a refusal.
    NoMatch,
}

/// What a resource's policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceDecision {
    /// It allows the one who asks.
    Allow,
    /// It allows the account of the one who asks, which leaves it to that account to allow its
    /// members: their identity policies must allow too.
    AllowAccount,
    /// It denies.
    ExplicitDeny,
    /// It does not speak of this.
    NoMatch,
}

/// Asks a policy that belongs to the one who asks: an identity policy, or what an authorizer
/// returned. Statements that name principals are heeded for those alone.
#[must_use]
pub fn evaluate(policy: &Policy, request: &Request<'_>) -> Decision {
    match decide(policy, request, Standing::Directly) {
        ResourceDecision::Allow | ResourceDecision::AllowAccount => Decision::Allow,
        ResourceDecision::ExplicitDeny => Decision::ExplicitDeny,
        ResourceDecision::NoMatch => Decision::NoMatch,
    }
}

/// Asks a policy that belongs to a thing: a function's, an API's, a role's trust policy. A
/// statement that names nobody allows nobody, and denies everybody.
#[must_use]
pub fn evaluate_resource(policy: &Policy, request: &Request<'_>) -> ResourceDecision {
    decide(policy, request, Standing::NotMeant)
}

/// `unnamed` is the standing under an Allow that names nobody.
fn decide(policy: &Policy, request: &Request<'_>, unnamed: Standing) -> ResourceDecision {
    let mut best = Standing::NotMeant;
    for statement in &policy.statements {
        let standing = match &statement.principals {
            Some(principals) => principals.standing(&request.principal, statement.deny),
            None if statement.deny => Standing::Directly,
            None => unnamed,
        };
        // An Allow that adds nothing to what is allowed already need not be looked at.
        if standing == Standing::NotMeant
            || (!statement.deny && standing <= best)
            || !statement.covers(request)
        {
            continue;
        }
        if statement.deny {
            return ResourceDecision::ExplicitDeny;
        }
        best = standing;
    }
    match best {
        Standing::Directly => ResourceDecision::Allow,
        Standing::ThroughAccount => ResourceDecision::AllowAccount,
        Standing::NotMeant => ResourceDecision::NoMatch,
    }
}

impl Statement {
    /// Whether the statement is about this action on this thing under these circumstances.
    fn covers(&self, request: &Request<'_>) -> bool {
        self.covers_action(request.action)
            && self.covers_resource(request)
            && self.conditions.iter().all(|condition| condition.holds(&request.context, self.deny))
    }

    fn covers_action(&self, action: &str) -> bool {
        let (globs, listed) = match &self.actions {
            Actions::Listed(globs) => (globs, true),
            Actions::AllBut(globs) => (globs, false),
        };
        globs.iter().any(|glob| glob.matches(action, Case::Ignore)) == listed
    }

    fn covers_resource(&self, request: &Request<'_>) -> bool {
        let (patterns, listed) = match &self.resources {
            None => return true,
            Some(Resources::Listed(patterns)) => (patterns, true),
            Some(Resources::AllBut(patterns)) => (patterns, false),
        };
        let mut open = false;
        for pattern in patterns {
            match pattern.matches(request.resource, &request.context) {
                Some(true) => return listed,
                Some(false) => {}
                None => open = true,
            }
        }
        // A variable without a value matches nothing. Under `NotResource` that would widen an
        // Allow to what was to be left out, so there only a Deny applies.
        !listed && (!open || self.deny)
    }
}
