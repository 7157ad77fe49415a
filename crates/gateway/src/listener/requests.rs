//! Requests over HTTP/1.1: one after the other is read, answered by [`Serve`], and written back, all in
//! the connection's own task.

use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use http::header::UPGRADE;
use http::{HeaderValue, Method, StatusCode, Version, header};

use super::Serve;
use super::answers::{self, Asked};
use super::client_body::{ClientBody, Shared};
use super::connection::Link;
use super::roster::Enrolled;
use super::upgrade::Upgrade;
use super::watch::Verdict;
use crate::exchange::{Arriving, Body, HeaderNames, Incoming};
use crate::http1::{
    Channel, Expectation, Fault, Framing, RequestHead, RequestHeads, Rewound, Transport, Unacceptable,
};
use crate::message::Response;

/// How HTTP/2 begins (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is read, and how long, of a client whose connection is about to be closed, so that it sees
/// the answer before it sees the end (RFC 9112, section 9.6).
const LAST_WORDS: usize = 256 * 1024;
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// How a connection goes on after its last request.
pub(super) enum End {
    /// Not at all.
    Closed,
    /// In HTTP/2, which it began with.
    Http2(Rewound),
    /// In another protocol.
    Upgraded(Rewound),
}

/// What a client has sent.
enum Came {
    Request(Box<RequestHead>),
    Unacceptable(Unacceptable),
    Http2,
    Nothing,
}

/// Serves one connection until it ends or changes its protocol.
pub(super) async fn serve<S: Serve>(transport: Transport, link: &Rc<Link<S>>, enrolled: &Enrolled) -> End {
    let shared = Rc::new(RefCell::new(Shared {
        channel: Channel::new(transport),
        watch: Rc::clone(&link.watch),
        request: 0,
        told_to_continue: None,
        task: None,
    }));
    let mut heads = RequestHeads::default();
    loop {
        match poll_fn(|cx| poll_request(&shared, &mut heads, enrolled, cx)).await {
            Came::Nothing => return End::Closed,
            Came::Http2 => return rewound(shared).map_or(End::Closed, End::Http2),
            Came::Unacceptable(Unacceptable { status, why }) => {
                tracing::debug!(peer = %link.peer, %why, "a request is not taken");
                refuse(&shared, status, link, enrolled).await;
                return End::Closed;
            }
            Came::Request(head) => match answer(*head, &shared, link, enrolled).await {
                After::Next => {}
                After::Closed => return End::Closed,
                After::LastWords => {
                    last_words(&shared, enrolled).await;
                    return End::Closed;
                }
                After::Upgraded => return rewound(shared).map_or(End::Closed, End::Upgraded),
            },
        }
    }
}

fn poll_request(
    shared: &RefCell<Shared>,
    heads: &mut RequestHeads,
    enrolled: &Enrolled,
    cx: &mut Context<'_>,
) -> Poll<Came> {
    let mut shared = shared.borrow_mut();
    let Shared { channel, watch, request, .. } = &mut *shared;
    match enrolled.verdict(cx) {
        Verdict::Keep => {}
        Verdict::Drain if !channel.read.is_empty() => {}
        // What has come meanwhile is answered.
        Verdict::Drain if matches!(channel.poll_fill(cx), Poll::Ready(Ok(1..))) => watch.read(),
        Verdict::Drain | Verdict::Cut => return Poll::Ready(Came::Nothing),
    }
    loop {
        if *request == 0 && !channel.read.is_empty() {
            let (read, preface) = (&channel.read[..], HTTP2_PREFACE);
            if read.starts_with(preface) {
                return Poll::Ready(Came::Http2);
            }
            if preface.starts_with(read) {
                match channel.poll_fill(cx) {
                    Poll::Ready(Ok(1..)) => continue,
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Came::Nothing),
                    Poll::Pending => {
                        watch.in_head();
                        return Poll::Pending;
                    }
                }
            }
        }
        match heads.take(&mut channel.read) {
            Ok(Some(head)) => return Poll::Ready(Came::Request(Box::new(head))),
            Ok(None) => {}
            Err(unacceptable) => return Poll::Ready(Came::Unacceptable(unacceptable)),
        }
        match channel.poll_fill_or_listen(cx) {
            Poll::Ready(Ok(1..)) => watch.read(),
            Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Came::Nothing),
            Poll::Pending => {
                if !channel.read.is_empty() {
                    watch.in_head();
                }
                return Poll::Pending;
            }
        }
    }
}

/// What follows an answer.
enum After {
    /// The next request.
    Next,
    /// The end, at once.
    Closed,
    /// The end, once the client has had time to read the answer.
    LastWords,
    /// Another protocol.
    Upgraded,
}

async fn answer<S: Serve>(
    head: RequestHead,
    shared: &Rc<RefCell<Shared>>,
    link: &Rc<Link<S>>,
    enrolled: &Enrolled,
) -> After {
    let _under_way = (link.watch.request(), link.room.under_way.begin());
    let asked = Asked {
        head: head.parts.method == Method::HEAD,
        version: head.parts.version,
        keep_alive: head.persistence.keep_alive,
    };
    let close = head.persistence.close;
    let incoming = incoming(head, shared, link);
    let (room, mut draining) = (&link.room, false);
    let answering = AssertUnwindSafe(room.serve.answer(incoming, &room.worker)).catch_unwind();
    let mut answering = pin!(answering);
    let answered = poll_fn(|cx| {
        match enrolled.verdict(cx) {
            Verdict::Keep => {}
            Verdict::Drain => draining = true,
            Verdict::Cut => return Poll::Ready(None),
        }
        if let Poll::Ready(answered) = answering.as_mut().poll(cx) {
            return Poll::Ready(Some(answered));
        }
        poll_gone(shared, cx).map(|()| None)
    });
    let response = match answered.await {
        Some(Ok(response)) => response,
        Some(Err(_)) => room.after_panic(),
        None => return After::Closed,
    };
    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let close = close || draining || asks_to_close(&response);
    let written = answers::write(response, asked, close, shared, room, enrolled).await;
    let mut own = shared.borrow_mut();
    own.request += 1;
    own.told_to_continue = None;
    match written {
        Ok(_) if upgraded => After::Upgraded,
        Ok(true) if own.channel.is_body_over() => After::Next,
        // The client may still be sending.
        Ok(_) if !own.channel.is_body_over() => After::LastWords,
        Ok(_) => After::Closed,
        Err(why) => {
            tracing::debug!(peer = %link.peer, %why, "an answer was not written to its end");
            After::Closed
        }
    }
}

/// Whether the client goes away while its answer is made: seen once its body has been read.
pub(super) fn poll_gone(shared: &RefCell<Shared>, cx: &mut Context<'_>) -> Poll<()> {
    let mut shared = shared.borrow_mut();
    if shared.channel.is_in_body() {
        if !shared.task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            shared.task = Some(cx.waker().clone());
        }
        return Poll::Pending;
    }
    shared.channel.poll_gone(cx)
}

fn incoming<S: Serve>(head: RequestHead, shared: &Rc<RefCell<Shared>>, link: &Rc<Link<S>>) -> Incoming {
    let RequestHead { parts, bytes, framing, persistence, expectation } = head;
    let upgrade = persistence.upgrade
        && framing == Framing::Length(0)
        && parts.version == Version::HTTP_11
        && parts.headers.contains_key(UPGRADE);
    let body = {
        let mut own = shared.borrow_mut();
        own.channel.begin_body(framing);
        match own.channel.take_whole() {
            Some(whole) => Body::from(whole),
            None => {
                own.told_to_continue = (expectation == Expectation::Continue).then_some(0);
                drop(own);
                Body::Stream(Arriving::Client(ClientBody::new(shared)))
            }
        }
    };
    Incoming {
        head: parts,
        header_names: HeaderNames::of_head(bytes),
        body,
        peer: link.peer,
        ends: Arc::clone(&link.ends),
        secured: link.secured.clone(),
        received: link.room.clock.now(),
        started: Instant::now(),
        upgrade: upgrade.then(|| Upgrade::new(&link.next)),
    }
}

fn asks_to_close(response: &Response<Body>) -> bool {
    let connection = response.headers().get(header::CONNECTION);
    connection.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}

/// Answers what is no request; API Gateway's own body for it is not recorded.
async fn refuse<S: Serve>(
    shared: &Rc<RefCell<Shared>>,
    status: StatusCode,
    link: &Link<S>,
    enrolled: &Enrolled,
) {
    let text: &[u8] = match status {
        StatusCode::NOT_IMPLEMENTED => br#"{"message":"Not Implemented"}"#,
        _ => br#"{"message":"Bad Request"}"#,
    };
    let mut response = Response::new(Body::Whole(bytes::Bytes::from_static(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let asked = Asked { head: false, version: Version::HTTP_11, keep_alive: false };
    let _under_way = link.watch.request();
    if answers::write(response, asked, true, shared, &link.room, enrolled).await.is_ok() {
        last_words(shared, enrolled).await;
    }
}

/// Reads on for a while: bytes that are not read when a connection is closed can cost the client the
/// answer.
async fn last_words(shared: &RefCell<Shared>, enrolled: &Enrolled) {
    let mut left = LAST_WORDS;
    let said = poll_fn(|cx| {
        if enrolled.verdict(cx) == Verdict::Cut {
            return Poll::Ready(());
        }
        let channel = &mut shared.borrow_mut().channel;
        if channel.poll_shutdown(cx).is_pending() {
            return Poll::Pending;
        }
        loop {
            channel.read.clear();
            match channel.poll_fill(cx) {
                Poll::Ready(Ok(said @ 1..)) if said < left => left -= said,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    });
    // Whoever says more than that, or takes longer, has had the time.
    drop(tokio::time::timeout(LAST_WORDS_TIME, said).await);
}

fn rewound(shared: Rc<RefCell<Shared>>) -> Option<Rewound> {
    Some(Rc::try_unwrap(shared).ok()?.into_inner().channel.into_rewound())
}

impl From<Fault> for std::io::Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Io(error) => error,
            other => Self::other(other),
        }
    }
}
