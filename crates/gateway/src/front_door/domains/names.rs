//! Host names: what a request's host is called in the index, and what is never a custom domain
//! name.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::super::address;

/// AWS's own names: who makes one of them a custom domain name must not get what is meant for the
/// AWS APIs.
const AWS_NAMES: &[&str] = &[".amazonaws.com", ".amazonaws.com.cn"];

/// The name of `host`, which may have a port, capitals and the dot of the root; `None` if it
/// cannot be the name of anything.
pub(in crate::front_door) fn of_host(host: &str) -> Option<Cow<'_, str>> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        Some(_) => return None,
        None => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.starts_with('*') {
        return None;
    }
    Some(match name.bytes().any(|c| c.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    })
}

/// The wildcard that `name` falls under: it stands for one label, as it does in certificates
/// (RFC 6125).
pub(super) fn wildcard(name: &str) -> Option<String> {
    let (first, parent) = name.split_once('.')?;
    (!first.is_empty()).then(|| format!("*.{parent}"))
}

/// Whether requests for a name are somebody else's, whoever makes it a custom domain name: those
/// of the APIs' default endpoints, addresses, by which AWS clients reach the control plane, and AWS's.
pub(super) fn is_taken(name: &str) -> bool {
    address::of_host(name).is_some()
        || address::portal_of_host(name).is_some()
        || name.parse::<Ipv4Addr>().is_ok()
        || AWS_NAMES.iter().any(|aws| name.ends_with(aws))
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    #[test]
    fn a_host_is_the_same_name_however_it_is_written() {
        for host in [
            "api.example.com",
            "api.example.com.",
            "api.example.com:4566",
            "api.example.com.:4566",
            "API.Example.COM:1",
            "api.example.com:",
        ] {
            assert_eq!(of_host(host).as_deref(), Some("api.example.com"), "{host}");
        }
        for host in ["", ".", ":80", "*.example.com", "api.example.com:x", "[::1]", "[::1]:80x"] {
            assert_eq!(of_host(host), None, "{host}");
        }
        assert_eq!(of_host("api.example.com..").as_deref(), Some("api.example.com."));
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert_eq!(wildcard("a.example.com").as_deref(), Some("*.example.com"));
        assert_eq!(wildcard("a.b.example.com").as_deref(), Some("*.b.example.com"));
        assert_eq!(wildcard("localhost"), None);
        assert_eq!(wildcard(".example.com"), None);
    }

    #[test]
    fn some_names_are_taken() {
        for name in [
            "abc.execute-api.us-west-2.localhost",
            "*.execute-api.us-west-2.localhost",
            "127.0.0.1",
            "apigateway.us-west-2.amazonaws.com",
            "*.amazonaws.com",
            "x.amazonaws.com.cn",
        ] {
            assert!(is_taken(name), "{name}");
        }
        for name in [
            "api.example.com",
            "*.example.com",
            "amazonaws.com.example.com",
            "execute-api.example.com",
            "1.2.3.4.example",
        ] {
            assert!(!is_taken(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_host_panics(host in "\\PC{0,24}") {
            if let Some(name) = of_host(&host) {
                let _ = wildcard(&name);
                let _ = is_taken(&name);
            }
        }
    }
}
