//! HTTP_PROXY: the request that a backend is sent (API Gateway developer guide, "Create HTTP proxy
//! integrations for HTTP APIs" and "Create private integrations for HTTP APIs in API Gateway").

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{Method, Uri, Version};
use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::event::path_with_stage;
use super::parameters::Altered;
use super::routes::Variables;
use crate::exchange::{Body, ConfigurationFault, Refusal, Request};
use crate::integration::http::call::Outgoing;
use crate::integration::http::endpoint::{ENCODED_IN_PATH, Endpoint, EndpointError};
use crate::mapping::headers::{FORWARDED_FOR, FORWARDED_PROTO, TRACE_ID, drop_for_http};
use crate::mapping::source::Value;
use crate::message::{Headers, Request as HttpRequest};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What API Gateway adds to `Via`.
const OWN_VIA: &str = "HTTP/1.1 AmazonAPIGateway";

/// What stands for the address that the gateway calls from, which says nothing here.
const BY: &str = "_gatewright";

/// What is a connection's business (RFC 9110, section 7.6.1) and not a message's.
static OF_CONNECTIONS: [HeaderName; 11] = [
    CONNECTION,
    EXPECT,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    CONTENT_LENGTH,
];

/// What is encoded in one segment of a path: a slash in a variable's value is no border.
const ENCODED_IN_SEGMENT: &AsciiSet = &ENCODED_IN_PATH.add(b'/');

/// An HTTP_PROXY integration.
#[derive(Clone, Debug)]
pub(super) struct HttpProxy {
    /// Where the backend is.
    pub(super) endpoint: Endpoint,
    /// The verb that the backend sees; `None` for the client's.
    pub(super) method: Option<Method>,
    /// What of the request's path stands behind the integration's own.
    pub(super) tail: Tail,
    /// Whether it is reached by a VPC link: then it sees the client's `Host`.
    pub(super) private: bool,
    /// The variable that stands for all the rest of the path, if the route has one.
    pub(super) greedy: Option<Box<str>>,
}

/// What of a request's path goes to the backend besides what the URI has places for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing: the URI says it all.
    None,
    /// The whole path: the route `$default` names none itself.
    Path,
    /// The same with the stage in front, as private integrations get it.
    PathWithStage,
}

impl HttpProxy {
    /// The client's headers as they are before anything is mapped.
    pub(super) fn headers(&self, client: &Request, mut headers: Headers) -> Headers {
        strip(&mut headers);
        // Takes signatures for API Gateway away, too.
        let kept = [
            (http::header::CONTENT_ENCODING, headers.get(http::header::CONTENT_ENCODING).cloned()),
            (VIA, via(&headers)),
        ];
        let forwarded = forwarded(client, &headers);
        drop_for_http(&mut headers, |name| {
            matches!(name, "x-forwarded-for" | "x-forwarded-host" | "x-forwarded-port" | "x-forwarded-proto")
        });
        for (name, value) in kept {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        if let Ok(forwarded) = HeaderValue::from_str(&forwarded) {
            headers.insert(FORWARDED, forwarded);
        }
        if self.private {
            headers.insert(HOST, client.host.clone());
        }
        headers
    }

    /// The request of one client's.
    ///
    /// # Errors
    /// 500 if it has no URL.
    pub(super) fn outgoing(
        &self,
        client: &Request,
        variables: &Variables<'_>,
        altered: Altered,
        body: Body,
        trace: &str,
    ) -> Result<Outgoing, Refusal> {
        let encoded: Vec<(&str, String)> = variables
            .iter()
            .map(|(name, value)| {
                let greedy = self.greedy.as_deref() == Some(name);
                let set = if greedy { ENCODED_IN_PATH } else { ENCODED_IN_SEGMENT };
                (name, utf8_percent_encode(value, set).to_string())
            })
            .collect();
        let value =
            |name: &str| encoded.iter().find(|(own, _)| *own == name).map(|(_, value)| Value::Encoded(value));
        let target = self.endpoint.target(&value).map_err(no_endpoint)?.into_owned();
        let own = self.endpoint.path_and_query(&value, altered.query).map_err(no_endpoint)?;
        let tail = match self.tail {
            Tail::None => None,
            Tail::Path => Some(std::borrow::Cow::Borrowed(client.path())),
            Tail::PathWithStage => Some(path_with_stage(client)),
        };
        let path = match (altered.path, tail) {
            (Some(path), _) => {
                let path = path.trim_start_matches('/');
                Some(format!("/{}", utf8_percent_encode(path, ENCODED_IN_PATH)))
            }
            (None, Some(tail)) => Some(format!("{}{tail}", own.path().trim_end_matches('/'))),
            (None, None) => None,
        };
        let uri = match path {
            None => own,
            Some(path) => with_path(&own, path)?,
        };
        let mut request = HttpRequest::new(body);
        *request.method_mut() = self.method.clone().unwrap_or_else(|| client.method.clone());
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_11;
        let mut headers = altered.headers;
        if let Ok(trace) = HeaderValue::from_str(trace) {
            headers.insert(TRACE_ID, trace);
        }
        let sends = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
        if sends && matches!(request.body(), Body::Empty) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *request.headers_mut() = headers;
        Ok(Outgoing::new(target, request))
    }
}

/// Takes out of an answer's headers what does not reach the client.
pub(super) fn strip_answer(headers: &mut Headers, to_head: bool) {
    // What HEAD is answered tells the length of a body that is not there.
    let length = headers.get(CONTENT_LENGTH).filter(|_| to_head).cloned();
    strip(headers);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
}

/// Takes out what is a connection's, and what the connection names as such.
fn strip(headers: &mut Headers) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_CONNECTIONS) {
        headers.remove(name);
    }
}

fn via(headers: &Headers) -> Option<HeaderValue> {
    let earlier = super::values::joined(headers, &VIA);
    let all = earlier.map_or_else(|| OWN_VIA.to_owned(), |earlier| format!("{earlier}, {OWN_VIA}"));
    HeaderValue::from_str(&all).ok()
}

/// `Forwarded` (RFC 7239): what the client's was, what its `X-Forwarded-…` say, and the gateway's own
/// ("Amazon API Gateway important notes", for HTTP APIs).
fn forwarded(client: &Request, headers: &Headers) -> String {
    let mut all: Vec<String> = headers
        .get_all(FORWARDED)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .filter(|value| !value.is_empty())
        .collect();
    let text = |name: &HeaderName| super::values::joined(headers, name).unwrap_or_default();
    let earlier = text(&FORWARDED_FOR);
    let addresses = earlier.split(',').map(str::trim).filter(|address| !address.is_empty());
    for (at, address) in addresses.enumerate() {
        let mut element = format!("for={}", node(address));
        if at == 0 {
            for (name, parameter) in [(&FORWARDED_HOST, "host"), (&FORWARDED_PROTO, "proto")] {
                let value = text(name);
                if !value.is_empty() {
                    element += &format!(";{parameter}={}", quoted(&value));
                }
            }
        }
        all.push(element);
    }
    let source = node(&client.source.to_string());
    let (host, proto) = (quoted(client.domain_name()), client.scheme());
    all.push(format!("by={BY};for={source};host={host};proto={proto}"));
    all.join(",")
}

/// An address as `for` has it: those with colons in brackets and quotes.
fn node(address: &str) -> String {
    if address.parse::<std::net::Ipv6Addr>().is_ok() { format!("\"[{address}]\"") } else { quoted(address) }
}

/// A value as a token, or in quotes.
fn quoted(value: &str) -> String {
    let token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(&c);
    if !value.is_empty() && value.bytes().all(token) {
        return value.to_owned();
    }
    let escaped: String = value
        .chars()
        .flat_map(|c| [Some('\\').filter(|_| c == '"' || c == '\\'), Some(c)])
        .flatten()
        .collect();
    format!("\"{escaped}\"")
}

fn with_path(own: &Uri, path: String) -> Result<Uri, Refusal> {
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(&path).collect();
    if decoded.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")) {
        return Err(no_endpoint(EndpointError::DotSegment(path)));
    }
    let mut all = path;
    if let Some(query) = own.query() {
        all.push('?');
        all.push_str(query);
    }
    http::uri::PathAndQuery::from_maybe_shared(bytes::Bytes::from(all))
        .map(Uri::from)
        .map_err(|error| no_endpoint(EndpointError::Malformed(error.to_string())))
}

fn no_endpoint(error: EndpointError) -> Refusal {
    Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::request::tests::request;

    #[test]
    fn what_is_a_connections_stays_with_it() {
        let mut headers = Headers::new();
        for (name, value) in [
            ("connection", "x-own, close"),
            ("x-own", "1"),
            ("te", "trailers"),
            ("content-length", "3"),
            ("etag", "e"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let mut to_head = headers.clone();
        strip_answer(&mut headers, false);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["etag"]);
        strip_answer(&mut to_head, true);
        assert_eq!(to_head["content-length"], "3");
    }

    #[test]
    fn who_has_forwarded_is_told_in_one_header() {
        let client = request("/prod/x", "prod");
        let own = "by=_gatewright;for=127.0.0.1;host=abc123.execute-api.us-west-2.localhost:4566;proto=http";
        assert_eq!(forwarded(&client, &Headers::new()), own);
        let mut headers = Headers::new();
        for (name, value) in [
            ("forwarded", "for=192.0.2.60"),
            ("x-forwarded-for", "203.0.113.1, 2001:db8::1"),
            ("x-forwarded-host", "a b"),
            ("x-forwarded-proto", "https"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let expected =
            format!("for=192.0.2.60,for=203.0.113.1;host=\"a b\";proto=https,for=\"[2001:db8::1]\",{own}");
        assert_eq!(forwarded(&client, &headers), expected);
    }

    #[test]
    fn no_mapped_path_climbs() {
        let own: Uri = "/x?a=1".parse().unwrap();
        assert_eq!(with_path(&own, "/y/z".to_owned()).unwrap(), "/y/z?a=1");
        for path in ["/../x", "/a/%2e%2E/b", "/a%2F..%2Fb", "/."] {
            assert!(with_path(&own, path.to_owned()).is_err(), "{path}");
        }
    }
}
