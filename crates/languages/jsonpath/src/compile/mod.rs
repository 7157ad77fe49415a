//! From the text of a path to its steps.

mod arguments;
mod brackets;
mod cursor;
mod filter;
mod steps;

use crate::PathError;
use crate::limits::{MAX_NESTING, MAX_PATH_CHARS};
use crate::path::Path;
use cursor::Cursor;

/// Compiles the path of a caller, which may lack its `$.`.
pub(crate) fn compile(text: &str) -> Result<Path, PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.chars().nth(MAX_PATH_CHARS).is_some() {
        return Err(PathError::TooLong);
    }
    compile_nested(text, Nesting::outermost())
}

/// Compiles a path within a filter or within a function's arguments.
fn compile_nested(text: &str, nesting: Nesting) -> Result<Path, PathError> {
    // A blank in front of the `$` makes it a property's name: so does the library.
    let text = if text.starts_with(['$', '@']) { text.to_owned() } else { format!("$.{text}") };
    let cursor = Cursor::new(text.trim_end_matches(' '));
    if cursor.ends_with('.') {
        return Err(PathError::TrailingDot);
    }
    steps::read_path(cursor, nesting)
}

/// How deep the part that is being compiled stands in the whole.
#[derive(Clone, Copy)]
struct Nesting(usize);

impl Nesting {
    fn outermost() -> Self {
        Self(MAX_NESTING)
    }

    fn deeper(self) -> Result<Self, PathError> {
        self.0.checked_sub(1).map(Self).ok_or(PathError::TooDeep)
    }
}
