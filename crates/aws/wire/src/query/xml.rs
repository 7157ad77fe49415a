//! Writing XML.

/// Appends `<name>`, `</name>` and what `content` writes between them.
pub(crate) fn element(out: &mut String, name: &str, content: impl FnOnce(&mut String)) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    content(out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Appends `text` so that a reader gets it back. What XML 1.0 cannot carry (control characters)
/// becomes U+FFFD; a carriage return is written as a reference, or the reader would make a line feed
/// of it.
pub(crate) fn text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(letter),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_well_formed() {
        let mut out = String::new();
        element(&mut out, "PolicyName", |out| text(out, "a<b>&\"c\"\u{1}\r\n"));
        assert_eq!(out, "<PolicyName>a&lt;b&gt;&amp;&quot;c&quot;\u{FFFD}&#xD;\n</PolicyName>");
    }
}
