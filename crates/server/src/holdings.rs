//! What a start takes hold of: sockets, stores, directories and files, its own or those of the process
//! before it.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::Clock;
use gateway::listener::Socket;
use gateway::trail::AccessLogCopy;
use logs::LogStore;
use store::Store;
use tempfile::TempDir;

use crate::config::Place;
use crate::fault::Fault;
use crate::succession::{self, Inheritance, Locks, Sockets};

/// What the process that uses `place` hands over, if there is one.
pub(crate) fn inherited(place: &Place) -> Result<Option<Inheritance>, Fault> {
    let Some(directory) = place.directory() else { return Ok(None) };
    let asked = succession::ask(directory);
    asked.map_err(|why| Fault::Succession { directory: directory.to_owned(), why })
}

/// The socket of the process before this one if it listens there, else one of our own.
pub(crate) fn listened(inherited: Option<Socket>, address: SocketAddr) -> Result<Socket, Fault> {
    let there = |socket: &Socket| {
        let own = socket.local_addr();
        own.ip() == address.ip() && (address.port() == 0 || own.port() == address.port())
    };
    inherited.filter(there).map_or_else(|| bind(address), Ok)
}

/// The sockets once more, for whoever takes over.
pub(crate) fn duplicates(
    plain: &Socket,
    secured: Option<&Socket>,
    admin: Option<&Socket>,
) -> std::io::Result<Sockets<OwnedFd>> {
    Ok(Sockets {
        plain: Some(plain.duplicate()?),
        secured: secured.map(Socket::duplicate).transpose()?,
        admin: admin.map(Socket::duplicate).transpose()?,
    })
}

fn bind(address: SocketAddr) -> Result<Socket, Fault> {
    Socket::bind(address).map_err(|why| Fault::Listen { address, why })
}

/// The documents and the log events of `place`.
pub(crate) fn open(place: &Place, locks: Option<Locks>, clock: &Clock) -> Result<(Store, LogStore), Fault> {
    let clock = clock.clone();
    let (documents, events) = match place {
        Place::Memory => (store::Location::Memory, logs::Location::Memory),
        Place::Directory(directory) => {
            // It will hold keys: nobody else's to read. The store has the words for a failure.
            let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
            (store::Location::Directory(directory.clone()), logs::Location::Directory(directory.clone()))
        }
    };
    let store = store::StoreOptions { location: documents, clock: clock.clone() };
    let logs = logs::LogOptions { location: events, clock };
    Ok(match locks {
        Some(locks) => (Store::take_over(store, locks.store)?, LogStore::take_over(logs, locks.logs)?),
        None => (Store::open(store)?, LogStore::open(logs)?),
    })
}

/// A file of access logs, which is opened anew when it is told to: whoever has renamed it finds a new one.
struct CopyFile {
    path: PathBuf,
    file: File,
    /// How often it was to be opened, and has been.
    begun: Arc<AtomicU64>,
    opened: u64,
}

impl CopyFile {
    fn open(path: PathBuf, begun: Arc<AtomicU64>) -> std::io::Result<Self> {
        let (file, opened) = (Self::file(&path)?, begun.load(Ordering::Relaxed));
        Ok(Self { path, file, begun, opened })
    }

    fn file(path: &Path) -> std::io::Result<File> {
        std::fs::OpenOptions::new().create(true).append(true).mode(0o640).open(path)
    }
}

impl Write for CopyFile {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        let begun = self.begun.load(Ordering::Relaxed);
        if begun != self.opened {
            match Self::file(&self.path) {
                Ok(file) => (self.file, self.opened) = (file, begun),
                // The one that there was takes the lines.
                Err(error) => tracing::error!(%error, "the copy of the access logs cannot be begun anew"),
            }
        }
        self.file.write(data)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Where access logs are copied to.
pub(crate) fn access_log_copied(to: PathBuf, begun: &Arc<AtomicU64>) -> Result<AccessLogCopy, Fault> {
    let copy = if to.as_os_str() == "stdout" {
        AccessLogCopy::start(std::io::stdout())
    } else {
        let file = CopyFile::open(to.clone(), Arc::clone(begun));
        AccessLogCopy::start(file.map_err(|why| Fault::AccessLogCopy { path: to, why })?)
    };
    copy.map_err(Fault::Threads)
}

/// Where functions are unpacked, where those of earlier processes were, and of a temporary directory also
/// what removes it. The functions of a predecessor run on where they are.
pub(crate) fn functions_directory(
    place: &Place,
    succeeds: bool,
) -> Result<(PathBuf, Vec<PathBuf>, Option<TempDir>), Fault> {
    if let Some(directory) = place.directory() {
        if succeeds {
            return Ok((directory.join(format!("functions.{}", std::process::id())), Vec::new(), None));
        }
        let retired = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let retired = retired.filter(|entry| entry.file_name().to_string_lossy().starts_with("functions."));
        return Ok((directory.join("functions"), retired.map(|entry| entry.path()).collect(), None));
    }
    let made = tempfile::Builder::new().prefix("gatewright-").tempdir();
    let scratch = made.map_err(|why| Fault::Scratch { path: std::env::temp_dir(), why })?;
    Ok((scratch.path().to_owned(), Vec::new(), Some(scratch)))
}
