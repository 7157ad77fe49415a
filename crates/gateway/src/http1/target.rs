//! Where a request goes: its target, and its host.

use http::{Method, Uri};
use memchr::memchr;

/// Whether this is a path, a URL of HTTP's, or the asterisk of OPTIONS.
pub(crate) fn is_target(method: &Method, uri: &Uri) -> bool {
    let path = uri.path();
    (path.starts_with('/') || (path == "*" && method == Method::OPTIONS))
        && matches!(uri.scheme_str(), None | Some("http" | "https"))
        && uri.authority().is_none_or(|authority| is_host(authority.as_str().as_bytes()))
}

/// Whether a host's name may have this byte (RFC 3986, section 3.2.2). A match is a few bits to look at; a search in a
/// list would be a loop for each byte of each request's host.
const fn in_name(byte: u8) -> bool {
    #[rustfmt::skip]
    let other = matches!(
        byte,
        b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b';' | b'=' | b':'
    );
    other || byte.is_ascii_alphanumeric()
}

/// Whether this is a host with or without a port (RFC 9110, section 7.2), and no more than that: nobody's
/// name and password, and no list.
pub(crate) fn is_host(text: &[u8]) -> bool {
    let (name, port) = match text.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = memchr(b']', rest) else { return false };
            let (address, behind) = rest.split_at(end);
            let in_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
            if !address.iter().all(in_address) {
                return false;
            }
            let port = match behind {
                b"]" => None,
                [b']', b':', port @ ..] => Some(port),
                _ => return false,
            };
            (address, port)
        }
        None => match memchr(b':', text) {
            Some(colon) => (text.get(..colon).unwrap_or_default(), text.get(colon + 1..)),
            None => (text, None),
        },
    };
    let is_port = |port: &[u8]| port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    !name.is_empty() && name.iter().copied().all(in_name) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for host in ["a", "a:80", "[::1]:80", "[::1]", "a:", "a_b", "a%20b", "1.2.3.4:65535"] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in ["", "a, b", "a@b", "a/b", "a:b", "a:1:2", "[::1", "[::1]x", ":80", "[]x", "a:999999"] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn a_target_is_a_path_or_a_url_of_http() {
        for (target, expected) in [
            ("/x", true),
            ("http://a:80/x", true),
            ("https://a", true),
            ("ftp://a/x", false),
            ("http://me@a/x", false),
            ("*", false),
            ("a:80", false),
        ] {
            assert_eq!(is_target(&Method::GET, &target.parse().unwrap()), expected, "{target}");
        }
        assert!(is_target(&Method::OPTIONS, &Uri::from_static("*")));
    }
}
