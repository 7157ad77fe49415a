//! The door through which the gateway and the functions write.

use base::Scope;
use ports::log_sink::{LogLine, LogSink};

use crate::LogStore;

impl LogSink for LogStore {
    fn append(&self, scope: &Scope, group: &str, stream: &str, lines: Vec<LogLine>) {
        let events = lines.into_iter().map(|line| (line.timestamp, line.message)).collect();
        Self::append(self, scope, group, stream, events);
    }
}
