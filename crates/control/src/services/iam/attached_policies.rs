//! Managed policies on roles and users.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    AttachRolePolicyRequest, AttachUserPolicyRequest, AttachedPolicy, DetachRolePolicyRequest,
    DetachUserPolicyRequest, ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
};

use super::holder::Holder;
use super::policies::{check_arn, policy};
use super::{beyond_quota, listing, no_such_entity};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::AttachRolePolicy, attach_role_policy)
        .write(op::DetachRolePolicy, detach_role_policy)
        .read(op::ListAttachedRolePolicies, list_attached_role_policies)
        .write(op::AttachUserPolicy, attach_user_policy)
        .write(op::DetachUserPolicy, detach_user_policy)
        .read(op::ListAttachedUserPolicies, list_attached_user_policies);
}

/// IAM and AWS STS quotas, "Managed policies attached to an IAM role" and "… user".
const ATTACHED: usize = 10;

/// Attaching what is attached already changes nothing.
fn attach(call: &mut Call<'_, '_>, holder: Holder<'_>, arn: &str) -> Outcome<Empty> {
    check_arn(arn)?;
    let exists = policy(call, arn)?.is_some();
    holder.change(call, |policies| {
        if !exists {
            return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
        }
        if policies.attached.iter().any(|other| other == arn) {
            return Ok(());
        }
        if policies.attached.len() >= ATTACHED {
            let quota = match holder {
                Holder::Role(_) => "PoliciesPerRole",
                Holder::User(_) => "PoliciesPerUser",
            };
            return Err(beyond_quota(quota, ATTACHED));
        }
        policies.attached.push(arn.to_owned());
        Ok(())
    })?;
    Ok(Empty {})
}

fn detach(call: &mut Call<'_, '_>, holder: Holder<'_>, arn: &str) -> Outcome<Empty> {
    check_arn(arn)?;
    holder.change(call, |policies| {
        let before = policies.attached.len();
        policies.attached.retain(|other| other != arn);
        if policies.attached.len() == before {
            return Err(no_such_entity(format!("Policy {arn} was not found.")));
        }
        Ok(())
    })?;
    Ok(Empty {})
}

fn list(
    call: &mut Call<'_, '_>,
    holder: Holder<'_>,
    path_prefix: Option<&str>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<listing::Listed<AttachedPolicy>> {
    let prefix = path_prefix.unwrap_or("/");
    let attached = holder.policies(call)?.attached;
    let shown = attached
        .into_iter()
        .filter_map(|arn| {
            let (_, path_and_name) = arn.split_once(":policy")?;
            let (path, name) = path_and_name.rsplit_once('/')?;
            let policy = AttachedPolicy { policy_name: Some(name.to_owned()), policy_arn: Some(arn.clone()) };
            format!("{path}/").starts_with(prefix).then_some(policy)
        })
        .collect();
    // An account's policy may have the name of one of AWS's.
    let place = |policy: &AttachedPolicy| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        part(&policy.policy_name) + "\n" + &part(&policy.policy_arn)
    };
    listing::page(shown, place, marker, max_items)
}

fn attach_role_policy(call: &mut Call<'_, '_>, input: &AttachRolePolicyRequest) -> Outcome<Empty> {
    attach(call, Holder::Role(&input.role_name), &input.policy_arn)
}

fn attach_user_policy(call: &mut Call<'_, '_>, input: &AttachUserPolicyRequest) -> Outcome<Empty> {
    attach(call, Holder::User(&input.user_name), &input.policy_arn)
}

fn detach_role_policy(call: &mut Call<'_, '_>, input: &DetachRolePolicyRequest) -> Outcome<Empty> {
    detach(call, Holder::Role(&input.role_name), &input.policy_arn)
}

fn detach_user_policy(call: &mut Call<'_, '_>, input: &DetachUserPolicyRequest) -> Outcome<Empty> {
    detach(call, Holder::User(&input.user_name), &input.policy_arn)
}

fn list_attached_role_policies(
    call: &mut Call<'_, '_>,
    input: &ListAttachedRolePoliciesRequest,
) -> Outcome<ListAttachedRolePoliciesResponse> {
    let (prefix, marker) = (input.path_prefix.as_deref(), input.marker.as_deref());
    let page = list(call, Holder::Role(&input.role_name), prefix, marker, input.max_items)?;
    Ok(ListAttachedRolePoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn list_attached_user_policies(
    call: &mut Call<'_, '_>,
    input: &ListAttachedUserPoliciesRequest,
) -> Outcome<ListAttachedUserPoliciesResponse> {
    let (prefix, marker) = (input.path_prefix.as_deref(), input.marker.as_deref());
    let page = list(call, Holder::User(&input.user_name), prefix, marker, input.max_items)?;
    Ok(ListAttachedUserPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
