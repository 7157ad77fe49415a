//! The models' source: the pinned botocore package, installed into a virtual environment below
//! `target/`. Python does the reading, because the models are gzipped JSON.

use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;

use super::CodegenError;
use super::config::Config;
use super::model::RawModel;

/// Prints `{service: model}` for the services named as arguments, from the newest version of each.
const READ: &str = "
import gzip, json, os, sys, botocore
data = os.path.join(os.path.dirname(botocore.__file__), 'data')
models = {}
for service in sys.argv[1:]:
    folder = os.path.join(data, service)
    if not os.path.isdir(folder):
        continue
    newest = max(os.listdir(folder))
    with gzip.open(os.path.join(folder, newest, 'service-2.json.gz')) as file:
        models[service] = json.load(file)
json.dump(models, sys.stdout)
";

/// The models of the configured services.
pub(crate) fn load(root: &Path, config: &Config) -> Result<IndexMap<String, RawModel>, CodegenError> {
    let python = python_with_botocore(root, &config.botocore)?;
    let mut command = Command::new(python);
    command.args(["-c", READ]).args(config.service.iter().map(|service| &service.name));
    Ok(serde_json::from_slice(&run(command)?)?)
}

/// A Python that imports exactly this version: the cached environment's, else the machine's own
/// if it happens to have it, else the cached environment's after it has been made.
fn python_with_botocore(root: &Path, version: &str) -> Result<PathBuf, CodegenError> {
    let environment = root.join(format!("target/botocore-{version}/venv"));
    let own = environment.join("bin/python");
    let system = PathBuf::from("python3");
    for python in [&own, &system] {
        let mut command = Command::new(python);
        command.args(["-c", "import botocore; print(botocore.__version__)"]);
        if run(command).is_ok_and(|found| found.trim_ascii() == version.as_bytes()) {
            return Ok(python.clone());
        }
    }
    let mut make = Command::new(&system);
    make.args(["-m", "venv"]).arg(&environment);
    run(make)?;
    let mut install = Command::new(&own);
    install.args(["-m", "pip", "install", "--quiet", "--no-deps", &format!("botocore=={version}")]);
    run(install)?;
    Ok(own)
}

fn run(mut command: Command) -> Result<Vec<u8>, CodegenError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().map_err(|source| CodegenError::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(CodegenError::Program { program, status: output.status, message })
}
