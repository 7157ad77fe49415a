//! Which hierarchies of control groups are mounted here, where the gateway is in them, and which groups it
//! may divide.
//!
//! A group belongs to whoever made it. systemd says so in so many words ("Control Group APIs and
//! Delegation"): who was not given a group makes none below it. So the gateway uses its own group without
//! being told to only if nobody else can lay claim to it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How the kernel is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// A tree of groups that can be of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub(super) version: Version,
    /// Where it is mounted.
    pub(super) mount: PathBuf,
    /// The gateway's own group.
    pub(super) own: PathBuf,
    /// Whether it has the memory controller, in version 1; in version 2 each group has a list of its own.
    pub(super) memory: bool,
    /// Whether it has the controller of processes, in version 1.
    pub(super) tasks: bool,
}

/// A group below which others may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) directory: PathBuf,
    pub(super) version: Version,
    pub(super) memory: bool,
    pub(super) tasks: bool,
    /// It is the gateway's own: the gateway may be in it.
    pub(super) is_own: bool,
}

/// The marks that systemd puts on a group that it has given away.
const MARKS: [&str; 2] = ["user.delegate", "trusted.delegate"];

/// The group that the gateway makes for itself.
pub(super) const ASIDE: &str = "gatewright-itself";

impl Hierarchy {
    /// The gateway's own group, if it may be divided.
    pub(super) fn own_base(&self) -> Option<Base> {
        let mut directory = self.own.as_path();
        // A gateway that takes over from another may be where that one has gone to.
        if self.version == Version::Two && directory.file_name().is_some_and(|name| name == ASIDE) {
            directory = directory.parent()?;
        }
        let is_ours = directory == self.mount || is_marked(directory) || is_of_plain_user(directory);
        is_ours.then(|| self.base(directory.to_owned(), true))
    }

    fn base(&self, directory: PathBuf, is_own: bool) -> Base {
        Base { directory, version: self.version, memory: self.memory, tasks: self.tasks, is_own }
    }
}

impl Base {
    /// The group at `below` in a hierarchy.
    pub(super) fn named(hierarchy: &Hierarchy, below: &Path) -> Self {
        let directory =
            if below.as_os_str().is_empty() { hierarchy.mount.clone() } else { hierarchy.mount.join(below) };
        let is_own = directory == hierarchy.own;
        hierarchy.base(directory, is_own)
    }
}

fn is_marked(directory: &Path) -> bool {
    MARKS.into_iter().any(|mark| {
        let mut value = [0_u8; 8];
        matches!(rustix::fs::getxattr(directory, mark, &mut value), Ok(1) if value.starts_with(b"1"))
    })
}

/// Whether it belongs to the user that the gateway is, and that is not the superuser, whose groups are
/// everybody's.
fn is_of_plain_user(directory: &Path) -> bool {
    let user = rustix::process::geteuid();
    !user.is_root() && fs::metadata(directory).is_ok_and(|facts| facts.uid() == user.as_raw())
}

/// Reads `/proc/self/mountinfo` and `/proc/self/cgroup` (proc(5), cgroups(7)).
pub(super) fn mounted(mountinfo: &str, cgroup: &str) -> Vec<Hierarchy> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for line in mountinfo.lines() {
        let Some(hierarchy) = hierarchy(line, cgroup) else { continue };
        // A hierarchy that is mounted twice is one.
        let is_new = |one: &Hierarchy| match hierarchy.version {
            Version::Two => one.version != Version::Two,
            Version::One => !(one.memory && hierarchy.memory || one.tasks && hierarchy.tasks),
        };
        if found.iter().all(is_new) {
            found.push(hierarchy);
        }
    }
    found
}

fn hierarchy(line: &str, cgroup: &str) -> Option<Hierarchy> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, mount) = (place.next()?, place.next()?);
    let mut kind = kind.split(' ');
    let (version, memory, tasks) = match kind.next()? {
        "cgroup2" => (Version::Two, false, false),
        "cgroup" => {
            let options = kind.nth(1)?;
            let has = |controller| options.split(',').any(|option| option == controller);
            (Version::One, has("memory"), has("pids"))
        }
        _ => return None,
    };
    let is_this = |controllers: &str| match version {
        Version::Two => controllers.is_empty(),
        Version::One => controllers.split(',').any(|one| memory && one == "memory" || tasks && one == "pids"),
    };
    let own = cgroup.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        is_this(controllers).then_some(path)
    })?;
    // Of a hierarchy that is mounted in part, as in a container, only that part is seen.
    let below = Path::new(own).strip_prefix(root).ok()?;
    let mount = PathBuf::from(mount);
    let own = if below.as_os_str().is_empty() { mount.clone() } else { mount.join(below) };
    Some(Hierarchy { version, mount, own, memory, tasks })
}
