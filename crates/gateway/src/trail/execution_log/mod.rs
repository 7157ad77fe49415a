//! Execution logs: what each step of a request did, in AWS's words. `TestInvokeMethod` answers
//! with one, and stages write theirs to `API-Gateway-Execution-Logs_{api}/{stage}` (API Gateway
//! developer guide, "Set up CloudWatch logging for REST APIs"; texts recorded from AWS).
//!
//! A log that is switched off is a null pointer: what the pipeline tells it costs one
//! comparison, and no body is read for its sake.

mod failures;
mod steps;
mod streams;
mod usage_plan;
pub(crate) mod wording;

use std::borrow::Cow;
use std::time::Instant;

use api::apigateway::MethodSetting;
use base::Timestamp;
use ports::log_sink::LogLines;

pub use streams::ExecutionLogs;

use crate::exchange::Request;
use crate::message::Headers;

/// The longest text of a line; of a longer one the beginning is kept (recorded from AWS).
const LONGEST_LINE: usize = 1_024;

/// What stands behind the beginning of a longer line.
const TRUNCATED: &str = " [TRUNCATED]";

/// How much is written. Each contains those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// `loggingLevel` `ERROR`: why requests failed.
    Errors,
    /// `INFO`: that steps were taken, too.
    Steps,
    /// `INFO` with `dataTraceEnabled`: headers and bodies, too.
    Data,
    /// All of it, for a test.
    Test,
}

/// Characters of the shortest secret that is hidden wherever it stands.
const SHORTEST_HIDDEN: usize = 8;

/// One request's execution log.
#[derive(Debug, Default)]
pub struct ExecutionLog(Option<Box<Recorder>>);

#[derive(Debug)]
struct Recorder {
    detail: Detail,
    request_id: Box<str>,
    received: Timestamp,
    started: Instant,
    lines: LogLines,
    /// What no line shows, but for its end.
    hidden: Vec<String>,
}

impl Detail {
    /// Of a method's settings; `None` if nothing is written.
    #[must_use]
    pub fn of(logging_level: Option<&str>, data_trace: bool) -> Option<Self> {
        match logging_level {
            Some("INFO") if data_trace => Some(Self::Data),
            Some("INFO") => Some(Self::Steps),
            Some("ERROR") => Some(Self::Errors),
            _ => None,
        }
    }

    /// The same of a stage's setting for a method.
    #[must_use]
    pub fn of_setting(setting: &MethodSetting) -> Option<Self> {
        Self::of(setting.logging_level.as_deref(), setting.data_trace_enabled == Some(true))
    }
}

impl ExecutionLog {
    /// A log of `request` with this much detail.
    #[must_use]
    pub fn new(detail: Option<Detail>, request: &Request) -> Self {
        Self(detail.map(|detail| {
            Box::new(Recorder {
                detail,
                request_id: request.ids.request_id().into(),
                received: request.received,
                started: request.started,
                lines: LogLines::default(),
                hidden: Vec::new(),
            })
        }))
    }

    /// The log as a test answers it: `Execution log for request …`, and each line with its time.
    #[must_use]
    pub fn into_text(self) -> String {
        let Some(recorder) = self.0 else { return String::new() };
        let mut text = format!("Execution log for request {}\n", recorder.request_id);
        for line in recorder.lines.iter() {
            text.push_str(&line.timestamp.date_command());
            text.push_str(" : ");
            text.push_str(line.message);
            text.push('\n');
        }
        text
    }

    /// Whether it has no lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|recorder| recorder.lines.is_empty())
    }

    /// Adds the lines as a stage writes them, each with the request's id.
    pub fn add_to(&self, lines: &mut LogLines) {
        let Some(recorder) = &self.0 else { return };
        for line in recorder.lines.iter() {
            lines.push_with(line.timestamp, |text| {
                text.extend(["(", &*recorder.request_id, ") ", line.message]);
            });
        }
    }

    /// The recorder, if this much detail is written.
    fn at(&mut self, detail: Detail) -> Option<&mut Recorder> {
        self.0.as_deref_mut().filter(|recorder| recorder.detail >= detail)
    }

    /// Has no line from here on show `secret`, but for its end, wherever it stands: in a header, in a
    /// body, in an address. Short texts are left: they are in many others, and no secrets. A test's log
    /// is for whoever has given them.
    pub(crate) fn hide(&mut self, secret: &str) {
        let stages = self.at(Detail::Steps).filter(|recorder| recorder.detail != Detail::Test);
        let Some(recorder) = stages else { return };
        // With its scheme and without: `Bearer …`.
        for secret in [secret, secret.rsplit(' ').next().unwrap_or_default()] {
            let in_json = serde_json::to_string(secret).unwrap_or_default();
            let in_json = in_json.trim_matches('"').to_owned();
            for form in [secret.to_owned(), in_json] {
                if form.chars().count() >= SHORTEST_HIDDEN && !recorder.hidden.contains(&form) {
                    recorder.hidden.push(form);
                }
            }
        }
    }

    /// The same of what a request carries by AWS's own conventions.
    pub(crate) fn hide_secrets_of(&mut self, headers: &Headers, query: &str) {
        if self.at(Detail::Steps).is_none() {
            return;
        }
        for name in wording::SECRET {
            for value in headers.get_all(name) {
                self.hide(&String::from_utf8_lossy(value.as_bytes()));
            }
        }
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if wording::SECRET_PARAMETERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
                self.hide(value);
                self.hide(&percent_encoding::percent_decode_str(value).decode_utf8_lossy());
            }
        }
    }

    /// Writes what `text` gives, if this much detail is wanted.
    pub(crate) fn write(&mut self, detail: Detail, text: impl FnOnce() -> String) {
        if let Some(recorder) = self.at(detail) {
            recorder.push(&text());
        }
    }
}

impl Recorder {
    fn push(&mut self, message: &str) {
        let timestamp = self.received.plus(self.started.elapsed());
        let mut message = Cow::Borrowed(message);
        for secret in &self.hidden {
            if message.contains(secret.as_str()) {
                message = message.replace(secret.as_str(), &wording::redacted(secret)).into();
            }
        }
        self.lines.push_with(timestamp, |text| match message.len() > LONGEST_LINE {
            true => {
                let kept = message.get(..message.floor_char_boundary(LONGEST_LINE));
                text.extend([kept.unwrap_or_default(), TRUNCATED]);
            }
            false => text.push_str(&message),
        });
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::exchange::request::tests::request;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let mut log = log(Some(Detail::Data));
        let headers = [(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer tok\"en-012345"))];
        log.hide_secrets_of(
            &headers.into_iter().collect(),
            "a=b&X-Amz-Security-Token=abc%2Bdefghijkl&c=short12",
        );
        for (text, expected) in [
            ("{\"a\":\"Bearer tok\\\"en-012345\"}", "{\"a\":\"***************012345\"}"),
            ("tok\"en-012345", "*******012345"),
            ("?X-Amz-Security-Token=abc%2Bdefghijkl", "?X-Amz-Security-Token=*********ghijkl"),
            ("abc+defghijkl", "*******ghijkl"),
            ("c=short12", "c=short12"),
        ] {
            log.write(Detail::Data, || text.to_owned());
            assert_eq!(texts(&log).last().unwrap(), expected);
        }
    }

    fn log(detail: Option<Detail>) -> ExecutionLog {
        ExecutionLog::new(detail, &request("/prod/pets", "prod"))
    }

    fn texts(log: &ExecutionLog) -> Vec<String> {
        log.0.as_ref().unwrap().lines.iter().map(|line| line.message.to_owned()).collect()
    }

    #[test]
    fn a_log_that_is_off_writes_nothing() {
        let mut off = log(None);
        off.write(Detail::Errors, || panic!("nobody asks for this"));
        assert!(off.is_empty());
        assert_eq!(off.into_text(), "");
        assert_eq!(size_of::<ExecutionLog>(), size_of::<usize>());
    }

    #[test]
    fn each_detail_contains_those_before_it() {
        let written = |detail| {
            let mut log = log(Some(detail));
            for (detail, text) in [(Detail::Errors, "e"), (Detail::Steps, "s"), (Detail::Data, "d")] {
                log.write(detail, || text.to_owned());
            }
            texts(&log).concat()
        };
        assert_eq!(written(Detail::Errors), "e");
        assert_eq!(written(Detail::Steps), "es");
        assert_eq!(written(Detail::Data), "esd");
        assert_eq!(written(Detail::Test), "esd");
    }

    #[test]
    fn settings_choose_the_detail() {
        for (level, data, expected) in [
            (Some("INFO"), true, Some(Detail::Data)),
            (Some("INFO"), false, Some(Detail::Steps)),
            (Some("ERROR"), true, Some(Detail::Errors)),
            (Some("OFF"), true, None),
            (None, true, None),
        ] {
            assert_eq!(Detail::of(level, data), expected, "{level:?} {data}");
        }
    }

    /// Recorded from AWS: 1,024 characters and the mark.
    #[test]
    fn long_lines_are_cut() {
        for (length, expected) in [(1_023, 1_023), (1_024, 1_024), (1_025, 1_036)] {
            let mut log = log(Some(Detail::Test));
            log.write(Detail::Errors, || "x".repeat(length));
            let line = &texts(&log)[0];
            assert_eq!((line.len(), line.ends_with("x [TRUNCATED]")), (expected, length > 1_024));
        }
        let mut log = log(Some(Detail::Test));
        log.write(Detail::Errors, || format!("{}äb", "x".repeat(1_023)));
        assert_eq!(texts(&log)[0].strip_prefix(&"x".repeat(1_023)), Some(" [TRUNCATED]"));
    }

    #[test]
    fn tests_and_stages_begin_their_lines_differently() {
        let request = request("/prod/pets", "prod");
        let id = request.ids.request_id();
        let mut log = ExecutionLog::new(Some(Detail::Test), &request);
        log.write(Detail::Steps, || "one".to_owned());
        let mut lines = LogLines::default();
        log.add_to(&mut lines);
        assert_eq!(lines.iter().next().unwrap().message, format!("({id}) one"));
        let text = log.into_text();
        let (first, second) = text.split_once('\n').unwrap();
        assert_eq!(first, format!("Execution log for request {id}"));
        assert!(
            second.starts_with("Wed Jul 17 18:34:5") && second.ends_with(" UTC 2024 : one\n"),
            "{second}"
        );
    }
}
