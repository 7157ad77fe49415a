//! Certificates for tests, made when they are needed. All of them hold at the moment at which tests
//! begin.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};

/// A certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// One that signs others.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(of_authority(name), KeyPair::generate().unwrap()).unwrap())
    }

    /// An authority that this one vouches for.
    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(of_authority(name), key, &self.0).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for `names`.
    pub(crate) fn sign(&self, names: &[&str]) -> Sample {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names).signed_by(&key, &self.0).unwrap();
        Sample { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = params(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages.clear();
    params
}

/// What all samples have: valid from 2026-11-01 for 90 days.
pub(crate) fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    if let Some(first) = names.first() {
        params.distinguished_name.push(DnType::CommonName, first.clone());
    }
    params.serial_number = Some(SerialNumber::from_slice(&[0x3a, 0x0f, 0x01]));
    params.not_before = date_time_ymd(2026, 11, 1);
    params.not_after = params.not_before + Duration::from_secs(90 * 86_400);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// A certificate that signs itself, with a P-256 key.
pub(crate) fn self_signed(names: &[&str]) -> Sample {
    sample(params(names))
}

/// The same of other parameters.
pub(crate) fn sample(params: CertificateParams) -> Sample {
    let key = KeyPair::generate().unwrap();
    Sample { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}
