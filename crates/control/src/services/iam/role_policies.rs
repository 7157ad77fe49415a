//! Inline policies of roles.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    DeleteRolePolicyRequest, GetRolePolicyRequest, GetRolePolicyResponse, ListRolePoliciesRequest,
    ListRolePoliciesResponse, PutRolePolicyRequest,
};

use super::roles::{put_role, role};
use super::{documents_of, listing, no_such_entity};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutRolePolicy, put_role_policy)
        .read(op::GetRolePolicy, get_role_policy)
        .read(op::ListRolePolicies, list_role_policies)
        .write(op::DeleteRolePolicy, delete_role_policy);
}

fn unknown(policy_name: &str) -> Failure {
    no_such_entity(format!("The role policy with name {policy_name} cannot be found."))
}

fn put_role_policy(call: &mut Call<'_, '_>, input: &PutRolePolicyRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    documents_of::check(&input.policy_document)?;
    document.policies.inline.insert(input.policy_name.clone(), input.policy_document.clone());
    document.policies.inline.sort_unstable_keys();
    put_role(call, &document)?;
    Ok(Empty {})
}

fn get_role_policy(call: &mut Call<'_, '_>, input: &GetRolePolicyRequest) -> Outcome<GetRolePolicyResponse> {
    let document = role(call, &input.role_name)?;
    let text = document.policies.inline.get(&input.policy_name).ok_or_else(|| unknown(&input.policy_name))?;
    Ok(GetRolePolicyResponse {
        role_name: input.role_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: documents_of::encoded(text),
    })
}

fn list_role_policies(
    call: &mut Call<'_, '_>,
    input: &ListRolePoliciesRequest,
) -> Outcome<ListRolePoliciesResponse> {
    let names = role(call, &input.role_name)?.policies.inline.into_keys().collect();
    let page = listing::page(names, input.marker.as_deref(), input.max_items)?;
    Ok(ListRolePoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_role_policy(call: &mut Call<'_, '_>, input: &DeleteRolePolicyRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    if document.policies.inline.shift_remove(&input.policy_name).is_none() {
        return Err(unknown(&input.policy_name));
    }
    put_role(call, &document)?;
    Ok(Empty {})
}
