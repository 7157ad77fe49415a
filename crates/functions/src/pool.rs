//! Who runs what: for each version of a function the processes that it has, the idle among
//! them and the invocations that wait; and how many processes this machine bears.
//!
//! Invocations are not bound to a process that is being started for them: whichever process
//! is free first takes the one that has waited longest. Everything here happens under one
//! lock, which is held for microseconds and never over an await.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::{Scope, Timestamp};
use ports::functions::InvokeError;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use crate::environment::{EnvironmentSpec, Job, Keeper, Machine};

/// A pool's number. A changed function gets a new pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PoolId(u64);

type EnvironmentId = u64;

/// All pools.
pub(crate) struct Pools {
    machine: Arc<Machine>,
    runtime: Handle,
    state: Mutex<State>,
    /// Told whenever the last process is gone.
    empty: Notify,
}

#[derive(Default)]
struct State {
    pools: HashMap<PoolId, Pool>,
    current: HashMap<PoolName, PoolId>,
    last_id: u64,
    /// Processes that count against the machine's limit: all but those that were told to go.
    processes: usize,
    starting: usize,
    /// Processes that are there or being started.
    alive: usize,
    leaving: HashSet<EnvironmentId>,
    closed: bool,
}

/// Scope, function and version.
type PoolName = (Scope, String, String);

struct Pool {
    spec: Arc<EnvironmentSpec>,
    idle: Vec<Idle>,
    waiting: VecDeque<Job>,
    processes: usize,
    starting: usize,
    /// Processes that have answered and will be free in a moment.
    settling: usize,
    /// Its function has changed or is gone: it serves who waits, and ends.
    retired: bool,
}

struct Idle {
    environment: EnvironmentId,
    since: Timestamp,
    job: oneshot::Sender<Job>,
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
    Run(Job),
    Wait(oneshot::Receiver<Job>),
    Stop,
}

impl Pools {
    pub(crate) fn new(machine: Arc<Machine>, runtime: Handle) -> Arc<Self> {
        Arc::new(Self { machine, runtime, state: Mutex::default(), empty: Notify::new() })
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
            self.runtime.spawn(keeper.run());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn retire(&mut self, id: PoolId) {
        let Some(pool) = self.pools.get_mut(&id) else { return };
        pool.retired = true;
        let idle = std::mem::take(&mut pool.idle);
        pool.processes -= idle.len();
        self.processes -= idle.len();
        self.leaving.extend(idle.iter().map(|idle| idle.environment));
        self.remove_if_done(id);
    }

    fn remove_if_done(&mut self, id: PoolId) {
        let done = |pool: &Pool| pool.retired && pool.processes == 0 && pool.waiting.is_empty();
        if self.pools.get(&id).is_some_and(done) {
            self.pools.remove(&id);
        }
    }

    /// The pool that needs a process most and may have one.
    fn hungriest(&self, most: usize) -> Option<PoolId> {
        let hungry =
            |pool: &Pool| pool.waiting.len() > pool.starting + pool.settling && pool.processes < most;
        let waiting = self.pools.iter().filter(|(_, pool)| hungry(pool));
        let by_age = waiting.filter_map(|(id, pool)| Some((pool.waiting.front()?.queued, *id)));
        by_age.min().map(|(_, id)| id)
    }

    /// Tells the process that has been idle longest to go. Answers whether there was one.
    fn dismiss_idle(&mut self) -> bool {
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

    fn settled(&mut self, id: PoolId) {
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.settling -= 1;
        }
    }

    fn next_waiting(&mut self, id: PoolId) -> Option<Job> {
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

/// An environment's place in its pool. Dropping it is leaving.
pub(crate) struct Seat {
    pools: Arc<Pools>,
    pool: PoolId,
    environment: EnvironmentId,
    is_starting: bool,
    is_settling: bool,
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
            return Ready::Run(job);
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
