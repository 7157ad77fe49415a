//! What processes are made with, and the making of one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use base::{Clock, Random};
use ports::credentials::CredentialIssuer;
use ports::log_sink::LogSink;
use tokio::sync::watch;

use super::EnvironmentSpec;
use super::live::Live;
use super::log::FunctionLog;
use crate::bootstrap::RuntimeClients;
use crate::control_group::ControlGroups;
use crate::launcher::{self, Confinement, OwnPlaces, ProcessLimits};
use crate::limits::{CREDENTIALS_LIFE, OPEN_FILES, TASKS};
use crate::package::CodeDirectory;
use crate::payload::Failure;
use crate::process::variables::{Surroundings, variables};
use crate::process::{Process, Starter};
use crate::runtime::{Interpreters, Runtime};
use crate::runtime_api::RuntimeApi;
use crate::settings::Settings;

/// This machine, as far as functions are concerned.
pub(crate) struct Machine {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) codes: CodeDirectory,
    pub(crate) interpreters: Interpreters,
    pub(crate) clients: RuntimeClients,
    pub(crate) starter: Starter,
    /// Where each process's scratch directory is made.
    pub(crate) scratch: PathBuf,
    /// How a process gets a `/tmp` of its own, if it can have one.
    pub(crate) own_places: Option<OwnPlaces>,
    /// Where each process gets its control group.
    pub(crate) groups: ControlGroups,
    /// What no process may see.
    pub(crate) hidden: Vec<PathBuf>,
    pub(crate) credentials: Arc<dyn CredentialIssuer>,
    pub(crate) log: Arc<dyn LogSink>,
    /// Becomes true when every process has to go.
    pub(crate) stop: watch::Sender<bool>,
}

/// Why there is no process.
#[derive(Debug)]
pub(super) enum StartFault {
    /// This machine or its configuration is to blame, in words for the operator.
    Machine(String),
    /// The function is.
    Function(Failure),
}

impl Machine {
    /// A log stream for a new environment.
    pub(super) fn log_of(&self, spec: &EnvironmentSpec) -> FunctionLog {
        let (sink, clock) = (Arc::clone(&self.log), self.clock.clone());
        let (scope, group) = (spec.scope.clone(), spec.log_group.clone());
        FunctionLog::new(sink, clock, &self.random, scope, group, &spec.version)
    }

    /// Starts a process, which then has to ask for its first invocation. The log comes back
    /// if that fails.
    pub(super) async fn start(
        &self,
        spec: &EnvironmentSpec,
        mut log: FunctionLog,
    ) -> Result<Live, (StartFault, FunctionLog)> {
        match self.make(spec, &mut log).await {
            Ok(parts) => {
                let stop = self.stop.subscribe();
                Ok(Live::new(parts.process, parts.api, log, stop, parts.credentials_end, parts.code))
            }
            Err(fault) => Err((fault, log)),
        }
    }

    async fn make(&self, spec: &EnvironmentSpec, log: &mut FunctionLog) -> Result<Parts, StartFault> {
        let machine = |why: String| StartFault::Machine(why);
        let code = self.codes.unpacked(&spec.code).await.map_err(|fault| machine(fault.to_string()))?;
        let interpreter =
            self.interpreters.find(&spec.runtime).await.map_err(|fault| machine(fault.to_string()))?;
        let credentials = self
            .credentials
            .issue(&spec.scope, &spec.role, "lambda.amazonaws.com", &spec.name, CREDENTIALS_LIFE)
            .await
            .map_err(|fault| {
                // Lambda's words for a role that it cannot assume, and then ours.
                machine(format!("The role defined for the function cannot be assumed by Lambda: {fault}."))
            })?;
        let program = match &interpreter {
            Some(interpreter) => interpreter.program.clone(),
            None => bootstrap(code.path())?,
        };
        let version = match (&interpreter, &spec.runtime) {
            (Some(interpreter), Runtime::Python(_)) => format!("python:{}", interpreter.version),
            (Some(interpreter), _) => format!("nodejs:{}", interpreter.version),
            (None, _) => "provided".to_owned(),
        };
        log.write(format!("INIT_START Runtime Version: {version}"));

        let io =
            |what: &'static str| move |error: std::io::Error| StartFault::Machine(format!("{what}: {error}"));
        let api = RuntimeApi::bind(&self.random).await.map_err(io("no address for the runtime API"))?;
        let name = self.random.text(16, b"abcdefghijklmnopqrstuvwxyz0123456789");
        let group = self
            .groups
            .make(&name, spec.memory_bytes(), TASKS)
            .map_err(io("no control group can be made"))?;
        let scratch = self.scratch.join(name);
        private_directory(&scratch).map_err(io("no scratch directory"))?;
        let around = Surroundings {
            runtime_api: api.address(),
            task_root: code.path(),
            runtime_directory: self.clients.directory(),
            scratch: &scratch,
            interpreter: interpreter.as_ref().map(|found| found.program.as_path()),
            log_stream: log.stream(),
            endpoint_url: &self.settings.endpoint_url,
            credentials: &credentials,
        };
        let reach = self.settings.confine.then(|| Confinement {
            hidden: self.hidden.clone(),
            readable: vec![code.path().to_owned(), self.clients.directory().to_owned()],
            writable: vec![scratch.clone()],
        });
        // An interpreter that lies in the common one is not to be hidden.
        let own_places = self.own_places.as_ref().filter(|_| !launcher::is_shared(&program));
        let limits = ProcessLimits {
            open_files: OPEN_FILES,
            file_bytes: spec.storage_bytes,
            entrances: group.entrances(),
            own_places: own_places.map(|_| scratch.clone()),
            reach,
        };
        let rest = self.clients.arguments(&spec.runtime, spec.memory_megabytes);
        let mut command = match own_places {
            Some(places) => places.command(),
            None => self.launcher().ok_or_else(|| machine("no launcher is set".to_owned()))?,
        };
        command
            .args(launcher::arguments(std::process::id(), &limits, program.as_os_str(), &rest))
            .current_dir(code.path())
            .env_clear()
            .envs(variables(spec, &around));
        let process = Process::start(&self.starter, command, scratch.clone(), group).await;
        let process = process.map_err(|error| {
            // Empty still.
            let _ = std::fs::remove_dir(&scratch);
            io("the function's process cannot be started")(error)
        })?;
        Ok(Parts { process, api, credentials_end: credentials.expiration, code })
    }
}

impl Machine {
    fn launcher(&self) -> Option<Command> {
        let (first, rest) = self.settings.launcher.split_first()?;
        let mut command = Command::new(first);
        command.args(rest);
        Some(command)
    }
}

struct Parts {
    process: (Process, tokio::net::unix::pipe::Receiver),
    api: RuntimeApi,
    credentials_end: base::Timestamp,
    code: crate::package::UnpackedCode,
}

fn private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// The program of a `provided` runtime, or Lambda's words for its absence.
fn bootstrap(code: &Path) -> Result<PathBuf, StartFault> {
    use std::os::unix::fs::PermissionsExt;
    let program = code.join("bootstrap");
    let refuse = |why: String| StartFault::Function(Failure::InvalidEntrypoint { why });
    match std::fs::metadata(&program) {
        Ok(facts) if facts.is_file() && facts.permissions().mode() & 0o111 != 0 => Ok(program),
        Ok(facts) if facts.is_file() => {
            Err(refuse(format!("fork/exec {}: permission denied", program.display())))
        }
        _ => Err(refuse(format!("Couldn't find valid bootstrap(s): [{}]", program.display()))),
    }
}
