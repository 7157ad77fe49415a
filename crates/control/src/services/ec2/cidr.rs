//! Ranges of IPv4 addresses, `10.0.0.0/16`.

use std::net::Ipv4Addr;

use super::refusals::invalid_parameter;
use crate::Outcome;

/// A range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    first: u32,
    length: u8,
}

impl Cidr {
    /// Reads a range and cuts its address to it, as EC2 does: `10.0.0.9/16` is `10.0.0.0/16`.
    pub(super) fn read(text: &str) -> Outcome<Self> {
        let read = || {
            let (address, length) = text.split_once('/')?;
            let address: Ipv4Addr = address.parse().ok()?;
            let length = length.parse().ok().filter(|length| *length <= 32)?;
            Some(Self { first: u32::from(address) & mask(length), length })
        };
        read().ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            invalid_parameter(format!(
                "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
            ))
        })
    }

    /// Whether its length is one that VPCs and subnets may have (VPC user guide, "VPC CIDR blocks").
    pub(super) fn has_allowed_length(self) -> bool {
        (16..=28).contains(&self.length)
    }

    /// Whether all of `other` lies in it.
    pub(super) fn contains(self, other: Self) -> bool {
        self.length <= other.length && other.first & mask(self.length) == self.first
    }

    /// Whether they share an address.
    pub(super) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Addresses that can be given away: EC2 keeps five (VPC user guide, "Subnet sizing").
    pub(super) fn available(self) -> i32 {
        let all = 1_i64 << (32 - u32::from(self.length));
        i32::try_from(all - 5).unwrap_or(i32::MAX).max(0)
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.length)
    }
}

/// The bits of the network.
fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        Cidr::read(text).unwrap()
    }

    #[test]
    fn ranges_are_read_and_cut() {
        for (text, expected) in [
            ("10.0.0.0/16", "10.0.0.0/16"),
            ("10.1.2.3/16", "10.1.0.0/16"),
            ("1.2.3.4/32", "1.2.3.4/32"),
            ("1.2.3.4/0", "0.0.0.0/0"),
        ] {
            assert_eq!(cidr(text).to_string(), expected);
        }
        for text in ["", "10.0.0.0", "10.0.0/16", "10.0.0.0/33", "10.0.0.0/-1", "::/0", "10.0.0.0/16/1"] {
            Cidr::read(text).unwrap_err();
        }
    }

    #[test]
    fn ranges_hold_and_meet_each_other() {
        for (one, other, contains, overlaps) in [
            ("10.0.0.0/16", "10.0.1.0/24", true, true),
            ("10.0.1.0/24", "10.0.0.0/16", false, true),
            ("10.0.0.0/24", "10.0.1.0/24", false, false),
            ("0.0.0.0/0", "9.9.9.9/32", true, true),
        ] {
            assert_eq!(
                (cidr(one).contains(cidr(other)), cidr(one).overlaps(cidr(other))),
                (contains, overlaps)
            );
        }
    }

    #[test]
    fn lengths_have_their_borders_and_five_addresses_are_kept() {
        let allowed = |text| cidr(text).has_allowed_length();
        assert_eq!(
            ["10.0.0.0/15", "10.0.0.0/16", "10.0.0.0/28", "10.0.0.0/29"].map(allowed),
            [false, true, true, false]
        );
        assert_eq!(
            ["10.0.0.0/24", "10.0.0.0/28", "10.0.0.0/32"].map(|text| cidr(text).available()),
            [251, 11, 0]
        );
    }
}
