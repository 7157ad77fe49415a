//! IP addresses and blocks of them, of both families.

use std::net::IpAddr;

/// A CIDR block; an address alone is a block of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or an address. Bits behind the prefix do not
    /// count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().ok()?;
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(text) if (1..=3).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit()) => {
                text.parse().ok().filter(|prefix| *prefix <= width)?
            }
            Some(_) => return None,
        };
        Some(Self { address, prefix })
    }

    /// Whether the address is in the block. One of the other family never is.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        let differing_bits = match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        differing_bits >= u32::from(self.prefix)
    }
}

/// Reads the address of a client. An IPv4 address that came through an IPv6 socket
/// (`::ffff:203.0.113.9`) is the IPv4 address.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(network: &str, found: &str, expected: bool) {
        assert_eq!(
            Network::parse(network).unwrap().contains(address(found).unwrap()),
            expected,
            "{network} {found}"
        );
    }

    #[test]
    fn blocks_contain_their_addresses() {
        for (network, found, expected) in [
            ("203.0.113.9", "203.0.113.9", true),
            ("203.0.113.9", "203.0.113.8", false),
            ("203.0.113.0/24", "203.0.113.0", true),
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.77/24", "203.0.113.1", true),
            ("203.0.113.8/31", "203.0.113.9", true),
            ("203.0.113.8/31", "203.0.113.10", false),
            ("203.0.113.8/32", "203.0.113.9", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "203.0.113.9", false),
            ("203.0.113.0/24", "::ffff:203.0.113.9", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:DB8::1", "2001:db8:0:0::1", true),
            ("2001:db8::/127", "2001:db8::1", true),
            ("2001:db8::/127", "2001:db8::2", false),
            ("::/0", "2001:db8::1", true),
        ] {
            check(network, found, expected);
        }
    }

    #[test]
    fn refuses_what_is_no_block() {
        for text in [
            "",
            "203.0.113",
            "203.0.113.0/33",
            "203.0.113.0/",
            "203.0.113.0/-1",
            "203.0.113.0/+8",
            "2001:db8::/129",
            "203.0.113.0/24/1",
            "203.0.113.0/0024",
            "203.0.113.*",
            "example.com",
            "256.0.0.1",
            "*",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
