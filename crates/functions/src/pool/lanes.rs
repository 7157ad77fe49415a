//! The threads on which processes are kept. Each has a runtime of its own: on one that threads share, whoever
//! is woken wakes another to look whether there is more to do, and an invocation, which is woken three times,
//! would cost twice the switches between threads.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Threads that take turns at new processes. Dropping them ends them, and drops what they run.
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    taken: AtomicUsize,
}

struct Lane {
    runtime: Handle,
    /// The thread ends when this is dropped.
    _end: oneshot::Sender<()>,
}

impl Lanes {
    /// Starts so many, and at least one.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let lanes = (0..count.max(1)).map(|_| Lane::start()).collect::<io::Result<Vec<Lane>>>()?;
        Ok(Self { lanes, taken: AtomicUsize::new(0) })
    }

    /// Runs `task` on the next one.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let turn = self.taken.fetch_add(1, Ordering::Relaxed);
        if let Some(lane) = self.lanes.get(turn.checked_rem(self.lanes.len()).unwrap_or(0)) {
            lane.runtime.spawn(task);
        }
    }
}

impl Lane {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel::<()>();
        let lane = Self { runtime: runtime.handle().clone(), _end: end };
        std::thread::Builder::new().name("functions".into()).spawn(move || {
            let _ = runtime.block_on(ended);
            // What blocks is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(lane)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn tasks_take_turns_and_end_with_their_threads() {
        let lanes = Lanes::start(2).unwrap();
        let (told, tell) = channel();
        for _ in 0..4 {
            let told = told.clone();
            lanes.spawn(async move {
                told.send(std::thread::current().id()).unwrap();
                std::future::pending().await
            });
        }
        drop(told);
        let threads: HashSet<_> = (0..4).map(|_| tell.recv().unwrap()).collect();
        assert_eq!(threads.len(), 2);
        drop(lanes);
        // The tasks held the other ends.
        assert!(tell.recv().is_err());
    }
}
