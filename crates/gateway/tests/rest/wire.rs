//! The whole way: a client's socket, the listener, the front door, a backend's socket. What
//! only streams show.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use gateway::listener::{Listener, Settings, Socket};
use serde_json::json;

use crate::backend::Backend;
use crate::house::{Api, HOST, House, result};

struct Running {
    address: SocketAddr,
    listener: Option<Listener>,
    house: House,
}

impl Running {
    fn of(house: House) -> Self {
        let socket = Socket::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = socket.local_addr();
        let settings = Settings { workers: NonZeroUsize::MIN, ..Settings::default() };
        let listener = Listener::start(vec![socket], Arc::clone(&house.door), &settings).unwrap();
        Self { address, listener: Some(listener), house }
    }

    fn proxy(backend: &Backend) -> Self {
        let integration = json!({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": backend.uri("/x")});
        Self::of(House::of(&Api::with("/x", "ANY", integration)))
    }

    /// Sends bytes and reads to the connection's end.
    fn exchange(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The answer may come before the last byte is taken.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.shutdown(Duration::from_secs(20));
        }
    }
}

fn head(verb: &str, more: &str) -> Vec<u8> {
    format!("{verb} /prod/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

#[test]
fn a_streamed_body_passes_both_ways() {
    let backend = Backend::raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    let running = Running::proxy(&backend);
    let mut request = head("POST", "Transfer-Encoding: chunked\r\n");
    request.extend_from_slice(b"4\r\npart\r\n5\r\n-two.\r\n0\r\n\r\n");
    let answer = running.exchange(&request).to_lowercase();
    assert_eq!(backend.received().body, b"part-two.");
    assert!(answer.starts_with("http/1.1 200 ok\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: text/plain\r\n") && answer.contains("\r\ndate: "), "{answer}");
    assert!(answer.ends_with("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "{answer}");
}

#[test]
fn an_answer_of_known_length_keeps_it() {
    let backend = Backend::answering(200, "Content-Type: text/plain", "five!");
    let answer = Running::proxy(&backend).exchange(&head("GET", "")).to_lowercase();
    assert!(answer.contains("\r\ncontent-length: 5\r\n"), "{answer}");
    assert!(answer.contains("\r\nx-amzn-remapped-content-length: 5\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nfive!"), "{answer}");
}

#[test]
fn a_payload_that_grows_too_large_is_refused() {
    // It answers nothing: the refusal has to come from the size alone.
    let backend = Backend::raw("");
    let running = Running::proxy(&backend);
    let mut request = head("POST", "Transfer-Encoding: chunked\r\n");
    let chunk = vec![b'x'; 0x10_0000];
    for _ in 0..11 {
        request.extend_from_slice(b"100000\r\n");
        request.extend_from_slice(&chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let answer = running.exchange(&request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.ends_with("{\"message\":\"Request Too Long\"}"), "{answer}");
}

#[test]
fn an_announced_payload_that_is_too_large_reaches_nobody() {
    let backend = Backend::quiet();
    let running = Running::proxy(&backend);
    let answer = running.exchange(&head("POST", "Content-Length: 10485761\r\n"));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(backend.received_nothing());
}

#[test]
fn a_payload_that_ends_early_is_the_clients_fault() {
    let house = House::with_function(
        &Api::with(
            "/x",
            "ANY",
            json!({"type": "AWS_PROXY", "httpMethod": "POST",
                "uri": "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/f/invocations"}),
        ),
        Box::new(|_| result("{\"statusCode\": 200}")),
    );
    let running = Running::of(house);
    let mut request = head("POST", "Transfer-Encoding: chunked\r\n");
    request.extend_from_slice(b"nonsense\r\n");
    let answer = running.exchange(&request);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(running.house.functions.invoked.lock().unwrap().is_empty());
}

#[test]
fn a_functions_event_has_the_names_as_sent() {
    let house = House::with_function(
        &Api::with(
            "/x",
            "ANY",
            json!({"type": "AWS_PROXY", "httpMethod": "POST",
                "uri": "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/f/invocations"}),
        ),
        Box::new(|_| result("{\"statusCode\": 200, \"body\": \"ok\"}")),
    );
    let running = Running::of(house);
    let answer = running.exchange(&head("GET", "tEsT-HEADeR: aValUE\r\n"));
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(running.house.event()["headers"]["tEsT-HEADeR"], "aValUE");
}
