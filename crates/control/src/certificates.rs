//! Certificates as people hand them in: PEM, with the key and with those that vouch for them.
//! Reads what ACM tells of one, and refuses what no server could be started with.

use api::acm::{ExtendedKeyUsage, ExtendedKeyUsageName, KeyAlgorithm, KeyUsage, KeyUsageName};
use base::{Secret, Timestamp};
use documents::acm::TlsIdentity;
use rcgen::{KeyPair, PublicKeyData as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512,
};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

/// Bytes of a certificate and of a key, and of a chain (ACM API reference, `ImportCertificate`).
/// The model states the same; certificates also come by ways that it does not govern.
const MAXIMUM_CERTIFICATE: usize = 32_768;
const MAXIMUM_KEY: usize = 5_120;
const MAXIMUM_CHAIN: usize = 2_097_152;

/// Why a certificate cannot be used. ACM's texts, as its users report them, unless a remark says
/// otherwise (re:Post, "Why can't I import my certificate into ACM?").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateFault {
    /// No certificate, or none that can be read.
    #[error("The certificate body/chain provided is not in a valid PEM format")]
    NotPem,
    /// It is a certificate of an old version, or has what cannot be read. Not recorded.
    #[error("Unable to parse certificate. Please ensure the certificate is in PEM format.")]
    Unreadable,
    /// The chain has been put where one certificate belongs.
    #[error(
        "The certificate field contains more than one certificate. You can specify only one certificate in \
         this field."
    )]
    Several,
    /// Its time has not come. Not recorded.
    #[error("The certificate is not in effect yet, is not valid.")]
    NotYetValid,
    /// Its time is over. Not recorded.
    #[error("The certificate has expired, is not valid.")]
    Expired,
    /// The key has a passphrase.
    #[error("Your private key should not be encrypted.")]
    KeyEncrypted,
    /// There is no key, or one that cannot be read.
    #[error("The private key is not supported.")]
    Key,
    /// The key is too short or of an odd length, in bits.
    #[error("The private key length {0} is not supported for key algorithm.")]
    KeyLength(usize),
    /// The key is another certificate's. Not recorded.
    #[error("The certificate and the private key do not match.")]
    Mismatch,
    /// Somebody else signed it, and nobody says who.
    #[error(
        "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate \
         or certificate chain."
    )]
    NotSelfSigned,
    /// The chain is that of another certificate.
    #[error("Could not validate the certificate with the certificate chain.")]
    OtherChain,
    /// A certificate of the chain does not belong where it is. Counted from 0.
    #[error(
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing \
         certificate, followed by any intermediaries in order. The index within the chain of the invalid \
         certificate is: {0}"
    )]
    Chain(usize),
    /// More bytes than there may be. Not recorded.
    #[error("The certificate, its chain or the private key is too long.")]
    TooLong,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// The DNS names that it is for: the common name first if it is one of them, or if there are
    /// no others.
    pub(crate) names: Vec<String>,
    /// The common name, if there is one.
    pub(crate) common_name: Option<String>,
    pub(crate) subject: String,
    /// Who signed it: the common name, or all that there is.
    pub(crate) issuer: String,
    /// `3a:0f:…`.
    pub(crate) serial: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) key_algorithm: KeyAlgorithm,
    /// `SHA256WITHRSA`.
    pub(crate) signature_algorithm: String,
    pub(crate) key_usages: Vec<KeyUsage>,
    pub(crate) extended_key_usages: Vec<ExtendedKeyUsage>,
}

/// Reads a certificate with its key and its chain. They belong together, and the certificate is
/// valid now.
pub(crate) fn read(
    certificate: &[u8],
    private_key: &[u8],
    chain: Option<&[u8]>,
    now: Timestamp,
) -> Result<(TlsIdentity, Facts), CertificateFault> {
    let chain = chain.filter(|chain| !chain.trim_ascii().is_empty());
    if certificate.len() > MAXIMUM_CERTIFICATE
        || private_key.len() > MAXIMUM_KEY
        || chain.is_some_and(|chain| chain.len() > MAXIMUM_CHAIN)
    {
        return Err(CertificateFault::TooLong);
    }
    let blocks = certificates(certificate)?;
    let [block] = blocks.as_slice() else { return Err(CertificateFault::Several) };
    let own = parse(&block.contents)?;
    let facts = facts(&own)?;
    if now < facts.not_before {
        return Err(CertificateFault::NotYetValid);
    }
    if now > facts.not_after {
        return Err(CertificateFault::Expired);
    }
    check_key(private_key, &own)?;
    match chain {
        Some(chain) => check_chain(chain, &own)?,
        None if signed_by(&own, &own) => {}
        None => return Err(CertificateFault::NotSelfSigned),
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| CertificateFault::NotPem);
    let identity = TlsIdentity {
        certificate: text(certificate)?,
        chain: chain.map(text).transpose()?,
        private_key: Secret::new(text(private_key)?),
    };
    Ok((identity, facts))
}

/// Reads a certificate that was made here.
pub(crate) fn read_own(certificate: &str) -> Result<Facts, CertificateFault> {
    let blocks = certificates(certificate.as_bytes())?;
    let [block] = blocks.as_slice() else { return Err(CertificateFault::Several) };
    facts(&parse(&block.contents)?)
}

/// Whether a certificate for `names` is one for `domain`: a wildcard stands for one label
/// (RFC 6125), and covers the wildcard that it is.
pub(crate) fn covers(names: &[String], domain: &str) -> bool {
    names.iter().any(|name| {
        name.eq_ignore_ascii_case(domain)
            || name.strip_prefix("*.").is_some_and(|parent| {
                domain.split_once('.').is_some_and(|(first, rest)| {
                    first != "*" && !first.is_empty() && rest.eq_ignore_ascii_case(parent)
                })
            })
    })
}

/// The certificates of a PEM text, of which there is at least one, and nothing else.
fn certificates(pem: &[u8]) -> Result<Vec<Pem>, CertificateFault> {
    let text = std::str::from_utf8(pem).map_err(|_| CertificateFault::NotPem)?;
    let blocks: Result<Vec<Pem>, _> = Pem::iter_from_buffer(text.as_bytes()).collect();
    let blocks = blocks.map_err(|_| CertificateFault::NotPem)?;
    let all = blocks.iter().all(|block| block.label == "CERTIFICATE");
    if all && !blocks.is_empty() { Ok(blocks) } else { Err(CertificateFault::NotPem) }
}

/// Only X.509 of version 3 is taken (ACM user guide, "Certificate import problems").
fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateFault> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) if certificate.version() == X509Version::V3 => Ok(certificate),
        Ok(_) | Err(_) => Err(CertificateFault::Unreadable),
    }
}

fn facts(certificate: &X509Certificate<'_>) -> Result<Facts, CertificateFault> {
    let common_name = |name: &x509_parser::x509::X509Name<'_>| {
        name.iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned)
    };
    let own_name = common_name(certificate.subject());
    let issuer = certificate.issuer();
    let extended = certificate.extended_key_usage().map_err(|_| CertificateFault::Unreadable)?;
    let usage = certificate.key_usage().map_err(|_| CertificateFault::Unreadable)?;
    Ok(Facts {
        names: names(certificate, own_name.as_deref())?,
        common_name: own_name,
        subject: certificate.subject().to_string(),
        issuer: common_name(issuer).unwrap_or_else(|| issuer.to_string()),
        serial: certificate.raw_serial_as_string(),
        not_before: moment(certificate.validity().not_before.timestamp()),
        not_after: moment(certificate.validity().not_after.timestamp()),
        key_algorithm: key_algorithm(certificate)?,
        signature_algorithm: signature_algorithm(certificate),
        key_usages: usage.map(|usage| key_usages(usage.value)).unwrap_or_default(),
        extended_key_usages: extended.map(|usage| extended_key_usages(usage.value)).unwrap_or_default(),
    })
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

fn names(
    certificate: &X509Certificate<'_>,
    common_name: Option<&str>,
) -> Result<Vec<String>, CertificateFault> {
    let alternatives = certificate.subject_alternative_name().map_err(|_| CertificateFault::Unreadable)?;
    let alternatives = alternatives.map(|names| names.value.general_names.as_slice()).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for name in alternatives {
        if let GeneralName::DNSName(name) = name
            && !names.iter().any(|known| known == name)
        {
            names.push((*name).to_owned());
        }
    }
    if let Some(common) = common_name {
        match names.iter().position(|name| name == common) {
            Some(at) => names.swap(0, at),
            None if names.is_empty() => names.push(common.to_owned()),
            None => {}
        }
    }
    Ok(names)
}

/// Key lengths: ACM user guide, "Prerequisites for importing".
fn key_algorithm(certificate: &X509Certificate<'_>) -> Result<KeyAlgorithm, CertificateFault> {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => match rsa.key_size() {
            1_024 => Ok(KeyAlgorithm::Rsa1024),
            2_048 => Ok(KeyAlgorithm::Rsa2048),
            3_072 => Ok(KeyAlgorithm::Rsa3072),
            4_096 => Ok(KeyAlgorithm::Rsa4096),
            other => Err(CertificateFault::KeyLength(other)),
        },
        Ok(PublicKey::EC(point)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            match curve {
                Some(curve) if curve == OID_EC_P256 => Ok(KeyAlgorithm::EcPrime256v1),
                Some(curve) if curve == OID_NIST_EC_P384 => Ok(KeyAlgorithm::EcSecp384r1),
                Some(curve) if curve == OID_NIST_EC_P521 => Ok(KeyAlgorithm::EcSecp521r1),
                Some(_) | None => Err(CertificateFault::KeyLength(point.key_size())),
            }
        }
        Ok(_) | Err(_) => Err(CertificateFault::Key),
    }
}

fn signature_algorithm(certificate: &X509Certificate<'_>) -> String {
    let used = &certificate.signature_algorithm.algorithm;
    let known = [
        (OID_PKCS1_SHA1WITHRSA, "SHA1WITHRSA"),
        (OID_PKCS1_SHA256WITHRSA, "SHA256WITHRSA"),
        (OID_PKCS1_SHA384WITHRSA, "SHA384WITHRSA"),
        (OID_PKCS1_SHA512WITHRSA, "SHA512WITHRSA"),
        (OID_SIG_ECDSA_WITH_SHA256, "SHA256WITHECDSA"),
        (OID_SIG_ECDSA_WITH_SHA384, "SHA384WITHECDSA"),
        (OID_SIG_ECDSA_WITH_SHA512, "SHA512WITHECDSA"),
    ];
    let name = known.iter().find(|(oid, _)| oid == used).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| used.to_id_string())
}

fn key_usages(usage: &x509_parser::extensions::KeyUsage) -> Vec<KeyUsage> {
    [
        (usage.digital_signature(), KeyUsageName::DigitalSignature),
        (usage.non_repudiation(), KeyUsageName::NonRepudiation),
        (usage.key_encipherment(), KeyUsageName::KeyEncipherment),
        (usage.data_encipherment(), KeyUsageName::DataEncipherment),
        (usage.key_agreement(), KeyUsageName::KeyAgreement),
        (usage.key_cert_sign(), KeyUsageName::CertificateSigning),
        (usage.crl_sign(), KeyUsageName::CrlSigning),
        (usage.encipher_only(), KeyUsageName::EncipherOnly),
        (usage.decipher_only(), KeyUsageName::DecipherOnly),
    ]
    .into_iter()
    .filter(|(given, _)| *given)
    .map(|(_, name)| KeyUsage { name: Some(name) })
    .collect()
}

fn extended_key_usages(usage: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> Vec<ExtendedKeyUsage> {
    let known = [
        (usage.server_auth, ExtendedKeyUsageName::TlsWebServerAuthentication, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, ExtendedKeyUsageName::TlsWebClientAuthentication, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, ExtendedKeyUsageName::CodeSigning, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, ExtendedKeyUsageName::EmailProtection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, ExtendedKeyUsageName::TimeStamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, ExtendedKeyUsageName::OcspSigning, "1.3.6.1.5.5.7.3.9"),
        (usage.any, ExtendedKeyUsageName::Any, "2.5.29.37.0"),
    ];
    let known = known.into_iter().filter(|(given, ..)| *given).map(|(_, name, oid)| (name, oid.to_owned()));
    let other = usage.other.iter().map(|oid| (ExtendedKeyUsageName::Custom, oid.to_id_string()));
    known.chain(other).map(|(name, oid)| ExtendedKeyUsage { name: Some(name), oid: Some(oid) }).collect()
}

fn check_key(pem: &[u8], certificate: &X509Certificate<'_>) -> Result<(), CertificateFault> {
    let text = std::str::from_utf8(pem).map_err(|_| CertificateFault::Key)?;
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(CertificateFault::KeyEncrypted);
    }
    // Curves may be named in a block of their own before the key.
    let mut blocks = Pem::iter_from_buffer(text.as_bytes()).map_while(Result::ok);
    let block = blocks.find(|block| block.label.ends_with("PRIVATE KEY")).ok_or(CertificateFault::Key)?;
    let key = KeyPair::try_from(block.contents.as_slice()).map_err(|_| CertificateFault::Key)?;
    let own = key.der_bytes() == certificate.public_key().subject_public_key.data.as_ref();
    if own { Ok(()) } else { Err(CertificateFault::Mismatch) }
}

/// Each certificate must have signed the one before, and the first the one that is handed in, which
/// is not itself part of the chain (ACM user guide, "Certificate import problems").
fn check_chain(pem: &[u8], certificate: &X509Certificate<'_>) -> Result<(), CertificateFault> {
    let blocks = certificates(pem)?;
    let mut signed = certificate.clone();
    for (index, block) in blocks.iter().enumerate() {
        let signer = parse(&block.contents)?;
        if !signed_by(&signed, &signer) {
            let is_other = index == 0 && signer.as_raw() != certificate.as_raw();
            let fault = if is_other { CertificateFault::OtherChain } else { CertificateFault::Chain(index) };
            return Err(fault);
        }
        signed = signer;
    }
    Ok(())
}

fn signed_by(certificate: &X509Certificate<'_>, signer: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == signer.subject().as_raw()
        && certificate.verify_signature(Some(signer.public_key())).is_ok()
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
