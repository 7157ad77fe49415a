//! What a process tells its pool, and asks of it.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use ports::functions::InvokeError;
use tokio::sync::oneshot;

use super::state::{EnvironmentId, Idle};
use super::{PoolId, Pools, Ready};
use crate::environment::Job;

/// An environment's place in its pool. Dropping it is leaving.
pub(crate) struct Seat {
    pub(super) pools: Arc<Pools>,
    pub(super) pool: PoolId,
    pub(super) environment: EnvironmentId,
    pub(super) is_starting: bool,
    pub(super) is_settling: bool,
    /// How long its process took to start, until an invocation reports it.
    pub(crate) init: Option<Duration>,
    /// When it last had work.
    pub(crate) last_used: Timestamp,
}

impl Seat {
    /// The process is up: another may be started. Whether it will be free in a moment is what
    /// `settles` says; otherwise it has its first invocation already.
    pub(crate) fn started(&mut self, settles: bool) {
        if !std::mem::take(&mut self.is_starting) {
            return;
        }
        let mut state = self.pools.state();
        state.starting -= 1;
        if let Some(pool) = state.pools.get_mut(&self.pool) {
            pool.starting -= 1;
            pool.settling += usize::from(settles);
            self.is_settling = settles;
        }
        let started = self.pools.staff(&mut state);
        drop(state);
        self.pools.spawn(started);
    }

    /// The process is about to be free: no other needs to be started for who comes now. To be
    /// said before its answer is given, or whoever invokes one after the other starts two.
    pub(crate) fn settles(&mut self) {
        if self.is_settling {
            return;
        }
        if let Some(pool) = self.pools.state().pools.get_mut(&self.pool) {
            self.is_settling = true;
            pool.settling += 1;
        }
    }

    /// The process is not free as soon as was thought.
    pub(crate) fn does_not_settle(&mut self) {
        if std::mem::take(&mut self.is_settling) {
            let mut state = self.pools.state();
            state.settled(self.pool);
            let started = self.pools.staff(&mut state);
            drop(state);
            self.pools.spawn(started);
        }
    }

    /// The process is free.
    pub(crate) fn ready(&mut self) -> Ready {
        let mut state = self.pools.state();
        if std::mem::take(&mut self.is_settling) {
            state.settled(self.pool);
        }
        if let Some(job) = state.next_waiting(self.pool) {
            return Ready::Run(Box::new(job));
        }
        let settings = &self.pools.machine.settings;
        // Another function may wait for this one's place.
        let is_wanted = state.processes >= settings.max_processes
            && state.hungriest(settings.max_processes_per_function).is_some();
        let closed = state.closed;
        let Some(pool) = state.pools.get_mut(&self.pool) else { return Ready::Stop };
        if closed || is_wanted || pool.retired {
            return Ready::Stop;
        }
        let (job, handed) = oneshot::channel();
        pool.idle.push(Idle { environment: self.environment, since: self.last_used, job });
        Ready::Wait(handed)
    }

    /// A job of this pool that waits.
    pub(crate) fn take_waiting(&self) -> Option<Job> {
        self.pools.state().next_waiting(self.pool)
    }

    /// Gives up waiting for a job. Answers false if one was or will never be handed over.
    pub(crate) fn leave_idle(&self) -> bool {
        let mut state = self.pools.state();
        let Some(pool) = state.pools.get_mut(&self.pool) else { return false };
        let before = pool.idle.len();
        pool.idle.retain(|idle| idle.environment != self.environment);
        pool.idle.len() < before
    }

    /// Puts a job back that was taken and not begun. It goes to the front.
    pub(crate) fn put_back(&self, job: Job) {
        let mut state = self.pools.state();
        match state.pools.get_mut(&self.pool) {
            Some(pool) => pool.waiting.push_front(job),
            None => {
                drop(state);
                job.refuse(InvokeError::Throttled);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.pools.state();
        let was_dismissed = state.leaving.remove(&self.environment);
        state.alive -= 1;
        if !was_dismissed {
            state.processes -= 1;
        }
        if self.is_starting {
            state.starting -= 1;
        }
        if self.is_settling {
            state.settled(self.pool);
        }
        if let Some(pool) = state.pools.get_mut(&self.pool) {
            if !was_dismissed {
                pool.processes -= 1;
            }
            if self.is_starting {
                pool.starting -= 1;
            }
        }
        state.remove_if_done(self.pool);
        let started = self.pools.staff(&mut state);
        drop(state);
        self.pools.spawn(started);
        self.pools.empty.notify_waiters();
    }
}
