//! One client's connection: HTTP/1.1 or HTTP/2 with prior knowledge, one request after the
//! other (or, in HTTP/2, side by side) handed to [`Serve`].

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use base::Clock;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body::Body as _;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::Serve;
use super::handshake;
use super::heads::Framing;
use super::limits::{HEAD_BYTES, HTTP2_SIGN_OF_LIFE, HTTP2_SILENCE, HTTP2_STREAMS};
use super::load::Place;
use super::roster::{Enrolled, Roster};
use super::rules;
use super::tap::Tap;
use super::upgrade::{Leave, Slot, Upgrade, Upgraded};
use super::watch::{Ticks, UnderWay, Verdict, Watch};
use crate::Worker;
use crate::exchange::{Body, Incoming};
use crate::tls::{Secured, ServerNames};

/// What the connections of one worker share.
pub(super) struct Room<S> {
    pub(super) serve: Arc<S>,
    pub(super) worker: Rc<Worker>,
    pub(super) clock: Clock,
    pub(super) roster: Rc<Roster>,
    pub(super) ticks: Ticks,
    pub(super) protocols: auto::Builder<OnThisThread>,
    pub(super) panics: Arc<AtomicU64>,
    /// A place for each TLS handshake that is under way.
    pub(super) handshakes: Semaphore,
    /// How long a handshake may take.
    pub(super) handshake_time: Duration,
}

/// A socket as the acceptor hands it on.
pub(super) struct Accepted {
    pub(super) stream: std::net::TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) local_port: u16,
    /// Who knows the names of the servers, if TLS is spoken.
    pub(super) names: Option<Arc<dyn ServerNames>>,
    pub(super) place: Place,
}

/// What requests of one connection have in common.
struct Link<S> {
    room: Rc<Room<S>>,
    watch: Arc<Watch>,
    peer: SocketAddr,
    local_port: u16,
    secured: Option<Arc<Secured>>,
    /// What happens on the socket after HTTP, if anything does.
    next: Rc<Slot>,
}

/// The protocols and their limits.
pub(super) fn protocols() -> auto::Builder<OnThisThread> {
    let mut builder = auto::Builder::new(OnThisThread);
    // No timer for HTTP/1: the patrol ends slow heads and idle connections, at no cost for each
    // request.
    builder.http1().max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(HTTP2_SILENCE)
        .keep_alive_timeout(HTTP2_SIGN_OF_LIFE);
    builder
}

/// Serves one connection to its end.
pub(super) async fn serve<S: Serve>(room: Rc<Room<S>>, accepted: Accepted) {
    let Accepted { stream, peer, local_port, names, place } = accepted;
    let stream = match TcpStream::from_std(stream) {
        Ok(stream) => stream,
        Err(error) => return tracing::warn!(%peer, %error, "a connection could not be taken over"),
    };
    // A head and a body are two writes: with Nagle's algorithm the second would wait for the
    // client's delayed acknowledgement of the first.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection ended before it was served");
        return;
    }
    let watch = Arc::new(Watch::new(room.ticks.clone()));
    let enrolled = room.roster.enrol(Arc::clone(&watch));
    let (next, left) = (Rc::new(Slot::default()), Arc::clone(&watch));
    let panics = Arc::clone(&room.panics);
    let mut link = Link { room, watch, peer, local_port, secured: None, next: Rc::clone(&next) };
    match names {
        None => serve_on(stream, link, &enrolled).await,
        Some(names) => {
            let began = handshake::begin(stream, &*names, &link.room, &enrolled).await;
            match began {
                Ok((stream, secured)) => {
                    link.secured = Some(Arc::new(secured));
                    // A connection of TLS has much more to remember; those without do not pay for it.
                    Box::pin(serve_on(stream, link, &enrolled)).await;
                }
                Err(error) => tracing::debug!(%peer, %error, "a TLS handshake was not finished"),
            }
        }
    }
    let Some((on, next)) = next.take() else { return };
    left.leaves_http();
    // In a task of its own: what HTTP had to remember is given back.
    tokio::task::spawn_local(async move {
        let _place = place;
        let stream = match on.await {
            Ok(stream) => TokioIo::new(stream),
            Err(error) => return tracing::debug!(%peer, %error, "a connection was not upgraded"),
        };
        let upgraded = Upgraded { stream, leave: Leave::new(enrolled) };
        if AssertUnwindSafe(next(upgraded)).catch_unwind().await.is_err() {
            panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%peer, "an upgraded connection was given up after a panic");
        }
    });
}

/// Serves one connection on its stream: the socket, or TLS over it.
async fn serve_on<S: Serve, T>(stream: T, link: Link<S>, enrolled: &Enrolled)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (peer, link) = (link.peer, Rc::new(link));
    let io = TokioIo::new(Tap::new(stream, Arc::clone(&link.watch)));
    let service = service_fn(|request| link.call(request));

    let mut connection = pin!(link.room.protocols.serve_connection_with_upgrades(io, service));
    let mut draining = false;
    let ended = poll_fn(|cx| {
        match enrolled.verdict(cx) {
            Verdict::Keep => {}
            Verdict::Drain if draining => {}
            Verdict::Drain => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            Verdict::Cut => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(cx)
    })
    .await;
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a client's connection broke");
    }
}

impl<S: Serve> Link<S> {
    /// Takes a request whose head has just been parsed. What has to be noted before more bytes
    /// are read is noted here, outside of the answer.
    fn call(
        self: &Rc<Self>,
        request: Request<hyper::body::Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<S> {
        let (incoming, under_way) = self.incoming(request);
        let link = Rc::clone(self);
        let fault = rules::check(&incoming.head, &incoming.header_names).err();
        async move {
            let _under_way = under_way;
            let room = &link.room;
            if let Some(fault) = fault {
                tracing::debug!(peer = %link.peer, %fault, "a request was refused");
                return Ok(fault.answer(incoming.head.version));
            }
            let answer = AssertUnwindSafe(room.serve.answer(incoming, &room.worker));
            Ok(answer.catch_unwind().await.unwrap_or_else(|_| room.after_panic()))
        }
    }

    fn incoming(&self, request: Request<hyper::body::Incoming>) -> (Incoming, UnderWay) {
        let (mut head, body) = request.into_parts();
        let upgrade = Upgrade::taken_from(&mut head.extensions, &self.next);
        let framing = match body.size_hint().exact() {
            Some(length) => Framing::Length(length),
            None => Framing::Chunked,
        };
        let (header_names, under_way) = self.watch.request(framing);
        let body = if body.is_end_stream() { Body::Empty } else { Body::Stream(body) };
        let incoming = Incoming {
            head,
            header_names,
            body,
            peer: self.peer,
            local_port: self.local_port,
            secured: self.secured.clone(),
            received: self.room.clock.now(),
            started: Instant::now(),
            upgrade,
        };
        (incoming, under_way)
    }
}

impl<S> Room<S> {
    /// The panic hook has told the operator where; the client gets API Gateway's answer to
    /// failures of its own (recorded from AWS).
    fn after_panic(&self) -> Response<Body> {
        self.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!("a request was given up after a panic");
        let mut response =
            Response::new(Body::Whole(Bytes::from_static(br#"{"message":"Internal server error"}"#)));
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        let headers = response.headers_mut();
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, json);
        let kind = http::HeaderValue::from_static("InternalServerErrorException");
        headers.insert(http::HeaderName::from_static("x-amzn-errortype"), kind);
        response
    }
}

/// Runs the streams of HTTP/2 connections where the connections run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnThisThread;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, stream: F) {
        tokio::task::spawn_local(stream);
    }
}
