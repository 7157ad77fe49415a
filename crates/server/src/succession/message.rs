//! What predecessor and successor say to each other: lines of JSON, and with one of them descriptors.

use std::io::{self, IoSlice, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of these messages.
pub(super) const VERSION: u32 = 1;

/// The longest message.
const MOST_BYTES: usize = 4_096;

/// The most descriptors: three sockets, two locks.
pub(super) const MOST_DESCRIPTORS: usize = 5;

/// The successor's first word.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) version: u32,
    pub(super) pid: u32,
}

/// The predecessor's answer. The descriptors come in this order: the sockets that are there, the lock of the
/// store, the lock of the logs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Given {
    pub(super) pid: u32,
    pub(super) plain: bool,
    pub(super) secured: bool,
    pub(super) admin: bool,
}

/// The successor's last word: it serves.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Serving {
    pub(super) serving: bool,
}

/// The predecessor's last word: whether all is the successor's now, or the predecessor's again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settled {
    pub(super) yours: bool,
}

/// Sends one message, with descriptors.
pub(super) fn send(stream: &UnixStream, message: &impl Serialize, descriptors: &[OwnedFd]) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    if descriptors.is_empty() {
        return (&*stream).write_all(&line);
    }
    let borrowed: Vec<BorrowedFd<'_>> = descriptors.iter().map(|descriptor| descriptor.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&borrowed)) {
        return Err(io::Error::other("there are more descriptors than a message can have"));
    }
    let sent = sendmsg(stream, &[IoSlice::new(&line)], &mut control, SendFlags::empty())?;
    (&*stream).write_all(line.get(sent..).unwrap_or_default())
}

/// Receives one message, and the descriptors that come with it.
pub(super) fn receive<T: DeserializeOwned>(stream: &UnixStream) -> io::Result<(T, Vec<OwnedFd>)> {
    let (mut line, mut descriptors) = (Vec::new(), Vec::new());
    let mut buffer = [0; MOST_BYTES];
    while !line.contains(&b'\n') {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(stream, &mut [IoSliceMut::new(&mut buffer)], &mut control, private())?;
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = part {
                descriptors.extend(rights);
            }
        }
        line.extend_from_slice(buffer.get(..received.bytes).unwrap_or_default());
        if received.bytes == 0 || line.len() > MOST_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((serde_json::from_slice(&line)?, descriptors))
}

/// Descriptors that programs which are started later do not inherit.
fn private() -> RecvFlags {
    #[cfg(target_os = "linux")]
    return RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    return RecvFlags::empty();
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, SeekFrom};

    use super::*;

    #[test]
    fn descriptors_come_with_their_message() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"kept").unwrap();
        send(&here, &Request { version: 1, pid: 7 }, &[file.into()]).unwrap();
        let (request, mut descriptors) = receive::<Request>(&there).unwrap();
        assert_eq!((request.version, request.pid, descriptors.len()), (1, 7, 1));
        let mut text = String::new();
        let mut file = std::fs::File::from(descriptors.remove(0));
        file.seek(SeekFrom::Start(0)).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "kept");
    }

    #[test]
    fn nonsense_and_silence_are_errors() {
        let (here, there) = UnixStream::pair().unwrap();
        (&here).write_all(b"nonsense\n").unwrap();
        assert!(receive::<Request>(&there).is_err());
        (&here).write_all(b"{\"version\":1").unwrap();
        drop(here);
        assert!(receive::<Request>(&there).is_err());
        let (here, there) = UnixStream::pair().unwrap();
        let writer = std::thread::spawn(move || drop((&here).write_all(&[b'x'; 3 * MOST_BYTES])));
        assert!(receive::<Request>(&there).is_err());
        drop(there);
        writer.join().unwrap();
    }
}
