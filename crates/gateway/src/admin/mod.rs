//! The operator's own address: what Prometheus scrapes. It is a socket of its own, so that nothing
//! of it can be asked where the APIs' clients come in.
//!
//! It has no keys of its own, so where it listens decides who may ask. A web page must not be able
//! to have its visitor's browser ask (DNS rebinding): a request has to name the address itself, or
//! a name that the operator has written down. No answer lets scripts of other origins read it.

mod process;
mod scrape;
mod text;

use std::future::{Future, ready};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, StatusCode};

use crate::Worker;
use crate::exchange::{Body, Incoming, request};
use crate::front_door::FrontDoor;
use crate::listener::{Gauges, Serve};
use crate::message::Response;
use process::Process;

/// What is asked for here.
const METRICS: &str = "/metrics";

/// Answers requests to the operator's address.
#[derive(Debug)]
pub struct AdminDoor {
    front_door: Arc<FrontDoor>,
    listener: Gauges,
    hosts: Vec<String>,
    process: Process,
}

impl AdminDoor {
    /// Tells of `front_door` and of the listener in front of it. `hosts` are the names by which it
    /// may be asked, besides addresses and `localhost`.
    #[must_use]
    pub fn new(front_door: Arc<FrontDoor>, listener: Gauges, hosts: Vec<String>) -> Self {
        Self { front_door, listener, hosts, process: Process::started() }
    }

    fn answered(&self, incoming: &Incoming) -> Response<Body> {
        let head = &incoming.head;
        let host = request::host(&head.uri, &head.headers);
        if !self.may_be_named(host.to_str().unwrap_or_default()) {
            let text = "This address is not asked by that name: see admin.hosts of the configuration.\n";
            return plain(StatusCode::MISDIRECTED_REQUEST, text.to_owned());
        }
        if head.uri.path() != METRICS {
            return plain(StatusCode::NOT_FOUND, "There is /metrics.\n".to_owned());
        }
        if !matches!(head.method, Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "There is GET.\n".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let mut response =
            plain(StatusCode::OK, scrape::scrape(&self.front_door, &self.listener, &self.process));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(text::CONTENT_TYPE));
        response
    }

    /// Whether a request may name this host. Whoever has a name can have it lead to any address, but
    /// nobody can have an address lead elsewhere.
    fn may_be_named(&self, host: &str) -> bool {
        let name = name_of(host);
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        address.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

impl Serve for AdminDoor {
    fn answer(&self, incoming: Incoming, _: &Rc<Worker>) -> impl Future<Output = Response<Body>> {
        ready(self.answered(&incoming))
    }
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::Whole(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_does_not_belong_to_a_name() {
        for (host, name) in [
            ("localhost:9", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:9", "[::1]"),
            ("[::1]", "[::1]"),
            ("a:b", "a:b"),
            ("", ""),
        ] {
            assert_eq!(name_of(host), name, "{host}");
        }
    }
}
