//! Signs a request in its query: a URL that anyone can use for a while.

use std::time::Duration;

use base::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ALGORITHM;
use crate::canonical::canonical_request;
use crate::credentials::Credentials;
use crate::error::SigningError;
use crate::request::{Payload, Request, UNSIGNED_PAYLOAD};
use crate::scope::CredentialScope;
use crate::sign::headers_to_sign;
use crate::signing_key::SigningKey;
use crate::timestamp::basic;

/// The longest that a presigned URL can be valid: seven days (IAM user guide).
pub const MAX_EXPIRES: Duration = Duration::from_secs(604_800);

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Signs a request in its query: gives the whole query to send it with. `expires` counts in
/// whole seconds from `at`.
///
/// Whoever uses the URL must send the request's headers, all of which are signed, but for
/// those that proxies change. S3 expects [`Payload::Unsigned`], other services the payload;
/// what is not expected is declared in `X-Amz-Content-Sha256`.
///
/// # Errors
/// If there is no host, or `expires` is more than [`MAX_EXPIRES`].
pub fn presign(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
    expires: Duration,
) -> Result<String, SigningError> {
    if expires > MAX_EXPIRES {
        return Err(SigningError::ExpiresTooLate);
    }
    if request.authority.is_none() && !request.headers.contains_key(http::header::HOST) {
        return Err(SigningError::NoHost);
    }
    let timestamp = basic(at);
    let date = timestamp.get(..8).unwrap_or_default();
    let scope = CredentialScope::new(&credentials.access_key_id, date, region, service);
    let signed_headers = headers_to_sign(request);
    let payload_hash = payload.hash();

    let mut query = request.query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.extend(utf8_percent_encode(value, RESERVED));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &format!("{}/{}", scope.access_key_id, scope.without_key()));
    add("X-Amz-Date", &timestamp);
    add("X-Amz-Expires", &expires.as_secs().to_string());
    add("X-Amz-SignedHeaders", &signed_headers.join(";"));
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token.expose());
    }
    let payload_text = payload_hash.as_deref().unwrap_or(UNSIGNED_PAYLOAD);
    if payload_hash.is_none() != (service == "s3") {
        add("X-Amz-Content-Sha256", payload_text);
    }

    let key = SigningKey::derive(&credentials.secret_access_key, date, region, service);
    let request = Request { query: &query, ..*request };
    let canonical = canonical_request(&request, service, &signed_headers, true, payload_text);
    let signature = key.sign(&timestamp, &scope, &canonical);
    query.push_str("&X-Amz-Signature=");
    query.push_str(&signature);
    Ok(query)
}
