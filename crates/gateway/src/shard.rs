//! One copy of something per core, so that cores that count or draw do not wait for each other. A worker
//! [claims](OwnShare) a share for itself, and what is counted there costs it no more than an addition; all other
//! threads have one together.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most shares that can be claimed, whatever the machine.
const CLAIMABLE: usize = u64::BITS as usize;

/// A `T` for each core, and one for all who have none.
#[derive(Debug)]
pub(crate) struct Sharded<T>(Box<[Padded<T>]>);

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

/// How many shares can be claimed. Asking the system takes longer than making them.
static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(CLAIMABLE));

/// Those that are claimed, a bit for each.
static CLAIMED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The share of this thread; the first is that of all who have claimed none.
    static MINE: Cell<usize> = const { Cell::new(0) };
}

/// A share that the thread has for itself until this is dropped: of everything that is there or will be.
#[derive(Debug)]
pub(crate) struct OwnShare {
    bit: u64,
    /// Of the thread that has claimed it.
    here: PhantomData<*const ()>,
}

impl OwnShare {
    /// A share for this thread, if there is one left and it has none yet.
    pub(crate) fn claim() -> Option<Self> {
        if MINE.get() > 0 {
            return None;
        }
        let lowest = |claimed: u64| (0..*CORES).find(|share| claimed & (1 << share) == 0);
        let claimed = CLAIMED.fetch_update(Ordering::Acquire, Ordering::Relaxed, |claimed| {
            lowest(claimed).map(|share| claimed | 1 << share)
        });
        let share = lowest(claimed.ok()?)?;
        MINE.set(share + 1);
        Some(Self { bit: 1 << share, here: PhantomData })
    }
}

impl Drop for OwnShare {
    fn drop(&mut self) {
        MINE.set(0);
        // Whoever claims it next goes on from what was counted here.
        CLAIMED.fetch_and(!self.bit, Ordering::Release);
    }
}

impl<T> Sharded<T> {
    /// A share for each core of this machine, and one for the others.
    pub(crate) fn new(mut make: impl FnMut() -> T) -> Self {
        Self((0..=*CORES).map(|_| Padded(make())).collect())
    }

    /// The calling thread's share.
    #[allow(clippy::indexing_slicing, reason = "there are that many shares of everything")]
    pub(crate) fn mine(&self) -> &T {
        &self.0[MINE.get()].0
    }

    /// All shares.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}

/// A sum in a share. Anybody may read it, but only those whose share it is in may add to it.
#[derive(Debug, Default)]
pub(crate) struct Sum(AtomicU64);

impl Sum {
    /// Adds to it; what is beyond 2⁶⁴ begins again.
    pub(crate) fn add(&self, count: u64) {
        if MINE.get() > 0 {
            // Nobody else writes here.
            self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
        } else {
            self.0.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// What was added so far.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// Other tests claim shares at the same time.
    fn claim() -> OwnShare {
        loop {
            if let Some(own) = OwnShare::claim() {
                return own;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_thread_keeps_its_share() {
        let shares = Sharded::new(Sum::default);
        let counts = || shares.iter().map(Sum::get).collect::<Vec<_>>();
        shares.mine().add(1);
        shares.mine().add(2);
        assert_eq!(counts()[0], 3);
        let own = claim();
        assert!(OwnShare::claim().is_none());
        shares.mine().add(4);
        shares.mine().add(5);
        drop(own);
        shares.mine().add(6);
        assert_eq!((counts()[0], counts().iter().sum::<u64>()), (9, 18));
        assert_eq!(counts().into_iter().filter(|count| *count == 9).count(), 2);
    }

    #[test]
    fn nothing_that_is_counted_at_the_same_time_is_lost() {
        let shares = Sharded::new(Sum::default);
        // More threads than shares, one after the other with its own and without.
        let together = Barrier::new(8);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (shares, together) = (&shares, &together);
                scope.spawn(move || {
                    together.wait();
                    for round in 0..200 {
                        let _own = (round % 2 == thread % 2).then(OwnShare::claim);
                        (0..100).for_each(|_| shares.mine().add(1));
                    }
                });
            }
        });
        assert_eq!(shares.iter().map(Sum::get).sum::<u64>(), 8 * 200 * 100);
    }

    #[test]
    fn a_sum_may_fall() {
        let sum = Sum::default();
        sum.add(u64::MAX);
        sum.add(2);
        assert_eq!(sum.get(), 1);
    }
}
