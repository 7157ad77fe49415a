//! The client against backends made by hand, byte by byte.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::bounds::{IDLE_TIME, MAY_BE_STALE};
use super::certificate::tests::stored;
use super::{ClientCertificate, Phase, Target, UpstreamError, UpstreamSettings, Upstreams};
use crate::exchange::{Body, BodyError};
use crate::http1::HEAD_BYTES;
use crate::message::{Request, Response};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PLENTY: Duration = Duration::from_secs(20);

/// A backend that answers the requests of each connection with what `script` has for it, text
/// by text, and then closes it. It tells of every request, with its connection's number, and of every end.
struct Backend {
    address: SocketAddr,
    told: Receiver<Told>,
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Request(usize, String),
    Closed(usize),
}

impl Backend {
    fn answering(script: &[&[&str]]) -> Self {
        let script: Vec<Vec<String>> =
            script.iter().map(|answers| answers.iter().map(|&answer| answer.to_owned()).collect()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for (number, answers) in script.into_iter().enumerate() {
                let (stream, _) = listener.accept().unwrap();
                let tell = tell.clone();
                std::thread::spawn(move || answer(number, stream, &answers, &tell));
            }
        });
        Self { address, told }
    }

    fn target(&self) -> Target {
        format!("http://{}", self.address).parse().unwrap()
    }

    fn next(&self) -> Told {
        self.told.recv_timeout(PLENTY).unwrap()
    }
}

fn answer(number: usize, mut stream: TcpStream, answers: &[String], tell: &Sender<Told>) {
    for answer in answers {
        let Some(request) = read_request(&mut stream) else { break };
        drop(tell.send(Told::Request(number, request)));
        if stream.write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
    // Whatever the client still sends is read, so that closing does not become a reset.
    drop(stream.shutdown(std::net::Shutdown::Write));
    drop(std::io::copy(&mut stream, &mut std::io::sink()));
    drop(tell.send(Told::Closed(number)));
}

/// A request with its body, if it has a `content-length`.
fn read_request(stream: &mut impl std::io::Read) -> Option<String> {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        read.push(byte[0]);
    }
    let mut text = String::from_utf8(read).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).ok()?;
    text.push_str(std::str::from_utf8(&body).unwrap());
    Some(text)
}

fn upstreams() -> Upstreams {
    Upstreams::new(UpstreamSettings::default())
}

pub(super) fn request(method: Method, body: &'static str) -> Request<Body> {
    let body = Bytes::from_static(body.as_bytes()).into();
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut()) = (method, "/path?query".parse().unwrap());
    request
}

pub(super) fn get() -> Request<Body> {
    request(Method::GET, "")
}

fn soon() -> Instant {
    Instant::now() + PLENTY
}

pub(super) async fn whole(response: Response<Body>) -> Result<String, BodyError> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

/// Sends and reads the whole answer.
pub(super) async fn exchange(
    upstreams: &Upstreams,
    target: &Target,
    request: Request<Body>,
) -> (StatusCode, String) {
    let response = upstreams.send(target, request, soon()).await.unwrap();
    (response.status(), whole(response).await.unwrap())
}

/// Lets tasks that can go on do so.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

impl Upstreams {
    fn counts(&self, target: &Target) -> (usize, usize) {
        self.pool(target).counts()
    }
}

#[tokio::test(flavor = "local")]
async fn the_request_is_sent_as_it_is() {
    let backend = Backend::answering(&[&[OK, OK]]);
    let (upstreams, target) = (upstreams(), backend.target());
    assert_eq!(exchange(&upstreams, &target, request(Method::PUT, "body")).await.1, "ok");
    let sent =
        format!("PUT /path?query HTTP/1.1\r\nhost: {}\r\ncontent-length: 4\r\n\r\nbody", backend.address);
    assert_eq!(backend.next(), Told::Request(0, sent));
    let mut with_host = get();
    with_host.headers_mut().insert("host", "elsewhere".parse().unwrap());
    exchange(&upstreams, &target, with_host).await;
    let sent = "GET /path?query HTTP/1.1\r\nhost: elsewhere\r\n\r\n";
    assert_eq!(backend.next(), Told::Request(0, sent.to_owned()));
}

#[tokio::test(flavor = "local")]
async fn connections_are_kept_and_used_again() {
    for first in [
        OK,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let backend = Backend::answering(&[&[first, OK]]);
        let (upstreams, target) = (upstreams(), backend.target());
        exchange(&upstreams, &target, get()).await;
        assert_eq!(upstreams.counts(&target), (0, 1), "{first}");
        exchange(&upstreams, &target, get()).await;
        assert!(matches!(backend.next(), Told::Request(0, _)));
        assert!(matches!(backend.next(), Told::Request(0, _)), "{first}");
    }
}

#[tokio::test(flavor = "local")]
async fn the_answer_to_head_has_no_body_whatever_it_says() {
    let backend = Backend::answering(&[&["HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", OK]]);
    let (upstreams, target) = (upstreams(), backend.target());
    let response = upstreams.send(&target, request(Method::HEAD, ""), soon()).await.unwrap();
    assert_eq!(response.headers()["content-length"], "500");
    assert_eq!(whole(response).await.unwrap(), "");
    assert_eq!(exchange(&upstreams, &target, get()).await.1, "ok");
    assert!(matches!((backend.next(), backend.next()), (Told::Request(0, _), Told::Request(0, _))));
}

#[tokio::test(flavor = "local")]
async fn connections_that_are_to_end_are_not_used_again() {
    for first in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let backend = Backend::answering(&[&[first], &[OK]]);
        let (upstreams, target) = (upstreams(), backend.target());
        assert_eq!(exchange(&upstreams, &target, get()).await.1, "ok", "{first}");
        assert_eq!(exchange(&upstreams, &target, get()).await.1, "ok", "{first}");
        assert!(matches!(backend.next(), Told::Request(0, _)));
        let second =
            std::iter::from_fn(|| Some(backend.next())).find(|told| matches!(told, Told::Request(..)));
        assert!(matches!(second, Some(Told::Request(1, _))), "{first}");
    }
}

#[tokio::test(flavor = "local")]
async fn a_response_that_is_dropped_ends_its_connection() {
    let backend = Backend::answering(&[&["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"], &[OK]]);
    let (upstreams, target) = (upstreams(), backend.target());
    let response = upstreams.send(&target, get(), soon()).await.unwrap();
    assert_eq!(upstreams.counts(&target), (1, 0));
    drop(response);
    settle().await;
    assert_eq!(upstreams.counts(&target), (0, 0));
    assert_eq!(exchange(&upstreams, &target, get()).await.1, "ok");
}

#[tokio::test(flavor = "local")]
async fn a_request_that_is_given_up_ends_its_connection() {
    let backend = Backend::answering(&[&["", OK]]);
    let (upstreams, target) = (upstreams(), backend.target());
    {
        let mut sending = std::pin::pin!(upstreams.send(&target, get(), soon()));
        while upstreams.counts(&target) == (0, 0) {
            assert!(futures_util::future::poll_immediate(&mut sending).await.is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(upstreams.counts(&target), (1, 0));
    }
    settle().await;
    assert_eq!(upstreams.counts(&target), (0, 0));
    assert_eq!(upstreams.pool(&target).free_slots(), super::bounds::BUSY_PER_TARGET);
}

/// The backend closes an idle connection; the next request and the news of that meet.
#[tokio::test(flavor = "local")]
async fn a_stale_connection_costs_no_request() {
    for method in [Method::GET, Method::POST] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let accept = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream).unwrap();
            stream.write_all(OK.as_bytes()).unwrap();
            (listener, stream)
        });
        let upstreams = upstreams();
        exchange(&upstreams, &target, request(method.clone(), "body")).await;
        assert_eq!(upstreams.counts(&target), (0, 1));
        // None of this waits, so that the connection's task has not seen the end yet.
        let (listener, stream) = accept.join().unwrap();
        drop(stream);
        let backend = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream).unwrap();
            stream.write_all(OK.as_bytes()).unwrap();
            request
        });
        // The runtime asks for news, and this task is as soon to go on as the connection's.
        tokio::task::yield_now().await;
        assert_eq!(exchange(&upstreams, &target, request(method, "body")).await.1, "ok");
        assert!(backend.join().unwrap().ends_with("\r\n\r\nbody"));
    }
}

/// The backend takes the request from a connection that had been idle and closes without an
/// answer: whether it did anything is not known.
#[tokio::test(flavor = "local")]
async fn only_what_may_be_done_twice_is_sent_twice() {
    for (method, expected) in [(Method::PUT, true), (Method::POST, false)] {
        let backend = Backend::answering(&[&[OK, ""], &[OK]]);
        let (upstreams, target) = (upstreams(), backend.target());
        exchange(&upstreams, &target, get()).await;
        upstreams.pool(&target).age_idle(MAY_BE_STALE);
        let response = upstreams.send(&target, request(method.clone(), "body"), soon()).await;
        match response {
            Ok(response) => assert_eq!(whole(response).await.unwrap(), "ok"),
            Err(UpstreamError::Closed { .. }) => assert!(!expected, "{method}"),
            Err(other) => panic!("{other}"),
        }
        assert!(matches!(backend.next(), Told::Request(0, _)));
        assert!(matches!(backend.next(), Told::Request(0, text) if text.ends_with("body")));
        let again = std::iter::from_fn(|| backend.told.recv_timeout(Duration::from_millis(100)).ok())
            .any(|told| matches!(told, Told::Request(1, _)));
        assert_eq!(again, expected, "{method}");
    }
}

#[tokio::test(flavor = "local")]
async fn answers_that_are_no_http_are_a_broken_protocol() {
    for answer in [
        "SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
    ] {
        let backend = Backend::answering(&[&[answer]]);
        let error = upstreams().send(&backend.target(), get(), soon()).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Protocol { .. }), "{answer:?}: {error:?}");
    }
}

#[tokio::test(flavor = "local")]
async fn a_head_may_be_large_but_not_endless() {
    let rest = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nFilling: \r\n\r\n".len();
    for (length, accepted) in [(HEAD_BYTES - 1, true), (HEAD_BYTES + 1, false)] {
        let filling = "x".repeat(length - rest);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nFilling: {filling}\r\n\r\n");
        let backend = Backend::answering(&[&[&head]]);
        let response = upstreams().send(&backend.target(), get(), soon()).await;
        match response {
            Ok(_) => assert!(accepted),
            Err(UpstreamError::Protocol { .. }) => assert!(!accepted),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "local")]
async fn an_end_without_an_answer_is_told_from_a_broken_protocol() {
    for answer in ["", "HTTP/1.1 200"] {
        let backend = Backend::answering(&[&[answer]]);
        let error = upstreams().send(&backend.target(), get(), soon()).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Closed { .. }), "{answer:?}: {error:?}");
    }
}

#[tokio::test(flavor = "local")]
async fn a_refused_connection_is_told_from_a_name_that_is_none() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = format!("http://{free}").parse().unwrap();
    let error = upstreams().send(&target, get(), soon()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Connect { .. }), "{error:?}");
    // A label has at most 63 characters (RFC 1035, section 2.3.4): no resolver asks for it.
    let target = format!("http://{}.invalid", "a".repeat(64)).parse().unwrap();
    let error = upstreams().send(&target, get(), soon()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Resolve { .. }), "{error:?}");
}

#[tokio::test(flavor = "local")]
async fn names_are_resolved_and_every_address_is_tried() {
    // `localhost` may be ::1 before it is 127.0.0.1; the backend listens on the latter only.
    let backend = Backend::answering(&[&[OK]]);
    let target = format!("http://localhost:{}", backend.address.port()).parse().unwrap();
    assert_eq!(exchange(&upstreams(), &target, get()).await.1, "ok");
    let host = format!("host: localhost:{}\r\n", backend.address.port());
    assert!(matches!(backend.next(), Told::Request(0, text) if text.contains(&host)));
}

#[tokio::test(flavor = "local")]
async fn a_slow_head_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let deadline = Instant::now() + Duration::from_millis(50);
    let error = upstreams().send(&target, get(), deadline).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Timeout { phase: Phase::Answering, .. }), "{error:?}");
    assert!(Instant::now() >= deadline);
}

#[tokio::test(flavor = "local")]
async fn a_body_that_is_not_complete_at_its_deadline_is_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let backend = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe").unwrap();
        stream.read(&mut [0]).unwrap()
    });
    let (upstreams, deadline) = (upstreams(), Instant::now() + Duration::from_millis(50));
    let response = upstreams.send(&target, get(), deadline).await.unwrap();
    assert_eq!(upstreams.counts(&target), (1, 0));
    assert!(matches!(whole(response).await, Err(BodyError::Late)));
    assert!(Instant::now() >= deadline);
    assert_eq!(upstreams.counts(&target), (0, 0));
    assert_eq!(backend.join().unwrap(), 0);
}

#[tokio::test(flavor = "local")]
async fn idle_connections_are_let_go_after_their_time() {
    let backend = Backend::answering(&[&[OK, OK]]);
    let (upstreams, target) = (upstreams(), backend.target());
    exchange(&upstreams, &target, get()).await;
    let now = Instant::now();
    upstreams.sweep(now + IDLE_TIME - Duration::from_secs(1));
    settle().await;
    assert_eq!(upstreams.counts(&target), (0, 1));
    upstreams.sweep(now + IDLE_TIME);
    settle().await;
    assert_eq!(upstreams.counts(&target), (0, 0));
    assert!(matches!((backend.next(), backend.next()), (Told::Request(0, _), Told::Closed(0))));
}

#[tokio::test(flavor = "local")]
async fn an_answer_may_come_before_the_request_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let backend = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 20]).unwrap();
        stream
            .write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            .unwrap();
        stream
    });
    let body = "x".repeat(8 << 20).leak();
    let response = upstreams().send(&target, request(Method::POST, body), soon()).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(whole(response).await.unwrap(), "no");
    drop(backend.join().unwrap());
}

pub(super) fn testdata(name: &str) -> PathBuf {
    // Asked when it runs: checkouts may share a target folder.
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
        .join("src/integration/http/testdata")
        .join(name)
}

pub(super) fn tls_config(clients: Option<RootCertStore>) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(testdata("backend.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(testdata("backend.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(roots) => config.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        ),
    };
    Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
}

/// Answers one request over TLS, if the client shakes hands; whether it did.
pub(super) fn tls_backend() -> (SocketAddr, std::thread::JoinHandle<bool>) {
    let config = tls_config(None);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), stream);
        read_request(&mut stream).is_some() && stream.write_all(OK.as_bytes()).is_ok()
    };
    (address, std::thread::spawn(answer))
}

#[tokio::test(flavor = "local")]
async fn a_backend_is_trusted_by_name_and_by_address_if_its_authority_is() {
    for host in ["localhost", "127.0.0.1"] {
        let (address, backend) = tls_backend();
        let target = format!("https://{host}:{}", address.port()).parse().unwrap();
        let settings = UpstreamSettings::with_bundle(&testdata("authority.pem")).unwrap();
        assert_eq!(exchange(&Upstreams::new(settings), &target, get()).await.1, "ok");
        assert!(backend.join().unwrap());
    }
}

#[tokio::test(flavor = "local")]
async fn a_backend_without_a_known_authority_or_with_another_name_is_not_trusted() {
    let known = UpstreamSettings::with_bundle(&testdata("authority.pem")).unwrap();
    for (host, settings) in [("localhost", UpstreamSettings::default()), ("127.0.0.2", known)] {
        let (address, backend) = tls_backend();
        // 127.0.0.2 leads to the same machine, and is not in the certificate.
        let target = format!("https://{host}:{}", address.port()).parse().unwrap();
        let listener_is_elsewhere = host == "127.0.0.2";
        let error = Upstreams::new(settings).send(&target, get(), soon()).await.unwrap_err();
        if listener_is_elsewhere {
            assert!(matches!(error, UpstreamError::Connect { .. } | UpstreamError::Tls { .. }), "{error:?}");
            drop(TcpStream::connect(address));
        } else {
            assert!(matches!(error, UpstreamError::Tls { .. }), "{error:?}");
        }
        assert!(!backend.join().unwrap());
    }
}

#[test]
fn a_bundle_must_hold_certificates() {
    for (file, said) in [("absent.pem", "cannot be read"), ("backend.key", "holds no certificate")] {
        let error = UpstreamSettings::with_bundle(&testdata(file)).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(file), "{error}");
    }
}

/// Answers every request over TLS from a client that shows one of `certificates`, and tells
/// which.
fn demanding_backend(certificates: &[Vec<u8>]) -> (SocketAddr, Receiver<Vec<u8>>) {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(CertificateDer::from(certificate.clone())).unwrap();
    }
    let config = tls_config(Some(roots));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (config, tell) = (Arc::clone(&config), tell.clone());
            std::thread::spawn(move || {
                let connection = rustls::ServerConnection::new(config).unwrap();
                let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
                while read_request(&mut stream).is_some() {
                    drop(tell.send(stream.conn.peer_certificates().unwrap()[0].to_vec()));
                    if stream.write_all(OK.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, told)
}

#[tokio::test(flavor = "local")]
async fn a_connection_is_only_used_for_the_certificate_that_it_began_with() {
    let ((one, one_der), (other, other_der)) = (stored("one"), stored("other"));
    let (address, told) = demanding_backend(&[one_der.clone(), other_der.clone()]);
    let upstreams = Upstreams::new(UpstreamSettings::with_bundle(&testdata("authority.pem")).unwrap());
    let plain: Target = format!("https://localhost:{}", address.port()).parse().unwrap();
    let showing = |stored, name: &str| plain.showing(&ClientCertificate::load(name, Some(&stored)).unwrap());
    let (as_one, as_other) = (showing(one, "one"), showing(other, "other"));
    for (target, expected) in
        [(&as_one, &one_der), (&as_other, &other_der), (&as_one, &one_der), (&as_other, &other_der)]
    {
        assert_eq!(exchange(&upstreams, target, get()).await.1, "ok");
        assert_eq!(told.recv_timeout(PLENTY).unwrap(), *expected);
    }
    assert_eq!((upstreams.counts(&as_one), upstreams.counts(&as_other)), ((0, 1), (0, 1)));
    // Neither the connections nor the sessions of the others help who shows none.
    let error = upstreams.send(&plain, get(), soon()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Closed { .. } | UpstreamError::Tls { .. }), "{error:?}");
    assert!(told.try_recv().is_err());
}
