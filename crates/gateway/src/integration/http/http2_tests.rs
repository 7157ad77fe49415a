//! The client against a backend that speaks HTTP/2.

use std::net::TcpListener;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, Method, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::tests::{exchange, get, request, testdata, tls_backend, tls_config, whole};
use super::{Target, UpstreamSettings, Upstreams};
use crate::exchange::{Body, BodyError};
use crate::listener::OnThisThread;
use crate::message::Request;

/// A backend that speaks HTTP/2 over TLS: echoes what it is asked for, ends the connection with the
/// answer to `/last`, answers `/both` when two ask for it, and never ends its answer to `/endless`.
/// Tells of each connection.
fn http2_backend() -> (Target, Receiver<()>) {
    let mut config = Arc::unwrap_or_clone(tls_config(None));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let target = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
    let (tell, told) = channel();
    tokio::task::spawn_local(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let both = Rc::new(tokio::sync::Barrier::new(2));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            tell.send(()).unwrap();
            let ends = Rc::new(tokio::sync::Notify::new());
            let (noted, both) = (Rc::clone(&ends), Rc::clone(&both));
            let service = service_fn(move |request: http::Request<Incoming>| {
                let (ends, both) = (Rc::clone(&noted), Rc::clone(&both));
                async move {
                    match request.uri().path() {
                        "/last" => ends.notify_one(),
                        "/both" => {
                            both.wait().await;
                        }
                        _ => {}
                    }
                    let mut asked = format!("{:?} {} {}", request.version(), request.method(), request.uri());
                    for (name, value) in request.headers() {
                        asked.push_str(&format!(" {name}={}", value.to_str().unwrap()));
                    }
                    let endless = request.uri().path() == "/endless";
                    let body = request.into_body().collect().await?.to_bytes();
                    asked.push_str(std::str::from_utf8(&body).unwrap());
                    let first =
                        futures_util::stream::iter([Ok::<_, hyper::Error>(Frame::data(Bytes::from(asked)))]);
                    let rest = futures_util::stream::pending().take(usize::from(endless));
                    Ok::<_, hyper::Error>(http::Response::new(StreamBody::new(first.chain(rest))))
                }
            });
            tokio::task::spawn_local(async move {
                let http2 = hyper::server::conn::http2::Builder::new(OnThisThread);
                let mut connection = pin!(http2.serve_connection(TokioIo::new(stream), service));
                tokio::select! {
                    _ = &mut connection => return,
                    () = ends.notified() => connection.as_mut().graceful_shutdown(),
                }
                let _ = connection.await;
            });
        }
    });
    (target, told)
}

fn speaking_http2() -> Upstreams {
    let trusting = UpstreamSettings::with_bundle(&testdata("authority.pem")).unwrap();
    Upstreams::new(trusting.with_http2(true))
}

fn asking(path: &'static str) -> Request<Body> {
    let mut request = get();
    *request.uri_mut() = Uri::from_static(path);
    request
}

#[tokio::test(flavor = "local")]
async fn http2_carries_all_on_one_connection() {
    let (target, connections) = http2_backend();
    let upstreams = speaking_http2();
    let mut request = request(Method::PUT, " body");
    request.headers_mut().insert("host", HeaderValue::from_static("api.example.com"));
    request.headers_mut().insert("x-a", HeaderValue::from_static("1"));
    let (_, asked) = exchange(&upstreams, &target, request).await;
    assert_eq!(asked, "HTTP/2.0 PUT https://api.example.com/path?query x-a=1 content-length=5 body");
    let both = || exchange(&upstreams, &target, asking("/both"));
    let (first, second) = tokio::join!(both(), both());
    assert_eq!(first, second);
    assert_eq!(connections.try_iter().count(), 1);
}

#[tokio::test(flavor = "local")]
async fn an_http2_connection_that_ends_makes_place_for_another() {
    let (target, connections) = http2_backend();
    let upstreams = speaking_http2();
    for path in ["/first", "/last", "/next", "/last", "/next"] {
        let (status, asked) = exchange(&upstreams, &target, asking(path)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            asked.starts_with(&format!("HTTP/2.0 GET https://localhost:{}{path}", target.port())),
            "{asked}"
        );
        // Until the end that was announced with the answer has arrived.
        let ended = async {
            while path == "/last" && upstreams.pool(&target).take(Instant::now()).is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    }
    assert_eq!(connections.try_iter().count(), 3);
}

#[tokio::test(flavor = "local")]
async fn an_http2_body_that_is_not_complete_at_its_deadline_is_cut_and_no_other() {
    let (target, connections) = http2_backend();
    let upstreams = speaking_http2();
    let deadline = Instant::now() + Duration::from_millis(500);
    let endless = upstreams.send(&target, asking("/endless"), deadline).await.unwrap();
    assert!(matches!(whole(endless).await, Err(BodyError::Late)));
    assert!(Instant::now() >= deadline);
    exchange(&upstreams, &target, asking("/next")).await;
    assert_eq!(connections.try_iter().count(), 1);
}

#[tokio::test(flavor = "local")]
async fn who_does_not_speak_http2_is_spoken_to_in_http1() {
    let (address, backend) = tls_backend();
    let target = format!("https://localhost:{}", address.port()).parse().unwrap();
    assert_eq!(exchange(&speaking_http2(), &target, get()).await.1, "ok");
    assert!(backend.join().unwrap());
}
