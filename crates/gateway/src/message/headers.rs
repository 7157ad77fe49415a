//! The headers of a message: its lines in their order. A message has about ten of them, and most are only
//! passed on; a list costs one allocation, and looking through it less than a hash of the name. The value of a line
//! that was read off the wire stays where it was read until somebody asks for it: one that is only passed on is never
//! made.

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::lines::{IntoLines, Line, Lines, Value};

/// The lines that a message is given whose headers are not read off the wire (where heads have bounds of their
/// own): what functions and templates make.
pub const MOST_LINES: usize = 1_000;

/// Header lines in their order. Several may have the same name.
///
/// Looking for a name costs a comparison with each line, so whoever reads messages bounds their lines. `Debug` shows
/// no credentials.
#[derive(Clone, Default)]
pub struct Headers {
    /// What the lines were read from that were read.
    head: Bytes,
    lines: Vec<Line>,
}

/// What a header can be looked for by.
pub trait Named {
    /// Whether this is `name`, in whatever case.
    fn is(&self, name: &HeaderName) -> bool;
}

/// What can become a header's name.
pub trait IntoName: Named {
    /// The name.
    fn into_name(self) -> HeaderName;
}

impl Headers {
    /// Without lines.
    #[must_use]
    pub const fn new() -> Self {
        Self { head: Bytes::new(), lines: Vec::new() }
    }

    /// Without lines, with room for so many.
    #[must_use]
    pub fn with_capacity(lines: usize) -> Self {
        Self { head: Bytes::new(), lines: Vec::with_capacity(lines) }
    }

    /// Adds a line whose value is at `place` in a head. It has no bytes but such as header values may have: whoever
    /// reads the line sees to that.
    pub(crate) fn append_read(&mut self, name: HeaderName, place: Range<usize>) {
        self.lines.push(Line::read(name, place));
    }

    /// The head that all lines were read from which were read.
    pub(crate) fn are_in(&mut self, head: Bytes) {
        self.head = head;
    }

    /// Makes room for so many more lines.
    pub fn reserve(&mut self, lines: usize) {
        self.lines.reserve(lines);
    }

    /// How many lines there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first value of this name.
    #[must_use]
    pub fn get(&self, name: impl Named) -> Option<&HeaderValue> {
        self.lines.iter().find(|line| name.is(&line.name)).map(|line| line.value(&self.head))
    }

    /// The bytes of the first value of this name. Costs no value.
    #[must_use]
    pub fn first(&self, name: impl Named) -> Option<&[u8]> {
        self.lines.iter().find(|line| name.is(&line.name)).map(|line| line.value.bytes(&self.head))
    }

    /// The first value of this name, for whoever keeps it.
    #[must_use]
    pub fn first_value(&self, name: impl Named) -> Option<HeaderValue> {
        self.lines.iter().find(|line| name.is(&line.name)).map(|line| line.value.own(&self.head))
    }

    /// All values of this name, in their order.
    pub fn get_all<N: Named>(&self, name: N) -> impl DoubleEndedIterator<Item = &HeaderValue> + use<'_, N> {
        let lines = self.lines.iter().filter(move |line| name.is(&line.name));
        lines.map(|line| line.value(&self.head))
    }

    /// Whether there is a line of this name.
    #[must_use]
    pub fn contains_key(&self, name: impl Named) -> bool {
        self.lines.iter().any(|line| name.is(&line.name))
    }

    /// Adds a line.
    pub fn append(&mut self, name: impl IntoName, value: HeaderValue) {
        self.lines.push(Line::new(name.into_name(), value));
    }

    /// Makes this the one line of its name, where the first of that name is, or at the end.
    pub fn insert(&mut self, name: impl IntoName, value: HeaderValue) {
        let Some(at) = self.lines.iter().position(|line| name.is(&line.name)) else {
            return self.append(name, value);
        };
        if self.lines.iter().skip(at + 1).any(|line| name.is(&line.name)) {
            let mut from = 0;
            self.lines.retain(|line| {
                from += 1;
                from <= at + 1 || !name.is(&line.name)
            });
        }
        if let Some(line) = self.lines.get_mut(at) {
            line.value = Value::Made(value);
        }
    }

    /// Adds the line unless there is one of its name.
    pub fn insert_if_absent(&mut self, name: impl IntoName, value: impl FnOnce() -> HeaderValue) {
        if !self.contains_key(&name) {
            self.append(name, value());
        }
    }

    /// Takes out all lines of this name; the first value.
    pub fn remove(&mut self, name: impl Named) -> Option<HeaderValue> {
        let at = self.lines.iter().position(|line| name.is(&line.name))?;
        let (_, first) = self.lines.remove(at).into_parts(&self.head);
        self.lines.retain(|line| !name.is(&line.name));
        Some(first)
    }

    /// Leaves only the lines for which `keep` says so, which may rename them. Costs no values.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut HeaderName, &[u8]) -> bool) {
        let head = &self.head;
        self.lines.retain_mut(|line| {
            let Line { name, value } = line;
            keep(name, value.bytes(head))
        });
    }

    /// Takes out all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// The lines in their order.
    #[must_use]
    pub fn iter(&self) -> Lines<'_> {
        Lines { head: &self.head, lines: self.lines.iter() }
    }

    /// The same, their values as bytes. Costs no values.
    pub fn bytes(&self) -> impl Iterator<Item = (&HeaderName, &[u8])> {
        self.lines.iter().map(|line| (&line.name, line.value.bytes(&self.head)))
    }

    /// The names of the lines in their order.
    pub fn names(&self) -> impl Iterator<Item = &HeaderName> {
        self.lines.iter().map(|line| &line.name)
    }

    /// Each name once, in the order of their first lines. Looks at all lines before each.
    pub fn keys(&self) -> impl Iterator<Item = &HeaderName> {
        self.lines.iter().enumerate().filter_map(|(at, line)| {
            let before = self.lines.get(..at).unwrap_or_default();
            before.iter().all(|own| own.name != line.name).then_some(&line.name)
        })
    }

    /// The values in their order.
    pub fn values(&self) -> impl Iterator<Item = &HeaderValue> {
        self.lines.iter().map(|line| line.value(&self.head))
    }
}

impl Named for HeaderName {
    fn is(&self, name: &HeaderName) -> bool {
        self == name
    }
}

impl Named for str {
    fn is(&self, name: &HeaderName) -> bool {
        name.as_str().eq_ignore_ascii_case(self)
    }
}

impl Named for String {
    fn is(&self, name: &HeaderName) -> bool {
        self.as_str().is(name)
    }
}

impl<N: Named + ?Sized> Named for &N {
    fn is(&self, name: &HeaderName) -> bool {
        (**self).is(name)
    }
}

impl IntoName for HeaderName {
    fn into_name(self) -> HeaderName {
        self
    }
}

impl IntoName for &HeaderName {
    fn into_name(self) -> HeaderName {
        self.clone()
    }
}

/// Of names that the gateway itself has written down, in lower case.
impl IntoName for &'static str {
    fn into_name(self) -> HeaderName {
        HeaderName::from_static(self)
    }
}

/// Equal if each name has the same values in the same order, in whatever order the names are.
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.keys().all(|name| self.get_all(name).eq(other.get_all(name)))
    }
}

impl Eq for Headers {}

impl<N: Named> std::ops::Index<N> for Headers {
    type Output = HeaderValue;

    /// # Panics
    /// If there is no such line.
    #[allow(clippy::expect_used, reason = "what an index is for")]
    fn index(&self, name: N) -> &HeaderValue {
        self.get(name).expect("there is a line of that name")
    }
}

impl Extend<(HeaderName, HeaderValue)> for Headers {
    fn extend<T: IntoIterator<Item = (HeaderName, HeaderValue)>>(&mut self, lines: T) {
        self.lines.extend(lines.into_iter().map(|(name, value)| Line::new(name, value)));
    }
}

impl FromIterator<(HeaderName, HeaderValue)> for Headers {
    fn from_iter<T: IntoIterator<Item = (HeaderName, HeaderValue)>>(lines: T) -> Self {
        let mut headers = Self::new();
        headers.extend(lines);
        headers
    }
}

impl IntoIterator for Headers {
    type Item = (HeaderName, HeaderValue);
    type IntoIter = IntoLines;

    fn into_iter(self) -> Self::IntoIter {
        IntoLines { head: self.head, lines: self.lines.into_iter() }
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = (&'a HeaderName, &'a HeaderValue);
    type IntoIter = Lines<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<HeaderMap> for Headers {
    fn from(map: HeaderMap) -> Self {
        let mut headers = Self::with_capacity(map.len());
        let mut last = None;
        for (name, value) in map {
            // Only the first of several values comes with their name.
            if name.is_some() {
                last = name;
            }
            if let Some(name) = &last {
                headers.append(name, value);
            }
        }
        headers
    }
}

impl From<Headers> for HeaderMap {
    fn from(headers: Headers) -> Self {
        let mut map = Self::with_capacity(headers.len());
        for (name, value) in headers {
            map.append(name, value);
        }
        map
    }
}

impl From<&Headers> for HeaderMap {
    fn from(headers: &Headers) -> Self {
        headers.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, HOST};
    use proptest::prelude::*;

    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    fn lines(headers: &Headers) -> Vec<(&str, &str)> {
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
    }

    fn some() -> Headers {
        let mut headers = Headers::new();
        headers.append("x-a", value("1"));
        headers.append(HOST, value("h"));
        headers.append("x-a", value("2"));
        headers.append("x-b", value("3"));
        headers
    }

    #[test]
    fn lines_keep_their_order() {
        assert_eq!(lines(&some()), [("x-a", "1"), ("host", "h"), ("x-a", "2"), ("x-b", "3")]);
        assert_eq!(some().keys().collect::<Vec<_>>(), ["x-a", "host", "x-b"]);
        assert_eq!(some().get_all("X-A").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((some().get(HOST), some().get(ACCEPT)), (Some(&value("h")), None));
    }

    /// `GET / HTTP/1.1`, `A: b`, `Host: h`, `A:  c`.
    fn read() -> Headers {
        let head = Bytes::from_static(b"GET / HTTP/1.1\r\nA: b\r\nHost: h\r\nA:  c\r\n\r\n");
        let mut headers = Headers::with_capacity(4);
        headers.append_read(HeaderName::from_static("a"), 19..20);
        headers.append_read(HOST, 28..29);
        headers.append_read(HeaderName::from_static("a"), 35..36);
        headers.are_in(head);
        headers
    }

    #[test]
    fn lines_that_were_read_are_as_others() {
        assert_eq!(lines(&read()), [("a", "b"), ("host", "h"), ("a", "c")]);
        let mut headers = read();
        assert_eq!(headers.bytes().map(|(_, value)| value).collect::<Vec<_>>(), [b"b", b"h", b"c"]);
        assert_eq!((headers.get("A"), headers.clone().get(HOST)), (Some(&value("b")), Some(&value("h"))));
        headers.insert(HOST, value("i"));
        headers.append(ACCEPT, value("d"));
        headers.retain(|name, value| {
            if *name == ACCEPT {
                *name = HeaderName::from_static("x-accept");
            }
            value != b"b"
        });
        assert_eq!(lines(&headers), [("host", "i"), ("a", "c"), ("x-accept", "d")]);
        assert_eq!(headers.remove("a"), Some(value("c")));
        assert_eq!(HeaderMap::from(read()), HeaderMap::from(&read()));
    }

    #[test]
    fn a_line_that_is_not_in_its_head_is_empty() {
        let mut headers = read();
        headers.are_in(Bytes::from_static(b"GET /"));
        assert_eq!(lines(&headers), [("a", ""), ("host", ""), ("a", "")]);
        assert!(headers.bytes().all(|(_, value)| value.is_empty()));
    }

    #[test]
    fn an_insert_is_the_one_line_of_its_name() {
        let mut headers = some();
        headers.insert("x-a", value("4"));
        headers.insert(ACCEPT, value("5"));
        assert_eq!(lines(&headers), [("x-a", "4"), ("host", "h"), ("x-b", "3"), ("accept", "5")]);
        headers.insert_if_absent(ACCEPT, || value("6"));
        headers.insert_if_absent("x-c", || value("7"));
        assert_eq!((headers.get(ACCEPT), headers.get("x-c")), (Some(&value("5")), Some(&value("7"))));
    }

    #[test]
    fn a_removal_takes_all_lines_of_a_name() {
        let mut headers = some();
        assert_eq!(headers.remove("X-a"), Some(value("1")));
        assert_eq!(headers.remove("x-a"), None);
        assert_eq!(lines(&headers), [("host", "h"), ("x-b", "3")]);
    }

    proptest! {
        /// What `http`'s own map would say.
        #[test]
        fn it_answers_as_a_map_does(steps in prop::collection::vec((0..4, "[abAB]", "[0-9]"), 0..12)) {
            let (mut headers, mut map) = (Headers::new(), HeaderMap::new());
            for (step, name, text) in steps {
                let name: HeaderName = name.parse().unwrap();
                let value = HeaderValue::from_str(&text).unwrap();
                match step {
                    0 => {
                        headers.append(&name, value.clone());
                        map.append(&name, value);
                    }
                    1 => {
                        headers.insert(&name, value.clone());
                        map.insert(&name, value);
                    }
                    2 => prop_assert_eq!(headers.remove(&name), map.remove(&name)),
                    _ => prop_assert_eq!(headers.get(&name), map.get(&name)),
                }
                prop_assert_eq!(headers.len(), map.len());
            }
            prop_assert_eq!(&HeaderMap::from(&headers), &map);
            prop_assert_eq!(Headers::from(map), headers);
        }
    }
}
