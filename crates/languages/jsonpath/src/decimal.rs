//! Numbers as filters compare them: exact decimals, whose text is that of Java's
//! `BigDecimal`, because a number and a text are compared by their texts.

use std::cmp::Ordering;

use serde_json::Number;

/// `digits` times ten to the power of `-scale`.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    /// The digits without leading zeros; empty for zero.
    digits: String,
    scale: i64,
}

impl Decimal {
    /// Reads `-12.5e-3`; `None` if `text` is no number.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0').to_owned();
        let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
        Some(Self { negative: negative && !digits.is_empty(), digits, scale })
    }

    /// A number of a document, by way of the text that Java gives it.
    pub(crate) fn of(number: &Number) -> Option<Self> {
        if number.is_f64() {
            Self::parse(&java_double(number.as_f64()?))
        } else {
            Self::parse(&number.to_string())
        }
    }

    /// The whole part, if it fits.
    pub(crate) fn whole(&self) -> Option<i64> {
        let text = match usize::try_from(self.scale) {
            Ok(scale) => self.digits.get(..self.digits.len().saturating_sub(scale))?.to_owned(),
            Err(_) if self.digits.is_empty() => String::new(),
            Err(_) if self.scale < -18 => return None,
            Err(_) => format!("{}{}", self.digits, "0".repeat(usize::try_from(-self.scale).ok()?)),
        };
        let whole: i64 = if text.is_empty() { 0 } else { text.parse().ok()? };
        Some(if self.negative { -whole } else { whole })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        if self.digits.is_empty() || other.digits.is_empty() {
            return (!self.digits.is_empty()).cmp(&!other.digits.is_empty());
        }
        // The power of ten of the first digit decides; after it, digit by digit, the shorter
        // text filled with zeros.
        self.first_power().cmp(&other.first_power()).then_with(|| {
            let width = self.digits.len().max(other.digits.len());
            let padded =
                |digits: &str| digits.bytes().chain(std::iter::repeat(b'0')).take(width).collect::<Vec<_>>();
            padded(&self.digits).cmp(&padded(&other.digits))
        })
    }

    fn first_power(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX).saturating_sub(1).saturating_sub(self.scale)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (negative, _) => (!negative).cmp(&negative),
        }
    }
}

impl std::fmt::Display for Decimal {
    /// As `BigDecimal.toString()` writes it ("canonical string representation").
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SMALLEST_PLAIN_POWER: i64 = -6;
        let digits = if self.digits.is_empty() { "0" } else { &self.digits };
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let power = count.saturating_sub(1).saturating_sub(self.scale);
        if self.negative {
            out.write_str("-")?;
        }
        if self.scale == 0 {
            out.write_str(digits)
        } else if self.scale > 0 && power >= SMALLEST_PLAIN_POWER {
            let width = usize::try_from(self.scale).unwrap_or(0).saturating_add(1);
            let padded = format!("{digits:0>width$}");
            let (whole, fraction) = padded.split_at(padded.len().saturating_sub(width - 1));
            write!(out, "{whole}.{fraction}")
        } else {
            let (first, rest) = digits.split_at(1);
            out.write_str(first)?;
            if !rest.is_empty() {
                write!(out, ".{rest}")?;
            }
            write!(out, "E{power:+}")
        }
    }
}

/// What `Double.toString` gives: plain from 10⁻³ up to 10⁷, else with an exponent, and always
/// with a digit behind the point.
fn java_double(double: f64) -> String {
    let magnitude = double.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{double:?}");
    }
    let text = format!("{double:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text.replace('e', "E"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_however_they_are_written() {
        let order = |a: &str, b: &str| Decimal::parse(a).unwrap().cmp(&Decimal::parse(b).unwrap());
        assert_eq!(order("1", "1.0"), Ordering::Equal);
        assert_eq!(order("1e3", "1000"), Ordering::Equal);
        assert_eq!(order("-0", "0.00"), Ordering::Equal);
        assert_eq!(order("0.1", "0.09"), Ordering::Greater);
        assert_eq!(order("-2", "-1"), Ordering::Less);
        assert_eq!(order("-1", "0"), Ordering::Less);
        assert_eq!(order("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(order("1e2000000000", "1e1999999999"), Ordering::Greater);
    }

    #[test]
    fn texts_are_those_of_java() {
        let text = |number: &str| Decimal::parse(number).unwrap().to_string();
        assert_eq!(text("8.950"), "8.950");
        assert_eq!(text("-0.05"), "-0.05");
        assert_eq!(text("1e3"), "1E+3");
        assert_eq!(text("1.0E10"), "1.0E+10");
        assert_eq!(text("0.0000001"), "1E-7");
        assert_eq!(Decimal::of(&Number::from_f64(1e10).unwrap()).unwrap().to_string(), "1.0E+10");
        assert_eq!(Decimal::of(&Number::from_f64(100.0).unwrap()).unwrap().to_string(), "100.0");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", ".", "1x", "e1", "1e", "1e99999999999", "--1"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn whole_parts_are_cut_not_rounded() {
        let whole = |number: &str| Decimal::parse(number).unwrap().whole();
        assert_eq!(whole("2.9"), Some(2));
        assert_eq!(whole("-2.9"), Some(-2));
        assert_eq!(whole("2e2"), Some(200));
        assert_eq!(whole("0.5"), Some(0));
        assert_eq!(whole("1e30"), None);
    }
}
