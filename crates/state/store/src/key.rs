//! Keys: a document's place in its collection, as a list of texts (`[api id, stage name]`).
//!
//! A key is stored as one text that sorts exactly as the list of its parts does, and that
//! no two lists share, whatever their parts contain. Each part is followed by U+0001; the
//! characters U+0000, U+0001 and U+0002 inside a part are written as U+0002 and one of
//! U+0001, U+0002, U+0003. So the end of a part sorts below every character, the text never
//! holds U+0000 (which PostgreSQL cannot store), and the keys below a prefix are the range
//! from the prefix's text to the same text with its last character raised by one.

use std::fmt;

const END: char = '\u{1}';
const ESCAPE: char = '\u{2}';

/// A document's place in its collection: any number of parts, each any text. Keys sort part
/// by part, each by its UTF-8 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Vec<String>);

impl Key {
    /// The key of these parts: `Key::new([api_id, stage_name])`.
    pub fn new<P: Into<String>>(parts: impl IntoIterator<Item = P>) -> Self {
        Self(parts.into_iter().map(Into::into).collect())
    }

    /// The key without parts: the prefix of every key, and the place of a document that is
    /// alone in its collection.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// The part at `index`, counted from 0.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(String::as_str)
    }

    /// The last part.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// Adds a part.
    pub fn push(&mut self, part: impl Into<String>) {
        self.0.push(part.into());
    }

    /// This key with one part more.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>) -> Self {
        self.push(part);
        self
    }

    /// Whether this key's first parts are all of `prefix`'s. Every key starts with itself.
    #[must_use]
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The stored form.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::with_capacity(self.0.iter().map(|part| part.len() + 1).sum());
        for part in &self.0 {
            for c in part.chars() {
                match c {
                    '\u{0}' => text.extend([ESCAPE, '\u{1}']),
                    '\u{1}' => text.extend([ESCAPE, '\u{2}']),
                    '\u{2}' => text.extend([ESCAPE, '\u{3}']),
                    c => text.push(c),
                }
            }
            text.push(END);
        }
        text
    }

    /// The first stored form behind all keys that start with this one; `None` if every key
    /// does.
    pub(crate) fn encode_end(&self) -> Option<String> {
        let mut text = self.encode();
        text.pop()?;
        text.push(ESCAPE);
        Some(text)
    }

    /// Reads a stored form; `None` if it is not one.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut part = String::new();
        let mut ended = true;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            ended = c == END;
            match c {
                '\u{0}' => return None,
                END => parts.push(std::mem::take(&mut part)),
                ESCAPE => part.push(match chars.next()? {
                    '\u{1}' => '\u{0}',
                    '\u{2}' => '\u{1}',
                    '\u{3}' => '\u{2}',
                    _ => return None,
                }),
                c => part.push(c),
            }
        }
        ended.then_some(Self(parts))
    }
}

/// For people: the parts, separated by slashes.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_key_has_its_own_stored_form() {
        let check = |parts: &[&str], expected: &str| {
            let key = Key::new(parts.iter().copied());
            assert_eq!(key.encode(), expected, "{parts:?}");
            assert_eq!(Key::decode(expected), Some(key), "{parts:?}");
        };
        check(&[], "");
        check(&[""], "\u{1}");
        check(&["", ""], "\u{1}\u{1}");
        check(&["a"], "a\u{1}");
        check(&["a", "b"], "a\u{1}b\u{1}");
        check(&["a\u{1}b"], "a\u{2}\u{2}b\u{1}");
        check(&["a/b", "ü"], "a/b\u{1}ü\u{1}");
        check(&["\u{0}\u{1}\u{2}\u{3}"], "\u{2}\u{1}\u{2}\u{2}\u{2}\u{3}\u{3}\u{1}");
    }

    #[test]
    fn what_no_key_is_stored_as_is_not_read() {
        for text in ["a", "a\u{1}b", "\u{2}", "\u{2}\u{1}", "\u{2}x\u{1}", "\u{0}\u{1}", "\u{2}\u{4}\u{1}"] {
            assert_eq!(Key::decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_root_has_no_end() {
        assert_eq!(Key::root().encode_end(), None);
        assert_eq!(Key::new(["a"]).encode_end().as_deref(), Some("a\u{2}"));
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let character = prop_oneof![
            Just('\u{0}'),
            Just('\u{1}'),
            Just('\u{2}'),
            Just('\u{3}'),
            Just('a'),
            Just('/'),
            any::<char>()
        ];
        let part = proptest::collection::vec(character, 0..4).prop_map(String::from_iter);
        proptest::collection::vec(part, 0..4).prop_map(Key)
    }

    proptest! {
        #[test]
        fn stored_forms_sort_as_their_keys(one in any_key(), other in any_key()) {
            prop_assert_eq!(one.encode().cmp(&other.encode()), one.cmp(&other));
        }

        #[test]
        fn stored_forms_are_read_back(key in any_key()) {
            prop_assert_eq!(Key::decode(&key.encode()), Some(key));
        }

        #[test]
        fn the_range_of_a_prefix_holds_the_keys_below_it(prefix in any_key(), key in any_key(), below in any_key()) {
            let inside = |key: &Key| {
                let text = key.encode();
                text >= prefix.encode() && prefix.encode_end().is_none_or(|end| text < end)
            };
            prop_assert_eq!(inside(&key), key.starts_with(&prefix));
            let mut longer = prefix.clone();
            longer.0.extend(below.0);
            prop_assert!(inside(&longer));
        }
    }
}
