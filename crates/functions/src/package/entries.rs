//! Reads an archive entry by entry and decides what may be unpacked: only plain files and
//! directories with names that stay inside, and no more than Lambda's size of them. The
//! sizes that the archive claims are not believed.

use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::result::ZipError;

use super::PackageError;
use crate::limits::MAXIMUM_PACKAGE_ENTRIES;

/// Where entries go.
pub(super) trait Destination {
    /// A directory, which may be there already.
    fn directory(&mut self, path: &Path) -> Result<(), PackageError>;
    /// A file; `contents` never gives more than the package may have.
    fn file(&mut self, path: &Path, executable: bool, contents: &mut dyn Read) -> Result<(), PackageError>;
}

/// Hands every entry to `destination`, in the archive's order. `limit` is the most bytes that
/// the entries may have together.
pub(super) fn read(zip: &[u8], limit: u64, destination: &mut dyn Destination) -> Result<(), PackageError> {
    if zip.is_empty() {
        return Err(PackageError::Empty);
    }
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(unreadable)?;
    if archive.is_empty() {
        return Err(PackageError::Empty);
    }
    if archive.len() > MAXIMUM_PACKAGE_ENTRIES {
        return Err(PackageError::TooManyEntries { limit: MAXIMUM_PACKAGE_ENTRIES });
    }
    // The count of the archive's own directory is cut down by the reader to the entries with
    // different names; entries that share bytes are caught by the size limit.
    let mut left = limit;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        if entry.is_symlink() {
            return Err(PackageError::SymbolicLink { name });
        }
        let path = inner_path(&name).ok_or(PackageError::UnsafeName { name })?;
        if entry.is_dir() {
            destination.directory(&path)?;
            continue;
        }
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let mut contents = Counted { inner: &mut entry, left, exceeded: false, fault: None };
        let outcome = destination.file(&path, executable, &mut contents);
        if contents.exceeded {
            return Err(PackageError::TooLarge);
        }
        if let Some(why) = contents.fault {
            return Err(PackageError::Unreadable { why });
        }
        left = contents.left;
        outcome?;
    }
    Ok(())
}

fn unreadable(error: ZipError) -> PackageError {
    PackageError::Unreadable { why: error.to_string() }
}

/// The entry's path below the function's directory; `None` if it would leave it or is no
/// path at all.
fn inner_path(name: &str) -> Option<PathBuf> {
    if name.starts_with('/') || name.contains('\0') {
        return None;
    }
    let mut path = PathBuf::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => path.push(part),
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Gives no more than `left` bytes, and remembers whether there were more or the archive was
/// damaged: the destination only sees an error of reading.
struct Counted<'a, R> {
    inner: &'a mut R,
    left: u64,
    exceeded: bool,
    fault: Option<String>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.fault = Some(error.to_string());
                return Err(error);
            }
        };
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => {
                self.exceeded = true;
                Err(io::Error::other("the package is too large"))
            }
        }
    }
}

/// Reads everything and keeps nothing.
pub(super) struct Nowhere;

impl Destination for Nowhere {
    fn directory(&mut self, _: &Path) -> Result<(), PackageError> {
        Ok(())
    }

    fn file(&mut self, path: &Path, _: bool, contents: &mut dyn Read) -> Result<(), PackageError> {
        io::copy(contents, &mut io::sink())
            .map(drop)
            .map_err(|why| PackageError::Unwritable { path: path.to_owned(), why })
    }
}

/// Writes below a directory that nobody else writes to yet.
pub(super) struct Below<'a>(pub(super) &'a Path);

impl Destination for Below<'_> {
    fn directory(&mut self, path: &Path) -> Result<(), PackageError> {
        let path = self.0.join(path);
        fs::create_dir_all(&path).map_err(|why| PackageError::Unwritable { path, why })
    }

    fn file(&mut self, path: &Path, executable: bool, contents: &mut dyn Read) -> Result<(), PackageError> {
        let path = self.0.join(path);
        write(&path, executable, contents).map_err(|why| PackageError::Unwritable { path, why })
    }
}

fn write(path: &Path, executable: bool, contents: &mut dyn Read) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mode = if executable { 0o755 } else { 0o644 };
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    io::copy(contents, &mut file).map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_stays_inside(name in "[a./\\\\]{0,20}") {
            if let Some(path) = inner_path(&name) {
                let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
                prop_assert!(path.components().all(plain), "{path:?}");
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&bytes, 1000, &mut Nowhere).is_err());
        }
    }

    #[test]
    fn names_that_leave_the_directory_are_not_paths() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(inner_path(name), expected.map(PathBuf::from), "{name:?}");
        };
        check("index.js", Some("index.js"));
        check("src/./a//b.py", Some("src/a/b.py"));
        check("./app.py", Some("app.py"));
        check("a/..b/c", Some("a/..b/c"));
        check("win\\dir\\file", Some("win\\dir\\file"));
        check("../x", None);
        check("a/../../x", None);
        check("a/..", None);
        check("/etc/passwd", None);
        check("a\0b", None);
        check("", None);
        check("./", None);
    }
}
