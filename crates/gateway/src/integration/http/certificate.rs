//! The certificate by which a stage shows its backends who calls them (API Gateway developer
//! guide, "Generate and configure an SSL certificate for backend authentication").

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use documents::apigateway::ClientCertificateDocument;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// A certificate that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// There is no certificate of this name.
    #[error("the client certificate {id} does not exist")]
    Missing {
        /// Its id.
        id: String,
    },
    /// The stored texts are not PEM, or a part is not there.
    #[error("the client certificate {id} cannot be read: {source}")]
    Unreadable {
        /// Its id.
        id: String,
        /// What is wrong.
        source: pem::Error,
    },
    /// The key is of an unknown kind, or belongs to another certificate.
    #[error("the key of the client certificate {id} cannot be used: {source}")]
    Key {
        /// Its id.
        id: String,
        /// What is wrong.
        source: rustls::Error,
    },
}

/// A certificate with its private key, ready to be shown. Cheap to clone.
#[derive(Clone)]
pub struct ClientCertificate(Arc<Parts>);

struct Parts {
    id: Box<str>,
    fingerprint: Box<str>,
    resolver: Arc<SingleCertAndKey>,
}

impl ClientCertificate {
    /// The certificate `id`; `stored` is what is stored under that id.
    ///
    /// # Errors
    /// Why it cannot be shown to anybody.
    pub fn load(id: &str, stored: Option<&ClientCertificateDocument>) -> Result<Self, CertificateError> {
        let named = id;
        let id = || named.to_owned();
        let stored = stored.ok_or_else(|| CertificateError::Missing { id: id() })?;
        let unreadable = |source| CertificateError::Unreadable { id: id(), source };
        let text = stored.client_certificate.pem_encoded_certificate.as_deref().unwrap_or_default();
        let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(unreadable)?;
        let key =
            PrivateKeyDer::from_pem_slice(stored.private_key.expose().as_bytes()).map_err(unreadable)?;
        let fingerprint = digest(&SHA256, &certificate);
        let fingerprint: String = fingerprint.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let certified = CertifiedKey::from_der(vec![certificate], key, &provider)
            .map_err(|source| CertificateError::Key { id: id(), source })?;
        Ok(Self(Arc::new(Parts {
            id: named.into(),
            fingerprint: fingerprint.into(),
            resolver: Arc::new(SingleCertAndKey::from(certified)),
        })))
    }

    /// SHA-256 of the certificate in hexadecimal digits: different certificates never have the
    /// same, whatever their ids.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// `config` with this certificate. Sessions are not shared with `config`'s: a session that
    /// is taken up again speaks for whoever began it.
    pub(super) fn shown_by(&self, config: &ClientConfig) -> ClientConfig {
        let mut config = config.clone();
        config.client_auth_cert_resolver = self.0.resolver.clone();
        config.resumption = Resumption::default();
        config
    }
}

/// The id alone: the key is a secret.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificate").field(&self.0.id).finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use api::apigateway::ClientCertificate as Shown;
    use base::Secret;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    /// A certificate of `name` as it is stored, and its DER form.
    pub(crate) fn stored(name: &str) -> (ClientCertificateDocument, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        let document = ClientCertificateDocument {
            client_certificate: Shown {
                client_certificate_id: Some(name.to_owned()),
                pem_encoded_certificate: Some(certificate.pem()),
                ..Shown::default()
            },
            private_key: Secret::new(key.serialize_pem()),
        };
        (document, certificate.der().to_vec())
    }

    fn error(stored: Option<&ClientCertificateDocument>) -> String {
        ClientCertificate::load("a1b2c3", stored).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn certificates_are_told_apart_by_what_they_are() {
        let ((one, _), (other, _)) = (stored("a"), stored("a"));
        let one = ClientCertificate::load("a1b2c3", Some(&one)).unwrap();
        let other = ClientCertificate::load("a1b2c3", Some(&other)).unwrap();
        assert_eq!(one.fingerprint().len(), 64);
        assert_ne!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn what_cannot_be_shown_is_an_error() {
        assert_eq!(error(None), "the client certificate a1b2c3 does not exist");
        let (good, _) = stored("a");
        let (other, _) = stored("b");
        let foreign = ClientCertificateDocument { private_key: other.private_key, ..good.clone() };
        assert!(error(Some(&foreign)).starts_with("the key of the client certificate a1b2c3 cannot be used"));
        let keyless = ClientCertificateDocument { private_key: Secret::new(String::new()), ..good.clone() };
        assert!(error(Some(&keyless)).starts_with("the client certificate a1b2c3 cannot be read"));
        let mut bare = good;
        bare.client_certificate.pem_encoded_certificate = None;
        assert!(error(Some(&bare)).starts_with("the client certificate a1b2c3 cannot be read"));
    }

    #[test]
    fn debug_shows_the_id_alone() {
        let (stored, _) = stored("a");
        let certificate = ClientCertificate::load("a1b2c3", Some(&stored)).unwrap();
        assert_eq!(format!("{certificate:?}"), "ClientCertificate(\"a1b2c3\")");
    }
}
