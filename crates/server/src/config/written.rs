//! The configuration file as it is written. Every key is optional and every other key is
//! refused: a restriction that is misspelt must not be silently absent. `reference.toml` says
//! what each key means.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use base::Secret;
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) listen: Option<String>,
    pub(crate) tls_listen: Option<String>,
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) ephemeral: Option<bool>,
    pub(crate) auth: Option<Auth>,
    pub(crate) method_override: Option<bool>,
    pub(crate) workers: Option<usize>,
    pub(crate) drain_seconds: Option<u64>,
    #[serde(default)]
    pub(crate) root: Root,
    #[serde(default)]
    pub(crate) admin: Admin,
    #[serde(default)]
    pub(crate) connections: Connections,
    #[serde(default)]
    pub(crate) websocket: WebSocket,
    #[serde(default)]
    pub(crate) tls: Tls,
    #[serde(default)]
    pub(crate) truststores: HashMap<String, PathBuf>,
    #[serde(default)]
    pub(crate) functions: Functions,
    #[serde(default)]
    pub(crate) cache: Cache,
    #[serde(default)]
    pub(crate) account_throttle: AccountThrottle,
    #[serde(default)]
    pub(crate) user_pools: Vec<UserPool>,
    #[serde(default)]
    pub(crate) vpc_endpoints: Vec<VpcEndpoint>,
    #[serde(default)]
    pub(crate) upstreams: Upstreams,
    #[serde(default)]
    pub(crate) aws_endpoints: AwsEndpoints,
    #[serde(default)]
    pub(crate) vpc_links: Vec<VpcLink>,
    #[serde(default)]
    pub(crate) access_log: AccessLog,
    #[serde(default)]
    pub(crate) log: Log,
}

/// `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Auth {
    Development,
    Strict,
}

/// `[root]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Root {
    pub(crate) account: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<Secret>,
}

/// `[admin]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    pub(crate) listen: Option<String>,
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
}

/// `[connections]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connections {
    pub(crate) most: Option<usize>,
    pub(crate) requests: Option<usize>,
    pub(crate) head_seconds: Option<u64>,
    pub(crate) idle_seconds: Option<u64>,
    pub(crate) stall_seconds: Option<u64>,
    pub(crate) body_seconds: Option<u64>,
}

/// `[websocket]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebSocket {
    pub(crate) idle_seconds: Option<u64>,
    pub(crate) lifetime_seconds: Option<u64>,
    pub(crate) ping_seconds: Option<u64>,
    pub(crate) stall_seconds: Option<u64>,
}

/// `[tls]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) private_key: Option<PathBuf>,
}

/// `[functions]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Functions {
    pub(crate) max_processes: Option<usize>,
    pub(crate) max_processes_per_function: Option<usize>,
    pub(crate) idle_seconds: Option<u64>,
    pub(crate) control_group: Option<String>,
}

/// `[cache]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    pub(crate) mib_per_stage: Option<u64>,
}

/// `[account_throttle]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountThrottle {
    pub(crate) rate: Option<f64>,
    pub(crate) burst: Option<i32>,
}

/// `[[user_pools]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPool {
    pub(crate) arn: String,
    pub(crate) issuer: Option<String>,
    pub(crate) jwks: String,
}

/// `[[vpc_endpoints]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcEndpoint {
    pub(crate) id: String,
    pub(crate) vpc: Option<String>,
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    #[serde(default)]
    pub(crate) proxies: Vec<String>,
}

/// `[upstreams]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstreams {
    pub(crate) ca_bundle: Option<PathBuf>,
    #[serde(default)]
    pub(crate) http2: bool,
    pub(crate) requests_per_backend: Option<usize>,
    pub(crate) waiting_per_backend: Option<usize>,
}

/// `[aws_endpoints]`. Every other key is a service, so a misspelt one is not noticed here; it
/// leaves the service without an endpoint, which closes what needs one.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AwsEndpoints {
    pub(crate) default: Option<String>,
    pub(crate) credentials: Option<AwsCredentials>,
    #[serde(flatten)]
    pub(crate) services: BTreeMap<String, String>,
}

/// `aws_endpoints.credentials`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AwsCredentials {
    Environment,
}

/// `[[vpc_links]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcLink {
    pub(crate) link: String,
    pub(crate) addresses: Vec<String>,
}

/// `[access_log]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessLog {
    pub(crate) copy_to: Option<PathBuf>,
}

/// `[log]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: Option<String>,
    pub(crate) format: Option<LogFormat>,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// What is wrong with the configuration, as one sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigFault {
    #[error("the configuration file {} cannot be read: {why}", path.display())]
    Read { path: PathBuf, why: std::io::Error },
    #[error("the configuration file {} is wrong{}: {why}", path.display(), Line(*line))]
    Parse { path: PathBuf, line: Option<usize>, why: String },
    #[error("{place}: {key} {why}")]
    Value { place: Source, key: &'static str, why: String },
    #[error("there is no home directory to keep data in: name a data directory with --data-dir")]
    NoHome,
}

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    CommandLine,
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("the command line or environment is wrong"),
            Self::File(path) => write!(f, "the configuration file {} is wrong", path.display()),
        }
    }
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, " in line {line}"))
    }
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<Written, ConfigFault> {
    let text =
        std::fs::read_to_string(path).map_err(|why| ConfigFault::Read { path: path.to_owned(), why })?;
    parse(&text).map_err(|error| ConfigFault::Parse {
        path: path.to_owned(),
        line: error.span().map(|span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count()),
        why: one_line(error.message()),
    })
}

pub(crate) fn parse(text: &str) -> Result<Written, toml::de::Error> {
    toml::from_str(text)
}

/// The parser's words on one line, in the words of configuration files.
fn one_line(message: &str) -> String {
    let line = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    line.replace("unknown field", "unknown key")
}
