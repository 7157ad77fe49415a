//! Bodies: nothing, bytes in hand, or a stream that is still arriving. Streams are passed on
//! frame by frame unless something that is switched on needs them whole.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http_body::{Body as _, Frame, SizeHint};
use ports::functions::{Part, Parts, StreamEnd};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Compressed;
use super::function_stream::FunctionStream;
use crate::http1::Fault;
use crate::integration::http::BackendBody;
use crate::listener::ClientBody;

/// A request's or a response's body.
#[derive(Debug, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// All of it.
    Whole(Bytes),
    /// From a socket.
    Stream(Arriving),
    /// From a socket, up to a limit.
    Bounded(Box<Bounded>),
    /// Compressed on its way to the client. Nobody else reads it.
    Compressed(Box<Compressed>),
}

/// A body that is read from its connection as it arrives.
#[derive(Debug)]
pub enum Arriving {
    /// A client's, over HTTP/1.1.
    Client(ClientBody),
    /// A backend's, over HTTP/1.1.
    Backend(Box<BackendBody>),
    /// Either one's, over HTTP/2.
    Http2(hyper::body::Incoming),
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Over HTTP/1.1.
    #[error(transparent)]
    Http1(#[from] Fault),
    /// Over HTTP/2.
    #[error(transparent)]
    Http2(#[from] hyper::Error),
}

/// A stream that is cut off, with an error, where it grows larger than its limit or stands still for
/// too long.
#[derive(Debug)]
pub struct Bounded {
    /// What was read of it already; not counted in `left`.
    ahead: Bytes,
    source: Source,
    left: usize,
    limit: usize,
    idle: Option<Box<Idle>>,
    /// When all of it must have come.
    over_by: Option<Pin<Box<Sleep>>>,
}

/// Where a stream comes from.
#[derive(Debug)]
enum Source {
    Socket(Arriving),
    Function(Box<FunctionStream>),
}

/// How long a stream may stand still.
#[derive(Debug)]
struct Idle {
    limit: Duration,
    until: Pin<Box<Sleep>>,
}

/// What [`peek`] has seen.
#[derive(Debug)]
pub enum Peeked {
    /// All of the body.
    Whole(Bytes),
    /// It is larger. This is all of it, the part that was read in front.
    Larger(Body),
}

/// A body that could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The connection failed or broke the protocol.
    #[error("the body ended early: {0}")]
    Broken(#[source] TransferError),
    /// More bytes than the reader takes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
    /// Nothing came for so long that nothing more is expected.
    #[error("the body stood still for {} seconds", limit.as_secs())]
    Idle {
        /// The longest that it may.
        limit: Duration,
    },
    /// Time ran out before all of it was there.
    #[error("the body was not complete in time")]
    Late,
    /// The function failed while it answered.
    #[error("the function failed while it answered: {why}")]
    Function {
        /// Its error object.
        why: String,
    },
    /// The body could not be compressed.
    #[error("the body could not be compressed: {0}")]
    Compressor(#[source] std::io::Error),
}

impl Body {
    /// This body, if it has at most `limit` bytes: known bodies are measured now, streams as
    /// they arrive.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] if the body is known to be larger, or is announced so.
    pub fn within(self, limit: usize) -> Result<Self, BodyError> {
        match self {
            Self::Empty => Ok(Self::Empty),
            Self::Whole(bytes) if bytes.len() <= limit => Ok(Self::Whole(bytes)),
            Self::Stream(incoming) if incoming.size_hint().lower() <= limit as u64 => {
                Ok(Self::bounded(Bounded { left: limit, limit, ..Bounded::unbounded(incoming) }))
            }
            Self::Bounded(mut bounded) if bounded.size_hint().lower() <= limit as u64 => {
                bounded.left = limit - bounded.ahead.len().min(limit);
                bounded.limit = limit;
                Ok(Self::Bounded(bounded))
            }
            Self::Whole(_) | Self::Stream(_) | Self::Bounded(_) | Self::Compressed(_) => {
                Err(BodyError::TooLarge { limit })
            }
        }
    }

    /// In a box: every answer is moved a few times, and most have nothing to do with this.
    fn bounded(bounded: Bounded) -> Self {
        Self::Bounded(Box::new(bounded))
    }

    /// What a function streams: `ahead`, which has come already, and then `parts`.
    #[must_use]
    pub fn of_function(parts: Parts, ahead: Bytes) -> Self {
        let source = Source::Function(Box::new(FunctionStream::new(parts)));
        Self::bounded(Bounded { ahead, ..Bounded::of(source) })
    }

    /// What is made while it is sent.
    #[must_use]
    pub fn of_stream(parts: BoxStream<'static, Bytes>) -> Self {
        let end = stream::once(async { Part::End(StreamEnd::default()) });
        Self::of_function(parts.map(Part::Data).chain(end).boxed(), Bytes::new())
    }

    /// This body, if none of its parts is longer in coming than `limit`.
    #[must_use]
    pub fn never_idle_for(self, limit: Duration) -> Self {
        let idle = || Some(Box::new(Idle { limit, until: Box::pin(sleep(limit)) }));
        match self {
            Self::Stream(incoming) => Self::bounded(Bounded { idle: idle(), ..Bounded::unbounded(incoming) }),
            Self::Bounded(bounded) => Self::bounded(Bounded { idle: idle(), ..*bounded }),
            there @ (Self::Empty | Self::Whole(_) | Self::Compressed(_)) => there,
        }
    }

    /// This body, cut off if it is not complete at `deadline`.
    #[must_use]
    pub(crate) fn over_by(self, deadline: std::time::Instant) -> Self {
        let over_by = || Some(Box::pin(sleep_until(deadline.into())));
        match self {
            Self::Stream(incoming) => {
                Self::bounded(Bounded { over_by: over_by(), ..Bounded::unbounded(incoming) })
            }
            Self::Bounded(bounded) => Self::bounded(Bounded { over_by: over_by(), ..*bounded }),
            there @ (Self::Empty | Self::Whole(_) | Self::Compressed(_)) => there,
        }
    }

    /// The body's length, if it is known before the body is read.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        http_body::Body::size_hint(self).exact()
    }
}

impl Arriving {
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Client(body) => body.is_over(),
            Self::Backend(body) => body.is_over(),
            Self::Http2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Client(body) => body.size_hint(),
            Self::Backend(body) => body.size_hint(),
            Self::Http2(body) => body.size_hint(),
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let data = match self {
            Self::Client(body) => body.poll_data(cx),
            Self::Backend(body) => body.poll_data(cx),
            Self::Http2(body) => {
                let broken = |error| BodyError::Broken(TransferError::Http2(error));
                return Pin::new(body).poll_frame(cx).map_err(broken);
            }
        };
        data.map(|data| {
            data.map(|data| data.map(Frame::data).map_err(|fault| BodyError::Broken(fault.into())))
        })
    }
}

impl Bounded {
    fn unbounded(incoming: Arriving) -> Self {
        Self::of(Source::Socket(incoming))
    }

    fn of(source: Source) -> Self {
        Self { ahead: Bytes::new(), source, left: usize::MAX, limit: usize::MAX, idle: None, over_by: None }
    }

    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty()
            && match &self.source {
                Source::Socket(incoming) => incoming.is_end_stream(),
                Source::Function(stream) => stream.is_over(),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = match &self.source {
            Source::Socket(incoming) => incoming.size_hint(),
            Source::Function(_) => SizeHint::default(),
        };
        let ahead = self.ahead.len() as u64;
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ahead));
        }
        hint
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.ahead)))));
        }
        if let Some(over_by) = &mut self.over_by
            // A source that is never at a loss leaves the timers no time.
            && (over_by.deadline() <= Instant::now() || over_by.as_mut().poll(cx).is_ready())
        {
            return Poll::Ready(Some(Err(BodyError::Late)));
        }
        let polled = match &mut self.source {
            Source::Socket(incoming) => incoming.poll_frame(cx),
            Source::Function(stream) => stream.poll_frame(cx),
        };
        let Poll::Ready(frame) = polled else {
            return match &mut self.idle {
                Some(idle) => idle.poll_end(cx).map(|error| Some(Err(error))),
                None => Poll::Pending,
            };
        };
        if let Some(idle) = &mut self.idle {
            idle.begin_again();
        }
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        let length = frame.data_ref().map_or(0, Bytes::len);
        match self.left.checked_sub(length) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
            None => Poll::Ready(Some(Err(BodyError::TooLarge { limit: self.limit }))),
        }
    }
}

impl Idle {
    fn begin_again(&mut self) {
        self.until.as_mut().reset(Instant::now() + self.limit);
    }

    /// The end of patience, if it has come.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        self.until.as_mut().poll(cx).map(|()| BodyError::Idle { limit: self.limit })
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Whole(bytes) }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match this {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                *this = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stream(incoming) => incoming.poll_frame(cx),
            Self::Bounded(bounded) => bounded.poll_frame(cx),
            Self::Compressed(compressed) => compressed.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream(incoming) => incoming.is_end_stream(),
            Self::Bounded(bounded) => bounded.is_end_stream(),
            Self::Compressed(compressed) => compressed.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(incoming) => incoming.size_hint(),
            Self::Bounded(bounded) => bounded.size_hint(),
            Self::Compressed(compressed) => compressed.size_hint(),
        }
    }
}

/// Reads `body` to its end, taking at most `limit` bytes.
///
/// # Errors
/// [`BodyError::TooLarge`] as soon as the announced or the received length passes `limit`;
/// [`BodyError::Broken`] if the sender stops early.
pub async fn read_whole(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    match peek(body, limit).await? {
        Peeked::Whole(bytes) => Ok(bytes),
        Peeked::Larger(_) => Err(BodyError::TooLarge { limit }),
    }
}

/// Reads `body` as far as it has at most `limit` bytes, without losing any of a larger one.
///
/// # Errors
/// [`BodyError::Broken`] if the sender stops early; [`BodyError::TooLarge`] if the body was bound
/// to less already.
pub async fn peek(body: Body, limit: usize) -> Result<Peeked, BodyError> {
    let mut bounded = match body {
        Body::Empty => return Ok(Peeked::Whole(Bytes::new())),
        Body::Whole(bytes) if bytes.len() <= limit => return Ok(Peeked::Whole(bytes)),
        Body::Whole(_) | Body::Compressed(_) => return Ok(Peeked::Larger(body)),
        Body::Stream(incoming) => Box::new(Bounded::unbounded(incoming)),
        Body::Bounded(bounded) => bounded,
    };
    if bounded.size_hint().lower() > limit as u64 {
        return Ok(Peeked::Larger(Body::Bounded(bounded)));
    }
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| bounded.poll_frame(cx)).await {
        let Ok(data) = frame?.into_data() else { continue };
        if more.is_empty() && first.is_empty() {
            first = data;
        } else {
            if more.is_empty() {
                more.reserve(first.len() + data.len());
                more.extend_from_slice(&std::mem::take(&mut first));
            }
            more.extend_from_slice(&data);
        }
        if first.len() + more.len() > limit {
            bounded.ahead = if more.is_empty() { first } else { more.freeze() };
            return Ok(Peeked::Larger(Body::Bounded(bounded)));
        }
    }
    Ok(Peeked::Whole(if more.is_empty() { first } else { more.freeze() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn patience_begins_again_with_each_part_and_ends() {
        let limit = Duration::from_millis(1);
        let mut idle = Idle { limit, until: Box::pin(sleep(Duration::ZERO)) };
        idle.begin_again();
        let again = idle.until.deadline();
        idle.begin_again();
        assert!(idle.until.deadline() >= again);
        let error = std::future::poll_fn(|cx| idle.poll_end(cx)).await;
        assert!(matches!(error, BodyError::Idle { limit: own } if own == limit));
    }
}
