//! What the tests stand on: a store in memory, a log that is kept, credentials of nobody, and
//! packages made on the spot.

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use api::lambda::{EnvironmentResponse, FunctionConfiguration};
use base::{Clock, Random, Scope, Secret, Timestamp};
use bytes::Bytes;
use documents::lambda::{FunctionDocument, ResourcePolicy};
use gatewright_functions::{LocalFunctions, Settings, Surroundings};
use ports::Pending;
use ports::credentials::{CredentialError, CredentialIssuer, SessionCredentials};
use ports::functions::{
    FunctionRef, Functions, InvocationType, InvokeError, InvokeReply, InvokeRequest, Invoker,
};
use ports::log_sink::{LogLines, LogSink};
use serde_json::Value;
use store::{Key, Location, Sequence, Store, StoreFault, StoreOptions};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/f";

/// A zip archive; files that start with `#!` can be run.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The directories of the real interpreters, without the scripts of version switchers that
/// take a quarter of a second each.
fn interpreters() -> OsString {
    static FOUND: OnceLock<OsString> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let ask = |program: &str, question: &[&str]| {
                let output = Command::new(program).args(question).output();
                let output = output.unwrap_or_else(|error| panic!("these tests need {program}: {error}"));
                assert!(output.status.success(), "these tests need a {program} that works");
                PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).parent().unwrap().to_owned()
            };
            let python = ask("python3", &["-c", "import sys; print(sys.executable)"]);
            let node = ask("node", &["-p", "process.execPath"]);
            std::env::join_paths([python, node]).unwrap()
        })
        .clone()
}

/// Every line that was logged: group, stream, text.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<(String, String, String)>>);

impl LogSink for Log {
    fn append(&self, _: &Scope, group: &str, stream: &str, lines: LogLines) {
        let lines = lines.iter().map(|line| (group.to_owned(), stream.to_owned(), line.message.to_owned()));
        self.0.lock().unwrap().extend(lines);
    }
}

/// Credentials for the role of these tests, and for no other.
struct Issuer;

impl CredentialIssuer for Issuer {
    fn issue(
        &self,
        _: &Scope,
        role_arn: &str,
        service: &str,
        session_name: &str,
        duration: Duration,
    ) -> Pending<Result<SessionCredentials, CredentialError>> {
        assert_eq!(service, "lambda.amazonaws.com");
        let answer = if role_arn == ROLE {
            Ok(SessionCredentials {
                access_key_id: "ASIAEXAMPLE".into(),
                secret_access_key: Secret::new("the secret"),
                session_token: Secret::new(format!("the token of {session_name}")),
                expiration: Timestamp::from_millis(i64::MAX / 2).plus(duration),
            })
        } else {
            Err(CredentialError::UnknownRole { role: role_arn.to_owned() })
        };
        Box::pin(async { answer })
    }
}

pub(crate) struct Bench {
    pub(crate) functions: Arc<LocalFunctions>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) log: Arc<Log>,
    pub(crate) directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

/// A function as it is to be stored.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) configuration: FunctionConfiguration,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) policy: Option<Value>,
    pub(crate) reserved: Option<i32>,
}

impl Function {
    pub(crate) fn of(runtime: &str, handler: &str, files: &[(&str, &str)]) -> Self {
        let configuration = FunctionConfiguration {
            function_name: Some("f".into()),
            runtime: Some(runtime.parse().unwrap()),
            handler: Some(handler.into()),
            role: Some(ROLE.into()),
            timeout: Some(3),
            memory_size: Some(128),
            version: Some("$LATEST".into()),
            ..FunctionConfiguration::default()
        };
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self { name: "f".into(), configuration, files, policy: None, reserved: None }
    }

    pub(crate) fn python(code: &str) -> Self {
        Self::of("python3.11", "index.handler", &[("index.py", code)])
    }

    pub(crate) fn node(file: &str, code: &str) -> Self {
        Self::of("nodejs20.x", "index.handler", &[(file, code)])
    }

    pub(crate) fn provided(script: &str) -> Self {
        Self::of("provided.al2023", "whatever", &[("bootstrap", script)])
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    pub(crate) fn timeout(mut self, seconds: i32) -> Self {
        self.configuration.timeout = Some(seconds);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        let environment = self.configuration.environment.get_or_insert(EnvironmentResponse::default());
        environment.variables.get_or_insert_default().insert(name.into(), value.into());
        self
    }
}

/// An invocation's answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) value: Value,
    pub(crate) is_error: bool,
    pub(crate) reply: InvokeReply,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::in_directory(tempfile::tempdir().unwrap(), change)
    }

    pub(crate) fn in_directory(directory: tempfile::TempDir, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Clock::standing_at(Timestamp::from_millis(1_795_421_083_120));
        let store = Store::open(StoreOptions { location: Location::Memory, clock: clock.clone() }).unwrap();
        let log = Arc::new(Log::default());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut settings =
            Settings::new(directory.path().join("functions"), "http://127.0.0.1:4566", interpreters());
        settings.launcher = vec![env!("CARGO_BIN_EXE_function-launcher").into()];
        change(&mut settings);
        let around = Surroundings {
            store: store.clone(),
            log: log.clone(),
            credentials: Arc::new(Issuer),
            clock: clock.clone(),
            random: Random::system(),
            runtime: runtime.handle().clone(),
        };
        let functions = LocalFunctions::start(settings, around).unwrap();
        Self { functions, store, clock, log, directory, runtime }
    }

    pub(crate) fn scope() -> Scope {
        Scope::new("000000000000", "us-west-2")
    }

    /// Stores a function as `CreateFunction` and `UpdateFunctionCode` do, and answers when the
    /// change has taken effect.
    pub(crate) fn put(&self, function: &Function) {
        let function = function.clone();
        let files: Vec<(&str, &str)> =
            function.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let package = zip(&files);
        self.write(move |tx| {
            let document = FunctionDocument {
                configuration: function.configuration.clone(),
                code: tx.put_blob(&package)?,
                policy: function
                    .policy
                    .clone()
                    .map(|document| ResourcePolicy { document, revision_id: "1".into() }),
                tags: Default::default(),
                reserved_concurrency: function.reserved,
                last_version: 0,
            };
            tx.put(&Self::scope(), &Key::new([function.name.as_str()]), &document)
        });
    }

    /// Writes to the store and waits until everybody has noticed.
    pub(crate) fn write(
        &self,
        work: impl Fn(&mut store::Transaction<'_>) -> Result<(), StoreFault> + Send + 'static,
    ) {
        let ((), sequence): ((), Sequence) = self.store.blocking_write(work).unwrap();
        assert!(self.block_on(self.store.settled(sequence, Duration::from_secs(5))));
    }

    pub(crate) fn request(name: &str, event: &Value) -> InvokeRequest {
        InvokeRequest {
            function: FunctionRef { scope: Self::scope(), name: name.into(), qualifier: None },
            payload: Bytes::from(event.to_string()),
            invoker: Invoker::Authorized,
            invocation_type: InvocationType::RequestResponse,
            trace_id: None,
            client_context: None,
            log_tail: false,
        }
    }

    pub(crate) fn invoke(&self, event: Value) -> Answer {
        self.answer(Self::request("f", &event)).unwrap()
    }

    pub(crate) fn answer(&self, request: InvokeRequest) -> Result<Answer, InvokeError> {
        self.block_on(self.functions.invoke(request)).map(read)
    }

    /// Invokes many at once and answers in order.
    pub(crate) fn invoke_all(
        &self,
        events: impl IntoIterator<Item = Value>,
    ) -> Vec<Result<Answer, InvokeError>> {
        let running: Vec<_> = events
            .into_iter()
            .map(|event| self.runtime.spawn(self.functions.invoke(Self::request("f", &event))))
            .collect();
        running.into_iter().map(|one| self.block_on(one).unwrap().map(read)).collect()
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn spawn(
        &self,
        request: InvokeRequest,
    ) -> tokio::task::JoinHandle<Result<InvokeReply, InvokeError>> {
        self.runtime.spawn(self.functions.invoke(request))
    }

    /// The log's lines, those of the start left out.
    pub(crate) fn lines(&self) -> Vec<String> {
        let log = self.log.0.lock().unwrap();
        let lines = log.iter().map(|(_, _, line)| line.clone());
        lines.filter(|line| !line.starts_with("INIT_START ")).collect()
    }

    pub(crate) fn places(&self) -> Vec<(String, String)> {
        self.log.0.lock().unwrap().iter().map(|(group, stream, _)| (group.clone(), stream.clone())).collect()
    }

    pub(crate) fn wait_until(&self, what: &str, is_so: impl FnMut() -> bool) {
        wait_until(what, is_so);
    }

    pub(crate) fn stop(self) {
        self.block_on(self.functions.shutdown(Duration::from_secs(5)));
    }
}

fn read(reply: InvokeReply) -> Answer {
    let is_error = reply.function_error.is_some();
    assert!(matches!(reply.function_error, None | Some("Unhandled")));
    Answer { value: serde_json::from_slice(&reply.payload).unwrap_or(Value::Null), is_error, reply }
}

/// Waits until something is so; fails if it does not come to that.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs. One that has ended and was not waited for yet does not.
pub(crate) fn is_alive(pid: &Value) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    status.is_ok_and(|status| !status.contains("\nState:\tZ"))
}
