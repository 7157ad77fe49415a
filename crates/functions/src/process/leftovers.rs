//! Processes that were left behind: by a function's process, in a session of their own, or by
//! a gateway before this one. When a gateway is killed the kernel kills the processes that it
//! started, but not those that they started in turn.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Kills every process whose scratch directory is `scratch` or below it. A function can hide
/// from this by clearing its children's environment. Blocks, for as long as reading `/proc`
/// once takes: some milliseconds.
pub(crate) fn end_leftovers(scratch: &Path) {
    let Ok(entries) = fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|pid| *pid != getpid()) else { continue };
        // Unreadable: another user's, and so none of ours.
        let Ok(variables) = fs::read(entry.path().join("environ")) else { continue };
        if lives_below(&variables, scratch) {
            tracing::info!(
                pid = pid.as_raw_nonzero(),
                "killing what a function of an earlier run left behind"
            );
            if let Err(error) = kill_process(pid, Signal::KILL) {
                tracing::warn!(pid = pid.as_raw_nonzero(), %error, "it cannot be killed");
            }
        }
    }
}

/// Whether `variables`, NUL-separated as in `/proc/{pid}/environ`, have a `TMPDIR` or a `HOME`
/// that is `scratch` or below it.
fn lives_below(variables: &[u8], scratch: &Path) -> bool {
    variables.split(|&byte| byte == 0).any(|variable| {
        let value = variable.strip_prefix(b"TMPDIR=").or_else(|| variable.strip_prefix(b"HOME="));
        value.is_some_and(|value| Path::new(OsStr::from_bytes(value)).starts_with(scratch))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_processes_with_a_scratch_directory_below_ours_are_leftovers() {
        let check = |variables: &[u8], expected: bool| {
            assert_eq!(lives_below(variables, Path::new("/data/functions/scratch")), expected);
        };
        check(b"PATH=/bin\0TMPDIR=/data/functions/scratch/k3\0", true);
        check(b"HOME=/data/functions/scratch/k3", true);
        check(b"TMPDIR=/data/functions/scratch\0", true);
        check(b"TMPDIR=/data/functions\0", false);
        check(b"TMPDIR=/data/functions/scratch2/k3\0", false);
        check(b"NOTE=TMPDIR=/data/functions/scratch/k3\0", false);
        check(b"", false);
    }
}
