//! Texts as literals of other languages. ASCII only, so that no reader's idea of the encoding matters.

use std::fmt::Write as _;

/// A literal of JavaScript, which is also one of JSON.
pub(crate) fn javascript(text: &str) -> String {
    quoted(text, false)
}

/// A literal of Java. Java reads `\u0022` as a quote before it reads the literal, so what has a
/// short escape gets that one.
pub(crate) fn java(text: &str) -> String {
    quoted(text, true)
}

fn quoted(text: &str, octal: bool) -> String {
    let mut literal = String::from("\"");
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'"') => literal.push_str("\\\""),
            Ok(b'\\') => literal.push_str("\\\\"),
            Ok(b'\n') => literal.push_str("\\n"),
            Ok(b'\r') => literal.push_str("\\r"),
            Ok(b'\t') => literal.push_str("\\t"),
            Ok(c @ 0x20..=0x7e) => literal.push(char::from(c)),
            Ok(c @ 0..0x20) if octal => {
                let _ = write!(literal, "\\{c:03o}");
            }
            _ => {
                let _ = write!(literal, "\\u{unit:04x}");
            }
        }
    }
    literal.push('"');
    literal
}

/// Text inside an XML element.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\t' | '\n' => escaped.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A literal of Groovy, in single quotes, where nothing is interpolated.
pub(crate) fn groovy(text: &str) -> String {
    let double = javascript(text);
    let inner = double.trim_start_matches('"');
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

/// A block comment of Java. Nothing in it can end it.
pub(crate) fn java_comment(text: &str) -> String {
    let mut comment = String::from("/*\n");
    for line in text.lines() {
        let plain: String =
            line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
        let plain = plain.replace("*/", "* /").replace('\\', "/");
        let plain = plain.replace("*/", "* /");
        let _ = writeln!(comment, " * {plain}");
    }
    comment.push_str(" */\n");
    comment
}
