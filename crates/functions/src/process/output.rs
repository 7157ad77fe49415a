//! Cuts a process's output into log lines.

use crate::limits::MAXIMUM_LINE_BYTES;

/// Holds the beginning of a line whose end has not come yet.
#[derive(Debug, Default)]
pub(crate) struct LineCutter {
    partial: Vec<u8>,
}

impl LineCutter {
    /// Hands every line that `chunk` completes to `take`. A line that is longer than a log
    /// event may be is cut into several.
    pub(crate) fn push(&mut self, mut chunk: &[u8], take: &mut dyn FnMut(&[u8])) {
        while !chunk.is_empty() {
            let room = MAXIMUM_LINE_BYTES - self.partial.len();
            let window = chunk.get(..room).unwrap_or(chunk);
            match window.iter().position(|&byte| byte == b'\n') {
                Some(end) => {
                    let (line, rest) = chunk.split_at(end);
                    if self.partial.is_empty() {
                        take(line);
                    } else {
                        self.partial.extend_from_slice(line);
                        take(&self.partial);
                        self.partial.clear();
                    }
                    chunk = rest.get(1..).unwrap_or_default();
                }
                None => {
                    let (part, rest) = chunk.split_at(window.len());
                    self.partial.extend_from_slice(part);
                    chunk = rest;
                    if self.partial.len() == MAXIMUM_LINE_BYTES {
                        take(&self.partial);
                        self.partial.clear();
                    }
                }
            }
        }
    }

    /// Hands over what has no line end, if there is any.
    pub(crate) fn finish(&mut self, take: &mut dyn FnMut(&[u8])) {
        if !self.partial.is_empty() {
            take(&self.partial);
            self.partial.clear();
        }
    }
}

/// A line as a log event's text. Runtime clients end the lines inside one event with a
/// carriage return.
pub(crate) fn event_text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    if text.contains('\r') { text.replace('\r', "\n") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut cutter = LineCutter::default();
        let mut found = Vec::new();
        let mut take = |line: &[u8]| found.push(event_text(line));
        for chunk in chunks {
            cutter.push(chunk, &mut take);
        }
        cutter.finish(&mut take);
        found
    }

    #[test]
    fn lines_end_where_they_end_and_not_where_a_read_ends() {
        let check = |chunks: &[&[u8]], expected: &[&str]| assert_eq!(lines(chunks), expected);
        check(&[b"one\ntwo\n"], &["one", "two"]);
        check(&[b"on", b"e\n", b"two"], &["one", "two"]);
        check(&[b"\n\n"], &["", ""]);
        check(&[b"windows\r\n"], &["windows"]);
        check(&[b"[ERROR] x\rTraceback\r  File\n"], &["[ERROR] x\nTraceback\n  File"]);
        check(&[b"\xff\xfe\n"], &["\u{fffd}\u{fffd}"]);
        check(&[], &[]);
    }

    #[test]
    fn a_line_has_at_most_256_kb() {
        let check = |size: usize, expected: &[usize]| {
            let text = vec![b'x'; size];
            let sizes: Vec<usize> = lines(&[&text, b"\n"]).iter().map(String::len).collect();
            assert_eq!(sizes, expected);
        };
        check(262_143, &[262_143]);
        // The line end of a line that fills an event comes when the event is gone already.
        check(262_144, &[262_144, 0]);
        check(600_000, &[262_144, 262_144, 75_712]);
    }

    proptest! {
        #[test]
        fn where_a_read_ends_makes_no_difference(text in "[ab\n\r]{0,60}", cuts in proptest::collection::vec(1..9_usize, 0..20)) {
            let mut rest = text.as_bytes();
            let mut chunks = Vec::new();
            for cut in cuts {
                let (chunk, behind) = rest.split_at(cut.min(rest.len()));
                chunks.push(chunk);
                rest = behind;
            }
            chunks.push(rest);
            prop_assert_eq!(lines(&chunks), lines(&[text.as_bytes()]));
        }
    }
}
