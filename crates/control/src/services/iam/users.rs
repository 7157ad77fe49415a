//! Users.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, GetUserRequest, GetUserResponse,
    ListGroupsForUserRequest, ListGroupsForUserResponse, ListUserTagsRequest, ListUserTagsResponse,
    ListUsersRequest, ListUsersResponse, TagUserRequest, UntagUserRequest, User,
};
use base::{Timestamp, ids};
use documents::iam::{AccessKeyDocument, IdentityPolicies, UserDocument};
use store::Key;
use wire::ServiceError;

use super::{already_exists, beyond_quota, delete_conflict, invalid_input, listing, no_such_entity, tags};
use crate::Registry;
use crate::call::{Call, Identity, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateUser, create_user)
        .read(op::GetUser, get_user)
        .read(op::ListUsers, list_users)
        .write(op::DeleteUser, delete_user)
        .write(op::TagUser, tag_user)
        .write(op::UntagUser, untag_user)
        .read(op::ListUserTags, list_user_tags)
        .read(op::ListGroupsForUser, list_groups_for_user);
}

/// IAM and AWS STS quotas, "Users per account".
const USERS: usize = 5000;

/// The user `name`, or `NoSuchEntity`.
pub(super) fn user(call: &mut Call<'_, '_>, name: &str) -> Outcome<UserDocument> {
    let scope = call.scope().to_global();
    call.tx
        .get::<UserDocument>(&scope, &Key::new([name]))?
        .ok_or_else(|| no_such_entity(format!("The user with name {name} cannot be found.")))
}

/// The user that an operation means: the one it names, else the caller.
pub(super) fn user_or_caller(call: &mut Call<'_, '_>, name: Option<&str>) -> Outcome<UserDocument> {
    let name = match (name, &call.context.caller.identity) {
        (Some(name), _) => name.to_owned(),
        (None, Identity::User { name, .. }) => name.clone(),
        (None, Identity::Root | Identity::Session { .. }) => {
            let text = "Must specify userName when calling with non-User credentials";
            return Err(ServiceError::validation(text).into());
        }
    };
    user(call, &name)
}

pub(super) fn put_user(call: &mut Call<'_, '_>, document: &UserDocument) -> Outcome<()> {
    let scope = call.scope().to_global();
    Ok(call.tx.put(&scope, &Key::new([&*document.user.user_name]), document)?)
}

fn create_user(call: &mut Call<'_, '_>, input: &CreateUserRequest) -> Outcome<CreateUserResponse> {
    if input.permissions_boundary.is_some() {
        return Err(invalid_input(
            "Permissions boundaries are not built yet: a user with one would be held to less than it says.",
        ));
    }
    let tags = tags::of_new(input.tags.as_deref())?;
    let scope = call.scope().to_global();
    let present = call.tx.list::<UserDocument>(&scope, &Key::root())?;
    // Names differ by more than case (IAM API reference, `CreateUser`).
    if present.iter().any(|(_, other)| other.user.user_name.eq_ignore_ascii_case(&input.user_name)) {
        return Err(already_exists(format!("User with name {} already exists.", input.user_name)));
    }
    if present.len() >= USERS {
        return Err(beyond_quota("UsersPerAccount", USERS));
    }
    let path = input.path.clone().unwrap_or_else(|| "/".to_owned());
    let user = User {
        arn: format!("arn:aws:iam::{}:user{path}{}", scope.account(), input.user_name),
        path,
        user_name: input.user_name.clone(),
        user_id: ids::iam_id(&call.plane.random, "AIDA"),
        create_date: call.now().truncated_to_secs(),
        password_last_used: None,
        permissions_boundary: None,
        tags,
    };
    let document = UserDocument { user, policies: IdentityPolicies::default() };
    put_user(call, &document)?;
    Ok(CreateUserResponse { user: Some(document.user) })
}

fn get_user(call: &mut Call<'_, '_>, input: &GetUserRequest) -> Outcome<GetUserResponse> {
    if input.user_name.is_none() && call.context.caller.is_root() {
        return Ok(GetUserResponse { user: root(call) });
    }
    let user = user_or_caller(call, input.user_name.as_deref())?.user;
    Ok(GetUserResponse { user })
}

/// The account's root as a user: AWS shows it without a name and a path. When the account was
/// made is not recorded.
fn root(call: &Call<'_, '_>) -> User {
    let caller = &call.context.caller;
    User {
        path: String::new(),
        user_name: String::new(),
        user_id: caller.user_id().to_owned(),
        arn: caller.arn().into_owned(),
        create_date: Timestamp::from_millis(0),
        password_last_used: None,
        permissions_boundary: None,
        tags: None,
    }
}

fn list_users(call: &mut Call<'_, '_>, input: &ListUsersRequest) -> Outcome<ListUsersResponse> {
    let scope = call.scope().to_global();
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let users = call.tx.list::<UserDocument>(&scope, &Key::root())?;
    let users = users
        .into_iter()
        .filter(|(_, document)| document.user.path.starts_with(prefix))
        // Lists leave the tags out (IAM API reference, `ListUsers`).
        .map(|(_, document)| User { tags: None, ..document.user })
        .collect();
    let place = |user: &User| user.user_name.clone();
    let page = listing::page(users, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListUsersResponse { users: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

fn delete_user(call: &mut Call<'_, '_>, input: &DeleteUserRequest) -> Outcome<Empty> {
    let document = user(call, &input.user_name)?;
    let scope = call.scope().to_global();
    if !document.policies.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !document.policies.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    let keys = call.tx.list::<AccessKeyDocument>(&scope, &Key::root())?;
    if keys.iter().any(|(_, key)| key.user_name == input.user_name) {
        return Err(delete_conflict("Cannot delete entity, must delete access keys first."));
    }
    call.tx.delete::<UserDocument>(&scope, &Key::new([&*input.user_name]))?;
    Ok(Empty {})
}

fn tag_user(call: &mut Call<'_, '_>, input: &TagUserRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    tags::add(&mut document.user.tags, &input.tags)?;
    put_user(call, &document)?;
    Ok(Empty {})
}

fn untag_user(call: &mut Call<'_, '_>, input: &UntagUserRequest) -> Outcome<Empty> {
    let mut document = user(call, &input.user_name)?;
    tags::remove(&mut document.user.tags, &input.tag_keys);
    put_user(call, &document)?;
    Ok(Empty {})
}

fn list_user_tags(call: &mut Call<'_, '_>, input: &ListUserTagsRequest) -> Outcome<ListUserTagsResponse> {
    let tags = user(call, &input.user_name)?.user.tags;
    let page = tags::page(tags, input.marker.as_deref(), input.max_items)?;
    Ok(ListUserTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

/// There are no groups.
fn list_groups_for_user(
    call: &mut Call<'_, '_>,
    input: &ListGroupsForUserRequest,
) -> Outcome<ListGroupsForUserResponse> {
    user(call, &input.user_name)?;
    Ok(ListGroupsForUserResponse { groups: Vec::new(), is_truncated: Some(false), marker: None })
}
