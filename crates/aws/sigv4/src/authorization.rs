//! The signature as it travels: in the `Authorization` header, or in the query of a presigned
//! request. Reading it makes the checks that need no secret, in the order in which AWS makes
//! them.

use std::borrow::Cow;

use aws_lc_rs::digest;
use base::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;

use crate::canonical::decode;
use crate::error::{Missing, SignatureError};
use crate::presign::MAX_EXPIRES;
use crate::request::Request;
use crate::timestamp::{parse_basic, parse_date_header};

/// A signature with everything that it says about itself.
#[derive(Debug)]
pub(crate) struct Authorization<'a> {
    pub(crate) form: Form,
    pub(crate) algorithm: Cow<'a, str>,
    /// `keyid/date/region/service/aws4_request`
    pub(crate) credential: Cow<'a, str>,
    /// Lower case, sorted, each once.
    pub(crate) signed_headers: Vec<String>,
    /// Lower-case hexadecimal if it is right; any text.
    pub(crate) signature: Cow<'a, str>,
    /// When the request was signed.
    pub(crate) signed_at: Timestamp,
    pub(crate) session_token: Option<Cow<'a, str>>,
}

/// Where the signature travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Header,
    /// `expires`: for how many seconds after the date; `None` if the query does not say.
    Query {
        expires: Option<u32>,
    },
}

impl<'a> Authorization<'a> {
    /// Reads the signature of a request, in whichever form it has one.
    pub(crate) fn read(request: &Request<'a>) -> Result<Self, SignatureError> {
        let header = request.headers.get(AUTHORIZATION);
        let algorithm = query_parameter(request.query, "X-Amz-Algorithm");
        match (header, algorithm) {
            (Some(_), Some(_)) => Err(SignatureError::BothForms),
            (None, None) => Err(SignatureError::MissingAuthenticationToken),
            (Some(value), None) => match value.to_str() {
                Ok(text) => Self::read_header(text, request),
                Err(_) => Err(SignatureError::NotKeyValue { hash: hashed(value.as_bytes()) }),
            },
            (None, Some(algorithm)) => Self::read_query(algorithm, request),
        }
    }

    fn read_header(text: &'a str, request: &Request<'a>) -> Result<Self, SignatureError> {
        let parameters = header_parameters(text)?;
        let date = request
            .header("x-amz-date")
            .map(|text| (text, parse_basic(text)))
            .or_else(|| request.header("date").map(|text| (text, parse_date_header(text))));
        let (Some(credential), Some(signature), Some(signed_headers), Some((date, signed_at))) =
            (parameters.credential, parameters.signature, parameters.signed_headers, date)
        else {
            let missing = [
                (Missing::Credential, parameters.credential.is_none()),
                (Missing::Signature, parameters.signature.is_none()),
                (Missing::SignedHeaders, parameters.signed_headers.is_none()),
                (Missing::Date, date.is_none()),
            ];
            let missing = missing.into_iter().filter(|(_, missing)| *missing).map(|(what, _)| what).collect();
            return Err(SignatureError::IncompleteHeader { missing, hash: hashed(text) });
        };
        Ok(Self {
            form: Form::Header,
            algorithm: parameters.algorithm.into(),
            credential: credential.into(),
            signed_headers: header_names(signed_headers),
            signature: signature.into(),
            signed_at: signed_at.ok_or_else(|| SignatureError::MalformedDate { date: date.into() })?,
            session_token: request.header("x-amz-security-token").map(Cow::Borrowed),
        })
    }

    fn read_query(algorithm: Cow<'a, str>, request: &Request<'a>) -> Result<Self, SignatureError> {
        let parameter = |name| query_parameter(request.query, name);
        let present = |value: &Cow<'a, str>| !value.is_empty();
        let credential = parameter("X-Amz-Credential").filter(present);
        let signature = parameter("X-Amz-Signature").filter(present);
        let signed_headers = parameter("X-Amz-SignedHeaders").filter(present);
        let date = parameter("X-Amz-Date").filter(present);
        let (Some(credential), Some(signature), Some(signed_headers), Some(date), true) =
            (&credential, &signature, &signed_headers, &date, !algorithm.is_empty())
        else {
            let missing = [
                ("X-Amz-Algorithm", algorithm.is_empty()),
                ("X-Amz-Credential", credential.is_none()),
                ("X-Amz-Signature", signature.is_none()),
                ("X-Amz-SignedHeaders", signed_headers.is_none()),
                ("X-Amz-Date", date.is_none()),
            ];
            let missing = missing.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect();
            return Err(SignatureError::IncompleteQuery { missing });
        };
        let expires = match parameter("X-Amz-Expires") {
            None => None,
            Some(text) => Some(seconds(&text).ok_or(SignatureError::InvalidExpires { value: text.into() })?),
        };
        Ok(Self {
            form: Form::Query { expires },
            algorithm,
            credential: credential.clone(),
            signed_headers: header_names(signed_headers),
            signature: signature.clone(),
            signed_at: parse_basic(date)
                .ok_or_else(|| SignatureError::MalformedDate { date: date.clone().into() })?,
            session_token: parameter("X-Amz-Security-Token"),
        })
    }
}

/// The parameters of an `Authorization` header; what is empty counts as missing.
#[derive(Debug)]
pub(crate) struct HeaderParameters<'a> {
    pub(crate) algorithm: &'a str,
    pub(crate) credential: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
    pub(crate) signed_headers: Option<&'a str>,
}

/// Takes an `Authorization` header apart: the algorithm, then `key=value`, separated by commas
/// or blanks.
///
/// Text of any scheme is read this way, as AWS does it: a bearer token on a method that wants a
/// signature is answered with [`SignatureError::NotKeyValue`].
pub(crate) fn header_parameters(header: &str) -> Result<HeaderParameters<'_>, SignatureError> {
    let header = header.trim();
    let (algorithm, rest) = header.split_once([' ', '\t']).unwrap_or((header, ""));
    let mut found = HeaderParameters { algorithm, credential: None, signature: None, signed_headers: None };
    for part in rest.split([',', ' ', '\t']).filter(|part| !part.is_empty()) {
        let (key, value) =
            part.split_once('=').ok_or_else(|| SignatureError::NotKeyValue { hash: hashed(header) })?;
        let place = match key {
            "Credential" => &mut found.credential,
            "Signature" => &mut found.signature,
            "SignedHeaders" => &mut found.signed_headers,
            _ => continue,
        };
        if !value.is_empty() {
            *place = Some(value);
        }
    }
    Ok(found)
}

/// SHA-256 in base 64, as AWS shows a header that it will not repeat.
pub(crate) fn hashed(header: impl AsRef<[u8]>) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, header.as_ref()))
}

/// The first value of a query parameter, decoded. Names are case-sensitive.
pub(crate) fn query_parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if *decode(key) != *name.as_bytes() {
            return None;
        }
        Some(match decode(value) {
            Cow::Borrowed(_) => Cow::Borrowed(value),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    })
}

fn header_names(list: &str) -> Vec<String> {
    let mut names: Vec<_> =
        list.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn seconds(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|seconds| u64::from(*seconds) <= MAX_EXPIRES.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn refusal(headers: &[(&'static str, &str)], query: &str) -> SignatureError {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let request = Request { method: "GET", path: "/", query, authority: None, headers: &map };
        Authorization::read(&request).unwrap_err()
    }

    #[test]
    fn a_header_names_all_that_it_lacks() {
        let text = refusal(&[("authorization", "AWS4-HMAC-SHA256")], "").to_string();
        assert_eq!(
            text,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either \
             a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
             Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="
        );
        let missing = |headers: &[(&'static str, &str)]| match refusal(headers, "") {
            SignatureError::IncompleteHeader { missing, .. } => missing,
            other => panic!("{other:?}"),
        };
        let date = ("x-amz-date", "20261123T080443Z");
        let whole = "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0";
        assert_eq!(missing(&[("authorization", whole)]), [Missing::Date]);
        for (cut, expected) in [
            ("Credential=a/b/c/d/e", Missing::Credential),
            ("Signature=0", Missing::Signature),
            ("SignedHeaders=host", Missing::SignedHeaders),
        ] {
            assert_eq!(missing(&[("authorization", &whole.replace(cut, "")), date]), [expected]);
            let (key, _) = cut.split_once('=').unwrap();
            assert_eq!(
                missing(&[("authorization", &whole.replace(cut, &format!("{key}="))), date]),
                [expected]
            );
        }
    }

    #[test]
    fn tokens_of_other_schemes_are_not_repeated() {
        let error = refusal(&[("authorization", "Bearer abc")], "");
        assert_eq!(
            error.to_string(),
            "Invalid key=value pair (missing equal-sign) in Authorization header \
             (hashed with SHA-256 and encoded with Base64): 'w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY='."
        );
        assert_eq!(error.code(), "IncompleteSignatureException");
        // One word, as a JSON web token without its scheme: nothing to be taken apart.
        assert!(matches!(
            refusal(&[("authorization", "eyJ0.eyJz.4f1J")], ""),
            SignatureError::IncompleteHeader { .. }
        ));
    }

    #[test]
    fn a_query_names_all_that_it_lacks() {
        assert_eq!(
            refusal(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261123T080443Z").to_string(),
            "AWS query-string parameters must include 'X-Amz-Credential'. \
             AWS query-string parameters must include 'X-Amz-Signature'. \
             AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."
        );
    }

    #[test]
    fn one_form_must_be_there_and_not_both() {
        assert_eq!(refusal(&[], "a=b"), SignatureError::MissingAuthenticationToken);
        assert_eq!(
            refusal(&[("authorization", "Bearer a")], "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
            SignatureError::BothForms
        );
    }

    #[test]
    fn dates_are_in_the_basic_format() {
        let whole =
            ("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0");
        let error = refusal(&[whole, ("x-amz-date", "2026-11-23T08:04:43Z")], "");
        assert_eq!(
            error.to_string(),
            "Date must be in ISO-8601 'basic format'. Got '2026-11-23T08:04:43Z'. \
             See http://en.wikipedia.org/wiki/ISO_8601"
        );
        assert!(matches!(refusal(&[whole, ("date", "today")], ""), SignatureError::MalformedDate { .. }));
    }

    #[test]
    fn an_expiry_is_a_week_at_most() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1)),
            ("604800", Some(604_800)),
            ("604801", None),
            ("99999999999", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("1.5", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn header_names_are_lowered_sorted_and_single() {
        assert_eq!(header_names("X-Amz-Date;host;;HOST;a"), ["a", "host", "x-amz-date"]);
    }
}
