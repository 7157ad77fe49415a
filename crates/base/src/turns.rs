//! Long work beside requests: on a machine whose processors are all busy, whoever has one keeps it for some
//! milliseconds, and a worker waits for so long.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a thread works on before it lets others have the processor.
const TURN: Duration = Duration::from_micros(200);

/// The longest that it then sleeps.
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// How much later than asked for Linux wakes a thread (`timerslack_ns`).
const SLACK: Duration = Duration::from_micros(50);

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

    /// The turn of a thread that asks `now`, whose last one was `self`, or for how long it pauses first: as long
    /// as it has worked. A thread that takes more than half of a processor which another needs as well has had
    /// more than its share when it wakes up, and waits for the scheduler's next tick, up to four milliseconds; one
    /// that takes half wakes up at once. Measured on Linux 6.18 with deployments of 300 resources beside threads that
    /// are always busy, where the worker that it shared with answered at a third of its pace while it slept for
    /// a tenth of a millisecond after a quarter, and lost three milliseconds twice a deployment. Yields give up
    /// what is left of a thread's share, so that it waits for a tick as well.
    fn next(self, now: Instant) -> Result<Self, Duration> {
        if now.duration_since(self.asked) >= REST {
            return Ok(Self::beginning(now));
        }
        let worked = now.duration_since(self.begun);
        if worked < TURN {
            return Ok(Self { asked: now, ..self });
        }
        Err(worked.min(LONGEST_PAUSE).saturating_sub(SLACK))
    }
}

thread_local! {
    static LAST: Cell<Option<Turn>> = const { Cell::new(None) };
}

/// Lets others have the processor who wait for it, if this thread has had its turn. For loops of work that is no
/// request's; they take twice as long.
pub fn give_way() {
    let now = Instant::now();
    let turn = LAST.get().map_or_else(|| Ok(Turn::beginning(now)), |last| last.next(now));
    let turn = turn.unwrap_or_else(|pause| {
        std::thread::sleep(pause);
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
        assert!(turn.next(at(199)).is_ok());
        assert!(turn.next(at(200)).is_err());
        // One long piece of work.
        assert!(turn.next(at(5_149)).is_err());
        assert_eq!(turn.next(at(5_150)).unwrap().begun, at(5_150));
    }

    #[test]
    fn a_pause_is_as_long_as_the_work() {
        let begun = Instant::now();
        let pause = |micros| Turn::beginning(begun).next(begun + Duration::from_micros(micros)).err();
        assert_eq!(pause(200), Some(Duration::from_micros(150)));
        assert_eq!(pause(700), Some(Duration::from_micros(650)));
        assert_eq!(pause(4_000), Some(Duration::from_micros(1_950)));
    }

    #[test]
    fn whoever_has_had_a_turn_pauses() {
        let over = Instant::now().checked_sub(2 * TURN).unwrap();
        LAST.set(Some(Turn { begun: over, asked: over }));
        let before = Instant::now();
        give_way();
        let pause = 2 * TURN - SLACK;
        assert!(before.elapsed() >= pause);
        assert!(LAST.get().unwrap().begun >= before + pause);
    }
}
