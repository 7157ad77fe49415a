//! The binary as an operator meets it: what it prints, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

fn gatewright(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GATEWRIGHT_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    gatewright(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Ends with status 1 and one sentence on standard error.
fn sentence(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(said.lines().count(), 1, "{said}");
    said.strip_prefix("gatewright: ").unwrap().trim_end().to_owned()
}

/// A running gateway and what it has printed up to its last line.
struct Gateway {
    process: Child,
    output: BufReader<ChildStdout>,
    banner: String,
}

impl Gateway {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.lines().any(|line| line.starts_with("  Data ")) {
            assert_ne!(output.read_line(&mut banner).unwrap(), 0, "it ended: {banner}");
        }
        Self { process, output, banner }
    }

    fn address(&self) -> &str {
        self.banner.split_once("http://").unwrap().1.split_whitespace().next().unwrap()
    }

    /// Sends `signal`, and waits for the end; what was printed since the start.
    fn end(mut self, signal: &str) -> String {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success());
        rest
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(directory: &Path) -> Command {
    gatewright(&["serve", "--listen", "127.0.0.1:0", "--data-dir", directory.to_str().unwrap()])
}

#[test]
fn help_names_every_command_and_every_setting() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    for word in ["serve", "operations", "version", "Amazon API Gateway"] {
        assert!(text(&output.stdout).contains(word), "{word}");
    }
    let output = run(&["serve", "--help"]);
    for word in [
        "--listen <ADDRESS:PORT>",
        "--data-dir <DIR>",
        "--ephemeral",
        "--config <FILE>",
        "GATEWRIGHT_LISTEN",
        "GATEWRIGHT_DATA_DIR",
        "GATEWRIGHT_EPHEMERAL",
        "GATEWRIGHT_CONFIG",
        "127.0.0.1:4566",
        "AWS_ENDPOINT_URL",
    ] {
        assert!(text(&output.stdout).contains(word), "{word}");
    }
    assert!(!text(&output.stdout).contains("SECRET"));
}

#[test]
fn the_version_is_the_packages() {
    let expected = format!("gatewright {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&run(&["version"]).stdout), expected);
    assert_eq!(text(&run(&["--version"]).stdout), expected);
}

#[test]
fn operations_are_listed_as_a_table_and_as_json() {
    let table = run(&["operations"]);
    assert!(text(&table.stdout).contains("CreateRestApi"));
    let json: serde_json::Value = serde_json::from_slice(&run(&["operations", "--json"]).stdout).unwrap();
    let apigateway = &json["services"][0];
    assert_eq!((&apigateway["service"], &apigateway["total"]), (&"apigateway".into(), &124.into()));
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["serve", "--nonsense"][..],
        &["serve", "--listen", "127.0.0.1"],
        &["serve", "--listen", "127.0.0.1:65536"],
        &["nonsense"],
        &[],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!text(&output.stderr).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_is_named_with_its_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gatewright.toml");
    let path = file.to_str().unwrap();
    let refused = || sentence(&["serve", "--ephemeral", "--config", path]);
    let missing = refused();
    assert!(missing.starts_with(&format!("the configuration file {path} cannot be read: ")), "{missing}");
    for (content, said) in [
        (
            "auth = \"development\"\nunheard_of = 1\n",
            "is wrong in line 2: unknown key `unheard_of`, expected one of",
        ),
        ("[functions]\n\nworkers = 1\n", "is wrong in line 3: unknown key `workers`, expected one of"),
        ("auth = \"sometimes\"\n", "is wrong in line 1: unknown variant `sometimes`"),
        ("listen = \n", "is wrong in line 1: "),
        ("workers = 0\n", "is wrong: workers must be from 1 to 1024"),
        (
            "listen = \"here\"\n",
            "is wrong: listen is \"here\", expected ADDRESS:PORT, for example 127.0.0.1:4566",
        ),
        ("[root]\naccess_key_id = \"AKIA\"\nsecret_access_key = \"s\"\n", "they need auth = \"strict\""),
    ] {
        std::fs::write(&file, content).unwrap();
        let why = refused();
        assert!(why.starts_with(&format!("the configuration file {path} is wrong")), "{why}");
        assert!(why.contains(said), "{content}: {why}");
    }
}

#[test]
fn wrong_directives_for_the_log_are_refused() {
    let why = sentence(&["serve", "--ephemeral", "--listen", "127.0.0.1:0", "--log", "gateway=loud"]);
    assert!(why.starts_with("\"gateway=loud\" cannot be what to log: "), "{why}");
}

#[test]
fn a_taken_port_is_one_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let why = sentence(&["serve", "--ephemeral", "--listen", &address]);
    assert_eq!(why, format!("cannot listen on {address}: another program listens there already"));
}

#[test]
fn a_data_directory_serves_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(&mut serve(directory.path()));
    let path = directory.path().to_str().unwrap();
    let why = sentence(&["serve", "--listen", "127.0.0.1:0", "--data-dir", path]);
    let expected =
        format!("the data directory {path} is in use by another process (process {})", gateway.process.id());
    assert_eq!(why, expected);
}

#[test]
fn a_directory_that_cannot_be_made_is_one_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let why = sentence(&["serve", "--listen", "127.0.0.1:0", "--data-dir", file.to_str().unwrap()]);
    assert!(why.contains(file.to_str().unwrap()), "{why}");
}

#[test]
fn a_start_tells_the_real_port_and_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("new");
    let gateway = Gateway::start(&mut serve(&data));
    assert!(gateway.banner.contains(data.to_str().unwrap()), "{}", gateway.banner);
    let address = gateway.address();
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{}", gateway.banner);
    assert!(gateway.banner.contains(&format!("AWS_ENDPOINT_URL=http://{address}")), "{}", gateway.banner);
    TcpStream::connect(address).unwrap();
    // Its files are nobody else's to read.
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn the_environment_says_what_arguments_say() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = gatewright(&["serve"]);
    command.env("GATEWRIGHT_LISTEN", "127.0.0.1:0").env("GATEWRIGHT_DATA_DIR", directory.path());
    let gateway = Gateway::start(&mut command);
    assert!(gateway.banner.contains(directory.path().to_str().unwrap()), "{}", gateway.banner);
    let mut command = gatewright(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("GATEWRIGHT_EPHEMERAL", "true").env("GATEWRIGHT_LISTEN", "nonsense");
    let gateway = Gateway::start(&mut command);
    assert!(gateway.banner.contains("in memory"), "{}", gateway.banner);
}

#[test]
fn both_signals_end_it_in_order_and_the_directory_is_free_again() {
    let directory = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        let rest = Gateway::start(&mut serve(directory.path())).end(signal);
        assert!(rest.contains("Stopping: requests and functions that are under way may finish.\n"), "{rest}");
    }
}

#[test]
fn running_out_of_descriptors_is_survived() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" serve --ephemeral --listen 127.0.0.1:0"]);
    command.arg(env!("CARGO_BIN_EXE_gatewright")).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut gateway = Gateway::start(&mut command);
    let mut said = BufReader::new(gateway.process.stderr.take().unwrap());
    let address = gateway.address().to_owned();
    // More than there can be descriptors: the kernel holds the rest back.
    let connections: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut line = String::new();
    while !line.contains("no connections can be accepted for now") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
    }
    drop(connections);
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}
