//! The group of one function's process.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::hierarchy::Version;
use super::place::Place;
use super::write;

/// How often is looked for processes that were started while others were killed.
const ROUNDS: usize = 100;

/// How often a group that is not empty yet is tried to be removed, and how long is waited in between:
/// processes that were killed need a moment to be gone.
const TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// How deep groups are that are removed: functions make none.
const DEEPEST: usize = 4;

/// A process's group, in each hierarchy that is used; in none where nothing is in force. Whatever is in it
/// when it is dropped is killed.
#[derive(Debug, Default)]
pub(crate) struct ControlGroup {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    directory: PathBuf,
    memory: bool,
}

impl ControlGroup {
    pub(super) fn make(places: &[Place], name: &str, memory_bytes: u64, tasks: u64) -> io::Result<Self> {
        let mut group = Self::default();
        for place in places {
            let directory = place.directory.join(name);
            fs::create_dir(&directory)?;
            // From here on it is removed if the rest fails.
            group.parts.push(Part { directory: directory.clone(), memory: place.memory });
            let set = |file: &str, value: u64| fs::write(directory.join(file), value.to_string());
            if place.tasks {
                set("pids.max", tasks)?;
            }
            if !place.memory {
                continue;
            }
            // What a kernel without swap does not have is not needed there.
            match place.version {
                Version::One => {
                    set("memory.limit_in_bytes", memory_bytes)?;
                    let _ = set("memory.memsw.limit_in_bytes", memory_bytes);
                }
                Version::Two => {
                    set("memory.max", memory_bytes)?;
                    // All of it ends, not the largest process of it. Since Linux 4.19.
                    let _ = set("memory.oom.group", 1);
                    let _ = set("memory.swap.max", 0);
                }
            }
        }
        Ok(group)
    }

    /// The files by which a process puts itself into the group, by writing `0`.
    pub(crate) fn entrances(&self) -> Vec<PathBuf> {
        self.parts.iter().map(|part| part.directory.join("cgroup.procs")).collect()
    }

    /// Whether the kernel has ended a process of it for want of memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        // Version 1 and version 2 each have a file that counts in a line `oom_kill`.
        let bounded = self.parts.iter().filter(|part| part.memory);
        bounded
            .flat_map(|part| ["memory.events", "memory.oom_control"].map(|file| part.directory.join(file)))
            .filter_map(|file| fs::read_to_string(file).ok())
            .any(|text| oom_kills(&text) > 0)
    }

    /// Kills all that is in it.
    pub(crate) fn kill(&self) {
        for part in &self.parts {
            kill(&part.directory);
        }
    }

    /// Kills all that is in it, waits until that is gone and removes it. Blocks.
    pub(crate) fn end(mut self) {
        for part in std::mem::take(&mut self.parts) {
            if let Err(why) = remove(&part.directory) {
                tracing::warn!(path = %part.directory.display(), %why, "a control group cannot be removed");
            }
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        self.kill();
        for part in &self.parts {
            // What is not gone yet goes with the gateway's own group.
            let _ = fs::remove_dir(&part.directory);
        }
    }
}

fn oom_kills(text: &str) -> u64 {
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// Kills all that is in a group, in version 2 also in those below it.
fn kill(directory: &Path) {
    // Since Linux 5.14, and at once.
    if write(&directory.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let mut is_first = true;
    for _ in 0..ROUNDS {
        let inside = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
        // Those that are not seen from here stand there as 0, which is no process's number.
        let pids = inside.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?));
        let mut is_empty = true;
        for pid in pids {
            is_empty = false;
            let _ = kill_process(pid, Signal::KILL);
        }
        if is_empty {
            return;
        }
        if std::mem::take(&mut is_first) {
            // Nothing more is started, where that can be said.
            let _ = write(&directory.join("pids.max"), "0");
        }
    }
}

/// Kills all that is in a group and in those below it, and removes them. Blocks. One that is not there is
/// removed.
pub(super) fn remove(directory: &Path) -> io::Result<()> {
    remove_to(directory, DEEPEST)
}

fn remove_to(directory: &Path, deepest: usize) -> io::Result<()> {
    let mut tries = 0;
    loop {
        let why = match fs::remove_dir(directory) {
            Ok(()) => return Ok(()),
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
            Err(why) => why,
        };
        if tries == TRIES || why.kind() != ErrorKind::ResourceBusy {
            return Err(why);
        }
        kill(directory);
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let below = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        if let Some(deepest) = deepest.checked_sub(1) {
            for entry in below {
                remove_to(&entry.path(), deepest)?;
            }
        }
        if tries > 0 {
            std::thread::sleep(PAUSE);
        }
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_count_is_read_in_both_versions() {
        assert_eq!(oom_kills("low 0\nhigh 0\nmax 41\noom 3\noom_kill 2\noom_group_kill 1\n"), 2);
        assert_eq!(oom_kills("oom_kill_disable 1\nunder_oom 0\noom_kill 0\n"), 0);
        assert_eq!(oom_kills(""), 0);
    }
}
