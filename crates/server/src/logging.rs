//! The program's own log, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::fault::Fault;

/// What is logged, to be changed while the program runs.
pub(crate) struct Filter(Box<dyn Fn(EnvFilter) -> Result<(), String> + Send>);

impl Filter {
    /// Logs what these directives say from now on.
    ///
    /// # Errors
    /// If they say nothing that could be logged.
    pub(crate) fn change(&self, directives: &str) -> Result<(), Fault> {
        let wrong = |why: String| Fault::LogDirectives(directives.to_owned(), why);
        (self.0)(filter(directives)?).map_err(wrong)
    }
}

/// Starts to log as `log` says.
pub(crate) fn start(log: &Log) -> Result<Filter, Fault> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&log.directives)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let told = |why: tracing_subscriber::reload::Error| why.to_string();
    Ok(match log.format {
        LogFormat::Text => {
            let builder = builder.with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Filter(Box::new(move |filter| handle.reload(filter).map_err(told)))
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Filter(Box::new(move |filter| handle.reload(filter).map_err(told)))
        }
    })
}

/// What the directives let through.
pub(crate) fn filter(directives: &str) -> Result<EnvFilter, Fault> {
    EnvFilter::builder()
        .parse(directives)
        .map_err(|why| Fault::LogDirectives(directives.to_owned(), why.to_string()))
}
