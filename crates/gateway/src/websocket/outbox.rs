//! What waits to be sent to one client. Any thread may put something in; the connection's own task
//! takes it out. Bounded in messages and bytes, so that a client that reads slowly costs no more than
//! that.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use ports::connections::ConnectionError;

use super::limits::{MESSAGE_BYTES, WAITING_BYTES, WAITING_MESSAGES};

/// A client's messages that are still to be sent.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Bytes>,
    bytes: usize,
    closing: bool,
    closed: bool,
    waker: Option<Waker>,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Send this.
    Message(Bytes),
    /// Close the connection: somebody has asked for it, and all that was to be sent before is sent.
    Close,
}

impl Outbox {
    /// Puts a message in line.
    ///
    /// # Errors
    /// If it is too large, or too much waits already, or the connection is or will be closed.
    pub(super) fn put(&self, message: Bytes) -> Result<(), ConnectionError> {
        if message.len() > MESSAGE_BYTES {
            return Err(ConnectionError::TooLarge { limit: MESSAGE_BYTES });
        }
        let mut state = self.state();
        if state.closed || state.closing {
            return Err(ConnectionError::Gone);
        }
        if state.messages.len() >= WAITING_MESSAGES || state.bytes + message.len() > WAITING_BYTES {
            return Err(ConnectionError::Congested);
        }
        state.bytes += message.len();
        state.messages.push_back(message);
        state.wake();
        Ok(())
    }

    /// Asks for the connection's end.
    ///
    /// # Errors
    /// If it has ended, or somebody has asked for it.
    pub(super) fn close(&self) -> Result<(), ConnectionError> {
        let mut state = self.state();
        if state.closed || state.closing {
            return Err(ConnectionError::Gone);
        }
        state.closing = true;
        state.wake();
        Ok(())
    }

    /// What is to be done next. The task of `cx` is woken when there is something.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut state = self.state();
        if let Some(message) = state.messages.pop_front() {
            state.bytes -= message.len();
            return Poll::Ready(Next::Message(message));
        }
        // A queue that was long once does not stay large.
        state.messages.shrink_to(0);
        if state.closing {
            return Poll::Ready(Next::Close);
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Whether messages are taken.
    pub(super) fn is_open(&self) -> bool {
        let state = self.state();
        !state.closed && !state.closing
    }

    /// The connection ends: nothing is taken any more, and what waits is given up. Before the client can
    /// know of the end: who has heard of it finds nobody there.
    pub(super) fn end(&self) {
        let mut state = self.state();
        *state = State { closed: true, ..State::default() };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(outbox: &Outbox) -> Poll<Next> {
        outbox.poll_next(&mut Context::from_waker(Waker::noop()))
    }

    fn message(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn messages_come_out_in_their_order_and_the_end_comes_last() {
        let outbox = Outbox::default();
        assert_eq!(next(&outbox), Poll::Pending);
        outbox.put(message("a")).unwrap();
        outbox.put(message("b")).unwrap();
        outbox.close().unwrap();
        assert_eq!(outbox.put(message("c")), Err(ConnectionError::Gone));
        assert_eq!(outbox.close(), Err(ConnectionError::Gone));
        assert_eq!(next(&outbox), Poll::Ready(Next::Message(message("a"))));
        assert_eq!(next(&outbox), Poll::Ready(Next::Message(message("b"))));
        assert_eq!(next(&outbox), Poll::Ready(Next::Close));
    }

    #[test]
    fn only_so_many_messages_wait() {
        let outbox = Outbox::default();
        for _ in 0..WAITING_MESSAGES {
            outbox.put(message("")).unwrap();
        }
        assert_eq!(outbox.put(message("")), Err(ConnectionError::Congested));
        assert_eq!(next(&outbox), Poll::Ready(Next::Message(message(""))));
        outbox.put(message("")).unwrap();
    }

    #[test]
    fn only_so_many_bytes_wait() {
        let outbox = Outbox::default();
        let large = Bytes::from(vec![b'x'; MESSAGE_BYTES]);
        for _ in 0..8 {
            outbox.put(large.clone()).unwrap();
        }
        assert_eq!(outbox.put(message("x")), Err(ConnectionError::Congested));
        assert!(matches!(next(&outbox), Poll::Ready(Next::Message(_))));
        outbox.put(message("x")).unwrap();
    }

    #[test]
    fn a_message_may_have_128_kb() {
        let outbox = Outbox::default();
        let larger = Bytes::from(vec![b'x'; 131_073]);
        assert_eq!(outbox.put(larger), Err(ConnectionError::TooLarge { limit: 131_072 }));
        outbox.put(Bytes::from(vec![b'x'; 131_072])).unwrap();
    }

    #[test]
    fn nothing_goes_to_a_connection_that_has_ended() {
        let outbox = Outbox::default();
        outbox.put(message("a")).unwrap();
        outbox.end();
        assert_eq!(outbox.put(message("b")), Err(ConnectionError::Gone));
        assert_eq!(outbox.close(), Err(ConnectionError::Gone));
        assert_eq!(next(&outbox), Poll::Pending);
    }
}
