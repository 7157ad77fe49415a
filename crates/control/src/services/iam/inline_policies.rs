//! Inline policies of roles and users.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    DeleteRolePolicyRequest, DeleteUserPolicyRequest, GetRolePolicyRequest, GetRolePolicyResponse,
    GetUserPolicyRequest, GetUserPolicyResponse, ListRolePoliciesRequest, ListRolePoliciesResponse,
    ListUserPoliciesRequest, ListUserPoliciesResponse, PutRolePolicyRequest, PutUserPolicyRequest,
};

use super::holder::Holder;
use super::{limit_exceeded, listing, no_such_entity, policy_text};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutRolePolicy, put_role_policy)
        .read(op::GetRolePolicy, get_role_policy)
        .read(op::ListRolePolicies, list_role_policies)
        .write(op::DeleteRolePolicy, delete_role_policy)
        .write(op::PutUserPolicy, put_user_policy)
        .read(op::GetUserPolicy, get_user_policy)
        .read(op::ListUserPolicies, list_user_policies)
        .write(op::DeleteUserPolicy, delete_user_policy);
}

/// Characters of all inline policies together (IAM and AWS STS quotas, "IAM and STS character
/// limits").
fn maximum_size(holder: Holder<'_>) -> usize {
    match holder {
        Holder::Role(_) => 10_240,
        Holder::User(_) => 2048,
    }
}

fn unknown(holder: Holder<'_>, policy: &str) -> Failure {
    no_such_entity(format!("The {} policy with name {policy} cannot be found.", holder.kind()))
}

fn put(call: &mut Call<'_, '_>, holder: Holder<'_>, name: &str, document: &str) -> Outcome<Empty> {
    holder.change(call, |policies| {
        policy_text::check_identity(document)?;
        policies.inline.insert(name.to_owned(), document.to_owned());
        let size: usize = policies.inline.values().map(|document| policy_text::size(document)).sum();
        let maximum = maximum_size(holder);
        if size > maximum {
            let (kind, name) = (holder.kind(), holder.name());
            return Err(limit_exceeded(format!(
                "Maximum policy size of {maximum} bytes exceeded for {kind} {name}"
            )));
        }
        Ok(())
    })?;
    Ok(Empty {})
}

/// The document, as an answer shows it.
fn get(call: &mut Call<'_, '_>, holder: Holder<'_>, name: &str) -> Outcome<String> {
    let policies = holder.policies(call)?;
    let text = policies.inline.get(name).ok_or_else(|| unknown(holder, name))?;
    Ok(policy_text::encoded(text))
}

fn list(
    call: &mut Call<'_, '_>,
    holder: Holder<'_>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<listing::Listed<String>> {
    let names = holder.policies(call)?.inline.into_keys().collect();
    listing::page(names, String::clone, marker, max_items)
}

fn delete(call: &mut Call<'_, '_>, holder: Holder<'_>, name: &str) -> Outcome<Empty> {
    holder.change(call, |policies| match policies.inline.shift_remove(name) {
        Some(_) => Ok(()),
        None => Err(unknown(holder, name)),
    })?;
    Ok(Empty {})
}

fn put_role_policy(call: &mut Call<'_, '_>, input: &PutRolePolicyRequest) -> Outcome<Empty> {
    put(call, Holder::Role(&input.role_name), &input.policy_name, &input.policy_document)
}

fn put_user_policy(call: &mut Call<'_, '_>, input: &PutUserPolicyRequest) -> Outcome<Empty> {
    put(call, Holder::User(&input.user_name), &input.policy_name, &input.policy_document)
}

fn get_role_policy(call: &mut Call<'_, '_>, input: &GetRolePolicyRequest) -> Outcome<GetRolePolicyResponse> {
    Ok(GetRolePolicyResponse {
        role_name: input.role_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get(call, Holder::Role(&input.role_name), &input.policy_name)?,
    })
}

fn get_user_policy(call: &mut Call<'_, '_>, input: &GetUserPolicyRequest) -> Outcome<GetUserPolicyResponse> {
    Ok(GetUserPolicyResponse {
        user_name: input.user_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: get(call, Holder::User(&input.user_name), &input.policy_name)?,
    })
}

fn list_role_policies(
    call: &mut Call<'_, '_>,
    input: &ListRolePoliciesRequest,
) -> Outcome<ListRolePoliciesResponse> {
    let page = list(call, Holder::Role(&input.role_name), input.marker.as_deref(), input.max_items)?;
    Ok(ListRolePoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn list_user_policies(
    call: &mut Call<'_, '_>,
    input: &ListUserPoliciesRequest,
) -> Outcome<ListUserPoliciesResponse> {
    let page = list(call, Holder::User(&input.user_name), input.marker.as_deref(), input.max_items)?;
    Ok(ListUserPoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_role_policy(call: &mut Call<'_, '_>, input: &DeleteRolePolicyRequest) -> Outcome<Empty> {
    delete(call, Holder::Role(&input.role_name), &input.policy_name)
}

fn delete_user_policy(call: &mut Call<'_, '_>, input: &DeleteUserPolicyRequest) -> Outcome<Empty> {
    delete(call, Holder::User(&input.user_name), &input.policy_name)
}
