//! JSONPath as API Gateway speaks it: the dialect of the Java library "Jayway JsonPath".
//!
//! A path is compiled once ([`JsonPath::compile`]) and then reads any number of documents
//! ([`JsonPath::read`]). A *definite* path (`$.a.b[0]`) names one value and reads the value
//! itself; an *indefinite* one (`..`, `*`, a filter, a slice, several indices) reads a list,
//! which may be empty.
//!
//! What the library accepts although it looks wrong is accepted here too, because paths that
//! work on AWS contain it: a path without its `$.`, an unclosed `[` at the end, a stray
//! character behind a bracket. `expectations/` holds what the library itself answered, and
//! its `README.md` says where this crate answers otherwise, and why.
//!
//! Pure and bounded: no input, path or document, can make it panic, recurse or grow without
//! end ([`limits`]).

mod compile;
mod decimal;
mod error;
mod filter;
mod functions;
pub mod limits;
mod path;
mod read;
mod work;

#[cfg(test)]
mod tests;

pub use error::{NotFound, PathError};

use std::borrow::Cow;

use serde_json::Value;

/// A compiled path. Immutable, so that all requests can read by the same one. Two are equal if
/// they are written alike.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: Box<str>,
    path: path::Path,
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonPath {}

impl JsonPath {
    /// Compiles `text`: `$.a.b`, `$['a b'][0]`, `a.b`, `$..book[?(@.price < 10)].title`.
    ///
    /// # Errors
    /// What in `text` is no path. A regular expression that needs looking around or back
    /// references is an error too: those can take exponential time.
    pub fn compile(text: &str) -> Result<Self, PathError> {
        Ok(Self { text: text.into(), path: compile::compile(text)? })
    }

    /// The path as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Does the path name one value?
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.path.definite
    }

    /// Reads the value that the path names in `document`, or the list of them if the path is
    /// indefinite.
    ///
    /// # Errors
    /// There is no such value, or the path asks for something that cannot be had (the
    /// smallest number of an empty list, more work than [`limits`] allows).
    pub fn read<'a>(&self, document: &'a Value) -> Result<Cow<'a, Value>, NotFound> {
        read::read(&self.path, document)
    }
}
