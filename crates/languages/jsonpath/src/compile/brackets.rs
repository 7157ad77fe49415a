//! What stands between brackets: names, indices, slices, `*` and filters.

use super::cursor::{Cursor, Patterns, unescape};
use super::{Nesting, filter};
use crate::PathError;
use crate::path::Step;

/// Reads from the `[` to behind its `]`.
pub(super) fn read(cursor: &mut Cursor, nesting: Nesting) -> Result<Step, PathError> {
    let first = cursor.significant_after(cursor.at);
    match cursor.char_at(first) {
        Some(quote @ ('\'' | '"')) => read_names(cursor, quote),
        Some('0'..='9' | '-' | ':') => read_indices(cursor),
        Some('*') => {
            let close = cursor.significant_after(first);
            if cursor.char_at(close) != Some(']') {
                return Err(PathError::Expected { at: first + 1, expected: "']' behind the '*'" });
            }
            cursor.at = close + 1;
            Ok(Step::Wildcard)
        }
        Some('?') => read_filter(cursor, first, nesting),
        _ => Err(PathError::Expected {
            at: cursor.at,
            expected: "a quote, a digit, '*' or '?' behind the '['",
        }),
    }
}

fn read_names(cursor: &mut Cursor, quote: char) -> Result<Step, PathError> {
    let mut names = Vec::new();
    let mut position = cursor.at;
    loop {
        let open = cursor.significant_after(position);
        if cursor.char_at(open) != Some(quote) {
            return Err(PathError::Expected { at: open, expected: "a quoted name" });
        }
        let close = cursor
            .unescaped_after(open, quote)
            .ok_or(PathError::Expected { at: open, expected: "a quote that is closed" })?;
        names.push(unescape(&cursor.slice(open + 1, close)).into_boxed_str());
        position = cursor.significant_after(close);
        match cursor.char_at(position) {
            Some(',') => {}
            Some(']') => break,
            _ => return Err(PathError::Expected { at: position, expected: "',' or ']' behind a name" }),
        }
    }
    cursor.at = position + 1;
    match names.pop() {
        Some(name) if names.is_empty() => Ok(Step::Property(name)),
        last => Ok(Step::Properties(names.into_iter().chain(last).collect())),
    }
}

fn read_indices(cursor: &mut Cursor) -> Result<Step, PathError> {
    let at = cursor.at;
    let close = cursor.unescaped_after(at, ']').ok_or(PathError::Expected { at, expected: "']'" })?;
    let text = cursor.slice(at + 1, close).trim().to_owned();
    cursor.at = close + 1;
    let wrong = || PathError::Index { at, text: text.clone() };
    let number = |digits: &str| digits.parse::<i32>().map_err(|_| wrong());
    if text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b',' | b'-' | b':' | b' ')) {
        return Err(wrong());
    }
    if text.contains(':') {
        // Whatever stands behind a second colon is not looked at: the library knows no
        // steps, and refuses only a slice that has neither of the first two numbers.
        let mut parts =
            text.split(':').map(|part| if part.is_empty() { Ok(None) } else { number(part).map(Some) });
        let from = parts.next().transpose()?.flatten();
        let to = parts.next().transpose()?.flatten();
        return if from.is_none() && to.is_none() { Err(wrong()) } else { Ok(Step::Slice { from, to }) };
    }
    let mut indices = text.split(',').map(|part| number(part.trim())).collect::<Result<Vec<_>, _>>()?;
    match indices.pop() {
        Some(index) if indices.is_empty() => Ok(Step::Index(index)),
        last => Ok(Step::Indices(indices.into_iter().chain(last).collect())),
    }
}

fn read_filter(cursor: &mut Cursor, question: usize, nesting: Nesting) -> Result<Step, PathError> {
    let at = cursor.at;
    let open = cursor.significant_after(question);
    match cursor.char_at(open) {
        Some('(') => {}
        Some(']' | ',') => return Err(PathError::Placeholder { at }),
        _ => return Err(PathError::Expected { at: open, expected: "'(' behind the '?'" }),
    }
    let missing = PathError::Expected { at: open, expected: "')]' at the end of the filter" };
    let close = cursor.matching(open, '(', ')', Patterns::Skip)?.ok_or_else(|| missing.clone())?;
    let end = cursor.significant_after(close);
    if cursor.char_at(end) != Some(']') {
        return Err(missing);
    }
    let expression = filter::compile(&cursor.slice(open, close + 1), nesting.deeper()?)?;
    cursor.at = end + 1;
    Ok(Step::Filter(expression))
}
