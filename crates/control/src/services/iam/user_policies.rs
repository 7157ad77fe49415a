//! Inline policies of users.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    DeleteUserPolicyRequest, GetUserPolicyRequest, GetUserPolicyResponse, ListUserPoliciesRequest,
    ListUserPoliciesResponse, PutUserPolicyRequest,
};

use super::users::{put_user, user};
use super::{documents_of, listing, no_such_entity};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutUserPolicy, put_user_policy)
        .read(op::GetUserPolicy, get_user_policy)
        .read(op::ListUserPolicies, list_user_policies)
        .write(op::DeleteUserPolicy, delete_user_policy);
}

fn unknown(policy_name: &str) -> Failure {
    no_such_entity(format!("The user policy with name {policy_name} cannot be found."))
}

fn put_user_policy(call: &mut Call<'_, '_>, input: &PutUserPolicyRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    documents_of::check(&input.policy_document)?;
    document.policies.inline.insert(input.policy_name.clone(), input.policy_document.clone());
    document.policies.inline.sort_unstable_keys();
    put_user(call, &document)?;
    Ok(Empty {})
}

fn get_user_policy(call: &mut Call<'_, '_>, input: &GetUserPolicyRequest) -> Outcome<GetUserPolicyResponse> {
    let document = user(call, &input.user_name)?;
    let text = document.policies.inline.get(&input.policy_name).ok_or_else(|| unknown(&input.policy_name))?;
    Ok(GetUserPolicyResponse {
        user_name: input.user_name.clone(),
        policy_name: input.policy_name.clone(),
        policy_document: documents_of::encoded(text),
    })
}

fn list_user_policies(
    call: &mut Call<'_, '_>,
    input: &ListUserPoliciesRequest,
) -> Outcome<ListUserPoliciesResponse> {
    let names = user(call, &input.user_name)?.policies.inline.into_keys().collect();
    let page = listing::page(names, input.marker.as_deref(), input.max_items)?;
    Ok(ListUserPoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn delete_user_policy(call: &mut Call<'_, '_>, input: &DeleteUserPolicyRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    if document.policies.inline.shift_remove(&input.policy_name).is_none() {
        return Err(unknown(&input.policy_name));
    }
    put_user(call, &document)?;
    Ok(Empty {})
}
