//! The door through which the gateway and the functions write.

use base::Scope;
use ports::log_sink::{LogLines, LogSink};

use crate::LogStore;

impl LogSink for LogStore {
    fn append(&self, scope: &Scope, group: &str, stream: &str, lines: LogLines) {
        Self::append(self, scope, group, stream, lines);
    }
}
