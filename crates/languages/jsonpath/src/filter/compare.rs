//! What the operators of filters mean.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::operand::Worth;
use super::operator::Operator;
use crate::NotFound;
use crate::decimal::Decimal;
use crate::read::Reader;

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    True,
    False,
    /// The operator has no meaning for these values, so that the item is not let through.
    Void,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl Verdict {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Void => Self::Void,
        }
    }
}

pub(super) fn compare(
    left: &Worth<'_>,
    operator: Operator,
    right: &Worth<'_>,
    reader: &Reader<'_>,
) -> Result<Verdict, NotFound> {
    let order = |wanted: fn(Ordering) -> bool| Verdict::from(order(left, right).is_some_and(wanted));
    Ok(match operator {
        Operator::Equal => equal(left, right, reader)?.into(),
        Operator::NotEqual => (!equal(left, right, reader)?).into(),
        Operator::SameAndEqual => same_and_equal(left, right, reader)?.into(),
        Operator::NotSameAndEqual => (!same_and_equal(left, right, reader)?).into(),
        Operator::Less => order(Ordering::is_lt),
        Operator::LessOrEqual => order(Ordering::is_le),
        Operator::Greater => order(Ordering::is_gt),
        Operator::GreaterOrEqual => order(Ordering::is_ge),
        Operator::Matches => matches(left, right).into(),
        Operator::In => contained(left, right, reader)?,
        Operator::NotIn => contained(left, right, reader)?.negated(),
        Operator::Contains => match (left, right) {
            (Worth::Text(text), Worth::Text(part)) => text.contains(&**part).into(),
            (Worth::Json { value, .. }, _) => match &**value {
                Value::Array(values) => any_equals(right, values, reader)?.into(),
                _ => Verdict::False,
            },
            _ => Verdict::False,
        },
        Operator::Size => match right {
            // Objects have no size, as in the library.
            Worth::Number(size) if !is_object(left) => {
                (size_of(left).is_some() && size_of(left) == size.whole()).into()
            }
            _ => Verdict::False,
        },
        Operator::Empty => match (size_of(left), right) {
            (Some(size), Worth::Boolean(wanted)) => ((size == 0) == *wanted).into(),
            (Some(_), _) => Verdict::Void,
            (None, _) => Verdict::False,
        },
        Operator::SubsetOf => {
            lists(left, right, |left, right| Ok(count_in(left, right, reader)? == left.len()))?
        }
        Operator::AnyOf => lists(left, right, |left, right| Ok(count_in(left, right, reader)? > 0))?,
        Operator::NoneOf => lists(left, right, |left, right| Ok(count_in(left, right, reader)? == 0))?,
        Operator::Exists => match (left, right) {
            (Worth::Boolean(left), Worth::Boolean(right)) => (left == right).into(),
            _ => Verdict::Void,
        },
        Operator::OfCodeOnly => Verdict::Void,
    })
}

/// Numbers and texts are equal across their types: a number is compared with the number that
/// the text on its right spells, a text with the text of the number on its right.
fn equal(left: &Worth<'_>, right: &Worth<'_>, reader: &Reader<'_>) -> Result<bool, NotFound> {
    Ok(match (left, right) {
        (Worth::Text(left), Worth::Text(right)) => left == right,
        (Worth::Number(left), Worth::Number(right)) => left == right,
        (Worth::Number(left), Worth::Text(right)) => {
            Decimal::parse(right).is_some_and(|right| **left == right)
        }
        (Worth::Text(left), Worth::Number(right)) => **left == right.to_string(),
        (Worth::Boolean(left), Worth::Boolean(right)) => left == right,
        (Worth::Null, Worth::Null) => true,
        // A list that is written on the left equals only one that is written on the right:
        // the library compares the text with the value.
        (Worth::Json { value: left, written: true }, Worth::Json { value: right, written }) => {
            *written && same_json(left, right, reader)?
        }
        (Worth::Json { value: left, .. }, Worth::Json { value: right, .. }) => {
            same_json(left, right, reader)?
        }
        (Worth::Pattern(left), Worth::Pattern(right)) => left.source == right.source,
        _ => false,
    })
}

fn same_and_equal(left: &Worth<'_>, right: &Worth<'_>, reader: &Reader<'_>) -> Result<bool, NotFound> {
    Ok(std::mem::discriminant(left) == std::mem::discriminant(right) && equal(left, right, reader)?)
}

/// Equality whose cost is counted.
fn same_json(left: &Value, right: &Value, reader: &Reader<'_>) -> Result<bool, NotFound> {
    reader.work.look(1)?;
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right) {
                if !reader.work.deeper(|| same_json(left, right, reader))? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Object(left), Value::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (name, left) in left {
                let Some(right) = right.get(name) else { return Ok(false) };
                if !reader.work.deeper(|| same_json(left, right, reader))? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ => Ok(left == right),
    }
}

/// Numbers by value, texts letter by letter as Java orders them; a number and a text have no
/// order.
fn order(left: &Worth<'_>, right: &Worth<'_>) -> Option<Ordering> {
    match (left, right) {
        (Worth::Number(left), Worth::Number(right)) => Some(left.cmp(right)),
        (Worth::Text(left), Worth::Text(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

fn matches(left: &Worth<'_>, right: &Worth<'_>) -> bool {
    let (pattern, value) = match (left, right) {
        (Worth::Pattern(_), Worth::Pattern(_)) => return false,
        (Worth::Pattern(pattern), value) | (value, Worth::Pattern(pattern)) => (pattern, value),
        _ => return false,
    };
    let text = match value {
        Worth::Text(text) => Cow::Borrowed(&**text),
        Worth::Number(number) => Cow::Owned(number.to_string()),
        Worth::Boolean(boolean) => Cow::Borrowed(if *boolean { "true" } else { "false" }),
        // All else is matched as an empty text.
        Worth::Null | Worth::Json { .. } | Worth::Pattern(_) | Worth::Undefined => Cow::Borrowed(""),
    };
    pattern.expression.is_match(&text)
}

/// Is `left` one of the values of the list `right`?
fn contained(left: &Worth<'_>, right: &Worth<'_>, reader: &Reader<'_>) -> Result<Verdict, NotFound> {
    match right {
        Worth::Json { value, .. } => match &**value {
            Value::Array(values) => Ok(any_equals(left, values, reader)?.into()),
            _ => Ok(Verdict::False),
        },
        _ => Ok(Verdict::Void),
    }
}

fn any_equals(wanted: &Worth<'_>, values: &[Value], reader: &Reader<'_>) -> Result<bool, NotFound> {
    for value in values {
        reader.work.look(1)?;
        if equal(wanted, &Worth::of(Cow::Borrowed(value)), reader)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lists(
    left: &Worth<'_>,
    right: &Worth<'_>,
    holds: impl Fn(&[Value], &[Value]) -> Result<bool, NotFound>,
) -> Result<Verdict, NotFound> {
    let (Worth::Json { value: left, .. }, Worth::Json { value: right, .. }) = (left, right) else {
        return Ok(Verdict::Void);
    };
    match (&**left, &**right) {
        (Value::Array(left), Value::Array(right)) => Ok(holds(left, right)?.into()),
        _ => Ok(Verdict::False),
    }
}

/// How many of `left` are in `right`.
fn count_in(left: &[Value], right: &[Value], reader: &Reader<'_>) -> Result<usize, NotFound> {
    let mut count = 0;
    for value in left {
        if any_equals(&Worth::of(Cow::Borrowed(value)), right, reader)? {
            count += 1;
        }
    }
    Ok(count)
}

fn is_object(value: &Worth<'_>) -> bool {
    matches!(value, Worth::Json { value, .. } if value.is_object())
}

fn size_of(value: &Worth<'_>) -> Option<i64> {
    let size = match value {
        Worth::Text(text) => text.encode_utf16().count(),
        Worth::Json { value, .. } => match &**value {
            Value::Array(values) => values.len(),
            Value::Object(members) => members.len(),
            _ => return None,
        },
        _ => return None,
    };
    i64::try_from(size).ok()
}
