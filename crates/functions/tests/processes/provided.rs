//! Runtimes that a package brings itself: a shell script that speaks to the Runtime API.

use serde_json::json;

use crate::bench::{Bench, Function};

/// A runtime client in ten lines of Python, the way a shell script would do it: a connection
/// for each request.
const BY_HAND: &str = r#"#!/bin/sh
exec python3 - <<'END'
import http.client, os
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
    connection.request(method, '/2018-06-01/runtime/' + path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()
while True:
    status, headers, event = call('GET', 'invocation/next')
    id = headers['Lambda-Runtime-Aws-Request-Id']
    wrong = call('POST', 'invocation/other/response', b'1')
    lost = call('GET', 'invocation/previous')
    twice = call('GET', 'invocation/next')
    result = b'{"event": %s, "wrong": [%d, %s], "lost": %d, "twice": %d, "deadline": %s}' % (
        event, wrong[0], wrong[2], lost[0], twice[0], headers['Lambda-Runtime-Deadline-Ms'].encode())
    status, _, body = call('POST', 'invocation/' + id + '/response', result)
    print('posted', status, body.decode().strip(), flush=True)
END
"#;

#[test]
fn any_program_can_be_a_runtime() {
    let bench = Bench::new();
    bench.put(&Function::provided(BY_HAND));
    let answer = bench.invoke(json!({"a": [1]}));
    assert_eq!(answer.value["event"], json!({"a": [1]}), "{:?}", bench.lines());
    assert_eq!(
        answer.value["wrong"],
        json!([400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}])
    );
    assert_eq!(answer.value["lost"], 404);
    assert_eq!(answer.value["twice"], 403, "an invocation is running");
    assert!(answer.value["deadline"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(bench.invoke(json!(2)).value["event"], 2);
    bench.wait_until("the answer to a result", || {
        bench.lines().iter().any(|line| line == r#"posted 202 {"status":"OK"}"#)
    });
    bench.stop();
}

#[test]
fn a_bootstrap_that_is_missing_or_fails_is_told() {
    let bench = Bench::new();
    let check = |function: Function, error_type: &str, message: &str| {
        bench.put(&function);
        let answer = bench.invoke(json!({}));
        assert!(answer.is_error);
        assert_eq!(answer.value["errorType"], error_type, "{}", answer.value);
        let given = answer.value["errorMessage"].as_str().unwrap();
        assert!(given.contains(message), "{given}");
    };
    let of = |files: &[(&str, &str)]| Function::of("provided.al2", "x", files);
    check(of(&[("run", "#!/bin/sh\n")]), "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/");
    check(of(&[("bootstrap", "no program")]), "Runtime.InvalidEntrypoint", "/bootstrap: permission denied");
    check(of(&[("bootstrap", "#!/no/such/shell\n")]), "Runtime.InvalidEntrypoint", "bootstrap cannot be run");
    check(
        of(&[("bootstrap", "#!/bin/sh\necho on my way out\nexit 7\n")]),
        "Runtime.ExitError",
        "Error: Runtime exited with error: exit status 7",
    );
    // As on AWS: the start failed, was tried again within the invocation, and failed again.
    let lines = bench.lines();
    assert_eq!(lines.iter().filter(|line| *line == "on my way out").count(), 2);
    for phase in ["init", "invoke"] {
        let expected = format!("\tPhase: {phase}\tStatus: error\tError Type: Runtime.ExitError");
        let report =
            |line: &&String| line.starts_with("INIT_REPORT Init Duration: ") && line.ends_with(&expected);
        assert_eq!(lines.iter().filter(report).count(), 1, "{lines:?}");
    }
    bench.stop();
}

#[test]
fn a_runtime_that_hangs_up_is_given_up() {
    let bench = Bench::new();
    bench.put(&Function::provided(
        r#"#!/bin/sh
exec python3 - <<'END'
import os, socket
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
socket.create_connection((host, int(port))).sendall(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n')
END
"#,
    ));
    let answer = bench.invoke(json!({}));
    assert!(answer.is_error);
    assert_eq!(answer.value["errorType"], "Runtime.ExitError", "{}", answer.value);
    bench.stop();
}
