//! Results that are streamed: by a runtime of a package's own, and by Node's
//! `awslambda.streamifyResponse` (Lambda developer guide, "Response streaming for Lambda functions").

use std::time::Duration;

use futures_util::StreamExt as _;
use ports::functions::{Part, Parts, StreamEnd, StreamReply};
use serde_json::{Value, json};

use crate::bench::{Bench, Function};

/// A runtime client in Python that streams: `respond` gets the event and a function that writes.
const STREAMS: &str = r#"#!/bin/sh
exec python3 - <<'END'
import base64, json, os, socket, time
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].rsplit(':', 1)
def connect():
    connection = socket.create_connection((host, int(port)))
    return connection, connection.makefile('rb')
def answer(reader):
    status = int(reader.readline().split()[1])
    headers = {}
    for line in iter(reader.readline, b'\r\n'):
        name, value = line.decode().split(':', 1)
        headers[name.lower()] = value.strip()
    return status, headers, reader.read(int(headers.get('content-length', 0)))
connection, reader = connect()
head = '%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: x\r\n%s\r\n'
while True:
    connection.sendall((head % ('GET', 'invocation/next', '')).encode())
    _, headers, event = answer(reader)
    event, id = json.loads(event), headers['lambda-runtime-aws-request-id']
    streaming = ('Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n'
                 'Lambda-Runtime-Function-Response-Mode: streaming\r\n')
    connection.sendall((head % ('POST', 'invocation/%s/response' % event.get('id', id), streaming)).encode())
    for part in event.get('parts', []):
        connection.sendall(b'%x\r\n%s\r\n' % (len(part), part.encode()))
    for _ in range(event.get('megabytes', 0)):
        connection.sendall(b'%x\r\n%s\r\n' % (1 << 20, b'x' * (1 << 20)))
    if 'wait' in event:
        while not os.path.exists(event['wait']):
            time.sleep(0.01)
        connection.sendall(b'4\r\nlate\r\n')
    if event.get('breaks'):
        connection.close()
        connection, reader = connect()
        continue
    trailers = ''
    if 'error' in event:
        trailers = ('Lambda-Runtime-Function-Error-Type: Function.Odd\r\nLambda-Runtime-Function-Error-Body: '
                    + base64.b64encode(json.dumps(event['error']).encode()).decode() + '\r\n')
    connection.sendall(('0\r\n%s\r\n' % trailers).encode())
    print('posted', answer(reader)[0], flush=True)
END
"#;

fn stream(bench: &Bench, event: &Value) -> StreamReply {
    bench
        .block_on(ports::functions::Functions::invoke_streaming(
            &*bench.functions,
            Bench::request("f", event),
        ))
        .unwrap()
}

fn next(bench: &Bench, parts: &mut Parts) -> Option<Part> {
    bench.block_on(async {
        tokio::time::timeout(Duration::from_secs(10), parts.next()).await.expect("a part within ten seconds")
    })
}

/// The rest of a result: its bytes as a text, and its end.
fn rest(bench: &Bench, mut parts: Parts) -> (String, Option<StreamEnd>) {
    let mut text = String::new();
    loop {
        match next(bench, &mut parts) {
            Some(Part::Data(data)) => text.push_str(std::str::from_utf8(&data).unwrap()),
            Some(Part::End(end)) => return (text, Some(end)),
            None => return (text, None),
        }
    }
}

fn failed(end: Option<StreamEnd>) -> Value {
    serde_json::from_slice(&end.unwrap().error.unwrap()).unwrap()
}

#[test]
fn parts_come_while_the_function_works() {
    let bench = Bench::with(|settings| settings.confine = false);
    bench.put(&Function::provided(STREAMS).timeout(30));
    let sign = bench.directory.path().join("go-on");
    let mut reply = stream(&bench, &json!({"parts": ["a"], "wait": sign}));
    assert_eq!(reply.content_type.as_ref().unwrap(), "text/plain");
    assert_eq!(reply.executed_version, "$LATEST");
    assert_eq!(next(&bench, &mut reply.parts), Some(Part::Data("a".into())));
    // Only what was read lets the function go on.
    std::fs::write(&sign, "").unwrap();
    assert_eq!(rest(&bench, reply.parts), ("late".to_owned(), Some(StreamEnd::default())));
    let started = format!("START RequestId: {} Version: $LATEST", reply.request_id);
    assert!(bench.lines().contains(&started), "{:?}", bench.lines());
    bench.stop();
}

#[test]
fn failures_are_told_in_trailers() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS));
    let error = json!({"errorMessage": "no more", "errorType": "Odd"});
    let reply = stream(&bench, &json!({"parts": ["a"], "error": error}));
    let (text, end) = rest(&bench, reply.parts);
    assert_eq!((text.as_str(), failed(end)), ("a", error.clone()));
    // Whoever wants the result whole is told of the failure alone.
    let answer = bench.invoke(json!({"parts": ["a"], "error": error}));
    assert_eq!((answer.is_error, answer.value), (true, error));
    bench.stop();
}

#[test]
fn a_streamed_result_can_be_had_whole() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS));
    let answer = bench.invoke(json!({"parts": ["{\"a\":", "1}"]}));
    assert_eq!((answer.is_error, answer.value), (false, json!({"a": 1})));
    // Whole results have their limit.
    let answer = bench.invoke(json!({"megabytes": 7}));
    assert_eq!(answer.value["errorType"], "Function.ResponseSizeTooLarge");
    bench.stop();
}

#[test]
fn a_result_that_is_not_streamed_is_one_part() {
    let bench = Bench::new();
    bench.put(&Function::python("def handler(event, context):\n    return 1 / event['by']\n"));
    let reply = stream(&bench, &json!({"by": 1}));
    assert_eq!(reply.content_type.as_ref().unwrap(), "application/json");
    assert_eq!(rest(&bench, reply.parts), ("1.0".to_owned(), Some(StreamEnd::default())));
    let (text, end) = rest(&bench, stream(&bench, &json!({"by": 0})).parts);
    assert_eq!((text.as_str(), failed(end)["errorType"].as_str().unwrap()), ("", "ZeroDivisionError"));
    bench.stop();
}

#[test]
fn a_stream_that_ends_without_its_end_is_a_failure() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS).timeout(1));
    for (event, error_type) in [
        (json!({"parts": ["a"], "breaks": true}), "Runtime.TruncatedResponse"),
        (json!({"parts": ["a"], "wait": "/nowhere"}), "Sandbox.Timedout"),
    ] {
        let (text, end) = rest(&bench, stream(&bench, &event).parts);
        assert_eq!((text.as_str(), failed(end)["errorType"].as_str().unwrap()), ("a", error_type));
    }
    bench.stop();
}

/// Lambda quotas, "Invocation payload": 200 MB if it is streamed.
#[test]
fn a_stream_has_two_hundred_megabytes_at_most() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS).timeout(60));
    for (megabytes, error_type) in [(200, None), (201, Some("Function.ResponseSizeTooLarge"))] {
        let mut parts = stream(&bench, &json!({"megabytes": megabytes})).parts;
        let mut size = 0;
        let end = loop {
            match next(&bench, &mut parts).unwrap() {
                Part::Data(data) => size += data.len(),
                Part::End(end) => break end,
            }
        };
        assert!(size <= 200 * 1024 * 1024, "{size}");
        match error_type {
            None => assert_eq!((size, end), (200 * 1024 * 1024, StreamEnd::default())),
            Some(error_type) => assert_eq!(failed(Some(end))["errorType"], error_type),
        }
    }
    bench.stop();
}

/// "Streamed responses are not interrupted or stopped when the invoking client connection is broken."
#[test]
fn a_caller_who_goes_away_frees_the_process() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS).timeout(30));
    let mut reply = stream(&bench, &json!({"megabytes": 50}));
    assert!(matches!(next(&bench, &mut reply.parts), Some(Part::Data(_))));
    drop(reply);
    bench.wait_until("the function's end", || bench.lines().iter().any(|line| line == "posted 202"));
    // The same process serves the next one.
    assert_eq!(rest(&bench, stream(&bench, &json!({"parts": ["b"]})).parts).0, "b");
    assert_eq!(bench.lines().iter().filter(|line| line.contains("Init Duration")).count(), 1);
    bench.stop();
}

#[test]
fn only_the_running_invocation_is_streamed() {
    let bench = Bench::new();
    bench.put(&Function::provided(STREAMS).timeout(1));
    let reply = bench.block_on(ports::functions::Functions::invoke_streaming(
        &*bench.functions,
        Bench::request("f", &json!({"id": "other", "parts": ["a"]})),
    ));
    let (text, end) = rest(&bench, reply.unwrap().parts);
    // It asks for the next invocation while this one waits for its answer, and does not bear the refusal.
    assert_eq!((text.as_str(), failed(end)["errorType"].as_str().unwrap()), ("", "Runtime.ExitError"));
    bench.wait_until("the refusal", || bench.lines().iter().any(|line| line == "posted 400"));
    bench.stop();
}

const NODE: &str = r#"
const { pipeline } = require("node:stream/promises");
const { Readable } = require("node:stream");
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
    if (event.prelude) stream = awslambda.HttpResponseStream.from(stream, event.prelude);
    if (event.type) stream.setContentType(event.type);
    if (event.early) throw new TypeError(event.early);
    for (const part of event.parts ?? []) stream.write(part);
    if (event.late) throw new TypeError(event.late);
    if (event.uncaught) setTimeout(() => { throw new RangeError(event.uncaught) });
    if (event.never) return;
    if (event.uncaught) await new Promise((kept) => setTimeout(kept, 5000));
    if (event.piped) await pipeline(Readable.from(event.piped), stream);
    else stream.end(event.last);
});
"#;

fn node(bench: &Bench, event: Value) -> (String, String, Option<StreamEnd>) {
    let reply = stream(bench, &event);
    let (text, end) = rest(bench, reply.parts);
    (reply.content_type.unwrap().to_str().unwrap().to_owned(), text, end)
}

#[test]
fn node_handlers_stream() {
    let bench = Bench::new();
    bench.put(&Function::node("index.js", NODE));
    let done = Some(StreamEnd::default());
    let bytes = "application/octet-stream".to_owned();
    assert_eq!(
        node(&bench, json!({"parts": ["a", "b"], "last": "c"})),
        (bytes.clone(), "abc".to_owned(), done.clone())
    );
    assert_eq!(node(&bench, json!({"piped": ["d", "e"]})), (bytes.clone(), "de".to_owned(), done.clone()));
    assert_eq!(node(&bench, json!({})), (bytes, String::new(), done.clone()));
    assert_eq!(node(&bench, json!({"type": "text/plain", "last": "f"})).0, "text/plain");
    let http = "application/vnd.awslambda.http-integration-response".to_owned();
    let prelude = "{\"statusCode\":201}\0\0\0\0\0\0\0\0".to_owned();
    let event = json!({"prelude": {"statusCode": 201}, "last": "g"});
    assert_eq!(node(&bench, event), (http.clone(), prelude.clone() + "g", done.clone()));
    assert_eq!(node(&bench, json!({"prelude": {"statusCode": 201}})), (http, prelude, done));
    // Invoked for its whole result it answers that.
    assert_eq!(bench.invoke(json!({"parts": ["[1,"], "last": "2]"})).value, json!([1, 2]));
    bench.stop();
}

#[test]
fn node_handlers_fail_before_and_after_they_have_begun() {
    let bench = Bench::new();
    bench.put(&Function::node("index.js", NODE));
    let check = |event: Value, text: &str, error_type: &str| {
        let reply = stream(&bench, &event);
        let (given, end) = rest(&bench, reply.parts);
        let error = failed(end);
        assert_eq!((given.as_str(), error["errorType"].as_str().unwrap()), (text, error_type), "{error}");
    };
    check(json!({"early": "no"}), "", "TypeError");
    check(json!({"parts": ["a"], "late": "no"}), "a", "TypeError");
    let long = "x".repeat(100_000);
    check(json!({"parts": ["a"], "late": long}), "a", "TypeError");
    check(json!({"parts": ["a"], "never": true}), "a", "Runtime.NodeJsExit");
    check(json!({"parts": ["a"], "uncaught": "no"}), "a", "RangeError");
    // Each time the next invocation finds a process.
    assert_eq!(node(&bench, json!({"last": "b"})).1, "b");
    bench.stop();
}
