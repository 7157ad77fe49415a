//! The certificates that are issued here: nobody vouches for them, so each signs itself.

use std::time::Duration;

use api::acm::KeyAlgorithm;
use base::{Secret, Timestamp};
use documents::acm::TlsIdentity;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd,
};

/// How long an issued certificate is valid (ACM user guide, "ACM certificate characteristics": 198
/// days since February 2026; 395 before).
const VALIDITY: Duration = Duration::from_secs(198 * 24 * 60 * 60);

/// A new certificate for `names`, of which there is at least one. Takes as long as making an RSA
/// key does.
pub(super) fn issue(
    names: &[String],
    algorithm: KeyAlgorithm,
    serial: &[u8; 16],
    now: Timestamp,
) -> Result<TlsIdentity, rcgen::Error> {
    let key = match algorithm {
        KeyAlgorithm::EcPrime256v1 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        KeyAlgorithm::EcSecp384r1 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?,
        KeyAlgorithm::Rsa1024
        | KeyAlgorithm::Rsa2048
        | KeyAlgorithm::Rsa3072
        | KeyAlgorithm::Rsa4096
        | KeyAlgorithm::EcSecp521r1 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
    };
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, names.first().cloned().unwrap_or_default());
    params.serial_number = Some(SerialNumber::from_slice(serial));
    let elapsed = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or_default());
    params.not_before = date_time_ymd(1970, 1, 1) + elapsed;
    params.not_after = params.not_before + VALIDITY;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    let private_key = Secret::new(key.serialize_pem());
    Ok(TlsIdentity { certificate: certificate.pem(), chain: None, private_key })
}
