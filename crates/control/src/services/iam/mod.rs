//! IAM, as far as API Gateway's and Lambda's users need it: roles, users, their policies and
//! access keys. All of it lives in the account's global scope.
//!
//! Texts are those that IAM's query API answers; the operations follow the IAM API reference.

mod access_keys;
mod attachments;
mod documents_of;
mod listing;
mod policies;
mod role_policies;
mod roles;
mod user_policies;
mod users;

use api::iam::errors::{LIMIT_EXCEEDED_EXCEPTION, NO_SUCH_ENTITY_EXCEPTION};
use wire::ServiceError;

use crate::Registry;
use crate::call::Failure;

pub(super) fn register(registry: &mut Registry) {
    roles::register(registry);
    role_policies::register(registry);
    users::register(registry);
    user_policies::register(registry);
    policies::register(registry);
    attachments::register(registry);
    access_keys::register(registry);
}

/// `NoSuchEntity`, 404.
fn no_such_entity(text: String) -> Failure {
    ServiceError::new(&NO_SUCH_ENTITY_EXCEPTION, text).into()
}

/// `LimitExceeded`, 409; the quotas are those of "IAM and AWS STS quotas".
fn beyond_quota(quota: &str, limit: usize) -> Failure {
    ServiceError::new(&LIMIT_EXCEEDED_EXCEPTION, format!("Cannot exceed quota for {quota}: {limit}")).into()
}
