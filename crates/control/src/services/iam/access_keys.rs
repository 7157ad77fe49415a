//! Access keys of users: the one answer that shows a secret is `CreateAccessKey`'s.

use api::Empty;
use api::iam::operations as op;
use api::iam::{
    AccessKey, AccessKeyLastUsed, AccessKeyMetadata, CreateAccessKeyRequest, CreateAccessKeyResponse,
    DeleteAccessKeyRequest, GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse, ListAccessKeysRequest,
    ListAccessKeysResponse, StatusType, UpdateAccessKeyRequest,
};
use base::{Secret, ids};
use documents::iam::AccessKeyDocument;
use store::Key;
use wire::ServiceError;

use super::users::user_or_caller;
use super::{beyond_quota, listing, no_such_entity};
use crate::Registry;
use crate::call::{Call, Failure, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateAccessKey, create_access_key)
        .read(op::ListAccessKeys, list_access_keys)
        .write(op::UpdateAccessKey, update_access_key)
        .write(op::DeleteAccessKey, delete_access_key)
        .read(op::GetAccessKeyLastUsed, get_access_key_last_used);
}

/// IAM and AWS STS quotas, "Access keys assigned to an IAM user".
const KEYS_PER_USER: usize = 2;

fn unknown(access_key_id: &str) -> Failure {
    no_such_entity(format!("The Access Key with id {access_key_id} cannot be found."))
}

fn keys_of(call: &mut Call<'_, '_>, user_name: &str) -> Outcome<Vec<AccessKeyDocument>> {
    let scope = call.scope().to_global();
    let keys = call.tx.list::<AccessKeyDocument>(&scope, &Key::root())?;
    Ok(keys.into_iter().map(|(_, key)| key).filter(|key| key.user_name == user_name).collect())
}

fn key_of(call: &mut Call<'_, '_>, user_name: &str, id: &str) -> Outcome<AccessKeyDocument> {
    let scope = call.scope().to_global();
    call.tx
        .get::<AccessKeyDocument>(&scope, &Key::new([id]))?
        .filter(|key| key.user_name == user_name)
        .ok_or_else(|| unknown(id))
}

fn status(active: bool) -> StatusType {
    if active { StatusType::Active } else { StatusType::Inactive }
}

fn create_access_key(
    call: &mut Call<'_, '_>,
    input: &CreateAccessKeyRequest,
) -> Outcome<CreateAccessKeyResponse> {
    let user = user_or_caller(call, input.user_name.as_deref())?.user;
    if keys_of(call, &user.user_name)?.len() >= KEYS_PER_USER {
        return Err(beyond_quota("AccessKeysPerUser", KEYS_PER_USER));
    }
    let document = AccessKeyDocument {
        access_key_id: ids::iam_id(&call.plane.random, "AKIA"),
        secret_access_key: Secret::new(ids::secret_access_key(&call.plane.random)),
        user_name: user.user_name,
        active: true,
        create_date: call.now().truncated_to_secs(),
    };
    let scope = call.scope().to_global();
    call.tx.put(&scope, &Key::new([&*document.access_key_id]), &document)?;
    Ok(CreateAccessKeyResponse {
        access_key: AccessKey {
            user_name: document.user_name,
            access_key_id: document.access_key_id,
            status: StatusType::Active,
            secret_access_key: document.secret_access_key.expose().to_owned(),
            create_date: Some(document.create_date),
        },
    })
}

fn list_access_keys(
    call: &mut Call<'_, '_>,
    input: &ListAccessKeysRequest,
) -> Outcome<ListAccessKeysResponse> {
    let user = user_or_caller(call, input.user_name.as_deref())?.user;
    let keys = keys_of(call, &user.user_name)?
        .into_iter()
        .map(|key| AccessKeyMetadata {
            user_name: Some(key.user_name),
            access_key_id: Some(key.access_key_id),
            status: Some(status(key.active)),
            create_date: Some(key.create_date),
        })
        .collect();
    let place = |key: &AccessKeyMetadata| key.access_key_id.clone().unwrap_or_default();
    let page = listing::page(keys, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListAccessKeysResponse {
        access_key_metadata: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn update_access_key(call: &mut Call<'_, '_>, input: &UpdateAccessKeyRequest) -> Outcome<Empty> {
    let user = user_or_caller(call, input.user_name.as_deref())?.user;
    let mut key = key_of(call, &user.user_name, &input.access_key_id)?;
    key.active = match input.status {
        StatusType::Active => true,
        StatusType::Inactive => false,
        StatusType::Expired => {
            // Answers may say so, requests may not (IAM API reference, `UpdateAccessKey`).
            let text = "1 validation error detected: Value 'Expired' at 'status' failed to satisfy constraint: \
                        Member must satisfy enum value set: [Active, Inactive]";
            return Err(ServiceError::validation(text).into());
        }
    };
    let scope = call.scope().to_global();
    call.tx.put(&scope, &Key::new([&*input.access_key_id]), &key)?;
    Ok(Empty {})
}

fn delete_access_key(call: &mut Call<'_, '_>, input: &DeleteAccessKeyRequest) -> Outcome<Empty> {
    let user = user_or_caller(call, input.user_name.as_deref())?.user;
    key_of(call, &user.user_name, &input.access_key_id)?;
    let scope = call.scope().to_global();
    call.tx.delete::<AccessKeyDocument>(&scope, &Key::new([&*input.access_key_id]))?;
    Ok(Empty {})
}

/// Uses are not recorded, and the answer says so in AWS's way: `N/A`, as for a key that was
/// never used.
fn get_access_key_last_used(
    call: &mut Call<'_, '_>,
    input: &GetAccessKeyLastUsedRequest,
) -> Outcome<GetAccessKeyLastUsedResponse> {
    let scope = call.scope().to_global();
    let key = call
        .tx
        .get::<AccessKeyDocument>(&scope, &Key::new([&*input.access_key_id]))?
        .ok_or_else(|| unknown(&input.access_key_id))?;
    Ok(GetAccessKeyLastUsedResponse {
        user_name: Some(key.user_name),
        access_key_last_used: Some(AccessKeyLastUsed {
            last_used_date: None,
            service_name: "N/A".to_owned(),
            region: "N/A".to_owned(),
        }),
    })
}
