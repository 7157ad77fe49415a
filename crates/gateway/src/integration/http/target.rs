//! Where a backend is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderValue, Uri};

use super::ClientCertificate;
use super::route::{Address, Route};

/// How to speak to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// HTTP/1.1 over TCP.
    Http,
    /// HTTP/1.1 over TLS.
    Https,
}

impl Scheme {
    /// 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A backend's scheme, host and port, and as whom it is called; made once when a stage is
/// compiled. Cheap to clone.
#[derive(Clone)]
pub struct Target(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    scheme: Scheme,
    host: Box<str>,
    address: Option<IpAddr>,
    port: u16,
    origin: Box<str>,
    authority: HeaderValue,
    certificate: Option<ClientCertificate>,
    any_authority: bool,
    /// The addresses that lead there, and which of them is tried first.
    route: Option<(Arc<Route>, usize)>,
    key: Box<str>,
}

/// Not the address of an HTTP backend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not a URL.
    #[error("{url} is not a URL")]
    NotAUrl {
        /// As given.
        url: String,
    },
    /// Neither `http` nor `https`.
    #[error("{url} begins with neither http:// nor https://")]
    Scheme {
        /// As given.
        url: String,
    },
    /// No host, or user information in front of it, or port 0.
    #[error("{url} does not name a host and port that can be called")]
    Authority {
        /// As given.
        url: String,
    },
}

impl Target {
    /// The target of `url`, whose path and query do not matter.
    ///
    /// # Errors
    /// If it has no scheme `http` or `https`, or no host, or user information.
    pub fn of(url: &Uri) -> Result<Self, TargetError> {
        let scheme = match url.scheme_str() {
            Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            _ => return Err(TargetError::Scheme { url: url.to_string() }),
        };
        let refused = || TargetError::Authority { url: url.to_string() };
        let authority = url.authority().ok_or_else(refused)?;
        if authority.as_str().contains('@') {
            return Err(refused());
        }
        // `http` reads "host:" and "host:99999" as having no port.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("" | ":") => scheme.default_port(),
            _ => authority.port_u16().ok_or_else(refused)?,
        };
        Self::new(scheme, authority.host(), port).ok_or_else(refused)
    }

    /// The backend on `host` (a name, an IPv4 address, or an IPv6 address in brackets) and
    /// `port`; `None` if they cannot be called.
    #[must_use]
    pub fn new(scheme: Scheme, host: &str, port: u16) -> Option<Self> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let address = bare.unwrap_or(host).parse::<IpAddr>().ok();
        let known = match (bare, address) {
            (Some(_), address) => address.is_some_and(|address| address.is_ipv6()),
            (None, Some(address)) => address.is_ipv4(),
            (None, None) => !host.is_empty() && !host.contains([':', '/', '@', ' ']),
        };
        if !known || port == 0 {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let authority = if port == scheme.default_port() { host.clone() } else { format!("{host}:{port}") };
        let origin: Box<str> = format!("{}://{host}:{port}", scheme.as_str()).into();
        Some(Self(Arc::new(Parts {
            scheme,
            key: origin.clone(),
            origin,
            certificate: None,
            any_authority: false,
            route: None,
            authority: HeaderValue::from_str(&authority).ok()?,
            host: bare.map_or(host.clone(), str::to_ascii_lowercase).into(),
            address,
            port,
        })))
    }

    /// How to speak to it.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// Its name or address in lower case, IPv6 addresses without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// Its address, if it was given as one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// What belongs into the `Host` header: the host, and the port if it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> &HeaderValue {
        &self.0.authority
    }

    /// The same backend, called with `certificate`. Over plain HTTP there is no way to show one.
    #[must_use]
    pub fn showing(&self, certificate: &ClientCertificate) -> Self {
        if self.scheme() == Scheme::Http {
            return self.clone();
        }
        let key = format!("{} as {}", self.0.key, certificate.fingerprint());
        Self(Arc::new(Parts {
            certificate: Some(certificate.clone()),
            key: key.into(),
            ..Parts::clone(&self.0)
        }))
    }

    /// The certificate that it is called with.
    #[must_use]
    pub fn certificate(&self) -> Option<&ClientCertificate> {
        self.0.certificate.as_ref()
    }

    /// The same backend, believed to be who it says whichever authority says so
    /// (`insecureSkipVerification`).
    #[must_use]
    pub fn trusting_any_authority(&self) -> Self {
        if self.scheme() == Scheme::Http {
            return self.clone();
        }
        let key = format!("{} of any authority", self.0.key);
        Self(Arc::new(Parts { any_authority: true, key: key.into(), ..Parts::clone(&self.0) }))
    }

    /// Whether any authority is trusted that says who it is.
    #[must_use]
    pub fn trusts_any_authority(&self) -> bool {
        self.0.any_authority
    }

    /// The same backend, found at the addresses of `route`, the one at `first` before the others.
    #[must_use]
    pub fn through(&self, route: &Arc<Route>, first: usize) -> Self {
        let mut key = format!("{} through", self.0.key);
        for address in route.beginning_with(first) {
            key.push_str(&format!(" {address}"));
        }
        let route = Some((Arc::clone(route), first));
        Self(Arc::new(Parts { route, key: key.into(), ..Parts::clone(&self.0) }))
    }

    /// Where it is to be found, if not by its name.
    pub(super) fn route(&self) -> Option<impl Iterator<Item = &Address>> {
        self.0.route.as_ref().map(|(route, first)| route.beginning_with(*first))
    }

    /// `scheme://host:port`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Equal for equal targets: connections of one may carry the requests of the other.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.0.key
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Target {}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Self, TargetError> {
        Self::of(&url.parse().map_err(|_| TargetError::NotAUrl { url: url.to_owned() })?)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_urls() {
        for (url, origin, host, authority) in [
            ("http://Backend.example/a?b", "http://backend.example:80", "backend.example", "backend.example"),
            ("https://backend.example", "https://backend.example:443", "backend.example", "backend.example"),
            ("https://b.example:443/", "https://b.example:443", "b.example", "b.example"),
            ("http://b.example:443/", "http://b.example:443", "b.example", "b.example:443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1", "127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080", "::1", "[::1]:8080"),
            ("http://b.example:/", "http://b.example:80", "b.example", "b.example"),
        ] {
            let target: Target = url.parse().unwrap();
            assert_eq!(
                (target.origin(), target.host(), target.authority().to_str().unwrap()),
                (origin, host, authority),
                "{url}"
            );
        }
    }

    #[test]
    fn whom_a_backend_sees_makes_another_target() {
        let certificate = |name| {
            let (stored, _) = super::super::certificate::tests::stored(name);
            ClientCertificate::load(name, Some(&stored)).unwrap()
        };
        let (one, other) = (certificate("a"), certificate("b"));
        let target: Target = "https://b.example".parse().unwrap();
        assert_eq!(target.showing(&one), target.showing(&one));
        assert_ne!(target.showing(&one), target.showing(&other));
        assert_ne!(target.showing(&one), target);
        assert_eq!(target.showing(&one).origin(), "https://b.example:443");
        let plain: Target = "http://b.example".parse().unwrap();
        assert_eq!(plain.showing(&one), plain);
        assert!(plain.showing(&one).certificate().is_none());
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        for url in [
            "ftp://a/",
            "//a/",
            "/a",
            "http://user@a/",
            "http://a:0/",
            "http://a:99999/",
            "http:///a",
            "http://[a]/",
            "",
        ] {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
        for host in ["", "::1", "a b", "[127.0.0.1]", "a:80"] {
            assert_eq!(Target::new(Scheme::Http, host, 80), None, "{host}");
        }
    }
}
