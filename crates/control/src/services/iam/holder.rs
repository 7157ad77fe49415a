//! Who holds policies: a role or a user. What can be done with policies is the same for both.

use documents::iam::IdentityPolicies;

use super::roles::{put_role, role};
use super::users::{put_user, user};
use crate::call::{Call, Outcome};

/// A role or a user, by name.
#[derive(Clone, Copy)]
pub(super) enum Holder<'a> {
    Role(&'a str),
    User(&'a str),
}

impl Holder<'_> {
    /// Its policies, or `NoSuchEntity`.
    pub(super) fn policies(self, call: &mut Call<'_, '_>) -> Outcome<IdentityPolicies> {
        Ok(match self {
            Self::Role(name) => role(call, name)?.policies,
            Self::User(name) => user(call, name)?.policies,
        })
    }

    /// Stores what `change` makes of its policies.
    pub(super) fn change(
        self,
        call: &mut Call<'_, '_>,
        change: impl FnOnce(&mut IdentityPolicies) -> Outcome<()>,
    ) -> Outcome<()> {
        match self {
            Self::Role(name) => {
                let mut document = role(call, name)?;
                change(&mut document.policies)?;
                put_role(call, &document)
            }
            Self::User(name) => {
                let mut document = user(call, name)?;
                change(&mut document.policies)?;
                put_user(call, &document)
            }
        }
    }

    /// `role` or `user`, as texts name it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::User(_) => "user",
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Role(name) | Self::User(name) => name,
        }
    }
}
