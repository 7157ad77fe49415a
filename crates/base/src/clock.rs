//! Time as an argument: whoever needs "now" is handed a [`Clock`], so that windows, caches
//! and deadlines can be tested without waiting.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z. Serialised as that number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment cut to whole seconds, as AWS stores creation dates.
    #[must_use]
    pub const fn truncated_to_secs(self) -> Self {
        Self(self.as_secs() * 1000)
    }

    /// The moment `duration` later, saturating.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Whether what was taken at `from` and holds until `until` holds now. It does not if the clock has been
    /// set back since, by more than the moments by which those who ask at once may differ: nothing holds
    /// longer than it was meant to.
    #[must_use]
    pub fn is_within(self, from: Self, until: Self) -> bool {
        self < until && self.plus(Duration::from_secs(10)) >= from
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// ISO 8601 to the second: `2026-11-23T08:04:43Z`.
    #[must_use]
    pub fn iso8601(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// ISO 8601 with milliseconds: `2026-11-23T08:04:43.120Z`.
    #[must_use]
    pub fn iso8601_millis(self) -> String {
        format!("{}.{:03}Z", self.format("%Y-%m-%dT%H:%M:%S"), self.0.rem_euclid(1000))
    }

    /// The form of Apache's common log and of `$context.requestTime`:
    /// `23/Nov/2026:08:04:43 +0000`.
    #[must_use]
    pub fn common_log(self) -> String {
        self.format("%d/%b/%Y:%H:%M:%S +0000")
    }

    /// The form of HTTP's `Date` header: `Mon, 23 Nov 2026 08:04:43 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// The form of the system command `date`, in which `TestInvokeMethod`'s logs have it:
    /// `Mon Nov 23 08:04:43 UTC 2026`.
    #[must_use]
    pub fn date_command(self) -> String {
        self.format("%a %b %d %H:%M:%S UTC %Y")
    }

    /// Rendered in UTC by a `strftime` pattern. Moments beyond the calendar's range
    /// render as the epoch.
    #[must_use]
    pub fn format(self, pattern: &str) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.strftime(pattern).to_string()
    }

    /// Parses ISO 8601 / RFC 3339 (`2026-11-23T08:04:43Z`, with or without fractions).
    /// `None` if the text is not such a moment.
    #[must_use]
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_millisecond()))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Where "now" comes from: the system, or a hand that a test moves.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Hand(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it. Clones share it.
    #[must_use]
    pub fn standing_at(start: Timestamp) -> Self {
        Self(Source::Hand(Arc::new(AtomicI64::new(start.as_millis()))))
    }

    /// The current moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => SystemTime::now().into(),
            Source::Hand(millis) => Timestamp(millis.load(Ordering::Relaxed)),
        }
    }

    /// Moves a standing clock forward; the system's clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Hand(millis) = &self.0 {
            millis.fetch_add(i64::try_from(by.as_millis()).unwrap_or(0), Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock::system",
            Source::Hand(_) => "Clock::standing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_holds_longer_because_the_clock_was_set_back() {
        let at = |seconds: i64| Timestamp::from_millis(1_000_000 + seconds * 1_000);
        for (now, holds) in [(-3_600, false), (-11, false), (-10, true), (0, true), (59, true), (60, false)] {
            assert_eq!(at(now).is_within(at(0), at(60)), holds, "{now}");
        }
    }

    #[test]
    fn renders_each_form_aws_uses() {
        let moment = Timestamp::from_millis(1_795_421_083_120);
        assert_eq!(moment.iso8601(), "2026-11-23T08:04:43Z");
        assert_eq!(moment.iso8601_millis(), "2026-11-23T08:04:43.120Z");
        assert_eq!(moment.common_log(), "23/Nov/2026:08:04:43 +0000");
        assert_eq!(moment.http_date(), "Mon, 23 Nov 2026 08:04:43 GMT");
        assert_eq!(moment.truncated_to_secs().as_millis(), 1_795_421_083_000);
    }

    #[test]
    fn parses_what_it_renders() {
        let moment = Timestamp::from_millis(1_795_421_083_120);
        assert_eq!(Timestamp::parse_iso8601(&moment.iso8601_millis()), Some(moment));
        assert_eq!(Timestamp::parse_iso8601("yesterday"), None);
    }

    #[test]
    fn moments_beyond_the_calendar_render_as_the_epoch() {
        assert_eq!(Timestamp::from_millis(i64::MAX).iso8601(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_standing_clock_moves_only_by_hand() {
        let clock = Clock::standing_at(Timestamp::from_millis(5_000));
        let shared = clock.clone();
        clock.advance(Duration::from_millis(250));
        assert_eq!(shared.now(), Timestamp::from_millis(5_250));
    }
}
