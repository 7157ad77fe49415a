//! Who runs what: for each version of a function the processes that it has, the idle among
//! them and the invocations that wait; and how many processes this machine bears.
//!
//! Invocations are not bound to a process that is being started for them: whichever process
//! is free first takes the one that has waited longest. Everything here happens under one
//! lock, which is held for microseconds and never over an await.

mod lanes;
mod seat;
mod state;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Scope;
use ports::functions::InvokeError;
use tokio::sync::{Notify, oneshot};

pub(crate) use lanes::Lanes;
pub(crate) use seat::Seat;
use state::{Pool, PoolName, State};

use crate::environment::{EnvironmentSpec, Job, Keeper, Machine};

/// A pool's number. A changed function gets a new pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PoolId(u64);

/// All pools.
pub(crate) struct Pools {
    machine: Arc<Machine>,
    lanes: Lanes,
    state: Mutex<State>,
    /// Told whenever the last process is gone.
    empty: Notify,
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// Too many wait.
    Full,
    /// The function has changed: look it up again.
    Retired,
    /// The gateway stops.
    Closed,
}

/// What an environment that is free is to do.
pub(crate) enum Ready {
    Run(Box<Job>),
    Wait(oneshot::Receiver<Job>),
    Stop,
}

impl Pools {
    pub(crate) fn new(machine: Arc<Machine>, lanes: Lanes) -> Arc<Self> {
        Arc::new(Self { machine, lanes, state: Mutex::default(), empty: Notify::new() })
    }

    /// The pool of processes that are as `spec` says. A pool of the same version with another
    /// spec is retired.
    pub(crate) fn pool(&self, spec: EnvironmentSpec) -> PoolId {
        let mut state = self.state();
        let name = (spec.scope.clone(), spec.name.clone(), spec.version.clone());
        if let Some(&id) = state.current.get(&name) {
            if state.pools.get(&id).is_some_and(|pool| *pool.spec == spec) {
                return id;
            }
            state.retire(id);
        }
        state.last_id += 1;
        let id = PoolId(state.last_id);
        let pool = Pool {
            spec: Arc::new(spec),
            idle: Vec::new(),
            waiting: VecDeque::new(),
            processes: 0,
            starting: 0,
            settling: 0,
            retired: false,
        };
        state.pools.insert(id, pool);
        state.current.insert(name, id);
        id
    }

    /// Retires the pools of a function for which `keep` answers false for their version.
    pub(crate) fn retire(&self, scope: &Scope, function: &str, keep: impl Fn(&str) -> bool) {
        let mut state = self.state();
        let gone: Vec<(PoolName, PoolId)> = state
            .current
            .iter()
            .filter(|((of, name, version), _)| of == scope && name == function && !keep(version))
            .map(|(name, id)| (name.clone(), *id))
            .collect();
        for (name, id) in gone {
            state.current.remove(&name);
            state.retire(id);
        }
    }

    /// Every function that has a pool, with the versions.
    pub(crate) fn functions(&self) -> Vec<(Scope, String, String)> {
        self.state().current.keys().cloned().collect()
    }

    /// Gives `job` to an idle process, or lets it wait for one, and starts one if that helps.
    pub(crate) fn submit(self: &Arc<Self>, id: PoolId, mut job: Job) -> Result<(), NotTaken> {
        let mut state = self.state();
        if state.closed {
            return Err(NotTaken::Closed);
        }
        let Some(pool) = state.pools.get_mut(&id).filter(|pool| !pool.retired) else {
            return Err(NotTaken::Retired);
        };
        // The one that was busy last has its memory warm, and lets the others grow old.
        while let Some(idle) = pool.idle.pop() {
            match idle.job.send(job) {
                Ok(()) => return Ok(()),
                // Its process has just ended.
                Err(back) => job = back,
            }
        }
        if pool.waiting.len() >= self.machine.settings.max_waiting {
            return Err(NotTaken::Full);
        }
        pool.waiting.push_back(job);
        let started = self.staff(&mut state);
        drop(state);
        self.spawn(started);
        Ok(())
    }

    /// Stops processes that have been idle for long, and turns away who has waited for long.
    pub(crate) fn sweep(&self) {
        let (now, settings) = (self.machine.clock.now(), &self.machine.settings);
        let mut refused = Vec::new();
        let mut state = self.state();
        let mut stopped = Vec::new();
        for pool in state.pools.values_mut() {
            pool.idle.retain(|idle| {
                let keep = now.since(idle.since) < settings.idle_limit;
                if !keep {
                    stopped.push(idle.environment);
                    pool.processes -= 1;
                }
                keep
            });
            while let Some(first) = pool.waiting.front()
                && (first.is_abandoned() || first.queued.elapsed() >= settings.max_wait)
            {
                refused.extend(pool.waiting.pop_front());
            }
        }
        state.processes -= stopped.len();
        state.leaving.extend(stopped);
        drop(state);
        for job in refused {
            job.refuse(InvokeError::Throttled);
        }
    }

    /// Takes no more jobs, and waits until all that it has are done and every process is
    /// gone. What is not by `deadline` is killed.
    pub(crate) async fn close(&self, deadline: Duration) {
        {
            let mut state = self.state();
            state.closed = true;
            for pool in state.pools.values_mut() {
                // Hanging up on the idle ends them; their seats do the counting.
                pool.idle.clear();
            }
        }
        if tokio::time::timeout(deadline, self.emptied()).await.is_err() {
            let waiting: Vec<Job> =
                self.state().pools.values_mut().flat_map(|pool| std::mem::take(&mut pool.waiting)).collect();
            for job in waiting {
                job.refuse(InvokeError::Unavailable { why: "the gateway is stopping".to_owned() });
            }
            self.machine.stop.send_replace(true);
            // A killed process is gone in no time; one that is not is not waited for.
            let _ = tokio::time::timeout(crate::limits::KILL_GRACE, self.emptied()).await;
        }
    }

    async fn emptied(&self) {
        loop {
            let told = self.empty.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            let empty = {
                let state = self.state();
                state.alive == 0 && state.pools.values().all(|pool| pool.waiting.is_empty())
            };
            if empty {
                return;
            }
            told.await;
        }
    }

    /// Decides which pools get another process: the one whose first job has waited longest
    /// comes first.
    fn staff(self: &Arc<Self>, state: &mut State) -> Vec<Keeper> {
        let settings = &self.machine.settings;
        let mut started = Vec::new();
        while state.starting < settings.max_starting {
            let Some(id) = state.hungriest(settings.max_processes_per_function) else { break };
            if state.processes >= settings.max_processes && !state.dismiss_idle() {
                break;
            }
            let Some(pool) = state.pools.get_mut(&id) else { break };
            pool.processes += 1;
            pool.starting += 1;
            let spec = Arc::clone(&pool.spec);
            state.processes += 1;
            state.starting += 1;
            state.alive += 1;
            state.last_id += 1;
            let seat = Seat {
                pools: Arc::clone(self),
                pool: id,
                environment: state.last_id,
                is_starting: true,
                is_settling: false,
                init: None,
                last_used: self.machine.clock.now(),
            };
            started.push(Keeper { machine: Arc::clone(&self.machine), spec, seat });
        }
        started
    }

    fn spawn(&self, started: Vec<Keeper>) {
        for keeper in started {
            self.lanes.spawn(keeper.run());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
