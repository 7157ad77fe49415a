//! Roles and their trust policies.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, GetRoleRequest, GetRoleResponse,
    ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse, ListRoleTagsRequest,
    ListRoleTagsResponse, ListRolesRequest, ListRolesResponse, Role, RoleLastUsed, TagRoleRequest,
    UntagRoleRequest, UpdateAssumeRolePolicyRequest, UpdateRoleRequest, UpdateRoleResponse,
};
use base::ids;
use documents::iam::{IdentityPolicies, RoleDocument};
use store::Key;

use super::policy_text::{check_trust, encoded};
use super::{already_exists, beyond_quota, delete_conflict, invalid_input, listing, no_such_entity, tags};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateRole, create_role)
        .read(op::GetRole, get_role)
        .read(op::ListRoles, list_roles)
        .write(op::UpdateRole, update_role)
        .write(op::UpdateAssumeRolePolicy, update_assume_role_policy)
        .write(op::DeleteRole, delete_role)
        .write(op::TagRole, tag_role)
        .write(op::UntagRole, untag_role)
        .read(op::ListRoleTags, list_role_tags)
        .read(op::ListInstanceProfilesForRole, list_instance_profiles_for_role);
}

/// Seconds; what a role has if nothing else is said (IAM API reference, `CreateRole`).
const DEFAULT_SESSION_DURATION: i32 = 3600;

/// IAM and AWS STS quotas, "Roles per account".
const ROLES: usize = 1000;

/// The role `name`, or `NoSuchEntity`.
pub(super) fn role(call: &mut Call<'_, '_>, name: &str) -> Outcome<RoleDocument> {
    let scope = call.scope().to_global();
    call.tx
        .get::<RoleDocument>(&scope, &Key::new([name]))?
        .ok_or_else(|| no_such_entity(format!("The role with name {name} cannot be found.")))
}

pub(super) fn put_role(call: &mut Call<'_, '_>, document: &RoleDocument) -> Outcome<()> {
    let scope = call.scope().to_global();
    Ok(call.tx.put(&scope, &Key::new([&*document.role.role_name]), document)?)
}

/// A role as an answer shows it.
fn shown(document: RoleDocument) -> Role {
    let mut role = document.role;
    role.assume_role_policy_document = role.assume_role_policy_document.map(|trust| encoded(&trust));
    role
}

fn create_role(call: &mut Call<'_, '_>, input: &CreateRoleRequest) -> Outcome<CreateRoleResponse> {
    if input.permissions_boundary.is_some() {
        return Err(invalid_input(
            "Permissions boundaries are not built yet: a role with one would be held to less than it says.",
        ));
    }
    check_trust(&input.assume_role_policy_document)?;
    let tags = tags::of_new(input.tags.as_deref())?;
    let scope = call.scope().to_global();
    let present = call.tx.list::<RoleDocument>(&scope, &Key::root())?;
    // Names differ by more than case (IAM API reference, `CreateRole`).
    if present.iter().any(|(_, other)| other.role.role_name.eq_ignore_ascii_case(&input.role_name)) {
        return Err(already_exists(format!("Role with name {} already exists.", input.role_name)));
    }
    if present.len() >= ROLES {
        return Err(beyond_quota("RolesPerAccount", ROLES));
    }
    let path = input.path.clone().unwrap_or_else(|| "/".to_owned());
    let role = Role {
        arn: format!("arn:aws:iam::{}:role{path}{}", scope.account(), input.role_name),
        path,
        role_name: input.role_name.clone(),
        role_id: ids::iam_id(&call.plane.random, "AROA"),
        create_date: call.now().truncated_to_secs(),
        assume_role_policy_document: Some(input.assume_role_policy_document.clone()),
        description: input.description.clone(),
        max_session_duration: Some(input.max_session_duration.unwrap_or(DEFAULT_SESSION_DURATION)),
        tags,
        permissions_boundary: None,
        role_last_used: None,
    };
    let document = RoleDocument { role, policies: IdentityPolicies::default() };
    put_role(call, &document)?;
    Ok(CreateRoleResponse { role: shown(document) })
}

fn get_role(call: &mut Call<'_, '_>, input: &GetRoleRequest) -> Outcome<GetRoleResponse> {
    let mut role = shown(role(call, &input.role_name)?);
    role.role_last_used = Some(RoleLastUsed::default());
    Ok(GetRoleResponse { role })
}

fn list_roles(call: &mut Call<'_, '_>, input: &ListRolesRequest) -> Outcome<ListRolesResponse> {
    let scope = call.scope().to_global();
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let roles = call.tx.list::<RoleDocument>(&scope, &Key::root())?;
    let roles = roles
        .into_iter()
        .filter(|(_, document)| document.role.path.starts_with(prefix))
        .map(|(_, document)| {
            // Lists leave the tags out (IAM API reference, `ListRoles`).
            Role { tags: None, ..shown(document) }
        })
        .collect();
    let place = |role: &Role| role.role_name.clone();
    let page = listing::page(roles, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListRolesResponse { roles: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

fn update_role(call: &mut Call<'_, '_>, input: &UpdateRoleRequest) -> Outcome<UpdateRoleResponse> {
    let mut document = role(call, &input.role_name)?;
    // Both are replaced: what is left out goes back to its default (IAM API reference, `UpdateRole`).
    document.role.description = input.description.clone();
    document.role.max_session_duration = Some(input.max_session_duration.unwrap_or(DEFAULT_SESSION_DURATION));
    put_role(call, &document)?;
    Ok(UpdateRoleResponse::default())
}

fn update_assume_role_policy(
    call: &mut Call<'_, '_>,
    input: &UpdateAssumeRolePolicyRequest,
) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    check_trust(&input.policy_document)?;
    document.role.assume_role_policy_document = Some(input.policy_document.clone());
    put_role(call, &document)?;
    Ok(Empty {})
}

fn delete_role(call: &mut Call<'_, '_>, input: &DeleteRoleRequest) -> Outcome<Empty> {
    let document = role(call, &input.role_name)?;
    if !document.policies.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !document.policies.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    let scope = call.scope().to_global();
    call.tx.delete::<RoleDocument>(&scope, &Key::new([&*input.role_name]))?;
    Ok(Empty {})
}

fn tag_role(call: &mut Call<'_, '_>, input: &TagRoleRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    tags::add(&mut document.role.tags, &input.tags)?;
    put_role(call, &document)?;
    Ok(Empty {})
}

fn untag_role(call: &mut Call<'_, '_>, input: &UntagRoleRequest) -> Outcome<Empty> {
    let mut document = role(call, &input.role_name)?;
    tags::remove(&mut document.role.tags, &input.tag_keys);
    put_role(call, &document)?;
    Ok(Empty {})
}

fn list_role_tags(call: &mut Call<'_, '_>, input: &ListRoleTagsRequest) -> Outcome<ListRoleTagsResponse> {
    let tags = role(call, &input.role_name)?.role.tags;
    let page = tags::page(tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListRoleTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// Instance profiles belong to EC2 machines, of which there are none.
fn list_instance_profiles_for_role(
    call: &mut Call<'_, '_>,
    input: &ListInstanceProfilesForRoleRequest,
) -> Outcome<ListInstanceProfilesForRoleResponse> {
    role(call, &input.role_name)?;
    Ok(ListInstanceProfilesForRoleResponse {
        instance_profiles: Vec::new(),
        is_truncated: Some(false),
        marker: None,
    })
}
