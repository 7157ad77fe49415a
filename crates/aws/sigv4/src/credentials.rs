//! What a signer holds: an access key, its secret and, for temporary credentials, a token.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// A text that is never shown: `Debug` prints `***` and there is no `Display`.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// The text itself, for those who must compute with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text, in a time that does not depend on where they differ.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.as_bytes()).is_ok()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_boxed_str())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An access key with its secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `AKIA…` of a user, `ASIA…` of a session.
    pub access_key_id: String,
    /// Keys the signature.
    pub secret_access_key: Secret,
    /// Travels with every request of temporary credentials; `None` for a user's own key.
    pub session_token: Option<Secret>,
}

impl Credentials {
    /// A user's own access key.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// The same with a session token, as STS issues them.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Secret>) -> Self {
        self.session_token = Some(token.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_printed() {
        let credentials = Credentials::new("AKIDEXAMPLE", "wJalr").with_session_token("token");
        let text = format!("{credentials:?}");
        assert!(text.contains("AKIDEXAMPLE"), "{text}");
        assert!(!text.contains("wJalr") && !text.contains("\"token\""), "{text}");
    }

    #[test]
    fn secrets_match_only_the_same_text() {
        let secret = Secret::from("abc");
        assert!(secret.matches("abc"));
        for other in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!secret.matches(other), "{other}");
        }
    }
}
