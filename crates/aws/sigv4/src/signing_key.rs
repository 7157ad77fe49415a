//! The key that signs: derived from a secret for one day, region and service, and worth
//! keeping, for deriving it costs more than using it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{digest, hmac};

use crate::ALGORITHM;
use crate::credentials::Secret;
use crate::request::hex;
use crate::scope::{CredentialScope, TERMINATOR};

/// A secret's key for one scope. As secret as the secret, for a day.
#[derive(Clone)]
pub struct SigningKey(Arc<hmac::Key>);

impl SigningKey {
    /// Derives the key: four HMACs, one inside the other.
    #[must_use]
    pub fn derive(secret: &Secret, date: &str, region: &str, service: &str) -> Self {
        let start = ["AWS4", secret.expose()].concat();
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, start.as_bytes());
        for part in [date, region, service, TERMINATOR] {
            let tag = hmac::sign(&key, part.as_bytes());
            key = hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref());
        }
        Self(Arc::new(key))
    }

    /// The signature of a canonical request, in lower-case hexadecimal.
    pub(crate) fn sign(&self, timestamp: &str, scope: &CredentialScope, canonical_request: &[u8]) -> String {
        let hash = hex(digest::digest(&digest::SHA256, canonical_request).as_ref());
        let string_to_sign = format!("{ALGORITHM}\n{timestamp}\n{}\n{hash}", scope.without_key());
        hex(hmac::sign(&self.0, string_to_sign.as_bytes()).as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Scopes longer than this are not kept, so that the keys' memory is bounded by their number.
const LONGEST_SCOPE_KEPT: usize = 256;

/// A bounded store of derived keys, to be shared by all who verify. When it is full, the key
/// that has been kept longest makes room. A key whose secret has changed is derived anew.
pub struct SigningKeys {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_scope: HashMap<Arc<str>, Entry>,
    oldest_first: VecDeque<Arc<str>>,
}

struct Entry {
    secret_hash: [u8; 32],
    key: SigningKey,
}

impl SigningKeys {
    /// Room for `capacity` keys. One is used per access key, day, region and service; 1,000
    /// are some 300 kB.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default() }
    }

    /// The key of a scope if it is kept and was derived from this secret.
    pub(crate) fn get(&self, scope: &CredentialScope, secret: &Secret) -> Option<SigningKey> {
        let hash = hash(secret);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.by_scope.get(name(scope).as_str())?;
        (entry.secret_hash == hash).then(|| entry.key.clone())
    }

    /// Keeps a key. To be called once a signature has proved the scope true: nobody can push
    /// out the keys of others with scopes that are made up.
    pub(crate) fn keep(&self, scope: &CredentialScope, secret: &Secret, key: &SigningKey) {
        let name: Arc<str> = name(scope).into();
        if self.capacity == 0 || name.len() > LONGEST_SCOPE_KEPT {
            return;
        }
        let entry = Entry { secret_hash: hash(secret), key: key.clone() };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_scope.insert(Arc::clone(&name), entry).is_some() {
            return;
        }
        kept.oldest_first.push_back(name);
        if kept.oldest_first.len() > self.capacity
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.by_scope.remove(&oldest);
        }
    }

    /// How many keys are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_scope.len()
    }

    /// Whether no key is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self::new(1_000)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("capacity", &self.capacity).field("len", &self.len()).finish()
    }
}

/// A scope's parts hold no slash, so this is unambiguous.
fn name(scope: &CredentialScope) -> String {
    format!("{}/{}", scope.access_key_id, scope.without_key())
}

fn hash(secret: &Secret) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.expose().as_bytes()).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(key: &str) -> CredentialScope {
        CredentialScope::new(key, "20150830", "us-east-1", "iam")
    }

    #[test]
    fn derives_the_key_of_the_user_guide() {
        // The IAM user guide's example secret; the derived key was computed with botocore.
        let secret = Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let key = SigningKey::derive(&secret, "20150830", "us-east-1", "iam");
        let tag = hmac::sign(&key.0, b"");
        assert_eq!(hex(tag.as_ref()), "cd0837e0dd1f37527bc25773d86d7252734a8ef3894fe5aaf5ae7a9b3c4c394a");
        assert_eq!(format!("{key:?}"), "***");
    }

    #[test]
    fn keeps_no_more_than_its_capacity_and_drops_the_oldest() {
        let keys = SigningKeys::new(2);
        let secret = Secret::from("s");
        let key = SigningKey::derive(&secret, "20150830", "us-east-1", "iam");
        assert!(keys.is_empty());
        for name in ["a", "b", "b", "c"] {
            keys.keep(&scope(name), &secret, &key);
        }
        assert_eq!(keys.len(), 2);
        assert!(keys.get(&scope("a"), &secret).is_none());
        assert!(keys.get(&scope("b"), &secret).is_some());
        assert!(keys.get(&scope("c"), &secret).is_some());
    }

    #[test]
    fn a_key_of_another_secret_is_not_used_and_is_replaced() {
        let keys = SigningKeys::default();
        let (old, new) = (Secret::from("old"), Secret::from("new"));
        let key = |secret| SigningKey::derive(secret, "20150830", "us-east-1", "iam");
        keys.keep(&scope("a"), &old, &key(&old));
        assert!(keys.get(&scope("a"), &new).is_none());
        keys.keep(&scope("a"), &new, &key(&new));
        assert!(keys.get(&scope("a"), &old).is_none());
        assert!(keys.get(&scope("a"), &new).is_some());
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn endless_scopes_and_empty_stores_keep_nothing() {
        let secret = Secret::from("s");
        let key = SigningKey::derive(&secret, "20150830", "us-east-1", "iam");
        let keys = SigningKeys::default();
        keys.keep(&scope(&"a".repeat(300)), &secret, &key);
        assert!(keys.is_empty());
        let keys = SigningKeys::new(0);
        keys.keep(&scope("a"), &secret, &key);
        assert!(keys.is_empty());
    }
}
