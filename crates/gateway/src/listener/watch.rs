//! What is known about one open connection: how long it has been quiet, whom it waits for, and
//! what the casing of its header names is. Written by the connection, read by the patrol.
//!
//! Times are counted in the worker's ticks (one a patrol), so that noting one costs a store.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chunks::NoChunk;
use super::heads::{Framing, Heads};
use super::limits::HEAD_BYTES;
use crate::exchange::HeaderNames;

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Patrols that a worker has made. Shared by its connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Ticks(Arc<AtomicU32>);

impl Ticks {
    pub(super) fn now(&self) -> u32 {
        self.0.load(Relaxed)
    }

    pub(super) fn advance(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// The times of [`super::Limits`], in ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) head: u32,
    pub(super) idle: u32,
    pub(super) stall: u32,
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

/// One connection's state. `Sync`, because the socket it belongs to may be handed on (to an
/// upgraded protocol) while all of it runs on one thread: its locks are never waited for.
#[derive(Debug)]
pub(super) struct Watch {
    ticks: Ticks,
    under_way: AtomicU32,
    last_request: AtomicU32,
    last_byte: AtomicU32,
    /// One more than the tick at which the head began that is being read; 0 if none is.
    head_since: AtomicU32,
    awaits_bytes: AtomicBool,
    awaits_room: AtomicBool,
    http2: AtomicBool,
    left_http: AtomicBool,
    heads: Mutex<Heads>,
}

impl Watch {
    pub(super) fn new(ticks: Ticks) -> Self {
        let now = ticks.now();
        Self {
            ticks,
            under_way: AtomicU32::new(0),
            last_request: AtomicU32::new(now),
            last_byte: AtomicU32::new(now),
            head_since: AtomicU32::new(0),
            awaits_bytes: AtomicBool::new(false),
            awaits_room: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            left_http: AtomicBool::new(false),
            // Twice: what follows a head is read with its last bytes.
            heads: Mutex::new(Heads::new(2 * HEAD_BYTES)),
        }
    }

    /// `bytes` were read.
    ///
    /// # Errors
    /// If they are part of a body that is no chunked one and was to be. Nobody gets to see them then.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<(), NoChunk> {
        let now = self.ticks.now();
        self.last_byte.store(now, Relaxed);
        self.awaits_bytes.store(false, Relaxed);
        if self.http2.load(Relaxed) || bytes.is_empty() || self.left_http.load(Relaxed) {
            return Ok(());
        }
        let mut heads = self.heads();
        let of_a_head = !heads.in_body();
        heads.feed(bytes)?;
        if heads.begin_with(HTTP2_PREFACE) {
            heads.give_up();
            self.http2.store(true, Relaxed);
            self.head_since.store(0, Relaxed);
        } else if of_a_head && self.under_way.load(Relaxed) == 0 && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(now.wrapping_add(1).max(1), Relaxed);
        }
        Ok(())
    }

    /// Another protocol is spoken from here on, which has times of its own.
    pub(super) fn leaves_http(&self) {
        self.left_http.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
        *self.heads() = Heads::new(0);
    }

    /// Bytes were asked for and none had come.
    pub(super) fn read_waits(&self) {
        self.awaits_bytes.store(true, Relaxed);
    }

    /// Bytes were written.
    pub(super) fn wrote(&self) {
        self.last_byte.store(self.ticks.now(), Relaxed);
        self.awaits_room.store(false, Relaxed);
    }

    /// Bytes could not be written because the other end takes none.
    pub(super) fn write_waits(&self) {
        self.awaits_room.store(true, Relaxed);
    }

    /// All that was written has gone out.
    pub(super) fn flushed(&self) {
        self.awaits_room.store(false, Relaxed);
    }

    /// A head has been parsed: the names it has, and a guard to hold until it is answered.
    pub(super) fn request(self: &Arc<Self>, body: Framing) -> (HeaderNames, UnderWay) {
        let names = if self.http2.load(Relaxed) { HeaderNames::default() } else { self.heads().take(body) };
        self.head_since.store(0, Relaxed);
        self.under_way.fetch_add(1, Relaxed);
        (names, UnderWay(Arc::clone(self)))
    }

    /// What should become of the connection now.
    pub(super) fn verdict(&self, patience: Patience) -> Verdict {
        if self.left_http.load(Relaxed) {
            return Verdict::Keep;
        }
        let now = self.ticks.now();
        let since = |then: u32| now.saturating_sub(then);
        let waits_for_client =
            self.awaits_room.load(Relaxed) || (self.awaits_bytes.load(Relaxed) && self.heads().in_body());
        if waits_for_client && since(self.last_byte.load(Relaxed)) > patience.stall {
            return Verdict::Cut;
        }
        if self.under_way.load(Relaxed) > 0 {
            return Verdict::Keep;
        }
        match self.head_since.load(Relaxed).checked_sub(1) {
            Some(began) if since(began) > patience.head => Verdict::Cut,
            None if since(self.last_request.load(Relaxed)) > patience.idle => Verdict::Drain,
            _ => Verdict::Keep,
        }
    }

    /// Whether a request has begun to arrive and nothing else is under way.
    pub(super) fn is_reading_head(&self) -> bool {
        self.under_way.load(Relaxed) == 0 && self.head_since.load(Relaxed) != 0
    }

    fn heads(&self) -> MutexGuard<'_, Heads> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that has not been answered yet.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Watch>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
        self.0.last_request.store(self.0.ticks.now(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { head: 2, idle: 5, stall: 3 };

    fn watch() -> (Ticks, Arc<Watch>) {
        let ticks = Ticks::default();
        (ticks.clone(), Arc::new(Watch::new(ticks)))
    }

    /// The verdicts of the `count` patrols that follow.
    fn patrols(ticks: &Ticks, watch: &Watch, count: usize) -> Vec<Verdict> {
        let patrol = || {
            ticks.advance();
            watch.verdict(PATIENCE)
        };
        std::iter::repeat_with(patrol).take(count).collect()
    }

    use Verdict::{Cut, Drain, Keep};

    #[test]
    fn a_new_or_idle_connection_is_drained_after_its_time() {
        let (ticks, watch) = watch();
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
        watch.read(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        drop(watch.request(Framing::Length(0)));
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
    }

    #[test]
    fn a_head_that_never_ends_is_cut_however_often_a_byte_comes() {
        let (ticks, watch) = watch();
        watch.read(b"GET / HT").unwrap();
        assert_eq!(patrols(&ticks, &watch, 1), [Keep]);
        watch.read(b"T").unwrap();
        assert_eq!(patrols(&ticks, &watch, 1), [Keep]);
        watch.read(b"P").unwrap();
        assert_eq!(patrols(&ticks, &watch, 1), [Cut]);
    }

    #[test]
    fn a_request_under_way_may_take_any_time() {
        let (ticks, watch) = watch();
        watch.read(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let under_way = watch.request(Framing::Length(0));
        watch.read_waits();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
        drop(under_way);
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
    }

    #[test]
    fn a_body_that_does_not_come_is_cut() {
        let (ticks, watch) = watch();
        watch.read(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n").unwrap();
        let _under_way = watch.request(Framing::Length(5));
        watch.read_waits();
        assert_eq!(patrols(&ticks, &watch, 3), [Keep, Keep, Keep]);
        watch.read(b"he").unwrap();
        watch.read_waits();
        assert_eq!(patrols(&ticks, &watch, 4), [Keep, Keep, Keep, Cut]);
        watch.read(b"llo").unwrap();
        watch.read_waits();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
    }

    #[test]
    fn a_client_that_takes_no_answer_is_cut() {
        let (ticks, watch) = watch();
        let _under_way = watch.request(Framing::Length(0));
        watch.write_waits();
        assert_eq!(patrols(&ticks, &watch, 3), [Keep, Keep, Keep]);
        watch.wrote();
        watch.write_waits();
        assert_eq!(patrols(&ticks, &watch, 4), [Keep, Keep, Keep, Cut]);
    }

    #[test]
    fn another_protocol_has_times_of_its_own() {
        let (ticks, watch) = watch();
        watch.read(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        drop(watch.request(Framing::Length(0)));
        watch.leaves_http();
        watch.read(b"no head").unwrap();
        watch.write_waits();
        assert!(patrols(&ticks, &watch, 100).iter().all(|verdict| *verdict == Keep));
        assert!(!watch.is_reading_head());
    }

    #[test]
    fn http2_has_no_head_that_could_be_slow() {
        let (ticks, watch) = watch();
        watch.read(b"PRI * HTTP/2.0\r\n\r\nSM").unwrap();
        watch.read(b"\r\n\r\n and frames").unwrap();
        assert_eq!(patrols(&ticks, &watch, 6), [Keep, Keep, Keep, Keep, Keep, Drain]);
        let (names, _under_way) = watch.request(Framing::Length(0));
        assert_eq!(names.in_order().count(), 0);
    }
}
