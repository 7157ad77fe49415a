//! The thread that starts all processes.
//!
//! A function's process asks the kernel to be killed when its parent dies, and "parent" means
//! the thread that started it (prctl(2), PR_SET_PDEATHSIG). Threads of an executor come and
//! go; this one lives as long as anything that can start or own a process.

use std::io;
use std::process::Command;
use std::sync::mpsc;

use tokio::process::Child;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::orphans;

/// Starts processes. Dropping it ends the thread, and with it every process it started.
pub(crate) struct Starter {
    orders: mpsc::Sender<Order>,
}

struct Order {
    command: Command,
    answer: oneshot::Sender<io::Result<Child>>,
}

impl Starter {
    /// Starts the thread. `runtime` is where ends of processes are waited for.
    pub(crate) fn new(runtime: Handle) -> io::Result<Self> {
        orphans::adopt();
        let (orders, incoming) = mpsc::channel::<Order>();
        std::thread::Builder::new().name("function-starter".into()).spawn(move || {
            let _entered = runtime.enter();
            for Order { command, answer } in incoming {
                let mut command = tokio::process::Command::from(command);
                // Whoever asked may be gone: the child is killed with the answer.
                let _ = answer.send(orphans::starting(|| command.kill_on_drop(true).spawn()));
            }
        })?;
        Ok(Self { orders })
    }

    pub(crate) async fn start(&self, command: Command) -> io::Result<Child> {
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes has ended");
        self.orders.send(Order { command, answer }).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }
}
