//! Processes come with concurrency, stay warm, and go when they are idle, changed or gone.

use std::collections::HashSet;
use std::time::Duration;

use documents::lambda::FunctionDocument;
use ports::functions::InvokeError;
use serde_json::{Value, json};
use store::Key;

use crate::bench::{Bench, Function, is_alive};

const PID: &str = "import os, time\n\
                   def handler(event, context):\n    time.sleep(event.get('seconds', 0))\n    return os.getpid()\n";

fn pids(answers: Vec<Result<crate::bench::Answer, InvokeError>>) -> HashSet<String> {
    answers.into_iter().map(|answer| answer.unwrap().value.to_string()).collect()
}

#[test]
fn a_warm_process_is_used_again() {
    let bench = Bench::new();
    bench.put(&Function::python(PID));
    let first = bench.invoke(json!({})).value;
    for _ in 0..200 {
        assert_eq!(bench.invoke(json!({})).value, first);
    }
    let starts = bench.lines().iter().filter(|line| line.contains("Init Duration: ")).count();
    assert_eq!(starts, 1, "only the first invocation reports the start");
    bench.stop();
}

#[test]
fn processes_grow_with_concurrency_up_to_the_limit() {
    let bench = Bench::with(|settings| {
        settings.max_processes_per_function = 3;
        settings.max_starting = 3;
    });
    bench.put(&Function::python(PID));
    let answers = bench.invoke_all((0..9).map(|_| json!({"seconds": 0.3})));
    assert_eq!(pids(answers).len(), 3);
    bench.stop();
}

#[test]
fn idle_processes_end_when_their_time_has_come() {
    let bench = Bench::new();
    bench.put(&Function::python(PID));
    let pid = bench.invoke(json!({})).value;
    bench.clock.advance(Duration::from_secs(299));
    assert_eq!(bench.invoke(json!({})).value, pid);
    bench.clock.advance(Duration::from_secs(299));
    std::thread::sleep(Duration::from_millis(600));
    assert!(is_alive(&pid), "a second is left");
    bench.clock.advance(Duration::from_secs(1));
    bench.wait_until("the idle process ends", || !is_alive(&pid));
    assert_ne!(bench.invoke(json!({})).value, pid);
    bench.stop();
}

#[test]
fn new_code_runs_in_the_next_invocation() {
    let bench = Bench::new();
    let function = |version: u32| {
        Function::python(&format!(
            "import os\ndef handler(event, context):\n    return [{version}, os.getpid()]\n"
        ))
    };
    bench.put(&function(0));
    let mut before = bench.invoke(json!({})).value;
    for version in 1..5 {
        bench.put(&function(version));
        let answer = bench.invoke(json!({})).value;
        assert_eq!(answer[0], version);
        bench.wait_until("the old process ends", || !is_alive(&before[1]));
        before = answer;
    }
    // What does not concern the processes does not end them.
    let mut same = function(4);
    same.reserved = Some(5);
    bench.put(&same);
    assert_eq!(bench.invoke(json!({})).value, before);
    bench.stop();
}

#[test]
fn a_change_does_not_disturb_what_runs() {
    let bench = Bench::new();
    bench.put(&Function::python(PID));
    let old = bench.invoke(json!({})).value;
    let running = bench.spawn(Bench::request("f", &json!({"seconds": 0.5})));
    std::thread::sleep(Duration::from_millis(100));
    bench.put(&Function::python("def handler(event, context):\n    return 'new'\n"));
    assert_eq!(bench.invoke(json!({})).value, "new");
    let reply = bench.block_on(running).unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&reply.payload).unwrap(), old);
    bench.wait_until("the old process ends", || !is_alive(&old));
    bench.stop();
}

#[test]
fn a_deleted_function_is_gone_with_its_processes() {
    let bench = Bench::new();
    bench.put(&Function::python(PID));
    let pid = bench.invoke(json!({})).value;
    bench.write(|tx| tx.delete::<FunctionDocument>(&Bench::scope(), &Key::new(["f"])).map(drop));
    let error = bench.answer(Bench::request("f", &json!({}))).unwrap_err();
    assert_eq!(error.to_string(), "Function not found: arn:aws:lambda:us-west-2:000000000000:function:f");
    bench.wait_until("the process ends", || !is_alive(&pid));
    bench.stop();
}

#[test]
fn the_machines_limit_moves_places_from_idle_functions_to_busy_ones() {
    let bench = Bench::with(|settings| settings.max_processes = 1);
    bench.put(&Function::python(PID).named("one"));
    bench.put(&Function::python(PID).named("two"));
    let invoke = |name: &str| bench.answer(Bench::request(name, &json!({}))).unwrap().value;
    let one = invoke("one");
    let two = invoke("two");
    bench.wait_until("one's process has made room", || !is_alive(&one));
    assert!(is_alive(&two));
    assert_eq!(invoke("two"), two);
    // Both at once: neither starves.
    let both =
        ["one", "two", "one", "two"].map(|name| bench.spawn(Bench::request(name, &json!({"seconds": 0.05}))));
    for reply in both {
        assert!(bench.block_on(reply).unwrap().is_ok());
    }
    bench.stop();
}

#[test]
fn reserved_concurrency_throttles() {
    let bench = Bench::new();
    let mut function = Function::python(PID);
    function.reserved = Some(2);
    bench.put(&function);
    let answers = bench.invoke_all((0..3).map(|_| json!({"seconds": 0.5})));
    let throttled = answers.iter().filter(|answer| matches!(answer, Err(InvokeError::Throttled))).count();
    assert_eq!(throttled, 1);
    assert!(bench.answer(Bench::request("f", &json!({}))).is_ok(), "the places are free again");
    function.reserved = Some(0);
    bench.put(&function);
    assert_eq!(bench.answer(Bench::request("f", &json!({}))).unwrap_err(), InvokeError::Throttled);
    bench.stop();
}

#[test]
fn waiting_is_bounded_in_number_and_in_time() {
    let bench = Bench::with(|settings| {
        settings.max_processes_per_function = 1;
        settings.max_waiting = 2;
        settings.max_wait = Duration::from_millis(600);
    });
    bench.put(&Function::python(PID));
    bench.invoke(json!({}));
    let answers = bench.invoke_all((0..4).map(|_| json!({"seconds": 1.5})));
    let is_throttled: Vec<bool> =
        answers.iter().map(|answer| matches!(answer, Err(InvokeError::Throttled))).collect();
    // One runs, two wait for too long, one finds no place to wait.
    assert_eq!(is_throttled.iter().filter(|throttled| **throttled).count(), 3, "{is_throttled:?}");
    bench.stop();
}

#[test]
fn an_abandoned_invocation_that_waits_is_not_run() {
    let bench = Bench::with(|settings| settings.max_processes_per_function = 1);
    bench.put(&Function::python(
        "import time\ndef handler(event, context):\n    print('ran', event['n'])\n    time.sleep(0.4)\n",
    ));
    let running = bench.spawn(Bench::request("f", &json!({"n": 1})));
    bench.wait_until("the first runs", || bench.lines().iter().any(|line| line.starts_with("START")));
    let waiting = bench.spawn(Bench::request("f", &json!({"n": 2})));
    std::thread::sleep(Duration::from_millis(50));
    waiting.abort();
    assert!(bench.block_on(running).unwrap().is_ok());
    assert!(!bench.invoke(json!({"n": 3})).is_error);
    let ran: Vec<String> = bench.lines().into_iter().filter(|line| line.starts_with("ran ")).collect();
    assert_eq!(ran, ["ran 1", "ran 3"]);
    bench.stop();
}

#[test]
fn stopping_lets_work_end_and_then_ends_the_rest() {
    let bench = Bench::new();
    bench.put(&Function::python(PID).timeout(30));
    let pid = bench.invoke(json!({})).value;
    let short = bench.spawn(Bench::request("f", &json!({"seconds": 0.3})));
    let long = bench.spawn(Bench::request("f", &json!({"seconds": 20})));
    std::thread::sleep(Duration::from_millis(200));
    bench.block_on(bench.functions.shutdown(Duration::from_millis(800)));
    assert!(bench.block_on(short).unwrap().is_ok());
    let error = bench.block_on(long).unwrap().unwrap_err();
    assert_eq!(error, InvokeError::Unavailable { why: "the gateway is stopping".into() });
    assert!(!is_alive(&pid));
    let error = bench.answer(Bench::request("f", &json!({}))).unwrap_err();
    assert_eq!(error, InvokeError::Unavailable { why: "the gateway is stopping".into() });
    let scratch = std::fs::read_dir(bench.directory.path().join("functions/scratch")).unwrap();
    assert_eq!(scratch.count(), 0, "nothing is left on disk");
}
