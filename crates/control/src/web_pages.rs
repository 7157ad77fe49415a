//! Pages in a browser call no AWS operation. A page from anywhere can have its reader's browser send
//! requests to the reader's own machine, and in development mode any access key is taken at its word; what
//! the page would need is a request that the browser sends without asking first ("simple" requests, Fetch
//! Standard), or a name of the page's own that leads to the gateway's address (DNS rebinding).
//!
//! AWS's clients say nothing of an origin. Browsers do with every request that may change something, and
//! tell with all of them, where they trust the connection, from where they are sent (Fetch Metadata). What
//! neither tells is held to its host: in development mode one that a stranger cannot have.

use std::net::Ipv4Addr;

use http::Uri;
use wire::{Request, ServiceError};

/// Names that nobody can register: of the machine, of a network of one's own (RFC 6761, RFC 6762, RFC 8375,
/// RFC 9476, ICANN's `internal`), and those that networks use in spite of all that.
const PRIVATE: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "test",
    "home.arpa",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "localdomain",
    "svc",
];

/// AWS's own names, which clients use that know of no other endpoint.
const AWS: &[&str] = &["amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws"];

/// Refuses a call that a page in a browser has made.
///
/// # Errors
/// `AccessDeniedException`, with what an operator can do about it.
pub(crate) fn refuse(request: &Request) -> Result<(), ServiceError> {
    let site = request.headers().get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    if request.headers().contains_key(http::header::ORIGIN) || site.is_some_and(|site| site != b"none") {
        return Err(ServiceError::access_denied("AWS operations are not called by pages in a browser"));
    }
    Ok(())
}

/// Refuses a call by a name that could be a stranger's; `own` are the gateway's.
///
/// # Errors
/// `AccessDeniedException`, with what an operator can do about it.
pub(crate) fn check_host(request: &Request, own: &[String]) -> Result<(), ServiceError> {
    let host = host(request.uri(), request).unwrap_or_default();
    if is_ours(host, own) {
        return Ok(());
    }
    Err(ServiceError::access_denied(
        "This gateway is not called by that host name. Name it in `hosts` of the configuration if it is the gateway's",
    ))
}

fn host<'r>(uri: &'r Uri, request: &'r Request) -> Option<&'r str> {
    uri.authority().map(http::uri::Authority::as_str).or_else(|| request.header("host"))
}

fn is_ours(host: &str, own: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let below = |parent: &&str| {
        name.strip_suffix(*parent).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    // A single label is no name of the public domain name system; an address belongs to no name at all.
    !name.contains('.')
        || name.parse::<Ipv4Addr>().is_ok()
        || name.starts_with('[')
        || PRIVATE.iter().chain(AWS).any(below)
        || own.iter().any(|own| own.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_has_none_of_the_gateways_names() {
        let own = ["gateway.example.com".to_owned()];
        for (host, expected) in [
            ("127.0.0.1:4566", true),
            ("[::1]:4566", true),
            ("localhost:4566", true),
            ("apigateway.us-west-2.localhost:4566", true),
            ("gatewright:4566", true),
            ("gatewright", true),
            ("host.docker.internal:4566", true),
            ("gatewright.default.svc", true),
            ("gatewright.default.svc.cluster.local", true),
            ("lambda.us-west-2.amazonaws.com", true),
            ("LAMBDA.us-west-2.AMAZONAWS.com.", true),
            ("gateway.example.com:443", true),
            ("Gateway.Example.com", true),
            ("", true),
            ("evil.example.com:4566", false),
            ("a.gateway.example.com", false),
            ("notlocalhost.example", false),
            ("evil-amazonaws.com", false),
            ("amazonaws.com.evil.example", false),
            ("127.0.0.1.evil.example:4566", false),
            ("localhost.evil.example", false),
            ("rebind.it:x", false),
        ] {
            assert_eq!(is_ours(host, &own), expected, "{host}");
        }
    }

    #[test]
    fn what_browsers_say_is_refused() {
        let refused = |headers: &[(&str, &str)]| {
            let mut builder = http::Request::post("/restapis");
            for (name, value) in headers {
                builder = builder.header(*name, *value);
            }
            let (head, ()) = builder.body(()).unwrap().into_parts();
            refuse(&Request::new(head, bytes::Bytes::new())).is_err()
        };
        assert!(!refused(&[]));
        assert!(!refused(&[("sec-fetch-site", "none")]), "typed into the address bar");
        for headers in [
            [("origin", "https://evil.example.com")],
            [("origin", "null")],
            [("origin", "http://localhost:4566")],
            [("sec-fetch-site", "cross-site")],
            [("sec-fetch-site", "same-site")],
            [("sec-fetch-site", "same-origin")],
        ] {
            assert!(refused(&headers), "{headers:?}");
        }
    }
}
