//! Connections that leave HTTP: who answers a request with 101 says what happens on its socket then.
//!
//! What follows runs on the connection's worker and keeps the connection's place among those that
//! are counted. It is told when the listener ends, and has to end itself.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::roster::Enrolled;
use super::watch::Verdict;
use crate::http1::Rewound;

/// What happens on the socket next.
type Next = Box<dyn FnOnce(Upgraded) -> Pin<Box<dyn Future<Output = ()>>>>;

/// The socket's future, once it is decided.
#[derive(Default)]
pub(super) struct Slot(RefCell<Option<Next>>);

/// A request's wish to speak another protocol on its connection.
pub struct Upgrade {
    slot: Rc<Slot>,
}

/// A connection that speaks HTTP no longer.
#[derive(Debug)]
pub struct Upgraded {
    /// The socket, or TLS over it.
    pub(crate) stream: Rewound,
    /// When it has to end.
    pub leave: Leave,
}

/// Tells when a connection has to end because its listener does.
#[derive(Debug)]
pub struct Leave(Enrolled);

impl Slot {
    pub(super) fn take(&self) -> Option<Next> {
        self.0.borrow_mut().take()
    }
}

impl Upgrade {
    pub(super) fn new(slot: &Rc<Slot>) -> Self {
        Self { slot: Rc::clone(slot) }
    }

    /// Grants it: `next` gets the socket once the request is answered with 101.
    pub fn then<F>(self, next: impl FnOnce(Upgraded) -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        let next: Next = Box::new(|upgraded| Box::pin(next(upgraded)));
        *self.slot.0.borrow_mut() = Some(next);
    }
}

impl Leave {
    pub(super) fn new(enrolled: Enrolled) -> Self {
        Self(enrolled)
    }

    /// Ready once the connection has to end.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.0.verdict(cx) {
            Verdict::Keep => Poll::Pending,
            Verdict::Drain | Verdict::Cut => Poll::Ready(()),
        }
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upgrade")
    }
}
