//! The runtimes of functions and the programs that run them on this machine.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::limits::INTERPRETER_ANSWER;

/// What a function's `Runtime` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Runtime {
    /// `python3.12`; the minor version.
    Python(u32),
    /// `nodejs22.x`; the major version.
    Node(u32),
    /// `provided`, `provided.al2`, `provided.al2023`: the package's `bootstrap` is the program.
    Provided,
}

/// A runtime that is not run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the runtime {0:?} cannot be run by this gateway, which runs python3.x, nodejs*, provided, \
     provided.al2 and provided.al2023"
)]
pub(crate) struct UnknownRuntime(pub(crate) String);

impl std::str::FromStr for Runtime {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        let unknown = || UnknownRuntime(text.to_owned());
        if matches!(text, "provided" | "provided.al2" | "provided.al2023") {
            return Ok(Self::Provided);
        }
        if let Some(minor) = text.strip_prefix("python3.") {
            return minor.parse().map(Self::Python).map_err(|_| unknown());
        }
        if let Some(version) = text.strip_prefix("nodejs") {
            // The first runtime of Node.js was named without a number: 0.10.
            let major = version.split('.').next().filter(|major| !major.is_empty()).unwrap_or("0");
            return major.parse().map(Self::Node).map_err(|_| unknown());
        }
        Err(unknown())
    }
}

/// A program that was found and asked for its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The program itself, not a shim that starts it.
    pub(crate) program: PathBuf,
    /// `3.11.7`, `20.20.2`.
    pub(crate) version: String,
}

/// Why no interpreter is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{runtime} needs {wanted} on the PATH of the gateway, and none of the programs there works")]
pub(crate) struct NoInterpreter {
    runtime: String,
    wanted: &'static str,
}

/// Finds interpreters, once for each runtime.
pub(crate) struct Interpreters {
    path: OsString,
    found: Mutex<HashMap<Runtime, Arc<Interpreter>>>,
}

impl Interpreters {
    pub(crate) fn on(path: OsString) -> Self {
        Self { path, found: Mutex::default() }
    }

    /// The interpreter of `runtime`; `None` for those that bring their own program. What is
    /// found is remembered, what is not found is looked for again: someone may install it.
    pub(crate) async fn find(&self, runtime: &Runtime) -> Result<Option<Arc<Interpreter>>, NoInterpreter> {
        let search = match runtime {
            Runtime::Provided => return Ok(None),
            Runtime::Python(minor) => Search {
                runtime: format!("python3.{minor}"),
                wanted: "python3",
                version: format!("3.{minor}."),
                names: vec![format!("python3.{minor}"), "python3".to_owned()],
                question: &[
                    "-c",
                    "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])",
                ],
            },
            Runtime::Node(major) => Search {
                runtime: format!("nodejs{major}.x"),
                wanted: "node",
                version: format!("{major}."),
                names: vec!["node".to_owned()],
                question: &["-p", "process.execPath + '\\n' + process.versions.node"],
            },
        };
        let mut found = self.found.lock().await;
        if let Some(interpreter) = found.get(runtime) {
            return Ok(Some(Arc::clone(interpreter)));
        }
        let interpreter = Arc::new(search.run(&self.path).await?);
        found.insert(runtime.clone(), Arc::clone(&interpreter));
        Ok(Some(interpreter))
    }
}

struct Search {
    runtime: String,
    wanted: &'static str,
    version: String,
    names: Vec<String>,
    question: &'static [&'static str],
}

impl Search {
    /// The first program with the wanted version, or else the first that answers.
    async fn run(self, path: &OsStr) -> Result<Interpreter, NoInterpreter> {
        let mut other: Option<Interpreter> = None;
        for name in &self.names {
            for directory in std::env::split_paths(path) {
                let candidate = directory.join(name);
                if !directory.is_absolute() || !candidate.is_file() {
                    continue;
                }
                let Some(interpreter) = ask(&candidate, self.question).await else { continue };
                if interpreter.version.starts_with(&self.version) {
                    return Ok(interpreter);
                }
                other.get_or_insert(interpreter);
            }
        }
        let Some(interpreter) = other else {
            return Err(NoInterpreter { runtime: self.runtime, wanted: self.wanted });
        };
        tracing::warn!(
            runtime = self.runtime,
            program = %interpreter.program.display(),
            version = interpreter.version,
            "functions of this runtime run on another version, the only one on this machine"
        );
        Ok(interpreter)
    }
}

/// Asks a program where it is and which version it has. Version switchers (pyenv, nvm, asdf)
/// put scripts on the PATH that start a program or fail; the program itself is what is
/// wanted, or a function's process would be the script's child.
async fn ask(program: &Path, question: &[&str]) -> Option<Interpreter> {
    let mut command = tokio::process::Command::new(program);
    command.args(question).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(INTERPRETER_ANSWER, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut lines = text.lines();
    let program = PathBuf::from(lines.next()?);
    let version = lines.next()?.to_owned();
    (program.is_absolute() && version.starts_with(|c: char| c.is_ascii_digit()))
        .then_some(Interpreter { program, version })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn reads_the_runtimes_that_are_run() {
        let check = |text: &str, expected: Option<Runtime>| {
            assert_eq!(text.parse::<Runtime>().ok(), expected, "{text}");
        };
        check("python3.12", Some(Runtime::Python(12)));
        check("nodejs22.x", Some(Runtime::Node(22)));
        check("nodejs", Some(Runtime::Node(0)));
        check("provided", Some(Runtime::Provided));
        check("provided.al2", Some(Runtime::Provided));
        check("provided.al2023", Some(Runtime::Provided));
        check("python2.7", None);
        check("python3.x", None);
        check("nodejs-edge", None);
        check("java21", None);
        check("provided.al3", None);
    }

    fn script(directory: &Path, name: &str, text: &str) {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn find(path: &Path, runtime: &Runtime) -> Result<Option<Arc<Interpreter>>, NoInterpreter> {
        let interpreters = Interpreters::on(path.as_os_str().to_owned());
        let runtime_of_test = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime_of_test.block_on(interpreters.find(runtime))
    }

    #[test]
    fn the_exact_version_is_preferred_and_broken_shims_are_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        script(directory.path(), "python3", "#!/bin/sh\nprintf '/usr/bin/python3\\n3.11.2\\n'\n");
        script(directory.path(), "python3.12", "#!/bin/sh\nprintf '/opt/bin/python3.12\\n3.12.1\\n'\n");
        script(directory.path(), "python3.13", "#!/bin/sh\necho 'not installed' >&2; exit 127\n");
        let version =
            |minor| find(directory.path(), &Runtime::Python(minor)).unwrap().unwrap().version.clone();
        assert_eq!(version(12), "3.12.1");
        assert_eq!(version(11), "3.11.2");
        assert_eq!(version(13), "3.11.2");
    }

    #[test]
    fn a_missing_interpreter_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = find(directory.path(), &Runtime::Node(22)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nodejs22.x needs node on the PATH of the gateway, and none of the programs there works"
        );
        assert_eq!(find(directory.path(), &Runtime::Provided), Ok(None));
    }
}
