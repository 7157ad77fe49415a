//! What a function's process has started, as the kernel tells it. A function's process is where its
//! orphans go (`launcher`), so that all of them are below it for as long as it lives.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Processes of one function that are looked at: more than it may have.
pub(super) const MOST_PROCESSES: usize = 4_096;

/// How often new children are looked for while a family is ended.
const ROUNDS: usize = 100;

/// The children of all threads of a process.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks.flatten().flat_map(|task| listed(&task.path().join("children"))).collect()
}

/// The children of a process's first thread: those that it has started, and the orphans that it was
/// given.
pub(super) fn children_of_first_thread(pid: i32) -> Vec<i32> {
    listed(format!("/proc/{pid}/task/{pid}/children").as_ref())
}

fn listed(path: &std::path::Path) -> Vec<i32> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// All that are below a process, but not the process itself.
pub(super) fn descendants(pid: i32) -> Vec<i32> {
    let mut found = children(pid);
    let mut looked_at = 0;
    while let Some(next) = found.get(looked_at).copied() {
        looked_at += 1;
        if found.len() < MOST_PROCESSES {
            found.extend(children(next));
        }
    }
    found
}

/// Ends all that are below a process, which starts none any more: it is stopped, and has to be killed by
/// whoever has called this. Those that are killed leave their children to it, so that none is missed.
pub(super) fn end_below(root: Pid) {
    let pid = root.as_raw_nonzero().get();
    if children(pid).is_empty() {
        return;
    }
    // It may have ended in this moment.
    let _ = kill_process(root, Signal::STOP);
    for _ in 0..ROUNDS {
        let living: Vec<i32> = descendants(pid).into_iter().filter(|pid| is_living(*pid)).collect();
        if living.is_empty() {
            return;
        }
        for pid in living.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    tracing::warn!(pid, "what a function has started does not end when killed");
}

/// Whether a process still runs: one that was not waited for, or dies, does not.
fn is_living(pid: i32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X' | 'x'))
}

/// The session of a process; zero where its leader is outside of what can be seen from here, as in a
/// container that was entered, or where it never had one (getsid(2), pid_namespaces(7)).
pub(super) fn session(pid: i32) -> Option<i32> {
    stat(pid).map(|stat| stat.session)
}

struct Stat {
    state: char,
    session: i32,
}

/// What proc(5) says of a process, if there is one.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may have any characters. After it: state, parent, group, session.
    let mut fields = text.rsplit_once(") ")?.1.split_ascii_whitespace();
    Some(Stat { state: fields.next()?.chars().next()?, session: fields.nth(2)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_session_is_told_of_those_within_it_and_of_those_apart() {
        let mut own = Command::new("sleep").arg("60").spawn().unwrap();
        let own_pid = i32::try_from(own.id()).unwrap();
        assert!(session(own_pid).is_some());
        assert_eq!(session(own_pid), session(i32::try_from(std::process::id()).unwrap()));
        let mut apart = Command::new("setsid").args(["sleep", "60"]).spawn().unwrap();
        let apart_pid = i32::try_from(apart.id()).unwrap();
        while session(apart_pid) != Some(apart_pid) {
            std::thread::yield_now();
        }
        for child in [&mut own, &mut apart] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(session(apart_pid), None);
    }

    #[test]
    fn a_family_is_found_and_ended() {
        let script = "sleep 60 & setsid sh -c 'sleep 60; true' & wait";
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        while descendants(pid).len() < 3 {
            std::thread::yield_now();
        }
        let below = descendants(pid);
        end_below(Pid::from_raw(pid).unwrap());
        let stays = is_living(pid);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(stays, "the first is killed by others");
        // This shell's orphans are not its own, and may need a moment to be gone.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while below.iter().any(|pid| is_living(*pid)) {
            assert!(std::time::Instant::now() < until, "{below:?}");
            std::thread::yield_now();
        }
        assert!(!is_living(pid) && descendants(pid).is_empty());
    }
}
