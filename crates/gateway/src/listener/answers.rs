//! Answers over HTTP/1.1 as bytes: a head and a body that is at hand are one write.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use base::Timestamp;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{StatusCode, Version};
use http_body::{Body as _, Frame};

use super::client_body::Shared;
use super::connection::Room;
use super::requests::poll_gone;
use super::roster::Enrolled;
use super::watch::Verdict;
use crate::exchange::{Body, BodyError};
use crate::http1::{Length, push_chunk_size, push_head_end, push_headers};
use crate::message::{Headers, Response};

/// Bodies up to this size are copied behind their head: that costs less than a second piece.
const COPIED: usize = 4 * 1024;

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// What an answer has to know of its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// By HEAD.
    pub(super) head: bool,
    pub(super) version: Version,
    /// The client has said that it keeps its connection.
    pub(super) keep_alive: bool,
}

/// A piece of a body, or why there is none.
type Piece = Result<Frame<Bytes>, BodyError>;

/// Why an answer was not written to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("its body broke: {0}")]
    Body(#[from] BodyError),
    #[error("its body has another length than was announced")]
    Length,
    #[error("the client went away")]
    Gone,
}

/// The `Date` header's value, kept by the patrol: no answer asks for the time.
#[derive(Debug)]
pub(super) struct Date {
    second: i64,
    text: String,
}

impl Date {
    pub(super) fn at(now: Timestamp) -> Self {
        let mut date = Self { second: i64::MIN, text: String::new() };
        date.keep_up(now);
        date
    }

    pub(super) fn keep_up(&mut self, now: Timestamp) {
        if self.second != now.as_secs() {
            self.second = now.as_secs();
            let seconds = std::time::Duration::from_secs(u64::try_from(now.as_secs()).unwrap_or_default());
            self.text = httpdate::fmt_http_date(std::time::SystemTime::UNIX_EPOCH + seconds);
        }
    }
}

/// Writes an answer; whether the connection may be used again.
pub(super) async fn write<S>(
    response: Response<Body>,
    asked: Asked,
    close: bool,
    shared: &Rc<RefCell<Shared>>,
    room: &Room<S>,
    enrolled: &Enrolled,
) -> Result<bool, Unwritten> {
    room.under_way.all_had_their_turn().await;
    let (parts, mut body) = response.into_parts();
    let switches = parts.status == StatusCode::SWITCHING_PROTOCOLS;
    let bodiless = asked.head
        || parts.status.is_informational()
        || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = match (bodiless, body.length()) {
        // What the body would have been, if the backend has said so.
        (true, _) if parts.status == StatusCode::NO_CONTENT || parts.status.is_informational() => {
            Length::None
        }
        (true, length) => {
            let length = announced(&parts.headers).or(length.filter(|length| *length > 0));
            length.map_or(Length::None, Length::Known)
        }
        (false, Some(length)) => Length::Known(length),
        (false, None) if asked.version == Version::HTTP_11 => Length::Chunked,
        (false, None) => Length::UntilClosed,
    };
    let close = {
        let own = &mut *shared.borrow_mut();
        // Nothing tells the client to go on any more. What it sent and nobody read is passed over.
        own.told_to_continue = None;
        if Rc::strong_count(shared) == 1 {
            own.channel.skip_buffered_body();
            close || !own.channel.is_body_over() || length == Length::UntilClosed
        } else {
            close || length == Length::UntilClosed
        }
    };

    let mut out = room.scratch.take();
    out.clear();
    push_status(&mut out, parts.status);
    push_headers(&mut out, &parts.headers, if switches { &DATE } else { &CONNECTION });
    if !parts.headers.contains_key(DATE) || switches {
        out.extend_from_slice(b"date: ");
        out.extend_from_slice(room.date.borrow().text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if close {
        out.extend_from_slice(b"connection: close\r\n");
    } else if asked.version == Version::HTTP_10 && asked.keep_alive {
        out.extend_from_slice(b"connection: keep-alive\r\n");
    }
    push_head_end(&mut out, length);

    let to = To { shared, enrolled };
    let written = match body {
        _ if bodiless => to.all(&out, &[], b"").await,
        Body::Empty => to.all(&out, &[], b"").await,
        Body::Whole(whole) if whole.len() <= COPIED => {
            out.extend_from_slice(&whole);
            to.all(&out, &[], b"").await
        }
        Body::Whole(whole) => to.all(&out, &whole, b"").await,
        Body::Stream(_) | Body::Bounded(_) | Body::Compressed(_) => {
            to.stream(&mut out, &mut body, length).await
        }
    };
    out.clear();
    room.scratch.set(out);
    written.map(|()| !close)
}

/// A client that is written to.
struct To<'a> {
    shared: &'a Rc<RefCell<Shared>>,
    enrolled: &'a Enrolled,
}

impl To<'_> {
    /// Writes these, and brings them to the socket.
    async fn all(&self, first: &[u8], second: &[u8], third: &[u8]) -> Result<(), Unwritten> {
        let mut at = 0;
        poll_fn(|cx| self.poll_all(cx, [first, second, third], &mut at)).await
    }

    fn poll_all(
        &self,
        cx: &mut Context<'_>,
        pieces: [&[u8]; 3],
        at: &mut usize,
    ) -> Poll<Result<(), Unwritten>> {
        let mut own = self.shared.borrow_mut();
        let Shared { channel, watch, .. } = &mut *own;
        let before = *at;
        let written = match channel.poll_write(cx, pieces, at) {
            Poll::Ready(Ok(())) => channel.poll_flush(cx),
            unwritten => unwritten,
        };
        if *at != before {
            watch.wrote(at.saturating_sub(before));
        }
        match written {
            Poll::Ready(Ok(())) => {
                watch.flushed();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            Poll::Pending => {
                watch.write_waits();
                match self.enrolled.verdict(cx) {
                    Verdict::Cut => Poll::Ready(Err(Unwritten::Gone)),
                    Verdict::Keep | Verdict::Drain => Poll::Pending,
                }
            }
        }
    }

    /// Writes a body piece by piece as it comes, the first behind the head that is in `out`.
    async fn stream(&self, out: &mut Vec<u8>, body: &mut Body, length: Length) -> Result<(), Unwritten> {
        let mut left = match length {
            Length::Known(length) => Some(length),
            Length::None | Length::Chunked | Length::UntilClosed => None,
        };
        // The head does not wait for a body that is long in coming.
        let mut next = Some(poll_fn(|cx| Poll::Ready(Pin::new(&mut *body).poll_frame(cx))).await);
        loop {
            let frame = match next.take() {
                Some(Poll::Ready(frame)) => frame,
                Some(Poll::Pending) => {
                    self.all(out, &[], b"").await?;
                    out.clear();
                    continue;
                }
                None => poll_fn(|cx| self.poll_frame(cx, body)).await?,
            };
            let data = match frame {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    // What is complete was meant for the client; the cut tells it of the rest.
                    drop(self.all(out, &[], b"").await);
                    return Err(error.into());
                }
                None => break,
            };
            if data.is_empty() {
                continue;
            }
            if let Some(left) = &mut left {
                *left = left.checked_sub(data.len() as u64).ok_or(Unwritten::Length)?;
            }
            let over = left == Some(0) || (left.is_none() && body.is_end_stream());
            self.piece(out, &data, length, over).await?;
            out.clear();
            if over {
                return Ok(());
            }
        }
        if left.is_some_and(|left| left > 0) {
            return Err(Unwritten::Length);
        }
        if length == Length::Chunked {
            out.extend_from_slice(LAST_CHUNK);
        }
        self.all(out, &[], b"").await
    }

    async fn piece(
        &self,
        out: &mut Vec<u8>,
        data: &Bytes,
        length: Length,
        over: bool,
    ) -> Result<(), Unwritten> {
        let end: &[u8] = match (length, over) {
            (Length::Chunked, true) => b"\r\n0\r\n\r\n",
            (Length::Chunked, false) => b"\r\n",
            (Length::None | Length::Known(_) | Length::UntilClosed, _) => b"",
        };
        if length == Length::Chunked {
            push_chunk_size(out, data.len());
        }
        if data.len() <= COPIED {
            out.extend_from_slice(data);
            out.extend_from_slice(end);
            return self.all(out, &[], b"").await;
        }
        self.all(out, data, end).await
    }

    /// The next piece of the body, unless the client goes away while it is waited for.
    fn poll_frame(&self, cx: &mut Context<'_>, body: &mut Body) -> Poll<Result<Option<Piece>, Unwritten>> {
        if self.enrolled.verdict(cx) == Verdict::Cut {
            return Poll::Ready(Err(Unwritten::Gone));
        }
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            return Poll::Ready(Ok(frame));
        }
        poll_gone(self.shared, cx).map(|()| Err(Unwritten::Gone))
    }
}

/// The length that a body would have had.
fn announced(headers: &Headers) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn push_status(out: &mut Vec<u8>, status: StatusCode) {
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}
