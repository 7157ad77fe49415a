//! Where packages stand unpacked: one directory for each different package, made when the
//! first process needs it and removed when none has for a while.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{Clock, Timestamp};
use store::{BlobId, Store, StoreFault};

use super::{PackageError, entries};
use crate::limits::MAXIMUM_UNPACKED_BYTES;

/// How long an unpacked package is kept that no process uses.
const KEPT_UNUSED: Duration = Duration::from_secs(60 * 60);

/// Why a function's code could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeFault {
    #[error("the package {0} cannot be read from the store: {1}")]
    Store(BlobId, StoreFault),
    #[error("the package {0} is not in the store")]
    Missing(BlobId),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("{}: {why}", path.display())]
    Disk { path: PathBuf, why: io::Error },
    #[error("unpacking was given up: the gateway is stopping")]
    Stopping,
}

/// An unpacked package. It stays where it is as long as this exists.
#[derive(Clone, Debug)]
pub(crate) struct UnpackedCode {
    path: PathBuf,
    _place: Arc<Place>,
}

impl UnpackedCode {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// One package's place. The lock is held while it is unpacked, so that this happens once.
#[derive(Debug, Default)]
struct Place {
    ready: tokio::sync::Mutex<bool>,
    used: Mutex<Timestamp>,
}

/// All unpacked packages.
pub(crate) struct CodeDirectory {
    root: PathBuf,
    store: Store,
    clock: Clock,
    places: Mutex<HashMap<BlobId, Arc<Place>>>,
}

impl CodeDirectory {
    /// Takes over `root`. What a gateway before this one left there is removed: functions
    /// may have written to it.
    pub(crate) fn open(root: PathBuf, store: Store, clock: Clock) -> io::Result<Self> {
        remove(&root)?;
        fs::create_dir_all(&root)?;
        Ok(Self { root, store, clock, places: Mutex::default() })
    }

    /// The package's directory, unpacked now if it is not yet.
    pub(crate) async fn unpacked(&self, code: &BlobId) -> Result<UnpackedCode, CodeFault> {
        let path = self.root.join(code.as_str());
        let place = Arc::clone(self.places().entry(code.clone()).or_default());
        *place.used.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.now();
        let mut ready = place.ready.lock().await;
        if !*ready {
            let zip = self.read(code).await?;
            let into = path.clone();
            tokio::task::spawn_blocking(move || unpack(&zip, &into))
                .await
                .map_err(|_| CodeFault::Stopping)??;
            *ready = true;
        }
        drop(ready);
        Ok(UnpackedCode { path, _place: place })
    }

    async fn read(&self, code: &BlobId) -> Result<Vec<u8>, CodeFault> {
        let id = code.clone();
        match self.store.read(move |tx| tx.get_blob(&id)).await {
            Ok(Some(zip)) => Ok(zip),
            Ok(None) => Err(CodeFault::Missing(code.clone())),
            Err(fault) => Err(CodeFault::Store(code.clone(), fault)),
        }
    }

    /// Removes what no process has used for an hour. Blocks.
    pub(crate) fn remove_unused(&self) {
        let now = self.clock.now();
        let mut removed = Vec::new();
        {
            let mut places = self.places();
            places.retain(|code, place| {
                let used = *place.used.lock().unwrap_or_else(PoisonError::into_inner);
                // Nobody can take another reference while the table is locked.
                let keep = Arc::strong_count(place) > 1 || now.since(used) < KEPT_UNUSED;
                if !keep {
                    removed.push((code.clone(), self.root.join(code.as_str())));
                }
                keep
            });
            // Renamed under the lock: the name is free again for whoever unpacks it next.
            for (_, path) in &mut removed {
                let away = path.with_extension("removed");
                if let Err(error) = fs::rename(&*path, &away)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(path = %path.display(), %error, "an unused package cannot be removed");
                }
                *path = away;
            }
        }
        for (code, path) in removed {
            if let Err(error) = remove(&path) {
                tracing::warn!(%code, path = %path.display(), %error, "an unused package cannot be removed");
            }
        }
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashMap<BlobId, Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Unpacks beside the final place and moves the result there: nobody sees half a package.
fn unpack(zip: &[u8], path: &Path) -> Result<(), CodeFault> {
    let disk = |why| CodeFault::Disk { path: path.to_owned(), why };
    let partial = path.with_extension("partial");
    remove(&partial).map_err(disk)?;
    remove(path).map_err(disk)?;
    fs::create_dir_all(&partial).map_err(disk)?;
    if let Err(error) = entries::read(zip, MAXIMUM_UNPACKED_BYTES, &mut entries::Below(&partial)) {
        // The error that matters is already in hand.
        let _ = remove(&partial);
        return Err(error.into());
    }
    fs::rename(&partial, path).map_err(disk)
}
