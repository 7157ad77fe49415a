//! Answers over HTTP/2. A client says how much of each it takes, stream by stream, and the socket tells
//! nothing of that: so the body does.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::watch::UnderWay;
use crate::exchange::{Body, BodyError};
use crate::message::Response;

/// A body that is being sent.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    /// That it is under way, unless there is nothing of it.
    taken: Option<Taken>,
}

#[derive(Debug)]
struct Taken {
    under_way: UnderWay,
    /// Whether there was more than the client has taken.
    held: bool,
}

impl Answer {
    /// An answer that is under way until all of it is sent.
    pub(super) fn new(answer: Response<Body>, under_way: UnderWay) -> http::Response<Self> {
        let answer = answer.map(|body| {
            let taken = (!body.is_end_stream()).then(|| {
                under_way.hold();
                Taken { under_way, held: true }
            });
            Self { body, taken }
        });
        answer.into()
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // Whoever asks for more has sent what there was.
        if let Some(taken) = &mut self.taken {
            taken.set(false);
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(Some(Ok(_))))
            && let Some(taken) = &mut self.taken
        {
            taken.set(true);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Taken {
    fn set(&mut self, held: bool) {
        match (self.held, held) {
            (false, true) => self.under_way.hold(),
            (true, false) => self.under_way.release(),
            _ => return,
        }
        self.held = held;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.set(false);
    }
}
