//! The canonical request: one text for all the ways in which the same request can be written
//! (IAM user guide, "Create a signed AWS API request", step 1).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::request::Request;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same, leaving the slashes of a path alone.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The canonical request over `signed_headers` (lower case, sorted), ending with
/// `payload_hash`.
///
/// A signed header that is absent counts as empty. `X-Amz-Signature` is left out of the query
/// if `presigned`: it holds the result.
pub(crate) fn canonical_request(
    request: &Request<'_>,
    service: &str,
    signed_headers: &[String],
    presigned: bool,
    payload_hash: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(path(request.path, service).as_bytes());
    out.push(b'\n');
    out.extend_from_slice(query(request.query, presigned).as_bytes());
    out.push(b'\n');
    for name in signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        header_values(&mut out, request, name);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload_hash.as_bytes());
    out
}

/// The canonical path. S3 takes the path literally, each byte encoded once. For all other
/// services dot segments and doubled slashes are resolved, and what has been encoded on the
/// wire is encoded again.
fn path(raw: &str, service: &str) -> String {
    if service == "s3" {
        let decoded: Cow<'_, [u8]> = percent_decode_str(raw).into();
        return if raw.is_empty() {
            "/".into()
        } else {
            percent_encode(&decoded, RESERVED_IN_PATH).to_string()
        };
    }
    let mut segments = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut out = String::with_capacity(raw.len() + 8);
    for segment in &segments {
        out.push('/');
        out.extend(percent_encode(segment.as_bytes(), RESERVED));
    }
    if out.is_empty() || raw.ends_with('/') {
        out.push('/');
    }
    out
}

/// The canonical query: each name and value decoded and encoded anew, sorted by name, then by
/// value. A plus sign is a blank (`%20`), as AWS's own "Canonical String for this request
/// should have been" shows; a name without a value gets an equals sign.
fn query(raw: &str, presigned: bool) -> String {
    let canonical = |text: &str| percent_encode(&decode(text), RESERVED).to_string();
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (canonical(name), canonical(value))
        })
        .filter(|(name, _)| !(presigned && name == "X-Amz-Signature"))
        .collect();
    pairs.sort_unstable();
    let mut out = String::with_capacity(raw.len() + 8);
    for (name, value) in &pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out
}

/// Decodes a name or a value of a query: percent escapes, and plus signs for blanks. Escapes
/// that are none stay as they are.
pub(crate) fn decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        return percent_decode_str(&text.replace('+', " ")).collect::<Vec<u8>>().into();
    }
    percent_decode_str(text).into()
}

/// All values of a header, joined by commas, in each the outer blanks removed and the inner
/// runs of blanks made one.
fn header_values(out: &mut Vec<u8>, request: &Request<'_>, name: &str) {
    let is_host = name == "host" || name == ":authority";
    let lookup = if is_host { "host" } else { name };
    let mut values = request.headers.get_all(lookup).iter().peekable();
    if values.peek().is_none() && is_host {
        out.extend_from_slice(request.authority.unwrap_or_default().as_bytes());
    }
    let mut first = true;
    for value in values {
        if !first {
            out.push(b',');
        }
        first = false;
        let words = value.as_bytes().split(|c| matches!(c, b' ' | b'\t')).filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    #[track_caller]
    fn check_path(service: &str, raw: &str, expected: &str) {
        assert_eq!(path(raw, service), expected, "{raw}");
    }

    #[test]
    fn paths_are_normalised_and_encoded_again() {
        for (raw, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/a//b", "/a/b"),
            ("//a///b//", "/a/b/"),
            ("/a/./b", "/a/b"),
            ("/./", "/"),
            ("/a/../b", "/b"),
            ("/a/..", "/"),
            ("/../../a", "/a"),
            ("/a/...", "/a/..."),
            ("/a%20b", "/a%2520b"),
            ("/tags/arn%3Aaws%3Aapigateway", "/tags/arn%253Aaws%253Aapigateway"),
            ("/@connections/L0SM9cOFvHcCIhw%3D", "/%40connections/L0SM9cOFvHcCIhw%253D"),
            ("/a:b", "/a%3Ab"),
            ("/-_.~", "/-_.~"),
            ("/%2e%2e/a", "/%252e%252e/a"),
            ("/ü", "/%C3%BC"),
            ("/*", "/%2A"),
        ] {
            check_path("execute-api", raw, expected);
        }
    }

    #[test]
    fn s3_takes_paths_literally() {
        for (raw, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/a//b/../c/.", "/a//b/../c/."),
            ("/a%20b", "/a%20b"),
            ("/a%2fb", "/a/b"),
            ("/a:b", "/a%3Ab"),
            ("/a+b", "/a%2Bb"),
            ("/ü", "/%C3%BC"),
        ] {
            check_path("s3", raw, expected);
        }
    }

    #[test]
    fn queries_are_encoded_anew_and_sorted() {
        for (raw, expected) in [
            ("", ""),
            ("a=b", "a=b"),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a=10", "a=1&a=10&a=2"),
            ("a", "a="),
            ("a=", "a="),
            ("&&a=1&", "a=1"),
            ("a=b=c", "a=b%3Dc"),
            ("a=b+c", "a=b%20c"),
            ("a=b%20c", "a=b%20c"),
            ("a=b%2Bc", "a=b%2Bc"),
            ("a=%e4%bd%a0", "a=%E4%BD%A0"),
            ("a=%7E-_.", "a=~-_."),
            ("a=1/2", "a=1%2F2"),
            ("a=%zz", "a=%25zz"),
            ("A=1&a=2&B=3", "A=1&B=3&a=2"),
            // Sorted by name before by value: "a=b" and "a-=c" as whole texts sort the other way.
            ("a-=c&a=b", "a=b&a-=c"),
            ("X-Amz-Signature=1", "X-Amz-Signature=1"),
        ] {
            assert_eq!(query(raw, false), expected, "{raw}");
        }
        assert_eq!(query("a=1&X-Amz-Signature=2&X-Amz-Date=3", true), "X-Amz-Date=3&a=1");
    }

    #[test]
    fn header_values_are_trimmed_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("my-header", "  a   b\tc  ".parse().unwrap());
        headers.append("my-header", "\"d  e\"".parse().unwrap());
        headers.append("my-header", "".parse().unwrap());
        let request = Request {
            method: "GET",
            path: "/",
            query: "",
            authority: Some("example.com"),
            headers: &headers,
        };
        let names = [":authority", "absent", "host", "my-header"].map(String::from);
        let text = canonical_request(&request, "service", &names, false, "HASH");
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "GET\n/\n\n:authority:example.com\nabsent:\nhost:example.com\nmy-header:a b c,\"d e\",\n\n\
             :authority;absent;host;my-header\nHASH"
        );
    }
}
