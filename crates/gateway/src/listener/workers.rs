//! The threads that serve: one for each core, each with one single-threaded runtime, its own
//! connections and its own [`Worker`]. Nothing on the request path crosses threads.

use std::cell::{Cell, RefCell};
use std::io;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc as handshake;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::Clock;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::answers::Date;
use super::connection::{self, Accepted, Room};
use super::limits::{CROWDED_IDLE, FIRST_REQUEST, HANDSHAKES, LEAST_PACE, Limits};
use super::load::Load;
use super::roster::Roster;
use super::watch::{Patience, Ticks};
use super::{Serve, Settings};
use crate::Worker;
use crate::shard::OwnShare;
use crate::turn;
use crate::worker;

/// What a worker is told.
enum Order {
    Serve(Accepted),
    Drain { until: Instant },
}

/// One serving thread, seen from outside. The queue of orders has no bound of its own: every
/// socket in it holds one of the places that [`Limits::connections`] counts.
#[derive(Debug)]
pub(super) struct Thread {
    orders: UnboundedSender<Order>,
    thread: JoinHandle<()>,
}

impl Thread {
    /// Starts worker `number`, and returns when it is ready.
    pub(super) fn start<S: Serve>(
        number: usize,
        serve: Arc<S>,
        settings: &Settings,
        (panics, load): (&Arc<AtomicU64>, &Arc<Load>),
    ) -> io::Result<Self> {
        let (orders, received) = unbounded_channel();
        let (ready, started) = handshake::sync_channel(1);
        let settings = settings.clone();
        let (panics, load) = (Arc::clone(panics), Arc::clone(load));
        let main = move || {
            let runtime = match worker::runtime() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            drop(ready.send(Ok(())));
            // With more workers than cores, some share one.
            let _own = OwnShare::claim();
            runtime.block_on(work(serve, settings, panics, load, received));
            // A name lookup cannot be interrupted and may take the resolver's whole timeout.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(main)?;
        started.recv().map_err(|_| io::Error::other("a worker ended while starting"))??;
        Ok(Self { orders, thread })
    }

    /// Hands a socket over. If the worker is gone, the socket is closed.
    pub(super) fn serve(&self, accepted: Accepted) {
        drop(self.orders.send(Order::Serve(accepted)));
    }

    /// Tells the worker to end its connections, by force at `until`.
    pub(super) fn drain(&self, until: Instant) {
        drop(self.orders.send(Order::Drain { until }));
    }

    /// Waits for the thread's end.
    pub(super) fn join(self) {
        let Self { orders, thread } = self;
        drop(orders);
        if thread.join().is_err() {
            tracing::error!("a worker ended in a panic");
        }
    }
}

async fn work<S: Serve>(
    serve: Arc<S>,
    settings: Settings,
    panics: Arc<AtomicU64>,
    load: Arc<Load>,
    mut orders: UnboundedReceiver<Order>,
) {
    let Settings { workers, limits, clock, upstreams } = settings;
    let (roster, ticks) = (Rc::new(Roster::default()), Ticks::default());
    let date = Date::at(clock.now());
    let room = Rc::new(Room {
        serve,
        worker: Rc::new(Worker::new(upstreams)),
        clock,
        roster: Rc::clone(&roster),
        ticks: ticks.clone(),
        http2: connection::http2(),
        panics,
        streams: Arc::new(Semaphore::new(part(limits.requests, workers).min(Semaphore::MAX_PERMITS))),
        handshakes: Semaphore::new(HANDSHAKES),
        handshake_time: limits.head_time,
        stall_time: limits.stall_time,
        body_time: limits.body_time,
        under_way: turn::UnderWay::default(),
        scratch: Cell::default(),
        date: RefCell::new(date),
    });
    tokio::task::spawn_local(patrol(Rc::clone(&room), limits, load));
    let until = loop {
        match orders.recv().await {
            Some(Order::Serve(accepted)) => {
                tokio::task::spawn_local(connection::serve(Rc::clone(&room), accepted));
            }
            Some(Order::Drain { until }) => break until,
            None => break Instant::now(),
        }
    };
    // What was ordered last gets onto the roster.
    tokio::task::yield_now().await;
    roster.drain();
    let first = until.min(Instant::now() + FIRST_REQUEST);
    if tokio::time::timeout_at(first.into(), roster.emptied()).await.is_err() {
        roster.drain_spared();
    }
    if tokio::time::timeout_at(until.into(), roster.emptied()).await.is_err() {
        tracing::warn!("connections were cut: their requests took longer than the time to drain");
    }
}

/// What one of several workers has of what all have: at least one.
fn part(of: usize, workers: NonZeroUsize) -> usize {
    of.div_ceil(workers.get()).max(1)
}

/// Looks over the connections, the clients' and the backends', until the worker ends.
async fn patrol<S>(room: Rc<Room<S>>, limits: Limits, load: Arc<Load>) {
    let patience = limits.patience();
    let idle_time = limits.idle_time.min(CROWDED_IDLE);
    let crowded = Limits { idle_time, ..limits.clone() }.patience();
    let mut every = tokio::time::interval(limits.patrol);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        room.ticks.advance();
        room.date.borrow_mut().keep_up(room.clock.now());
        room.roster.look_over(if load.is_full() { crowded } else { patience });
        room.worker.upstreams.sweep(Instant::now());
    }
}

impl Limits {
    fn patience(&self) -> Patience {
        let ticks = |time: Duration| {
            let ticks = time.as_nanos().div_ceil(self.patrol.as_nanos().max(1));
            u32::try_from(ticks).unwrap_or(u32::MAX)
        };
        let millis = u64::try_from(self.stall_time.as_millis()).unwrap_or(u64::MAX);
        let least = millis.saturating_mul(LEAST_PACE) / 1_000;
        Patience {
            head: ticks(self.head_time),
            idle: ticks(self.idle_time),
            stall: ticks(self.stall_time),
            body: ticks(self.body_time),
            least: usize::try_from(least).unwrap_or(usize::MAX).max(1),
        }
    }
}

/// As many workers as the machine lets this process use cores.
pub(super) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Ignores the clock's type where only a default is wanted.
impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: cores(),
            limits: Limits::default(),
            clock: Clock::system(),
            upstreams: crate::integration::http::UpstreamSettings::default(),
        }
    }
}
