//! The environment variables of a function's process: Lambda's own (developer guide,
//! "Defined runtime environment variables") and the function's, and nothing of the gateway's.

use std::ffi::OsString;
use std::path::Path;

use ports::credentials::SessionCredentials;

use crate::environment::EnvironmentSpec;
use crate::runtime::Runtime;

/// The names that a function cannot set for itself: Lambda's reserved keys, and the address
/// of the Runtime API.
const RESERVED: [&str; 19] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// What of the environment is different for each process.
pub(crate) struct Surroundings<'a> {
    pub(crate) runtime_api: std::net::SocketAddr,
    pub(crate) task_root: &'a Path,
    pub(crate) runtime_directory: &'a Path,
    pub(crate) scratch: &'a Path,
    pub(crate) interpreter: Option<&'a Path>,
    pub(crate) log_stream: &'a str,
    pub(crate) endpoint_url: &'a str,
    pub(crate) credentials: &'a SessionCredentials,
}

/// All variables of the process. Where a name comes twice the later one counts.
pub(crate) fn variables(spec: &EnvironmentSpec, around: &Surroundings<'_>) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(OsString, OsString)> = Vec::with_capacity(32);
    let mut set = |name: &str, value: OsString| all.push((name.into(), value));

    // What the function may replace.
    set("LANG", "en_US.UTF-8".into());
    set("TZ", ":UTC".into());
    set("PATH", search_path(around.interpreter));
    set("LD_LIBRARY_PATH", library_path(around.task_root));
    set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into());
    set("AWS_ENDPOINT_URL", around.endpoint_url.into());
    // Lambda gives every function a /tmp of its own; here it is a directory of its own. HOME
    // is there so that the settings of whoever runs the gateway (~/.aws) are not found.
    set("TMPDIR", around.scratch.into());
    set("HOME", around.scratch.into());

    for (name, value) in &spec.variables {
        if usable(name) && !value.contains('\0') && !RESERVED.contains(&name.as_str()) {
            set(name, value.into());
        }
    }

    set("_HANDLER", spec.handler.as_str().into());
    set("AWS_ACCESS_KEY_ID", around.credentials.access_key_id.as_str().into());
    set("AWS_SECRET_ACCESS_KEY", around.credentials.secret_access_key.expose().into());
    set("AWS_SESSION_TOKEN", around.credentials.session_token.expose().into());
    set("AWS_REGION", spec.scope.region().into());
    set("AWS_DEFAULT_REGION", spec.scope.region().into());
    set("AWS_LAMBDA_FUNCTION_NAME", spec.name.as_str().into());
    set("AWS_LAMBDA_FUNCTION_VERSION", spec.version.as_str().into());
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", spec.memory_megabytes.to_string().into());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into());
    set("AWS_LAMBDA_LOG_GROUP_NAME", spec.log_group.as_str().into());
    set("AWS_LAMBDA_LOG_STREAM_NAME", around.log_stream.into());
    set("AWS_LAMBDA_RUNTIME_API", around.runtime_api.to_string().into());
    set("LAMBDA_TASK_ROOT", around.task_root.into());
    set("LAMBDA_RUNTIME_DIR", around.runtime_directory.into());
    match spec.runtime {
        Runtime::Python(minor) => set("AWS_EXECUTION_ENV", format!("AWS_Lambda_python3.{minor}").into()),
        Runtime::Node(major) => set("AWS_EXECUTION_ENV", format!("AWS_Lambda_nodejs{major}.x").into()),
        Runtime::Provided => {}
    }
    all
}

/// Whether the system takes it as a variable's name.
fn usable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

fn search_path(interpreter: Option<&Path>) -> OsString {
    let mut path = OsString::new();
    if let Some(directory) = interpreter.and_then(Path::parent) {
        path.push(directory);
        path.push(":");
    }
    path.push("/usr/local/bin:/usr/bin:/bin:/opt/bin");
    path
}

fn library_path(task_root: &Path) -> OsString {
    let mut path = OsString::from(task_root);
    path.push(":");
    path.push(task_root.join("lib"));
    path
}
