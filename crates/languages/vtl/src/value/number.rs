//! Numbers: Java's types, Velocity's arithmetic.

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use super::Value;
use crate::ast::Operator;
use crate::limits::INTEGER_BITS;

/// A whole number of a template: as small a type as holds it. `None` if it is longer than
/// numbers may be.
pub(crate) fn integer_of(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse() {
        return Some(Value::Integer(number));
    }
    if let Ok(number) = text.parse() {
        return Some(Value::Long(number));
    }
    // A decimal digit is less than four bits.
    if u64::try_from(text.len()).ok()? * 4 > INTEGER_BITS {
        return None;
    }
    text.parse().ok().map(|number| Value::Big(Arc::new(number)))
}

/// A number with a fraction or an exponent.
pub(crate) fn float_of(text: &str) -> Value {
    Value::Double(text.parse().unwrap_or_default())
}

/// The result of an operator on two numbers; null if there is none: division by zero and a
/// result that is too large.
pub(crate) fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Value {
    if matches!(operator, Operator::Divide | Operator::Modulo) && is_zero(right) {
        return Value::Null;
    }
    match (whole(left), whole(right)) {
        (Some(one), Some(other)) => match checked(operator, one, other) {
            Some(result) => sized(result, matches!((left, right), (Value::Integer(_), Value::Integer(_)))),
            None => large(operator, &big(left), &big(right)),
        },
        _ if is_whole(left) && is_whole(right) => large(operator, &big(left), &big(right)),
        _ => {
            let (one, other) = (double(left), double(right));
            Value::Double(match operator {
                Operator::Add => one + other,
                Operator::Subtract => one - other,
                Operator::Multiply => one * other,
                Operator::Divide => one / other,
                Operator::Modulo => one % other,
            })
        }
    }
}

fn checked(operator: Operator, left: i64, right: i64) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => Some(left.wrapping_div(right)),
        Operator::Modulo => Some(left.wrapping_rem(right)),
    }
}

/// An `int` if both operands were and it fits, else a `long`.
fn sized(result: i64, int: bool) -> Value {
    match i32::try_from(result) {
        Ok(small) if int => Value::Integer(small),
        _ => Value::Long(result),
    }
}

fn large(operator: Operator, left: &BigInt, right: &BigInt) -> Value {
    if left.bits() + right.bits() > INTEGER_BITS {
        return Value::Null;
    }
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        // Java's `mod`, which is never negative and refuses a negative modulus.
        Operator::Modulo if right.sign() == Sign::Minus => return Value::Null,
        Operator::Modulo => {
            let rest = left % right;
            if rest.sign() == Sign::Minus { rest + right } else { rest }
        }
    };
    Value::Big(Arc::new(result))
}

/// How two numbers compare; `None` with what is not a number.
pub(crate) fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Some(one), Some(other)) = (whole(left), whole(right)) {
        return Some(one.cmp(&other));
    }
    if is_whole(left) && is_whole(right) {
        return Some(big(left).cmp(&big(right)));
    }
    (left.is_number() && right.is_number()).then(|| {
        let (one, other) = (double(left), double(right));
        // As Velocity does: what is neither less nor greater is equal.
        one.partial_cmp(&other).unwrap_or(Ordering::Equal)
    })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number == 0,
        Value::Long(number) => *number == 0,
        Value::Double(number) => *number == 0.0,
        Value::Big(number) => number.sign() == Sign::NoSign,
        _ => false,
    }
}

fn is_whole(value: &Value) -> bool {
    matches!(value, Value::Integer(_) | Value::Long(_) | Value::Big(_))
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

fn big(value: &Value) -> BigInt {
    match value {
        Value::Big(number) => (**number).clone(),
        other => whole(other).unwrap_or_default().into(),
    }
}

/// As `doubleValue()`.
pub(crate) fn double(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => f64::from(*number),
        // As Java's conversion: to the nearest.
        #[allow(clippy::cast_precision_loss)]
        Value::Long(number) => *number as f64,
        Value::Double(number) => *number,
        Value::Big(number) => number.to_string().parse().unwrap_or_default(),
        _ => 0.0,
    }
}

/// As `longValue()`.
pub(crate) fn long(value: &Value) -> i64 {
    match value {
        Value::Integer(number) => i64::from(*number),
        Value::Long(number) => *number,
        // Rust's conversion is Java's: towards zero, to the nearest bound, nothing for NaN.
        #[allow(clippy::cast_possible_truncation)]
        Value::Double(number) => *number as i64,
        Value::Big(number) => {
            let low = number.iter_u64_digits().next().unwrap_or_default().cast_signed();
            if number.sign() == Sign::Minus { low.wrapping_neg() } else { low }
        }
        _ => 0,
    }
}

/// As `intValue()`.
pub(crate) fn int(value: &Value) -> i32 {
    match value {
        #[allow(clippy::cast_possible_truncation)]
        Value::Double(number) => *number as i32,
        #[allow(clippy::cast_possible_truncation)]
        other => long(other) as i32,
    }
}

/// As `Double.toString`: plain between a thousandth and ten million, else with an exponent.
pub(crate) fn print_double(number: f64, out: &mut String) {
    use std::fmt::Write as _;
    if number.is_nan() {
        out.push_str("NaN");
    } else if number.is_infinite() {
        out.push_str(if number < 0.0 { "-Infinity" } else { "Infinity" });
    } else if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{number:?}");
    } else {
        let text = format!("{number:E}");
        let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let point = if digits.contains('.') { "" } else { ".0" };
        let _ = write!(out, "{digits}{point}E{exponent}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outputs of `Double.toString`.
    #[test]
    fn doubles_print_as_in_java() {
        for (number, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (249.99, "249.99"),
            (0.001, "0.001"),
            (0.0009, "9.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e-9, "1.25E-9"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            print_double(number, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn whole_numbers_grow_and_stop() {
        let largest = Value::Long(i64::MAX);
        let Value::Big(sum) = arithmetic(Operator::Add, &largest, &Value::Integer(1)) else { panic!() };
        assert_eq!(sum.to_string(), "9223372036854775808");
        let mut grown = Value::Integer(i32::MAX);
        let mut doublings = 0;
        while !grown.is_null() {
            grown = arithmetic(Operator::Multiply, &grown, &grown);
            doublings += 1;
        }
        // 31 bits, and up to 8,192.
        assert_eq!(doublings, 9);
        assert!(integer_of(&"9".repeat(2_048)).is_some());
        assert!(integer_of(&"9".repeat(2_049)).is_none());
    }
}
