//! A request to an API's stage, of which the text says some parts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use base::{Random, Timestamp};
use bytes::Bytes;
use gateway::exchange::{Address, Body, Ends, HeaderNames, IdSource, Incoming, Request};
use gateway::message::{Headers, RequestParts};
use http::{HeaderName, HeaderValue, Uri, header};

static IDS: LazyLock<IdSource> = LazyLock::new(|| IdSource::new(Random::seeded(1)));

/// A GET of `/prod{rest}`, with `value` as its `User-Agent` and as its header `X-Any`; `None` if
/// the text cannot be sent. The headers are returned as well: requests do not keep them.
pub(crate) fn get(rest: &str, value: &str) -> Option<(Request, Headers)> {
    let value = HeaderValue::from_str(value).ok()?;
    let uri: Uri = format!("/prod{rest}").parse().ok()?;
    if !uri.path().starts_with("/prod") {
        return None;
    }
    let mut headers = Headers::default();
    headers.append(header::USER_AGENT, value.clone());
    headers.append(HeaderName::from_static("x-any"), value);
    let head = RequestParts { uri, headers: headers.clone(), ..RequestParts::default() };
    let incoming = Incoming {
        head,
        header_names: HeaderNames::default(),
        body: Body::from(Bytes::new()),
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
        ends: Arc::new(Ends::new(Ipv4Addr::LOCALHOST.into(), 80)),
        secured: None,
        received: Timestamp::from_millis(1_721_241_291_500),
        started: Instant::now(),
        upgrade: None,
    };
    let host = HeaderValue::from_static("abc123.execute-api.us-west-2.localhost");
    let address = Address { base_path: None, stage: 1..5, rest: 5 };
    let uri = incoming.head.uri.clone();
    Some((Request::new(&incoming, uri, host, IDS.next(), address), headers))
}
