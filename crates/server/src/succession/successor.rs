//! The process that comes: asks the one that is there for its sockets and locks.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;

use gateway::listener::Socket;

use super::message::{Given, Request, Serving, Settled, VERSION, receive, send};
use super::{Locks, PATIENCE, Sockets, socket_in};

/// What a predecessor has handed over.
#[derive(Debug)]
pub(crate) struct Inheritance {
    /// Its process id.
    pub(crate) predecessor: u32,
    pub(crate) sockets: Sockets<Socket>,
    pub(crate) locks: Locks,
    /// Where the predecessor is told.
    pub(crate) told: Told,
}

/// A predecessor that waits to be told that this process serves. Dropped without that, it goes on.
#[derive(Debug)]
pub(crate) struct Told(UnixStream);

impl Told {
    /// This process serves. Answers whether the predecessor makes way; one that has gone does.
    pub(crate) fn serving(self) -> bool {
        // Whatever it has said stays to be read.
        let _ = send(&self.0, &Serving { serving: true }, &[]);
        receive::<Settled>(&self.0).map_or(true, |(settled, _)| settled.yours)
    }
}

/// Asks whoever is there; nothing if nobody is.
pub(crate) fn ask(directory: &Path) -> io::Result<Option<Inheritance>> {
    let stream = match UnixStream::connect(socket_in(directory)) {
        Ok(stream) => stream,
        // Nobody, or somebody who has ended without a word.
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(why) => return Err(why),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    send(&stream, &Request { version: VERSION, pid: std::process::id() }, &[])?;
    let (given, descriptors) = receive::<Given>(&stream)?;
    let mut descriptors = descriptors.into_iter();
    let mut socket = |there: bool| -> io::Result<Option<Socket>> {
        if !there {
            return Ok(None);
        }
        let descriptor = descriptors.next().ok_or(io::ErrorKind::UnexpectedEof)?;
        Socket::inherited(TcpListener::from(descriptor)).map(Some)
    };
    let sockets =
        Sockets { plain: socket(given.plain)?, secured: socket(given.secured)?, admin: socket(given.admin)? };
    let (Some(store), Some(logs), None) = (descriptors.next(), descriptors.next(), descriptors.next()) else {
        return Err(io::Error::other("it did not hand over its locks"));
    };
    let locks = Locks { store, logs };
    Ok(Some(Inheritance { predecessor: given.pid, sockets, locks, told: Told(stream) }))
}
