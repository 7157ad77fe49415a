//! Which backends are trusted over TLS. Certificates are verified, and only where an integration
//! says so is it left out who vouches for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::time::ASN1Time;

use super::HTTP2;
use super::bounds::PerTarget;

const HTTP1: &[u8] = b"http/1.1";

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

/// How backends are reached: over TLS by Mozilla's roots, and those of an operator, and with how much at a time.
#[derive(Debug, Clone)]
pub struct UpstreamSettings {
    pub(super) tls: Arc<ClientConfig>,
    pub(super) most: PerTarget,
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
        tls.alpn_protocols = vec![HTTP1.to_vec()];
        Self { tls: Arc::new(tls), most: PerTarget::default() }
    }

    /// The same, of which one backend gets no more than this.
    #[must_use]
    pub const fn with_most(mut self, most: PerTarget) -> Self {
        self.most = most;
        self
    }

    /// The same, offering HTTP/2 to backends that speak TLS, if `offered`. API Gateway speaks HTTP/1.1
    /// to all.
    #[must_use]
    pub fn with_http2(mut self, offered: bool) -> Self {
        let protocols: &[&[u8]] = if offered { &[HTTP2, HTTP1] } else { &[HTTP1] };
        Arc::make_mut(&mut self.tls).alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        self
    }
}

/// `config` for backends whose certificates may be of any authority. Its sessions are not shared:
/// one that is taken up again is not verified again.
pub(super) fn of_any_authority(config: &ClientConfig) -> ClientConfig {
    let mut config = config.clone();
    let algorithms = config.crypto_provider().signature_verification_algorithms;
    config.dangerous().set_certificate_verifier(Arc::new(AnyAuthority { algorithms }));
    config.resumption = Resumption::default();
    config
}

/// `insecureSkipVerification` (API Gateway API reference, `TlsConfig`): it is not verified that a
/// certificate is of a supported authority; its dates and its host name are, and that the backend
/// has its key.
#[derive(Debug)]
struct AnyAuthority {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        let (_, certificate) = x509_parser::parse_x509_certificate(end_entity)
            .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let now = ASN1Time::from_timestamp(seconds)
            .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let validity = certificate.validity();
        if now < validity.not_before {
            return Err(rustls::Error::InvalidCertificate(CertificateError::NotValidYet));
        }
        if now > validity.not_after {
            return Err(rustls::Error::InvalidCertificate(CertificateError::Expired));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}
