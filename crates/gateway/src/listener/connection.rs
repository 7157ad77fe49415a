//! One client's connection: HTTP/1.1, or HTTP/2 if it begins with that, one request after the other
//! (or, in HTTP/2, side by side) handed to [`Serve`].

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base::Clock;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body::Body as _;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Sleep;

use super::Serve;
use super::answers::Date;
use super::answers_http2::Answer;
use super::handshake;
use super::limits::{HTTP2_FAREWELL, HTTP2_SIGN_OF_LIFE, HTTP2_SILENCE, HTTP2_STREAMS};
use super::load::Place;
use super::requests::{self, End};
use super::roster::{Enrolled, Roster};
use super::rules;
use super::tap::Tap;
use super::upgrade::{Leave, Slot, Upgraded};
use super::watch::{Ticks, UnderWay, Verdict, Watch};
use crate::Worker;
use crate::exchange::{Arriving, Body, Ends, HeaderNames, Incoming};
use crate::http1::{HEAD_BYTES, Rewound, Transport};
use crate::message::Response;
use crate::tls::{Secured, ServerNames};
use crate::turn;

/// What the connections of one worker share.
pub(super) struct Room<S> {
    pub(super) serve: Arc<S>,
    pub(super) worker: Rc<Worker>,
    pub(super) clock: Clock,
    pub(super) roster: Rc<Roster>,
    pub(super) ticks: Ticks,
    pub(super) http2: http2::Builder<OnThisThread>,
    pub(super) panics: Arc<AtomicU64>,
    /// A place for each request over HTTP/2.
    pub(super) streams: Arc<Semaphore>,
    /// A place for each TLS handshake that is under way.
    pub(super) handshakes: Semaphore,
    /// How long a handshake may take.
    pub(super) handshake_time: Duration,
    /// How long a body may stand still, and how long it may take.
    pub(super) stall_time: Duration,
    pub(super) body_time: Duration,
    /// Requests over HTTP/1.1.
    pub(super) under_way: turn::UnderWay,
    /// Where heads are written before they are sent.
    pub(super) scratch: Cell<Vec<u8>>,
    pub(super) date: RefCell<Date>,
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
pub(super) struct Link<S> {
    pub(super) room: Rc<Room<S>>,
    pub(super) watch: Rc<Watch>,
    pub(super) peer: SocketAddr,
    pub(super) ends: Arc<Ends>,
    pub(super) secured: Option<Arc<Secured>>,
    /// What happens on the socket after HTTP, if anything does.
    pub(super) next: Rc<Slot>,
}

/// HTTP/2 and its limits.
pub(super) fn http2() -> http2::Builder<OnThisThread> {
    let mut builder = http2::Builder::new(OnThisThread);
    builder
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
    // A piece of a body that is written by itself must not wait for the client's delayed
    // acknowledgement of the one before (Nagle's algorithm).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection ended before it was served");
        return;
    }
    let watch = Rc::new(Watch::new(room.ticks.clone()));
    let enrolled = room.roster.enrol(Rc::clone(&watch));
    let ends = Arc::new(Ends::new(peer.ip(), local_port));
    let mut link = Link { room, watch, peer, ends, secured: None, next: Rc::default() };
    let transport = match names {
        None => Transport::Plain(stream),
        Some(names) => match Box::pin(handshake::begin(stream, &*names, &link.room, &enrolled)).await {
            Ok((stream, secured)) => {
                link.secured = Some(Arc::new(secured));
                Transport::Server(Box::new(stream))
            }
            Err(error) => return tracing::debug!(%peer, %error, "a TLS handshake was not finished"),
        },
    };
    let link = Rc::new(link);
    match requests::serve(transport, &link, &enrolled).await {
        End::Closed => {}
        // HTTP/2 has much more to remember; those who do not speak it do not pay for it.
        End::Http2(stream) => Box::pin(serve_http2(stream, &link, &enrolled)).await,
        End::Upgraded(stream) => go_on(stream, &link, enrolled, place),
    }
}

/// What follows HTTP on a connection.
fn go_on<S: Serve>(stream: Rewound, link: &Link<S>, enrolled: Enrolled, place: Place) {
    let Some(next) = link.next.take() else { return };
    link.watch.leaves_http();
    let (peer, panics) = (link.peer, Arc::clone(&link.room.panics));
    // In a task of its own: what HTTP had to remember is given back.
    tokio::task::spawn_local(async move {
        let _place = place;
        let upgraded = Upgraded { stream, leave: Leave::new(enrolled) };
        if AssertUnwindSafe(next(upgraded)).catch_unwind().await.is_err() {
            panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%peer, "an upgraded connection was given up after a panic");
        }
    });
}

/// Serves a connection that speaks HTTP/2.
async fn serve_http2<S: Serve>(stream: Rewound, link: &Rc<Link<S>>, enrolled: &Enrolled) {
    link.watch.speaks_http2();
    let io = TokioIo::new(Tap::new(stream, Rc::clone(&link.watch)));
    let service = service_fn(|request| link.call(request));
    let mut connection = pin!(link.room.http2.serve_connection(io, service));
    let mut farewell: Option<Farewell> = None;
    let ended = poll_fn(|cx| {
        match enrolled.verdict(cx) {
            Verdict::Keep => {}
            Verdict::Drain if farewell.is_some() => {}
            Verdict::Drain => {
                farewell = Some(Farewell::new());
                connection.as_mut().graceful_shutdown();
            }
            Verdict::Cut => return Poll::Ready(Ok(())),
        }
        if let ended @ Poll::Ready(_) = connection.as_mut().poll(cx) {
            return ended;
        }
        match &mut farewell {
            Some(farewell) => farewell.poll(&link.watch, cx).map(Ok),
            None => Poll::Pending,
        }
    })
    .await;
    if let Err(error) = ended {
        tracing::debug!(peer = %link.peer, %error, "a client's connection broke");
    }
}

/// The end of a connection over HTTP/2. Its client is asked whether more was on its way before it heard that it
/// ends (RFC 9113, section 6.8), and may never say so.
struct Farewell {
    /// When this part of it is over.
    over: Pin<Box<Sleep>>,
    /// Nothing has been under way since this part began.
    quiet: bool,
}

impl Farewell {
    fn new() -> Self {
        Self { over: Box::pin(tokio::time::sleep(HTTP2_FAREWELL)), quiet: true }
    }

    /// Ready when nothing has been under way for [`HTTP2_FAREWELL`].
    fn poll(&mut self, watch: &Watch, cx: &mut Context<'_>) -> Poll<()> {
        self.quiet &= !watch.owes_something();
        while self.over.as_mut().poll(cx).is_ready() {
            if std::mem::replace(&mut self.quiet, !watch.owes_something()) {
                return Poll::Ready(());
            }
            self.over.as_mut().reset(tokio::time::Instant::now() + HTTP2_FAREWELL);
        }
        Poll::Pending
    }
}

impl<S: Serve> Link<S> {
    /// Takes a request over HTTP/2 whose head has just been parsed.
    fn call(
        self: &Rc<Self>,
        request: http::Request<hyper::body::Incoming>,
    ) -> impl Future<Output = Result<http::Response<Answer>, Infallible>> + use<S> {
        let (incoming, under_way) = self.incoming(request);
        let link = Rc::clone(self);
        let fault = rules::check(&incoming.head).err();
        let place = Arc::clone(&link.room.streams).try_acquire_owned();
        async move {
            let room = &link.room;
            let Ok(_place) = place else { return Ok(Answer::new(overloaded(), under_way)) };
            if let Some(fault) = fault {
                tracing::debug!(peer = %link.peer, %fault, "a request was refused");
                return Ok(Answer::new(fault.answer(), under_way));
            }
            let answer = AssertUnwindSafe(room.serve.answer(incoming, &room.worker));
            let answer = answer.catch_unwind().await.unwrap_or_else(|_| room.after_panic());
            Ok(Answer::new(answer, under_way))
        }
    }

    fn incoming(&self, request: http::Request<hyper::body::Incoming>) -> (Incoming, UnderWay) {
        let (head, body) = request.into_parts();
        let under_way = self.watch.request();
        let started = Instant::now();
        let body = if body.is_end_stream() {
            Body::Empty
        } else {
            // Of the streams of a connection the patrol knows nothing.
            let arriving = Body::Stream(Arriving::Http2(body)).never_idle_for(self.room.stall_time);
            arriving.over_by(started + self.room.body_time)
        };
        let incoming = Incoming {
            head: head.into(),
            header_names: HeaderNames::default(),
            body,
            peer: self.peer,
            ends: Arc::clone(&self.ends),
            secured: self.secured.clone(),
            received: self.room.clock.now(),
            started,
            upgrade: None,
        };
        (incoming, under_way)
    }
}

impl<S> Room<S> {
    /// The panic hook has told the operator where; the client gets API Gateway's answer to
    /// failures of its own (recorded from AWS).
    pub(super) fn after_panic(&self) -> Response<Body> {
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

/// To what is more than may be under way. Nothing was done, so it may be asked again.
fn overloaded() -> Response<Body> {
    let body = Body::Whole(Bytes::from_static(br#"{"message":"Service Unavailable"}"#));
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("1"));
    response
}

/// Runs the streams of HTTP/2 connections where the connections run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnThisThread;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnThisThread {
    fn execute(&self, stream: F) {
        tokio::task::spawn_local(stream);
    }
}
