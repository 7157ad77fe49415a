//! From the gateway to what IAM and STS have stored: who holds an access key, and what may it
//! do? Asked for requests to methods that ask for `AWS_IAM`.

use std::sync::Arc;

use identities::{Held, Holder};

/// A key's holder with its rights.
#[derive(Clone, Debug)]
pub struct Identified {
    /// Whose key it is, and what proves it.
    pub holder: Holder,
    /// What the holder has from its account; `None` if that cannot be known, and then it may do
    /// nothing.
    pub held: Option<Arc<Held>>,
}

/// Whoever knows the holders of access keys.
pub trait Identities: Send + Sync {
    /// The holder of the key, as of the last change that was acknowledged to whoever made it;
    /// `None` if there is no such key. Never waits, and does not read the store.
    fn of_key(&self, access_key_id: &str) -> Option<Identified>;
}
