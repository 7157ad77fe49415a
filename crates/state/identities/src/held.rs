//! What a caller has from its account: the policies that say what it may do, and its tags.

use api::iam::{AttachedPermissionsBoundary, Tag};
use base::Scope;
use documents::iam::{IdentityPolicies, RoleDocument, UserDocument, managed_policy_text};
use policy::{Decision, Policy, Request};
use store::{Key, StoreFault, Transaction};

use crate::{Caller, Identity};

/// What a user has, or a role for its sessions. An account's root has nothing and needs nothing.
#[derive(Debug, Default)]
pub struct Held {
    policies: Vec<Policy>,
    /// What it may do at most.
    boundary: Option<Policy>,
    /// Its tags, which policies know as `aws:PrincipalTag`.
    tags: Vec<(String, String)>,
}

impl Held {
    /// What `caller` has; `None` if that cannot all be had and read: a policy that is missing
    /// might have denied, so whoever decides must refuse.
    ///
    /// # Errors
    /// If the store fails.
    pub fn of(tx: &mut Transaction<'_>, caller: &Caller) -> Result<Option<Self>, StoreFault> {
        let scope = Scope::global(&caller.account);
        match &caller.identity {
            Identity::Root => Ok(Some(Self::default())),
            Identity::User { name, .. } => match tx.get::<UserDocument>(&scope, &Key::new([name]))? {
                Some(user) => Self::of_user(tx, &scope, &user),
                None => Ok(None),
            },
            Identity::Session { role_name, .. } => {
                match tx.get::<RoleDocument>(&scope, &Key::new([role_name]))? {
                    Some(role) => Self::of_role(tx, &scope, &role),
                    None => Ok(None),
                }
            }
        }
    }

    /// What a user has. `scope` is the account's global scope.
    ///
    /// # Errors
    /// As [`Held::of`].
    pub fn of_user(
        tx: &mut Transaction<'_>,
        scope: &Scope,
        user: &UserDocument,
    ) -> Result<Option<Self>, StoreFault> {
        let boundary = user.user.permissions_boundary.as_ref();
        Self::read(tx, scope, &user.policies, boundary, user.user.tags.as_deref())
    }

    /// What the sessions of a role have. `scope` is the account's global scope.
    ///
    /// # Errors
    /// As [`Held::of`].
    pub fn of_role(
        tx: &mut Transaction<'_>,
        scope: &Scope,
        role: &RoleDocument,
    ) -> Result<Option<Self>, StoreFault> {
        let boundary = role.role.permissions_boundary.as_ref();
        Self::read(tx, scope, &role.policies, boundary, role.role.tags.as_deref())
    }

    fn read(
        tx: &mut Transaction<'_>,
        scope: &Scope,
        policies: &IdentityPolicies,
        boundary: Option<&AttachedPermissionsBoundary>,
        tags: Option<&[Tag]>,
    ) -> Result<Option<Self>, StoreFault> {
        let Some(texts) = policies.texts(tx, scope)? else { return Ok(None) };
        let policies: Option<Vec<Policy>> = texts.iter().map(|text| Policy::parse(text).ok()).collect();
        let boundary = match boundary {
            None => None,
            Some(boundary) => {
                let arn = boundary.permissions_boundary_arn.as_deref().unwrap_or_default();
                let text = managed_policy_text(tx, scope, arn)?;
                let Some(policy) = text.and_then(|text| Policy::parse(&text).ok()) else { return Ok(None) };
                Some(policy)
            }
        };
        let tags = tags.unwrap_or_default().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        Ok(policies.map(|policies| Self { policies, boundary, tags }))
    }

    /// The identity policies.
    #[must_use]
    pub fn policies(&self) -> Vec<&Policy> {
        self.policies.iter().collect()
    }

    /// Decides `request`, which `caller` makes, by what the caller has and by the policy, if any,
    /// of the thing that it is about, which belongs to the account `owner`. `NoMatch` is a
    /// refusal.
    ///
    /// What a permissions boundary does not allow is refused even where the thing's policy allows
    /// it to this very user: that exception of AWS's is not made.
    #[must_use]
    pub fn decide(&self, resource: Option<&Policy>, owner: &str, request: &Request<'_>) -> Decision {
        let most = self.within_boundary(request);
        match policy::authorize(&self.policies(), resource, owner, request) {
            Decision::Allow => most,
            refused => refused,
        }
    }

    /// What the permissions boundary says: `Allow` if there is none.
    #[must_use]
    pub fn within_boundary(&self, request: &Request<'_>) -> Decision {
        self.boundary.as_ref().map_or(Decision::Allow, |most| policy::evaluate(most, request))
    }

    /// Tells policies what is known of `caller`, who has this, besides what it is.
    #[must_use]
    pub fn told<'a>(&'a self, caller: &'a Caller, mut request: Request<'a>) -> Request<'a> {
        if let Identity::Session { issued, .. } = &caller.identity {
            request = request.with("aws:TokenIssueTime", issued.iso8601());
        }
        for (key, value) in &self.tags {
            request = request.with(format!("aws:PrincipalTag/{key}"), value.as_str());
        }
        request
    }
}
