//! The patterns of tokens: each answers how many bytes of a text it matches at its start.

/// Blanks and tabs.
pub(super) fn blanks(text: &[u8]) -> usize {
    count(text, |c| matches!(c, b' ' | b'\t'))
}

/// Blanks, tabs and line ends.
pub(super) fn blank_space(text: &[u8]) -> usize {
    count(text, |c| matches!(c, b' ' | b'\t' | b'\n' | b'\r'))
}

/// One line end.
pub(super) fn line_end(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    }
}

/// `word`, and the blanks and the line end behind it if there is a line end.
pub(super) fn with_line_end(text: &[u8], word: &[u8]) -> usize {
    let Some(after) = text.strip_prefix(word) else { return 0 };
    let blanks = blanks(after);
    match line_end(after.get(blanks..).unwrap_or_default()) {
        0 => word.len(),
        end => word.len() + blanks + end,
    }
}

/// The longest of `words` that `text` starts with.
pub(super) fn one_of(text: &[u8], words: &[&[u8]]) -> usize {
    words.iter().filter(|word| text.starts_with(word)).map(|word| word.len()).max().unwrap_or(0)
}

/// A reference's or property's name.
pub(super) fn identifier(text: &[u8]) -> usize {
    match text.first() {
        Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
            count(text, |c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
        }
        _ => 0,
    }
}

/// A directive's name.
pub(super) fn word(text: &[u8]) -> usize {
    match text.first() {
        Some(c) if c.is_ascii_alphabetic() || matches!(c, b'_' | b'@') => count(text, is_directive),
        _ => 0,
    }
}

/// A directive's name in braces.
pub(super) fn braced_word(text: &[u8]) -> usize {
    let Some(inside) = text.strip_prefix(b"{") else { return 0 };
    if !inside.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_') {
        return 0;
    }
    let length = count(inside, is_directive);
    if inside.get(length) == Some(&b'}') { length + 2 } else { 0 }
}

fn is_directive(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'@')
}

/// Backslashes.
pub(super) fn escapes(text: &[u8]) -> usize {
    count(text, |c| c == b'\\')
}

/// So many backslashes and a dollar sign.
pub(super) fn dollar(text: &[u8], escapes: usize) -> usize {
    if text.get(escapes) == Some(&b'$') { escapes + 1 } else { 0 }
}

/// So many backslashes, a dollar sign, backslashes, an exclamation mark.
pub(super) fn dollar_bang(text: &[u8], escapes: usize) -> usize {
    let dollar = dollar(text, escapes);
    if dollar == 0 {
        return 0;
    }
    let after = text.get(dollar..).unwrap_or_default();
    let more = self::escapes(after);
    if after.get(more) == Some(&b'!') { dollar + more + 1 } else { 0 }
}

/// `#set(`, with blanks in front of it and inside of it.
pub(super) fn set(text: &[u8]) -> usize {
    let mut length = blanks(text);
    let at = |length: usize| text.get(length..).unwrap_or_default();
    match one_of(at(length), &[b"#set", b"#{set}"]) {
        0 => return 0,
        name => length += name,
    }
    length += blanks(at(length));
    if at(length).first() == Some(&b'(') { length + 1 } else { 0 }
}

/// So many backslashes, if they are an odd number, in front of what looks like a directive.
pub(super) fn escaped_directive(text: &[u8], escapes: usize) -> usize {
    let Some(named) = text.get(escapes..).and_then(|after| after.strip_prefix(b"#")) else { return 0 };
    match word(named).max(braced_word(named)) {
        0 => 0,
        _ if escapes.is_multiple_of(2) => 0,
        name => escapes + 1 + name,
    }
}

/// A whole number. Two dots behind it belong to a range; they are counted here and given
/// back by the lexer, as in Velocity.
pub(super) fn integer(text: &[u8]) -> usize {
    let (sign, digits) = digits(text);
    match digits {
        0 => 0,
        _ if text.get(sign + digits..).is_some_and(|after| after.starts_with(b"..")) => sign + digits + 2,
        _ => sign + digits,
    }
}

/// A number with a dot or an exponent.
pub(super) fn float(text: &[u8]) -> usize {
    let (sign, whole) = digits(text);
    let mut length = sign + whole;
    let at = |length: usize| text.get(length..).unwrap_or_default();
    let dot = at(length).first() == Some(&b'.');
    if dot {
        length += 1;
        let fraction = count(at(length), |c| c.is_ascii_digit());
        if whole == 0 && fraction == 0 {
            return 0;
        }
        length += fraction;
    }
    let exponent = exponent(at(length));
    if !dot && (whole == 0 || exponent == 0) { 0 } else { length + exponent }
}

fn exponent(text: &[u8]) -> usize {
    if !matches!(text.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(text.get(1), Some(b'+' | b'-')));
    match count(text.get(1 + sign..).unwrap_or_default(), |c| c.is_ascii_digit()) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

fn digits(text: &[u8]) -> (usize, usize) {
    let sign = usize::from(text.first() == Some(&b'-'));
    (sign, count(text.get(sign..).unwrap_or_default(), |c| c.is_ascii_digit()))
}

/// A string in double or single quotes. A doubled quote stays inside; of several possible ends
/// the last is taken.
pub(super) fn string(text: &[u8]) -> usize {
    let Some(quote @ (b'"' | b'\'')) = text.first().copied() else { return 0 };
    let mut longest = 0;
    let mut at = 1;
    while let Some(closing) = text.get(at..).and_then(|rest| rest.iter().position(|c| *c == quote)) {
        longest = at + closing + 1;
        if text.get(longest) != Some(&quote) {
            break;
        }
        at = longest + 1;
    }
    longest
}

fn count(text: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|c| belongs(**c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_last_possible_quote() {
        for (text, expected) in [
            ("\"a\" b", 3),
            ("\"a\"\"b\" c", 6),
            ("\"a\"\"b", 3),
            ("\"a\\\" b\" c", 4),
            ("'a\\' b'", 4),
            ("'it''s'", 7),
            ("''", 2),
            ("\"open", 0),
            ("x", 0),
        ] {
            assert_eq!(string(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn numbers_keep_apart_from_ranges() {
        for (text, whole, fraction) in [
            ("1..3", 3, 2),
            ("12", 2, 0),
            ("-3.5e2x", 2, 6),
            (".5", 0, 2),
            ("1.", 1, 2),
            ("1e", 1, 0),
            ("2e+7", 1, 4),
            ("-", 0, 0),
            (".", 0, 0),
        ] {
            assert_eq!((integer(text.as_bytes()), float(text.as_bytes())), (whole, fraction), "{text}");
        }
    }

    #[test]
    fn directives_are_escaped_by_an_odd_number_of_backslashes() {
        for (text, expected) in [("\\#if", 4), ("\\\\#if", 0), ("\\\\\\#{end}x", 9), ("\\#1", 0)] {
            assert_eq!(escaped_directive(text.as_bytes(), escapes(text.as_bytes())), expected, "{text}");
        }
    }
}
