//! How much of a disk a function has taken: its scratch directory, and what it has removed but keeps open.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::Pid;

use super::family::descendants;

/// Entries that are counted. A function that makes more has taken too much, whatever is in them.
const MOST_ENTRIES: usize = 50_000;

/// Open files that are looked at.
const MOST_OPEN: usize = 8_192;

/// Bytes of a block, as `stat` counts them.
const BLOCK: u64 = 512;

/// The bytes that a function's process `pid`, whose scratch directory is `scratch`, has taken. Cost: some
/// microseconds for each entry and each open file.
pub(crate) fn taken(pid: Pid, scratch: &Path) -> u64 {
    let Some(mut bytes) = below(scratch) else { return u64::MAX };
    let mut seen = HashSet::new();
    let mut looked_at = 0;
    let first = pid.as_raw_nonzero().get();
    for pid in std::iter::once(first).chain(descendants(first)) {
        for open in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            looked_at += 1;
            if looked_at > MOST_OPEN {
                return bytes;
            }
            let removed = fs::read_link(open.path())
                .is_ok_and(|to| to.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"));
            if let Some(facts) = removed.then(|| fs::metadata(open.path()).ok()).flatten()
                && facts.is_file()
                && seen.insert((facts.dev(), facts.ino()))
            {
                bytes = bytes.saturating_add(facts.blocks().saturating_mul(BLOCK));
            }
        }
    }
    bytes
}

/// The bytes of everything below a directory; `None` if that is too much to count.
fn below(directory: &Path) -> Option<u64> {
    let mut open = vec![directory.to_owned()];
    let (mut bytes, mut entries) = (0_u64, 0);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            entries += 1;
            if entries > MOST_ENTRIES {
                return None;
            }
            // Of links themselves: where they lead is not the function's.
            let Ok(facts) = entry.metadata() else { continue };
            bytes = bytes.saturating_add(facts.blocks().saturating_mul(BLOCK));
            if facts.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use rustix::process::getpid;

    use super::*;

    #[test]
    fn what_is_there_and_what_is_removed_but_open_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let before = taken(getpid(), directory.path());
        fs::create_dir(directory.path().join("deep")).unwrap();
        fs::write(directory.path().join("deep/file"), vec![1; 1_000_000]).unwrap();
        std::os::unix::fs::symlink("/", directory.path().join("link")).unwrap();
        assert!(below(directory.path()).unwrap() >= 1_000_000);
        assert!(below(directory.path()).unwrap() < 2_000_000);
        let open = fs::File::open(directory.path().join("deep/file")).unwrap();
        fs::remove_file(directory.path().join("deep/file")).unwrap();
        assert!(below(directory.path()).unwrap() < 1_000_000);
        // Other tests of this process may hold such files, too.
        assert!(taken(getpid(), directory.path()) >= before.min(1) + 1_000_000);
        drop(open);
    }
}
