//! Why a policy cannot be read: which element, and what is wrong with it.

use crate::limits::{MAX_DOCUMENT_BYTES, MAX_STATEMENTS};

/// A document that is no policy. `at` is the element's place: `Statement[1].Condition`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON, or JSON that says the same thing twice.
    #[error("the policy is not valid JSON: {why}")]
    Json {
        /// What the reader said.
        why: String,
    },
    /// Longer than any policy.
    #[error("the policy is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong,
    /// More statements than any policy has.
    #[error("the policy has more than {MAX_STATEMENTS} statements")]
    TooManyStatements,
    /// A value of another JSON type.
    #[error("{at} must be {expected}")]
    Type {
        /// The element.
        at: String,
        /// What it must be.
        expected: &'static str,
    },
    /// An element that must be there.
    #[error("{at} must have {element}")]
    Missing {
        /// The element that lacks it.
        at: String,
        /// What it lacks.
        element: &'static str,
    },
    /// An element that the language does not have.
    #[error("{at} has the unknown element \"{element}\"")]
    Unknown {
        /// The element that holds it.
        at: String,
        /// Its name.
        element: String,
    },
    /// Two elements that exclude each other.
    #[error("{at} has both {one} and {other}")]
    Both {
        /// The element that holds them.
        at: String,
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A value that its element cannot hold.
    #[error("{at} has the value \"{value}\", which is not {expected}")]
    Value {
        /// The element.
        at: String,
        /// The value as written.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A list that would exempt nothing, and so cover everything.
    #[error("{at} must not be empty")]
    Empty {
        /// The element.
        at: String,
    },
    /// A condition operator that does not exist.
    #[error("{at} has the unknown operator \"{operator}\"")]
    Operator {
        /// The condition.
        at: String,
        /// The operator as written.
        operator: String,
    },
    /// An element that this kind of policy cannot have.
    #[error("{at} must not have {element}")]
    Prohibited {
        /// The element that holds it.
        at: String,
        /// The element that must not be there.
        element: &'static str,
    },
    /// Two statements of one name.
    #[error("two statements have the Sid \"{sid}\"")]
    DuplicateSid {
        /// The name.
        sid: String,
    },
}
