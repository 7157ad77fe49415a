//! How execution logs show maps, headers, bodies and secrets.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use super::LONGEST_LINE;
use crate::exchange::{Body, HeaderNames};
use crate::message::Headers;

/// How much of a secret stays readable at most (recorded from AWS).
const SHOWN_OF_SECRETS: usize = 6;

/// What stands for a body of one of the API's binary media types, as users of AWS report it.
pub(crate) const BINARY: &str = "[Binary Data]";

/// Headers of which only the end is shown (API Gateway developer guide: "API Gateway redacts
/// authorization headers, API key values, and similar sensitive request parameters").
pub(super) const SECRET: [&str; 4] =
    ["authorization", "proxy-authorization", "x-api-key", "x-amz-security-token"];

/// Query parameters of which the same holds: those of presigned requests.
pub(super) const SECRET_PARAMETERS: [&str; 2] = ["X-Amz-Security-Token", "X-Amz-Signature"];

/// Names that are not simply written with capitals, as AWS writes them.
const WRITTEN: [(&str, &str); 10] = [
    ("content-md5", "Content-MD5"),
    ("etag", "ETag"),
    ("te", "TE"),
    ("www-authenticate", "WWW-Authenticate"),
    ("x-amz-apigw-id", "x-amz-apigw-id"),
    ("x-amzn-apigateway-api-id", "x-amzn-apigateway-api-id"),
    ("x-amzn-errortype", "x-amzn-ErrorType"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
    ("x-api-key", "x-api-key"),
    ("x-xss-protection", "X-XSS-Protection"),
];

/// `{name=value, other=value}`.
pub(crate) fn map<'a>(pairs: impl IntoIterator<Item = (impl AsRef<str>, Cow<'a, str>)>) -> String {
    let mut out = String::from("{");
    for (name, value) in pairs {
        if out.len() > 1 {
            out.push_str(", ");
        }
        out.push_str(name.as_ref());
        out.push('=');
        out.push_str(&value);
    }
    out.push('}');
    out
}

/// The client's headers, named as it named them.
pub(crate) fn client_headers(headers: &Headers, names: &HeaderNames) -> String {
    map(headers.keys().map(|name| (names.as_sent(name, 0).to_owned(), shown(headers, name))))
}

/// Headers of our own side, in AWS's casing.
pub(crate) fn headers(headers: &Headers) -> String {
    map(headers.keys().map(|name| (written(name), shown(headers, name))))
}

fn shown<'a>(headers: &'a Headers, name: &HeaderName) -> Cow<'a, str> {
    let values: Vec<_> =
        headers.get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let value = match values.as_slice() {
        [one] => one.clone(),
        several => several.join(", ").into(),
    };
    if SECRET.contains(&name.as_str()) { redacted(&value).into() } else { value }
}

/// All but the last characters of `secret` as asterisks: of a long one six stay, of a short one
/// at most half (recorded from AWS for long ones).
pub(crate) fn redacted(secret: &str) -> String {
    let length = secret.chars().count();
    let hidden = length - SHOWN_OF_SECRETS.min(length / 2);
    "*".repeat(hidden) + &secret.chars().skip(hidden).collect::<String>()
}

/// A header's name as AWS writes it, in answers and in logs: words with capitals, but for
/// [`WRITTEN`]. Header names are kept in lower case everywhere else.
pub(crate) fn written(name: &HeaderName) -> String {
    let name = name.as_str();
    if let Some((_, written)) = WRITTEN.iter().find(|(own, _)| *own == name) {
        return (*written).to_owned();
    }
    if let Some(remapped) = name.strip_prefix("x-amzn-remapped-").and_then(|rest| rest.parse().ok()) {
        return format!("x-amzn-Remapped-{}", written(&remapped));
    }
    let mut out = String::with_capacity(name.len());
    let mut starts = true;
    for letter in name.chars() {
        out.push(if starts { letter.to_ascii_uppercase() } else { letter });
        starts = letter == '-';
    }
    out
}

/// The beginning of a body that is at hand, as long as a line may show it.
pub(crate) fn body(body: &Body) -> Cow<'_, str> {
    match body {
        Body::Whole(bytes) => text(bytes),
        Body::Empty | Body::Stream(_) | Body::Bounded(_) | Body::Compressed(_) => Cow::Borrowed(""),
    }
}

/// The beginning of `bytes`, as long as a line may show it.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    // A character has four bytes at most, so what is cut off here would be cut off anyway.
    String::from_utf8_lossy(bytes.get(..4 * (LONGEST_LINE + 1)).unwrap_or(bytes))
}

/// Names and values for a JSON answer: the names as AWS writes them.
pub(crate) fn pairs(headers: &Headers) -> Vec<(String, String)> {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        (written(name), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    headers.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn name(text: &str) -> HeaderName {
        text.parse().unwrap()
    }

    #[test]
    fn maps_are_written_as_java_writes_them() {
        let pairs: [(&str, Cow<'_, str>); 0] = [];
        assert_eq!(map(pairs), "{}");
        assert_eq!(map([("petId", "123".into()), ("a", "b=c, d".into())]), "{petId=123, a=b=c, d}");
    }

    /// The first three are recorded from AWS.
    #[test]
    fn the_end_of_a_secret_stays() {
        for (secret, expected) in [
            ("aaaaaaaaaaaaaa", "********aaaaaa"),
            ("6527a55d-5498-428b-a997-8213981c70cd", "******************************1c70cd"),
            ("", ""),
            ("user", "**er"),
            ("a", "*"),
            ("äöü", "**ü"),
        ] {
            assert_eq!(redacted(secret), expected);
        }
    }

    #[test]
    fn names_are_written_as_aws_writes_them() {
        for (sent, expected) in [
            ("content-type", "Content-Type"),
            ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
            ("x-amzn-requestid", "x-amzn-RequestId"),
            ("x-amzn-errortype", "x-amzn-ErrorType"),
            ("x-amzn-apigateway-api-id", "x-amzn-apigateway-api-id"),
            ("x-amzn-remapped-content-length", "x-amzn-Remapped-Content-Length"),
            ("x-amzn-remapped-x-amzn-requestid", "x-amzn-Remapped-x-amzn-RequestId"),
            ("etag", "ETag"),
            ("x-own", "X-Own"),
        ] {
            assert_eq!(written(&name(sent)), expected);
        }
    }

    #[test]
    fn secrets_do_not_show_in_headers() {
        let mut headers = Headers::new();
        headers.insert(name("authorization"), HeaderValue::from_static("Bearer 0123456789"));
        headers.insert(name("x-api-key"), HeaderValue::from_static("a1b2c3d4e5f6a1b2c3d4"));
        headers.append(name("accept"), HeaderValue::from_static("a/b"));
        headers.append(name("accept"), HeaderValue::from_static("c/d"));
        let sent = HeaderNames::of_head(Bytes::from_static(b"GET / HTTP/1.1\r\nX-API-Key: a\r\n\r\n"));
        assert_eq!(
            client_headers(&headers, &sent),
            "{authorization=***********456789, X-API-Key=**************b2c3d4, accept=a/b, c/d}"
        );
        assert_eq!(
            super::headers(&headers),
            "{Authorization=***********456789, x-api-key=**************b2c3d4, Accept=a/b, c/d}"
        );
    }

    #[test]
    fn long_bodies_are_not_copied() {
        let long = Bytes::from(vec![b'x'; 1 << 20]);
        assert_eq!(text(&long).len(), 4 * 1_025);
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }
}
