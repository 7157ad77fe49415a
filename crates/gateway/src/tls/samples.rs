//! Certificates for tests.

use base::{Secret, Timestamp};
use documents::acm::TlsIdentity;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SerialNumber, date_time_ymd,
};

/// 2026-07-01T00:00:00Z, about which they are valid.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_782_864_000_000);

/// A certificate with what is needed to sign others.
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) der: Vec<u8>,
    pub(crate) key: KeyPair,
    params: CertificateParams,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 6, 1);
    params.not_after = date_time_ymd(2026, 7, 31);
    params
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(2026, 5, 2);
    params.not_after = date_time_ymd(2026, 8, 30);
    params
}

fn of_client(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn signed(params: CertificateParams, key: KeyPair, signer: Option<&Made>) -> Made {
    let certificate = match signer {
        None => params.self_signed(&key).unwrap(),
        Some(signer) => params.signed_by(&key, &Issuer::from_params(&signer.params, &signer.key)).unwrap(),
    };
    // `rcgen` ends lines as RFC 7468 lets it.
    let pem = certificate.pem().replace("\r\n", "\n");
    Made { pem, der: certificate.der().to_vec(), key, params }
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// A root, valid for 60 days before and after [`NOW`].
pub(crate) fn authority(name: &str) -> Made {
    signed(of_authority(name), key(), None)
}

/// An authority below another.
pub(crate) fn below(name: &str, signer: &Made) -> Made {
    signed(of_authority(name), key(), Some(signer))
}

/// A client's certificate, valid for 30 days before and after [`NOW`].
pub(crate) fn client(name: &str, signer: &Made) -> Made {
    with_key(name, signer, key())
}

/// The same with a key of its own.
pub(crate) fn with_key(name: &str, signer: &Made, key: KeyPair) -> Made {
    signed(of_client(name), key, Some(signer))
}

/// The same, valid for longer than its signer.
pub(crate) fn lasting(name: &str, signer: &Made) -> Made {
    let mut params = of_client(name);
    params.not_after = date_time_ymd(2030, 1, 1);
    signed(params, key(), Some(signer))
}

/// A client's certificate that it has signed itself.
pub(crate) fn self_signed(name: &str) -> Made {
    signed(of_client(name), key(), None)
}

/// A client's certificate with a name of several parts.
pub(crate) fn described(signer: &Made) -> Made {
    let mut params = of_client("");
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CountryName, "NZ");
    name.push(DnType::OrganizationName, "A+B; C");
    name.push(DnType::OrganizationalUnitName, "#1");
    name.push(DnType::CommonName, "device 7");
    params.distinguished_name = name;
    params.serial_number = Some(SerialNumber::from(vec![0x01, 0xa1, 0xff]));
    let time = |year, month, day, hour: u64, minute: u64, second: u64| {
        date_time_ymd(year, month, day) + std::time::Duration::from_secs(hour * 3_600 + minute * 60 + second)
    };
    params.not_before = time(2019, 5, 8, 12, 30, 2);
    params.not_after = time(2031, 8, 25, 9, 6, 4);
    signed(params, key(), Some(signer))
}

/// A server's certificate for `name`, with its key.
pub(crate) fn identity(name: &str) -> TlsIdentity {
    let key = key();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    TlsIdentity { certificate: certificate.pem(), chain: None, private_key: Secret::new(key.serialize_pem()) }
}
