//! The resource policy of an API, which was deployed with it (API Gateway developer guide, "How
//! API Gateway resource policies affect authorization workflow").

use policy::{Decision, Policy, PolicyError, Principal, ResourceDecision, evaluate_resource};
use serde_json::Value;

use super::Asking;
use super::circumstances::question;
use super::method_arn::MethodArn;
use crate::exchange::{Refusal, StageFacts};

/// What a request does that is served.
pub(crate) const INVOKE: &str = "execute-api:Invoke";

/// What a backend does that speaks to a WebSocket client.
pub(crate) const MANAGE_CONNECTIONS: &str = "execute-api:ManageConnections";

/// What a request does that asks for an answer from the backend in place of a cached one.
pub(super) const INVALIDATE_CACHE: &str = "execute-api:InvalidateCache";

/// A resource policy, compiled.
#[derive(Clone, Debug)]
pub struct ResourcePolicy(Policy);

impl ResourcePolicy {
    /// Of the text in a snapshot. Short forms of resources (`execute-api:/prod/GET/pets`) are
    /// written out when a policy is stored; those in one that was stored otherwise are now.
    ///
    /// # Errors
    /// If it cannot be read: it must be taken to deny everything.
    pub(crate) fn compile(text: &str, of: &StageFacts) -> Result<Self, PolicyError> {
        let parsed = Policy::parse(text)?;
        if !text.contains("execute-api:/") {
            return Ok(Self(parsed));
        }
        let mut document: Value =
            serde_json::from_str(text).map_err(|error| PolicyError::Json { why: error.to_string() })?;
        policy::expand_execute_api_resources(&mut document, &of.region, &of.account_id, &of.api_id);
        Policy::from_value(&document).map(Self)
    }

    /// The policy itself.
    pub(super) fn policy(&self) -> &Policy {
        &self.0
    }

    /// What it says of a request whose sender is nobody in particular.
    fn of_anyone(&self, asking: Asking<'_>, arn: &MethodArn, action: &'static str) -> Decision {
        arn.of_all(|arn| {
            match evaluate_resource(&self.0, &question(asking, Principal::Anonymous, action, arn)) {
                ResourceDecision::Allow => Decision::Allow,
                ResourceDecision::ExplicitDeny => Decision::ExplicitDeny,
                ResourceDecision::AllowAccount | ResourceDecision::NoMatch => Decision::NoMatch,
            }
        })
    }
}

/// Holds a request that nobody signed to the policy of its API: it must be allowed.
///
/// # Errors
/// `ACCESS_DENIED` in the name of the anonymous.
pub(super) fn allows_anyone(asking: Asking<'_>) -> Result<(), Refusal> {
    let Some(policy) = asking.policy else { return Ok(()) };
    let arn = MethodArn::of(asking);
    match policy.of_anyone(asking, &arn, INVOKE) {
        Decision::Allow => Ok(()),
        decision => Err(denied("anonymous", &arn, decision)),
    }
}

/// Lets a request through to an authorizer unless the policy of its API denies it.
///
/// # Errors
/// `ACCESS_DENIED` in the name of the anonymous.
pub(super) fn denies_nobody(asking: Asking<'_>) -> Result<(), Refusal> {
    let Some(policy) = asking.policy else { return Ok(()) };
    let arn = MethodArn::of(asking);
    match policy.of_anyone(asking, &arn, INVOKE) {
        Decision::ExplicitDeny => Err(denied("anonymous", &arn, Decision::ExplicitDeny)),
        Decision::Allow | Decision::NoMatch => Ok(()),
    }
}

/// Whether the policy lets anyone ask for an answer from the backend in place of a cached one.
pub(super) fn lets_anyone_invalidate(asking: Asking<'_>) -> bool {
    asking.policy.is_some_and(|policy| {
        policy.of_anyone(asking, &MethodArn::of(asking), INVALIDATE_CACHE) == Decision::Allow
    })
}

/// The refusal of `user` (an ARN, or `anonymous`) by policies.
pub(super) fn denied(user: &str, arn: &MethodArn, decision: Decision) -> Refusal {
    Refusal::AccessDenied {
        user: user.to_owned(),
        resource: arn.shown(),
        explicit: decision == Decision::ExplicitDeny,
    }
}
