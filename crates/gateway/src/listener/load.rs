//! How many connections each worker has, and whether there may be more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The connections of all workers.
#[derive(Debug)]
pub(super) struct Load {
    workers: Vec<AtomicUsize>,
    open: AtomicUsize,
    most: usize,
    freed: Notify,
}

/// A connection's place with a worker, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    load: Arc<Load>,
    worker: usize,
}

impl Load {
    /// Of `workers` workers that have at most `most` connections together.
    pub(super) fn new(workers: usize, most: usize) -> Arc<Self> {
        let workers = std::iter::repeat_with(AtomicUsize::default).take(workers).collect();
        Arc::new(Self { workers, open: AtomicUsize::new(0), most, freed: Notify::new() })
    }

    /// Waits until one more connection is allowed.
    pub(super) async fn room(&self) {
        while self.open.load(Ordering::Acquire) >= self.most {
            self.freed.notified().await;
        }
    }

    /// A place with the worker that has the fewest connections.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        let count = |index: &usize| self.workers.get(*index).map_or(0, |open| open.load(Ordering::Relaxed));
        let worker = (0..self.workers.len()).min_by_key(count).unwrap_or(0);
        if let Some(open) = self.workers.get(worker) {
            open.fetch_add(1, Ordering::Relaxed);
        }
        self.open.fetch_add(1, Ordering::AcqRel);
        Place { load: Arc::clone(self), worker }
    }

    /// How many connections there may be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether others wait for a place, or would have to.
    pub(super) fn is_full(&self) -> bool {
        self.open() >= self.most
    }

    /// Open connections.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }
}

impl Place {
    /// The worker's index.
    pub(super) fn worker(&self) -> usize {
        self.worker
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(open) = self.load.workers.get(self.worker) {
            open.fetch_sub(1, Ordering::Relaxed);
        }
        if self.load.open.fetch_sub(1, Ordering::AcqRel) == self.load.most {
            self.load.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_connection_goes_where_the_fewest_are() {
        let load = Load::new(3, 10);
        let mut places: Vec<_> = std::iter::repeat_with(|| load.place()).take(5).collect();
        assert_eq!(places.iter().map(Place::worker).collect::<Vec<_>>(), [0, 1, 2, 0, 1]);
        // Worker 1 has two, 0 has one, 2 has none.
        drop(places.remove(3));
        drop(places.remove(2));
        assert_eq!(load.place().worker(), 2);
        assert_eq!(load.open(), 3);
    }

    #[test]
    fn the_last_place_is_given_and_the_next_waits_for_a_free_one() {
        let load = Load::new(1, 2);
        let place = load.place();
        assert!(futures_util::FutureExt::now_or_never(load.room()).is_some());
        assert!(!load.is_full());
        let _last = load.place();
        assert!(load.is_full());
        assert!(futures_util::FutureExt::now_or_never(load.room()).is_none());
        drop(place);
        assert!(futures_util::FutureExt::now_or_never(load.room()).is_some());
    }
}
