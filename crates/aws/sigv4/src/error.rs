//! Why a signature is refused, in AWS's words, and why a request could not be signed.

use base::Timestamp;

use crate::timestamp::basic;

/// A request that is not, or not properly, signed. `Display` is the text AWS answers with.
///
/// The texts are recorded from AWS's services; services of the JSON protocols name the error
/// by [`SignatureError::code`], those of the query protocol (IAM, STS) by
/// [`SignatureError::query_code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Neither an `Authorization` header nor `X-Amz-Algorithm` in the query.
    #[error("Request is missing Authentication Token")]
    MissingAuthenticationToken,
    /// Both forms at once.
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    BothForms,
    /// The `Authorization` header has a part that is not `key=value`. AWS does not repeat the
    /// header, which may be a bearer token meant for someone else, but its hash.
    #[error(
        "Invalid key=value pair (missing equal-sign) in Authorization header \
         (hashed with SHA-256 and encoded with Base64): '{hash}'."
    )]
    NotKeyValue {
        /// SHA-256 of the header's value in base 64.
        hash: String,
    },
    /// The `Authorization` header lacks parameters, or the request lacks a date.
    #[error("{}(Hashed with SHA-256 and encoded with Base64) Authorization={hash}", missing_in_header(.missing))]
    IncompleteHeader {
        /// What is missing, in AWS's order.
        missing: Vec<Missing>,
        /// SHA-256 of the header's value in base 64.
        hash: String,
    },
    /// The query of a presigned request lacks parameters.
    #[error("{}Re-examine the query-string parameters.", missing_in_query(.missing))]
    IncompleteQuery {
        /// The names of the parameters that are missing, in AWS's order.
        missing: Vec<&'static str>,
    },
    /// The date is in no form that AWS reads.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    MalformedDate {
        /// The date as sent.
        date: String,
    },
    /// `X-Amz-Expires` is no number of seconds from 0 to 604,800.
    #[error("{}", expires_text(.value))]
    InvalidExpires {
        /// The parameter as sent.
        value: String,
    },
    /// The request was signed too long ago.
    #[error(
        "Signature expired: {} is now earlier than {} ({} - {}.)",
        basic(*.signed), basic(minus(*.now, *.window_seconds)), basic(*.now), window(*.window_seconds)
    )]
    Expired {
        /// When it was signed.
        signed: Timestamp,
        /// When it was looked at.
        now: Timestamp,
        /// How long it was valid.
        window_seconds: u32,
    },
    /// The request claims to be signed in the future.
    #[error(
        "Signature not yet current: {} is still later than {} ({} + {}.)",
        basic(*.signed), basic(plus(*.now, *.window_seconds)), basic(*.now), window(*.window_seconds)
    )]
    NotYetCurrent {
        /// When it says it was signed.
        signed: Timestamp,
        /// When it was looked at.
        now: Timestamp,
        /// How far clocks may differ.
        window_seconds: u32,
    },
    /// The host is not among the signed headers.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// An `x-amz-*` header is present and not signed: someone may have added it on the way.
    #[error("'{header}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned {
        /// The header's name in lower case.
        header: String,
    },
    /// Another algorithm, Signature Version 4A among them.
    #[error("Unsupported AWS 'algorithm': '{algorithm}'. ")]
    UnsupportedAlgorithm {
        /// The algorithm as sent.
        algorithm: String,
    },
    /// The credential is not `keyid/date/region/service/aws4_request`.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
         got '{credential}'"
    )]
    MalformedCredential {
        /// The credential as sent.
        credential: String,
    },
    /// The scope of the credential is not that of this request: one or more of AWS's
    /// sentences.
    #[error("{reasons}")]
    WrongScope {
        /// What is wrong, sentence by sentence.
        reasons: String,
    },
    /// No such access key, or its session token is not the one that came with the request.
    #[error("The security token included in the request is invalid.")]
    InvalidToken,
    /// The signature is not the one that this secret gives.
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    /// S3: the body is not the one that was signed.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadMismatch,
    /// The body is signed chunk by chunk (`STREAMING-…`), which is not supported.
    #[error("The payload signing method '{method}' is not supported.")]
    StreamingPayload {
        /// `x-amz-content-sha256` as sent.
        method: String,
    },
}

/// Something that a signed request must have and this one has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `Credential=`
    Credential,
    /// `Signature=`
    Signature,
    /// `SignedHeaders=`
    SignedHeaders,
    /// The `X-Amz-Date` and the `Date` header.
    Date,
}

impl SignatureError {
    /// The error's name in the JSON protocols, also the value of `x-amzn-ErrorType`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::NotKeyValue { .. }
            | Self::IncompleteHeader { .. }
            | Self::IncompleteQuery { .. }
            | Self::MalformedDate { .. }
            | Self::InvalidExpires { .. }
            | Self::UnsupportedAlgorithm { .. }
            | Self::MalformedCredential { .. } => "IncompleteSignatureException",
            Self::BothForms
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::HostNotSigned
            | Self::HeaderNotSigned { .. }
            | Self::WrongScope { .. }
            | Self::Mismatch => "InvalidSignatureException",
            Self::InvalidToken => "UnrecognizedClientException",
            Self::PayloadMismatch => "XAmzContentSHA256Mismatch",
            Self::StreamingPayload { .. } => "NotImplemented",
        }
    }

    /// The error's name in the query protocol (IAM, STS).
    #[must_use]
    pub fn query_code(&self) -> &'static str {
        match self.code() {
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "IncompleteSignatureException" => "IncompleteSignature",
            "InvalidSignatureException" => "SignatureDoesNotMatch",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            other => other,
        }
    }
}

fn missing_in_header(missing: &[Missing]) -> String {
    let sentence = |missing: &Missing| match missing {
        Missing::Credential => "Authorization header requires 'Credential' parameter. ",
        Missing::Signature => "Authorization header requires 'Signature' parameter. ",
        Missing::SignedHeaders => "Authorization header requires 'SignedHeaders' parameter. ",
        Missing::Date => {
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        }
    };
    missing.iter().map(sentence).collect()
}

fn missing_in_query(missing: &[&'static str]) -> String {
    missing.iter().map(|name| format!("AWS query-string parameters must include '{name}'. ")).collect()
}

/// S3's words; the other services' are not recorded.
fn expires_text(value: &str) -> &'static str {
    if value.starts_with('-') {
        "X-Amz-Expires must be non-negative"
    } else if !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit()) {
        "X-Amz-Expires must be less than a week (in seconds); that is, \
         the given X-Amz-Expires must be less than 604800 seconds"
    } else {
        "X-Amz-Expires should be a number"
    }
}

fn minus(moment: Timestamp, seconds: u32) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().saturating_sub(i64::from(seconds) * 1000))
}

fn plus(moment: Timestamp, seconds: u32) -> Timestamp {
    Timestamp::from_millis(moment.as_millis().saturating_add(i64::from(seconds) * 1000))
}

/// Minutes as AWS writes them; validities that are no whole minutes, which AWS's fixed windows
/// never are, in seconds.
fn window(seconds: u32) -> String {
    if seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

/// A request that cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// There is neither a `Host` header nor an authority in the URI.
    #[error("a request without a host cannot be signed")]
    NoHost,
    /// The access key, region, service or session token is no header text.
    #[error("the {part} has characters that a header cannot hold")]
    NotHeaderText {
        /// Which of them.
        part: &'static str,
    },
    /// A presigned URL may be valid for seven days at most.
    #[error("a presigned URL is valid for at most 604800 seconds")]
    ExpiresTooLate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &SignatureError, code: &str, query_code: &str, text: &str) {
        assert_eq!(error.code(), code);
        assert_eq!(error.query_code(), query_code);
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn errors_speak_awss_words() {
        let signed = Timestamp::parse_iso8601("2026-11-23T08:04:43Z").unwrap();
        let now = Timestamp::parse_iso8601("2026-11-23T08:34:43Z").unwrap();
        check(
            &SignatureError::Expired { signed, now, window_seconds: 900 },
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "Signature expired: 20261123T080443Z is now earlier than 20261123T081943Z (20261123T083443Z - 15 min.)",
        );
        check(
            &SignatureError::NotYetCurrent { signed: now, now: signed, window_seconds: 900 },
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "Signature not yet current: 20261123T083443Z is still later than 20261123T081943Z (20261123T080443Z + 15 min.)",
        );
        check(
            &SignatureError::IncompleteHeader {
                missing: vec![Missing::Credential, Missing::Signature, Missing::SignedHeaders, Missing::Date],
                hash: "LdnDMQUFMvnoiWQ6j9OUScm7YTLeKexz0NvmoZBnuKw=".into(),
            },
            "IncompleteSignatureException",
            "IncompleteSignature",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either \
             a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
             Authorization=LdnDMQUFMvnoiWQ6j9OUScm7YTLeKexz0NvmoZBnuKw=",
        );
        check(
            &SignatureError::IncompleteQuery { missing: vec!["X-Amz-Credential", "X-Amz-Signature"] },
            "IncompleteSignatureException",
            "IncompleteSignature",
            "AWS query-string parameters must include 'X-Amz-Credential'. \
             AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
        );
        check(
            &SignatureError::Mismatch,
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        );
        check(
            &SignatureError::InvalidToken,
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        );
        check(
            &SignatureError::MissingAuthenticationToken,
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        );
    }

    #[test]
    fn a_bad_expiry_is_named_for_what_it_is() {
        let text = |value: &str| SignatureError::InvalidExpires { value: value.into() }.to_string();
        assert_eq!(text("-1"), "X-Amz-Expires must be non-negative");
        assert_eq!(text("soon"), "X-Amz-Expires should be a number");
        assert_eq!(text(""), "X-Amz-Expires should be a number");
        assert!(text("604801").starts_with("X-Amz-Expires must be less than a week"));
    }
}
