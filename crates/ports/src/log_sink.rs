//! Where log lines go: functions' output and access logs into log groups.

use base::{Scope, Timestamp};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub timestamp: Timestamp,
    /// The text, without a line end.
    pub message: String,
}

/// Takes log lines. Implementations batch them and may lose at most the last second on a
/// crash; they never block the caller and never grow without bound.
pub trait LogSink: Send + Sync {
    /// Appends `lines` to `stream` of `group`, making both if they do not exist.
    fn append(&self, scope: &Scope, group: &str, stream: &str, lines: Vec<LogLine>);
}
