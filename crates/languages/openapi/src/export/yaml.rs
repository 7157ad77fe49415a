//! A document as YAML, as AWS writes it: block style, and every text in double quotes.
//!
//! No library's writer is used because none asks what YAML 1.1 makes of a plain text, and most
//! of those who read such documents read 1.1: to them `no`, `2016-11-22`, `12:30` and `1_000` are
//! a boolean, a date and two numbers. A text in double quotes is a text to every parser; names
//! of members are plain only where they cannot be anything else.

use std::fmt::Write as _;

use serde_json::Value;

/// The longest name, in bytes, that stands before its colon on the same line; YAML's bound is 1,024
/// characters.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// The YAML text of a document. Every parser of YAML 1.1 or 1.2 reads the same value from it.
#[must_use]
pub fn to_yaml(document: &Value) -> String {
    let mut text = String::new();
    block(document, 0, &mut text);
    text
}

/// A value that begins at the start of a line and ends with one.
fn block(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                indent(depth, text);
                member(name, value, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(depth, text);
                list_item(item, depth, text);
            }
        }
        other => {
            indent(depth, text);
            scalar(other, text);
            text.push('\n');
        }
    }
}

/// `name: value`, where the line is begun.
fn member(name: &str, value: &Value, depth: usize, text: &mut String) {
    let begin = text.len();
    key(name, text);
    if text.len() - begin > LONGEST_SIMPLE_KEY {
        text.insert_str(begin, "? ");
        text.push('\n');
        indent(depth, text);
    }
    text.push(':');
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            block(value, depth + 1, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            // As deep as its name: that is AWS's layout.
            block(value, depth, text);
        }
        other => {
            text.push(' ');
            scalar(other, text);
            text.push('\n');
        }
    }
}

/// `- value`, where the line is begun.
fn list_item(value: &Value, depth: usize, text: &mut String) {
    text.push_str("- ");
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    indent(depth + 1, text);
                }
                member(name, value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(depth + 1, text);
                }
                list_item(item, depth + 1, text);
            }
        }
        other => {
            scalar(other, text);
            text.push('\n');
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    (0..depth).for_each(|_| text.push_str("  "));
}

fn scalar(value: &Value, text: &mut String) {
    match value {
        Value::String(content) => quoted(content, text),
        Value::Number(number) => plain_number(&number.to_string(), text),
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        Value::Null | Value::Bool(_) => {
            let _ = write!(text, "{value}");
        }
    }
}

/// A number of JSON. To YAML 1.1 a number with an exponent is one only if it has a point and a
/// sign before the exponent.
fn plain_number(number: &str, text: &mut String) {
    let Some((digits, exponent)) = number.split_once(['e', 'E']) else {
        text.push_str(number);
        return;
    };
    text.push_str(digits);
    if !digits.contains('.') {
        text.push_str(".0");
    }
    text.push('e');
    if !exponent.starts_with(['-', '+']) {
        text.push('+');
    }
    text.push_str(exponent);
}

/// The name of a member: plain if it begins with a letter, `/` or `x-`, has only what cannot
/// mean anything in YAML, and is no word that YAML 1.1 reads as a boolean or as nothing.
fn key(name: &str, text: &mut String) {
    let first = name.bytes().next().unwrap_or_default();
    let begins = first.is_ascii_alphabetic() || first == b'/' || first == b'$' || first == b'_';
    let letters = |c: u8| c.is_ascii_alphanumeric() || b"/$_-.+{}".contains(&c);
    let word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if begins && name.bytes().all(letters) && !word.contains(&name.to_ascii_lowercase().as_str()) {
        text.push_str(name);
    } else {
        quoted(name, text);
    }
}

fn quoted(content: &str, text: &mut String) {
    text.push('"');
    for c in content.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // What may not stand in a document, and what YAML 1.1 takes for the end of a line.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The layout of documents that users of AWS have published.
    #[test]
    fn the_layout_is_awss() {
        let document = json!({
            "openapi": "3.0.1",
            "servers": [{"url": "https://x/{basePath}", "variables": {"basePath": {"default": "dev"}}}],
            "paths": {"/a/{b}": {"get": {"responses": {"200": {"content": {}}}, "security": [{"k": []}]}}},
            "required": true, "n": 1.5, "nothing": null, "deep": [[1, [2]], "a"],
        });
        let expected = r#"openapi: "3.0.1"
servers:
- url: "https://x/{basePath}"
  variables:
    basePath:
      default: "dev"
paths:
  /a/{b}:
    get:
      responses:
        "200":
          content: {}
      security:
      - k: []
required: true
"n": 1.5
nothing: null
deep:
- - 1
  - - 2
- "a"
"#;
        assert_eq!(to_yaml(&document), expected);
    }

    #[test]
    fn what_could_be_read_otherwise_is_quoted() {
        for name in
            ["yes", "No", "~", "1e3", "null", "a: b", "# a", "", "- a", "<<", "=", "12:30", "a\nb", "é"]
        {
            let text = to_yaml(&json!({name: 1}));
            assert!(text.starts_with('"'), "{text}");
        }
        assert_eq!(to_yaml(&json!("a\n\"\\\u{1}\u{85}😀")), "\"a\\n\\\"\\\\\\u0001\\u0085😀\"\n");
        let long = "a".repeat(1001);
        assert_eq!(to_yaml(&json!([{&long: {"b": 1}}])), format!("- ? {long}\n  :\n    b: 1\n"));
        assert_eq!(to_yaml(&json!([1e300, -1e-7, 12])), "- 1.0e+300\n- -1.0e-7\n- 12\n");
    }
}
