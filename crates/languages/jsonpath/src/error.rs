//! Why a text is no path, and why a path reads nothing.

use crate::limits::{MAX_NESTING, MAX_PATH_CHARS, MAX_STEPS};

/// A text that is no path. Positions count characters from 0, as the library counts them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing at all.
    #[error("the path is empty")]
    Empty,
    /// Longer than any path.
    #[error("the path is longer than {MAX_PATH_CHARS} characters")]
    TooLong,
    /// More steps than any path has.
    #[error("the path has more than {MAX_STEPS} steps")]
    TooManySteps,
    /// Filters in filters in filters.
    #[error("the path is nested more than {MAX_NESTING} deep")]
    TooDeep,
    /// A dot at the end.
    #[error("the path must not end with a '.' or '..'")]
    TrailingDot,
    /// Something else was expected here.
    #[error("position {at}: expected {expected}")]
    Expected {
        /// The character's position.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A blank in a property that is not quoted.
    #[error("position {at}: a property with blanks is written ['my prop']")]
    Blank {
        /// Where the property begins.
        at: usize,
    },
    /// An index or a slice that is none.
    #[error("position {at}: '{text}' is neither an index nor a slice")]
    Index {
        /// Where it begins.
        at: usize,
        /// What stands between the brackets.
        text: String,
    },
    /// `[?]`, which stands for a filter that is given in code.
    #[error("position {at}: a filter must be written out")]
    Placeholder {
        /// Where it begins.
        at: usize,
    },
    /// An operator that does not exist.
    #[error("'{0}' is no operator")]
    Operator(String),
    /// A function that does not exist.
    #[error("a function named '{0}' does not exist")]
    Function(String),
    /// An argument that is neither a path nor JSON.
    #[error("'{0}' is no argument for a function")]
    Argument(String),
    /// A number, a list or an object that cannot be read.
    #[error("'{0}' is no value")]
    Literal(String),
    /// A regular expression that cannot be compiled, or is too large.
    #[error("the pattern '{pattern}' cannot be used: {why}")]
    Pattern {
        /// The expression between the slashes.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a path reads nothing from a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// The document has no such value.
    #[error("the document has no such value")]
    Missing,
    /// A filter was put to a text, a number or another value without parts.
    #[error("a filter needs a list or an object")]
    FilterOnPlainValue,
    /// The smallest, largest, mean … of no numbers.
    #[error("a function of numbers was given none")]
    NoNumbers,
    /// More work than [`limits`](crate::limits) allows.
    #[error("reading takes more work than is allowed")]
    TooMuchWork,
}
