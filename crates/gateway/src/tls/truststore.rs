//! Whose certificates are trusted in mutual TLS: a truststore, and what it says of a client's
//! certificate. Rules: API Gateway developer guide, "Configuring mutual TLS authentication for a REST
//! API".

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use base::Timestamp;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::aws_lc_rs as algorithms;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_NIST_EC_P384, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, Oid,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

use super::ClientCertificate;

/// From the client's own certificate to a root of the truststore, both included.
const CHAIN: usize = 4;

/// The shortest RSA key, in bits.
const RSA_BITS: usize = 2_048;

/// Bytes of a truststore ("Amazon API Gateway quotas": 1,000 certificates of at most 64 KB together
/// in one megabyte).
const TRUSTSTORE_BYTES: u64 = 1 << 20;

/// Further certificates that a client may send with its own.
const SENT: usize = 8;

/// By which certificates may be signed: SHA-256 or stronger with RSA of 2,048 bits or more, or ECDSA
/// of 256 or 384 bits.
const SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P384_SHA512,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// The same, as certificates name them.
const STRONG: &[Oid<'static>] = &[
    OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512,
];

/// Where truststores are: AWS's addresses of them, and the files that hold them here.
#[derive(Clone, Debug, Default)]
pub struct Truststores(HashMap<String, PathBuf>);

/// A truststore that cannot be used. A name that needs it refuses its traffic.
#[derive(Debug, thiserror::Error)]
pub enum TruststoreError {
    /// The operator has not said where it is.
    #[error("the configuration names no file for its truststore {uri}")]
    Unknown {
        /// Its address.
        uri: String,
    },
    /// The file cannot be read.
    #[error("its truststore {} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What failed.
        why: io::Error,
    },
    /// The file is too large.
    #[error("its truststore {} has more than {TRUSTSTORE_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no PEM.
    #[error("its truststore cannot be read: {0}")]
    Pem(#[from] pem::Error),
    /// There is no certificate in it that could be trusted.
    #[error("its truststore holds no certificate that can be trusted")]
    Empty,
}

/// Why a client's certificate is not taken. The texts up to the third are those of AWS's execution logs
/// (re:Post, "How do I troubleshoot HTTP 403 Forbidden errors from an API Gateway custom domain name
/// that requires mutual TLS?").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody in the truststore has signed it.
    #[error("Could not find issuer for certificate")]
    UnknownIssuer,
    /// It or one above it is signed in a way that is not taken.
    #[error("Client cert using an insecure Signature Algorithm")]
    Signature,
    /// It has signed itself, and is not in the truststore.
    #[error("Self signed certificate")]
    SelfSigned,
    /// There is none.
    #[error("the client has shown no certificate")]
    Missing,
    /// It cannot be read.
    #[error("the client's certificate is not one of X.509")]
    Unreadable,
    /// Its time has not come or is over.
    #[error("the client's certificate is not valid now")]
    Expired,
    /// Its key is too weak.
    #[error("the key of the client's certificate is not one of RSA with 2,048 bits or ECDSA with 256 or 384")]
    Key,
    /// There are too many certificates between it and a root.
    #[error("the chain of the client's certificate is longer than {CHAIN}")]
    Chain,
    /// Another rule of X.509 forbids it.
    #[error("the client's certificate is not valid: {0}")]
    Invalid(String),
}

/// The certificates that are trusted.
#[derive(Debug)]
pub struct Truststore {
    fingerprint: [u8; SHA256_OUTPUT_LEN],
    roots: Vec<TrustAnchor<'static>>,
    /// When each root is valid, in the same order.
    valid: Vec<(Timestamp, Timestamp)>,
    /// Those that others have signed.
    intermediates: Vec<CertificateDer<'static>>,
    /// Those that have signed themselves, the roots among them: one may be the client's.
    own: Vec<CertificateDer<'static>>,
}

impl Truststores {
    /// By address (`s3://bucket/key`, with `?versionId=…` behind it for one version alone) the files
    /// that hold them.
    #[must_use]
    pub const fn new(files: HashMap<String, PathBuf>) -> Self {
        Self(files)
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// Why one cannot be used.
    pub fn check(&self) -> Result<(), TruststoreError> {
        self.0.values().try_for_each(|path| Truststore::read(&read_file(path)?).map(drop))
    }

    /// Reads the truststore that is at `uri` in this version: the file that is named for the version,
    /// else that which is named for the address.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(&self, uri: &str, version: Option<&str>) -> Result<Truststore, TruststoreError> {
        let of_version = version.and_then(|version| self.0.get(&format!("{uri}?versionId={version}")));
        let path = of_version.or_else(|| self.0.get(uri));
        let path = path.ok_or_else(|| TruststoreError::Unknown { uri: uri.to_owned() })?;
        Truststore::read(&read_file(path)?)
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, TruststoreError> {
    let unreadable = |why| TruststoreError::Unreadable { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(TRUSTSTORE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > TRUSTSTORE_BYTES {
        return Err(TruststoreError::TooLarge { path: path.to_owned() });
    }
    Ok(bytes)
}

impl Truststore {
    /// Reads PEM. Certificates that cannot be trusted are left out, and the log says so (same page:
    /// they give warnings, and mutual TLS is still on).
    ///
    /// # Errors
    /// If it is no PEM, or nothing in it can be trusted.
    pub fn read(pem: &[u8]) -> Result<Self, TruststoreError> {
        let mut fingerprint = [0; SHA256_OUTPUT_LEN];
        fingerprint.copy_from_slice(digest(&SHA256, pem).as_ref());
        let mut store = Self {
            fingerprint,
            roots: Vec::new(),
            valid: Vec::new(),
            intermediates: Vec::new(),
            own: Vec::new(),
        };
        for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            if let Err(why) = store.add(certificate?) {
                tracing::warn!(index, %why, "a certificate of a truststore is not trusted");
            }
        }
        if store.own.is_empty() { Err(TruststoreError::Empty) } else { Ok(store) }
    }

    fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), Denied> {
        let parsed = parse(&certificate)?;
        check_key(&parsed)?;
        if !is_self_issued(&parsed) {
            self.intermediates.push(certificate);
            return Ok(());
        }
        check_signature_of_its_own(&parsed)?;
        // A client's own certificate signs nobody else's.
        if signs_others(&parsed) {
            let anchor = anchor_from_trusted_cert(&certificate).map_err(|error| denied(&error))?.to_owned();
            self.valid.push(validity(&parsed));
            self.roots.push(anchor);
        }
        self.own.push(certificate);
        Ok(())
    }

    /// The same for the same certificates in the same order, and for no others.
    #[must_use]
    pub const fn fingerprint(&self) -> &[u8; SHA256_OUTPUT_LEN] {
        &self.fingerprint
    }

    /// Reads the client's certificate, which is the first of those that it `sent`, if it is trusted
    /// `now`. That the client has its key has been proved in the handshake.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn verify(&self, sent: &[CertificateDer<'_>], now: Timestamp) -> Result<ClientCertificate, Denied> {
        let (own, others) = sent.split_first().ok_or(Denied::Missing)?;
        let parsed = parse(own)?;
        let (not_before, not_after) = validity(&parsed);
        if now < not_before || now > not_after {
            return Err(Denied::Expired);
        }
        check_key(&parsed)?;
        // Those of the truststore stand for themselves; they have been checked there.
        if !self.own.iter().any(|root| root == own) {
            if is_self_issued(&parsed) {
                return Err(Denied::SelfSigned);
            }
            match parsed.version() {
                X509Version::V3 => self.verify_chain(own, others, now)?,
                _ => self.verify_old(&parsed, now)?,
            }
        }
        Ok(ClientCertificate::new(own, &parsed))
    }

    fn verify_chain(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Result<(), Denied> {
        let between: Vec<CertificateDer<'_>> =
            others.iter().take(SENT).chain(&self.intermediates).cloned().collect();
        let valid_path = |path: &VerifiedPath<'_>| {
            // The client's own, those between, and the root.
            if path.intermediate_certificates().count() + 2 > CHAIN {
                return Err(webpki::Error::MaximumPathDepthExceeded);
            }
            // Roots are trusted whatever their time is; here it counts.
            let mut roots = self.roots.iter().zip(&self.valid);
            let current =
                roots.any(|(root, (from, to))| root == path.anchor() && (*from..=*to).contains(&now));
            if current { Ok(()) } else { Err(webpki::Error::UnknownIssuer) }
        };
        let seconds = u64::try_from(now.as_secs()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let certificate = EndEntityCert::try_from(own).map_err(|error| denied(&error))?;
        certificate
            .verify_for_usage(
                SIGNATURES,
                &self.roots,
                &between,
                time,
                KeyUsage::client_auth(),
                None,
                Some(&valid_path),
            )
            .map_err(|error| denied(&error))?;
        Ok(())
    }

    /// Verifies a certificate of the first version of X.509, which is what OpenSSL makes of a request
    /// if nothing is said of extensions. Only a root can have signed it.
    fn verify_old(&self, certificate: &X509Certificate<'_>, now: Timestamp) -> Result<(), Denied> {
        if !STRONG.contains(&certificate.signature_algorithm.algorithm) {
            return Err(Denied::Signature);
        }
        let signers = self.own.iter().filter_map(|root| parse(root).ok()).filter(|root| {
            let (from, to) = validity(root);
            root.subject().as_raw() == certificate.issuer().as_raw()
                && signs_others(root)
                && (from..=to).contains(&now)
        });
        let mut signers =
            signers.filter(|root| certificate.verify_signature(Some(root.public_key())).is_ok());
        signers.next().map(drop).ok_or(Denied::UnknownIssuer)
    }
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Denied> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) | Err(_) => Err(Denied::Unreadable),
    }
}

fn validity(certificate: &X509Certificate<'_>) -> (Timestamp, Timestamp) {
    let moment = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1_000));
    let validity = certificate.validity();
    (moment(validity.not_before.timestamp()), moment(validity.not_after.timestamp()))
}

/// Whether it is an authority's. Those of the first version do not say what they are for.
fn signs_others(certificate: &X509Certificate<'_>) -> bool {
    certificate.version() != X509Version::V3 || certificate.is_ca()
}

fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.issuer().as_raw() == certificate.subject().as_raw()
}

fn check_key(certificate: &X509Certificate<'_>) -> Result<(), Denied> {
    let key = certificate.public_key();
    let good = match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => rsa.key_size() >= RSA_BITS,
        Ok(PublicKey::EC(_)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384)
        }
        Ok(_) | Err(_) => false,
    };
    if good { Ok(()) } else { Err(Denied::Key) }
}

/// A root's signature on itself says nothing of those below it; but the root may be a client's own
/// certificate, and what is not signed as it should be gives a warning on AWS.
fn check_signature_of_its_own(certificate: &X509Certificate<'_>) -> Result<(), Denied> {
    let used = &certificate.signature_algorithm.algorithm;
    if STRONG.contains(used) && certificate.verify_signature(None).is_ok() {
        Ok(())
    } else {
        Err(Denied::Signature)
    }
}

fn denied(error: &webpki::Error) -> Denied {
    use webpki::Error as E;
    match error {
        E::UnknownIssuer => Denied::UnknownIssuer,
        E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Denied::Signature,
        E::CertExpired { .. } | E::CertNotValidYet { .. } => Denied::Expired,
        E::MaximumPathDepthExceeded => Denied::Chain,
        other => Denied::Invalid(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;
    use rcgen::{KeyPair, PKCS_ECDSA_P521_SHA512, PKCS_ED25519};

    use super::super::samples::{Made, NOW, authority, below, client, self_signed, with_key};
    use super::*;

    fn store(certificates: &[&Made]) -> Truststore {
        let pem: String = certificates.iter().map(|made| &*made.pem).collect();
        Truststore::read(pem.as_bytes()).unwrap()
    }

    fn verified(store: &Truststore, sent: &[&Made]) -> Result<String, Denied> {
        verified_at(store, sent, NOW)
    }

    fn verified_at(store: &Truststore, sent: &[&Made], now: Timestamp) -> Result<String, Denied> {
        let sent: Vec<_> = sent.iter().map(|made| CertificateDer::from(made.der.clone())).collect();
        store.verify(&sent, now).map(|certificate| certificate.subject_dn.to_string())
    }

    #[test]
    fn a_certificate_is_taken_if_somebody_in_the_truststore_signed_it() {
        let (root, other) = (authority("root"), authority("other"));
        let one = client("one", &root);
        let store = store(&[&other, &root]);
        assert_eq!(verified(&store, &[&one]).as_deref(), Ok("CN=one"));
        assert_eq!(verified(&store, &[]), Err(Denied::Missing));
        let stranger = client("two", &authority("stranger"));
        assert_eq!(verified(&store, &[&stranger]), Err(Denied::UnknownIssuer));
        // The same name with another key.
        let forged = client("one", &authority("root"));
        assert!(verified(&store, &[&forged]).is_err());
        // What a client brings along is no root.
        let (own_root, brought) = (authority("own"), authority("own"));
        let own = client("three", &own_root);
        assert_eq!(verified(&store, &[&own, &own_root, &brought]), Err(Denied::UnknownIssuer));
    }

    #[test]
    fn a_chain_has_four_certificates_at_most() {
        let root = authority("root");
        let first = below("first", &root);
        let second = below("second", &first);
        let third = below("third", &second);
        let four = client("four", &second);
        let five = client("five", &third);
        let only_root = store(&[&root]);
        assert_eq!(verified(&only_root, &[&four, &second, &first]).as_deref(), Ok("CN=four"));
        assert_eq!(verified(&only_root, &[&five, &third, &second, &first]), Err(Denied::Chain));
        // Those between may be in the truststore, and count there too.
        let all = store(&[&third, &first, &root, &second]);
        assert_eq!(verified(&all, &[&four]).as_deref(), Ok("CN=four"));
        assert_eq!(verified(&all, &[&five]), Err(Denied::Chain));
        assert_eq!(verified(&only_root, &[&four]), Err(Denied::UnknownIssuer));
    }

    #[test]
    fn only_roots_end_a_chain() {
        let root = authority("root");
        let between = below("between", &root);
        let one = client("one", &between);
        let pem = between.pem.clone();
        assert!(matches!(Truststore::read(pem.as_bytes()), Err(TruststoreError::Empty)));
        let other = store(&[&between, &authority("other")]);
        assert_eq!(verified(&other, &[&one]), Err(Denied::UnknownIssuer));
        assert_eq!(verified(&other, &[&one, &root]), Err(Denied::UnknownIssuer));
    }

    #[test]
    fn a_clients_certificate_signs_nobody() {
        let root = authority("root");
        let one = client("one", &root);
        let below_it = client("below", &one);
        assert!(verified(&store(&[&root]), &[&below_it, &one]).is_err());
    }

    #[test]
    fn a_self_signed_certificate_is_taken_if_it_is_in_the_truststore() {
        let (one, other) = (self_signed("one"), self_signed("one"));
        let store = store(&[&one]);
        assert_eq!(verified(&store, &[&one]).as_deref(), Ok("CN=one"));
        assert_eq!(verified(&store, &[&other]), Err(Denied::SelfSigned));
    }

    #[test]
    fn everything_has_to_be_valid_now() {
        let root = authority("root");
        let one = client("one", &root);
        let store = store(&[&root]);
        let day = 86_400_000;
        // Clients' certificates are valid for 30 days before and after, authorities' for 60.
        for (days, expected) in [
            (0, Ok("CN=one")),
            (29, Ok("CN=one")),
            (31, Err(Denied::Expired)),
            (-29, Ok("CN=one")),
            (-31, Err(Denied::Expired)),
        ] {
            let now = Timestamp::from_millis(NOW.as_millis() + days * day);
            assert_eq!(verified_at(&store, &[&one], now).as_deref(), expected.as_ref().copied(), "{days}");
        }
        // A root whose time is over, above a certificate whose time is not.
        let lasting = super::super::samples::lasting("one", &root);
        let later = Timestamp::from_millis(NOW.as_millis() + 61 * day);
        assert_eq!(verified_at(&store, &[&lasting], NOW).as_deref(), Ok("CN=one"));
        assert_eq!(verified_at(&store, &[&lasting], later), Err(Denied::UnknownIssuer));
    }

    #[test]
    fn weak_and_foreign_keys_are_refused() {
        let root = authority("root");
        let store = store(&[&root]);
        for algorithm in [&PKCS_ECDSA_P521_SHA512, &PKCS_ED25519] {
            let made = with_key("one", &root, KeyPair::generate_for(algorithm).unwrap());
            assert_eq!(verified(&store, &[&made]), Err(Denied::Key), "{algorithm:?}");
        }
    }

    /// Made with OpenSSL, because the library that makes certificates for tests makes none as weak or as
    /// old: a root, and certificates that it signed. All are valid from 2026 to 2126.
    const OTHERS: &str = include_str!("others.pem");

    /// The certificates of `OTHERS` by their place.
    fn others() -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(OTHERS.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn weak_signatures_and_short_keys_are_refused() {
        let [root, good, sha1, short, version1]: [_; 5] = others().try_into().unwrap();
        let pem = |certificate: &CertificateDer<'_>| super::super::client_certificate::pem(certificate);
        let store = Truststore::read(pem(&root).as_bytes()).unwrap();
        let later = Timestamp::from_millis(1_900_000_000_000);
        let verify = |certificate: &CertificateDer<'static>| {
            store.verify(std::slice::from_ref(certificate), later).map(|told| told.subject_dn.to_string())
        };
        assert_eq!(verify(&good).as_deref(), Ok("CN=good"));
        assert_eq!(verify(&sha1), Err(Denied::Signature));
        assert_eq!(verify(&short), Err(Denied::Key));
        assert_eq!(verify(&version1).as_deref(), Ok("CN=version1"));
        // The same, where another root of the name is trusted, and where the root's time is over.
        let other = store_of_another_root();
        assert_eq!(other.verify(std::slice::from_ref(&version1), later).unwrap_err(), Denied::UnknownIssuer);
        let too_late = Timestamp::from_millis(4_990_000_000_000);
        assert_eq!(store.verify(&[version1], too_late).unwrap_err(), Denied::Expired);
        assert!(matches!(Truststore::read(pem(&sha1).as_bytes()), Err(TruststoreError::Empty)));
    }

    fn store_of_another_root() -> Truststore {
        store(&[&authority("root")])
    }

    #[test]
    fn a_clients_own_certificate_in_the_truststore_signs_nobody() {
        let own = self_signed("own");
        let below = client("below", &own);
        assert_eq!(verified(&store(&[&own]), &[&below]), Err(Denied::UnknownIssuer));
        assert!(verified(&store(&[&own]), &[&below, &own]).is_err());
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let store = store(&[&authority("root")]);
        for der in [&b""[..], b"x", &[0x30, 0x80]] {
            let sent = [CertificateDer::from(der.to_vec())];
            assert_eq!(store.verify(&sent, NOW).unwrap_err(), Denied::Unreadable);
        }
        assert!(matches!(Truststore::read(b"no pem"), Err(TruststoreError::Empty)));
        let broken = b"-----BEGIN CERTIFICATE-----\nnot base 64!\n-----END CERTIFICATE-----\n";
        assert!(matches!(Truststore::read(broken), Err(TruststoreError::Pem(_))));
    }

    #[test]
    fn a_truststore_is_where_the_operator_says() {
        let directory = std::env::temp_dir().join(format!("truststores-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let (one, two) = (directory.join("one.pem"), directory.join("two.pem"));
        std::fs::write(&one, authority("one").pem).unwrap();
        std::fs::write(&two, authority("two").pem).unwrap();
        let stores = Truststores::new(HashMap::from([
            ("s3://b/k".to_owned(), one.clone()),
            ("s3://b/k?versionId=2".to_owned(), two.clone()),
            ("s3://b/gone".to_owned(), directory.join("gone.pem")),
        ]));
        let fingerprint =
            |path: &PathBuf| *Truststore::read(&std::fs::read(path).unwrap()).unwrap().fingerprint();
        let read = |uri, version| stores.read(uri, version).map(|store| *store.fingerprint());
        assert_eq!(read("s3://b/k", None).unwrap(), fingerprint(&one));
        assert_eq!(read("s3://b/k", Some("1")).unwrap(), fingerprint(&one));
        assert_eq!(read("s3://b/k", Some("2")).unwrap(), fingerprint(&two));
        assert!(matches!(read("s3://b/other", None), Err(TruststoreError::Unknown { .. })));
        assert!(matches!(read("s3://b/gone", None), Err(TruststoreError::Unreadable { .. })));
        std::fs::write(&one, vec![b' '; 1 << 20 | 1]).unwrap();
        assert!(matches!(read("s3://b/k", None), Err(TruststoreError::TooLarge { .. })));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
