//! The header rules of REST APIs: what is dropped, what is renamed, what may not be mapped.
//! Recorded from AWS, and the table of the API Gateway developer guide, "Amazon API Gateway
//! important notes", where nothing was recorded.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, PROXY_AUTHENTICATE, TE,
    TRANSFER_ENCODING, VIA,
};

use crate::message::Headers;

/// `Content-MD5`.
pub const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
/// `x-amzn-RequestId`.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// `x-amz-apigw-id`.
pub const EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
/// `x-amzn-ErrorType`.
pub const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// `X-Amzn-Trace-Id`.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// `X-Amzn-Apigateway-Api-Id`.
pub const API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");
/// `X-Forwarded-For`.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// `X-Forwarded-Port`.
pub const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
/// `X-Forwarded-Proto`.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client's headers that no integration sees. `Content-Length` is the gateway's own; the
/// last two are a connection's business (RFC 9110, section 7.6.1). Asked for every header of every request.
fn is_dropped_from_requests(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "content-length"
            | "content-md5"
            | "expect"
            | "max-forwards"
            | "proxy-authenticate"
            | "server"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "www-authenticate"
            | "keep-alive"
            | "proxy-connection"
    )
}

/// Headers whose mapping makes an HTTP integration fail.
static UNMAPPABLE_FOR_HTTP: [HeaderName; 2] = [CONTENT_LENGTH, TRANSFER_ENCODING];

/// Headers whose mapping makes an AWS integration fail.
static UNMAPPABLE_FOR_AWS: [HeaderName; 7] =
    [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, EXPECT, PROXY_AUTHENTICATE, TE, TRANSFER_ENCODING];

/// Headers that may be mapped for HTTP integrations and never arrive.
static MAPPED_IN_VAIN: [HeaderName; 5] = [CONNECTION, EXPECT, PROXY_AUTHENTICATE, TE, VIA];

/// The name under which an answer's header comes out, if that is another: `x-amzn-Remapped-` in front.
/// Asked for every header of every answer, so it compares no more than it has to.
fn remapped(name: &HeaderName) -> Option<HeaderName> {
    Some(match name.as_str() {
        "authorization" => const { HeaderName::from_static("x-amzn-remapped-authorization") },
        "connection" => const { HeaderName::from_static("x-amzn-remapped-connection") },
        "content-length" => const { HeaderName::from_static("x-amzn-remapped-content-length") },
        "content-md5" => HeaderName::from_static("x-amzn-remapped-content-md5"),
        "date" => const { HeaderName::from_static("x-amzn-remapped-date") },
        "expect" => const { HeaderName::from_static("x-amzn-remapped-expect") },
        "host" => const { HeaderName::from_static("x-amzn-remapped-host") },
        "max-forwards" => const { HeaderName::from_static("x-amzn-remapped-max-forwards") },
        "proxy-authenticate" => const { HeaderName::from_static("x-amzn-remapped-proxy-authenticate") },
        "server" => const { HeaderName::from_static("x-amzn-remapped-server") },
        "trailer" => const { HeaderName::from_static("x-amzn-remapped-trailer") },
        "upgrade" => const { HeaderName::from_static("x-amzn-remapped-upgrade") },
        "user-agent" => const { HeaderName::from_static("x-amzn-remapped-user-agent") },
        "www-authenticate" => const { HeaderName::from_static("x-amzn-remapped-www-authenticate") },
        "x-amzn-requestid" => const { HeaderName::from_static("x-amzn-remapped-x-amzn-requestid") },
        _ => return None,
    })
}

/// Headers that no answer keeps: the connection to the client has its own.
fn is_dropped_from_answers(name: &str) -> bool {
    matches!(name, "transfer-encoding" | "keep-alive" | "proxy-connection")
}

/// Whether a Lambda function does not see the client's header `name` with this value.
#[must_use]
pub fn is_dropped_for_lambda(name: &HeaderName, value: &HeaderValue) -> bool {
    is_dropped_from_requests(name.as_str()) || (name == AUTHORIZATION && is_signature(value.as_bytes()))
}

/// Takes out of the client's headers what an HTTP backend does not see, and those that `replaced` names.
pub fn drop_for_http(headers: &mut Headers, replaced: impl Fn(&str) -> bool) {
    drop_named_by_connection(headers);
    headers.retain(|name, value| match name.as_str() {
        "host" | "via" | "content-encoding" => false,
        "authorization" => !is_signature(value),
        other => !is_dropped_from_requests(other) && !replaced(other),
    });
}

/// Takes away what the client says is for its own connection (RFC 9110, section 7.6.1).
fn drop_named_by_connection(headers: &mut Headers) {
    let named = headers.get_all(CONNECTION).filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    let named: Vec<HeaderName> = named.collect();
    if !named.is_empty() {
        headers.retain(|name, _| !named.contains(&*name));
    }
}

/// Whether an `Authorization` is a signature for API Gateway itself, which it keeps to itself
/// (API Gateway developer guide, footnote of the table of headers).
fn is_signature(authorization: &[u8]) -> bool {
    authorization.starts_with(b"AWS4-")
}

/// Whether mapping this header to an integration request makes every request fail; `aws`
/// tells integrations of AWS services from HTTP ones.
#[must_use]
pub fn is_unmappable(name: &HeaderName, aws: bool) -> bool {
    if aws { UNMAPPABLE_FOR_AWS.contains(name) } else { UNMAPPABLE_FOR_HTTP.contains(name) }
}

/// Whether a mapped header never arrives at an HTTP backend.
#[must_use]
pub fn is_mapped_in_vain(name: &HeaderName) -> bool {
    MAPPED_IN_VAIN.contains(name)
}

/// Renames and drops what of an integration's headers does not reach the client as it is.
pub fn remap_answer(headers: &mut Headers) {
    headers.retain(|name, _| {
        if let Some(remapped) = remapped(name) {
            *name = remapped;
        }
        !is_dropped_from_answers(name.as_str())
    });
}

/// The name under which a header of an answer reaches the client; `None` if it does not.
#[must_use]
pub fn name_in_answer(name: HeaderName) -> Option<HeaderName> {
    if is_dropped_from_answers(name.as_str()) {
        return None;
    }
    Some(remapped(&name).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use http::header::{DATE, WWW_AUTHENTICATE};

    use super::*;

    fn headers(names: &str) -> Headers {
        names.split_whitespace().map(|name| (name.parse().unwrap(), HeaderValue::from_static("v"))).collect()
    }

    fn names(headers: &Headers) -> Vec<&str> {
        headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn http_backends_get_the_clients_headers_but_these() {
        let passed = "accept accept-encoding accept-charset age authorization content-type date pragma range \
                      referer user-agent warn x-own";
        let dropped = "connection content-encoding content-length content-md5 expect host max-forwards \
                       proxy-authenticate server te trailer transfer-encoding upgrade via www-authenticate";
        let mut sent = headers(&format!("{dropped} {passed}"));
        drop_for_http(&mut sent, |_| false);
        let mut found = names(&sent);
        let mut expected: Vec<_> = passed.split_whitespace().collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_for_the_clients_connection_ends_there() {
        let mut sent = headers("x-own x-other keep");
        sent.append(CONNECTION, HeaderValue::from_static("close, X-Own ,,no name"));
        sent.append(CONNECTION, HeaderValue::from_static("keep"));
        drop_for_http(&mut sent, |_| false);
        assert_eq!(names(&sent), ["x-other"]);
    }

    #[test]
    fn functions_also_see_host_via_and_content_encoding() {
        let value = HeaderValue::from_static("v");
        let check = |names: &str, dropped: bool| {
            for name in names.split_whitespace() {
                assert_eq!(is_dropped_for_lambda(&name.parse().unwrap(), &value), dropped, "{name}");
            }
        };
        check("host via content-encoding date authorization accept x-own", false);
        check(
            "connection content-length content-md5 expect max-forwards proxy-authenticate server te trailer \
             transfer-encoding upgrade www-authenticate",
            true,
        );
    }

    #[test]
    fn a_signature_is_not_handed_on() {
        let signature = HeaderValue::from_static("AWS4-HMAC-SHA256 Credential=a/b");
        assert!(is_dropped_for_lambda(&AUTHORIZATION, &signature));
        let mut sent = Headers::from_iter([(AUTHORIZATION, signature)]);
        drop_for_http(&mut sent, |_| false);
        assert!(sent.is_empty());
    }

    #[test]
    fn some_headers_cannot_be_mapped() {
        let check = |name: &str, http: bool, aws: bool| {
            let name: HeaderName = name.parse().unwrap();
            assert_eq!((is_unmappable(&name, false), is_unmappable(&name, true)), (http, aws), "{name}");
        };
        for name in ["content-length", "transfer-encoding"] {
            check(name, true, true);
        }
        for name in ["authorization", "connection", "expect", "proxy-authenticate", "te"] {
            check(name, false, true);
        }
        for name in ["host", "via", "server", "content-md5", "x-own"] {
            check(name, false, false);
        }
    }

    #[test]
    fn answers_keep_some_names_and_change_others() {
        let check = |name: &str, expected: Option<&str>| {
            let found = name_in_answer(name.parse().unwrap());
            assert_eq!(found.as_ref().map(HeaderName::as_str), expected, "{name}");
        };
        for name in [
            "Authorization",
            "Connection",
            "Content-Length",
            "Content-MD5",
            "Date",
            "Expect",
            "Host",
            "Max-Forwards",
            "Proxy-Authenticate",
            "Server",
            "Trailer",
            "Upgrade",
            "User-Agent",
            "WWW-Authenticate",
            "x-amzn-RequestId",
        ] {
            check(name, Some(&format!("x-amzn-remapped-{}", name.to_lowercase())));
        }
        for name in [
            "accept",
            "accept-charset",
            "accept-encoding",
            "age",
            "content-encoding",
            "content-type",
            "pragma",
            "range",
            "referer",
            "te",
            "via",
            "warn",
            "x-own",
        ] {
            check(name, Some(name));
        }
        check("transfer-encoding", None);
    }

    #[test]
    fn repeated_headers_are_remapped_together() {
        let mut answer = Headers::new();
        answer.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        answer.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        answer.append(DATE, HeaderValue::from_static("today"));
        answer.append(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        answer.append("x-own", HeaderValue::from_static("1"));
        remap_answer(&mut answer);
        let mut found: Vec<_> =
            answer.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("x-amzn-remapped-date", "today"),
                ("x-amzn-remapped-www-authenticate", "Basic"),
                ("x-amzn-remapped-www-authenticate", "Bearer"),
                ("x-own", "1"),
            ]
        );
    }
}
