//! Another way to a backend than by its name: the addresses that an operator gives for it.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The addresses behind a name, used in turn.
#[derive(Debug)]
pub struct Route {
    addresses: Box<[Address]>,
    next: AtomicUsize,
}

/// A host, with a port if it is not the one of the backend's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: Box<str>,
    pub(super) ip: Option<IpAddr>,
    pub(super) port: Option<u16>,
}

/// Not the address of a backend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// There is none.
    #[error("no address is given")]
    Empty,
    /// Neither `host:port` nor `host`.
    #[error("{0:?} is no address: expected HOST:PORT or HOST")]
    Address(String),
}

impl Route {
    /// To `addresses`.
    ///
    /// # Errors
    /// If there is none, or one is none.
    pub fn new(addresses: &[impl AsRef<str>]) -> Result<Self, RouteError> {
        let addresses: Vec<_> =
            addresses.iter().map(|text| Address::of(text.as_ref())).collect::<Result<_, _>>()?;
        if addresses.is_empty() {
            return Err(RouteError::Empty);
        }
        Ok(Self { addresses: addresses.into(), next: AtomicUsize::new(0) })
    }

    /// How many there are; at least one.
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Whose turn it is.
    pub(super) fn next(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.addresses.len().max(1)
    }

    /// All of them, beginning with the one at `first`.
    pub(super) fn beginning_with(&self, first: usize) -> impl Iterator<Item = &Address> {
        let (before, from) = self.addresses.split_at(first.min(self.addresses.len()));
        from.iter().chain(before)
    }
}

impl Address {
    fn of(text: &str) -> Result<Self, RouteError> {
        let wrong = || RouteError::Address(text.to_owned());
        let authority: http::uri::Authority = text.parse().map_err(|_| wrong())?;
        let host = authority.host();
        // `http` reads "host:" and "host:99999" as having no port.
        let port = match authority.as_str().strip_prefix(host) {
            Some("") => None,
            _ => Some(authority.port_u16().filter(|port| *port > 0).ok_or_else(wrong)?),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if bare.is_empty() || text.contains('@') {
            return Err(wrong());
        }
        Ok(Self { host: bare.to_ascii_lowercase().into(), ip: bare.parse().ok(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            Some(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            _ => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, address) in self.addresses.iter().enumerate() {
            write!(f, "{}{address}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_or_without_ports() {
        for (text, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("Backend.example", "backend.example"),
            ("[::1]:80", "[::1]:80"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(Route::new(&[text]).unwrap().to_string(), expected);
        }
        for text in ["", "a:0", "a:", "a:99999", "http://a", "a/b", "user@a:1", ":80"] {
            assert_eq!(Route::new(&[text]).unwrap_err(), RouteError::Address(text.to_owned()), "{text}");
        }
        assert_eq!(Route::new(&[""; 0]).unwrap_err(), RouteError::Empty);
    }

    #[test]
    fn addresses_take_turns() {
        let route = Route::new(&["a:1", "b:2", "c:3"]).unwrap();
        let turns: Vec<_> = (0..5).map(|_| route.next()).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1]);
        let order: Vec<_> = route.beginning_with(2).map(ToString::to_string).collect();
        assert_eq!(order, ["c:3", "a:1", "b:2"]);
    }
}
