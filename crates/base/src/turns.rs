//! Long work beside requests: on a machine whose processors are all busy, whoever has one keeps it for some
//! milliseconds, and a worker waits for so long.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a thread works on before it lets others have the processor.
const TURN: Duration = Duration::from_millis(1);

thread_local! {
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Lets others have the processor who wait for it, if this thread has had its turn. For loops of work that is no
/// request's: the thread goes on at once if nobody waits.
pub fn give_way() {
    let had_its_turn = SINCE.get().is_none_or(|since| since.elapsed() >= TURN);
    if had_its_turn {
        std::thread::yield_now();
        SINCE.set(Some(Instant::now()));
    }
}
