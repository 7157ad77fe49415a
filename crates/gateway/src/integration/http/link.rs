//! One exchange over HTTP/1.1 with a backend: the request is written and the answer read in the task
//! of whoever asks. A connection is lent to the exchange and goes back to its pool when the answer has
//! been read to its end; it ends if the answer is dropped before.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use http_body::{Body as _, SizeHint};

use super::bounds::{IDLE_TIME, MAY_BE_STALE};
use super::pool::{Open, Pool, Slot};
use crate::exchange::{Arriving, Body, BodyError};
use crate::http1::{
    Channel, Fault, Length, ResponseHead, ResponseHeads, Transport, push_chunk_size, push_head_end,
    push_header, push_headers,
};
use crate::message::{Headers, Request, Response};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Bodies up to this size are copied behind their head: that costs less than a second piece.
const COPIED: usize = 4 * 1024;

/// A connection that is in no exchange.
#[derive(Debug)]
pub(super) struct Free {
    channel: Channel,
    open: Open,
    idle_since: Instant,
    /// How long it may be idle.
    idle_time: Duration,
}

/// A request that was not answered.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) why: Why,
    /// Whether the backend can have seen any of it.
    pub(super) sent: bool,
    /// Not yet used up by the connection's end.
    pub(super) slot: Slot,
}

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum Why {
    /// The backend, or the way to it.
    Backend(Fault),
    /// The request's own body.
    Body(BodyError),
}

impl From<Fault> for Why {
    fn from(fault: Fault) -> Self {
        Self::Backend(fault)
    }
}

impl Free {
    /// Of a connection that was just made.
    pub(super) fn new(transport: Transport, pool: &Rc<Pool>) -> Self {
        let channel = Channel::new(transport);
        Self { channel, open: Open::begin(pool), idle_since: Instant::now(), idle_time: IDLE_TIME }
    }

    /// Whether a request can be sent on it.
    pub(super) fn is_usable(&mut self, now: Instant) -> bool {
        self.resting(now) < self.idle_time && self.channel.is_at_rest()
    }

    /// Whether the backend may have closed it without our having seen that yet.
    pub(super) fn may_be_stale(&self, now: Instant) -> bool {
        self.resting(now) >= MAY_BE_STALE
    }

    fn resting(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.idle_since)
    }

    /// Sends `request`, and waits for the head of the answer. A body that is no stream is left in
    /// `request`, which can then be sent again.
    pub(super) async fn send(
        self,
        request: &mut Request<Body>,
        pool: &Rc<Pool>,
        slot: Slot,
        scratch: &Cell<Vec<u8>>,
    ) -> Result<Response<Body>, Unanswered> {
        let Self { mut channel, open, .. } = self;
        let mut upload = Upload::begin(request, pool.target.authority(), scratch.take());
        let mut heads = ResponseHeads::default();
        let method = request.method();
        let head = poll_fn(|cx| {
            let polled = poll_head(&mut channel, &mut upload, &mut heads, method, cx);
            if let Some(released) = upload.release() {
                scratch.set(released);
            }
            polled
        })
        .await;
        let head = match head {
            Ok(head) => head,
            Err(why) => return Err(Unanswered { why, sent: upload.begun(), slot }),
        };
        let ResponseHead { status, headers, framing, persists } = head;
        let idle_time = announced(&headers).map_or(IDLE_TIME, |time| time.min(IDLE_TIME));
        channel.begin_body(framing);
        let whole = channel.take_whole();
        let lent = Lent { channel, open, slot, pool: Rc::clone(pool), persists, idle_time };
        let upload = Some(upload).filter(|upload| !upload.is_over());
        let body = match whole {
            Some(whole) => {
                if upload.is_none() {
                    lent.give_back();
                }
                Body::from(whole)
            }
            None => Body::Stream(Arriving::Backend(Box::new(BackendBody { lent: Some(lent), upload }))),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    #[cfg(test)]
    pub(super) fn age(&mut self, by: Duration) {
        self.idle_since = self.idle_since.checked_sub(by).unwrap_or(self.idle_since);
    }
}

/// Writes what can be written of the request, and reads what there is of the answer.
fn poll_head(
    channel: &mut Channel,
    upload: &mut Upload,
    heads: &mut ResponseHeads,
    method: &Method,
    cx: &mut Context<'_>,
) -> Poll<Result<ResponseHead, Why>> {
    match upload.poll(channel, cx) {
        // A backend that takes no more may have answered before.
        Poll::Ready(Ok(()) | Err(Why::Backend(_))) | Poll::Pending => {}
        Poll::Ready(Err(why)) => return Poll::Ready(Err(why)),
    }
    loop {
        if let Some(head) = heads.take(&mut channel.read, method)? {
            return Poll::Ready(Ok(head));
        }
        match ready!(channel.poll_fill(cx)) {
            Ok(1..) => {}
            Ok(0) => return Poll::Ready(Err(Fault::Closed.into())),
            Err(error) => return Poll::Ready(Err(Fault::Io(error).into())),
        }
    }
}

/// A request on its way out: the bytes that are being written, and where more come from.
#[derive(Debug)]
struct Upload {
    /// The head, or what stands in front of a piece of the body; small pieces too.
    out: Vec<u8>,
    /// A piece of the body.
    data: Bytes,
    /// What stands behind it.
    end: &'static [u8],
    /// How much of these three was written.
    at: usize,
    /// The rest of the body.
    body: Option<Body>,
    length: Length,
    /// What the body still owes of its announced length.
    left: u64,
    /// A piece was written already.
    begun: bool,
    failed: bool,
}

impl Upload {
    fn begin(request: &mut Request<Body>, authority: &HeaderValue, scratch: Vec<u8>) -> Self {
        let mut upload = Self {
            out: scratch,
            data: Bytes::new(),
            end: b"",
            at: 0,
            body: None,
            length: Length::None,
            left: 0,
            begun: false,
            failed: false,
        };
        upload.length = match request.body() {
            Body::Empty => empty(request),
            body => body.length().map_or(Length::Chunked, Length::Known),
        };
        upload.out.clear();
        push_request_line(&mut upload.out, request);
        if !request.headers().contains_key(header::HOST) {
            push_header(&mut upload.out, &header::HOST, authority.as_bytes());
        }
        push_headers(&mut upload.out, request.headers(), &header::CONNECTION);
        push_head_end(&mut upload.out, upload.length);
        match request.body_mut() {
            Body::Empty => {}
            Body::Whole(whole) if whole.len() <= COPIED => upload.out.extend_from_slice(whole),
            Body::Whole(whole) => upload.data = whole.clone(),
            stream => {
                if let Length::Known(length) = upload.length {
                    upload.left = length;
                }
                upload.body = Some(std::mem::take(stream));
            }
        }
        upload
    }

    /// Whether any of it may have reached the backend.
    fn begun(&self) -> bool {
        self.begun || self.at > 0
    }

    /// Whether all of it was written.
    fn is_over(&self) -> bool {
        let written = self.at >= self.out.len() + self.data.len() + self.end.len();
        self.body.is_none() && written && !self.failed
    }

    /// The buffer, once all of it was written: whoever sends next takes it while this answer is waited for.
    fn release(&mut self) -> Option<Vec<u8>> {
        if !self.is_over() || self.out.capacity() == 0 {
            return None;
        }
        self.begun = true;
        (self.at, self.data, self.end) = (0, Bytes::new(), b"");
        Some(std::mem::take(&mut self.out))
    }

    fn poll(&mut self, channel: &mut Channel, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        if self.failed {
            return Poll::Ready(Ok(()));
        }
        // A head and the first piece of its body are one write, if that piece is here.
        if !self.begun()
            && self.body.is_some()
            && let Poll::Ready(piece) = self.poll_piece(cx)
        {
            piece?;
        }
        loop {
            if let Err(error) =
                ready!(channel.poll_write(cx, [&self.out, &self.data, self.end], &mut self.at))
            {
                self.failed = true;
                return Poll::Ready(Err(Fault::Io(error).into()));
            }
            if self.body.is_none() {
                return channel.poll_flush(cx).map_err(|error| Fault::Io(error).into());
            }
            self.begun = true;
            (self.at, self.data, self.end) = (0, Bytes::new(), b"");
            self.out.clear();
            match self.poll_piece(cx) {
                Poll::Ready(piece) => piece?,
                Poll::Pending => {
                    ready!(channel.poll_flush(cx)).map_err(Fault::Io)?;
                    return Poll::Pending;
                }
            }
        }
    }

    /// Takes the next piece of the body to what is written next.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(())) };
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        let data = match frame {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(error)) => {
                self.failed = true;
                return Poll::Ready(Err(Why::Body(error)));
            }
            None => {
                self.body = None;
                if self.length == Length::Chunked {
                    self.out.extend_from_slice(b"0\r\n\r\n");
                } else if self.left > 0 {
                    self.failed = true;
                    return Poll::Ready(Err(Fault::Malformed("the body is shorter than announced").into()));
                }
                return Poll::Ready(Ok(()));
            }
        };
        if data.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.length == Length::Chunked {
            push_chunk_size(&mut self.out, data.len());
            self.end = b"\r\n";
        } else {
            let Some(left) = self.left.checked_sub(data.len() as u64) else {
                self.failed = true;
                return Poll::Ready(Err(Fault::Malformed("the body is longer than announced").into()));
            };
            self.left = left;
            if left == 0 {
                self.body = None;
            }
        }
        self.data = data;
        Poll::Ready(Ok(()))
    }
}

/// No body needs no length, but a client's own word that it is empty is passed on.
fn empty(request: &Request<Body>) -> Length {
    if *request.method() != Method::GET && request.headers().contains_key(header::CONTENT_LENGTH) {
        Length::Known(0)
    } else {
        Length::None
    }
}

fn push_request_line(out: &mut Vec<u8>, request: &Request<Body>) {
    out.extend_from_slice(request.method().as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(
        request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str).as_bytes(),
    );
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// A connection that is in an exchange.
#[derive(Debug)]
struct Lent {
    channel: Channel,
    open: Open,
    slot: Slot,
    pool: Rc<Pool>,
    persists: bool,
    idle_time: Duration,
}

impl Lent {
    /// The exchange is over.
    fn give_back(self) {
        let Self { channel, open, slot, pool, persists, idle_time } = self;
        if persists {
            // It may count as idle since its request was sent: it is then let go of early, never late.
            pool.rest(Free { channel, open, idle_since: pool.seen(), idle_time });
        }
        // Last, so that whoever waits for it finds the connection.
        drop(slot);
    }
}

/// The body of a backend's answer.
#[derive(Debug)]
pub struct BackendBody {
    /// The connection, until the body is over.
    lent: Option<Lent>,
    /// What of the request was not sent when the answer began.
    upload: Option<Upload>,
}

impl BackendBody {
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let Some(lent) = &mut self.lent else { return Poll::Ready(None) };
        if let Some(upload) = &mut self.upload
            && let Poll::Ready(ended) = upload.poll(&mut lent.channel, cx)
        {
            // A request that was not sent whole leaves its connection unusable, whatever the answer.
            lent.persists &= ended.is_ok() && !upload.failed;
            self.upload = None;
        }
        let data = ready!(lent.channel.poll_body(cx));
        if lent.channel.is_body_over()
            && let Some(mut lent) = self.lent.take()
        {
            lent.persists &= self.upload.is_none();
            lent.give_back();
        }
        Poll::Ready(data)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lent.as_ref().is_none_or(|lent| lent.channel.is_body_over())
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.lent.as_ref().map_or_else(|| SizeHint::with_exact(0), |lent| lent.channel.size_hint())
    }
}

/// The time that a `Keep-Alive: timeout=5` leaves for reuse, with a second to spare for what is
/// on its way.
fn announced(headers: &Headers) -> Option<Duration> {
    let header = headers.get(KEEP_ALIVE)?.to_str().ok()?;
    let seconds = header.split(',').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("timeout").then(|| value.trim().parse::<u64>().ok())?
    })?;
    Some(Duration::from_secs(seconds.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_may_announce_how_long_it_keeps_connections() {
        for (header, seconds) in [
            ("timeout=5", Some(4)),
            ("timeout=5, max=1000", Some(4)),
            ("max=1000, Timeout = 60", Some(59)),
            ("timeout=0", Some(0)),
            ("max=5", None),
            ("timeout=soon", None),
            ("", None),
        ] {
            let headers = Headers::from_iter([(KEEP_ALIVE, header.parse().unwrap())]);
            assert_eq!(announced(&headers), seconds.map(Duration::from_secs), "{header}");
        }
    }
}
