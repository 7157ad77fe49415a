//! What security policies ask of connections (API Gateway developer guide, "Security policies for
//! REST APIs").

use api::apigateway::SecurityPolicy;
use rustls::crypto::CryptoProvider;
use rustls::{CipherSuite, NamedGroup, ServerConnection, SupportedProtocolVersion, version};

static NEWEST: &[&SupportedProtocolVersion] = &[&version::TLS13];
static BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// What a policy leaves of that which is spoken. Less than TLS 1.2 is not spoken, whatever a policy
/// allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Whether TLS 1.3 alone is spoken.
    pub tls13: bool,
    /// Whether only such ciphers and key exchanges are, that FIPS 140-3 approves.
    pub approved: bool,
}

impl Demands {
    /// Those of a policy; without one nothing more is asked.
    #[must_use]
    pub fn of(policy: Option<SecurityPolicy>) -> Self {
        let tls13 = match policy {
            Some(
                SecurityPolicy::SecurityPolicyTls13_1_3_2025_09
                | SecurityPolicy::SecurityPolicyTls13_1_3Fips2025_09
                | SecurityPolicy::SecurityPolicyTls13_2025Edge,
            ) => true,
            None | Some(_) => false,
        };
        Self { tls13, approved: policy.is_some_and(|policy| policy.as_str().contains("_FIPS_")) }
    }

    /// What both ask for.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self { tls13: self.tls13 && other.tls13, approved: self.approved && other.approved }
    }

    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        if self.tls13 { NEWEST } else { BOTH }
    }

    /// Takes out of `provider` what must not be spoken. The implementation itself is not a validated
    /// module.
    pub(super) fn limit(self, provider: &mut CryptoProvider) {
        if self.approved {
            provider.cipher_suites.retain(|suite| is_approved_suite(suite.suite()));
            provider.kx_groups.retain(|group| is_approved_group(group.name()));
        }
    }
}

/// Whether what was agreed on for `connection` is what FIPS 140-3 approves.
pub(super) fn is_approved(connection: &ServerConnection) -> bool {
    // A session that is taken up again exchanges no keys.
    let group =
        connection.negotiated_key_exchange_group().is_none_or(|group| is_approved_group(group.name()));
    group && connection.negotiated_cipher_suite().is_some_and(|suite| is_approved_suite(suite.suite()))
}

fn is_approved_suite(suite: CipherSuite) -> bool {
    !matches!(
        suite,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    )
}

fn is_approved_group(group: NamedGroup) -> bool {
    group != NamedGroup::X25519
}

#[cfg(test)]
mod tests {
    use rustls::crypto::aws_lc_rs::default_provider;

    use super::*;

    #[test]
    fn a_policy_decides_on_versions_and_ciphers() {
        for policy in SecurityPolicy::ALL.iter().copied() {
            let name = policy.as_str();
            let demands = Demands::of(Some(policy));
            let newest_only = name.contains("TLS13_1_3_") || name == "SecurityPolicy_TLS13_2025_EDGE";
            assert_eq!(demands.versions(), if newest_only { NEWEST } else { BOTH }, "{name}");
            let mut provider = default_provider();
            demands.limit(&mut provider);
            let chacha = provider
                .cipher_suites
                .iter()
                .any(|suite| suite.suite() == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
            assert_eq!(chacha, !name.contains("FIPS"), "{name}");
        }
        assert_eq!(Demands::of(None), Demands::default());
    }

    #[test]
    fn stages_of_one_name_are_begun_with_what_all_ask_for() {
        let (newest, fips) =
            (Demands { tls13: true, approved: false }, Demands { tls13: true, approved: true });
        assert_eq!(newest.common(fips), newest);
        assert_eq!(fips.common(fips), fips);
        assert_eq!(fips.common(Demands::default()), Demands::default());
    }
}
