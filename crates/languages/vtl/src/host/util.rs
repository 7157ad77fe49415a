//! `$util`: escaping, encoding, parsing (API Gateway developer guide, "`$util` variables").

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::input::document;
use crate::error::RenderError;
use crate::render::{Machine, Run};
use crate::value::{Value, size};

/// Takes base 64 with and without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What `java.net.URLEncoder` writes encoded; a blank becomes a plus sign.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');

impl Machine<'_> {
    pub(super) fn util_method(&mut self, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        let [argument] = arguments else { return Ok(None) };
        let known = matches!(
            name,
            "escapeJavaScript" | "parseJson" | "urlEncode" | "urlDecode" | "base64Encode" | "base64Decode"
        );
        if !known || argument.is_null() {
            return Ok(None);
        }
        let text = self.argument_text(Some(argument))?;
        self.charge_bytes(text.len())?;
        let failed = |method, why: String| RenderError::Method { method, why };
        let made = match name {
            "escapeJavaScript" => escape_java_script(&text),
            "parseJson" => {
                let document = document(&text)?;
                self.charge(size(&document))?;
                return Ok(Some(self.heap.of_json(&document)));
            }
            "urlEncode" => utf8_percent_encode(&text, ENCODED).to_string().replace(' ', "+"),
            "urlDecode" => percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned(),
            "base64Encode" => STANDARD.encode(text.as_bytes()),
            _ => {
                let decoded = LENIENT.decode(text.trim());
                let bytes = decoded.map_err(|error| failed("base64Decode", error.to_string()))?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
        self.charge_bytes(made.len())?;
        Ok(Some(Value::Text(made.into())))
    }
}

/// As `StringEscapeUtils.escapeJavaScript` of Apache Commons Lang 2 does, which escapes the
/// single quote too (recorded from AWS: it has to be taken back in JSON).
fn escape_java_script(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' | '/' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            ' '..='\u{7f}' => out.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outputs of Commons Lang 2.6.
    #[test]
    fn text_is_escaped_as_commons_lang_does() {
        for (text, expected) in [
            ("it's \"q\" \\ a/b", "it\\'s \\\"q\\\" \\\\ a\\/b"),
            ("a\nb\tc\r\u{8}\u{c}", "a\\nb\\tc\\r\\b\\f"),
            ("é€😀\u{1}\u{7f}", "\\u00E9\\u20AC\\uD83D\\uDE00\\u0001\u{7f}"),
        ] {
            assert_eq!(escape_java_script(text), expected);
        }
    }
}
