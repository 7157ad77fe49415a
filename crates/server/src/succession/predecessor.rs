//! The process that is there: waits for one that takes over, and hands it what it needs.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use control::WriteGate;
use logs::LogStore;
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::message::{Given, Request, Serving, Settled, VERSION, receive, send};
use super::{PATIENCE, Sockets, socket_in};

/// What is handed over.
pub(crate) struct Estate {
    pub(crate) sockets: Sockets<OwnedFd>,
    pub(crate) store: Store,
    pub(crate) logs: LogStore,
    /// Closed while another process has the store.
    pub(crate) writes: WriteGate,
}

/// Waits for a successor, on a thread of its own that ends with the process.
pub(crate) struct Predecessor {
    path: PathBuf,
    estate: Arc<Mutex<Option<Estate>>>,
    /// The successor's process id, once it serves.
    taken: oneshot::Receiver<u32>,
}

impl Predecessor {
    /// Waits in `directory`, in place of a process before this one.
    pub(crate) fn wait(directory: &Path, estate: Estate, runtime: Handle) -> io::Result<Self> {
        let path = socket_in(directory);
        // Whoever asks finds this process or the one before it, never nobody.
        let new = path.with_extension(format!("{}.new", std::process::id()));
        let _ = std::fs::remove_file(&new);
        let listener = UnixListener::bind(&new)?;
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&new, &path)?;
        let estate = Arc::new(Mutex::new(Some(estate)));
        let (tell, taken) = oneshot::channel();
        let held = Arc::clone(&estate);
        std::thread::Builder::new().name("succession".to_owned()).spawn(move || {
            for asking in listener.incoming() {
                match asking.and_then(|stream| give(&stream, &held, &runtime)) {
                    Ok(Some(successor)) => {
                        // Whoever would hear of it ends anyway.
                        let _ = tell.send(successor);
                        return;
                    }
                    Ok(None) => return,
                    Err(error) => tracing::warn!(%error, "nobody took over; this process goes on"),
                }
            }
        })?;
        Ok(Self { path, estate, taken })
    }

    /// The process id of a successor that serves, once there is one.
    pub(crate) async fn taken(&mut self) -> u32 {
        match (&mut self.taken).await {
            Ok(successor) => successor,
            // Nobody can ask any longer.
            Err(_) => std::future::pending().await,
        }
    }

    /// Hands over nothing any longer: this process ends, and its sockets with it. The socket in the data
    /// directory is a successor's, if there is one.
    pub(crate) fn end(self, succeeded: bool) {
        drop(lock(&self.estate).take());
        if !succeeded {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Hands over to who asks; its process id if it serves, nothing if this process ends anyway.
fn give(stream: &UnixStream, estate: &Mutex<Option<Estate>>, runtime: &Handle) -> io::Result<Option<u32>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (request, _) = receive::<Request>(stream)?;
    if request.version != VERSION {
        return Err(io::Error::other("the other process speaks of taking over in another version"));
    }
    let (given, descriptors, writes) = {
        let estate = lock(estate);
        let Some(Estate { sockets, store, logs, writes }) = &*estate else { return Ok(None) };
        let mut descriptors = Vec::new();
        for socket in [&sockets.plain, &sockets.secured, &sockets.admin].into_iter().flatten() {
            descriptors.push(socket.try_clone()?);
        }
        descriptors.extend(store.lock()?);
        descriptors.extend(logs.lock()?);
        let given = Given {
            pid: std::process::id(),
            plain: sockets.plain.is_some(),
            secured: sockets.secured.is_some(),
            admin: sockets.admin.is_some(),
        };
        (given, descriptors, writes.clone())
    };
    tracing::info!(pid = request.pid, "another process takes over; nothing is changed here any longer");
    runtime.block_on(writes.close());
    let served = send(stream, &given, &descriptors).and_then(|()| receive::<Serving>(stream));
    let settled = match served {
        Ok((Serving { serving: true }, _)) => send(stream, &Settled { yours: true }, &[]),
        Ok(_) => Err(io::Error::other("the other process does not serve")),
        Err(error) => Err(error),
    };
    let Err(error) = settled else { return Ok(Some(request.pid)) };
    // A successor that is merely late has to end.
    let _ = send(stream, &Settled { yours: false }, &[]);
    runtime.block_on(writes.open());
    Err(error)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
