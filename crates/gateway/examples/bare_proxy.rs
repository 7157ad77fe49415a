//! The listener and the backend client with nothing between them: the floor under what a
//! proxied request can cost here. `benches/compare.py` sets it beside the whole gateway.
//!
//!     bare_proxy ADDRESS:PORT http://BACKEND:PORT [WORKERS]
//!
//! `/mock` is answered at once; everything else goes to the backend.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatewright_gateway::Worker;
use gatewright_gateway::exchange::{Body, Incoming};
use gatewright_gateway::integration::http::Target;
use gatewright_gateway::listener::{Listener, Serve, Settings, Socket};
use gatewright_gateway::message::{Request, Response};
use http::{HeaderValue, StatusCode, header};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MOCK: &[u8] =
    br#"{"message":"hello from mock integration","requestId":"00000000-0000-0000-0000-000000000000","p":"x"}"#;

struct Bare {
    backend: Target,
}

impl Serve for Bare {
    async fn answer(&self, incoming: Incoming, worker: &Rc<Worker>) -> Response<Body> {
        if incoming.head.uri.path() == "/mock" {
            let mut response = Response::new(Body::Whole(Bytes::from_static(MOCK)));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            return response;
        }
        let mut request = Request::from_parts(incoming.head, incoming.body);
        request.headers_mut().remove(header::HOST);
        let deadline = incoming.started + Duration::from_secs(29);
        match worker.upstreams.send(&self.backend, request, deadline).await {
            Ok(response) => response,
            Err(error) => {
                eprintln!("{error}");
                let mut response = Response::new(Body::Empty);
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, backend, workers @ ..] = arguments.as_slice() else {
        eprintln!("usage: bare_proxy ADDRESS:PORT http://BACKEND:PORT [WORKERS]");
        return ExitCode::from(2);
    };
    match serve(address, backend, workers.first().map(String::as_str)) {
        Ok(listener) => loop {
            std::thread::park_timeout(Duration::from_secs(3_600));
            eprintln!("{} connections at {:?}", listener.connections(), Instant::now());
        },
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(
    address: &str,
    backend: &str,
    workers: Option<&str>,
) -> Result<Listener, Box<dyn std::error::Error>> {
    let socket = Socket::bind(address.parse()?)?;
    let workers = workers.map_or(Ok(NonZeroUsize::MIN), str::parse)?;
    let settings = Settings { workers, ..Settings::default() };
    Ok(Listener::start(vec![socket], Arc::new(Bare { backend: backend.parse()? }), &settings)?)
}
