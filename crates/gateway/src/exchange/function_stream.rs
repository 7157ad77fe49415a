//! What a function streams, as a body.

use std::fmt;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body::Frame;
use ports::functions::{Part, Parts};

use super::BodyError;

/// How much of a function's error is kept for the operator.
const SHOWN_BYTES: usize = 1024;

/// The parts of a function's answer.
pub(super) struct FunctionStream {
    parts: Parts,
    is_over: bool,
}

impl FunctionStream {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, is_over: false }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let part = ready!(self.parts.poll_next_unpin(cx));
        let error = match part {
            Some(Part::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Part::End(end)) => end.error.map(|object| shown(&object)),
            None => Some("its answer was cut off".to_owned()),
        };
        self.is_over = true;
        Poll::Ready(error.map(|why| Err(BodyError::Function { why })))
    }
}

fn shown(object: &[u8]) -> String {
    String::from_utf8_lossy(object.get(..SHOWN_BYTES).unwrap_or(object)).into_owned()
}

impl fmt::Debug for FunctionStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionStream").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use futures_util::stream;
    use ports::functions::StreamEnd;

    use super::super::{Body, read_whole};
    use super::*;

    fn body(parts: Vec<Part>) -> Body {
        Body::of_function(stream::iter(parts).boxed(), Bytes::from_static(b"a"))
    }

    fn data(text: &'static str) -> Part {
        Part::Data(text.into())
    }

    fn end(error: Option<&'static str>) -> Part {
        Part::End(StreamEnd { error: error.map(Into::into), log_tail: None })
    }

    #[tokio::test]
    async fn parts_make_a_body() {
        let whole = read_whole(body(vec![data("b"), data("c"), end(None)]), 3).await.unwrap();
        assert_eq!(whole, "abc");
        let error = read_whole(body(vec![data("b"), data("c"), end(None)]), 2).await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit: 2 }), "{error}");
    }

    #[tokio::test]
    async fn a_failure_or_a_cut_ends_it_with_an_error() {
        let error = read_whole(body(vec![data("b"), end(Some("{}"))]), 9).await.unwrap_err();
        assert_eq!(error.to_string(), "the function failed while it answered: {}");
        let error = read_whole(body(vec![data("b")]), 9).await.unwrap_err();
        assert!(matches!(error, BodyError::Function { .. }), "{error}");
    }

    #[tokio::test]
    async fn an_endless_answer_ends_with_its_time() {
        let endless = Body::of_function(stream::repeat(data("b")).boxed(), Bytes::new());
        let error = read_whole(endless.over_by(Instant::now()), usize::MAX).await.unwrap_err();
        assert!(matches!(error, BodyError::Late), "{error}");
    }

    #[tokio::test]
    async fn time_and_patience_end() {
        let (short, long) = (Duration::from_millis(1), Duration::from_secs(60));
        let never = || Body::of_function(stream::pending().boxed(), Bytes::new());
        let late = never().over_by(Instant::now() + short).never_idle_for(long);
        let error = read_whole(late, 9).await.unwrap_err();
        assert!(matches!(error, BodyError::Late), "{error}");
        let idle = never().over_by(Instant::now() + long).never_idle_for(short);
        let error = read_whole(idle, 9).await.unwrap_err();
        assert!(matches!(error, BodyError::Idle { .. }), "{error}");
    }
}
