//! Where log lines go: functions' output, access logs and execution logs into log groups.

use base::{Scope, Timestamp};

/// Lines of one stream, packed: their texts one behind the other in one buffer, so that a line costs
/// no allocation of its own.
#[derive(Clone, Default)]
pub struct LogLines {
    text: String,
    ends: Vec<End>,
}

/// Where a line ends in the buffer, and when it was written. It begins where the one before it ends.
#[derive(Clone, Copy)]
struct End {
    end: usize,
    timestamp: Timestamp,
}

/// One of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// When it was written.
    pub timestamp: Timestamp,
    /// The text, without a line end of its own.
    pub message: &'a str,
}

/// Takes log lines. Implementations batch them and may lose at most the last second on a
/// crash; they never block the caller and never grow without bound.
pub trait LogSink: Send + Sync {
    /// Appends `lines` to `stream` of `group`, making both if they do not exist.
    fn append(&self, scope: &Scope, group: &str, stream: &str, lines: LogLines);
}

impl LogLines {
    /// None, with space for as many as `lines` are and for texts as long as theirs.
    #[must_use]
    pub fn with_space_of(lines: &Self) -> Self {
        Self { text: String::with_capacity(lines.text.len()), ends: Vec::with_capacity(lines.ends.len()) }
    }

    /// Adds a line.
    pub fn push(&mut self, timestamp: Timestamp, message: &str) {
        self.push_with(timestamp, |text| text.push_str(message));
    }

    /// Adds a line that `write` appends to the buffer. What stands in the buffer before it belongs to
    /// the other lines.
    pub fn push_with(&mut self, timestamp: Timestamp, write: impl FnOnce(&mut String)) {
        // Nothing is behind the last line, unless somebody panicked while it was written.
        let start = self.bytes();
        if self.text.len() > start {
            self.text.truncate(self.text.floor_char_boundary(start));
        }
        write(&mut self.text);
        self.ends.push(End { end: self.text.len(), timestamp });
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The length of their texts together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.ends.last().map_or(0, |last| last.end)
    }

    /// Keeps the first `count`.
    pub fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
    }

    /// They, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = LogLine<'_>> {
        let mut start = 0;
        self.ends.iter().map(move |line| {
            let message = self.text.get(start..line.end).unwrap_or_default();
            start = line.end;
            LogLine { timestamp: line.timestamp, message }
        })
    }
}

impl<S: AsRef<str>> FromIterator<(Timestamp, S)> for LogLines {
    fn from_iter<T: IntoIterator<Item = (Timestamp, S)>>(lines: T) -> Self {
        let mut all = Self::default();
        for (timestamp, message) in lines {
            all.push(timestamp, message.as_ref());
        }
        all
    }
}

impl From<Vec<(Timestamp, String)>> for LogLines {
    fn from(lines: Vec<(Timestamp, String)>) -> Self {
        lines.into_iter().collect()
    }
}

impl std::fmt::Debug for LogLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn texts(lines: &LogLines) -> Vec<(i64, &str)> {
        lines.iter().map(|line| (line.timestamp.as_millis(), line.message)).collect()
    }

    #[test]
    fn lines_come_back_as_they_were_added() {
        let mut lines = LogLines::default();
        lines.push(Timestamp::from_millis(2), "one");
        lines.push(Timestamp::from_millis(1), "");
        lines.push_with(Timestamp::from_millis(3), |text| text.extend(["zwei\n", "ü"]));
        assert_eq!(texts(&lines), [(2, "one"), (1, ""), (3, "zwei\nü")]);
        assert_eq!((lines.len(), lines.bytes(), lines.is_empty()), (3, 10, false));
        lines.truncate(1);
        assert_eq!((texts(&lines), lines.bytes()), (vec![(2, "one")], 3));
        lines.push(Timestamp::from_millis(4), "next");
        assert_eq!(texts(&lines), [(2, "one"), (4, "next")]);
    }

    #[test]
    fn half_a_line_is_no_line() {
        let mut lines: LogLines = [(Timestamp::from_millis(1), "one")].into_iter().collect();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            lines.push_with(Timestamp::from_millis(2), |text| {
                text.push_str("hal");
                panic!("in the middle");
            });
        }));
        assert!(panicked.is_err());
        lines.push(Timestamp::from_millis(3), "two");
        assert_eq!(texts(&lines), [(1, "one"), (3, "two")]);
    }
}
