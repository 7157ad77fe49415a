//! What is known of all pools, and the rules by which processes come and go. Pure: whoever
//! calls holds the lock.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use base::{Scope, Timestamp};
use tokio::sync::oneshot;

use super::PoolId;
use crate::environment::{EnvironmentSpec, Job};

pub(super) type EnvironmentId = u64;

#[derive(Default)]
pub(super) struct State {
    pub(super) pools: HashMap<PoolId, Pool>,
    pub(super) current: HashMap<PoolName, PoolId>,
    pub(super) last_id: u64,
    /// Processes that count against the machine's limit: all but those that were told to go.
    pub(super) processes: usize,
    pub(super) starting: usize,
    /// Processes that are there or being started.
    pub(super) alive: usize,
    pub(super) leaving: HashSet<EnvironmentId>,
    pub(super) closed: bool,
}

/// Scope, function and version.
pub(super) type PoolName = (Scope, String, String);

pub(super) struct Pool {
    pub(super) spec: Arc<EnvironmentSpec>,
    pub(super) idle: Vec<Idle>,
    pub(super) waiting: VecDeque<Job>,
    pub(super) processes: usize,
    pub(super) starting: usize,
    /// Processes that have answered and will be free in a moment.
    pub(super) settling: usize,
    /// Its function has changed or is gone: it serves who waits, and ends.
    pub(super) retired: bool,
}

pub(super) struct Idle {
    pub(super) environment: EnvironmentId,
    pub(super) since: Timestamp,
    pub(super) job: oneshot::Sender<Job>,
}

impl State {
    pub(super) fn retire(&mut self, id: PoolId) {
        let Some(pool) = self.pools.get_mut(&id) else { return };
        pool.retired = true;
        let idle = std::mem::take(&mut pool.idle);
        pool.processes -= idle.len();
        self.processes -= idle.len();
        self.leaving.extend(idle.iter().map(|idle| idle.environment));
        self.remove_if_done(id);
    }

    pub(super) fn remove_if_done(&mut self, id: PoolId) {
        let done = |pool: &Pool| pool.retired && pool.processes == 0 && pool.waiting.is_empty();
        if self.pools.get(&id).is_some_and(done) {
            self.pools.remove(&id);
        }
    }

    /// The pool that needs a process most and may have one.
    pub(super) fn hungriest(&self, most: usize) -> Option<PoolId> {
        let hungry =
            |pool: &Pool| pool.waiting.len() > pool.starting + pool.settling && pool.processes < most;
        let waiting = self.pools.iter().filter(|(_, pool)| hungry(pool));
        let by_age = waiting.filter_map(|(id, pool)| Some((pool.waiting.front()?.queued, *id)));
        by_age.min().map(|(_, id)| id)
    }

    /// Tells the process that has been idle longest to go. Answers whether there was one.
    pub(super) fn dismiss_idle(&mut self) -> bool {
        let oldest = self
            .pools
            .iter()
            .filter_map(|(id, pool)| {
                let oldest = pool.idle.iter().enumerate().min_by_key(|(_, idle)| idle.since)?;
                Some((oldest.1.since, oldest.1.environment, oldest.0, *id))
            })
            .min();
        let Some((_, environment, index, id)) = oldest else { return false };
        let Some(pool) = self.pools.get_mut(&id) else { return false };
        pool.idle.remove(index);
        pool.processes -= 1;
        self.processes -= 1;
        self.leaving.insert(environment);
        self.remove_if_done(id);
        true
    }

    pub(super) fn settled(&mut self, id: PoolId) {
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.settling -= 1;
        }
    }

    pub(super) fn next_waiting(&mut self, id: PoolId) -> Option<Job> {
        let pool = self.pools.get_mut(&id)?;
        loop {
            let job = pool.waiting.pop_front()?;
            // Whoever has hung up before anything ran is not served.
            if !job.is_abandoned() {
                return Some(job);
            }
        }
    }
}
