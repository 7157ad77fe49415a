//! Why the program ends without having done what it was asked. Each is one sentence for the
//! operator, on standard error, with exit status 1.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::ConfigFault;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Config(#[from] ConfigFault),
    #[error("{0:?} cannot be what to log: {1}")]
    LogDirectives(String, String),
    #[error("cannot listen on {address}: {}", in_words(why))]
    Listen { address: SocketAddr, why: std::io::Error },
    #[error("{0}")]
    Store(#[from] store::OpenError),
    #[error("{0}")]
    Logs(#[from] logs::OpenError),
    #[error("{0}")]
    Functions(#[from] functions::StartError),
    #[error("{0}")]
    Stages(#[from] gateway::front_door::RefreshError),
    #[error("{0}")]
    UsagePlans(#[from] gateway::usage_plans::UpkeepError),
    #[error("the access keys cannot be read: {0}")]
    Identities(#[from] store::StoreFault),
    #[error("the copy of the access logs cannot be written to {}: {why}", path.display())]
    AccessLogCopy { path: PathBuf, why: std::io::Error },
    #[error("a directory for functions cannot be made in {}: {why}", path.display())]
    Scratch { path: PathBuf, why: std::io::Error },
    #[error("the certificate for TLS in {} cannot be used: {why}", path.display())]
    Certificate { path: PathBuf, why: String },
    #[error("the process that uses {} cannot be succeeded: {why}", directory.display())]
    Succession { directory: PathBuf, why: std::io::Error },
    #[error("the process {0} did not wait until this one served, and goes on")]
    NotSucceeded(u32),
    #[error("a truststore cannot be used: {0}")]
    Truststore(String),
    #[error("the configuration in {} cannot be read: {why}", path.display())]
    Reread { path: PathBuf, why: String },
    #[error("threads cannot be started: {0}")]
    Threads(std::io::Error),
    #[error("standard output cannot be written to: {0}")]
    Output(std::io::Error),
}

fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::AddrInUse => "another program listens there already".to_owned(),
        Kind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        Kind::PermissionDenied => "this user may not use that port".to_owned(),
        _ => error.to_string(),
    }
}
