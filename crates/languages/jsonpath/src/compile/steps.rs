//! The steps of a path: dots and names here, brackets in `brackets.rs`.

use super::cursor::Cursor;
use super::{Nesting, arguments, brackets};
use crate::PathError;
use crate::functions::{Arguments, Function};
use crate::limits::MAX_STEPS;
use crate::path::{Path, Start, Step};

pub(super) fn read_path(mut cursor: Cursor, nesting: Nesting) -> Result<Path, PathError> {
    let start = match cursor.current() {
        Some('$') => Start::Root,
        Some('@') => Start::Current,
        _ => return Err(PathError::Expected { at: 0, expected: "'$' or '@'" }),
    };
    let mut steps = Vec::new();
    if !cursor.at_tail() {
        cursor.at = 1;
        if !matches!(cursor.current(), Some('.' | '[')) {
            return Err(PathError::Expected { at: 1, expected: "'.' or '['" });
        }
        loop {
            read_step(&mut cursor, &mut steps, nesting)?;
            if cursor.at_tail() {
                break;
            }
            if steps.len() >= MAX_STEPS {
                return Err(PathError::TooManySteps);
            }
        }
    }
    Ok(Path::new(start, count_what_a_scan_finds(steps)))
}

fn read_step(cursor: &mut Cursor, steps: &mut Vec<Step>, nesting: Nesting) -> Result<(), PathError> {
    if cursor.current() == Some('.') {
        if cursor.char_at(cursor.at + 1) == Some('.') {
            steps.push(Step::Scan);
            cursor.at += 1;
        }
        cursor.at += 1;
        if cursor.current() == Some('.') {
            return Err(PathError::Expected { at: cursor.at, expected: "a name" });
        }
    }
    let step = match cursor.current() {
        Some('[') => brackets::read(cursor, nesting)?,
        Some('*') => {
            cursor.at += 1;
            Step::Wildcard
        }
        Some(' ' | '.') | None => return Err(PathError::Expected { at: cursor.at, expected: "a step" }),
        Some(_) => read_name(cursor, nesting)?,
    };
    steps.push(step);
    Ok(())
}

/// `name` or `name(arguments)`.
fn read_name(cursor: &mut Cursor, nesting: Nesting) -> Result<Step, PathError> {
    let from = cursor.at;
    while let Some(char) = cursor.current() {
        match char {
            ' ' => return Err(PathError::Blank { at: from }),
            '.' | '[' => break,
            '(' => {
                let name = cursor.slice(from, cursor.at);
                let arguments = arguments::read(cursor, nesting)?;
                return Ok(Step::Function(Function::new(&name, Arguments::Given(arguments))?));
            }
            _ => cursor.at += 1,
        }
    }
    Ok(Step::Property(cursor.slice(from, cursor.at).into()))
}

/// `$..a.length()` counts what `$..a` finds: the function is applied once, to all of it,
/// instead of to each value. Only for a path that begins with the scan, as in the library.
fn count_what_a_scan_finds(mut steps: Vec<Step>) -> Vec<Step> {
    let begins_with_scan = matches!(steps.first(), Some(Step::Scan)) && steps.len() > 2;
    match steps.pop() {
        Some(Step::Function(function)) if begins_with_scan => {
            let found = Path::new(Start::Root, steps);
            vec![Step::Function(function.applied_to(found))]
        }
        Some(step) => {
            steps.push(step);
            steps
        }
        None => steps,
    }
}
