//! Long work beside requests: on a machine whose processors are all busy, whoever has one keeps it for some
//! milliseconds, and a worker waits for so long.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

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
    /// When it would have begun if the thread had worked all the time since.
    begun: Instant,
    /// The thread's processor time when it began.
    used: Duration,
    asked: Instant,
}

impl Turn {
    fn beginning(now: Instant, used: Duration) -> Self {
        Self { begun: now, used, asked: now }
    }

    /// The turn of a thread that asks `now` and has `used` so much of a processor, whose last one was `self`; or for
    /// how long it pauses first: half as long again as it has worked, without what it has waited for a disk, others or
    /// work. A thread that takes more than half of a processor which another needs as well has had more than its share
    /// when it wakes up, and waits for the scheduler's next tick, up to four milliseconds; one that takes less wakes up
    /// at once. Measured on Linux 6.18 with deployments of 300 resources beside threads that are always busy, where the
    /// worker that it shared with answered at a third of its pace while it slept for a tenth of a millisecond after a
    /// quarter, and lost three milliseconds twice a deployment. Pauses as long as the work made deployments a twentieth
    /// shorter and the slowest requests meanwhile an eighth slower. Yields give up what is left of a thread's share, so
    /// that it waits for a tick as well.
    fn next(self, now: Instant, used: impl FnOnce() -> Duration) -> Result<Self, Duration> {
        if now.duration_since(self.asked) >= REST {
            return Ok(Self::beginning(now, used()));
        }
        // The cheaper clock tells when the other has to be asked.
        if now.duration_since(self.begun) < TURN {
            return Ok(Self { asked: now, ..self });
        }
        let worked = used().saturating_sub(self.used);
        if worked < TURN {
            return Ok(Self { begun: now.checked_sub(worked).unwrap_or(now), asked: now, ..self });
        }
        Err((worked * 3 / 2).min(LONGEST_PAUSE).saturating_sub(SLACK))
    }
}

/// What this thread has used of a processor.
fn used() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

thread_local! {
    static LAST: Cell<Option<Turn>> = const { Cell::new(None) };
}

/// Lets others have the processor who wait for it, if this thread has had its turn. For loops of work that is no
/// request's; they take two and a half times as long.
pub fn give_way() {
    let now = Instant::now();
    let turn = LAST.get().map_or_else(|| Ok(Turn::beginning(now, used())), |last| last.next(now, used));
    let turn = turn.unwrap_or_else(|pause| {
        std::thread::sleep(pause);
        Turn::beginning(Instant::now(), used())
    });
    LAST.set(Some(turn));
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn a_turn_ends_after_a_while_and_begins_after_a_rest() {
        let begun = Instant::now();
        let turn = Turn::beginning(begun, micros(70));
        let asked = turn.next(begun + micros(150), || unreachable!()).unwrap();
        assert_eq!((asked.begun, asked.asked), (begun, begun + micros(150)));
        assert!(asked.next(begun + micros(199), || unreachable!()).is_ok());
        assert!(asked.next(begun + micros(200), || micros(270)).is_err());
        // One long piece of work.
        assert!(asked.next(begun + micros(5_149), || micros(5_219)).is_err());
        let rested = asked.next(begun + micros(5_150), || micros(300)).unwrap();
        assert_eq!((rested.begun, rested.used), (begun + micros(5_150), micros(300)));
    }

    #[test]
    fn a_pause_is_half_as_long_again_as_the_work() {
        let begun = Instant::now();
        let pause = |worked: u64| {
            Turn::beginning(begun, micros(70)).next(begun + micros(4_900), || micros(70 + worked)).err()
        };
        assert_eq!(pause(200), Some(micros(250)));
        assert_eq!(pause(700), Some(micros(1_000)));
        assert_eq!(pause(4_000), Some(micros(1_950)));
    }

    #[test]
    fn waiting_is_no_work() {
        let begun = Instant::now();
        let turn = Turn::beginning(begun, micros(70)).next(begun + micros(3_000), || micros(220)).unwrap();
        // It has worked for 150 microseconds, and has 50 left.
        assert!(turn.next(begun + micros(3_049), || unreachable!()).is_ok());
        assert_eq!(turn.next(begun + micros(3_050), || micros(270)).err(), Some(micros(250)));
    }

    #[test]
    fn whoever_has_had_a_turn_pauses() {
        give_way();
        let begun = used();
        while used() < begun + 2 * TURN {}
        // It has not rested, however long this thread is kept from asking.
        let now = Instant::now();
        let asked = now + Duration::from_secs(60);
        LAST.set(Some(Turn { begun: now.checked_sub(2 * TURN).unwrap(), used: begun, asked }));
        let before = Instant::now();
        give_way();
        let pause = 3 * TURN - SLACK;
        assert!(before.elapsed() >= pause);
        assert!(LAST.get().unwrap().begun >= before + pause);
    }
}
