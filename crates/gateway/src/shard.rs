//! One copy of something per core, so that cores that count or draw do not wait for each
//! other. Threads get their shares in the order in which they first ask; with more threads
//! than shares some share one, which costs speed and nothing else.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most shares that are made, whatever the machine.
const MAXIMUM_SHARDS: usize = 64;

/// A `T` for each core.
#[derive(Debug)]
pub(crate) struct Sharded<T>(Box<[Padded<T>]>);

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

/// How many shares are made. Asking the system takes longer than making them.
static SHARDS: LazyLock<usize> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.clamp(1, MAXIMUM_SHARDS)
});

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % *SHARDS;
}

impl<T> Sharded<T> {
    /// A share for each core of this machine.
    pub(crate) fn new(mut make: impl FnMut() -> T) -> Self {
        Self((0..*SHARDS).map(|_| Padded(make())).collect())
    }

    /// The calling thread's share.
    #[allow(clippy::indexing_slicing, reason = "there are that many shares of everything")]
    pub(crate) fn mine(&self) -> &T {
        let mine = MINE.try_with(|mine| *mine).unwrap_or_default();
        &self.0[mine].0
    }

    /// All shares.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_share() {
        let shares = Sharded::new(|| AtomicUsize::new(0));
        shares.mine().fetch_add(1, Ordering::Relaxed);
        shares.mine().fetch_add(1, Ordering::Relaxed);
        let counts: Vec<_> = shares.iter().map(|share| share.load(Ordering::Relaxed)).collect();
        assert_eq!(counts.iter().sum::<usize>(), 2);
        assert_eq!(counts.iter().filter(|count| **count == 2).count(), 1);
    }
}
