//! Signs a request in its headers.

use base::Timestamp;
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};

use crate::ALGORITHM;
use crate::canonical::canonical_request;
use crate::credentials::Credentials;
use crate::error::SigningError;
use crate::request::{Payload, Request, UNSIGNED_PAYLOAD};
use crate::scope::CredentialScope;
use crate::signing_key::SigningKey;
use crate::timestamp::basic;

/// Headers that are never signed, because what lies between may change them: those that AWS's
/// own signer (botocore) leaves out.
const NEVER_SIGNED: [&str; 12] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

pub(crate) const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
pub(crate) const AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Signs a request: gives the headers that it must be sent with beside its own. They replace
/// headers of the same name.
///
/// All headers of the request are signed, but for those that proxies change, so they must be
/// sent as they are. `Host` is among those returned if the request had it in its URI alone.
/// `X-Amz-Content-Sha256` is among them for S3, where the payload is not covered, and where
/// the request has one already.
///
/// # Errors
/// If there is no host, or a credential is no header text.
pub fn sign(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
) -> Result<Vec<(HeaderName, HeaderValue)>, SigningError> {
    let timestamp = basic(at);
    let payload_hash = payload.hash();
    let payload_text = payload_hash.as_deref().unwrap_or(UNSIGNED_PAYLOAD);

    let mut added = vec![(AMZ_DATE, header_value(&timestamp, "date")?)];
    if !request.headers.contains_key(HOST) {
        let host = request.authority.ok_or(SigningError::NoHost)?;
        added.push((HOST, header_value(host, "host")?));
    }
    if let Some(token) = &credentials.session_token {
        let mut value = header_value(token.expose(), "session token")?;
        value.set_sensitive(true);
        added.push((AMZ_SECURITY_TOKEN, value));
    }
    if service == "s3" || payload_hash.is_none() || request.headers.contains_key(AMZ_CONTENT_SHA256) {
        added.push((AMZ_CONTENT_SHA256, header_value(payload_text, "payload hash")?));
    }

    let mut headers = request.headers.clone();
    for (name, value) in &added {
        headers.insert(name.clone(), value.clone());
    }
    let request = Request { headers: &headers, ..*request };
    let signed_headers = headers_to_sign(&request);

    let scope = CredentialScope::new(
        &credentials.access_key_id,
        timestamp.get(..8).unwrap_or_default(),
        region,
        service,
    );
    let key = SigningKey::derive(&credentials.secret_access_key, &scope.date, region, service);
    let canonical = canonical_request(&request, service, &signed_headers, false, payload_text);
    let signature = key.sign(&timestamp, &scope, &canonical);

    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        scope.access_key_id,
        scope.without_key(),
        signed_headers.join(";")
    );
    added.push((AUTHORIZATION, header_value(&authorization, "credential")?));
    Ok(added)
}

/// The names of all headers that are signed, and `host`, sorted.
pub(crate) fn headers_to_sign(request: &Request<'_>) -> Vec<String> {
    let mut names: Vec<String> = request
        .headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| *name != "host" && !NEVER_SIGNED.contains(name))
        .map(str::to_owned)
        .collect();
    names.push("host".into());
    names.sort_unstable();
    names
}

fn header_value(text: &str, part: &'static str) -> Result<HeaderValue, SigningError> {
    HeaderValue::from_str(text).map_err(|_| SigningError::NotHeaderText { part })
}
