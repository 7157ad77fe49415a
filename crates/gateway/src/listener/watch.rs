//! What is known about one open connection: how long it has been quiet, and whom it waits for.
//! Written by the connection, read by the patrol.
//!
//! Times are counted in the worker's ticks (one a patrol), so that noting one costs a store.

use std::cell::Cell;
use std::rc::Rc;

/// Patrols that a worker has made. Shared by its connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticks(Rc<Cell<u32>>);

impl Ticks {
    pub(super) fn now(&self) -> u32 {
        self.0.get()
    }

    pub(super) fn advance(&self) {
        self.0.set(self.0.get().wrapping_add(1));
    }
}

/// The times of [`super::Limits`], in ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) head: u32,
    pub(super) idle: u32,
    pub(super) stall: u32,
    pub(super) body: u32,
    /// Bytes of an answer that a client takes at least in the time that it may stall.
    pub(super) least: usize,
}

/// What the patrol does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may go on.
    Keep,
    /// It ends when what is under way on it is done.
    Drain,
    /// It ends at once.
    Cut,
}

/// One connection's state.
#[derive(Debug)]
pub(super) struct Watch {
    ticks: Ticks,
    under_way: Cell<u32>,
    last_request: Cell<u32>,
    last_byte: Cell<u32>,
    /// The tick at which the head began that is being read, if one is.
    head_since: Cell<Option<u32>>,
    /// The client is due to send more of a body.
    awaits_bytes: Cell<bool>,
    /// When the last head came, whose body may still be coming.
    body_since: Cell<u32>,
    /// The client is due to take more of an answer.
    awaits_room: Cell<bool>,
    /// The tick since which the client has taken `taken` bytes, if it does not keep up.
    slow_since: Cell<Option<u32>>,
    taken: Cell<usize>,
    http2: Cell<bool>,
    /// Answers over HTTP/2 of which the client takes no more for now, and when one of them last went on.
    held: Cell<u32>,
    held_since: Cell<u32>,
    left_http: Cell<bool>,
    /// Whether anything was asked on it.
    asked: Cell<bool>,
}

impl Watch {
    pub(super) fn new(ticks: Ticks) -> Self {
        let now = ticks.now();
        Self {
            ticks,
            under_way: Cell::new(0),
            last_request: Cell::new(now),
            last_byte: Cell::new(now),
            head_since: Cell::new(None),
            awaits_bytes: Cell::new(false),
            body_since: Cell::new(now),
            awaits_room: Cell::new(false),
            slow_since: Cell::new(None),
            taken: Cell::new(0),
            http2: Cell::new(false),
            held: Cell::new(0),
            held_since: Cell::new(now),
            left_http: Cell::new(false),
            asked: Cell::new(false),
        }
    }

    /// Bytes were read.
    pub(super) fn read(&self) {
        self.last_byte.set(self.ticks.now());
        self.awaits_bytes.set(false);
    }

    /// What is being read is a head.
    pub(super) fn in_head(&self) {
        if self.head_since.get().is_none() {
            self.head_since.set(Some(self.ticks.now()));
        }
    }

    /// HTTP/2 is spoken from here on. Its beginning was no slow head.
    pub(super) fn speaks_http2(self: &Rc<Self>) {
        self.http2.set(true);
        drop(self.request());
    }

    /// Another protocol is spoken from here on, which has times of its own.
    pub(super) fn leaves_http(&self) {
        self.left_http.set(true);
        self.head_since.set(None);
    }

    /// More of a body was asked for, and none had come.
    pub(super) fn body_waits(&self) {
        self.awaits_bytes.set(true);
    }

    /// So many bytes were written.
    pub(super) fn wrote(&self, count: usize) {
        self.taken.set(self.taken.get().saturating_add(count));
        self.last_byte.set(self.ticks.now());
        self.awaits_room.set(false);
    }

    /// Bytes could not be written because the other end takes none.
    pub(super) fn write_waits(&self) {
        self.awaits_room.set(true);
    }

    /// All that was written has gone out.
    pub(super) fn flushed(&self) {
        self.awaits_room.set(false);
    }

    /// A head has been read: a guard to hold until it is answered.
    pub(super) fn request(self: &Rc<Self>) -> UnderWay {
        self.head_since.set(None);
        self.asked.set(true);
        self.body_since.set(self.ticks.now());
        self.under_way.set(self.under_way.get() + 1);
        UnderWay(Rc::clone(self))
    }

    /// What should become of the connection now.
    pub(super) fn verdict(&self, patience: Patience) -> Verdict {
        if self.left_http.get() {
            return Verdict::Keep;
        }
        let now = self.ticks.now();
        let since = |then: u32| now.saturating_sub(then);
        let (sends, takes) = (self.awaits_bytes.get(), self.awaits_room.get());
        let stalls = (sends || takes) && since(self.last_byte.get()) > patience.stall;
        let never_ends = sends && since(self.body_since.get()) > patience.body;
        let holds = self.held.get() > 0 && since(self.held_since.get()) > patience.stall;
        if stalls || never_ends || holds || self.is_slow(takes, now, patience) {
            return Verdict::Cut;
        }
        if self.under_way.get() > 0 {
            return Verdict::Keep;
        }
        match self.head_since.get() {
            Some(began) if since(began) > patience.head => Verdict::Cut,
            None if since(self.last_request.get()) > patience.idle => {
                // All was answered, and there has been time to take it.
                let late = since(self.last_request.get()) > patience.idle.saturating_add(patience.stall);
                if self.http2.get() && late { Verdict::Cut } else { Verdict::Drain }
            }
            _ => Verdict::Keep,
        }
    }

    /// Whether the client takes less than it has to, patrol after patrol.
    fn is_slow(&self, takes: bool, now: u32, patience: Patience) -> bool {
        match self.slow_since.get() {
            _ if !takes => self.slow_since.set(None),
            Some(began) if now.saturating_sub(began) <= patience.stall => {}
            Some(_) if self.taken.get() < patience.least => return true,
            _ => {
                self.taken.set(0);
                self.slow_since.set(Some(now));
            }
        }
        false
    }

    /// Whether a request has begun to arrive and nothing else is under way.
    pub(super) fn is_reading_head(&self) -> bool {
        self.under_way.get() == 0 && self.head_since.get().is_some()
    }

    /// Whether a request is sure to come, or to be on its way: nobody connects for nothing.
    pub(super) fn awaits_request(&self) -> bool {
        (!self.asked.get() && !self.left_http.get()) || self.is_reading_head()
    }

    /// Whether the client still has something to get: an answer, or the end of one that the other end has not
    /// taken.
    pub(super) fn owes_something(&self) -> bool {
        self.under_way.get() > 0 || self.awaits_room.get()
    }

    /// Whether there are requests that have not been answered.
    pub(super) fn is_answering(&self) -> bool {
        self.under_way.get() > 0
    }
}

/// A request that has not been answered yet.
#[derive(Debug)]
pub(super) struct UnderWay(Rc<Watch>);

impl UnderWay {
    /// There is more of the answer than the client has taken.
    pub(super) fn hold(&self) {
        self.0.held_since.set(self.0.ticks.now());
        self.0.held.set(self.0.held.get() + 1);
    }

    /// The client has taken it.
    pub(super) fn release(&self) {
        self.0.held_since.set(self.0.ticks.now());
        self.0.held.set(self.0.held.get().saturating_sub(1));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        self.0.awaits_bytes.set(false);
        self.0.last_request.set(self.0.ticks.now());
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Cut, Drain, Keep};
    use super::*;

    const PATIENCE: Patience = Patience { head: 2, idle: 5, stall: 3, body: 10, least: 100 };

    fn watch() -> (Ticks, Rc<Watch>) {
        let ticks = Ticks::default();
        (ticks.clone(), Rc::new(Watch::new(ticks)))
    }

    /// The verdicts of the `count` patrols that follow.
    fn patrols(ticks: &Ticks, watch: &Watch, count: usize) -> Vec<Verdict> {
        std::iter::repeat_with(|| {
            ticks.advance();
            watch.verdict(PATIENCE)
        })
        .take(count)
        .collect()
    }

    #[test]
    fn an_idle_connection_is_ended_after_its_time() {
        let (ticks, watch) = watch();
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
        drop(watch.request());
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
    }

    #[test]
    fn a_head_that_never_ends_is_cut_however_often_a_byte_comes() {
        let (ticks, watch) = watch();
        let byte = || {
            watch.read();
            watch.in_head();
        };
        byte();
        assert_eq!(patrols(&ticks, &watch, 1), [Keep]);
        byte();
        assert_eq!(patrols(&ticks, &watch, 1), [Keep]);
        byte();
        assert!(watch.is_reading_head());
        assert_eq!(patrols(&ticks, &watch, 1), [Cut]);
    }

    #[test]
    fn a_request_under_way_may_take_any_time() {
        let (ticks, watch) = watch();
        let under_way = watch.request();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
        drop(under_way);
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
    }

    #[test]
    fn a_body_that_does_not_come_is_cut() {
        let (ticks, watch) = watch();
        let _under_way = watch.request();
        watch.body_waits();
        assert_eq!(patrols(&ticks, &watch, 3), [Keep, Keep, Keep]);
        watch.read();
        watch.body_waits();
        assert_eq!(patrols(&ticks, &watch, 4), [Keep, Keep, Keep, Cut]);
        watch.read();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
    }

    #[test]
    fn a_client_that_takes_no_answer_is_cut() {
        let (ticks, watch) = watch();
        let _under_way = watch.request();
        watch.write_waits();
        assert_eq!(patrols(&ticks, &watch, 3), [Keep, Keep, Keep]);
        watch.wrote(100);
        watch.write_waits();
        assert_eq!(patrols(&ticks, &watch, 4), [Keep, Keep, Keep, Cut]);
    }

    #[test]
    fn a_body_that_never_ends_is_cut_however_often_a_byte_comes() {
        let (ticks, watch) = watch();
        let _under_way = watch.request();
        for _ in 0..10 {
            watch.read();
            watch.body_waits();
            assert_eq!(patrols(&ticks, &watch, 1), [Keep]);
        }
        assert_eq!(patrols(&ticks, &watch, 1), [Cut]);
    }

    #[test]
    fn an_answer_that_is_taken_byte_by_byte_is_cut() {
        let (ticks, watch) = watch();
        let _under_way = watch.request();
        for (count, expected) in [(30, vec![Keep; 13]), (1, vec![Keep, Keep, Keep, Cut])] {
            for verdict in expected {
                watch.wrote(count);
                watch.write_waits();
                assert_eq!(patrols(&ticks, &watch, 1), [verdict], "{count}");
            }
        }
    }

    #[test]
    fn an_answer_over_http2_that_is_not_taken_is_cut() {
        let (ticks, watch) = watch();
        watch.speaks_http2();
        let under_way = watch.request();
        under_way.hold();
        assert_eq!(patrols(&ticks, &watch, 2), [Keep, Keep]);
        under_way.release();
        // Waiting for its backend.
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
        under_way.hold();
        assert_eq!(patrols(&ticks, &watch, 4), [Keep, Keep, Keep, Cut]);
    }

    #[test]
    fn a_connection_of_http2_that_does_not_drain_is_cut() {
        let (ticks, watch) = watch();
        watch.speaks_http2();
        let expected = [Keep, Keep, Keep, Keep, Keep, Drain, Drain, Drain, Cut];
        assert_eq!(patrols(&ticks, &watch, 9), expected);
    }

    #[test]
    fn another_protocol_has_times_of_its_own() {
        let (ticks, watch) = watch();
        drop(watch.request());
        watch.leaves_http();
        watch.write_waits();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
        assert!(!watch.is_reading_head());
    }
}
