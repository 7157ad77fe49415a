//! The listener over TLS: handshakes, HTTP/2, and what is known of a connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use http_body_util::Empty;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Limits, Listener, Serve, Settings, Socket};
use crate::Worker;
use crate::exchange::{Arriving, Body, Incoming, read_whole};
use crate::message::Response;
use crate::tls::samples::{Made, NOW, authority, client, identity};
use crate::tls::{ServerNames, Settings as TlsSettings, TlsServer, Truststore};

/// Tells what is known of the connection.
struct Tells;

impl Serve for Tells {
    async fn answer(&self, incoming: Incoming, _worker: &Rc<Worker>) -> Response<Body> {
        let text = match &incoming.secured {
            None => "not secured".to_owned(),
            Some(secured) => {
                let client = secured.client().map(|client| match client {
                    Ok(certificate) => certificate.subject_dn.to_string(),
                    Err(denied) => denied.to_string(),
                });
                format!("{:?} {:?} {:?}", incoming.head.version, secured.domain(), client)
            }
        };
        Response::new(Body::from(Bytes::from(text)))
    }
}

/// `open` asks for nothing, `mutual` for certificates of an authority; there is nothing under `none`.
struct Names(HashMap<&'static str, Arc<TlsServer>>);

impl Names {
    fn new(trusted: &Made) -> Self {
        let store = Truststore::read(trusted.pem.as_bytes()).unwrap();
        let server = |name: &str, truststore| {
            let settings = TlsSettings { domain: Some(name.into()), truststore, ..TlsSettings::default() };
            Arc::new(TlsServer::new(&identity(name), settings).unwrap())
        };
        Self(HashMap::from([
            ("open.example", server("open.example", None)),
            ("mutual.example", server("mutual.example", Some(Arc::new(store)))),
        ]))
    }
}

impl ServerNames for Names {
    fn server(&self, name: Option<&str>) -> Option<Arc<TlsServer>> {
        self.0.get(name?).cloned()
    }
}

struct Running {
    address: SocketAddr,
    listener: Option<Listener>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.shutdown(Duration::from_secs(5));
        }
    }
}

fn start(trusted: &Made, limits: Limits) -> Running {
    let socket = Socket::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr();
    let socket = socket.secured(Arc::new(Names::new(trusted)));
    let settings = Settings {
        workers: NonZeroUsize::MIN,
        limits,
        clock: Clock::standing_at(NOW),
        ..Settings::default()
    };
    let listener = Listener::start(vec![socket], Arc::new(Tells), &settings).unwrap();
    Running { address, listener: Some(listener) }
}

/// Believes every server: here only clients are verified.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A client that shows this certificate with this key.
fn showing(shown: Option<(&Made, &Made)>) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous));
    let mut config = match shown {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key = PrivateKeyDer::try_from(key.key.serialize_der()).unwrap();
            let chain = vec![CertificateDer::from(certificate.der.clone())];
            // The library would notice that key and certificate do not belong together.
            let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
            let certified = rustls::sign::CertifiedKey::new(chain, key);
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)))
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

async fn connect(
    running: &Running,
    name: &'static str,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(running.address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
}

/// What is told over HTTP/2 under `name` to a client like this.
async fn told(running: &Running, name: &'static str, config: ClientConfig) -> Option<String> {
    let stream = connect(running, name, config).await.ok()?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io).await.ok()?;
    tokio::spawn(connection);
    let request = http::Request::get(format!("https://{name}/")).body(Empty::<Bytes>::new()).unwrap();
    let response = client.send_request(request).await.ok()?;
    let body = read_whole(Body::Stream(Arriving::Http2(response.into_body())), 1_000).await.unwrap();
    Some(String::from_utf8(body.to_vec()).unwrap())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn what_a_client_shows_is_known_to_its_requests() {
    let (root, stranger) = (authority("root"), authority("stranger"));
    let (one, other) = (client("one", &root), client("other", &stranger));
    let running = start(&root, Limits::default());
    block_on(async {
        for (name, shown, expected) in [
            ("open.example", None, r#"HTTP/2.0 Some("open.example") None"#),
            ("open.example", Some((&one, &one)), r#"HTTP/2.0 Some("open.example") None"#),
            ("mutual.example", Some((&one, &one)), r#"HTTP/2.0 Some("mutual.example") Some("CN=one")"#),
            (
                "mutual.example",
                Some((&other, &other)),
                r#"HTTP/2.0 Some("mutual.example") Some("Could not find issuer for certificate")"#,
            ),
            (
                "mutual.example",
                None,
                r#"HTTP/2.0 Some("mutual.example") Some("the client has shown no certificate")"#,
            ),
        ] {
            assert_eq!(told(&running, name, showing(shown)).await.as_deref(), Some(expected), "{name}");
        }
    });
}

#[test]
fn a_certificate_without_its_key_is_worth_nothing() {
    let root = authority("root");
    let (one, other) = (client("one", &root), client("other", &root));
    let running = start(&root, Limits::default());
    assert_eq!(block_on(told(&running, "mutual.example", showing(Some((&one, &other))))), None);
}

#[test]
fn there_is_no_connection_under_a_name_that_has_nothing_to_show() {
    let root = authority("root");
    let running = start(&root, Limits::default());
    assert!(block_on(connect(&running, "none.example", showing(None))).is_err());
}

#[test]
fn a_handshake_that_does_not_come_to_its_end_is_ended() {
    let limits = Limits { head_time: Duration::from_millis(50), ..Limits::default() };
    let running = start(&authority("root"), limits);
    block_on(async {
        let mut silent = TcpStream::connect(running.address).await.unwrap();
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn the_listeners_end_does_not_wait_for_handshakes() {
    let mut running = start(&authority("root"), Limits::default());
    block_on(async {
        let mut silent = TcpStream::connect(running.address).await.unwrap();
        while running.listener.as_ref().unwrap().connections() == 0 {
            tokio::task::yield_now().await;
        }
        let listener = running.listener.take().unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            let began = std::time::Instant::now();
            listener.shutdown(Duration::from_secs(60));
            began.elapsed()
        });
        assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
        assert!(ended.await.unwrap() < Duration::from_secs(30));
    });
}
