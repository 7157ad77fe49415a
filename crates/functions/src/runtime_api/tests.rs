use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const NEXT: &[u8] = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\
         Lambda-Runtime-Function-Error-Type: Function.Odd\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Serves `api` until it is called, while `client` writes.
async fn call_of(api: &mut RuntimeApi, client: &mut TcpStream, request: &[u8]) -> Call {
    let (written, call) = tokio::join!(client.write_all(request), api.called());
    written.unwrap();
    call
}

/// One read of the client while `api` serves.
async fn read(api: &mut RuntimeApi, client: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let count = tokio::select! {
        count = client.read(&mut buffer) => count.unwrap(),
        call = api.called() => panic!("{call:?}"),
    };
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

#[test]
fn each_process_has_a_loopback_address_of_its_own() {
    block_on(async {
        let one = RuntimeApi::bind(&Random::seeded(1)).await.unwrap();
        let other = RuntimeApi::bind(&Random::seeded(2)).await.unwrap();
        assert!(one.address().ip().is_loopback() && other.address().ip().is_loopback());
        assert_ne!(one.address(), other.address());
    });
}

#[test]
fn reports_carry_their_request_and_type() {
    block_on(async {
        let mut api = RuntimeApi::bind(&Random::system()).await.unwrap();
        let mut client = TcpStream::connect(api.address()).await.unwrap();
        let mut check = async |path: &str, expected: Report| {
            let call = call_of(&mut api, &mut client, &post(path, b"{}")).await;
            let Call::Report { report, answer } = call else { panic!("{call:?}") };
            assert_eq!(report, expected);
            answer.send(accepted()).unwrap();
            let answer = read(&mut api, &mut client).await;
            assert!(answer.starts_with("HTTP/1.1 202 Accepted\r\n"), "{answer}");
            assert!(answer.ends_with("\r\n\r\n{\"status\":\"OK\"}\n"), "{answer}");
        };
        let (request_id, error_type) = ("a-1".to_owned(), Some("Function.Odd".to_owned()));
        let body = || Posted::Whole("{}".into());
        check("invocation/a-1/response", Report::Response { request_id: request_id.clone(), body: body() })
            .await;
        check(
            "invocation/a-1/error",
            Report::Error { request_id, error_type: error_type.clone(), body: body() },
        )
        .await;
        check("init/error", Report::InitError { error_type, body: body() }).await;
    });
}

#[test]
fn unknown_paths_are_not_found() {
    block_on(async {
        let mut api = RuntimeApi::bind(&Random::system()).await.unwrap();
        let mut client = TcpStream::connect(api.address()).await.unwrap();
        for request in [
            &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            b"GET /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: x\r\n\r\n",
            b"DELETE /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /2018-06-01/runtime/invocation/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            b"GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            client.write_all(request).await.unwrap();
            let answer = read(&mut api, &mut client).await;
            assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
        }
    });
}

#[test]
fn what_is_no_http_ends_its_connection_and_no_other() {
    block_on(async {
        let mut api = RuntimeApi::bind(&Random::system()).await.unwrap();
        let mut noise = TcpStream::connect(api.address()).await.unwrap();
        noise.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").await.unwrap();
        let answer = read(&mut api, &mut noise).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let mut client = TcpStream::connect(api.address()).await.unwrap();
        assert!(matches!(call_of(&mut api, &mut client, NEXT).await, Call::Next(_)));
    });
}

/// A server that writes head and body apart, and waits for the acknowledgement of the one
/// before it sends the other, takes 88 ms a turn.
#[test]
fn an_invocation_leaves_in_one_piece_and_without_delay() {
    block_on(async {
        let mut api = RuntimeApi::bind(&Random::system()).await.unwrap();
        let mut client = TcpStream::connect(api.address()).await.unwrap();
        let mut call = call_of(&mut api, &mut client, NEXT).await;
        let begun = Instant::now();
        for _ in 0..50 {
            let Call::Next(next) = call else { panic!("{call:?}") };
            next.send(too_large(6_291_556)).unwrap();
            let answer = read(&mut api, &mut client).await;
            assert!(
                answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("\"RequestEntityTooLarge\"}"),
                "{answer}"
            );
            // The client posts and asks for the next in one write.
            let both = [&post("invocation/a-1/response", b"1"), NEXT].concat();
            let reported = call_of(&mut api, &mut client, &both).await;
            let Call::Report { answer, .. } = reported else { panic!("{reported:?}") };
            answer.send(accepted()).unwrap();
            call = api.called().await;
            let answer = read(&mut api, &mut client).await;
            assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_millis(50 * 40), "{took:?}");
    });
}

#[test]
fn a_result_that_is_too_large_is_read_to_its_end_and_refused() {
    block_on(async {
        let mut api = RuntimeApi::bind(&Random::system()).await.unwrap();
        let mut client = TcpStream::connect(api.address()).await.unwrap();
        let mut check = async |size: usize, expected: Posted| {
            let request = post("invocation/a-1/response", &vec![b'x'; size]);
            let call = call_of(&mut api, &mut client, &request).await;
            let Call::Report { report: Report::Response { body, .. }, answer } = call else { panic!() };
            assert!(body == expected, "{size}");
            answer.send(accepted()).unwrap();
            read(&mut api, &mut client).await;
        };
        check(6_291_556, Posted::Whole(vec![b'x'; 6_291_556].into())).await;
        check(6_291_557, Posted::TooLarge).await;
        check(2, Posted::Whole("xx".into())).await;
    });
}
