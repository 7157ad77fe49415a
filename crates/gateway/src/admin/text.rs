//! Prometheus's text format, version 0.0.4 (Prometheus documentation, "Exposition formats").

use std::fmt::{self, Write as _};

use crate::trail::Distribution;
use crate::trail::histogram::BOUNDS;

/// `Content-Type`.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A label's name and value.
pub(super) type Label<'a> = (&'static str, &'a str);

/// A text in the making. Each metric is written whole before the next.
#[derive(Debug, Default)]
pub(super) struct Text(String);

/// What a metric is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that comes and goes.
    Gauge,
    /// Durations by bucket.
    Histogram,
}

impl Text {
    /// Begins a metric. Its samples follow.
    pub(super) fn metric(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// A sample of a counter or a gauge.
    pub(super) fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl fmt::Display) {
        self.write(format_args!("{name}{} {value}\n", Labels(labels, None)));
    }

    /// The samples of a histogram, in seconds.
    pub(super) fn histogram(&mut self, name: &str, labels: &[Label<'_>], distribution: &Distribution) {
        let mut count = 0_u64;
        for (bucket, bound) in distribution.buckets.iter().zip(BOUNDS.iter().map(Some).chain([None])) {
            count = count.wrapping_add(*bucket);
            let bound = Bound(bound.copied());
            self.write(format_args!("{name}_bucket{} {count}\n", Labels(labels, Some(bound))));
        }
        let labels = Labels(labels, None);
        self.write(format_args!("{name}_sum{labels} {}\n", Seconds(distribution.sum_micros)));
        self.write(format_args!("{name}_count{labels} {count}\n"));
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn write(&mut self, what: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(what);
    }
}

/// Labels as they are written, with the bound of a histogram's bucket behind them.
struct Labels<'a>(&'a [Label<'a>], Option<Bound>);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = '{';
        for (name, value) in self.0 {
            write!(f, "{between}{name}=\"{}\"", Escaped(value))?;
            between = ',';
        }
        if let Some(bound) = &self.1 {
            write!(f, "{between}le=\"{bound}\"")?;
            between = ',';
        }
        if between == ',' { f.write_char('}') } else { Ok(()) }
    }
}

/// A bound in microseconds, or none.
struct Bound(Option<u64>);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(micros) => Seconds(micros).fmt(f),
            None => f.write_str("+Inf"),
        }
    }
}

/// Microseconds, written in seconds without loss: `0.00025`, `1`, `2.5`.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if micros == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{micros:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// A label's value: backslashes, quotes and line feeds are escaped.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Prometheus's documentation, and a value that has to be escaped.
    #[test]
    fn samples_are_written_as_prometheus_reads_them() {
        let mut text = Text::default();
        text.metric("http_requests_total", Kind::Counter, "The total number of HTTP requests.");
        text.sample("http_requests_total", &[("method", "post"), ("code", "200")], 1027);
        text.metric("up", Kind::Gauge, "One.");
        text.sample("up", &[], 1);
        text.sample("up", &[("path", "C:\\DIR\\FILE.TXT"), ("error", "no \"file\"\nhere")], -1);
        let expected = "# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method=\"post\",code=\"200\"} 1027
# HELP up One.
# TYPE up gauge
up 1
up{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"no \\\"file\\\"\\nhere\"} -1
";
        assert_eq!(text.finish(), expected);
    }

    #[test]
    fn buckets_are_cumulative_and_in_seconds() {
        let mut distribution = Distribution { sum_micros: 1_000_002_350_700, ..Distribution::default() };
        for (bucket, count) in [(0, 2), (3, 1), (18, 1)] {
            distribution.buckets[bucket] = count;
        }
        let mut text = Text::default();
        text.histogram("latency_seconds", &[("stage", "prod")], &distribution);
        let text = text.finish();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 21);
        for (at, line) in [
            (0, "latency_seconds_bucket{stage=\"prod\",le=\"0.00025\"} 2"),
            (2, "latency_seconds_bucket{stage=\"prod\",le=\"0.001\"} 2"),
            (3, "latency_seconds_bucket{stage=\"prod\",le=\"0.0025\"} 3"),
            (17, "latency_seconds_bucket{stage=\"prod\",le=\"900\"} 3"),
            (18, "latency_seconds_bucket{stage=\"prod\",le=\"+Inf\"} 4"),
            (19, "latency_seconds_sum{stage=\"prod\"} 1000002.3507"),
            (20, "latency_seconds_count{stage=\"prod\"} 4"),
        ] {
            assert_eq!(lines[at], line);
        }
    }
}
