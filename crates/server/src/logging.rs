//! The program's own log, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::fault::Fault;

/// Starts to log as `log` says.
pub(crate) fn start(log: &Log) -> Result<(), Fault> {
    let filter = EnvFilter::builder()
        .parse(&log.directives)
        .map_err(|why| Fault::LogDirectives(log.directives.clone(), why.to_string()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
