//! What each kind of policy must and must not have: to be asked when a policy is stored.

use std::collections::HashSet;

use crate::error::PolicyError;
use crate::policy::Policy;

/// Where a policy is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Attached to users, groups and roles: names no principals, names resources as ARNs.
    Identity,
    /// Attached to a thing: names principals.
    Resource,
    /// Says who may assume a role: names principals, but no resource.
    Trust,
    /// Returned by an authorizer: names resources.
    Authorizer,
}

impl Policy {
    /// Checks that this is a policy of that kind: [`Policy::parse`] reads them all.
    ///
    /// # Errors
    /// The first element that is missing or must not be there.
    pub fn require(&self, kind: Kind) -> Result<(), PolicyError> {
        if self.is_empty() && kind != Kind::Authorizer {
            return Err(PolicyError::Empty { at: "Statement".into() });
        }
        let mut sids = HashSet::new();
        for (index, statement) in self.statements.iter().enumerate() {
            let at = || format!("Statement[{index}]");
            let missing = |element| PolicyError::Missing { at: at(), element };
            let prohibited = |element| PolicyError::Prohibited { at: at(), element };
            let named = statement.principals.is_some();
            let has_resource = statement.resources.is_some();
            match kind {
                Kind::Identity if named => return Err(prohibited("Principal")),
                Kind::Identity | Kind::Authorizer if !has_resource => {
                    return Err(missing("Resource or NotResource"));
                }
                Kind::Trust if has_resource => return Err(prohibited("Resource")),
                Kind::Resource | Kind::Trust if !named => return Err(missing("Principal or NotPrincipal")),
                Kind::Identity | Kind::Resource | Kind::Trust | Kind::Authorizer => {}
            }
            if let (Kind::Identity, Some(odd)) = (kind, &statement.odd_resource) {
                return Err(PolicyError::Value {
                    at: format!("{}.Resource", at()),
                    value: odd.to_string(),
                    expected: "an ARN or *",
                });
            }
            if let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty())
                && !sids.insert(sid)
            {
                return Err(PolicyError::DuplicateSid { sid: sid.into() });
            }
        }
        Ok(())
    }
}
