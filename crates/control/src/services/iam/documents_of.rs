//! Policy documents as IAM takes and gives them: checked on the way in, percent-encoded on the
//! way out (RFC 3986, IAM API reference, `GetRole`).

use api::iam::errors::MALFORMED_POLICY_DOCUMENT_EXCEPTION;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wire::ServiceError;

use crate::call::Outcome;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `document` as an answer shows it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// Refuses what is not a policy.
pub(super) fn check(document: &str) -> Outcome<policy::Policy> {
    policy::Policy::parse(document).map_err(|why| {
        tracing::debug!(%why, "a policy document was refused");
        let text = if serde_json::from_str::<serde::de::IgnoredAny>(document).is_ok() {
            "Syntax errors in policy."
        } else {
            "This policy contains invalid Json"
        };
        ServiceError::new(&MALFORMED_POLICY_DOCUMENT_EXCEPTION, text).into()
    })
}
