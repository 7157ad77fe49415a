//! A `/tmp` and a `/dev/shm` of a process's own, as every function has on AWS: its directory stands at `/tmp`,
//! and a small file system in memory at `/dev/shm`, both gone with it.
//!
//! That needs a mount namespace (mount_namespaces(7)), which without unsafe code only another program can
//! begin: `unshare` of util-linux, which then turns into the launcher. It costs a start about two milliseconds.

use std::ffi::{CStr, OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount, mount_bind};

use super::{OWN_PLACES_MARK, SHARED};

/// The program, and what begins a namespace in which mounts are nobody else's.
const PROGRAM: &str = "unshare";
const APART: [&str; 3] = ["--mount", "--propagation", "private"];

/// What `/dev/shm` holds: as much as container engines give.
const IN_MEMORY: &CStr = c"size=64m,mode=1777";

/// How a launcher is started in a mount namespace of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnPlaces {
    unshare: PathBuf,
    launcher: Vec<OsString>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoOwnPlaces {
    #[error("only the superuser can give each a place of its own")]
    NotTheSuperuser,
    #[error("{} lies in one of them", .0.display())]
    Within(PathBuf),
    #[error("the program unshare is not there")]
    NoProgram,
    #[error("{0}")]
    Refused(String),
}

impl OwnPlaces {
    /// Tries it out with this launcher and a directory that no place of a function's own may hide. `search` is a
    /// search path. Blocks for some milliseconds.
    pub(crate) fn try_out(
        launcher: &[OsString],
        directory: &Path,
        search: &OsStr,
    ) -> Result<Self, NoOwnPlaces> {
        if !rustix::process::geteuid().is_root() {
            return Err(NoOwnPlaces::NotTheSuperuser);
        }
        if is_shared(directory) {
            return Err(NoOwnPlaces::Within(directory.to_owned()));
        }
        let unshare = std::env::split_paths(search).map(|place| place.join(PROGRAM));
        let unshare = unshare.into_iter().find(|path| path.is_file()).ok_or(NoOwnPlaces::NoProgram)?;
        // By then that is `unshare` itself.
        let own = OsStr::new("/proc/self/exe");
        let launcher = launcher.iter().map(|word| match word.as_os_str() == own {
            true => format!("/proc/{}/exe", std::process::id()).into(),
            false => word.clone(),
        });
        let places = Self { unshare, launcher: launcher.collect() };
        let mut trial = places.command();
        trial.arg(OWN_PLACES_MARK).arg(std::process::id().to_string()).arg(directory).stdin(Stdio::null());
        let refused = |why: String| NoOwnPlaces::Refused(format!("{PROGRAM}: {}", why.trim()));
        let done = trial.output().map_err(|why| refused(why.to_string()))?;
        match done.status.success() {
            true => Ok(places),
            false => Err(refused(String::from_utf8_lossy(&done.stderr).into_owned())),
        }
    }

    /// The command that becomes the launcher; its arguments are to come.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.unshare);
        command.args(APART).args(&self.launcher);
        command
    }
}

/// Whether a place would not be seen any more.
pub(crate) fn is_shared(place: &Path) -> bool {
    SHARED.iter().any(|shared| place.starts_with(shared))
}

/// Has `directory` stand at `/tmp`, for this process and all that it starts. Refuses to do so for the gateway and
/// everybody else.
pub(super) fn put_on(gateway: u64, directory: &Path) -> Result<(), Errno> {
    let namespace = |process: &str| fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
    let of_gateway = namespace(&gateway.to_string()).ok_or(Errno::PERM)?;
    if namespace("self").is_none_or(|own| own == of_gateway) {
        return Err(Errno::PERM);
    }
    mount_bind(directory, "/tmp")?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    match mount("none", "/dev/shm", "tmpfs", flags, IN_MEMORY) {
        // Not every container has it.
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_would_be_hidden_are_told() {
        for (place, expected) in [
            ("/tmp", true),
            ("/tmp/gatewright-x/scratch", true),
            ("/dev/shm/data", true),
            ("/tmpfs", false),
            ("/var/tmp/data", false),
            ("/dev", false),
        ] {
            assert_eq!(is_shared(Path::new(place)), expected, "{place}");
        }
    }

    #[test]
    fn nothing_is_put_over_the_place_that_everybody_has() {
        let this = u64::from(std::process::id());
        assert_eq!(put_on(this, Path::new("/nowhere")), Err(Errno::PERM));
        assert_eq!(put_on(u64::MAX, Path::new("/nowhere")), Err(Errno::PERM));
    }

    #[test]
    fn without_the_program_there_is_none() {
        let directory = Path::new("/var/lib/gatewright");
        let why = OwnPlaces::try_out(&[], directory, OsStr::new("/nowhere")).unwrap_err().to_string();
        let expected =
            ["the program unshare is not there", "only the superuser can give each a place of its own"];
        assert!(expected.contains(&why.as_str()), "{why}");
        if rustix::process::geteuid().is_root() {
            let why = OwnPlaces::try_out(&[], Path::new("/tmp/x"), OsStr::new("/usr/bin")).unwrap_err();
            assert_eq!(why.to_string(), "/tmp/x lies in one of them");
        }
    }
}
