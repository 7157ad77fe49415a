//! The open connections of one worker, so that each can be told to end.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::{Context, Waker};

use tokio::sync::Notify;

use super::watch::{Patience, Verdict, Watch};

/// A worker's open connections.
#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: RefCell<HashMap<u64, Rc<Entry>>>,
    next: Cell<u64>,
    draining: Cell<bool>,
    emptied: Notify,
}

/// One connection on the roster.
#[derive(Debug)]
pub(super) struct Entry {
    watch: Rc<Watch>,
    verdict: Cell<Verdict>,
    waker: RefCell<Option<Waker>>,
}

/// A connection's place on the roster; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Enrolled {
    roster: Rc<Roster>,
    number: u64,
    entry: Rc<Entry>,
}

impl Roster {
    /// Puts the connection behind `watch` on the roster.
    pub(super) fn enrol(self: &Rc<Self>, watch: Rc<Watch>) -> Enrolled {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        let entry = Rc::new(Entry { watch, verdict: Cell::new(Verdict::Keep), waker: RefCell::default() });
        self.entries.borrow_mut().insert(number, Rc::clone(&entry));
        Enrolled { roster: Rc::clone(self), number, entry }
    }

    /// Ends the connections that have been quiet for too long.
    pub(super) fn look_over(&self, patience: Patience) {
        for entry in self.entries.borrow().values() {
            entry.pass(entry.watch.verdict(patience));
        }
    }

    /// Ends every connection once what is under way on it is done, later ones too. One that a request is
    /// sure to come on is spared until that is answered, or until [`Self::drain_spared`].
    pub(super) fn drain(&self) {
        self.draining.set(true);
        for entry in self.entries.borrow().values() {
            if !entry.watch.awaits_request() {
                entry.pass(Verdict::Drain);
            }
        }
    }

    /// Ends the connections that were spared. A request of which only a part has arrived is not waited for
    /// any longer.
    pub(super) fn drain_spared(&self) {
        for entry in self.entries.borrow().values() {
            let begun = entry.watch.is_reading_head();
            entry.pass(if begun { Verdict::Cut } else { Verdict::Drain });
        }
    }

    /// Waits until there are no connections.
    pub(super) async fn emptied(&self) {
        while !self.entries.borrow().is_empty() {
            self.emptied.notified().await;
        }
    }
}

impl Entry {
    /// Makes `verdict` stand unless a harder one does.
    fn pass(&self, verdict: Verdict) {
        let harder = match (self.verdict.get(), verdict) {
            (_, Verdict::Keep) | (Verdict::Cut, _) | (Verdict::Drain, Verdict::Drain) => return,
            (_, harder) => harder,
        };
        self.verdict.set(harder);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }
}

impl Enrolled {
    /// The verdict so far; the task of `cx` is woken when a harder one is passed.
    pub(super) fn verdict(&self, cx: &Context<'_>) -> Verdict {
        let mut waker = self.entry.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        let entry = &self.entry;
        if entry.verdict.get() == Verdict::Keep && self.roster.draining.get() && entry.watch.is_answering() {
            // What it was spared for has come.
            entry.verdict.set(Verdict::Drain);
        }
        entry.verdict.get()
    }
}

impl Drop for Enrolled {
    fn drop(&mut self) {
        let mut entries = self.roster.entries.borrow_mut();
        entries.remove(&self.number);
        if entries.is_empty() {
            self.roster.emptied.notify_one();
        }
    }
}
