//! Long work beside requests: on a machine whose processors are all busy, whoever has one keeps it for some
//! milliseconds, and a worker waits for so long.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a thread works on before it lets others have the processor.
const TURN: Duration = Duration::from_micros(250);

/// How long it then sleeps. Measured on Linux 6.18 beside threads that are always busy, in one build: the 99th percentile
/// of requests beside deployments of 300 resources was twice that of others, and two and a half times with turns of a
/// millisecond; a deployment took 18 milliseconds instead of 15. Yields give up what is left of a thread's share, so
/// that it waits for another tick: they took longer than sleep.
const PAUSE: Duration = Duration::from_micros(100);

/// Whoever has not asked for so long has not worked.
const REST: Duration = Duration::from_millis(5);

#[derive(Clone, Copy)]
struct Turn {
    begun: Instant,
    asked: Instant,
}

impl Turn {
    fn beginning(now: Instant) -> Self {
        Self { begun: now, asked: now }
    }

    /// The turn of a thread that asks `now`, whose last one was `self`; nothing if it is over.
    fn next(self, now: Instant) -> Option<Self> {
        if now.duration_since(self.asked) >= REST {
            return Some(Self::beginning(now));
        }
        (now.duration_since(self.begun) < TURN).then_some(Self { asked: now, ..self })
    }
}

thread_local! {
    static LAST: Cell<Option<Turn>> = const { Cell::new(None) };
}

/// Lets others have the processor who wait for it, if this thread has had its turn. For loops of work that is no
/// request's; they take a tenth longer where nobody waits.
pub fn give_way() {
    let now = Instant::now();
    let turn = LAST.get().map_or_else(|| Some(Turn::beginning(now)), |last| last.next(now));
    let turn = turn.unwrap_or_else(|| {
        std::thread::sleep(PAUSE);
        Turn::beginning(Instant::now())
    });
    LAST.set(Some(turn));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_after_a_while_and_begins_after_a_rest() {
        let begun = Instant::now();
        let at = |micros| begun + Duration::from_micros(micros);
        let turn = Turn::beginning(begun).next(at(150)).unwrap();
        assert_eq!((turn.begun, turn.asked), (begun, at(150)));
        assert!(turn.next(at(249)).is_some());
        assert!(turn.next(at(250)).is_none());
        // One long piece of work.
        assert!(turn.next(at(5_149)).is_none());
        assert_eq!(turn.next(at(5_150)).unwrap().begun, at(5_150));
    }

    #[test]
    fn whoever_has_had_a_turn_pauses() {
        let over = Instant::now().checked_sub(2 * TURN).unwrap();
        LAST.set(Some(Turn { begun: over, asked: over }));
        let before = Instant::now();
        give_way();
        assert!(before.elapsed() >= PAUSE);
        assert!(LAST.get().unwrap().begun >= before + PAUSE);
    }
}
