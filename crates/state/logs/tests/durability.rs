//! What was answered is on the disk: processes that are killed, and disks that refuse.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base::{Clock, Scope, Timestamp};
use gatewright_logs::{EventsQuery, Location, LogFault, LogOptions, LogStore};

const DIRECTORY: &str = "GATEWRIGHT_TEST_DIRECTORY";
const ACKNOWLEDGED: &str = "acknowledged ";

fn open(directory: &Path) -> LogStore {
    let location = Location::Directory(directory.to_owned());
    LogStore::open(LogOptions { location, clock: Clock::system() }).unwrap()
}

fn scope() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

/// Not a test by itself: the process that the others start. Puts events without end, and
/// prints the text of each that was answered.
#[tokio::test]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let logs = open(Path::new(&directory));
    logs.create_stream(&scope(), "g", "s").await.unwrap();
    for number in 0.. {
        let text = format!("event {number} {}", "x".repeat(5_000));
        let put = logs
            .append_durable(&scope(), "g", "s", vec![(Timestamp::from_millis(number), text.clone())])
            .await;
        match put {
            Ok(()) => {
                std::io::stdout().lock().write_all(format!("\n{ACKNOWLEDGED}{text}\n").as_bytes()).unwrap()
            }
            Err(fault) => {
                assert!(matches!(fault, LogFault::Disk { .. }), "{fault:?}");
                // The gateway's own events are lost, and counted.
                logs.append(&scope(), "g", "s", vec![(Timestamp::from_millis(0), text)]);
                assert!(matches!(logs.flush().await, Err(LogFault::Disk { .. })));
                assert_eq!(logs.dropped(), 1);
                return;
            }
        }
    }
}

fn start(mut command: Command, directory: &Path) -> Child {
    command.env(DIRECTORY, directory).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

async fn stored(directory: &Path) -> Vec<String> {
    let logs = open(directory);
    let mut texts = Vec::new();
    let mut token = None;
    loop {
        let query = EventsQuery {
            scope: scope(),
            group: "g".into(),
            stream: "s".into(),
            start: None,
            end: None,
            limit: None,
            from_head: true,
            token,
        };
        let page = logs.get_events(query).await.unwrap();
        if page.events.is_empty() {
            return texts;
        }
        texts.extend(page.events.into_iter().map(|event| event.message));
        token = Some(page.forward);
    }
}

#[tokio::test]
async fn what_was_answered_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]);
    let mut child = start(command, directory.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged: Vec<String> = Vec::new();
    while acknowledged.len() < 100 {
        let line = lines.next().unwrap();
        acknowledged.extend(line.strip_prefix(ACKNOWLEDGED).map(str::to_owned));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.extend(lines.filter_map(|line| line.strip_prefix(ACKNOWLEDGED).map(str::to_owned)));
    // The last line may have been cut off by the end.
    acknowledged.retain(|text| text.ends_with(&"x".repeat(5_000)));
    // What was written, was written beside the database.
    let segment = std::fs::metadata(directory.path().join("logs.segments/1")).unwrap();
    assert!(segment.len() >= 500_000, "{}", segment.len());
    let stored = stored(directory.path()).await;
    assert_eq!(stored[..acknowledged.len()], acknowledged);
}

#[tokio::test]
async fn a_disk_that_refuses_is_reported_and_loses_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    // Files may grow to 1 MiB (2,048 blocks); a write beyond fails because the signal that
    // would end the process is ignored.
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact child --nocapture";
    command.args(["-c", script]).arg(std::env::current_exe().unwrap());
    let mut child = start(command, directory.path());
    let acknowledged: Vec<String> = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix(ACKNOWLEDGED).map(str::to_owned))
        .collect();
    assert!(child.wait().unwrap().success());
    assert!(!acknowledged.is_empty());
    let mut stored = stored(directory.path()).await;
    // There may have been room for so little.
    if stored.last().is_some_and(|last| last == "1 log events were dropped") {
        stored.pop();
    }
    assert_eq!(stored.len(), acknowledged.len());
    assert_eq!(stored, acknowledged);
}
