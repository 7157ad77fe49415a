//! The two sides of a comparison, as written and as values.

use std::borrow::Cow;

use serde_json::Value;

use crate::NotFound;
use crate::decimal::Decimal;
use crate::path::{Path, Start};
use crate::read::Reader;

/// A side of a comparison.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Path(Path),
    Text(String),
    Number(Decimal),
    Boolean(bool),
    Null,
    /// A list or an object.
    Json(Value),
    Pattern(Pattern),
}

/// A regular expression that a whole text has to match.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) source: String,
    pub(crate) expression: regex::Regex,
}

/// What an operand is worth for one item.
#[derive(Clone, Debug)]
pub(super) enum Worth<'v> {
    Text(Cow<'v, str>),
    Number(Cow<'v, Decimal>),
    Boolean(bool),
    Null,
    Json {
        value: Cow<'v, Value>,
        /// It stands in the path itself.
        written: bool,
    },
    Pattern(&'v Pattern),
    /// There is nothing at the path.
    Undefined,
}

impl Operand {
    pub(super) fn value<'v>(&'v self, item: &'v Value, reader: &Reader<'v>) -> Result<Worth<'v>, NotFound> {
        Ok(match self {
            Self::Path(path) => {
                let from = if path.start == Start::Root { reader.root } else { item };
                let reader = Reader { all_required: false, ..*reader };
                match reader.value_at(path, from) {
                    Ok(value) => Worth::of(value),
                    Err(NotFound::TooMuchWork) => return Err(NotFound::TooMuchWork),
                    // Only "no numbers" is an error of the whole reading in the library.
                    Err(NotFound::NoNumbers) => return Err(NotFound::NoNumbers),
                    Err(NotFound::Missing | NotFound::FilterOnPlainValue) => Worth::Undefined,
                }
            }
            Self::Text(text) => Worth::Text(Cow::Borrowed(text)),
            Self::Number(number) => Worth::Number(Cow::Borrowed(number)),
            Self::Boolean(boolean) => Worth::Boolean(*boolean),
            Self::Null => Worth::Null,
            Self::Json(value) => Worth::Json { value: Cow::Borrowed(value), written: true },
            Self::Pattern(pattern) => Worth::Pattern(pattern),
        })
    }
}

impl<'v> Worth<'v> {
    pub(super) fn of(value: Cow<'v, Value>) -> Self {
        match value {
            Cow::Borrowed(Value::String(text)) => Self::Text(Cow::Borrowed(text)),
            Cow::Owned(Value::String(text)) => Self::Text(Cow::Owned(text)),
            value => match &*value {
                Value::Number(number) => {
                    Decimal::of(number).map_or(Self::Undefined, |number| Self::Number(Cow::Owned(number)))
                }
                Value::Bool(boolean) => Self::Boolean(*boolean),
                Value::Null => Self::Null,
                Value::Array(_) | Value::Object(_) | Value::String(_) => Self::Json { value, written: false },
            },
        }
    }
}
