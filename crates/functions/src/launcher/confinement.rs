//! What of the file system a function can reach, held to by the kernel (Landlock): it writes
//! only to `/tmp` and its scratch directory, as on AWS, and does not see what it is not to see,
//! the gateway's data above all. With that it also cannot look into, or signal, processes that
//! are not its own.
//!
//! A kernel without Landlock confines nothing. Whoever needs functions to be kept apart from
//! the gateway must run it on one that has it (Linux 5.13; signals since 6.12).

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, remove_capability_from_bounding_set, set_capabilities,
};

/// The newest rules that are made use of. An older kernel keeps to those that it knows.
const RULES: ABI = ABI::V6;

/// Places that can be granted. In a directory with more entries the rest is not seen.
const MOST_PLACES: usize = 4096;

/// Devices that programs expect to be able to write to.
const DEVICES: [&str; 8] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// Where every process may write, as on AWS, where `/tmp` is the one place; `/dev/shm` is
/// memory.
pub(super) const SHARED: [&str; 2] = ["/tmp", "/dev/shm"];

/// One process's reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Confinement {
    /// What it does not see, of all that is not named below.
    pub(crate) hidden: Vec<PathBuf>,
    /// What it sees even if it lies in a hidden place.
    pub(crate) readable: Vec<PathBuf>,
    /// What is its own.
    pub(crate) writable: Vec<PathBuf>,
}

impl Confinement {
    /// As arguments: each list behind its length.
    pub(super) fn write(&self, arguments: &mut Vec<OsString>) {
        for list in [&self.hidden, &self.readable, &self.writable] {
            arguments.push(list.len().to_string().into());
            arguments.extend(list.iter().map(OsString::from));
        }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(arguments: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut list = || {
            let length = arguments.next()?.to_str()?.parse::<usize>().ok()?;
            (0..length).map(|_| arguments.next().map(PathBuf::from)).collect::<Option<Vec<PathBuf>>>()
        };
        Some(Self { hidden: list()?, readable: list()?, writable: list()? })
    }

    /// Confines this thread and everything that it starts from now on.
    pub(super) fn put_on(&self) -> Result<RestrictionStatus, RulesetError> {
        let read = AccessFs::from_read(RULES);
        let write = AccessFs::from_all(RULES);
        Ruleset::default()
            .handle_access(write)?
            .scope(Scope::from_all(RULES))?
            .create()?
            .add_rules(path_beneath_rules(visible(&self.hidden), read))?
            .add_rules(path_beneath_rules(&self.readable, read))?
            .add_rules(path_beneath_rules(DEVICES, read | AccessFs::WriteFile))?
            .add_rules(path_beneath_rules(SHARED, write))?
            .add_rules(path_beneath_rules(&self.writable, write))?
            .restrict_self()
    }
}

/// Gives up, for good, what a superuser may beyond other users, but for reading and writing
/// files of other owners, without which its own directories might be out of reach. With equal
/// rights it could look into the gateway's process in spite of all walls.
pub(super) fn give_up_privileges() -> Result<(), Errno> {
    let kept = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
    let now = capabilities(None)?;
    if kept.contains(now.permitted) {
        return Ok(());
    }
    for privilege in CapabilitySet::all().difference(kept).iter() {
        match remove_capability_from_bounding_set(privilege) {
            // Unknown to this kernel; or not ours to decide, and then not ours to have either.
            Ok(()) | Err(Errno::INVAL | Errno::PERM) => {}
            Err(errno) => return Err(errno),
        }
    }
    let permitted = now.permitted & kept;
    let sets =
        CapabilitySets { effective: now.effective & kept, permitted, inheritable: now.inheritable & kept };
    set_capabilities(None, sets)
}

/// The places that together are everything but `hidden`: a rule can only grant, so a directory
/// that leads to a hidden place is granted entry by entry.
fn visible(hidden: &[PathBuf]) -> Vec<PathBuf> {
    let mut granted = Vec::new();
    let mut open = vec![PathBuf::from("/")];
    while let Some(place) = open.pop() {
        if hidden.contains(&place) {
            continue;
        }
        if !hidden.iter().any(|one| one.starts_with(&place)) {
            granted.push(place);
            continue;
        }
        let entries = fs::read_dir(&place).into_iter().flatten().flatten();
        let room = MOST_PLACES.saturating_sub(granted.len() + open.len());
        open.extend(entries.take(room).map(|entry| entry.path()));
    }
    granted
}

/// What this kernel cannot hold functions to, in words for the operator; nothing if it can all.
pub(crate) fn missing() -> Option<&'static str> {
    // Only a thread of its own can try it out and let the rest of the process be.
    let tried = std::thread::spawn(|| Confinement::default().put_on());
    let status = tried.join().ok().and_then(Result::ok);
    match status {
        Some(RestrictionStatus { landlock: LandlockStatus::Available { .. }, ruleset, .. }) => {
            match ruleset {
                RulesetStatus::FullyEnforced => None,
                RulesetStatus::PartiallyEnforced | RulesetStatus::NotEnforced => Some(
                    "functions are confined in part: before Linux 6.12 they can send signals to the gateway and to \
                 each other",
                ),
            }
        }
        _ => Some("functions are not confined: this kernel has no Landlock, or it is turned off"),
    }
}

/// A place as the kernel knows it, if it is there.
pub(crate) fn real(place: &Path) -> Option<PathBuf> {
    fs::canonicalize(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_visible_but_what_is_hidden() {
        assert_eq!(visible(&[]), [PathBuf::from("/")]);
        let directory = tempfile::tempdir().unwrap();
        let root = real(directory.path()).unwrap();
        for name in ["data", "beside", "deep/inner", "deep/other"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        let granted = visible(&[root.join("data"), root.join("deep/inner")]);
        let below: Vec<&PathBuf> = granted.iter().filter(|place| place.starts_with(&root)).collect();
        assert_eq!(below.len(), 2, "{below:?}");
        assert!(granted.contains(&root.join("beside")) && granted.contains(&root.join("deep/other")));
        assert!(granted.contains(&PathBuf::from("/usr")));
        assert!(!granted.iter().any(|place| root.starts_with(place)));
    }

    #[test]
    fn arguments_are_read_as_they_were_written() {
        let confinement = Confinement {
            hidden: vec!["/data".into()],
            readable: vec!["/data/code".into(), "/data/runtime".into()],
            writable: vec!["/data/scratch/x".into()],
        };
        let mut arguments = Vec::new();
        confinement.write(&mut arguments);
        arguments.push("program".into());
        let mut arguments = arguments.into_iter();
        assert_eq!(Confinement::read(&mut arguments), Some(confinement));
        assert_eq!(arguments.next(), Some("program".into()));
        assert_eq!(Confinement::read(&mut vec!["2".into(), "/a".into()].into_iter()), None);
    }
}
