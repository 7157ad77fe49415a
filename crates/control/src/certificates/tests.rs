//! Tests of reading certificates. X.509: RFC 5280; what ACM takes: ACM user guide, "Prerequisites
//! for importing" and "Certificate import problems".

use proptest::prelude::*;
use rcgen::{
    DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256,
    RsaKeySize,
};

use super::samples::{Authority, params, sample, self_signed};
use super::*;

/// 2026-11-23T08:04:43Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_421_083_000);
/// The samples' first and last second.
const FIRST: i64 = 1_793_491_200_000;
const LAST: i64 = FIRST + 90 * 86_400_000;

fn fault(certificate: &str, key: &str, chain: Option<&str>) -> CertificateFault {
    super::read(certificate.as_bytes(), key.as_bytes(), chain.map(str::as_bytes), NOW).unwrap_err()
}

fn good(certificate: &str, key: &str, chain: Option<&str>) -> (TlsIdentity, Facts) {
    super::read(certificate.as_bytes(), key.as_bytes(), chain.map(str::as_bytes), NOW).unwrap()
}

#[test]
fn a_certificate_is_read() {
    let given = self_signed(&["api.example.com", "*.example.com"]);
    let (identity, facts) = good(&given.certificate, &given.key, None);
    assert_eq!(
        facts,
        Facts {
            names: vec!["api.example.com".into(), "*.example.com".into()],
            common_name: Some("api.example.com".into()),
            subject: "CN=api.example.com".into(),
            issuer: "api.example.com".into(),
            serial: "3a:0f:01".into(),
            not_before: Timestamp::from_millis(FIRST),
            not_after: Timestamp::from_millis(LAST),
            key_algorithm: KeyAlgorithm::EcPrime256v1,
            signature_algorithm: "SHA256WITHECDSA".into(),
            key_usages: vec![KeyUsage { name: Some(KeyUsageName::DigitalSignature) }],
            extended_key_usages: vec![ExtendedKeyUsage {
                name: Some(ExtendedKeyUsageName::TlsWebServerAuthentication),
                oid: Some("1.3.6.1.5.5.7.3.1".into()),
            }],
        }
    );
    assert_eq!((identity.certificate, identity.chain), (given.certificate, None));
    assert_eq!(identity.private_key.expose(), given.key);
}

#[test]
fn usages_are_named() {
    let mut all = params(&["a.example.com"]);
    all.key_usages = vec![KeyUsagePurpose::KeyEncipherment, KeyUsagePurpose::CrlSign];
    all.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 7])];
    let given = sample(all);
    let (_, facts) = good(&given.certificate, &given.key, None);
    let usages: Vec<_> = facts.key_usages.iter().filter_map(|usage| usage.name).collect();
    assert_eq!(usages, [KeyUsageName::KeyEncipherment, KeyUsageName::CrlSigning]);
    let extended: Vec<_> = facts
        .extended_key_usages
        .into_iter()
        .map(|usage| (usage.name.unwrap(), usage.oid.unwrap()))
        .collect();
    assert_eq!(
        extended,
        [
            (ExtendedKeyUsageName::TlsWebClientAuthentication, "1.3.6.1.5.5.7.3.2".to_owned()),
            (ExtendedKeyUsageName::Custom, "1.3.6.1.4.1.7".to_owned()),
        ]
    );
}

#[test]
fn keys_of_each_kind_are_known() {
    let made = |key: &KeyPair| params(&["a.example.com"]).self_signed(key).unwrap().pem();
    for (key, expected, signature) in [
        (
            KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
            KeyAlgorithm::EcSecp384r1,
            "SHA384WITHECDSA",
        ),
        (
            KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap(),
            KeyAlgorithm::Rsa2048,
            "SHA256WITHRSA",
        ),
    ] {
        let (_, facts) = good(&made(&key), &key.serialize_pem(), None);
        assert_eq!((facts.key_algorithm, facts.signature_algorithm.as_str()), (expected, signature));
    }
}

/// A certificate of old has its name in the subject alone; one with alternative names is for those.
#[test]
fn names_come_from_where_they_are() {
    let named = |subject: &str, alternatives: &[&str]| {
        let mut given = params(alternatives);
        given.distinguished_name.remove(DnType::CommonName);
        given.distinguished_name.push(DnType::CommonName, subject);
        let given = sample(given);
        good(&given.certificate, &given.key, None).1.names
    };
    assert_eq!(named("a.example.com", &[]), ["a.example.com"]);
    assert_eq!(
        named("b.example.com", &["a.example.com", "b.example.com"]),
        ["b.example.com", "a.example.com"]
    );
    assert_eq!(named("Acme Inc.", &["a.example.com"]), ["a.example.com"]);
}

#[test]
fn both_borders_of_validity_count() {
    let given = self_signed(&["a.example.com"]);
    let at = |millis: i64| {
        let now = Timestamp::from_millis(millis);
        super::read(given.certificate.as_bytes(), given.key.as_bytes(), None, now).map(|_| ())
    };
    assert_eq!(at(FIRST), Ok(()));
    assert_eq!(at(FIRST - 1), Err(CertificateFault::NotYetValid));
    assert_eq!(at(LAST), Ok(()));
    assert_eq!(at(LAST + 1), Err(CertificateFault::Expired));
}

#[test]
fn what_is_no_certificate_is_refused() {
    let given = self_signed(&["a.example.com"]);
    let two = format!("{0}{0}", given.certificate);
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    for (certificate, expected) in [
        ("", CertificateFault::NotPem),
        ("hello", CertificateFault::NotPem),
        (given.key.as_str(), CertificateFault::NotPem),
        ("-----BEGIN CERTIFICATE-----\nAAAA", CertificateFault::NotPem),
        ("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n", CertificateFault::NotPem),
        (empty, CertificateFault::Unreadable),
        (two.as_str(), CertificateFault::Several),
    ] {
        assert_eq!(fault(certificate, &given.key, None), expected, "{certificate}");
    }
}

#[test]
fn a_key_must_be_the_certificates_own() {
    let given = self_signed(&["a.example.com"]);
    let other = self_signed(&["a.example.com"]);
    let encrypted = given.key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
    for (key, expected) in [
        (other.key.as_str(), CertificateFault::Mismatch),
        (encrypted.as_str(), CertificateFault::KeyEncrypted),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", CertificateFault::KeyEncrypted),
        (given.certificate.as_str(), CertificateFault::Key),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", CertificateFault::Key),
        ("", CertificateFault::Key),
    ] {
        assert_eq!(fault(&given.certificate, key, None), expected, "{key}");
    }
    let with_curve =
        format!("-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n{}", given.key);
    good(&given.certificate, &with_curve, None);
}

#[test]
fn each_certificate_of_a_chain_signs_the_one_before() {
    let root = Authority::new("root");
    let middle = root.intermediate("middle");
    let given = middle.sign(&["a.example.com"]);
    let chain = format!("{}{}", middle.pem(), root.pem());
    let (identity, facts) = good(&given.certificate, &given.key, Some(&chain));
    assert_eq!((facts.issuer.as_str(), identity.chain), ("middle", Some(chain)));
    good(&given.certificate, &given.key, Some(&middle.pem()));
    let check =
        |chain: &str, expected| assert_eq!(fault(&given.certificate, &given.key, Some(chain)), expected);
    check(&root.pem(), CertificateFault::OtherChain);
    check(&format!("{}{}", middle.pem(), Authority::new("root").pem()), CertificateFault::Chain(1));
    check(&format!("{}{}", given.certificate, middle.pem()), CertificateFault::Chain(0));
    check("x", CertificateFault::NotPem);
    let alone = super::read(given.certificate.as_bytes(), given.key.as_bytes(), None, NOW);
    assert_eq!(alone.unwrap_err(), CertificateFault::NotSelfSigned);
    assert_eq!(fault(&given.certificate, &given.key, Some("\n")), CertificateFault::NotSelfSigned);
}

#[test]
fn what_is_too_long_is_not_read() {
    let given = self_signed(&["a.example.com"]);
    let padded = |text: &str, length: usize| format!("{text}{}", "\n".repeat(length - text.len()));
    let read = |certificate: usize, key: usize| {
        let (certificate, key) = (padded(&given.certificate, certificate), padded(&given.key, key));
        super::read(certificate.as_bytes(), key.as_bytes(), None, NOW).map(|_| ())
    };
    assert_eq!(read(32_768, 5_120), Ok(()));
    assert_eq!(read(32_769, 5_120), Err(CertificateFault::TooLong));
    assert_eq!(read(32_768, 5_121), Err(CertificateFault::TooLong));
}

/// RFC 6125, section 6.4.3.
#[test]
fn a_wildcard_stands_for_one_label() {
    let check = |name: &str, domain: &str, expected: bool| {
        assert_eq!(covers(&[name.to_owned()], domain), expected, "{name} {domain}");
    };
    check("api.example.com", "api.example.com", true);
    check("api.example.com", "API.example.com", true);
    check("api.example.com", "example.com", false);
    check("*.example.com", "api.example.com", true);
    check("*.example.com", "*.example.com", true);
    check("*.example.com", "a.b.example.com", false);
    check("*.example.com", "example.com", false);
    check("*.example.com", ".example.com", false);
    check("*.example.com", "*.b.example.com", false);
    assert!(!covers(&[], "example.com"));
}

proptest! {
    /// Whatever is handed in is read or refused.
    #[test]
    fn nothing_breaks_it(
        certificate in prop::collection::vec(any::<u8>(), 0..600),
        key in "(-----BEGIN [A-Z ]{0,12}KEY-----)?\\PC{0,200}",
        place in 0_usize..900,
        byte in any::<u8>(),
    ) {
        let _ = super::read(&certificate, key.as_bytes(), Some(&certificate), NOW);
        let given = self_signed(&["a.example.com"]);
        let mut broken = given.certificate.into_bytes();
        if let Some(at) = broken.get_mut(place) {
            *at = byte;
        }
        let _ = super::read(&broken, given.key.as_bytes(), Some(&broken), NOW);
    }
}
