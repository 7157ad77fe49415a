//! Functions that go wrong in every way there is. After each the next invocation works.

use std::time::{Duration, Instant};

use ports::functions::InvokeError;
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Function, is_alive};

/// A function that does what its event says.
const ILL: &str = r#"
import os, signal, subprocess, sys, time
def handler(event, context):
    what = event.get('do')
    if what == 'sleep':
        print('about to sleep')
        time.sleep(event['seconds'])
    elif what == 'sleep with a child':
        child = subprocess.Popen(['sleep', '60'], start_new_session=event['apart'])
        open(event['note'], 'w').write(str(child.pid))
        time.sleep(60)
    elif what == 'exit':
        sys.exit(event['status'])
    elif what == '_exit':
        os._exit(event['status'])
    elif what == 'signal':
        os.kill(os.getpid(), event['signal'])
    elif what == 'print':
        line = 'x' * 99
        for _ in range(event['lines']):
            print(line)
    elif what == 'allocate':
        kept = [b'\1' * (1 << 20) for _ in range(event['megabytes'])]
        time.sleep(event.get('then', 0))
    elif what == 'allocate in a child':
        subprocess.run([sys.executable, '-c', 'import time; b = b"x" * (%d << 20); time.sleep(60)' % event['megabytes']])
    elif what == 'return':
        return 'y' * event['bytes']
    return os.getpid()
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.put(&Function::python(ILL).timeout(1));
    bench
}

fn message(answer: &Answer) -> (String, String) {
    assert!(answer.is_error, "{}", answer.value);
    let text = |name: &str| answer.value[name].as_str().unwrap_or_default().to_owned();
    // The request id is a new one each time.
    let message = text("errorMessage");
    let message = match message.strip_prefix("RequestId: ").and_then(|rest| rest.split_once(' ')) {
        Some((id, rest)) if id.len() == 36 => rest.to_owned(),
        _ => message,
    };
    (text("errorType"), message)
}

fn well(bench: &Bench) -> Value {
    let answer = bench.invoke(json!({}));
    assert!(!answer.is_error, "{}", answer.value);
    answer.value
}

#[test]
fn a_function_that_runs_too_long_is_killed_with_its_children() {
    let bench = bench();
    let pid = well(&bench);
    let begun = Instant::now();
    let answer = bench.invoke(json!({"do": "sleep", "seconds": 60}));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(
        message(&answer),
        ("Sandbox.Timedout".into(), "Error: Task timed out after 1.00 seconds".into())
    );
    assert!(!is_alive(&pid));

    let lines = bench.lines();
    let at = lines.iter().position(|line| line == "about to sleep").unwrap();
    assert!(lines[at + 1].ends_with(" Task timed out after 1.00 seconds"), "{}", lines[at + 1]);
    assert!(lines[at + 2].starts_with("END RequestId: "));
    assert!(
        lines[at + 3].contains("\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\t"),
        "{}",
        lines[at + 3]
    );
    assert!(lines[at + 3].ends_with("\tStatus: timeout"));

    let note = bench.directory.path().join("child");
    for apart in [false, true] {
        let answer = bench.invoke(json!({"do": "sleep with a child", "note": note, "apart": apart}));
        assert_eq!(message(&answer).0, "Sandbox.Timedout");
        let child: Value = std::fs::read_to_string(&note).unwrap().parse().unwrap();
        bench.wait_until("the child is killed, too", || !is_alive(&child));
    }
    assert_ne!(well(&bench), pid);
    bench.stop();
}

#[test]
fn a_process_that_ends_says_how() {
    let bench = bench();
    let check = |event: Value, expected: &str| {
        let answer = bench.invoke(event.clone());
        assert_eq!(message(&answer), ("Runtime.ExitError".into(), format!("Error: {expected}")), "{event}");
        well(&bench);
    };
    check(json!({"do": "exit", "status": 1}), "Runtime exited with error: exit status 1");
    check(json!({"do": "exit", "status": 0}), "Runtime exited without providing a reason");
    check(json!({"do": "exit", "status": "a text"}), "Runtime exited with error: exit status 1");
    check(json!({"do": "_exit", "status": 42}), "Runtime exited with error: exit status 42");
    check(json!({"do": "signal", "signal": 9}), "Runtime exited with error: signal: killed");
    check(json!({"do": "signal", "signal": 11}), "Runtime exited with error: signal: segmentation fault");
    let report = bench.lines().into_iter().find(|line| line.contains("\tError Type: ")).unwrap();
    assert!(report.ends_with("\tStatus: error\tError Type: Runtime.ExitError"), "{report}");
    bench.stop();
}

#[test]
fn ten_megabytes_of_output_are_all_logged() {
    let bench = Bench::new();
    bench.put(&Function::python(ILL).timeout(20));
    let mut request = Bench::request("f", &json!({"do": "print", "lines": 100_000}));
    request.log_tail = true;
    let answer = bench.answer(request).unwrap();
    assert!(!answer.is_error);
    let lines = bench.lines();
    assert_eq!(lines.iter().filter(|line| **line == "x".repeat(99)).count(), 100_000);
    assert!(lines.last().unwrap().starts_with("REPORT "), "{:?}", lines.last());
    let tail = answer.reply.log_tail.unwrap();
    assert_eq!(tail.len(), 4096);
    assert!(tail.contains("\nEND RequestId: ") && tail.trim_end().contains("\nREPORT RequestId: "));
    well(&bench);
    bench.stop();
}

#[test]
fn more_memory_than_the_function_has_ends_it() {
    let bench = Bench::new();
    bench.put(&Function::python(ILL).timeout(10));
    let out =
        ("Runtime.OutOfMemory".to_owned(), "Error: Runtime exited with error: signal: killed".to_owned());
    let answer = bench.invoke(json!({"do": "allocate", "megabytes": 200, "then": 30}));
    assert_eq!(message(&answer), out);
    // Even if it is given back at once.
    let answer = bench.invoke(json!({"do": "allocate", "megabytes": 150}));
    assert_eq!(message(&answer), out);
    let answer = bench.invoke(json!({"do": "allocate in a child", "megabytes": 200}));
    assert_eq!(message(&answer), out);
    let answer = bench.invoke(json!({"do": "allocate", "megabytes": 90}));
    assert!(!answer.is_error, "{}", answer.value);
    let report = bench.lines().into_iter().rfind(|line| line.starts_with("REPORT ")).unwrap();
    let used = report.split("Max Memory Used: ").nth(1).unwrap().split(' ').next().unwrap();
    assert!((90..=128).contains(&used.parse::<u32>().unwrap()), "{report}");
    bench.stop();
}

#[test]
fn a_result_has_at_most_lambdas_six_megabytes() {
    let bench = Bench::new();
    bench.put(&Function::python(ILL).timeout(20));
    let pid = well(&bench);
    // The quotes count.
    let answer = bench.invoke(json!({"do": "return", "bytes": 6_291_554}));
    assert!(!answer.is_error);
    assert_eq!(answer.reply.payload.len(), 6_291_556);
    let answer = bench.invoke(json!({"do": "return", "bytes": 6_291_555}));
    assert_eq!(
        message(&answer),
        (
            "Function.ResponseSizeTooLarge".into(),
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).".into()
        )
    );
    assert_eq!(well(&bench), pid, "the process is none the worse for it");
    bench.stop();
}

#[test]
fn large_events_reach_the_function() {
    let bench = Bench::new();
    bench.put(&Function::python("def handler(event, context):\n    return len(event)\n"));
    let largest = json!("z".repeat(6_291_454));
    assert_eq!(bench.invoke(largest).value, 6_291_454);
    bench.put(&Function::node("index.js", "exports.handler = async (event) => event.length"));
    assert_eq!(bench.invoke(json!("z".repeat(6_291_454))).value, 6_291_454);
    let error = bench.answer(Bench::request("f", &json!("z".repeat(6_291_455)))).unwrap_err();
    assert!(matches!(error, InvokeError::TooLarge { size: 6_291_457, limit: 6_291_456, .. }), "{error}");
    bench.stop();
}

#[test]
fn a_start_that_takes_too_long_is_repeated_in_the_invocation() {
    let bench = Bench::with(|settings| settings.init_limit = Duration::from_millis(400));
    let slow = "import os, time\nmark = %s\nif not os.path.exists(mark):\n    open(mark, 'w')\n    time.sleep(30)\n\
                def handler(event, context):\n    return 'up'\n";
    let mark = bench.directory.path().join("mark");
    bench.put(&Function::python(&slow.replace("%s", &format!("{mark:?}"))));
    assert_eq!(bench.invoke(json!({})).value, "up");
    let lines = bench.lines();
    assert!(lines[0].starts_with("INIT_REPORT Init Duration: "), "{}", lines[0]);
    assert!(lines[0].ends_with(" ms\tPhase: init\tStatus: timeout"), "{}", lines[0]);

    bench.put(&Function::python("import time\ntime.sleep(30)\n").timeout(1));
    let answer = bench.invoke(json!({}));
    assert_eq!(
        message(&answer),
        ("Sandbox.Timedout".into(), "Error: Task timed out after 1.00 seconds".into())
    );
    bench.stop();
}

#[test]
fn a_role_that_cannot_be_assumed_runs_nothing() {
    let bench = Bench::new();
    let mut function = Function::python(ILL);
    function.configuration.role = Some("arn:aws:iam::000000000000:role/other".into());
    bench.put(&function);
    let error = bench.answer(Bench::request("f", &json!({}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The role defined for the function cannot be assumed by Lambda: \
         the role arn:aws:iam::000000000000:role/other does not exist."
    );
    bench.stop();
}
