//! Managed policies on roles and users. Attaching and detaching differ only in whose list it
//! is, so each is written once, on the list.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    AttachRolePolicyRequest, AttachUserPolicyRequest, AttachedPolicy, DetachRolePolicyRequest,
    DetachUserPolicyRequest, ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
};

use super::policies::policy;
use super::roles::{put_role, role};
use super::users::{put_user, user};
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
const ATTACHED_PER_ENTITY: usize = 10;

fn attach(call: &mut Call<'_, '_>, attached: &mut Vec<String>, arn: &str, quota: &str) -> Outcome<()> {
    if policy(call, arn)?.is_none() {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if attached.iter().any(|other| other == arn) {
        return Ok(());
    }
    if attached.len() >= ATTACHED_PER_ENTITY {
        return Err(beyond_quota(quota, ATTACHED_PER_ENTITY));
    }
    attached.push(arn.to_owned());
    Ok(())
}

fn detach(attached: &mut Vec<String>, arn: &str) -> Outcome<()> {
    let before = attached.len();
    attached.retain(|other| other != arn);
    if attached.len() == before {
        return Err(no_such_entity(format!("Policy {arn} was not found.")));
    }
    Ok(())
}

fn listed(attached: Vec<String>, path_prefix: Option<&str>) -> Vec<AttachedPolicy> {
    let prefix = path_prefix.unwrap_or("/");
    attached
        .into_iter()
        .filter_map(|arn| {
            let (_, path_and_name) = arn.split_once(":policy")?;
            let name = path_and_name.rsplit('/').next()?.to_owned();
            path_and_name
                .starts_with(prefix)
                .then(|| AttachedPolicy { policy_name: Some(name), policy_arn: Some(arn.clone()) })
        })
        .collect()
}

fn attach_role_policy(call: &mut Call<'_, '_>, input: &AttachRolePolicyRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    attach(call, &mut document.policies.attached, &input.policy_arn, "PoliciesPerRole")?;
    put_role(call, &document)?;
    Ok(Empty {})
}

fn detach_role_policy(call: &mut Call<'_, '_>, input: &DetachRolePolicyRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    detach(&mut document.policies.attached, &input.policy_arn)?;
    put_role(call, &document)?;
    Ok(Empty {})
}

fn list_attached_role_policies(
    call: &mut Call<'_, '_>,
    input: &ListAttachedRolePoliciesRequest,
) -> Outcome<ListAttachedRolePoliciesResponse> {
    let attached = role(call, &input.role_name)?.policies.attached;
    let all = listed(attached, input.path_prefix.as_deref());
    let page = listing::page(all, input.marker.as_deref(), input.max_items)?;
    Ok(ListAttachedRolePoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn attach_user_policy(call: &mut Call<'_, '_>, input: &AttachUserPolicyRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    attach(call, &mut document.policies.attached, &input.policy_arn, "PoliciesPerUser")?;
    put_user(call, &document)?;
    Ok(Empty {})
}

fn detach_user_policy(call: &mut Call<'_, '_>, input: &DetachUserPolicyRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    detach(&mut document.policies.attached, &input.policy_arn)?;
    put_user(call, &document)?;
    Ok(Empty {})
}

fn list_attached_user_policies(
    call: &mut Call<'_, '_>,
    input: &ListAttachedUserPoliciesRequest,
) -> Outcome<ListAttachedUserPoliciesResponse> {
    let attached = user(call, &input.user_name)?.policies.attached;
    let all = listed(attached, input.path_prefix.as_deref());
    let page = listing::page(all, input.marker.as_deref(), input.max_items)?;
    Ok(ListAttachedUserPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
