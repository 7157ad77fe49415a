//! The JSON that a MOCK's request template may give. AWS reads it more kindly than JSON's
//! grammar: names and texts may stand in single quotes, names without any (recorded from AWS:
//! `{statusCode: 200}` and `{"statusCode": "200"}` are both 200).

/// How deep other members may be nested.
const DEEPEST: usize = 100;

/// The number of the member `statusCode` of the object in `text`; `None` if `text` is no
/// object that can be read to its end, or has no such member, or that is no number.
pub(super) fn status_code(text: &str) -> Option<u16> {
    let mut reader = Reader { rest: text.trim() };
    let mut found = None;
    reader.expect('{')?;
    if reader.take('}') {
        return None;
    }
    loop {
        let name = reader.name()?;
        reader.expect(':')?;
        let value = reader.value(DEEPEST)?;
        if name == "statusCode" {
            found = value.trim().parse().ok();
        }
        if reader.take(',') {
            if reader.take('}') {
                break;
            }
            continue;
        }
        reader.expect('}')?;
        break;
    }
    found.filter(|_| reader.rest.trim_start().is_empty())
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, c: char) -> bool {
        match self.rest.trim_start().strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, c: char) -> Option<()> {
        self.take(c).then_some(())
    }

    fn name(&mut self) -> Option<&'a str> {
        if let Some(text) = self.quoted()? {
            return Some(text);
        }
        self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-'))
    }

    /// A value as it is written: quoted texts without their quotes, other plain values as they
    /// stand, nothing for lists and objects.
    fn value(&mut self, deepest: usize) -> Option<&'a str> {
        if let Some(text) = self.quoted()? {
            return Some(text);
        }
        let deeper = deepest.checked_sub(1)?;
        if self.take('{') {
            return self.members('}', deeper, true);
        }
        if self.take('[') {
            return self.members(']', deeper, false);
        }
        self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-'))
    }

    fn members(&mut self, end: char, deepest: usize, named: bool) -> Option<&'a str> {
        while !self.take(end) {
            if named {
                self.name()?;
                self.expect(':')?;
            }
            self.value(deepest)?;
            if !self.take(',') {
                self.expect(end)?;
                break;
            }
        }
        Some("")
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end).filter(|(word, _)| !word.is_empty())?;
        self.rest = rest;
        Some(word)
    }

    /// A text in quotes, with its escapes unread; `Some(None)` if no text stands here, `None`
    /// if it does not end.
    fn quoted(&mut self) -> Option<Option<&'a str>> {
        let text = self.rest.trim_start();
        let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            return Some(None);
        };
        let inner = text.get(1..)?;
        let mut escaped = false;
        for (at, c) in inner.char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == quote {
                self.rest = inner.get(at + 1..)?;
                return Some(inner.get(..at));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    #[test]
    fn status_codes_are_read_kindly() {
        let check = |text: &str, expected: Option<u16>| assert_eq!(status_code(text), expected, "{text}");
        check("{\"statusCode\": 200}", Some(200));
        check("{statusCode: 200}", Some(200));
        check("{'statusCode':'404'}", Some(404));
        check("{\"statusCode\": \"200\"}", Some(200));
        check(
            "\n {\"a\": {\"statusCode\": 1}, \"b\": [1, \"}\", {}], \"statusCode\": 201, c: null,}\n",
            Some(201),
        );
        check("{\"a\\\"\": 1, \"statusCode\": 200}", Some(200));
        check("{\"statusCode\": 200, \"statusCode\": 500}", Some(500));
        for text in [
            "",
            "{}",
            "[]",
            "200",
            "{\"statusCode\"}",
            "{\"statusCode\": }",
            "{\"statusCode\": 200",
            "{\"statusCode\": 200} x",
            "{\"statuscode\": 200}",
            "{\"statusCode\": 20.5}",
            "{\"statusCode\": {}}",
            "{\"statusCode\": -1}",
            "{\"open: 1}",
        ] {
            check(text, None);
        }
        check(&format!("{{a: {}{}, statusCode: 200}}", "[".repeat(99), "]".repeat(99)), Some(200));
        check(&format!("{{a: {}{}, statusCode: 200}}", "[".repeat(101), "]".repeat(101)), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[{}\\[\\]:,'\"\\\\a0é ]{0,40}") {
            status_code(&text);
        }
    }
}
