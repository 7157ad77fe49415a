//! An HTTP backend on a loopback socket. It answers each request with the same bytes, and
//! tells what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// A request as it arrived: names in lower case, repeated headers joined by commas.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.headers.keys().map(String::as_str).collect()
    }
}

pub(crate) struct Backend {
    address: SocketAddr,
    received: Receiver<Received>,
}

impl Backend {
    /// Answering with a status, headers (one a line) and a body of known length.
    pub(crate) fn answering(status: u16, headers: &str, body: &str) -> Self {
        let headers: String = headers.lines().map(|line| format!("{}\r\n", line.trim())).collect();
        Self::raw(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// Answering 200 with nothing.
    pub(crate) fn quiet() -> Self {
        Self::answering(200, "", "")
    }

    /// Answering with these bytes; nothing at all if there are none.
    pub(crate) fn raw(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, received) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, tell) = (answer.clone(), tell.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &answer, &tell));
            }
        });
        Self { address, received }
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn received(&self) -> Received {
        self.received.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    pub(crate) fn received_nothing(&self) -> bool {
        self.received.try_recv().is_err()
    }
}

fn serve(stream: TcpStream, answer: &[u8], tell: &Sender<Received>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let received = read(&mut reader)?;
        tell.send(received).ok()?;
        if answer.is_empty() {
            // Silence, until the other side has had enough.
            drop(reader.read(&mut [0]));
            return None;
        }
        writer.write_all(answer).ok()?;
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        let entry = headers.entry(name.to_ascii_lowercase()).or_default();
        if !entry.is_empty() {
            entry.push_str(", ");
        }
        entry.push_str(value);
    }
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().unwrap(), 0);
        reader.read_exact(&mut body).ok()?;
    } else if headers.contains_key("transfer-encoding") {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    Some(Received { line: line.trim_end().to_owned(), headers, body })
}
