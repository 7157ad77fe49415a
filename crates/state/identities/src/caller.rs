//! A caller: an account, and what it is in the account.

use std::borrow::Cow;

use base::Timestamp;
use policy::Principal;

/// Who signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The 12-digit account.
    pub account: String,
    /// What it is in the account.
    pub identity: Identity,
    /// The access key that signed.
    pub access_key_id: String,
}

/// What a caller is in its account. A kind of its own, so that no name can make a user look
/// like the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The account itself, whom no identity policy limits.
    Root,
    /// A user.
    User {
        /// `arn:aws:iam::{account}:user/{path}{name}`.
        arn: String,
        /// `AIDA…`.
        id: String,
        /// The name, without the path.
        name: String,
    },
    /// A session of a role.
    Session {
        /// `arn:aws:iam::{account}:role/{path}{name}`.
        role_arn: String,
        /// The role's name, without the path.
        role_name: String,
        /// `arn:aws:sts::{account}:assumed-role/{name}/{session}`.
        arn: String,
        /// `AROA…:session`.
        id: String,
        /// When it was issued.
        issued: Timestamp,
    },
}

impl Caller {
    /// The root of `account`, by its key.
    pub fn root(account: impl Into<String>, access_key_id: impl Into<String>) -> Self {
        Self { account: account.into(), identity: Identity::Root, access_key_id: access_key_id.into() }
    }

    /// Whether it is the account's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.identity == Identity::Root
    }

    /// As `GetCallerIdentity` and refusals name it: `arn:aws:iam::…:root`, `…:user/name` or
    /// `arn:aws:sts::…:assumed-role/role/session`.
    #[must_use]
    pub fn arn(&self) -> Cow<'_, str> {
        match &self.identity {
            Identity::Root => format!("arn:aws:iam::{}:root", self.account).into(),
            Identity::User { arn, .. } | Identity::Session { arn, .. } => arn.into(),
        }
    }

    /// As `GetCallerIdentity` shows it: the account, a user's id, or `role id:session`.
    #[must_use]
    pub fn user_id(&self) -> &str {
        match &self.identity {
            Identity::Root => &self.account,
            Identity::User { id, .. } | Identity::Session { id, .. } => id,
        }
    }

    /// The caller as policies know it.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        match &self.identity {
            Identity::Root => Principal::Root { account: &self.account },
            Identity::User { arn, id, .. } => Principal::User { arn, id },
            Identity::Session { role_arn, arn, id, .. } => {
                Principal::AssumedRole { role_arn, session_arn: arn, id }
            }
        }
    }
}
