//! AWS's policy language: identity policies, resource policies, trust policies, and the
//! policies that authorizers return. Pure: a policy is read and compiled once
//! ([`Policy::parse`]) and then asked ([`evaluate`], [`evaluate_resource`], [`authorize`]).
//!
//! The rules are those of the IAM user guide: "IAM JSON policy elements reference" (one page
//! an element), "Variables and tags", "Condition operators", "Set operators for multivalued
//! context keys" and "Policy evaluation logic".
//!
//! What cannot be understood is an error at [`Policy::parse`], never a statement that is
//! skipped: a caller that cannot read a policy must refuse what it guards.

mod combine;
mod condition;
mod error;
mod evaluate;
mod execute_api;
mod glob;
mod json;
mod kind;
mod limits;
mod policy;
mod principals;
mod request;
mod text;

#[cfg(test)]
mod tests;

pub use combine::{Relation, authorize, authorize_assume_role, combine};
pub use condition::Network;
pub use error::PolicyError;
pub use evaluate::{Decision, ResourceDecision, evaluate, evaluate_resource};
pub use execute_api::{expand_execute_api, expand_execute_api_resources};
pub use kind::Kind;
pub use limits::{MAX_DOCUMENT_BYTES, MAX_STATEMENTS};
pub use policy::Policy;
pub use request::{Context, Principal, Request};
