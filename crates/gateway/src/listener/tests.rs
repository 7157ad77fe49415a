//! The listener over real sockets, byte by byte.

use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::{Clock, Timestamp};
use bytes::Bytes;
use http_body_util::Full;
use tokio::sync::Semaphore;

use super::{Limits, Listener, Serve, Settings, Socket};
use crate::Worker;
use crate::exchange::{Arriving, Body, Incoming, read_whole};
use crate::integration::http::UpstreamError;
use crate::message::{Request, Response};

const PLENTY: Duration = Duration::from_secs(20);
const RECEIVED: Timestamp = Timestamp::from_millis(1_795_421_083_120);

/// Answers by path.
struct Answers {
    /// `/gated` waits for one of these.
    gate: Semaphore,
    /// Told when `/gated` is asked for and when its answer is given or given up.
    told: Mutex<Sender<&'static str>>,
}

struct Tells<'a>(&'a Answers, &'static str);

impl Drop for Tells<'_> {
    fn drop(&mut self) {
        self.0.tell(self.1);
    }
}

impl Answers {
    fn tell(&self, what: &'static str) {
        let _ = self.told.lock().unwrap().send(what);
    }
}

impl Serve for Answers {
    async fn answer(&self, incoming: Incoming, worker: &Rc<Worker>) -> Response<Body> {
        let path = incoming.head.uri.path();
        if path == "/passed-on" {
            return pass_on(incoming, worker).await;
        }
        let text = match path {
            "/names" => incoming.header_names.in_order().collect::<Vec<_>>().join(","),
            "/body" => match read_whole(incoming.body, 1 << 20).await {
                Ok(body) => String::from_utf8(body.to_vec()).unwrap(),
                Err(error) => error.to_string(),
            },
            "/empty" => format!("{:?}", incoming.body),
            "/thread" => std::thread::current().name().unwrap().to_owned(),
            "/panic" => panic!("as asked"),
            "/large" => "x".repeat(32 << 20),
            "/arrival" => format!(
                "{} {} {} {:?}",
                incoming.peer,
                incoming.ends.local_port(),
                incoming.secured.is_some(),
                incoming.received
            ),
            "/gated" => {
                self.tell("asked");
                let _tells = Tells(self, "over");
                self.gate.acquire().await.unwrap().forget();
                "through the gate".to_owned()
            }
            _ => path.to_owned(),
        };
        Response::new(Body::from(Bytes::from(text)))
    }
}

/// Sends the request to the backend that it names, and answers what comes of it.
async fn pass_on(incoming: Incoming, worker: &Worker) -> Response<Body> {
    let backend = incoming.head.headers["backend"].to_str().unwrap().parse().unwrap();
    let deadline = incoming.started + PLENTY;
    let request = Request::from_parts(incoming.head, incoming.body);
    match worker.upstreams.send(&backend, request, deadline).await {
        Ok(response) => response,
        Err(UpstreamError::RequestBody { .. }) => Response::new(Body::from(Bytes::from("broken body"))),
        Err(other) => Response::new(Body::from(Bytes::from(format!("{other:?}")))),
    }
}

struct Running {
    address: SocketAddr,
    listener: Option<Listener>,
    answers: Arc<Answers>,
    told: Receiver<&'static str>,
}

fn start(workers: usize, limits: Limits) -> Running {
    let socket = Socket::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr();
    let (tell, told) = channel();
    let answers = Arc::new(Answers { gate: Semaphore::new(0), told: Mutex::new(tell) });
    let settings = Settings {
        workers: NonZeroUsize::new(workers).unwrap(),
        limits,
        clock: Clock::standing_at(RECEIVED),
        ..Settings::default()
    };
    let listener = Listener::start(vec![socket], Arc::clone(&answers), &settings).unwrap();
    Running { address, listener: Some(listener), answers, told }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PLENTY)).unwrap();
        stream
    }

    fn next_told(&self) -> &'static str {
        self.told.recv_timeout(PLENTY).unwrap()
    }

    fn listener(&self) -> &Listener {
        self.listener.as_ref().unwrap()
    }
}

/// One response: its head and, as long as `content-length` says, its body.
fn read_response(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    read_response(stream).1
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// Whether the other end has closed without sending more.
fn is_closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    for path in ["/one", "/two", "/three"] {
        assert_eq!(ask(&mut stream, &get(path)), path);
    }
    assert_eq!(running.listener().connections(), 1);
}

#[test]
fn requests_show_when_and_from_where_they_came() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    let expected = format!("{} {} false {RECEIVED:?}", stream.local_addr().unwrap(), running.address.port());
    assert_eq!(ask(&mut stream, &get("/arrival")), expected);
}

#[test]
fn header_names_are_as_sent_on_every_request_of_a_connection() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    let request = "GET /names HTTP/1.1\r\nHOST: a\r\ntEsT-HEADeR: 1\r\nTest-Header: 2\r\n\r\n";
    assert_eq!(ask(&mut stream, request), "HOST,tEsT-HEADeR,Test-Header");
    let body = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\nGET /x HTTP/1.1\r\nA: b";
    assert_eq!(ask(&mut stream, body), "GET /x HTTP/1.1\r\nA: b");
    let chunked = "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert_eq!(ask(&mut stream, chunked), "abc");
    assert_eq!(ask(&mut stream, request), "HOST,tEsT-HEADeR,Test-Header");
}

#[test]
fn header_names_are_as_sent_when_requests_are_pipelined() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    let mut requests = String::new();
    for name in ["aA", "Aa", "AA"] {
        requests.push_str(&format!(
            "POST /names HTTP/1.1\r\nHost: a\r\n{name}: 1\r\nContent-Length: 3\r\n\r\nabc"
        ));
        requests.push_str(&format!("GET /names HTTP/1.1\r\nHost: a\r\n{name}: 1\r\n\r\n"));
    }
    stream.write_all(requests.as_bytes()).unwrap();
    for expected in [
        "Host,aA,Content-Length",
        "Host,aA",
        "Host,Aa,Content-Length",
        "Host,Aa",
        "Host,AA,Content-Length",
        "Host,AA",
    ] {
        assert_eq!(read_response(&mut stream).1, expected);
    }
}

#[test]
fn a_body_of_no_length_is_no_body() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    assert_eq!(ask(&mut stream, &get("/empty")), "Empty");
    assert_eq!(ask(&mut stream, "POST /empty HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), "Empty");
}

#[test]
fn a_client_is_told_to_continue_when_its_body_is_wanted() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    stream
        .write_all(b"POST /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        .unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(ask(&mut stream, "ok"), "ok");
}

#[test]
fn a_panic_costs_one_answer_and_no_more() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    stream.write_all(get("/panic").as_bytes()).unwrap();
    let (head, body) = read_response(&mut stream);
    assert!(head.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert!(head.contains("x-amzn-errortype: InternalServerErrorException\r\n"), "{head}");
    assert_eq!(body, r#"{"message":"Internal server error"}"#);
    assert_eq!(ask(&mut stream, &get("/next")), "/next");
    assert_eq!(running.listener().panics(), 1);
}

#[test]
fn a_head_beyond_api_gateways_limit_is_still_answered_and_an_endless_one_is_not_read() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    let large =
        |length: usize| format!("GET /large-head HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n", "x".repeat(length));
    assert_eq!(ask(&mut stream, &large(20_000)), "/large-head");
    // The client may still be writing when the answer comes and the connection closes.
    drop(stream.write_all(large(500_000).as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    let refused = b"HTTP/1.1 431 Request Header Fields Too Large\r\n";
    assert!(answer.is_empty() || answer.starts_with(refused), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(ask(&mut running.connect(), &get("/next")), "/next");
}

#[test]
fn what_is_no_http_is_refused() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a client of TLS\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
}

#[test]
fn http2_is_spoken_with_prior_knowledge() {
    let running = start(1, Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let names = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
        tokio::spawn(connection);
        let ask = |path: &str, body: &'static str| {
            http::Request::post(format!("http://a{path}")).body(Full::new(Bytes::from(body))).unwrap()
        };
        let echo = client.send_request(ask("/body", "over http2"));
        let names = client.clone().send_request(ask("/names", ""));
        let (echo, names) = futures_util::future::join(echo, names).await;
        let whole = async |response: http::Response<hyper::body::Incoming>| {
            read_whole(Body::Stream(Arriving::Http2(response.into_body())), 1_000).await.unwrap()
        };
        assert_eq!(whole(echo.unwrap()).await, "over http2");
        whole(names.unwrap()).await
    });
    // Its names have no case, and nothing is kept of them.
    assert_eq!(names, "");
}

#[test]
fn connections_are_spread_over_the_workers() {
    let running = start(3, Limits::default());
    let mut streams: Vec<_> = (0..3).map(|_| running.connect()).collect();
    let threads: HashSet<_> = streams.iter_mut().map(|stream| ask(stream, &get("/thread"))).collect();
    assert_eq!(threads, ["worker-0", "worker-1", "worker-2"].map(str::to_owned).into());
}

#[test]
fn connections_beyond_the_limit_wait_for_a_place() {
    let running = start(1, Limits { connections: 1, ..Limits::default() });
    let mut first = running.connect();
    assert_eq!(ask(&mut first, &get("/first")), "/first");
    let mut second = running.connect();
    second.write_all(get("/second").as_bytes()).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let waits = second.read(&mut [0]).unwrap_err();
    assert!(matches!(waits.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{waits}");
    drop(first);
    second.set_read_timeout(Some(PLENTY)).unwrap();
    assert_eq!(read_response(&mut second).1, "/second");
}

#[test]
fn bodies_pass_through_as_they_arrive_and_a_broken_one_is_not_the_backends_fault() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let head = format!(
        "POST /passed-on HTTP/1.1\r\nHost: a\r\nBackend: http://{}\r\nTransfer-Encoding: chunked\r\n\r\n",
        backend.local_addr().unwrap()
    );
    let running = start(1, Limits::default());
    for (end, expected) in [("3\r\nlo!\r\n0\r\n\r\n", "ok"), ("no size\r\n", "broken body")] {
        let mut stream = running.connect();
        stream.write_all((head.clone() + "3\r\nhel\r\n").as_bytes()).unwrap();
        // The backend has the first part before the client sends the second.
        let (mut at_backend, _) = backend.accept().unwrap();
        at_backend.set_read_timeout(Some(PLENTY)).unwrap();
        read_until(&mut at_backend, b"3\r\nhel\r\n");
        stream.write_all(end.as_bytes()).unwrap();
        if expected == "ok" {
            read_until(&mut at_backend, b"3\r\nlo!\r\n0\r\n\r\n");
            at_backend
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                .unwrap();
        }
        assert_eq!(read_response(&mut stream).1, expected);
    }
}

fn read_until(stream: &mut TcpStream, end: &[u8]) {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(end) {
        stream.read_exact(&mut byte).unwrap();
        read.push(byte[0]);
    }
}

fn impatient() -> Limits {
    Limits {
        head_time: Duration::from_millis(20),
        idle_time: Duration::from_millis(40),
        stall_time: Duration::from_millis(40),
        body_time: Duration::from_millis(200),
        patrol: Duration::from_millis(5),
        ..Limits::default()
    }
}

#[test]
fn slow_heads_and_idle_connections_are_ended() {
    let running = start(1, impatient());
    for begun in ["", "GET / HT", &(get("/one") + "GET")] {
        let mut stream = running.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        if begun.len() > 10 {
            assert_eq!(read_response(&mut stream).1, "/one");
        }
        assert!(is_closed(&mut stream), "{begun:?}");
    }
}

#[test]
fn a_request_under_way_is_not_idle() {
    let running = start(1, impatient());
    let mut stream = running.connect();
    stream.write_all(get("/gated").as_bytes()).unwrap();
    assert_eq!(running.next_told(), "asked");
    // By now another connection has become idle and was ended.
    assert!(is_closed(&mut running.connect()));
    running.answers.gate.add_permits(1);
    assert_eq!(read_response(&mut stream).1, "through the gate");
}

#[test]
fn a_body_that_does_not_come_and_an_answer_that_is_not_taken_end_the_connection() {
    let running = start(1, impatient());
    let mut stream = running.connect();
    stream.write_all(b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe").unwrap();
    assert!(is_closed(&mut stream));
    let mut stream = running.connect();
    stream.write_all(get("/large").as_bytes()).unwrap();
    let deadline = Instant::now() + PLENTY;
    while running.listener().connections() > 0 {
        assert!(Instant::now() < deadline, "the connection is still open");
        std::thread::yield_now();
    }
}

#[test]
fn an_answer_is_given_up_when_its_client_goes_away() {
    let running = start(1, Limits::default());
    let mut stream = running.connect();
    stream.write_all(get("/gated").as_bytes()).unwrap();
    assert_eq!(running.next_told(), "asked");
    drop(stream);
    assert_eq!(running.next_told(), "over");
}

#[test]
fn a_shutdown_lets_requests_finish_and_closes_everything_else() {
    let mut running = start(1, Limits::default());
    let mut idle = running.connect();
    assert_eq!(ask(&mut idle, &get("/one")), "/one");
    let mut begun = running.connect();
    begun.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap();
    let mut silent = running.connect();
    let mut busy = running.connect();
    busy.write_all(get("/gated").as_bytes()).unwrap();
    assert_eq!(running.next_told(), "asked");
    let listener = running.listener.take().unwrap();
    let shutdown = std::thread::spawn(move || listener.shutdown(PLENTY));
    assert!(is_closed(&mut idle) && is_closed(&mut begun) && is_closed(&mut silent));
    running.answers.gate.add_permits(1);
    let (head, body) = read_response(&mut busy);
    assert!(head.contains("connection: close\r\n"), "{head}");
    assert_eq!(body, "through the gate");
    assert!(is_closed(&mut busy));
    shutdown.join().unwrap();
    assert_eq!(TcpStream::connect(running.address).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_shutdown_ends_at_its_deadline() {
    let mut running = start(1, Limits::default());
    let mut stream = running.connect();
    stream.write_all(get("/gated").as_bytes()).unwrap();
    assert_eq!(running.next_told(), "asked");
    running.listener.take().unwrap().shutdown(Duration::from_millis(20));
    assert_eq!(running.next_told(), "over");
    assert!(is_closed(&mut stream));
}

#[test]
fn a_listener_that_is_dropped_stops() {
    let mut running = start(1, Limits::default());
    let mut stream = running.connect();
    assert_eq!(ask(&mut stream, &get("/one")), "/one");
    drop(running.listener.take());
    assert!(is_closed(&mut stream));
}
