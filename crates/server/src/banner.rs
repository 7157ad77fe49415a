//! What is printed when the gateway serves: where it is and how to use it.

use std::fmt;
use std::net::SocketAddr;

use crate::config::{Access, Place};

/// Printed once, on standard output.
pub(crate) struct Banner<'a> {
    pub(crate) listening: SocketAddr,
    pub(crate) listening_for_tls: Option<SocketAddr>,
    pub(crate) place: &'a Place,
    pub(crate) access: &'a Access,
    /// Where the operator's own address is, if there is one.
    pub(crate) admin: Option<SocketAddr>,
}

/// The URL by which this machine reaches what listens on `address`. Addresses that stand for
/// all of the machine's are replaced by the loopback: clients cannot call them.
pub(crate) fn endpoint(address: SocketAddr) -> String {
    endpoint_of("http", address)
}

fn endpoint_of(scheme: &str, address: SocketAddr) -> String {
    let port = address.port();
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => format!("{scheme}://127.0.0.1:{port}"),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("{scheme}://127.0.0.1:{port}"),
        address => format!("{scheme}://{address}"),
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = endpoint(self.listening);
        writeln!(f, "Gatewright {} serves {endpoint}", env!("CARGO_PKG_VERSION"))?;
        writeln!(f)?;
        writeln!(f, "  AWS clients   export AWS_ENDPOINT_URL={endpoint}")?;
        let keys = match self.access {
            Access::Development => "any access key and secret will do",
            Access::Strict { root: Some(_) } => "signatures are verified; the root keys are configured",
            Access::Strict { root: None } => "signatures are verified; only stored keys open anything",
        };
        writeln!(f, "  Credentials   {keys}")?;
        writeln!(f, "  APIs          {endpoint}/_aws/execute-api/{{api}}/{{stage}}/")?;
        if let Some(address) = self.listening_for_tls {
            let endpoint = endpoint_of("https", address);
            writeln!(f, "  TLS           {endpoint}, custom domain names with their own certificates")?;
        }
        if let Some(admin) = self.admin {
            writeln!(f, "  Metrics       {}/metrics", self::endpoint(admin))?;
        }
        match self.place {
            Place::Directory(directory) => writeln!(f, "  Data          {}", directory.display()),
            Place::Memory => writeln!(f, "  Data          in memory, gone when the process ends"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_can_be_called() {
        for (address, expected) in [
            ("127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:80", "http://127.0.0.1:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(endpoint(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_start_says_where_how_and_what() {
        let place = Place::Directory("/var/lib/gatewright".into());
        let banner = |listening_for_tls, admin| {
            let listening = ([127, 0, 0, 1], 4566).into();
            let (place, access) = (&place, &Access::Development);
            Banner { listening, listening_for_tls, place, access, admin }.to_string()
        };
        let expected = "Gatewright 0.1.0 serves http://127.0.0.1:4566

  AWS clients   export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  Credentials   any access key and secret will do
  APIs          http://127.0.0.1:4566/_aws/execute-api/{api}/{stage}/
  Data          /var/lib/gatewright
";
        assert_eq!(banner(None, None), expected.replace("0.1.0", env!("CARGO_PKG_VERSION")));
        let metrics = "\n  Metrics       http://127.0.0.1:9464/metrics\n";
        assert!(banner(None, Some(([127, 0, 0, 1], 9464).into())).contains(metrics));
        let tls = "  TLS           https://127.0.0.1:4567, custom domain names with their own certificates\n";
        assert!(banner(Some(([0, 0, 0, 0], 4567).into()), None).contains(tls));
    }
}
