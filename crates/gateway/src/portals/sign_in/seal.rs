//! What a browser keeps for a portal without being able to change it: values with a code of a key that
//! all nodes share (RFC 2104, with SHA-256), each good for one purpose, one portal and one app client.

use aws_lc_rs::hmac;
use base::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most that is read of a browser.
const LONGEST: usize = 2_048;

/// A portal's seal.
pub(super) struct Seal {
    key: hmac::Key,
    of: Box<str>,
}

impl Seal {
    /// With `key`, for what `of` names.
    pub(super) fn new(key: &Secret, of: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()), of: of.into() }
    }

    /// The value with its code.
    pub(super) fn close(&self, purpose: &str, value: &impl Serialize) -> String {
        let value = URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default());
        let code = hmac::sign(&self.key, self.signed(purpose, &value).as_bytes());
        format!("{value}.{}", URL_SAFE_NO_PAD.encode(code))
    }

    /// The value, if this seal closed it for this purpose. Codes are compared in constant time.
    pub(super) fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        if text.len() > LONGEST {
            return None;
        }
        let (value, code) = text.split_once('.')?;
        let code = URL_SAFE_NO_PAD.decode(code).ok()?;
        hmac::verify(&self.key, self.signed(purpose, value).as_bytes(), &code).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }

    fn signed(&self, purpose: &str, value: &str) -> String {
        format!("{purpose}\n{}\n{value}", self.of)
    }
}

/// Without the key.
impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("of", &self.of).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_is_opened_by_nobody_else() {
        let seal = Seal::new(&Secret::new("key"), "abc");
        let closed = seal.close("session", &7);
        assert_eq!(closed, "Nw.1hzGP-URrhhHc6J0pJHC9vLf4Xq00rgqpbjb5Q5c6KQ");
        assert_eq!(seal.open::<i64>("session", &closed), Some(7));
        assert_eq!(seal.open::<i64>("sign-in", &closed), None);
        assert_eq!(Seal::new(&Secret::new("key"), "abd").open::<i64>("session", &closed), None);
        assert_eq!(Seal::new(&Secret::new("kez"), "abc").open::<i64>("session", &closed), None);
        let code = closed.split_once('.').unwrap().1;
        for other in
            [format!("OA.{code}"), "Nw.".to_owned(), "Nw".to_owned(), String::new(), "x".repeat(9_999)]
        {
            assert_eq!(seal.open::<i64>("session", &other), None, "{other}");
        }
    }
}
