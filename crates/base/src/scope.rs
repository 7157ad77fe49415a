//! Whose things these are: every document, log group and function belongs to one account
//! in one region, and no operation sees beyond its own scope.

use std::fmt;
use std::sync::Arc;

/// The region under which things of global services (IAM) are stored.
pub const GLOBAL_REGION: &str = "aws-global";

/// An account and a region. Cheap to clone: the two texts are shared.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    account: Arc<str>,
    region: Arc<str>,
}

impl Scope {
    /// The scope of `account` (12 digits) in `region` (`us-east-1`).
    pub fn new(account: impl AsRef<str>, region: impl AsRef<str>) -> Self {
        Self { account: account.as_ref().into(), region: region.as_ref().into() }
    }

    /// The account's scope for services that have no regions (IAM).
    pub fn global(account: impl AsRef<str>) -> Self {
        Self::new(account, GLOBAL_REGION)
    }

    /// This account's global scope.
    #[must_use]
    pub fn to_global(&self) -> Self {
        Self { account: Arc::clone(&self.account), region: GLOBAL_REGION.into() }
    }

    /// The 12-digit account id.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The region's name, or [`GLOBAL_REGION`].
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}
