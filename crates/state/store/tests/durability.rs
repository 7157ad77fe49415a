//! What was answered is on the disk: processes that are killed, and disks that refuse.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base::{Clock, Scope};
use gatewright_store::{Document, Key, Location, OpenError, Store, StoreFault, StoreOptions};
use serde::{Deserialize, Serialize};

const DIRECTORY: &str = "GATEWRIGHT_TEST_DIRECTORY";
const ACKNOWLEDGED: &str = "acknowledged ";
const REFUSED: &str = "refused ";

#[derive(Serialize, Deserialize)]
struct Payload(String);

impl Document for Payload {
    const COLLECTION: &'static str = "test/payloads";
}

fn open(directory: &Path) -> Result<Store, OpenError> {
    let location = Location::Directory(directory.to_owned());
    Store::open(StoreOptions { location, clock: Clock::system() })
}

fn scope() -> Scope {
    Scope::new("000000000000", "us-east-1")
}

/// Not a test by itself: the process that the others start. Writes without end, from
/// several threads, and prints the key of each write that was answered.
#[test]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let store = open(Path::new(&directory)).unwrap();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let store = store.clone();
            threads.spawn(move || {
                for number in 0.. {
                    let key = format!("{thread}-{number}");
                    let written = key.clone();
                    let answer = store.blocking_write(move |transaction| {
                        let body = Payload(written.repeat(1_000));
                        transaction.put(&scope(), &Key::new([written.as_str()]), &body)
                    });
                    let refused = answer.is_err();
                    let word = if refused { REFUSED } else { ACKNOWLEDGED };
                    // One `write` each, so that lines of several threads do not mix.
                    std::io::stdout().lock().write_all(format!("\n{word}{key}\n").as_bytes()).unwrap();
                    if let Err(fault) = answer {
                        assert!(matches!(fault, StoreFault::Disk { .. }), "{fault:?}");
                        // What is stored is still served.
                        store.blocking_read(|t| t.list::<Payload>(&scope(), &Key::root())).unwrap();
                        return;
                    }
                }
            });
        }
    });
}

fn start(mut command: Command, directory: &Path) -> Child {
    command.env(DIRECTORY, directory).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn words<'l>(lines: &'l [String], word: &str) -> BTreeSet<&'l str> {
    lines.iter().filter_map(|line| line.strip_prefix(word)).collect()
}

fn stored(store: &Store) -> BTreeSet<String> {
    let all = store.blocking_read(|t| t.list::<Payload>(&scope(), &Key::root()));
    all.map_err(|fault: StoreFault| fault)
        .unwrap()
        .into_iter()
        .map(|(key, payload)| {
            let key = key.last().unwrap().to_owned();
            assert_eq!(payload.0, key.repeat(1_000));
            key
        })
        .collect()
}

#[test]
fn what_was_answered_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut before = BTreeSet::new();
    // Twice: the second process starts from what the first one left.
    for _ in 0..2 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]);
        let mut child = start(command, directory.path());
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut lines: Vec<String> = Vec::new();
        while words(&lines, ACKNOWLEDGED).len() < 200 {
            lines.push(output.next().expect("the process runs until it is killed"));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.extend(output);

        let store = open(directory.path()).unwrap();
        let stored = stored(&store);
        let lost: Vec<_> =
            words(&lines, ACKNOWLEDGED).into_iter().filter(|key| !stored.contains(*key)).collect();
        assert_eq!(lost, Vec::<&str>::new());
        assert!(before.is_subset(&stored));
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
        before = stored;
    }
}

#[test]
fn a_disk_that_refuses_is_reported_and_loses_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    // Files may grow to 1 MiB (2,048 blocks); a write beyond fails because the signal that
    // would end the process is ignored.
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" --exact child --nocapture";
    command.args(["-c", script]).arg(std::env::current_exe().unwrap());
    let mut child = start(command, directory.path());
    let lines: Vec<String> =
        BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());

    let (acknowledged, refused) = (words(&lines, ACKNOWLEDGED), words(&lines, REFUSED));
    assert!(!acknowledged.is_empty());
    assert_eq!(refused.len(), 4);
    let store = open(directory.path()).unwrap();
    let stored = stored(&store);
    assert_eq!(stored.iter().map(String::as_str).collect::<BTreeSet<_>>(), acknowledged);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn the_lock_is_held_against_other_processes_and_given_back_when_they_die() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]);
    let mut child = start(command, directory.path());
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(output.any(|line| line.starts_with(ACKNOWLEDGED)));
    let error = open(directory.path()).map(drop).unwrap_err();
    let expected = format!(
        "the data directory {} is in use by another process (process {})",
        directory.path().display(),
        child.id()
    );
    assert_eq!(error.to_string(), expected);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(open(directory.path()).is_ok());
}
