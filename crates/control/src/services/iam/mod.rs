//! IAM, as far as API Gateway's and Lambda's users need it: roles, users, their policies and
//! access keys. All of it lives in the account's global scope.
//!
//! Texts are those that IAM's query API answers; the operations follow the IAM API reference.

mod access_keys;
mod attached_policies;
mod holder;
mod inline_policies;
mod listing;
mod policies;
mod policy_text;
mod roles;
mod tags;
mod users;

#[cfg(test)]
mod tests;

use api::iam::errors::{
    DELETE_CONFLICT_EXCEPTION, ENTITY_ALREADY_EXISTS_EXCEPTION, INVALID_INPUT_EXCEPTION,
    LIMIT_EXCEEDED_EXCEPTION, NO_SUCH_ENTITY_EXCEPTION,
};
use wire::ServiceError;

use crate::Registry;
use crate::call::Failure;

pub(super) fn register(registry: &mut Registry) {
    roles::register(registry);
    users::register(registry);
    inline_policies::register(registry);
    policies::register(registry);
    attached_policies::register(registry);
    access_keys::register(registry);
}

/// `NoSuchEntity`, 404.
fn no_such_entity(text: impl Into<String>) -> Failure {
    ServiceError::new(&NO_SUCH_ENTITY_EXCEPTION, text).into()
}

/// `EntityAlreadyExists`, 409.
fn already_exists(text: impl Into<String>) -> Failure {
    ServiceError::new(&ENTITY_ALREADY_EXISTS_EXCEPTION, text).into()
}

/// `DeleteConflict`, 409.
fn delete_conflict(text: impl Into<String>) -> Failure {
    ServiceError::new(&DELETE_CONFLICT_EXCEPTION, text).into()
}

/// `InvalidInput`, 400.
fn invalid_input(text: impl Into<String>) -> Failure {
    ServiceError::new(&INVALID_INPUT_EXCEPTION, text).into()
}

/// `LimitExceeded`, 409.
fn limit_exceeded(text: impl Into<String>) -> Failure {
    ServiceError::new(&LIMIT_EXCEEDED_EXCEPTION, text).into()
}

/// `LimitExceeded` of one of the quotas of "IAM and AWS STS quotas".
fn beyond_quota(quota: &str, limit: usize) -> Failure {
    limit_exceeded(format!("Cannot exceed quota for {quota}: {limit}"))
}
