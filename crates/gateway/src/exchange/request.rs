//! What is known of a request from the moment its stage is known, and stays true until it is
//! answered. Steps hand its headers and body on; this they only look at.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use base::Timestamp;
use http::{HeaderValue, Method, Uri, Version, header};

use super::{Incoming, RequestIds, Source, WebSocketEvent};
use crate::access::vpc_endpoints::Via;
use crate::message::Headers;
use crate::tls::ClientCertificate;

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
    /// By which VPC endpoint it came, if its API is private.
    pub via: Option<Via>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The client's certificate, if the custom domain name asks for one.
    pub client_certificate: Option<Arc<ClientCertificate>>,
    /// When it arrived.
    pub received: Timestamp,
    /// The same moment, for measuring.
    pub started: Instant,
    /// Its identifiers.
    pub ids: RequestIds,
    /// Where in the target the stage and the resource's path stand.
    pub address: Address,
    /// What has happened on a WebSocket connection, if it is such an event.
    pub websocket: Option<Box<WebSocketEvent>>,
}

/// The places of an API's parts in the path of a target. Paths are not normalised: these are
/// positions, never copies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The base path, if the API is reached by a custom domain name: behind the slashes that the
    /// path begins with, and empty if it is that of all paths. `None` on the API's default
    /// endpoint.
    pub base_path: Option<Range<usize>>,
    /// The stage's name; empty if a base path mapping names it.
    pub stage: Range<usize>,
    /// Where what is behind the stage begins: at a slash, or at the path's end.
    pub rest: usize,
}

impl Address {
    /// The same, with the segment that could name a stage as a part of the API's own path; `None` if
    /// the address is of a form in which a stage must be named.
    #[must_use]
    pub fn without_stage(&self, path: &str) -> Option<Self> {
        if self.rest != self.stage.end {
            return None;
        }
        let slash = self.stage.start.checked_sub(1);
        let slash = slash.filter(|at| path.as_bytes().get(*at) == Some(&b'/'));
        let rest = slash.unwrap_or(self.stage.start);
        Some(Self { base_path: self.base_path.clone(), stage: rest..rest, rest })
    }
}

impl Request {
    /// Of what is unchanging of `incoming`, whose headers and body go on their own way, and of its target.
    #[must_use]
    pub fn new(incoming: &Incoming, uri: Uri, host: HeaderValue, ids: RequestIds, address: Address) -> Self {
        let head = &incoming.head;
        Self {
            method: head.method.clone(),
            uri,
            version: head.version,
            host,
            user_agent: head.headers.first_value(header::USER_AGENT),
            source: Source::Network(Arc::clone(&incoming.ends)),
            local_port: incoming.ends.local_port(),
            via: None,
            secure: incoming.secured.is_some(),
            client_certificate: incoming.client_certificate().cloned(),
            received: incoming.received,
            started: incoming.started,
            ids,
            address,
            websocket: None,
        }
    }

    /// The path that is matched against resources: behind the stage, starting with one slash.
    /// Recorded from AWS: `/stage//x` has the path `/x`, doubled slashes further on and a trailing
    /// slash stay.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.behind_stage() {
            "" => "/",
            path => path,
        }
    }

    /// `path` of a function's event: [`Self::path`], with the base path before it if there is one
    /// (as events that AWS's users show have it). A stage that the target names is in neither.
    #[must_use]
    pub fn event_path(&self) -> Cow<'_, str> {
        match self.base_path() {
            None | Some("") => Cow::Borrowed(self.path()),
            Some(base_path) => Cow::Owned(format!("/{base_path}{}", self.behind_stage())),
        }
    }

    /// The base path by which a custom domain name leads to the API, `""` for that of all paths;
    /// `None` on the API's default endpoint.
    #[must_use]
    pub fn base_path(&self) -> Option<&str> {
        self.uri.path().get(self.address.base_path.clone()?)
    }

    fn behind_stage(&self) -> &str {
        let rest = self.uri.path().get(self.address.rest..).unwrap_or_default();
        let doubled = rest.bytes().take_while(|c| *c == b'/').count().saturating_sub(1);
        rest.get(doubled..).unwrap_or_default()
    }

    /// Appends `$context.path`: on the default endpoint `/{stage}` and what is behind it, by a
    /// custom domain name the path with its base path, both as sent.
    pub fn write_context_path(&self, out: &mut String) {
        let path = self.uri.path();
        let Address { base_path, stage, rest } = &self.address;
        if let Some(base_path) = base_path {
            out.push('/');
            out.push_str(path.get(base_path.start..).unwrap_or_default());
            return;
        }
        // Only a tested request's path names no stage.
        if !stage.is_empty() {
            out.push('/');
            out.push_str(path.get(stage.clone()).unwrap_or_default());
        }
        out.push_str(path.get(*rest..).unwrap_or_default());
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

    /// The length of the URL, in bytes: what a browser would show for it, with its scheme.
    #[must_use]
    pub fn url_length(&self) -> usize {
        let target = self.uri.path_and_query().map_or(0, |target| target.as_str().len());
        self.scheme().len() + "://".len() + self.host.len() + target
    }

    /// `X-Forwarded-Proto`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

/// The host of a request: of its target if that names one (RFC 9112, section 3.2.2; always so
/// in HTTP/2), else its `Host`.
pub(crate) fn host(uri: &Uri, headers: &Headers) -> HeaderValue {
    match uri.authority() {
        Some(authority) => {
            let named = authority.as_str().rsplit('@').next().unwrap_or_default();
            HeaderValue::from_str(named).unwrap_or_else(|_| HeaderValue::from_static(""))
        }
        None => headers.first_value(header::HOST).unwrap_or_else(|| HeaderValue::from_static("")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::IpAddr;

    use base::Random;

    use super::*;
    use crate::exchange::{Ends, IdSource};

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
            source: Source::Network(Arc::new(Ends::new(IpAddr::from([127, 0, 0, 1]), 4566))),
            local_port: 4566,
            via: None,
            secure: false,
            client_certificate: None,
            received: Timestamp::from_millis(1_721_241_291_500),
            started: Instant::now(),
            ids: IdSource::new(Random::seeded(1)).next(),
            address: Address { base_path: None, stage: start..end, rest: end },
            websocket: None,
        }
    }

    /// A GET of `target` by a custom domain name; base path and stage stand where they first
    /// occur, the stage behind the base path.
    pub(crate) fn mapped(target: &str, base_path: &str, stage: &str) -> Request {
        let mut request = request(target, "");
        let path = request.uri.path();
        let start = if base_path.is_empty() { 1 } else { path.find(base_path).unwrap() };
        let base_path = start..start + base_path.len();
        let stage_at = base_path.end + path[base_path.end..].find(stage).unwrap();
        let stage = stage_at..stage_at + stage.len();
        let rest = if stage.end == 1 { 0 } else { stage.end };
        request.address = Address { base_path: Some(base_path), stage, rest };
        request.host = HeaderValue::from_static("api.example.com");
        request
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
    fn the_contexts_path_keeps_doubled_slashes() {
        let check = |request: Request, expected: &str| {
            let mut path = String::new();
            request.write_context_path(&mut path);
            assert_eq!(path, expected);
        };
        check(request("/prod//x", "prod"), "/prod//x");
        check(request("//prod/x", "prod"), "/prod/x");
        check(request("/prod", "prod"), "/prod");
        check(mapped("/v1//x", "v1", ""), "/v1//x");
        check(mapped("//v1/x", "v1", ""), "/v1/x");
        check(mapped("/v1/prod/x", "v1", "prod"), "/v1/prod/x");
        check(mapped("/", "", ""), "/");
    }

    #[test]
    fn a_base_path_is_in_a_functions_event_and_not_in_the_resources_path() {
        let check = |request: Request, path: &str, of_event: &str| {
            assert_eq!((request.path(), &*request.event_path()), (path, of_event));
        };
        check(request("/prod/x", "prod"), "/x", "/x");
        check(mapped("/v1", "v1", ""), "/", "/v1");
        check(mapped("/v1/", "v1", ""), "/", "/v1/");
        check(mapped("/v1/x", "v1", ""), "/x", "/v1/x");
        check(mapped("/v1//x", "v1", ""), "/x", "/v1/x");
        check(mapped("/a/b/x/", "a/b", ""), "/x/", "/a/b/x/");
        check(mapped("/v1/prod/x", "v1", "prod"), "/x", "/v1/x");
        check(mapped("/x", "", ""), "/x", "/x");
        check(mapped("/", "", ""), "/", "/");
    }

    #[test]
    fn the_url_is_measured_with_its_host() {
        let whole = "http://abc123.execute-api.us-west-2.localhost:4566/prod/x?a=b";
        assert_eq!(request("/prod/x?a=b", "prod").url_length(), whole.len());
    }

    #[test]
    fn the_domain_prefix_is_the_first_label() {
        let request = request("/prod", "prod");
        assert_eq!(request.domain_name(), "abc123.execute-api.us-west-2.localhost:4566");
        assert_eq!(request.domain_prefix(), "abc123");
    }

    #[test]
    fn a_targets_host_goes_before_the_header() {
        let headers = Headers::from_iter([(header::HOST, HeaderValue::from_static("b"))]);
        assert_eq!(host(&"http://u@a:80/x".parse().unwrap(), &headers), "a:80");
        assert_eq!(host(&"/x".parse().unwrap(), &headers), "b");
        assert_eq!(host(&"/x".parse().unwrap(), &Headers::new()), "");
    }
}
