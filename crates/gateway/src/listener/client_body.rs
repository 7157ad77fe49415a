//! The body of a request over HTTP/1.1, read from its connection when somebody asks for it.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::SizeHint;

use super::watch::Watch;
use crate::http1::{Channel, Fault};

/// What tells a client to send the body that it holds back.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A connection as its own task and the body of its request share it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) channel: Channel,
    pub(super) watch: Rc<Watch>,
    /// Which request the connection is at. A body of an earlier one is over, read or not.
    pub(super) request: u64,
    /// How much of [`CONTINUE`] was written, if the client waits for it.
    pub(super) told_to_continue: Option<usize>,
    /// The connection's task, which looks after the socket again once the body has been read.
    pub(super) task: Option<Waker>,
}

/// A request's body.
#[derive(Debug)]
pub struct ClientBody {
    shared: Rc<RefCell<Shared>>,
    request: u64,
}

impl ClientBody {
    pub(super) fn new(shared: &Rc<RefCell<Shared>>) -> Self {
        let request = shared.borrow().request;
        Self { shared: Rc::clone(shared), request }
    }

    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let mut shared = self.shared.borrow_mut();
        if shared.request != self.request {
            return Poll::Ready(Some(Err(Fault::Over)));
        }
        let polled = ready_or(shared.poll_continue(cx), || shared.channel.poll_body(cx));
        match &polled {
            Poll::Pending => shared.watch.body_waits(),
            Poll::Ready(_) => {
                shared.watch.read();
                if !shared.channel.is_in_body()
                    && let Some(task) = shared.task.take()
                {
                    task.wake();
                }
            }
        }
        polled
    }

    pub(crate) fn is_over(&self) -> bool {
        let shared = self.shared.borrow();
        shared.request == self.request && shared.channel.is_body_over()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let shared = self.shared.borrow();
        if shared.request == self.request { shared.channel.size_hint() } else { SizeHint::default() }
    }
}

impl Shared {
    /// Tells a client that waits for it to go on. It is told nothing once its answer has begun.
    fn poll_continue(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let Some(mut at) = self.told_to_continue else { return Poll::Ready(Ok(())) };
        let written = self.channel.poll_write(cx, [CONTINUE, b"", b""], &mut at);
        self.told_to_continue = Some(at);
        ready!(written)?;
        ready!(self.channel.poll_flush(cx))?;
        self.told_to_continue = None;
        Poll::Ready(Ok(()))
    }
}

fn ready_or<T>(
    first: Poll<Result<(), Fault>>,
    then: impl FnOnce() -> Poll<Option<Result<T, Fault>>>,
) -> Poll<Option<Result<T, Fault>>> {
    match ready!(first) {
        Ok(()) => then(),
        Err(fault) => Poll::Ready(Some(Err(fault))),
    }
}
