//! What is known of a request from the moment its stage is known, and stays true until it is
//! answered. Steps hand its headers and body on; this they only look at.

use std::ops::Range;
use std::time::Instant;

use base::Timestamp;
use http::{HeaderMap, HeaderValue, Method, Uri, Version, header};

use super::{Incoming, RequestIds, Source};

/// The unchanging part of a request.
#[derive(Debug)]
pub struct Request {
    /// The client's verb.
    pub method: Method,
    /// The target as sent.
    pub uri: Uri,
    /// HTTP's version.
    pub version: Version,
    /// The host the client named, with its port if it named one.
    pub host: HeaderValue,
    /// `User-Agent`.
    pub user_agent: Option<HeaderValue>,
    /// Where it comes from.
    pub source: Source,
    /// The port that it came in on.
    pub local_port: u16,
    /// Whether it came over TLS.
    pub secure: bool,
    /// When it arrived.
    pub received: Timestamp,
    /// The same moment, for measuring.
    pub started: Instant,
    /// Its identifiers.
    pub ids: RequestIds,
    /// Where in the target the stage and the resource's path stand.
    pub address: Address,
}

/// The places of an API's parts in the path of a target. Paths are not normalised: these are
/// positions, never copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The stage's name.
    pub stage: Range<usize>,
    /// Where what is behind the stage begins: at a slash, or at the path's end.
    pub rest: usize,
}

impl Request {
    /// Takes the unchanging part out of `incoming`, whose headers and body go on their own way.
    #[must_use]
    pub fn new(incoming: &Incoming, host: HeaderValue, ids: RequestIds, address: Address) -> Self {
        let head = &incoming.head;
        Self {
            method: head.method.clone(),
            uri: head.uri.clone(),
            version: head.version,
            host,
            user_agent: head.headers.get(header::USER_AGENT).cloned(),
            source: Source::Network(incoming.peer.ip().to_canonical()),
            local_port: incoming.local_port,
            secure: incoming.secure,
            received: incoming.received,
            started: incoming.started,
            ids,
            address,
        }
    }

    /// The path that is matched against resources, `path` of a function's event: behind the
    /// stage, starting with one slash. Recorded from AWS: `/stage//x` has the path `/x`,
    /// doubled slashes further on and a trailing slash stay.
    #[must_use]
    pub fn path(&self) -> &str {
        let rest = self.uri.path().get(self.address.rest..).unwrap_or_default();
        let doubled = rest.bytes().take_while(|c| *c == b'/').count().saturating_sub(1);
        match rest.get(doubled..) {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// The stage's name as the client wrote it.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.uri.path().get(self.address.stage.clone()).unwrap_or_default()
    }

    /// `$context.path` in its two halves: `/{stage}` and what is behind it, as sent.
    #[must_use]
    pub fn stage_path(&self) -> (&str, &str) {
        (self.stage(), self.uri.path().get(self.address.rest..).unwrap_or_default())
    }

    /// The query string as sent, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// `$context.domainName`: the host as the client named it.
    #[must_use]
    pub fn domain_name(&self) -> &str {
        self.host.to_str().unwrap_or_default()
    }

    /// `$context.domainPrefix`: the first label of the domain name.
    #[must_use]
    pub fn domain_prefix(&self) -> &str {
        let name = self.domain_name();
        name.split(['.', ':']).next().unwrap_or(name)
    }

    /// `$context.protocol`.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match self.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        }
    }

    /// `X-Forwarded-Proto`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

/// The host of a request: of its target if that names one (RFC 9112, section 3.2.2; always so
/// in HTTP/2), else its `Host`.
pub(crate) fn host(uri: &Uri, headers: &HeaderMap) -> HeaderValue {
    match uri.authority() {
        Some(authority) => {
            let named = authority.as_str().rsplit('@').next().unwrap_or_default();
            HeaderValue::from_str(named).unwrap_or_else(|_| HeaderValue::from_static(""))
        }
        None => headers.get(header::HOST).cloned().unwrap_or_else(|| HeaderValue::from_static("")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::IpAddr;

    use base::Random;

    use super::*;
    use crate::exchange::IdSource;

    /// A GET of `target`, whose stage and rest stand where `stage` first occurs.
    pub(crate) fn request(target: &str, stage: &str) -> Request {
        let uri: Uri = target.parse().unwrap();
        let start = uri.path().find(stage).unwrap();
        let end = start + stage.len();
        Request {
            method: Method::GET,
            uri,
            version: Version::HTTP_11,
            host: HeaderValue::from_static("abc123.execute-api.us-west-2.localhost:4566"),
            user_agent: Some(HeaderValue::from_static("curl/8.0")),
            source: Source::Network(IpAddr::from([127, 0, 0, 1])),
            local_port: 4566,
            secure: false,
            received: Timestamp::from_millis(1_721_241_291_500),
            started: Instant::now(),
            ids: IdSource::new(Random::seeded(1)).next(),
            address: Address { stage: start..end, rest: end },
        }
    }

    #[test]
    fn paths_are_cut_and_never_normalised() {
        let check = |target: &str, path: &str| assert_eq!(request(target, "prod").path(), path, "{target}");
        check("/prod", "/");
        check("/prod/", "/");
        check("/prod/x", "/x");
        check("/prod//x", "/x");
        check("//prod/x/", "/x/");
        check("/prod/x//y", "/x//y");
        check("/prod/../x", "/../x");
        check("/prod/a%2Fb?c=d", "/a%2Fb");
        check("/_aws/execute-api/abc123/prod/x", "/x");
    }

    #[test]
    fn the_stage_path_keeps_doubled_slashes() {
        assert_eq!(request("/prod//x", "prod").stage_path(), ("prod", "//x"));
        assert_eq!(request("//prod/x", "prod").stage_path(), ("prod", "/x"));
        assert_eq!(request("/prod", "prod").stage_path(), ("prod", ""));
    }

    #[test]
    fn the_domain_prefix_is_the_first_label() {
        let request = request("/prod", "prod");
        assert_eq!(request.domain_name(), "abc123.execute-api.us-west-2.localhost:4566");
        assert_eq!(request.domain_prefix(), "abc123");
    }

    #[test]
    fn a_targets_host_goes_before_the_header() {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("b"))]);
        assert_eq!(host(&"http://u@a:80/x".parse().unwrap(), &headers), "a:80");
        assert_eq!(host(&"/x".parse().unwrap(), &headers), "b");
        assert_eq!(host(&"/x".parse().unwrap(), &HeaderMap::new()), "");
    }
}
