//! Where an invocation's result goes: to a caller that wants it whole, or part by part.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::HeaderValue;
use ports::functions::{InvokeError, Part, Parts, StreamEnd};
use tokio::sync::{mpsc, oneshot};

use super::JobReply;
use crate::limits::WAITING_PARTS;
use crate::runtime_api::Place;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A caller who waits.
pub(crate) enum Reply {
    /// For the whole result.
    Whole(oneshot::Sender<Result<JobReply, InvokeError>>),
    /// For the result's beginning, and then for its parts.
    Parts(PartsReply),
}

/// A caller who takes a result part by part.
pub(crate) struct PartsReply {
    /// Until the result has begun.
    waiting: Option<(oneshot::Sender<Result<Begun, InvokeError>>, Parts)>,
    parts: mpsc::Sender<Bytes>,
    end: oneshot::Sender<StreamEnd>,
}

/// A result that has begun.
pub(crate) struct Begun {
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) parts: Parts,
}

impl Reply {
    /// To a caller who wants the whole result.
    pub(crate) fn whole() -> (Self, oneshot::Receiver<Result<JobReply, InvokeError>>) {
        let (reply, answered) = oneshot::channel();
        (Self::Whole(reply), answered)
    }

    /// To a caller who takes the result as it comes.
    pub(crate) fn parts() -> (Self, oneshot::Receiver<Result<Begun, InvokeError>>) {
        let (head, begun) = oneshot::channel();
        let (parts, received) = mpsc::channel(WAITING_PARTS);
        let (end, ended) = oneshot::channel();
        let receiving = Receiving { parts: received, end: ended, is_over: false }.boxed();
        (Self::Parts(PartsReply { waiting: Some((head, receiving)), parts, end }), begun)
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Whole(reply) => reply.is_closed(),
            Self::Parts(reply) => match &reply.waiting {
                Some((head, _)) => head.is_closed(),
                None => reply.parts.is_closed(),
            },
        }
    }

    /// The result begins, and its process is about to stream it. A result begins once.
    pub(crate) fn begin(&mut self, content_type: Option<HeaderValue>) -> Place {
        match self {
            Self::Whole(_) => Place::Whole,
            Self::Parts(reply) => match reply.waiting.take() {
                Some((head, parts)) => {
                    let _ = head.send(Ok(Begun { content_type, parts }));
                    Place::Parts(reply.parts.clone())
                }
                None => Place::Nowhere,
            },
        }
    }

    /// The result, or what is behind the parts of one that was streamed.
    pub(crate) fn end(self, result: Result<JobReply, InvokeError>) {
        match self {
            Self::Whole(reply) => {
                let _ = reply.send(result);
            }
            Self::Parts(reply) => reply.end(result),
        }
    }
}

impl PartsReply {
    fn end(self, result: Result<JobReply, InvokeError>) {
        let Self { waiting, parts, end } = self;
        let JobReply { payload, is_error, log_tail } = match (result, waiting) {
            (Ok(reply), None) => reply,
            // Without an end the result is cut off.
            (Err(_), None) => return,
            (Err(error), Some((head, _))) => {
                let _ = head.send(Err(error));
                return;
            }
            // A function that does not stream: its result is one part, for which there is room.
            (Ok(reply), Some((head, receiving))) => {
                if !reply.is_error {
                    let _ = parts.try_send(reply.payload.clone());
                }
                let _ = head.send(Ok(Begun { content_type: Some(JSON), parts: receiving }));
                reply
            }
        };
        drop(parts);
        let _ = end.send(StreamEnd { error: is_error.then_some(payload), log_tail });
    }
}

/// The other side of a [`PartsReply`].
struct Receiving {
    parts: mpsc::Receiver<Bytes>,
    end: oneshot::Receiver<StreamEnd>,
    is_over: bool,
}

impl Stream for Receiving {
    type Item = Part;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Part>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(part) = ready!(self.parts.poll_recv(cx)) {
            return Poll::Ready(Some(Part::Data(part)));
        }
        let end = ready!(Pin::new(&mut self.end).poll(cx));
        self.is_over = true;
        Poll::Ready(end.ok().map(Part::End))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(payload: &'static str, is_error: bool) -> JobReply {
        JobReply { payload: Bytes::from_static(payload.as_bytes()), is_error, log_tail: None }
    }

    fn data(text: &'static str) -> Part {
        Part::Data(Bytes::from_static(text.as_bytes()))
    }

    fn end(error: Option<&'static str>) -> Part {
        Part::End(StreamEnd { error: error.map(|text| Bytes::from_static(text.as_bytes())), log_tail: None })
    }

    async fn all(begun: oneshot::Receiver<Result<Begun, InvokeError>>) -> (Option<HeaderValue>, Vec<Part>) {
        let begun = begun.await.unwrap().unwrap();
        (begun.content_type, begun.parts.collect().await)
    }

    #[tokio::test]
    async fn a_result_that_is_not_streamed_is_one_part() {
        let (waiting, begun) = Reply::parts();
        waiting.end(Ok(reply("5", false)));
        assert_eq!(all(begun).await, (Some(JSON), vec![data("5"), end(None)]));

        let (waiting, begun) = Reply::parts();
        waiting.end(Ok(reply("{\"errorMessage\":\"no\"}", true)));
        assert_eq!(all(begun).await, (Some(JSON), vec![end(Some("{\"errorMessage\":\"no\"}"))]));
    }

    #[tokio::test]
    async fn parts_come_before_the_end() {
        let (mut waiting, begun) = Reply::parts();
        let Place::Parts(parts) = waiting.begin(Some(HeaderValue::from_static("text/plain"))) else {
            panic!()
        };
        parts.send(Bytes::from_static(b"a")).await.unwrap();
        assert!(matches!(waiting.begin(None), Place::Nowhere), "it has begun");
        parts.send(Bytes::from_static(b"b")).await.unwrap();
        drop(parts);
        waiting.end(Ok(reply("{}", true)));
        let expected = vec![data("a"), data("b"), end(Some("{}"))];
        assert_eq!(all(begun).await, (Some(HeaderValue::from_static("text/plain")), expected));
    }

    #[tokio::test]
    async fn a_result_that_is_cut_off_has_no_end() {
        let (mut waiting, begun) = Reply::parts();
        let Place::Parts(parts) = waiting.begin(None) else { panic!() };
        parts.send(Bytes::from_static(b"a")).await.unwrap();
        drop(parts);
        waiting.end(Err(InvokeError::Throttled));
        assert_eq!(all(begun).await, (None, vec![data("a")]));
    }

    #[test]
    fn whoever_has_gone_is_noticed_before_and_after_the_beginning() {
        let (waiting, begun) = Reply::parts();
        assert!(!waiting.is_abandoned());
        drop(begun);
        assert!(waiting.is_abandoned());

        let (mut waiting, mut begun) = Reply::parts();
        waiting.begin(None);
        assert!(!waiting.is_abandoned());
        drop(begun.try_recv());
        assert!(waiting.is_abandoned());
    }
}
