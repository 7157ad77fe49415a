//! Processes that functions have left behind in this life of the gateway. When a function's process ends,
//! what it had started loses its parent; the kernel gives such orphans to the gateway, which asks for them,
//! and so they can be told from everything else however they hide: by sessions of their own, other names,
//! no environment.

use std::collections::HashSet;
use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};
use tokio::process::Child;

use super::family::{children_of_first_thread, session};

/// How often is looked whether those that were killed are gone, and how long is waited in between.
const ROUNDS: usize = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// The processes of functions that are known: no orphans. The kernel gives orphans to a process, whatever
/// thinks that it is apart in it.
static KNOWN: LazyLock<Mutex<HashSet<i32>>> = LazyLock::new(Mutex::default);

/// Has orphans come to this process.
pub(super) fn adopt() {
    if let Err(errno) = set_child_subreaper(Some(getpid())) {
        tracing::warn!(%errno, "what functions leave behind cannot be told from other processes");
    }
}

/// Starts a function's process, which is known from its first moment on.
pub(super) fn starting(start: impl FnOnce() -> io::Result<Child>) -> io::Result<Child> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let child = start()?;
    known.extend(child.id().and_then(|id| i32::try_from(id).ok()));
    Ok(child)
}

/// A function's process was waited for, or is nobody's any more.
pub(super) fn forget(pid: Pid) {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).remove(&pid.as_raw_nonzero().get());
}

/// Kills the orphans that have come and waits for them. Blocks; without any, for as long as it takes to
/// read one file.
pub(crate) fn end_orphans() {
    for round in 0..ROUNDS {
        let waiting = kill_once();
        if waiting == 0 {
            return;
        }
        tracing::debug!(waiting, round, "killed what functions had left behind");
        std::thread::sleep(PAUSE);
    }
}

/// Kills those that are there; answers how many have not ended yet.
fn kill_once() -> usize {
    let this = getpid().as_raw_nonzero().get();
    let Some(own_session) = session(this) else { return 0 };
    // Nothing may be started meanwhile that is not known yet.
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut waiting = 0;
    // Orphans are given to the first thread. What the gateway starts for itself is of its session.
    for pid in children_of_first_thread(this) {
        let Some(orphan) = Pid::from_raw(pid).filter(|_| !known.contains(&pid)) else { continue };
        if session(pid) == Some(own_session) {
            continue;
        }
        let _ = kill_process(orphan, Signal::KILL);
        if !matches!(waitpid(Some(orphan), WaitOptions::NOHANG), Ok(Some(_)) | Err(_)) {
            waiting += 1;
        }
    }
    waiting
}
