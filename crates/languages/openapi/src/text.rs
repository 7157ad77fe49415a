//! The text of a document, JSON or YAML, as one kind of value. Whoever takes OpenAPI from outside
//! begins here, so every bound on what a text may become stands here.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// The most bytes of a text (API Gateway API reference, `ImportRestApi`: "The maximum size of the
/// API definition file is 6MB").
pub const SIZE: usize = 6 * 1024 * 1024;

/// How deep values may nest. That of `serde_json`, so that it is the same in both formats.
const DEPTH: usize = 127;

/// What the anchors and aliases of a YAML text may add to it, as [`Size::weight`] has it.
const COPIED: usize = SIZE;

/// What a value weighs besides the bytes of its text.
const VALUE: usize = 16;

/// Why a text is no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// It has more bytes than [`SIZE`].
    #[error("the text is larger than {SIZE} bytes")]
    TooLarge,
    /// It is no UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// It is neither JSON nor YAML.
    #[error("the text is neither JSON nor YAML: {0}")]
    Syntax(String),
    /// Values nest too deep.
    #[error("values nest deeper than {DEPTH}")]
    TooDeep,
    /// Its aliases stand for more than a document may hold.
    #[error("aliases expand to more than {COPIED} bytes")]
    TooMuch,
    /// A key of a mapping is itself a mapping or a list.
    #[error("a key is not a scalar")]
    Key,
    /// `<<` merges what is no mapping.
    #[error("only mappings can be merged")]
    Merge,
    /// An alias stands inside of what it names.
    #[error("an alias names what it stands in")]
    Cycle,
}

/// Reads a text as JSON or else as YAML. Plain scalars of YAML are what they are in JSON (YAML
/// 1.2, "JSON Schema"; OpenAPI 3.0.3, "Format"), so `yes` and `0123` are strings; `<<` merges.
///
/// # Errors
/// [`TextError`]
pub fn read(text: &[u8]) -> Result<Value, TextError> {
    if text.len() > SIZE {
        return Err(TextError::TooLarge);
    }
    let text = std::str::from_utf8(text).map_err(|_| TextError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) => Loader::default().load(text),
    }
}

/// A collection that has begun.
struct Open {
    anchor: usize,
    size: Size,
    kind: Kind,
}

/// How much a value is.
#[derive(Clone, Copy)]
struct Size {
    /// [`VALUE`] for every value in it, and the bytes of their texts.
    weight: usize,
    /// How deep values nest in it; a scalar has none.
    depth: usize,
}

enum Kind {
    List(Vec<Value>),
    Mapping { members: Map<String, Value>, key: Option<Key>, merged: Vec<Value> },
}

enum Key {
    Member(String),
    Merge,
}

/// Builds a value of YAML's events. Aliases are copies, so what they stand for is weighed before.
#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, Size)>,
    copied: usize,
    done: Option<Value>,
}

impl Loader {
    fn load(mut self, text: &str) -> Result<Value, TextError> {
        for event in Parser::new_from_str(text) {
            let (event, _) = event.map_err(|fault| TextError::Syntax(fault.to_string()))?;
            self.take(event)?;
        }
        self.done.ok_or_else(|| TextError::Syntax("there is no document".to_owned()))
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), TextError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.done.is_some() => {
                Err(TextError::Syntax("there are several documents".to_owned()))
            }
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(anchor) => {
                let (value, size) = self.anchors.get(&anchor).ok_or(TextError::Cycle)?;
                // Weighed before it is copied.
                self.copied = self.copied.saturating_add(size.weight);
                if self.copied > COPIED {
                    return Err(TextError::TooMuch);
                }
                if self.open.len() + size.depth > DEPTH {
                    return Err(TextError::TooDeep);
                }
                let (value, size) = (value.clone(), *size);
                self.complete(value, size, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let merge = plain && text == "<<";
                let value = if plain || tag.is_some_and(|tag| is_typed(&tag)) {
                    scalar(&text)
                } else {
                    Value::String(text.clone().into_owned())
                };
                if self.awaits_key() {
                    return self.key(if merge { Key::Merge } else { Key::Member(text.into_owned()) }, anchor);
                }
                let weight = VALUE + text.len();
                self.complete(value, Size { weight, depth: 0 }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let kind = Kind::Mapping { members: Map::new(), key: None, merged: Vec::new() };
                self.begin(anchor, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Err(TextError::Key) };
                let value = match open.kind {
                    Kind::List(values) => Value::Array(values),
                    Kind::Mapping { mut members, merged, .. } => {
                        merged.into_iter().try_for_each(|value| merge(&mut members, value))?;
                        Value::Object(members)
                    }
                };
                self.complete(value, open.size, open.anchor)
            }
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Mapping { key: None, .. }, .. }))
    }

    fn key(&mut self, read: Key, anchor: usize) -> Result<(), TextError> {
        let weight = match &read {
            Key::Member(name) => name.len(),
            Key::Merge => 1,
        };
        if let (Key::Member(name), true) = (&read, anchor != 0) {
            self.anchors
                .insert(anchor, (Value::String(name.clone()), Size { weight: VALUE + weight, depth: 0 }));
        }
        if let Some(Open { kind: Kind::Mapping { key, .. }, size, .. }) = self.open.last_mut() {
            size.weight += weight;
            *key = Some(read);
        }
        Ok(())
    }

    fn begin(&mut self, anchor: usize, kind: Kind) -> Result<(), TextError> {
        if self.awaits_key() {
            return Err(TextError::Key);
        }
        if self.open.len() >= DEPTH {
            return Err(TextError::TooDeep);
        }
        self.open.push(Open { anchor, size: Size { weight: VALUE, depth: 1 }, kind });
        Ok(())
    }

    /// Puts a whole value where it belongs.
    fn complete(&mut self, value: Value, size: Size, anchor: usize) -> Result<(), TextError> {
        if anchor != 0 {
            // What an alias may name is kept a second time.
            self.copied = self.copied.saturating_add(size.weight);
            if self.copied > COPIED {
                return Err(TextError::TooMuch);
            }
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.done = Some(value);
            return Ok(());
        };
        open.size.weight = open.size.weight.saturating_add(size.weight);
        open.size.depth = open.size.depth.max(size.depth + 1);
        match &mut open.kind {
            Kind::List(values) => values.push(value),
            Kind::Mapping { members, key, merged } => match (key.take(), value) {
                (Some(Key::Member(name)), value) => drop(members.insert(name, value)),
                (Some(Key::Merge), Value::Array(values)) => merged.extend(values),
                (Some(Key::Merge), value) => merged.push(value),
                (None, Value::String(name)) => *key = Some(Key::Member(name)),
                (None, _) => return Err(TextError::Key),
            },
        }
        Ok(())
    }
}

/// What a mapping has itself comes before what is merged into it, and of that the first.
fn merge(members: &mut Map<String, Value>, merged: Value) -> Result<(), TextError> {
    let Value::Object(merged) = merged else { return Err(TextError::Merge) };
    for (name, value) in merged {
        members.entry(name).or_insert(value);
    }
    Ok(())
}

/// Whether the tag says that the text is of another type than a string: `!!int` and its kin.
fn is_typed(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && tag.suffix != "str"
}

fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let numeric = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    numeric.then(|| serde_json::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: Value) {
        assert_eq!(read(text.as_bytes()), Ok(expected), "{text}");
    }

    #[test]
    fn json_and_yaml_are_the_same_value() {
        let expected = json!({"a": [1, 2.5, true, null, "x"], "b": {"200": "y"}});
        check(r#"{"a": [1, 2.5, true, null, "x"], "b": {"200": "y"}}"#, expected.clone());
        check("a: [1, 2.5, true, null, x]\nb:\n  200: y\n", expected.clone());
        check("\u{feff}a:\n- 1\n- 2.5\n- True\n- ~\n- 'x'\nb: {\"200\": y}", expected);
        check("--- # begins\na: |\n  one\n  two\n...\n", json!({"a": "one\ntwo\n"}));
    }

    /// YAML 1.2, "JSON Schema": no `yes`, no octal numbers, no moments.
    #[test]
    fn plain_scalars_are_what_json_knows() {
        for text in ["yes", "on", "0123", "0x1f", "1_000", "2023-02-02", "012345678901", "1e", "-x", ".5"] {
            check(text, json!(text));
        }
        check("'1'", json!("1"));
        check("!!str 1", json!("1"));
        check("!!int 1", json!(1));
        check("!Ref 1", json!("1"));
        check("-1", json!(-1));
        check("1e3", json!(1000.0));
    }

    #[test]
    fn anchors_and_merge_keys() {
        check(
            "base: &b {x: 1, y: 1}\none: *b\ntwo:\n  <<: *b\n  y: 2\n",
            json!({"base": {"x": 1, "y": 1}, "one": {"x": 1, "y": 1}, "two": {"y": 2, "x": 1}}),
        );
        check("<<: [{a: 1}, {a: 2, b: 2}]\nc: &k d\n*k : e\n", json!({"c": "d", "d": "e", "a": 1, "b": 2}));
        check("'<<': 1", json!({"<<": 1}));
    }

    #[test]
    fn what_is_no_document() {
        for (text, expected) in [
            ("[a]: b", TextError::Key),
            ("{{a: b}: c}", TextError::Key),
            ("<<: 1", TextError::Merge),
            ("a: &x [*x]", TextError::Cycle),
        ] {
            assert_eq!(read(text.as_bytes()), Err(expected), "{text}");
        }
        for text in ["", "{", "a: b: c", "a: *x", "---\na\n---\nb\n", "\""] {
            assert!(matches!(read(text.as_bytes()), Err(TextError::Syntax(_))), "{text}");
        }
        assert_eq!(read(&[b'"', 0xff, b'"']), Err(TextError::NotUtf8));
    }

    #[test]
    fn six_megabytes_are_read_and_no_more() {
        let text = format!("a: {}", "x".repeat(SIZE - 3));
        assert!(read(text.as_bytes()).is_ok());
        assert_eq!(read(format!("{text}x").as_bytes()), Err(TextError::TooLarge));
    }

    #[test]
    fn depth_has_both_sides() {
        let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(lists(127).as_bytes()).is_ok());
        assert!(read(lists(128).as_bytes()).is_err());
        let yaml = |depth: usize| (0..depth).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>();
        assert!(read(yaml(127).as_bytes()).is_ok());
        assert_eq!(read(yaml(128).as_bytes()), Err(TextError::TooDeep));
        // Parts that only aliases put together.
        let part = |inner: &str| format!("{}{inner}{}", "[".repeat(60), "]".repeat(60));
        let chain = |parts: usize| {
            let more = (1..parts).map(|n| format!("- &p{n} {}\n", part(&format!("*p{}", n - 1))));
            format!("- &p0 {}\n{}", part(""), more.collect::<String>())
        };
        assert!(read(chain(2).as_bytes()).is_ok());
        for parts in [3, 2000] {
            assert_eq!(read(chain(parts).as_bytes()), Err(TextError::TooDeep));
        }
    }

    /// Every line holds ten times the line before it.
    #[test]
    fn alias_bombs_end_quickly() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for n in 1..30 {
            let before = format!("*a{}", n - 1);
            text.push_str(&format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(", ")));
        }
        let began = Instant::now();
        assert_eq!(read(text.as_bytes()), Err(TextError::TooMuch));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    proptest! {
        /// Whatever the text, there is an answer.
        #[test]
        fn never_panics(text in "[ -~\n]{0,200}") {
            let _ = read(text.as_bytes());
        }

        /// YAML's punctuation, over and over.
        #[test]
        fn never_panics_on_punctuation(text in r"([\[\]{}:,\-&*!|>'#%? \na1<]|: |- |<<: |\n ){0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
