//! The group in which the groups of one gateway's functions are.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::group;
use super::hierarchy::{ASIDE, Base, Version};
use super::write;

/// What the names of such groups begin with. A process id and a number follow.
const NAME: &str = "gatewright-functions.";

/// Names that are tried. One can be taken by a gateway that sees other process ids, as in a container.
const MOST_NAMES: usize = 64;

/// Several can be made in one process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Where groups are made in one hierarchy.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
    /// The kernel bounds memory here.
    pub(super) memory: bool,
    /// The kernel bounds the number of processes and threads here.
    pub(super) tasks: bool,
    /// Its lock says that this gateway lives; the kernel lets go of it with the process, however that ends.
    _lock: File,
}

impl Place {
    /// Makes it, after what is left of gateways that have died was removed.
    pub(super) fn open(base: &Base) -> io::Result<Self> {
        remove_left_behind(&base.directory);
        let (directory, lock) = make(&base.directory)?;
        let mut place =
            Self { directory, version: base.version, memory: base.memory, tasks: base.tasks, _lock: lock };
        if base.version == Version::Two {
            place.memory = hand_down(base, &place.directory, "memory");
            place.tasks = hand_down(base, &place.directory, "pids");
        }
        Ok(place)
    }

    pub(super) fn remove(&self) {
        if let Err(why) = group::remove(&self.directory) {
            tracing::warn!(path = %self.directory.display(), %why, "a control group cannot be removed");
        }
    }
}

/// Has a controller of version 2 act in the groups of functions: each group lists what acts in those below
/// it. Answers whether it does.
fn hand_down(base: &Base, place: &Path, controller: &str) -> bool {
    let enable = |group: &Path| write(&group.join("cgroup.subtree_control"), &format!("+{controller}"));
    if !lists(&base.directory, "cgroup.controllers", controller) {
        return false;
    }
    if !lists(&base.directory, "cgroup.subtree_control", controller) {
        let enabled = match enable(&base.directory) {
            // A group that hands memory down has no processes of its own (cgroups(7), "no internal processes").
            Err(why) if why.kind() == ErrorKind::ResourceBusy && base.is_own => step_aside(&base.directory)
                .and_then(|()| enable(&base.directory).inspect_err(|_| step_back(&base.directory))),
            other => other,
        };
        if let Err(why) = enabled {
            tracing::debug!(controller, path = %base.directory.display(), %why, "a controller cannot be used");
            return false;
        }
    }
    enable(place).is_ok()
}

fn lists(group: &Path, file: &str, controller: &str) -> bool {
    let text = fs::read_to_string(group.join(file)).unwrap_or_default();
    text.split_ascii_whitespace().any(|one| one == controller)
}

/// Moves this process out of a group of its own, into one below.
fn step_aside(own: &Path) -> io::Result<()> {
    let aside = own.join(ASIDE);
    match fs::create_dir(&aside) {
        Err(why) if why.kind() != ErrorKind::AlreadyExists => Err(why),
        _ => write(&aside.join("cgroup.procs"), "0"),
    }
}

/// Undoes it: others are in the group, too, and it was of no use.
fn step_back(own: &Path) {
    if write(&own.join("cgroup.procs"), "0").is_ok() {
        // Another gateway may be in it still.
        let _ = fs::remove_dir(own.join(ASIDE));
    }
}

/// A new group that is locked.
fn make(base: &Path) -> io::Result<(PathBuf, File)> {
    for _ in 0..MOST_NAMES {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = base.join(format!("{NAME}{}.{number}", std::process::id()));
        match fs::create_dir(&directory) {
            Err(why) if why.kind() == ErrorKind::AlreadyExists => continue,
            other => other?,
        }
        // Until it is locked it looks like one whose gateway has died, and another gateway that starts in
        // this moment may remove it.
        let Ok(lock) = File::open(&directory) else { continue };
        if lock.try_lock().is_ok() && directory.exists() {
            return Ok((directory, lock));
        }
    }
    Err(io::Error::other("no group could be made that stays"))
}

/// Ends and removes what gateways that have died left in `base`.
fn remove_left_behind(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_place = entry.file_name().to_str().is_some_and(is_name);
        let directory = entry.path();
        let Some(lock) = is_place.then(|| File::open(&directory).ok()).flatten() else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        match group::remove(&directory) {
            Ok(()) => tracing::info!(path = %directory.display(), "removed what an earlier run left behind"),
            Err(why) => {
                tracing::warn!(path = %directory.display(), %why, "what an earlier run left cannot be removed");
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = name.strip_prefix(NAME).and_then(|rest| rest.split_once('.'));
    numbers.is_some_and(|(process, number)| is_number(process) && is_number(number))
}
