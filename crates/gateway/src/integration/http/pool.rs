//! The connections of one worker to one target: which are busy, which are idle, and who waits.
//!
//! A connection goes back to the idle ones by itself as soon as the response's body has been read to
//! its end; if the body is dropped before that, the connection ends.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use super::Target;
use super::bounds::{IDLE_PER_TARGET, PerTarget};
use super::link::Free;
use super::shared::Shared;

/// A target's connections.
pub(super) struct Pool {
    pub(super) target: Target,
    /// How its connections begin, if they are over TLS: with its certificate if it has one.
    pub(super) tls: TlsConnector,
    /// Requests under way, and those that wait for one of these to end: each end is a permit for one of them.
    busy: Cell<usize>,
    most_busy: usize,
    ends: Semaphore,
    waiting: Cell<usize>,
    most_waiting: usize,
    /// Those without a request; the one used last is last.
    idle: RefCell<Vec<Free>>,
    /// All of them.
    open: Cell<usize>,
    /// The latest time that somebody told it.
    seen: Cell<Instant>,
    /// The one that carries all exchanges, if the target speaks HTTP/2.
    shared: RefCell<Option<Rc<Shared>>>,
}

/// A connection that takes a request.
#[derive(Debug)]
pub(super) enum Ready {
    /// For this request alone.
    Free(Free),
    /// Beside others.
    Shared(Rc<Shared>),
}

/// The right to have one request under way.
#[derive(Debug)]
pub(super) struct Slot(Rc<Pool>);

/// Too many requests wait already.
#[derive(Debug)]
pub(super) struct TooManyWait;

impl Pool {
    pub(super) fn new(target: Target, tls: TlsConnector, most: PerTarget) -> Rc<Self> {
        Rc::new(Self {
            target,
            tls,
            busy: Cell::new(0),
            most_busy: most.busy.get(),
            ends: Semaphore::new(0),
            waiting: Cell::new(0),
            most_waiting: most.waiting,
            idle: RefCell::default(),
            open: Cell::new(0),
            seen: Cell::new(Instant::now()),
            shared: RefCell::default(),
        })
    }

    /// Waits, in turn, until one more request may be under way.
    pub(super) async fn slot(self: &Rc<Self>) -> Result<Slot, TooManyWait> {
        if self.busy.get() < self.most_busy {
            self.busy.set(self.busy.get() + 1);
            return Ok(Slot(Rc::clone(self)));
        }
        let _waiting = Waiting::begin(self)?;
        self.ends.acquire().await.map_err(|_| TooManyWait)?.forget();
        Ok(Slot(Rc::clone(self)))
    }

    /// How many requests may wait.
    pub(super) fn most_waiting(&self) -> usize {
        self.most_waiting
    }

    /// The connection that all share, or the idle one that was used last, if one is left that can be
    /// used. Those found unusable on the way end.
    pub(super) fn take(&self, now: Instant) -> Option<Ready> {
        self.seen.set(now.max(self.seen.get()));
        if let Some(shared) = self.shared(now) {
            return Some(Ready::Shared(shared));
        }
        loop {
            let mut free = self.idle.borrow_mut().pop()?;
            if free.is_usable(now) {
                return Some(Ready::Free(free));
            }
        }
    }

    fn shared(&self, now: Instant) -> Option<Rc<Shared>> {
        let mut shared = self.shared.borrow_mut();
        shared.take_if(|shared| !shared.is_usable(now));
        shared.clone()
    }

    /// Has all requests from now on sent on `shared`.
    pub(super) fn share(&self, shared: &Rc<Shared>) {
        self.shared.replace(Some(Rc::clone(shared)));
    }

    /// Has no more requests sent on `shared`.
    pub(super) fn unshare(&self, shared: &Rc<Shared>) {
        self.shared.borrow_mut().take_if(|own| Rc::ptr_eq(own, shared));
    }

    /// About the time, and not later: when the last request was sent, or the connections were last looked through.
    /// Under load that is now, and costs nothing.
    pub(super) fn seen(&self) -> Instant {
        self.seen.get()
    }

    /// Makes a connection idle whose exchange is over, or ends it if there are idle ones enough.
    pub(super) fn rest(&self, free: Free) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < IDLE_PER_TARGET {
            idle.push(free);
        }
    }

    /// Ends connections that have been idle for too long, or that their backend has closed.
    pub(super) fn sweep(&self, now: Instant) {
        self.seen.set(now.max(self.seen.get()));
        let mut idle = std::mem::take(&mut *self.idle.borrow_mut());
        idle.retain_mut(|free| free.is_usable(now));
        // None was given back meanwhile: nothing else runs.
        self.idle.replace(idle);
        drop(self.shared(now));
    }

    /// Whether nothing would be lost if the pool were forgotten.
    pub(super) fn is_unused(self: &Rc<Self>) -> bool {
        Rc::strong_count(self) == 1 && self.open.get() == 0 && self.shared.borrow().is_none()
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("target", &self.target)
            .field("idle", &self.idle.borrow().len())
            .field("open", &self.open.get())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Pool {
    /// Connections, busy and idle.
    pub(super) fn counts(&self) -> (usize, usize) {
        let idle = self.idle.borrow().len();
        (self.open.get() - idle, idle)
    }

    pub(super) fn free_slots(&self) -> usize {
        self.most_busy - self.busy.get()
    }

    /// Makes the idle connections older than they are.
    pub(super) fn age_idle(&self, by: std::time::Duration) {
        for free in self.idle.borrow_mut().iter_mut() {
            free.age(by);
        }
    }
}

/// An open connection, counted out when this is dropped.
#[derive(Debug)]
pub(super) struct Open(Weak<Pool>);

impl Open {
    /// Counts a new connection in.
    pub(super) fn begin(pool: &Rc<Pool>) -> Self {
        pool.open.set(pool.open.get() + 1);
        Self(Rc::downgrade(pool))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.open.set(pool.open.get().saturating_sub(1));
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Self(pool) = self;
        if pool.waiting.get() > 0 {
            // The place stays taken: by whoever has waited longest.
            pool.ends.add_permits(1);
        } else {
            pool.busy.set(pool.busy.get().saturating_sub(1));
        }
    }
}

struct Waiting<'a>(&'a Pool);

impl<'a> Waiting<'a> {
    fn begin(pool: &'a Pool) -> Result<Self, TooManyWait> {
        if pool.waiting.get() >= pool.most_waiting {
            return Err(TooManyWait);
        }
        pool.waiting.set(pool.waiting.get() + 1);
        Ok(Self(pool))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Self(pool) = self;
        pool.waiting.set(pool.waiting.get().saturating_sub(1));
        if pool.waiting.get() == 0 {
            // Left by those who were given a place and did not wait for it any more.
            let unused = pool.ends.forget_permits(usize::MAX);
            pool.busy.set(pool.busy.get().saturating_sub(unused));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use futures_util::FutureExt as _;

    use super::super::UpstreamSettings;
    use super::*;

    fn pool() -> Rc<Pool> {
        let most = PerTarget { busy: 3.try_into().unwrap(), waiting: 2 };
        Pool::new("http://127.0.0.1:1".parse().unwrap(), UpstreamSettings::default().tls.into(), most)
    }

    #[tokio::test]
    async fn requests_beyond_the_bound_wait_for_a_slot() {
        let pool = pool();
        let mut slots = Vec::new();
        for _ in 0..3 {
            slots.push(pool.slot().await.unwrap());
        }
        let mut waits = std::pin::pin!(pool.slot());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut cx).is_pending());
        assert_eq!(pool.waiting.get(), 1);
        slots.pop();
        assert!(waits.as_mut().poll(&mut cx).is_ready());
        assert_eq!(pool.waiting.get(), 0);
    }

    #[tokio::test]
    async fn only_so_many_may_wait() {
        let pool = pool();
        pool.waiting.set(2);
        let _free = pool.slot().await.unwrap();
        pool.busy.set(3);
        assert!(pool.slot().await.is_err());
        pool.waiting.set(1);
        assert!(pool.slot().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_place_whose_request_waits_no_more_goes_to_the_next() {
        let pool = pool();
        let mut slots = Vec::new();
        for _ in 0..3 {
            slots.push(pool.slot().await.unwrap());
        }
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut gone = Box::pin(pool.slot());
            let mut next = Box::pin(pool.slot());
            assert!(gone.as_mut().poll(&mut cx).is_pending() && next.as_mut().poll(&mut cx).is_pending());
            // Given to the first, which goes.
            slots.pop();
            drop(gone);
            let Poll::Ready(Ok(slot)) = next.as_mut().poll(&mut cx) else { panic!("the next still waits") };
            slots.push(slot);
        }
        assert_eq!((pool.free_slots(), pool.waiting.get()), (0, 0));
        // With nobody behind it, the place is free again.
        let mut gone = Box::pin(pool.slot());
        assert!(gone.as_mut().poll(&mut cx).is_pending());
        slots.pop();
        drop(gone);
        assert_eq!((pool.free_slots(), pool.waiting.get()), (1, 0));
        drop(slots);
        assert_eq!(pool.free_slots(), 3);
    }
}
