//! Control groups: bounds of memory and of processes that the kernel holds functions to, where the gateway
//! may make groups (cgroups(7); the kernel's admin guide, "Control Group v2" and "Control Groups version 1").
//!
//! Each function's process has a group of its own, with all that it starts:
//!
//! ```text
//! base                                the gateway's own group, or one that the operator names
//! ├─ gatewright-itself                the gateway itself, if version 2 wants it out of the way (`place`)
//! └─ gatewright-functions.412.0       one gateway's functions: locked as long as it lives
//!    └─ k3v0…                         one process's group, made and removed with it (`group`)
//! ```
//!
//! `hierarchy` finds the bases. In version 1 each controller may have a tree of its own, and a process has a
//! group in each. What cannot be held by a group is watched, with or without this.

mod group;
mod hierarchy;
mod place;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use group::ControlGroup;
use hierarchy::{Base, Hierarchy};
use place::Place;

/// Below which control group functions get theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ControlGroupBase {
    /// The gateway's own, where that is its to divide: the topmost that it sees, one that is marked as
    /// delegated, or one that belongs to its user.
    #[default]
    Own,
    /// This one, a directory of a mounted hierarchy, and in other hierarchies the one at the same path.
    Named(PathBuf),
    /// None: functions are only watched.
    None,
}

/// Why a group that was named cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GroupFault {
    /// It is something else.
    #[error("{} is no control group: no hierarchy of them is mounted there", .0.display())]
    None(PathBuf),
    /// The kernel lets the gateway make none there.
    #[error("no control group for functions can be made in {}: {why}", path.display())]
    Refused {
        /// The group.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
}

/// Where the groups of this gateway's functions are made.
#[derive(Debug, Default)]
pub(crate) struct ControlGroups {
    places: Vec<Place>,
    /// Why there are not more, in words for the operator.
    missing: Vec<String>,
}

impl ControlGroups {
    /// Finds out what can be used, ends and removes what gateways that have died left there, and makes the
    /// group in which those of functions are. Blocks.
    ///
    /// # Errors
    /// If a group that was named cannot be used.
    pub(crate) fn open(base: &ControlGroupBase) -> Result<Self, GroupFault> {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let mounted = hierarchy::mounted(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"));
        match base {
            ControlGroupBase::None => Ok(Self::default().without("the configuration says so")),
            ControlGroupBase::Own if mounted.is_empty() => {
                Ok(Self::default().without("none are mounted here"))
            }
            ControlGroupBase::Own => Ok(Self::own(&mounted)),
            ControlGroupBase::Named(named) => Self::named(&mounted, named),
        }
    }

    fn without(mut self, why: impl Into<String>) -> Self {
        self.missing.push(why.into());
        self
    }

    fn own(mounted: &[Hierarchy]) -> Self {
        let mut all = Self::default();
        for hierarchy in mounted {
            let Some(base) = hierarchy.own_base() else {
                all = all.without(format!("{} is not the gateway's to divide", hierarchy.own.display()));
                continue;
            };
            match Place::open(&base) {
                Ok(place) => all.places.push(place),
                Err(why) => all = all.without(format!("{}: {why}", base.directory.display())),
            }
        }
        all
    }

    fn named(mounted: &[Hierarchy], named: &Path) -> Result<Self, GroupFault> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            |why| GroupFault::Refused { path, why }
        };
        let real = fs::canonicalize(named).map_err(refused(named))?;
        let within = mounted.iter().find_map(|one| Some((one, real.strip_prefix(&one.mount).ok()?)));
        let (main, below) = within.ok_or_else(|| GroupFault::None(named.to_owned()))?;
        let mut all = Self::default();
        for hierarchy in mounted {
            let base = Base::named(hierarchy, below);
            if !std::ptr::eq(hierarchy, main) && !base.directory.is_dir() {
                all = all.without(format!("{} is not there", base.directory.display()));
                continue;
            }
            all.places.push(Place::open(&base).map_err(refused(&base.directory))?);
        }
        Ok(all)
    }

    /// A new group called `name`, with these bounds; an empty one where nothing is in force.
    ///
    /// # Errors
    /// If the kernel does not make it. Without it the process must not run.
    pub(crate) fn make(&self, name: &str, memory_bytes: u64, tasks: u64) -> io::Result<ControlGroup> {
        ControlGroup::make(&self.places, name, memory_bytes, tasks)
    }

    /// Removes what was made, with all that is in it. Blocks.
    pub(crate) fn remove(&self) {
        for place in &self.places {
            place.remove();
        }
    }

    /// What is in force, in one line for the operator.
    pub(crate) fn in_force(&self) -> String {
        let held = |of: fn(&Place) -> bool| self.places.iter().any(of);
        let (memory, tasks) = (held(|place| place.memory), held(|place| place.tasks));
        let by_groups = match (memory, tasks) {
            (true, true) => "memory and number of processes are held by control groups",
            (true, false) => "memory is held by control groups, number of processes is watched",
            (false, true) => "number of processes is held by control groups, memory is watched",
            (false, false) => "memory and number of processes are watched, not held by control groups",
        };
        let mut line = format!("functions: {by_groups}");
        for (at, place) in self.places.iter().enumerate() {
            line.push_str(if at == 0 { "; groups are in " } else { ", " });
            line.push_str(&place.directory.display().to_string());
        }
        if !(memory && tasks) {
            for why in &self.missing {
                line.push_str("; ");
                line.push_str(why);
            }
        }
        line
    }
}

impl Drop for ControlGroups {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Writes to a file that is there: none is made.
fn write(file: &Path, text: &str) -> io::Result<()> {
    use io::Write;
    fs::OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests;
