//! Documents of IAM and STS. IAM has no regions: all of these live in an account's global
//! scope.

use api::iam::{Policy, PolicyVersion, Role, User};
use base::{Scope, Secret, Timestamp};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use store::{Document, Key, StoreFault, Transaction};

use crate::aws_managed::AwsManagedPolicy;

/// Policies of a role or a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityPolicies {
    /// Inline policies, name → document, as given.
    #[serde(default)]
    pub inline: IndexMap<String, String>,
    /// ARNs of attached managed policies, in the order of attachment.
    #[serde(default)]
    pub attached: Vec<String>,
}

impl IdentityPolicies {
    /// The texts of all of them, inline and attached. `scope` is the account's global scope.
    ///
    /// # Errors
    /// If the store fails. `Ok(None)` if a policy that is attached is not there: whoever
    /// decides by these policies must refuse then, for it might have denied.
    pub fn texts(&self, tx: &mut Transaction<'_>, scope: &Scope) -> Result<Option<Vec<String>>, StoreFault> {
        let mut texts: Vec<String> = self.inline.values().cloned().collect();
        for arn in &self.attached {
            let Some(text) = managed_policy_text(tx, scope, arn)? else { return Ok(None) };
            texts.push(text);
        }
        Ok(Some(texts))
    }
}

/// The text of the managed policy of this ARN that is in force: AWS's own, or one of the account
/// whose global scope `scope` is; `None` if there is none.
///
/// # Errors
/// If the store fails.
pub fn managed_policy_text(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    arn: &str,
) -> Result<Option<String>, StoreFault> {
    if let Some(policy) = AwsManagedPolicy::by_arn(arn) {
        return Ok(Some(policy.document()));
    }
    let policy = tx.get::<ManagedPolicyDocument>(scope, &Key::new([arn]))?;
    Ok(policy.and_then(|policy| policy.default_text().map(str::to_owned)))
}

/// A role. Key: its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleDocument {
    /// As `GetRole` answers, the trust policy unencoded.
    pub role: Role,
    /// What it may do.
    #[serde(default)]
    pub policies: IdentityPolicies,
}

impl Document for RoleDocument {
    const COLLECTION: &'static str = "iam/roles";
}

/// A user. Key: its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserDocument {
    /// As `GetUser` answers.
    pub user: User,
    /// What it may do.
    #[serde(default)]
    pub policies: IdentityPolicies,
}

impl Document for UserDocument {
    const COLLECTION: &'static str = "iam/users";
}

/// A customer-managed policy. Key: its ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicyDocument {
    /// As `GetPolicy` answers.
    pub policy: Policy,
    /// Every version with its document unencoded, oldest first.
    pub versions: Vec<PolicyVersion>,
    /// The number of the last version that was made, deleted ones included.
    #[serde(default)]
    pub last_version: u32,
}

impl ManagedPolicyDocument {
    /// The document that is in force.
    #[must_use]
    pub fn default_text(&self) -> Option<&str> {
        let version = self.versions.iter().find(|version| version.is_default_version == Some(true))?;
        version.document.as_deref()
    }
}

impl Document for ManagedPolicyDocument {
    const COLLECTION: &'static str = "iam/policies";
}

/// A user's access key. Key: the access key id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessKeyDocument {
    /// Starts with `AKIA`.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: Secret,
    /// Whose key it is.
    pub user_name: String,
    /// An inactive key is refused.
    pub active: bool,
    /// When it was made.
    pub create_date: Timestamp,
}

impl Document for AccessKeyDocument {
    const COLLECTION: &'static str = "iam/accesskeys";
}

/// Temporary credentials. Key: the access key id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionDocument {
    /// Starts with `ASIA`.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: Secret,
    /// Must come with every request.
    pub session_token: Secret,
    /// The role whose rights these are.
    pub role_arn: String,
    /// The role's unique id.
    pub role_id: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// When they were issued.
    pub issued: Timestamp,
    /// When they end.
    pub expiration: Timestamp,
}

impl SessionDocument {
    /// `arn:aws:sts::{account}:assumed-role/{role}/{session}`: the role's name without its path.
    #[must_use]
    pub fn arn(&self, account: &str) -> String {
        format!("arn:aws:sts::{account}:assumed-role/{}/{}", self.role_name(), self.session_name)
    }

    /// The role's name, without its path.
    #[must_use]
    pub fn role_name(&self) -> &str {
        self.role_arn.rsplit('/').next().unwrap_or_default()
    }

    /// `AROA…:{session}`, which `AssumeRole` calls `AssumedRoleId`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}", self.role_id, self.session_name)
    }
}

impl Document for SessionDocument {
    const COLLECTION: &'static str = "sts/sessions";
}
