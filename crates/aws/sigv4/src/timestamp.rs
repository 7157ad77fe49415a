//! The dates of signatures: `20261123T080443Z`, and what `Date` headers hold.

use std::time::Duration;

use base::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;

/// How far a signer's clock may be from ours, either way: 15 minutes (IAM user guide,
/// "Troubleshoot signature version 4").
pub const MAX_SKEW: Duration = Duration::from_secs(900);

/// ISO 8601's basic format, to the second, in UTC.
pub(crate) fn basic(moment: Timestamp) -> String {
    moment.format("%Y%m%dT%H%M%SZ")
}

/// Reads `20261123T080443Z`.
pub(crate) fn parse_basic(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let number = |text: &str, range: std::ops::Range<usize>| -> Option<i8> { digits(text.get(range)?) };
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let year: i16 = digits(date.get(..4)?)?;
    let civil = DateTime::new(
        year,
        number(date, 4..6)?,
        number(date, 6..8)?,
        number(time, 0..2)?,
        number(time, 2..4)?,
        number(time, 4..6)?,
        0,
    )
    .ok()?;
    let moment = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(moment.timestamp().as_millisecond()))
}

/// Reads a `Date` header: the format of e-mail and HTTP, or the basic format, which some
/// signers put there.
pub(crate) fn parse_date_header(text: &str) -> Option<Timestamp> {
    parse_basic(text).or_else(|| {
        let moment = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Timestamp::from_millis(moment.as_millisecond()))
    })
}

/// A number of digits alone: `parse` would also take a sign.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|c| c.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_basic_format() {
        let moment = Timestamp::from_millis(1_795_421_083_000);
        assert_eq!(basic(moment), "20261123T080443Z");
        assert_eq!(parse_basic("20261123T080443Z"), Some(moment));
        assert_eq!(parse_basic("20240229T235959Z").map(basic).as_deref(), Some("20240229T235959Z"));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "Z",
            "T",
            "20261123",
            "20261123T080443",
            "2026-11-23T08:04:43Z",
            "20261123T0804Z",
            "20261123T080443.5Z",
            "20230229T000000Z",
            "20261323T000000Z",
            "20261123T240000Z",
            "+0261123T000000Z",
            "2026112+T000000Z",
            "２0261123T080443Z",
            "20261123T08044éZ",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
    }

    #[test]
    fn date_headers_hold_either_format() {
        let moment = Some(Timestamp::from_millis(1_795_421_083_000));
        for text in [
            "Mon, 23 Nov 2026 08:04:43 GMT",
            "Mon, 23 Nov 2026 08:04:43 -0000",
            "Mon, 23 Nov 2026 09:04:43 +0100",
            "20261123T080443Z",
        ] {
            assert_eq!(parse_date_header(text), moment, "{text}");
        }
        assert_eq!(parse_date_header("tomorrow"), None);
    }
}
