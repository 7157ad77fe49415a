//! One process after the other on one data directory, without a moment in which nobody listens.
//!
//! A running gateway (the predecessor) waits at a Unix socket in its data directory. `gatewright serve
//! --take-over` (the successor) asks there for what only one process can have: the listening sockets and the
//! locks of the data directory. From the moment of the answer the predecessor changes no documents any more;
//! it serves traffic until the successor says that it does, and then ends as by SIGTERM. If the successor
//! says nothing of the kind, the predecessor goes on as before.
//!
//! Both hold the locks until the predecessor has ended, so no third process comes in between; and both add to
//! counters and write log lines, which no cache of the other depends on.

mod message;
mod predecessor;
mod successor;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

pub(crate) use predecessor::{Estate, Predecessor};
pub(crate) use successor::{Inheritance, ask};

/// The socket's name in the data directory.
const SOCKET: &str = "take-over.sock";

/// Whoever has gone silent for so long is given up.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The sockets that a process listens on.
#[derive(Debug)]
pub(crate) struct Sockets<S> {
    pub(crate) plain: Option<S>,
    pub(crate) secured: Option<S>,
    pub(crate) admin: Option<S>,
}

impl<S> Default for Sockets<S> {
    fn default() -> Self {
        Self { plain: None, secured: None, admin: None }
    }
}

/// The locks of a data directory.
#[derive(Debug)]
pub(crate) struct Locks {
    pub(crate) store: OwnedFd,
    pub(crate) logs: OwnedFd,
}

fn socket_in(directory: &Path) -> PathBuf {
    directory.join(SOCKET)
}
