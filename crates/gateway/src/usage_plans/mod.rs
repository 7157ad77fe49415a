//! Who calls by which API key, how fast and how often it may (API Gateway developer guide, "Usage
//! plans and API keys for REST APIs").
//!
//! `upkeep` follows the store and keeps the keys of each account and region ready to be looked up;
//! a key knows its plans, and what it has used of them lives in its `Client`s, which outlive changes
//! of either. Requests are counted in memory and added to the store about once a second, when what
//! other nodes have counted is learnt too: an instant later than AWS's own nodes learn of each other.

mod client;
mod keys;
mod meter;
mod upkeep;

pub(crate) use keys::Called;
pub use keys::{Key, KeyFault, Keys, Member};
pub use upkeep::{UpkeepError, UsageUpkeep};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base::Scope;

/// The keys of all accounts and regions.
#[derive(Debug, Default)]
pub struct UsagePlans(Mutex<HashMap<Scope, Arc<Keys>>>);

impl UsagePlans {
    /// The keys of an account in a region: always the same, whatever becomes of them.
    #[must_use]
    pub fn keys_of(&self, scope: &Scope) -> Arc<Keys> {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(scopes.entry(scope.clone()).or_default())
    }
}
