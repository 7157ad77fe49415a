//! Days of the calendar, in UTC: what quotas and usage are counted by.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::Timestamp;

/// A day in UTC. Written and read as `2026-11-23`, in which form days sort as they follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// The text is not a day of the calendar in the form `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a day of the form YYYY-MM-DD")]
pub struct NotADay(String);

impl Day {
    /// The day in which `moment` lies. Moments beyond the calendar lie in its first day.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default();
        Self(jiff::tz::Offset::UTC.to_datetime(moment).date())
    }

    /// The next day; the calendar's last day is followed by itself.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1.day()))
    }

    /// The day that many days earlier, the calendar's first one at the earliest.
    #[must_use]
    pub fn minus_days(self, days: u16) -> Self {
        Self(self.0.saturating_sub(i64::from(days).days()))
    }

    /// How many days after `earlier` this is; negative if it is before it.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        (self.0 - earlier.0).get_days()
    }

    /// The Sunday with which this day's week begins.
    #[must_use]
    pub fn first_of_week(self) -> Self {
        let since = self.0.weekday().since(Weekday::Sunday);
        self.minus_days(u16::from(since.unsigned_abs()))
    }

    /// The first day of this day's month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let wrong = || NotADay(text.chars().take(64).collect());
        let day: Date = text.parse().map_err(|_| wrong())?;
        // Its own form is the only one that is taken: no times, no signs, no other calendars.
        if day.to_string() == text { Ok(Self(day)) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_read_in_one_form() {
        for text in ["2026-11-23", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in [
            "",
            "2026-11-31",
            "2025-02-29",
            "2026-1-1",
            "20261123",
            "2026-11-23T00:00",
            "+002026-11-23",
            " 2026-11-23",
            "2026/11/23",
            "tomorrow",
            "10000-01-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NotADay(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_moment_lies_in_a_day_of_utc() {
        let of = |text: &str| Day::of(Timestamp::parse_iso8601(text).unwrap()).to_string();
        assert_eq!(of("2026-11-23T00:00:00Z"), "2026-11-23");
        assert_eq!(of("2026-11-23T23:59:59.999Z"), "2026-11-23");
        assert_eq!(of("2026-11-23T23:59:59-05:00"), "2026-11-24");
    }

    #[test]
    fn days_follow_each_other() {
        assert_eq!(day("2024-02-28").next(), day("2024-02-29"));
        assert_eq!(day("2026-12-31").next(), day("2027-01-01"));
        assert_eq!(day("9999-12-31").next(), day("9999-12-31"));
        assert_eq!(day("2027-01-01").minus_days(366), day("2025-12-31"));
        assert_eq!(day("2026-12-31").days_since(day("2026-01-01")), 364);
        assert_eq!(day("2026-01-01").days_since(day("2026-12-31")), -364);
    }

    #[test]
    fn weeks_begin_with_sunday_and_months_with_the_first() {
        // 2026-11-22 was a Sunday.
        for (text, week, month) in [
            ("2026-11-21", "2026-11-15", "2026-11-01"),
            ("2026-11-22", "2026-11-22", "2026-11-01"),
            ("2026-11-28", "2026-11-22", "2026-11-01"),
            ("2026-12-01", "2026-11-29", "2026-12-01"),
        ] {
            assert_eq!(
                (day(text).first_of_week(), day(text).first_of_month()),
                (day(week), day(month)),
                "{text}"
            );
        }
    }
}
