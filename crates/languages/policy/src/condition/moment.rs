//! Dates of conditions: the W3C's profile of ISO 8601 (`2026`, `2026-11`, `2026-11-23`,
//! `2026-11-23T08:04Z`, `2026-11-23T08:04:43.5+01:00`), or seconds since 1970, as
//! `aws:EpochTime` has them.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};

/// Reads a date. Those without a zone are in UTC; four digits are a year.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if digits(text) && text.len() != 4 {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil = match text.len() {
        4 if digits(text) => Date::new(text.parse().ok()?, 1, 1).ok()?.into(),
        7 => {
            let (year, month) = text.split_once('-')?;
            if !digits(year) || !digits(month) || year.len() != 4 {
                return None;
            }
            Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?.into()
        }
        10 => text.parse::<Date>().ok()?.into(),
        _ => text.parse::<DateTime>().ok()?,
    };
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_precision() {
        for (text, expected) in [
            ("2026", "2026-01-01T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z"),
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("2026-11-23T08:04Z", "2026-11-23T08:04:00Z"),
            ("2026-11-23T08:04:43Z", "2026-11-23T08:04:43Z"),
            ("2026-11-23T08:04:43", "2026-11-23T08:04:43Z"),
            ("2026-11-23T08:04:43.5Z", "2026-11-23T08:04:43.5Z"),
            ("2026-11-23T09:04:43+01:00", "2026-11-23T08:04:43Z"),
            ("1795421083", "2026-11-23T08:04:43Z"),
            ("0", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(moment(text).map(|moment| moment.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "-1",
            "tomorrow",
            "2026-13",
            "2026-+1",
            "2026-02-30",
            "26-11-2",
            "99999999999999999999",
            "é026-11",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
