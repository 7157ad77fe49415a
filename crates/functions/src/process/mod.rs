//! A function's process: how it is started, watched and ended.

mod family;
mod leftovers;
mod orphans;
pub(crate) mod output;
mod starter;
pub(crate) mod storage;
pub(crate) mod usage;
pub(crate) mod variables;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::unix::pipe;
use tokio::process::Child;

pub(crate) use leftovers::end_leftovers;
pub(crate) use orphans::end_orphans;
pub(crate) use starter::Starter;

use crate::control_group::ControlGroup;
use crate::limits::KILL_GRACE;
use crate::payload::Exit;

/// A running process, the leader of a session and process group of its own.
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    scratch: PathBuf,
    group: ControlGroup,
    /// It was waited for: its number may be another's now.
    gone: bool,
}

impl Process {
    /// Starts `command`, which is to be given everything but its standard streams, and gives
    /// its standard output and standard error, in the order in which they are written.
    /// `scratch` and `group` are removed with the process.
    pub(crate) async fn start(
        starter: &Starter,
        mut command: Command,
        scratch: PathBuf,
        group: ControlGroup,
    ) -> io::Result<(Self, pipe::Receiver)> {
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = starter.start(command).await?;
        let pid = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the process has no id"))?;
        let output = pipe::Receiver::from_owned_fd(reader.into())?;
        Ok((Self { child, pid, scratch, group, gone: false }, output))
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Whether the kernel has ended a process of it because it took more memory than it may.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        self.group.ran_out_of_memory()
    }

    /// Its own directory.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Waits for its end, and ends what is left of its process group. May be dropped and called again.
    pub(crate) async fn ended(&mut self) -> Exit {
        let status = self.child.wait().await;
        if !self.gone {
            let _ = kill_process_group(self.pid, Signal::KILL);
            orphans::forget(self.pid);
            self.gone = true;
        }
        match status {
            Ok(status) => Exit::of(status),
            // It cannot be waited for: to us that is an end without a word.
            Err(_) => Exit::Status(-1),
        }
    }

    /// Kills it, all that it has started and all of its group, at once.
    pub(crate) fn kill(&mut self) {
        if self.gone {
            return;
        }
        self.group.kill();
        family::end_below(self.pid);
        // Before its first instructions it has no group yet; afterwards it may be gone with
        // only its children left. Each call covers what the other may miss.
        let _ = self.child.start_kill();
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// Kills it, waits until it is gone and removes what it leaves on disk.
    pub(crate) async fn end(mut self) {
        self.kill();
        if tokio::time::timeout(KILL_GRACE, self.ended()).await.is_err() {
            tracing::warn!(pid = self.pid.as_raw_nonzero(), "a function's process does not end when killed");
        }
        let scratch = std::mem::take(&mut self.scratch);
        let group = std::mem::take(&mut self.group);
        drop(self);
        let clear = move || {
            // Those that were started in its last moment, or before it died by itself.
            end_orphans();
            end_leftovers(&scratch);
            group.end();
            (std::fs::remove_dir_all(&scratch), scratch)
        };
        let removed = tokio::task::spawn_blocking(clear).await;
        if let Ok((Err(error), path)) = removed {
            tracing::warn!(path = %path.display(), %error, "a function's scratch directory cannot be removed");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        orphans::forget(self.pid);
    }
}
