//! A reader's request, and by which way it came: what the reader's browser calls the portal.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use base::Timestamp;
use http::Method;
use http::header::COOKIE;
use percent_encoding::percent_decode_str;

use crate::exchange::Incoming;
use crate::message::Headers;

/// What led a request to a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// A domain name of the portal's own.
    OwnName,
    /// `p-{id}.apigw-portal.…`.
    DefaultName,
    /// `/_aws/portals/{id}`, under whatever name.
    Path,
}

/// A reader's request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit<'r> {
    /// The portal's id.
    pub(super) id: &'r str,
    /// What is behind the portal's address: empty, or beginning with a slash.
    pub(super) path: &'r str,
    pub(super) entrance: Entrance,
    pub(super) method: &'r Method,
    pub(super) headers: &'r Headers,
    pub(super) now: Timestamp,
    /// As it was sent, with its port.
    host: &'r str,
    query: &'r str,
    over_tls: bool,
}

impl<'r> Visit<'r> {
    /// That `incoming` asks for `path` of the portal `id`.
    pub(crate) fn new(
        incoming: &'r Incoming,
        host: &'r str,
        id: &'r str,
        path: &'r str,
        entrance: Entrance,
    ) -> Self {
        Self {
            id,
            path,
            entrance,
            method: &incoming.head.method,
            headers: &incoming.head.headers,
            now: incoming.received,
            host,
            query: incoming.head.uri.query().unwrap_or_default(),
            over_tls: incoming.secured.is_some(),
        }
    }

    /// Whether the reader's browser speaks TLS. Without it a portal is only read on the machine itself;
    /// elsewhere somebody in front of the gateway has ended it, or what is protected by it stays closed.
    pub(super) fn is_secure(&self) -> bool {
        self.over_tls || !is_here(self.host)
    }

    /// `https`, or `http` on the machine itself.
    pub(super) fn scheme(&self) -> &'static str {
        if self.is_secure() { "https" } else { "http" }
    }

    /// The path that all of the portal's begin with; it ends in a slash.
    pub(super) fn base(&self) -> Cow<'static, str> {
        match self.entrance {
            Entrance::OwnName | Entrance::DefaultName => Cow::Borrowed("/"),
            Entrance::Path => Cow::Owned(format!("/_aws/portals/{}/", self.id)),
        }
    }

    /// Where the portal is, as a user pool knows it: `https://{host}`, without a slash at its end, as the
    /// developer guide writes it ("Create a portal in API Gateway").
    pub(super) fn address(&self) -> String {
        let (scheme, host) = (self.scheme(), self.host);
        match self.entrance {
            Entrance::OwnName | Entrance::DefaultName => format!("{scheme}://{host}"),
            Entrance::Path => format!("{scheme}://{host}{}", self.base()),
        }
    }

    /// What is behind `p-{id}.apigw-portal.` in the host, if nothing but names and ports is.
    pub(super) fn behind_default_name(&self) -> Option<&'r str> {
        if self.entrance != Entrance::DefaultName {
            return None;
        }
        let rest = self.host.splitn(3, '.').nth(2)?;
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b':' | b'-');
        (!rest.is_empty() && rest.bytes().all(plain)).then_some(rest)
    }

    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let value = self.query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((own, value)) => (own == name).then_some(value),
            None => (pair == name).then_some(""),
        })?;
        percent_decode_str(&value.replace('+', " ")).decode_utf8().ok().map(Cow::into_owned)
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&'r str> {
        let all = self.headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
        all.flat_map(|cookies| cookies.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(own, value)| (own == name).then_some(value))
    }
}

/// Whether a host, with or without a port, is the machine itself.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
pub(super) mod tests {
    use http::HeaderValue;

    use super::*;

    impl<'r> Visit<'r> {
        /// The same, had it come so.
        pub(in super::super) fn as_if(self, host: &'r str, entrance: Entrance) -> Self {
            Self { host, entrance, ..self }
        }
    }

    /// A GET of `path` of the portal `abc`.
    pub(in super::super) fn visit<'r>(path: &'r str, headers: &'r Headers, now: Timestamp) -> Visit<'r> {
        let (host, entrance) = ("p-abc.apigw-portal.us-west-2.on.aws", Entrance::DefaultName);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Visit { id: "abc", path, entrance, method: &Method::GET, headers, now, host, query, over_tls: false }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    #[test]
    fn only_the_machine_itself_is_read_without_tls() {
        let headers = Headers::new();
        for (host, scheme) in [
            ("localhost:4566", "http"),
            ("p-abc.apigw-portal.LOCALHOST:4566", "http"),
            ("127.1.2.3:80", "http"),
            ("[::1]:4566", "http"),
            ("127.0.0.1.example.com", "https"),
            ("localhost.example.com:4566", "https"),
            ("10.0.0.1", "https"),
            ("", "https"),
        ] {
            let visit = Visit { host, ..visit("/", &headers, NOW) };
            assert_eq!(visit.scheme(), scheme, "{host}");
            assert_eq!(Visit { over_tls: true, ..visit }.scheme(), "https", "{host}");
        }
    }

    #[test]
    fn a_portal_is_where_the_reader_found_it() {
        let headers = Headers::new();
        let by_name = visit("/", &headers, NOW);
        assert_eq!(by_name.address(), "https://p-abc.apigw-portal.us-west-2.on.aws");
        assert_eq!((by_name.base().as_ref(), by_name.behind_default_name()), ("/", Some("us-west-2.on.aws")));
        let by_path = Visit { entrance: Entrance::Path, host: "localhost:1", ..by_name };
        assert_eq!(by_path.address(), "http://localhost:1/_aws/portals/abc/");
        assert_eq!((by_path.base().as_ref(), by_path.behind_default_name()), ("/_aws/portals/abc/", None));
        let odd = Visit { host: "p-abc.apigw-portal.x;y", ..by_name };
        assert_eq!(odd.behind_default_name(), None);
    }

    #[test]
    fn parameters_and_cookies_are_read() {
        let mut headers = Headers::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=2=3"));
        headers.append(COOKIE, HeaderValue::from_static("c="));
        let visit = visit("/?code=a%2Fb+c&state&code=x&bad=%ff", &headers, NOW);
        assert_eq!(visit.query("code").as_deref(), Some("a/b c"));
        assert_eq!(visit.query("state").as_deref(), Some(""));
        assert_eq!((visit.query("bad"), visit.query("none")), (None, None));
        assert_eq!((visit.cookie("b"), visit.cookie("c"), visit.cookie("d")), (Some("2=3"), Some(""), None));
    }
}
