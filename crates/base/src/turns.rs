//! Long work beside requests: on a machine whose processors are all busy, whoever has one keeps it for some
//! milliseconds, and a worker waits for so long.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// How long a thread works on before it lets others have the processor.
const TURN: Duration = Duration::from_millis(1);

/// How long it then sleeps. Measured on Linux 6.18 beside a thread that is always busy: six milliseconds of work in
/// such turns took 12 and kept the other waiting for 1.1 at a time. With yields, which give up what is left of a
/// thread's share so that it waits for another tick, they took 15 and kept it waiting for 3.1.
const PAUSE: Duration = Duration::from_micros(50);

thread_local! {
    /// When a turn can have ended at the earliest.
    static LOOK_AT: Cell<Option<Instant>> = const { Cell::new(None) };
    /// What the thread had worked when its turn began.
    static BEGUN: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Lets others have the processor who wait for it, if this thread has had its turn: a millisecond of work, in
/// which waiting and sleeping do not count. For loops of work that is no request's.
pub fn give_way() {
    let now = Instant::now();
    if LOOK_AT.get().is_some_and(|at| now < at) {
        return;
    }
    let worked = worked();
    let of_turn = worked.saturating_sub(BEGUN.get());
    if of_turn < TURN {
        LOOK_AT.set(now.checked_add(TURN.saturating_sub(of_turn)));
        return;
    }
    std::thread::sleep(PAUSE);
    BEGUN.set(worked);
    LOOK_AT.set(Instant::now().checked_add(TURN));
}

/// The processor time that this thread has used.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pause takes at least as long as it is asked to.
    #[test]
    fn a_turn_is_work_and_not_time() {
        let begun = Instant::now();
        std::thread::spawn(move || {
            give_way();
            let first = LOOK_AT.get().unwrap();
            assert!(first > begun && BEGUN.get().is_zero(), "it has only begun");
            let until = worked() + TURN;
            while worked() < until {
                give_way();
            }
            give_way();
            assert!(BEGUN.get() >= TURN);
            assert!(LOOK_AT.get().unwrap() > first + PAUSE);
        })
        .join()
        .unwrap();
    }
}
