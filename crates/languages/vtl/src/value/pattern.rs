//! The regular expressions of `replaceAll`, `replaceFirst`, `split` and `matches`, as far as
//! they take linear time: what Java has beyond that (looking around, back references) fails.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use crate::limits::REGEX_BYTES;

/// A compiled pattern, with its text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// The pattern stands for one text.
    Literal(Box<str>),
    Regex(Regex),
}

/// What is wrong with a pattern or a replacement.
pub(crate) type Why = String;

impl Pattern {
    pub(crate) fn compile(text: &str) -> Result<Self, Why> {
        let form = match literal(text) {
            Some(literal) => Form::Literal(literal.into()),
            None => RegexBuilder::new(text)
                .size_limit(REGEX_BYTES)
                .build()
                .map(Form::Regex)
                .map_err(|error| error.to_string())?,
        };
        Ok(Self { text: text.into(), form })
    }

    /// What looking through so many bytes costs besides what any look through them does.
    pub(crate) fn cost(&self, bytes: usize) -> usize {
        match self.form {
            Form::Literal(_) => 0,
            Form::Regex(_) => 8 + bytes / 2,
        }
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        *self.text == *text
    }

    /// Whether all of `subject` matches.
    pub(crate) fn matches(&self, subject: &str) -> Result<bool, Why> {
        match &self.form {
            Form::Literal(literal) => Ok(**literal == *subject),
            // Built again: the first match of the bare pattern need not be the longest.
            Form::Regex(_) => RegexBuilder::new(&format!(r"\A(?:{})\z", self.text))
                .size_limit(REGEX_BYTES)
                .build()
                .map(|whole| whole.is_match(subject))
                .map_err(|error| error.to_string()),
        }
    }

    /// `subject` with its first match or all of them replaced by `replacement`, in which `$1`
    /// is a group and a backslash takes the next character for itself. Longer results than
    /// `limit` fail.
    pub(crate) fn replace<'a>(
        &self,
        subject: &'a str,
        replacement: &str,
        all: bool,
        limit: usize,
    ) -> Result<Cow<'a, str>, Why> {
        let groups = match &self.form {
            Form::Literal(_) => 1,
            Form::Regex(regex) => regex.captures_len(),
        };
        let parts = parts(replacement, groups)?;
        let mut out = String::new();
        let mut from = 0;
        let mut count = 0;
        let mut put = |start: usize, end: usize, group: &dyn Fn(usize) -> &'a str| {
            out.push_str(subject.get(from..start).unwrap_or_default());
            for part in &parts {
                match part {
                    Part::Text(text) => out.push_str(text),
                    Part::Group(number) => out.push_str(group(*number)),
                }
            }
            from = end;
            count += 1;
            if out.len() > limit {
                return Err(format!("the result has more than {limit} bytes"));
            }
            Ok(all)
        };
        match &self.form {
            Form::Literal(literal) => {
                for (start, found) in subject.match_indices(&**literal) {
                    if !put(start, start + found.len(), &|_| found)? {
                        break;
                    }
                }
            }
            Form::Regex(regex) => {
                for captures in regex.captures_iter(subject) {
                    let Some(whole) = captures.get(0) else { continue };
                    let group = |number| captures.get(number).map_or("", |found| found.as_str());
                    if !put(whole.start(), whole.end(), &group)? {
                        break;
                    }
                }
            }
        }
        if count == 0 {
            return Ok(Cow::Borrowed(subject));
        }
        out.push_str(subject.get(from..).unwrap_or_default());
        Ok(Cow::Owned(out))
    }

    /// The parts of `subject` between matches, as `String.split` gives them: at most `limit`
    /// if that is above zero, and without empty ones at the end if it is zero.
    pub(crate) fn split<'a>(&self, subject: &'a str, limit: i32) -> Vec<&'a str> {
        let most = usize::try_from(limit).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        let mut parts = Vec::new();
        let mut from = 0;
        let mut cut = |start: usize, end: usize| {
            if parts.len() + 1 >= most {
                return false;
            }
            // A match of nothing at the beginning parts nothing off.
            if end > 0 {
                parts.push(subject.get(from..start).unwrap_or_default());
                from = end;
            }
            true
        };
        match &self.form {
            Form::Literal(literal) => {
                for (start, found) in subject.match_indices(&**literal) {
                    if !cut(start, start + found.len()) {
                        break;
                    }
                }
            }
            Form::Regex(regex) => {
                for found in regex.find_iter(subject) {
                    // Nor does one at the end.
                    let at_end = found.is_empty() && found.start() == subject.len();
                    if !at_end && !cut(found.start(), found.end()) {
                        break;
                    }
                }
            }
        }
        if from == 0 && parts.is_empty() {
            return vec![subject];
        }
        parts.push(subject.get(from..).unwrap_or_default());
        if limit == 0 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        parts
    }
}

/// The text that a pattern stands for, if it has no operators; never an empty one.
fn literal(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(rest.next().filter(char::is_ascii_punctuation)?),
            '.' | '$' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '^' | '?' | '*' | '+' => return None,
            plain => text.push(plain),
        }
    }
    Some(text).filter(|text| !text.is_empty())
}

/// A part of a replacement.
enum Part {
    Text(String),
    Group(usize),
}

fn parts(replacement: &str, groups: usize) -> Result<Vec<Part>, Why> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = replacement.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(rest.next().ok_or("character to be escaped is missing")?),
            '$' => {
                let mut digit = || rest.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10));
                let first = digit().ok_or("Illegal group reference")?;
                let mut number = usize::try_from(first).unwrap_or_default();
                if number >= groups {
                    return Err(format!("No group {number}"));
                }
                // More digits belong to the number as long as there is such a group.
                while let Some(next) = rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = number * 10 + usize::try_from(next).unwrap_or_default();
                    if longer >= groups {
                        break;
                    }
                    number = longer;
                    rest.next();
                }
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Group(number));
            }
            plain => text.push(plain),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}
