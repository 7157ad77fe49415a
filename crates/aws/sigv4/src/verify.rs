//! Checks a signature: the one place that decides whether a request is from whom it says.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base::Timestamp;

use crate::ALGORITHM;
use crate::authorization::{Authorization, Form, query_parameter};
use crate::canonical::canonical_request;
use crate::credentials::Credentials;
use crate::error::SignatureError;
use crate::request::{Payload, Request, UNSIGNED_PAYLOAD};
use crate::scope::CredentialScope;
use crate::sign::AMZ_CONTENT_SHA256;
use crate::signing_key::{SigningKey, SigningKeys};
use crate::timestamp::{MAX_SKEW, basic};

/// A signature with what it says of itself, checked as far as no secret is needed.
///
/// The checks come in AWS's order: form and completeness, date, signed headers, algorithm,
/// scope; then, in [`Signed::verify`], payload, signature, session token.
#[derive(Debug)]
pub struct Signed<'a> {
    request: Request<'a>,
    authorization: Authorization<'a>,
    scope: CredentialScope,
}

impl<'a> Signed<'a> {
    /// Reads the signature of a request, in its headers or in its query.
    ///
    /// # Errors
    /// What is wrong, in AWS's words.
    pub fn read(request: Request<'a>, now: Timestamp) -> Result<Self, SignatureError> {
        let authorization = Authorization::read(&request)?;
        check_date(&authorization, now)?;
        check_signed_headers(&authorization, &request)?;
        if authorization.algorithm != ALGORITHM {
            return Err(SignatureError::UnsupportedAlgorithm { algorithm: authorization.algorithm.into() });
        }
        let scope = CredentialScope::parse(&authorization.credential)?;
        scope.check_terms(&basic(authorization.signed_at))?;
        Ok(Self { request, authorization, scope })
    }

    /// Who is said to have signed, and for what: a claim until [`Signed::verify`].
    #[must_use]
    pub fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// Whether the signature is made over the body, which then must be read to verify it.
    ///
    /// # Errors
    /// If it is made over the body in a way that is not supported.
    pub fn covers_body(&self) -> Result<bool, SignatureError> {
        // Without a body only what does not cover it can hold.
        match covered_payload(&self.authorization, &self.request, Payload::Unsigned, &self.scope.service) {
            Ok(_) => Ok(false),
            Err(fault @ SignatureError::StreamingPayload { .. }) => Err(fault),
            Err(_) => Ok(true),
        }
    }

    /// Verifies the signature against the credentials that are on record for the access key it
    /// names. Derived keys are taken from and kept in `keys`.
    ///
    /// The scope that is returned is proved, but may be of another region or service than the
    /// one that is called: [`CredentialScope::require`] says so.
    ///
    /// # Errors
    /// What is wrong, in AWS's words.
    pub fn verify(
        self,
        payload: Payload<'_>,
        credentials: &Credentials,
        keys: &SigningKeys,
    ) -> Result<CredentialScope, SignatureError> {
        let Self { request, authorization, scope } = self;
        if scope.access_key_id != credentials.access_key_id {
            return Err(SignatureError::InvalidToken);
        }

        let payload_text = covered_payload(&authorization, &request, payload, &scope.service)?;
        let presigned = authorization.form != Form::Header;
        let canonical = canonical_request(
            &request,
            &scope.service,
            &authorization.signed_headers,
            presigned,
            &payload_text,
        );
        let secret = &credentials.secret_access_key;
        let kept = keys.get(&scope, secret);
        let key = match &kept {
            Some(key) => key.clone(),
            None => SigningKey::derive(secret, &scope.date, &scope.region, &scope.service),
        };
        let expected = key.sign(&basic(authorization.signed_at), &scope, &canonical);
        verify_slices_are_equal(expected.as_bytes(), authorization.signature.as_bytes())
            .map_err(|_| SignatureError::Mismatch)?;
        if kept.is_none() {
            keys.keep(&scope, secret, &key);
        }

        match (&credentials.session_token, &authorization.session_token) {
            (None, None) => Ok(scope),
            (Some(expected), Some(sent)) if expected.matches(sent) => Ok(scope),
            _ => Err(SignatureError::InvalidToken),
        }
    }
}

/// Verifies a request's signature: [`Signed::read`], then [`Signed::verify`].
///
/// # Errors
/// What is wrong, in AWS's words.
pub fn verify(
    request: &Request<'_>,
    payload: Payload<'_>,
    credentials: &Credentials,
    keys: &SigningKeys,
    now: Timestamp,
) -> Result<CredentialScope, SignatureError> {
    Signed::read(*request, now)?.verify(payload, credentials, keys)
}

/// A signature in headers holds for [`MAX_SKEW`] around its date; one in a query until
/// `X-Amz-Expires` after it. Whole seconds count, as the dates have no more.
fn check_date(authorization: &Authorization<'_>, now: Timestamp) -> Result<(), SignatureError> {
    let skew = u32::try_from(MAX_SKEW.as_secs()).unwrap_or(u32::MAX);
    let validity = match authorization.form {
        Form::Header | Form::Query { expires: None } => skew,
        Form::Query { expires: Some(seconds) } => seconds,
    };
    let signed = authorization.signed_at;
    let age = now.as_secs().saturating_sub(signed.as_secs());
    if age > i64::from(validity) {
        return Err(SignatureError::Expired { signed, now, window_seconds: validity });
    }
    if age < -i64::from(skew) {
        return Err(SignatureError::NotYetCurrent { signed, now, window_seconds: skew });
    }
    Ok(())
}

/// The host must be signed, and every `x-amz-*` header that is present (IAM user guide,
/// "Create a signed AWS API request").
fn check_signed_headers(
    authorization: &Authorization<'_>,
    request: &Request<'_>,
) -> Result<(), SignatureError> {
    let signed = |name: &str| authorization.signed_headers.iter().any(|signed| signed == name);
    if !signed("host") && !signed(":authority") {
        return Err(SignatureError::HostNotSigned);
    }
    for name in request.headers.keys() {
        if name.as_str().starts_with("x-amz-") && !signed(name.as_str()) {
            return Err(SignatureError::HeaderNotSigned { header: name.as_str().into() });
        }
    }
    Ok(())
}

/// What the canonical request must end with: the body's hash, or `UNSIGNED-PAYLOAD` where the
/// signer said so, or where a presigned request to S3 says nothing.
fn covered_payload(
    authorization: &Authorization<'_>,
    request: &Request<'_>,
    payload: Payload<'_>,
    service: &str,
) -> Result<String, SignatureError> {
    let mismatch =
        || if service == "s3" { SignatureError::PayloadMismatch } else { SignatureError::Mismatch };
    let presigned = authorization.form != Form::Header;
    let declared = match request.headers.get(AMZ_CONTENT_SHA256) {
        Some(value) => Some(value.to_str().map_err(|_| mismatch())?.into()),
        None if presigned => query_parameter(request.query, "X-Amz-Content-Sha256"),
        None => None,
    };
    match declared {
        Some(text) if text == UNSIGNED_PAYLOAD => Ok(text.into()),
        Some(text) if text.starts_with("STREAMING-") => {
            Err(SignatureError::StreamingPayload { method: text.into() })
        }
        Some(text) => match payload.hash() {
            Some(hash) if hash.eq_ignore_ascii_case(&text) => Ok(text.into()),
            _ => Err(mismatch()),
        },
        None if presigned && service == "s3" => Ok(UNSIGNED_PAYLOAD.into()),
        None => payload.hash().ok_or_else(mismatch),
    }
}

#[cfg(test)]
mod tests;
