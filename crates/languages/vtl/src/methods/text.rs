//! Methods of texts. Places in a text count UTF-16 units, as in Java.

use std::sync::Arc;

use super::{fails, text_argument};
use crate::ast::Method;
use crate::error::RenderError;
use crate::render::{Machine, Run};
use crate::value::{ListKind, Pattern, Value};

impl Machine<'_> {
    pub(super) fn text_method(
        &mut self,
        text: &Arc<str>,
        method: &Method,
        arguments: &[Value],
    ) -> Run<Option<Value>> {
        self.charge_bytes(text.len())?;
        let made = match (&*method.name, arguments) {
            ("length", []) => Value::count(units(text)),
            ("isEmpty", []) => Value::Boolean(text.is_empty()),
            ("isBlank", []) => Value::Boolean(text.trim().is_empty()),
            ("toString" | "intern", []) => Value::Text(text.clone()),
            ("trim", []) => Value::text(text.trim_matches(|c| c <= ' ')),
            ("strip", []) => Value::text(text.trim()),
            ("toLowerCase", []) => self.new_text(text.to_lowercase())?,
            ("toUpperCase", []) => self.new_text(text.to_uppercase())?,
            ("charAt", [Value::Integer(at)]) => character(text, *at)?,
            ("substring", [Value::Integer(begin)]) => substring(text, *begin, None)?,
            ("substring" | "subSequence", [Value::Integer(begin), Value::Integer(end)]) => {
                substring(text, *begin, Some(*end))?
            }
            ("concat", [other]) => match text_argument(other) {
                Some(other) => self.new_text(format!("{text}{other}"))?,
                None => return Ok(None),
            },
            ("repeat", [Value::Integer(count)]) => {
                let count = usize::try_from(*count)
                    .map_err(|_| fails("repeat", format!("count is negative: {count}")))?;
                let length = text.len().saturating_mul(count);
                if length > self.limit {
                    return Err(RenderError::OutputTooLong { limit: self.limit }.into());
                }
                self.new_text(text.repeat(count))?
            }
            ("replaceAll" | "replaceFirst", [pattern, replacement]) => {
                match (text_argument(pattern), text_argument(replacement)) {
                    (Some(pattern), Some(replacement)) => {
                        let all = &*method.name == "replaceAll";
                        let pattern = self.pattern(method, &pattern)?;
                        self.charge(pattern.cost(text.len()))?;
                        let made = pattern
                            .replace(text, &replacement, all, self.limit)
                            .map_err(|why| fails("replaceAll", why))?;
                        self.new_text(made.into_owned())?
                    }
                    _ => return Ok(None),
                }
            }
            ("replace", [from, to]) => match (text_argument(from), text_argument(to)) {
                (Some(from), Some(to)) => {
                    let count = text.matches(&*from).count();
                    let grown = count.saturating_mul(to.len()).saturating_add(text.len());
                    if grown > self.limit.saturating_mul(2) {
                        return Err(RenderError::OutputTooLong { limit: self.limit }.into());
                    }
                    self.new_text(text.replace(&*from, &to))?
                }
                _ => return Ok(None),
            },
            ("matches", [pattern]) => match text_argument(pattern) {
                Some(pattern) => {
                    let pattern = self.pattern(method, &pattern)?;
                    self.charge(100 + pattern.cost(text.len()))?;
                    Value::Boolean(pattern.matches(text).map_err(|why| fails("matches", why))?)
                }
                None => return Ok(None),
            },
            ("split", [pattern]) => self.split(text, method, pattern, 0)?,
            ("split", [pattern, Value::Integer(limit)]) => self.split(text, method, pattern, *limit)?,
            ("toCharArray", []) => {
                self.charge(text.len())?;
                let characters = text.chars().map(|c| Value::text(c.encode_utf8(&mut [0; 4]))).collect();
                self.heap.new_list(ListKind::Java, characters)
            }
            ("compareTo", [other]) if !matches!(other, Value::Text(_) | Value::Null) => {
                return Err(fails("compareTo", "the argument is of another class").into());
            }
            (name, arguments) => return Ok(asked(text, name, arguments)),
        };
        Ok(Some(made))
    }

    fn new_text(&mut self, text: String) -> Result<Value, RenderError> {
        self.charge_bytes(text.len())?;
        if text.len() > self.limit {
            return Err(RenderError::OutputTooLong { limit: self.limit });
        }
        Ok(Value::Text(text.into()))
    }

    fn split(&mut self, text: &str, method: &Method, pattern: &Value, limit: i32) -> Run<Value> {
        let Some(pattern) = text_argument(pattern) else { return Ok(Value::Null) };
        let pattern = self.pattern(method, &pattern)?;
        self.charge(pattern.cost(text.len()))?;
        let parts = pattern.split(text, limit);
        self.charge(parts.len())?;
        let parts = parts.into_iter().map(Value::text).collect();
        Ok(self.heap.new_list(ListKind::Java, parts))
    }

    /// The compiled pattern: that of the first call at this place, if it is the same.
    fn pattern(&mut self, method: &Method, text: &str) -> Result<Pattern, RenderError> {
        if let Some(pattern) = method.pattern.get().filter(|pattern| pattern.is(text)) {
            return Ok(pattern.clone());
        }
        // Compiling costs more than most things do.
        self.charge(200 + text.len())?;
        let pattern = Pattern::compile(text).map_err(|why| fails("a regular expression", why))?;
        let _ = method.pattern.set(pattern.clone());
        Ok(pattern)
    }
}

/// Methods that answer a question about a text.
fn asked(text: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let one = arguments.first()?;
    if let (Value::Integer(code), "indexOf" | "lastIndexOf") = (one, name) {
        let c = u32::try_from(*code).ok().and_then(char::from_u32);
        let c = c.map(|c| c.to_string());
        return Some(c.map_or(Value::Integer(-1), |c| place(text, name, &c, arguments.get(1))));
    }
    if name == "equals" {
        return Some(Value::Boolean(matches!(one, Value::Text(other) if **other == *text)));
    }
    let other = text_argument(one)?;
    Some(match (name, arguments.get(1)) {
        ("contains", None) => Value::Boolean(text.contains(&*other)),
        ("contentEquals", None) => Value::Boolean(*text == *other),
        ("startsWith", None) => Value::Boolean(text.starts_with(&*other)),
        ("startsWith", Some(Value::Integer(from))) => {
            let from = usize::try_from(*from).ok().and_then(|from| byte_at(text, from));
            Value::Boolean(
                from.and_then(|from| text.get(from..)).is_some_and(|rest| rest.starts_with(&*other)),
            )
        }
        ("endsWith", None) => Value::Boolean(text.ends_with(&*other)),
        ("equalsIgnoreCase", None) => Value::Boolean(text.to_lowercase() == other.to_lowercase()),
        ("indexOf" | "lastIndexOf", from) => place(text, name, &other, from),
        ("compareTo", None) => Value::Integer(compared(text, &other)),
        ("compareToIgnoreCase", None) => {
            Value::Integer(compared(&text.to_lowercase(), &other.to_lowercase()))
        }
        _ => return None,
    })
}

/// `indexOf` and `lastIndexOf`.
fn place(text: &str, name: &str, part: &str, from: Option<&Value>) -> Value {
    let from = match from {
        Some(Value::Integer(from)) => Some(usize::try_from(*from).unwrap_or_default()),
        Some(_) => return Value::Null,
        None => None,
    };
    let found = if name == "indexOf" {
        let start = from.map_or(Some(0), |from| byte_at(text, from));
        start.and_then(|start| text.get(start..)?.find(part).map(|at| start + at))
    } else {
        let end = from.and_then(|from| byte_at(text, from)).map_or(text.len(), |at| at + part.len());
        text.get(..end.min(text.len())).unwrap_or(text).rfind(part)
    };
    found.map_or(Value::Integer(-1), |at| Value::count(units(text.get(..at).unwrap_or_default())))
}

/// The difference of the first units that differ, else of the lengths.
fn compared(one: &str, other: &str) -> i32 {
    let different = one.encode_utf16().zip(other.encode_utf16()).find(|(one, other)| one != other);
    match different {
        Some((one, other)) => i32::from(one) - i32::from(other),
        None => {
            let length = |text: &str| i32::try_from(units(text)).unwrap_or(i32::MAX);
            length(one) - length(other)
        }
    }
}

fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The byte at which the unit at `place` begins; `None` if the text has not so many.
fn byte_at(text: &str, place: usize) -> Option<usize> {
    if text.is_ascii() {
        return (place <= text.len()).then_some(place);
    }
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= place {
            return Some(at);
        }
        seen += c.len_utf16();
    }
    (seen >= place).then_some(text.len())
}

fn character(text: &str, at: i32) -> Result<Value, RenderError> {
    let place = usize::try_from(at).ok().filter(|place| *place < units(text));
    let found = place.and_then(|place| text.get(byte_at(text, place)?..)?.chars().next());
    let c = found.ok_or_else(|| fails("charAt", format!("String index out of range: {at}")))?;
    Ok(Value::text(c.encode_utf8(&mut [0; 4])))
}

fn substring(text: &str, begin: i32, end: Option<i32>) -> Result<Value, RenderError> {
    let length = units(text);
    let place =
        |at: i32| usize::try_from(at).ok().filter(|at| *at <= length).and_then(|at| byte_at(text, at));
    let end_at = end.map_or(Some(text.len()), place);
    let cut = place(begin).zip(end_at).and_then(|(begin, end)| text.get(begin..end));
    cut.map(Value::text).ok_or_else(|| {
        let end = end.map_or(length.to_string(), |end| end.to_string());
        fails("substring", format!("begin {begin}, end {end}, length {length}"))
    })
}
