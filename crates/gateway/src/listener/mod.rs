//! Sockets and the protocols on them: accepts connections, reads requests, hands each to
//! [`Serve`] and writes its answer. The one room that knows the runtime's threads.
//!
//! One acceptor gives sockets to workers, one thread for each core; a connection stays with
//! its worker. Slow and idle clients are ended by a patrol (`watch.rs` has the rules), limits
//! stand in `limits.rs`. What a request asks for is not looked at here, nor under which names TLS is
//! spoken (`crate::tls::ServerNames`).

mod acceptor;
mod answers;
mod answers_http2;
mod client_body;
mod connection;
mod handshake;
mod limits;
mod load;
mod requests;
mod roster;
mod rules;
mod tap;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
mod upgrade;
mod watch;
mod workers;

use std::io;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::Clock;
use tokio::sync::watch as signal;

pub use acceptor::Socket;
pub use client_body::ClientBody;
pub(crate) use connection::OnThisThread;
pub use limits::Limits;
pub use upgrade::{Leave, Upgrade, Upgraded};

use crate::Worker;
use crate::exchange::{Body, Incoming};
use crate::integration::http::UpstreamSettings;
use load::Load;
use workers::Thread;

/// Whoever answers requests. Called on the worker's thread, and the answer is awaited there; it
/// is dropped when the client goes away. A panic becomes a 500 and leaves the process running.
pub trait Serve: Send + Sync + 'static {
    /// Answers one request. `worker` is what this core has for itself.
    fn answer(
        &self,
        incoming: Incoming,
        worker: &Rc<Worker>,
    ) -> impl Future<Output = crate::message::Response<Body>>;
}

/// How to listen.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Serving threads; as many as there are cores unless said otherwise.
    pub workers: NonZeroUsize,
    /// What clients may use up.
    pub limits: Limits,
    /// Where the times of arrival come from.
    pub clock: Clock,
    /// How backends are reached.
    pub upstreams: UpstreamSettings,
}

/// What a listener has at the moment. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Gauges {
    load: Arc<Load>,
    panics: Arc<AtomicU64>,
}

/// The running data plane: workers and the acceptor that feeds them.
#[derive(Debug)]
pub struct Listener {
    workers: Arc<Vec<Thread>>,
    acceptor: JoinHandle<()>,
    stop: signal::Sender<bool>,
    load: Arc<Load>,
    panics: Arc<AtomicU64>,
}

impl Listener {
    /// Starts the workers and accepts connections on `sockets`.
    ///
    /// # Errors
    /// If the system has no thread or no descriptor left.
    pub fn start<S: Serve>(sockets: Vec<Socket>, serve: Arc<S>, settings: &Settings) -> io::Result<Self> {
        let load = Load::new(settings.workers.get(), settings.limits.connections);
        let panics = Arc::new(AtomicU64::new(0));
        let workers = (0..settings.workers.get())
            .map(|number| Thread::start(number, Arc::clone(&serve), settings, (&panics, &load)))
            .collect::<io::Result<Vec<_>>>()?;
        let workers = Arc::new(workers);
        let (stop, stopped) = signal::channel(false);
        let acceptor = start_acceptor(sockets, &workers, &load, stopped)?;
        Ok(Self { workers, acceptor, stop, load, panics })
    }

    /// What tells of it while it runs.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        Gauges { load: Arc::clone(&self.load), panics: Arc::clone(&self.panics) }
    }

    /// Open client connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.load.open()
    }

    /// Requests that ended in a panic since the start.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Closes the listening sockets, lets requests that are under way finish within `within`,
    /// and cuts off what is left. Blocks the calling thread until all threads have ended.
    pub fn shutdown(self, within: Duration) {
        let until = Instant::now() + within;
        let Self { workers, acceptor, stop, load: _, panics: _ } = self;
        stop.send_replace(true);
        if acceptor.join().is_err() {
            tracing::error!("the acceptor ended in a panic");
        }
        for worker in workers.iter() {
            worker.drain(until);
        }
        // The acceptor had the only other reference, and it has ended.
        for worker in Arc::into_inner(workers).into_iter().flatten() {
            worker.join();
        }
    }
}

impl Gauges {
    /// Open client connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.load.open()
    }

    /// How many there may be.
    #[must_use]
    pub fn most_connections(&self) -> usize {
        self.load.most()
    }

    /// Requests that ended in a panic since the start.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

fn start_acceptor(
    sockets: Vec<Socket>,
    workers: &Arc<Vec<Thread>>,
    load: &Arc<Load>,
    mut stopped: signal::Receiver<bool>,
) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { acceptor::accept(sockets, workers, load) })?;
    std::thread::Builder::new().name("acceptor".to_owned()).spawn(move || {
        runtime.block_on(async {
            // An error means that the listener was dropped without a shutdown.
            drop(stopped.wait_for(|stopped| *stopped).await);
        });
    })
}
