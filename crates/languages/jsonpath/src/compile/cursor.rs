//! A place in the text of a path.

use crate::PathError;

/// Characters and a position. Positions past the end are allowed and show no character.
pub(super) struct Cursor {
    chars: Vec<char>,
    pub(super) at: usize,
}

impl Cursor {
    pub(super) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn char_at(&self, position: usize) -> Option<char> {
        self.chars.get(position).copied()
    }

    pub(super) fn current(&self) -> Option<char> {
        self.char_at(self.at)
    }

    pub(super) fn ends_with(&self, char: char) -> bool {
        self.chars.last() == Some(&char)
    }

    /// At the last character or behind it. The library stops at both, and so does not see a
    /// single stray character at the end of a path.
    pub(super) fn at_tail(&self) -> bool {
        self.at.saturating_add(1) >= self.chars.len()
    }

    pub(super) fn slice(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to).unwrap_or_default().iter().collect()
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.current() == Some(' ') {
            self.at += 1;
        }
    }

    /// The first position after `position` that holds no blank.
    pub(super) fn significant_after(&self, position: usize) -> usize {
        let mut position = position.saturating_add(1);
        while self.char_at(position) == Some(' ') {
            position += 1;
        }
        position
    }

    /// The last character before the current one that is no blank.
    pub(super) fn significant_before(&self) -> Option<(usize, char)> {
        (0..self.at)
            .rev()
            .find_map(|position| Some((position, self.char_at(position)?)).filter(|it| it.1 != ' '))
    }

    /// Skips blanks and `text`, if it is there; blanks only stay skipped in that case.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let mut position = self.at;
        while self.char_at(position) == Some(' ') {
            position += 1;
        }
        for char in text.chars() {
            if self.char_at(position) != Some(char) {
                return false;
            }
            position += 1;
        }
        self.at = position;
        true
    }

    /// The next `wanted` after `position` that no backslash stands before.
    pub(super) fn unescaped_after(&self, position: usize, wanted: char) -> Option<usize> {
        let mut escaped = false;
        for position in position.saturating_add(1)..self.chars.len() {
            match self.char_at(position)? {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                char if char == wanted => return Some(position),
                _ => {}
            }
        }
        None
    }

    /// The `close` that belongs to the `open` at `position`, not looking into quoted texts
    /// and, on demand, into regular expressions.
    pub(super) fn matching(
        &self,
        position: usize,
        open: char,
        close: char,
        patterns: Patterns,
    ) -> Result<Option<usize>, PathError> {
        let mut depth = 0usize;
        let mut position = position;
        while let Some(char) = self.char_at(position) {
            if char == '\'' || char == '"' || (char == '/' && patterns == Patterns::Skip) {
                position = self
                    .unescaped_after(position, char)
                    .ok_or(PathError::Expected { at: position, expected: "the end of what is quoted" })?;
            } else if char == open {
                depth += 1;
            } else if char == close {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Ok(Some(position));
                }
            }
            position += 1;
        }
        Ok(None)
    }
}

/// Are there regular expressions in the text?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patterns {
    Skip,
    None,
}

/// A quoted text without its backslashes: `\'`, `\n`, `\u0041` …
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let code: String = chars.clone().take(4).collect();
                if let Some(char) = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
                    out.push(char);
                    chars = skip(chars, 4);
                } else {
                    out.push('u');
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn skip(mut chars: std::str::Chars<'_>, count: usize) -> std::str::Chars<'_> {
    for _ in 0..count {
        chars.next();
    }
    chars
}
