//! Keeps one process: starts it, hands it one invocation after the other, notices how each
//! ends, and ends the process when it fails, is not needed or the gateway stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::Clock;
use ports::functions::InvokeError;

use super::live::{Happening, Live};
use super::log::{FunctionLog, UsageReport};
use super::machine::StartFault;
use super::outcome::{
    InitFault, Outcome, begin, failure_of, finish, init_report, outcome_of, reported_fault,
};
use super::{EnvironmentSpec, Job, Machine};
use crate::limits::{
    CREDENTIALS_MARGIN, EXIT_GRACE, IDLE_WATCH_INTERVAL, MEMORY_MATTERS_AFTER, SETTLING, WATCH_INTERVAL,
};
use crate::payload::{Exit, Failure};
use crate::pool::{Ready, Seat};
use crate::runtime::Runtime;
use crate::runtime_api::{self, Call, Place, Report};

/// The status of a launcher that could not start the program.
const LAUNCHER_FAILED: i32 = 126;

/// How many processes may ask for an invocation and hang up before they get it. One can die in
/// that moment by chance.
const MOST_HUNG_UP: u32 = 3;

/// Keeps one environment. Runs as a task of its own.
pub(crate) struct Keeper {
    pub(crate) machine: Arc<Machine>,
    pub(crate) spec: Arc<EnvironmentSpec>,
    /// The environment's place in its pool.
    pub(crate) seat: Seat,
}

impl Keeper {
    /// Keeps an environment until its end.
    pub(crate) async fn run(mut self) {
        let Some(mut live) = self.first_process().await else { return };
        self.seat.started(true);
        while self.serve_next(&mut live).await {}
        drop(live.end().await);
    }

    // The start --------------------------------------------------------------------------

    /// A process that waits for its first invocation. If none comes to that, the failure is
    /// one invocation's: a start that failed is tried again within it, as Lambda does.
    async fn first_process(&mut self) -> Option<Live> {
        let log = self.machine.log_of(&self.spec);
        let begun = Instant::now();
        let (fault, mut log) = match self.start(log, self.machine.settings.init_limit).await {
            Ok(mut live) => {
                self.seat.init = Some(live.started.elapsed());
                self.seat.last_used = self.machine.clock.now();
                live.log.flush();
                return Some(live);
            }
            Err(failed) => failed,
        };
        init_report(&mut log, begun.elapsed(), "init", &fault);
        let job = self.seat.take_waiting()?;
        match fault {
            InitFault::Start(_) | InitFault::Stopped => {
                self.end_unstarted(job, fault, log, None);
                None
            }
            InitFault::Reported { .. }
            | InitFault::Exited(_)
            | InitFault::TimedOut
            | InitFault::Excess(_) => self.start_within(job, log).await,
        }
    }

    /// Starts the process anew as a part of `job`, whose time it takes.
    async fn start_within(&mut self, job: Job, mut log: FunctionLog) -> Option<Live> {
        let begun = Instant::now();
        begin(&mut log, &job, &self.spec.version);
        let (fault, mut log) = match self.start(log, self.spec.timeout).await {
            Ok(mut live) => {
                self.seat.started(false);
                let begun = live.started;
                return if self.serve(&mut live, job, begun, None).await {
                    Some(live)
                } else {
                    live.end().await;
                    None
                };
            }
            Err(failed) => failed,
        };
        init_report(&mut log, begun.elapsed(), "invoke", &fault);
        self.end_unstarted(job, fault, log, Some(begun.elapsed()));
        None
    }

    /// One process, from nothing to its call for an invocation, for which it has `limit` once
    /// it is there: unpacking its code is not its fault.
    async fn start(&self, log: FunctionLog, limit: Duration) -> Result<Live, (InitFault, FunctionLog)> {
        let mut live = match self.machine.start(&self.spec, log).await {
            Ok(live) => live,
            Err((fault, log)) => return Err((InitFault::Start(fault), log)),
        };
        let limit = live.started + limit;
        match self.wait_for_call(&mut live, limit).await {
            Ok(()) => Ok(live),
            Err(fault) => Err((fault, live.end().await)),
        }
    }

    async fn wait_for_call(&self, live: &mut Live, limit: Instant) -> Result<(), InitFault> {
        let mut reported: Option<InitFault> = None;
        let mut limit = limit;
        loop {
            match live.step(Some(limit), WATCH_INTERVAL).await {
                Happening::Called(Call::Next(next)) if reported.is_none() => {
                    live.next = Some(next);
                    return Ok(());
                }
                Happening::Called(Call::Next(next)) => {
                    let _ = next.send(runtime_api::invalid_transition());
                }
                Happening::Called(Call::Report {
                    report: Report::InitError { error_type, body },
                    answer,
                }) => {
                    let _ = answer.send(runtime_api::accepted());
                    reported.get_or_insert(reported_fault(error_type, body));
                    // It exits by itself now, and what it still says belongs to the log.
                    limit = limit.min(Instant::now() + EXIT_GRACE);
                }
                Happening::Called(Call::Report { answer, .. }) => {
                    let _ = answer.send(runtime_api::invalid_request_id());
                }
                Happening::Called(Call::Stream { place, .. }) => {
                    let _ = place.send(Place::Nowhere);
                }
                Happening::Ended(exit, reports) => {
                    let said = reports.into_iter().find_map(|report| match report {
                        Report::InitError { error_type, body } => Some(reported_fault(error_type, body)),
                        Report::Response { .. } | Report::Streamed { .. } | Report::Error { .. } => None,
                    });
                    return Err(reported.or(said).unwrap_or_else(|| self.exited(live, exit)));
                }
                Happening::Deadline => return Err(reported.unwrap_or(InitFault::TimedOut)),
                Happening::Tick => {
                    live.log.flush();
                    if let Some(failure) = live.excess(&self.spec).await {
                        return Err(InitFault::Excess(failure));
                    }
                }
                Happening::Stopped => return Err(InitFault::Stopped),
            }
        }
    }

    /// A process that ended before it asked for anything; one of a package's own program may
    /// never have become that program.
    fn exited(&self, live: &Live, exit: Exit) -> InitFault {
        if self.spec.runtime == Runtime::Provided && exit == Exit::Status(LAUNCHER_FAILED) {
            let why = "the function's bootstrap cannot be run".to_owned();
            return InitFault::Start(StartFault::Function(Failure::InvalidEntrypoint { why }));
        }
        match live.failure(exit) {
            Failure::Exited(exit) => InitFault::Exited(exit),
            failure => InitFault::Excess(failure),
        }
    }

    /// Answers a job for which no process came to life. `begun` is how long it has run, if it
    /// has.
    fn end_unstarted(&self, job: Job, fault: InitFault, mut log: FunctionLog, begun: Option<Duration>) {
        let outcome = match fault {
            InitFault::Start(StartFault::Machine(why)) => {
                tracing::error!(function = self.spec.name, scope = ?self.spec.scope, why, "a function cannot be run");
                job.refuse(InvokeError::Unavailable { why });
                return;
            }
            InitFault::Start(StartFault::Function(failure)) => Outcome::Failed(failure),
            InitFault::Reported { payload, error_type } => Outcome::Error { payload, error_type },
            InitFault::Exited(exit) => Outcome::Failed(Failure::Exited(exit)),
            InitFault::TimedOut => Outcome::Failed(Failure::TimedOut(self.spec.timeout)),
            InitFault::Excess(failure) => Outcome::Failed(failure),
            InitFault::Stopped => Outcome::Stopped,
        };
        if begun.is_none() {
            begin(&mut log, &job, &self.spec.version);
        }
        // The start's own error stands in the report of this invocation, too.
        let failed_start = match &outcome {
            Outcome::Error { error_type, .. } => Some(("error", error_type.clone())),
            Outcome::Result(_) | Outcome::Failed(_) | Outcome::Stopped => None,
        };
        let report = UsageReport {
            duration: begun.unwrap_or_default(),
            init: None,
            memory_megabytes: self.spec.memory_megabytes,
            peak_bytes: 0,
            failure: failed_start.or_else(|| failure_of(&outcome)),
        };
        finish(&mut log, job, outcome, &report);
    }

    // The invocations --------------------------------------------------------------------

    /// Serves the next invocation, or waits for one. Answers whether the process can go on.
    async fn serve_next(&mut self, live: &mut Live) -> bool {
        if self.machine.clock.now().plus(CREDENTIALS_MARGIN) >= live.credentials_end {
            return false;
        }
        let mut handed = match self.seat.ready() {
            Ready::Run(job) => {
                let init = self.seat.init.take();
                return self.begin_and_serve(live, *job, init).await;
            }
            Ready::Stop => return false,
            Ready::Wait(handed) => handed,
        };
        loop {
            let happening = tokio::select! {
                biased;
                job = &mut handed => {
                    // Nobody will hand over anything: the place was given to another.
                    let Ok(job) = job else { return false };
                    let init = self.seat.init.take();
                    return self.begin_and_serve(live, job, init).await;
                }
                happening = live.step(None, IDLE_WATCH_INTERVAL) => happening,
            };
            match happening {
                Happening::Called(Call::Next(next)) => {
                    // Its last call is gone with its connection; this one takes its place.
                    live.next = Some(next);
                }
                Happening::Called(Call::Report { answer, .. }) => {
                    let _ = answer.send(runtime_api::invalid_request_id());
                }
                Happening::Called(Call::Stream { place, .. }) => {
                    let _ = place.send(Place::Nowhere);
                }
                // Lines between invocations (a thread that goes on) are in nobody's way.
                Happening::Tick if live.excess(&self.spec).await.is_none() => live.log.flush(),
                Happening::Tick | Happening::Ended(..) | Happening::Stopped | Happening::Deadline => {
                    if !self.seat.leave_idle()
                        && let Ok(job) = handed.await
                    {
                        // It was handed over in the same moment, and did not run.
                        self.seat.put_back(job);
                    }
                    return false;
                }
            }
        }
    }

    async fn begin_and_serve(&mut self, live: &mut Live, job: Job, init: Option<Duration>) -> bool {
        begin(&mut live.log, &job, &self.spec.version);
        self.serve(live, job, Instant::now(), init).await
    }

    /// Runs `job`, whose time began at `begun`, and waits until the process asks for the next
    /// one. Answers whether it did.
    async fn serve(&mut self, live: &mut Live, mut job: Job, begun: Instant, init: Option<Duration>) -> bool {
        let deadline = begun + self.spec.timeout;
        let remaining = deadline.saturating_duration_since(Instant::now());
        // The function compares it with the clock of the machine, whatever the gateway's is.
        let until = Clock::system().now().plus(remaining).as_millis();
        let sent = match live.next.take() {
            Some(next) => next.send(runtime_api::invocation(&job, until)).is_ok(),
            None => false,
        };
        if !sent {
            // It hung up while it waited: the job has not begun.
            self.hand_back(live, job);
            return false;
        }
        let (outcome, mut alive) = self.outcome(live, &mut job, deadline).await;
        self.seat.last_used = self.machine.clock.now();
        let duration = begun.elapsed().min(self.spec.timeout);
        let ran_long = duration >= MEMORY_MATTERS_AFTER;
        let memory = live.memory(if ran_long { Duration::from_millis(1) } else { WATCH_INTERVAL }).await;
        let mut outcome = outcome;
        let took_too_much = memory.most_taken > self.spec.memory_bytes();
        if alive && (took_too_much || ran_long && live.ran_out_of_memory()) {
            outcome = Outcome::Failed(Failure::OutOfMemory);
            live.kill().await;
            alive = false;
        }
        live.read_what_is_there();
        let report = UsageReport {
            duration,
            init,
            memory_megabytes: self.spec.memory_megabytes,
            peak_bytes: memory.peak,
            failure: failure_of(&outcome),
        };
        if alive {
            self.seat.settles();
        }
        finish(&mut live.log, job, outcome, &report);
        alive && self.wait_for_next(live, deadline).await
    }

    /// Gives a job to the next process, if not too many have hung up on it already.
    fn hand_back(&self, live: &mut Live, mut job: Job) {
        job.hung_up += 1;
        if job.hung_up < MOST_HUNG_UP {
            return self.seat.put_back(job);
        }
        let outcome = Outcome::Failed(Failure::Exited(Exit::Status(0)));
        let report = UsageReport {
            duration: Duration::ZERO,
            init: None,
            memory_megabytes: self.spec.memory_megabytes,
            peak_bytes: 0,
            failure: failure_of(&outcome),
        };
        finish(&mut live.log, job, outcome, &report);
    }

    /// What the process makes of `job`, and whether it lives on.
    async fn outcome(&self, live: &mut Live, job: &mut Job, deadline: Instant) -> (Outcome, bool) {
        loop {
            match live.step(Some(deadline), WATCH_INTERVAL).await {
                Happening::Called(Call::Report { report, answer }) => {
                    match outcome_of(report, &job.request_id) {
                        Some(outcome) => {
                            let _ = answer.send(match &outcome {
                                Outcome::Failed(Failure::ResultTooLarge { limit }) => {
                                    runtime_api::too_large(*limit)
                                }
                                Outcome::Failed(_)
                                | Outcome::Result(_)
                                | Outcome::Error { .. }
                                | Outcome::Stopped => runtime_api::accepted(),
                            });
                            return (outcome, true);
                        }
                        None => {
                            let _ = answer.send(runtime_api::invalid_request_id());
                        }
                    }
                }
                Happening::Called(Call::Stream { request_id, content_type, place }) => {
                    let is_own = request_id == job.request_id;
                    let _ = place.send(if is_own { job.reply.begin(content_type) } else { Place::Nowhere });
                }
                Happening::Called(Call::Next(next)) => {
                    let _ = next.send(runtime_api::invalid_transition());
                }
                Happening::Ended(exit, reports) => {
                    let said = reports.into_iter().find_map(|report| outcome_of(report, &job.request_id));
                    return (said.unwrap_or_else(|| Outcome::Failed(live.failure(exit))), false);
                }
                Happening::Deadline => {
                    live.kill().await;
                    return (Outcome::Failed(Failure::TimedOut(self.spec.timeout)), false);
                }
                Happening::Tick => {
                    live.log.flush();
                    if let Some(failure) = live.excess(&self.spec).await {
                        live.kill().await;
                        return (Outcome::Failed(failure), false);
                    }
                }
                Happening::Stopped => {
                    live.kill().await;
                    return (Outcome::Stopped, false);
                }
            }
        }
    }

    /// Waits, behind an outcome, until the process asks for more.
    async fn wait_for_next(&mut self, live: &mut Live, deadline: Instant) -> bool {
        // What a function does behind its answer takes of its time; a runtime client that
        // answered in the last moment gets to draw breath.
        let deadline = deadline.max(Instant::now() + EXIT_GRACE);
        let mut settled_by = Some(Instant::now() + SETTLING);
        loop {
            match live.step(settled_by.or(Some(deadline)), WATCH_INTERVAL).await {
                Happening::Deadline if settled_by.take().is_some() => self.seat.does_not_settle(),
                Happening::Called(Call::Next(next)) => {
                    live.next = Some(next);
                    return true;
                }
                Happening::Called(Call::Report { answer, .. }) => {
                    let _ = answer.send(runtime_api::invalid_request_id());
                }
                Happening::Called(Call::Stream { place, .. }) => {
                    let _ = place.send(Place::Nowhere);
                }
                Happening::Tick => {
                    live.log.flush();
                    if live.excess(&self.spec).await.is_some() {
                        return false;
                    }
                }
                Happening::Ended(..) | Happening::Deadline | Happening::Stopped => return false,
            }
        }
    }
}
