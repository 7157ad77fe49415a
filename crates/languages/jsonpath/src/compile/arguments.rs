//! What a function is given: `($.a, 2, "text", {"k": 1})`.

use serde_json::Value;

use super::Nesting;
use super::cursor::{Cursor, Patterns};
use crate::PathError;
use crate::functions::Argument;

/// Reads from the `(` to behind its `)`.
pub(super) fn read(cursor: &mut Cursor, nesting: Nesting) -> Result<Vec<Argument>, PathError> {
    let open = cursor.at;
    let close = cursor
        .matching(open, '(', ')', Patterns::None)?
        .ok_or(PathError::Expected { at: open, expected: "')' behind the arguments" })?;
    cursor.at = close + 1;
    let nesting = nesting.deeper()?;
    let texts = split(&cursor.slice(open + 1, close))?;
    texts.iter().map(|text| read_one(text, nesting)).collect()
}

/// At the commas that stand in no bracket and no quotes.
fn split(text: &str) -> Result<Vec<String>, PathError> {
    let inner = Cursor::new(text);
    let mut parts = Vec::new();
    let (mut from, mut position) = (0, 0);
    while let Some(char) = inner.char_at(position) {
        let pair = match char {
            '(' => Some(')'),
            '[' => Some(']'),
            '{' => Some('}'),
            _ => None,
        };
        if let Some(close) = pair {
            position = inner
                .matching(position, char, close, Patterns::None)?
                .ok_or_else(|| PathError::Argument(text.to_owned()))?;
        } else if char == '"' || char == '\'' {
            position =
                inner.unescaped_after(position, char).ok_or_else(|| PathError::Argument(text.to_owned()))?;
        } else if char == ',' {
            parts.push(inner.slice(from, position));
            from = position + 1;
        }
        position += 1;
    }
    parts.push(inner.slice(from, inner.len()));
    if let [only] = parts.as_slice()
        && only.trim().is_empty()
    {
        parts.clear();
    }
    Ok(parts)
}

fn read_one(text: &str, nesting: Nesting) -> Result<Argument, PathError> {
    let text = text.trim();
    if text.starts_with(['$', '@']) {
        return Ok(Argument::Path(super::compile_nested(text, nesting)?));
    }
    serde_json::from_str::<Value>(text).map(Argument::Json).map_err(|_| PathError::Argument(text.to_owned()))
}
