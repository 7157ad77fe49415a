//! One name as it is served over TLS, and what is known of a connection to it.

use std::fmt;
use std::sync::Arc;

use base::Timestamp;
use documents::acm::TlsIdentity;
use rustls::CertificateError::{self, BadEncoding};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ProtocolVersion, ServerConfig, ServerConnection,
    SignatureScheme,
};
use webpki::RawPublicKeyEntity;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::demands::is_approved;
use super::{ClientCertificate, Demands, Denied, Truststore};

/// The protocols that a client may choose from, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate that no server can be started with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The texts are not PEM, or a part is not there.
    #[error("its certificate cannot be read: {0}")]
    Unreadable(#[from] pem::Error),
    /// The key is of an unknown kind, or belongs to another certificate; or nothing that is spoken
    /// goes with it.
    #[error("its certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// What a name asks of its connections.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The custom domain name that is served; `None` for all other names.
    pub domain: Option<Box<str>>,
    /// Which versions and ciphers are spoken.
    pub demands: Demands,
    /// Whose certificates clients have to have, if they have to have one.
    pub truststore: Option<Arc<Truststore>>,
}

/// A name as it is served over TLS. Immutable; changes make a new one.
pub struct TlsServer {
    settings: Settings,
    config: Arc<ServerConfig>,
}

impl TlsServer {
    /// Serves with `identity` as `settings` say.
    ///
    /// # Errors
    /// Why no server can be started with the certificate.
    pub fn new(identity: &TlsIdentity, settings: Settings) -> Result<Self, IdentityError> {
        let mut provider = aws_lc_rs::default_provider();
        settings.demands.limit(&mut provider);
        let certified = certified(identity, &provider)?;
        let algorithms = provider.signature_verification_algorithms;
        let builder = ServerConfig::builder_with_provider(Arc::new(provider));
        let builder = builder.with_protocol_versions(settings.demands.versions())?;
        let builder = match &settings.truststore {
            Some(_) => builder.with_client_cert_verifier(Arc::new(Asking { algorithms })),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        if settings.truststore.is_some() {
            // Who takes up a session again proves nothing about a key; and a truststore that has
            // changed must be asked again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Self { settings, config: Arc::new(config) })
    }

    /// The custom domain name that is served, if it is one.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.settings.domain.as_deref()
    }

    /// What handshakes go by.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// What is known of a connection whose handshake is done.
    #[must_use]
    pub fn secured(self: &Arc<Self>, connection: &ServerConnection, now: Timestamp) -> Secured {
        let shown = connection.peer_certificates();
        let truststore = self.settings.truststore.as_ref();
        let client = truststore.map(|truststore| truststore.verify(shown.unwrap_or_default(), now));
        let spoken = Demands {
            tls13: connection.protocol_version() == Some(ProtocolVersion::TLSv1_3),
            approved: is_approved(connection),
        };
        Secured {
            server: Arc::clone(self),
            name: connection.server_name().map(|name| name.to_ascii_lowercase().into()),
            spoken,
            client: client.map(|client| client.map(Arc::new)),
        }
    }
}

/// What is known of a TLS connection.
#[derive(Debug)]
pub struct Secured {
    server: Arc<TlsServer>,
    /// In lower case.
    name: Option<Box<str>>,
    spoken: Demands,
    client: Option<Result<Arc<ClientCertificate>, Denied>>,
}

impl Secured {
    /// The custom domain name that the client named in the handshake, if it is one.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.server.domain()
    }

    /// The name that the client named in the handshake, in lower case.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether what is spoken is what these ask for, whatever the connection was begun for.
    #[must_use]
    pub fn meets(&self, demands: Demands) -> bool {
        (self.spoken.tls13 || !demands.tls13) && (self.spoken.approved || !demands.approved)
    }

    /// Whether the connection is one that `server` would have begun: with its name, in one of its
    /// versions and ciphers, and with a client that was asked for a certificate of the same truststore.
    /// `None` is a name that is no custom domain name.
    #[must_use]
    pub fn fits(&self, server: Option<&TlsServer>) -> bool {
        let Some(server) = server else { return self.domain().is_none() };
        let trusted = |settings: &Settings| settings.truststore.as_ref().map(|store| *store.fingerprint());
        self.domain() == server.domain()
            && self.meets(server.settings.demands)
            && trusted(&self.server.settings) == trusted(&server.settings)
    }

    /// The client's certificate, or why it is not let in; `None` if it was not asked for one.
    #[must_use]
    pub fn client(&self) -> Option<&Result<Arc<ClientCertificate>, Denied>> {
        self.client.as_ref()
    }
}

fn certified(identity: &TlsIdentity, provider: &CryptoProvider) -> Result<CertifiedKey, IdentityError> {
    let chain = identity.chain.as_deref().unwrap_or_default();
    let certificates = CertificateDer::pem_slice_iter(identity.certificate.as_bytes())
        .chain(CertificateDer::pem_slice_iter(chain.as_bytes()))
        .collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(pem::Error::NoItemsFound.into());
    }
    let key = PrivateKeyDer::from_pem_slice(identity.private_key.expose().as_bytes())?;
    Ok(CertifiedKey::from_der(certificates, key, provider)?)
}

/// Asks clients for a certificate and for the proof that its key is theirs. Whether it is trusted is
/// asked when the handshake is done: who is not let in gets an answer that says so (API Gateway
/// developer guide, "Configuring mutual TLS authentication for a REST API": 403).
#[derive(Debug)]
struct Asking {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// None: a truststore may have more names than a handshake should carry.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = key_of(certificate)?;
        let key = RawPublicKeyEntity::try_from(&key).map_err(|_| BadEncoding)?;
        let known = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let possible = known.map(|(_, algorithms)| *algorithms).unwrap_or_default();
        // A scheme of TLS 1.2 does not say which curve it is for.
        let mut verified =
            possible.iter().map(|algorithm| key.verify_signature(*algorithm, message, signed.signature()));
        match verified.any(|verified| verified.is_ok()) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(CertificateError::BadSignature.into()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = key_of(certificate)?;
        rustls::crypto::verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The key in a certificate, of whichever version of X.509 that is.
fn key_of(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, CertificateError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| BadEncoding)?;
    Ok(SubjectPublicKeyInfoDer::from(parsed.public_key().raw.to_vec()))
}

/// Without the key, which is in the configuration.
impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{authority, identity};
    use super::*;

    fn server(domain: Option<&str>, demands: Demands, truststore: Option<&str>) -> Arc<TlsServer> {
        let truststore = truststore.map(|pem| Arc::new(Truststore::read(pem.as_bytes()).unwrap()));
        let settings = Settings { domain: domain.map(Into::into), demands, truststore };
        Arc::new(TlsServer::new(&identity("api.example.com"), settings).unwrap())
    }

    #[test]
    fn a_connection_fits_the_server_that_began_it() {
        let (one, other) = (authority("one").pem, authority("other").pem);
        let of = |server: Arc<TlsServer>, tls13| {
            let spoken = Demands { tls13, approved: false };
            Secured { server, name: None, spoken, client: None }
        };
        let any = Demands::default();
        let default = || server(None, any, None);
        let open = || server(Some("a.example.com"), any, None);
        let mutual = |pem| server(Some("a.example.com"), any, Some(pem));
        let newest = || server(Some("a.example.com"), Demands { tls13: true, approved: false }, None);
        let approved = || server(Some("a.example.com"), Demands { tls13: false, approved: true }, None);
        for (began, tls13, asked, fits) in [
            (default(), true, None, true),
            (default(), true, Some(open()), false),
            (open(), true, None, false),
            (open(), true, Some(open()), true),
            (open(), true, Some(server(Some("b.example.com"), any, None)), false),
            (open(), true, Some(mutual(&one)), false),
            (mutual(&one), true, Some(mutual(&one)), true),
            (mutual(&one), true, Some(mutual(&other)), false),
            (mutual(&one), true, Some(open()), false),
            (open(), false, Some(open()), true),
            (open(), false, Some(newest()), false),
            (newest(), true, Some(newest()), true),
            (open(), true, Some(approved()), false),
        ] {
            let described = format!("{began:?} {tls13} {asked:?}");
            assert_eq!(of(began, tls13).fits(asked.as_deref()), fits, "{described}");
        }
    }

    #[test]
    fn a_certificate_without_its_key_serves_nothing() {
        let (good, other) = (identity("a"), identity("b"));
        let check = |identity: TlsIdentity, expected: &str| {
            let error = TlsServer::new(&identity, Settings::default()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check(
            TlsIdentity { private_key: other.private_key, ..good.clone() },
            "its certificate cannot be used",
        );
        check(
            TlsIdentity { private_key: base::Secret::new("none"), ..good.clone() },
            "its certificate cannot be read",
        );
        check(TlsIdentity { certificate: String::new(), ..good }, "its certificate cannot be read");
    }
}
