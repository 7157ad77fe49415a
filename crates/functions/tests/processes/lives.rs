//! No process outlives its gateway.

use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::bench::{Bench, Function, is_alive, wait_until};

fn launcher(gateway: u32, program: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_function-launcher"));
    command
        .arg("--become-a-function")
        .arg(gateway.to_string())
        .args(["64", "1000000", "0", "shared", "free"])
        .args(program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_process_dies_with_the_thread_that_started_it() {
    // The kernel's word for "parent" is a thread; the death of a whole gateway is that of all
    // its threads.
    let start = || {
        let child = launcher(std::process::id(), &["sleep", "60"]).spawn().unwrap();
        let name = format!("/proc/{}/comm", child.id());
        while std::fs::read_to_string(&name).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        child
    };
    let mut child: Child = std::thread::spawn(start).join().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
}

#[test]
fn a_launcher_whose_gateway_is_gone_starts_nothing() {
    let output = launcher(1, &["echo", "started"]).output().unwrap();
    assert_eq!(output.status.code(), Some(126));
    assert_eq!(output.stdout, b"");
    assert_eq!(output.stderr, b"the function's process could not be started: the gateway is gone\n");
}

#[test]
fn a_launcher_puts_on_the_limits() {
    let show = "ulimit -n; ulimit -c; ulimit -f; ps -o sid= -p $$ | tr -d ' '; echo $$";
    let output = launcher(std::process::id(), &["sh", "-c", show]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // Files are counted in blocks of 512 bytes by dash and of 1024 by bash.
    assert_eq!(lines[..2], ["64", "0"]);
    assert!(["1953", "976"].contains(&lines[2]), "{}", lines[2]);
    assert_eq!(lines[3], lines[4], "the leader of its session");
}

/// Whether this kernel confines: without Landlock there is nothing to test.
fn kernel_confines() -> bool {
    let lists = std::fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    lists.is_empty() || lists.contains("landlock")
}

#[test]
fn a_function_reaches_only_what_is_its_own() {
    if !kernel_confines() {
        return;
    }
    // Not below /tmp, where every function may write.
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let secret = data.path().join("database");
    std::fs::write(&secret, "secret").unwrap();
    let beside = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let hidden = data.path().to_owned();
    let bench = Bench::in_directory(data, |settings| settings.hidden = vec![hidden]);
    bench.put(&Function::python(
        "import os, signal, subprocess, tempfile\n\
         def attempt(what):\n    try:\n        what()\n        return 'done'\n    except OSError as e:\n        return type(e).__name__\n\
         def handler(event, context):\n    gateway = os.getppid()\n    return {\n\
         \x20       'own code': attempt(lambda: open('index.py').read()),\n\
         \x20       'change code': attempt(lambda: open('index.py', 'a').write('x')),\n\
         \x20       'scratch': attempt(lambda: open(os.environ['TMPDIR'] + '/x', 'w').write('x')),\n\
         \x20       'tmp': attempt(lambda: tempfile.NamedTemporaryFile(dir='/tmp').write(b'x')),\n\
         \x20       'null': attempt(lambda: open('/dev/null', 'w').write('x')),\n\
         \x20       'read data': attempt(lambda: open(event['secret']).read()),\n\
         \x20       'other code': attempt(lambda: os.listdir(os.path.dirname(os.getcwd()))),\n\
         \x20       'read beside': attempt(lambda: open(event['beside']).read()),\n\
         \x20       'write beside': attempt(lambda: open(event['beside'], 'w').write('x')),\n\
         \x20       'child': attempt(lambda: subprocess.run(['true'], check=True)),\n\
         \x20       'environment of the gateway': attempt(lambda: open('/proc/%d/environ' % gateway).read()),\n\
         \x20       'signal to the gateway': attempt(lambda: os.kill(gateway, 0)),\n    }\n",
    ));
    let answer = bench.invoke(json!({"secret": secret, "beside": beside.path()}));
    assert_eq!(
        answer.value,
        json!({
            "own code": "done",
            "change code": "PermissionError",
            "scratch": "done",
            "tmp": "done",
            "null": "done",
            "read data": "PermissionError",
            "other code": "PermissionError",
            "read beside": "done",
            "write beside": "PermissionError",
            "child": "done",
            "environment of the gateway": "PermissionError",
            "signal to the gateway": "PermissionError",
        })
    );
    bench.stop();
}

#[test]
fn what_an_earlier_gateway_left_behind_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let scratch = std::fs::canonicalize(directory.path()).unwrap().join("functions/scratch/k3x9");
    std::fs::create_dir_all(&scratch).unwrap();
    let sleep =
        |scratch: &std::path::Path| Command::new("sleep").arg("60").env("TMPDIR", scratch).spawn().unwrap();
    let mut left = sleep(&scratch);
    let mut other = sleep(directory.path());
    let bench = Bench::in_directory(directory, |_| {});
    let status = left.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert!(other.try_wait().unwrap().is_none(), "not one of ours");
    assert!(!scratch.exists());
    other.kill().unwrap();
    other.wait().unwrap();
    bench.put(&Function::python("import os\ndef handler(event, context):\n    return os.getpid()\n"));
    let pid = bench.invoke(json!({})).value;
    drop(bench);
    wait_until("a gateway that is dropped ends its processes", || !is_alive(&pid));
}
