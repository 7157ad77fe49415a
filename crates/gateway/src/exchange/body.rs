//! Bodies: nothing, bytes in hand, or a stream that is still arriving. Streams are passed on
//! frame by frame unless something that is switched on needs them whole.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame, SizeHint};

/// A request's or a response's body.
#[derive(Debug, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// All of it.
    Whole(Bytes),
    /// From a socket.
    Stream(hyper::body::Incoming),
    /// From a socket, up to a limit.
    Bounded(Bounded),
}

/// A stream that is cut off, with an error, where it grows larger than its limit.
#[derive(Debug)]
pub struct Bounded {
    /// What was read of it already; not counted in `left`.
    ahead: Bytes,
    incoming: hyper::body::Incoming,
    left: usize,
    limit: usize,
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
    Broken(#[source] hyper::Error),
    /// More bytes than the reader takes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
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
                Ok(Self::Bounded(Bounded { ahead: Bytes::new(), incoming, left: limit, limit }))
            }
            Self::Bounded(bounded) if bounded.size_hint().lower() <= limit as u64 => {
                let left = limit - bounded.ahead.len().min(limit);
                Ok(Self::Bounded(Bounded { left, limit, ..bounded }))
            }
            Self::Whole(_) | Self::Stream(_) | Self::Bounded(_) => Err(BodyError::TooLarge { limit }),
        }
    }

    /// The body's length, if it is known before the body is read.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        http_body::Body::size_hint(self).exact()
    }
}

impl Bounded {
    fn is_end_stream(&self) -> bool {
        self.ahead.is_empty() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, ahead) = (self.incoming.size_hint(), self.ahead.len() as u64);
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
        let frame = std::task::ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
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
            Self::Stream(incoming) => Pin::new(incoming).poll_frame(cx).map_err(BodyError::Broken),
            Self::Bounded(bounded) => bounded.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream(incoming) => incoming.is_end_stream(),
            Self::Bounded(bounded) => bounded.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(incoming) => incoming.size_hint(),
            Self::Bounded(bounded) => bounded.size_hint(),
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
        Body::Whole(_) => return Ok(Peeked::Larger(body)),
        Body::Stream(incoming) => {
            Bounded { ahead: Bytes::new(), incoming, left: usize::MAX, limit: usize::MAX }
        }
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
