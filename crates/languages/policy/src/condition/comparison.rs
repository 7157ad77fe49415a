//! What operators compare: texts, patterns, numbers, moments, booleans, bytes, addresses, ARNs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::moment::moment;
use super::network::{Network, address};
use crate::request::Context;
use crate::text::{ArnPattern, Exact, Pattern};

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    TextIgnoringCase,
    Like,
    Number(Order),
    Moment(Order),
    Boolean,
    Binary,
    Address,
    Arn,
}

/// How the request's value must stand to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: PartialOrd>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }
}

/// The policy's values, read as what they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Comparison {
    Text(Vec<Exact>),
    TextIgnoringCase(Vec<Exact>),
    Like(Vec<Pattern>),
    Number(Order, Vec<f64>),
    Moment(Order, Vec<Timestamp>),
    Boolean(Vec<bool>),
    Binary(Vec<Vec<u8>>),
    Address(Vec<Network>),
    Arn(Vec<ArnPattern>),
}

impl Comparison {
    /// Reads the policy's values. The error is the value that cannot be read, and what it
    /// should be.
    pub(crate) fn parse(kind: Kind, values: &[String], variables: bool) -> Result<Self, Unreadable<'_>> {
        let exact = |text: &str| Exact::parse(text, variables);
        Ok(match kind {
            Kind::Text => Self::Text(each(values, exact)?),
            Kind::TextIgnoringCase => Self::TextIgnoringCase(each(values, exact)?),
            Kind::Like => Self::Like(each(values, |text| Pattern::parse(text, variables))?),
            Kind::Number(order) => Self::Number(order, each(values, |text| number(text).ok_or("a number"))?),
            Kind::Moment(order) => {
                let read = |text: &str| moment(text).ok_or("a date of ISO 8601, or seconds since 1970");
                Self::Moment(order, each(values, read)?)
            }
            Kind::Boolean => Self::Boolean(booleans(values)?),
            Kind::Binary => Self::Binary(each(values, |text| STANDARD.decode(text).map_err(|_| "base 64"))?),
            Kind::Address => {
                let read = |text: &str| Network::parse(text).ok_or("an IP address or a CIDR block");
                Self::Address(each(values, read)?)
            }
            Kind::Arn => Self::Arn(each(values, |text| ArnPattern::parse(text, variables))?),
        })
    }

    /// Whether a value of the request is one of the policy's; `None` if that cannot be told.
    pub(crate) fn matches(&self, found: &str, context: &Context<'_>) -> Option<bool> {
        match self {
            Self::Text(values) => any(values, |wanted| Some(wanted.resolve(context)?.as_ref() == found)),
            Self::TextIgnoringCase(values) => {
                any(values, |wanted| Some(same_ignoring_case(&wanted.resolve(context)?, found)))
            }
            Self::Like(values) => any(values, |wanted| wanted.matches(found, context)),
            Self::Number(order, values) => {
                let found = number(found)?;
                Some(values.iter().any(|wanted| order.holds(&found, wanted)))
            }
            Self::Moment(order, values) => {
                let found = moment(found)?;
                Some(values.iter().any(|wanted| order.holds(&found, wanted)))
            }
            Self::Boolean(values) => Some(values.contains(&boolean(found)?)),
            Self::Binary(values) => Some(values.contains(&STANDARD.decode(found).ok()?)),
            Self::Address(values) => {
                let found = address(found)?;
                Some(values.iter().any(|network| network.contains(found)))
            }
            Self::Arn(values) => any(values, |wanted| wanted.matches(found, context)),
        }
    }
}

/// A value that cannot be read, and what it should be.
pub(crate) type Unreadable<'a> = (&'a str, &'static str);

fn each<T>(
    values: &[String],
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, Unreadable<'_>> {
    values.iter().map(|text| read(text).map_err(|expected| (text.as_str(), expected))).collect()
}

/// One match is enough; without one, a single value that cannot tell leaves it open.
fn any<T>(values: &[T], matches: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    let mut open = false;
    for value in values {
        match matches(value) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    (!open).then_some(false)
}

/// Reads the values of `Bool` and `Null`.
pub(crate) fn booleans(values: &[String]) -> Result<Vec<bool>, Unreadable<'_>> {
    each(values, |text| boolean(text).ok_or("true or false"))
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An integer or a decimal; no exponents, no infinities.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+'));
    if plain { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}
