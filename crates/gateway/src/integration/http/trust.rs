//! Which backends are trusted over TLS. Certificates are always verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{ClientConfig, RootCertStore};

/// A file of further certificate authorities that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not readable, or not PEM.
    #[error("the certificates in {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: pem::Error,
    },
    /// One of them is no certificate authority.
    #[error("certificate {number} in {path} cannot be a root of trust: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// There is none in the file.
    #[error("{path} holds no certificate")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// How backends are reached over TLS: Mozilla's roots, and those of an operator.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    pub(super) tls: Arc<ClientConfig>,
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self::trusting(public_roots())
    }
}

impl UpstreamSettings {
    /// Trusts the certificate authorities in the PEM file `bundle` as well as the public ones.
    ///
    /// # Errors
    /// If the file cannot be read or holds no usable certificate.
    pub fn with_bundle(bundle: &Path) -> Result<Self, TrustError> {
        let mut roots = public_roots();
        let read = |source| TrustError::Read { path: bundle.to_owned(), source };
        let mut count = 0;
        for certificate in CertificateDer::pem_file_iter(bundle).map_err(read)? {
            count += 1;
            roots.add(certificate.map_err(read)?).map_err(|source| TrustError::Certificate {
                path: bundle.to_owned(),
                number: count,
                source,
            })?;
        }
        if count == 0 {
            return Err(TrustError::Empty { path: bundle.to_owned() });
        }
        Ok(Self::trusting(roots))
    }

    // The provider offers both protocol versions that are asked for.
    #[allow(clippy::expect_used)]
    fn trusting(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { tls: Arc::new(tls) }
    }
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}
