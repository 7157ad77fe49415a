//! The headers of a message: its lines in their order. A message has about ten of them, and most are only
//! passed on; a list costs one allocation, and looking through it less than a hash of the name.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The lines that a message is given whose headers are not read off the wire (where heads have bounds of their
/// own): what functions and templates make.
pub const MOST_LINES: usize = 1_000;

/// Header lines in their order. Several may have the same name.
///
/// Looking for a name costs a comparison with each line, so whoever reads messages bounds their lines.
#[derive(Debug, Clone, Default)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

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
        Self(Vec::new())
    }

    /// Without lines, with room for so many.
    #[must_use]
    pub fn with_capacity(lines: usize) -> Self {
        Self(Vec::with_capacity(lines))
    }

    /// Makes room for so many more lines.
    pub fn reserve(&mut self, lines: usize) {
        self.0.reserve(lines);
    }

    /// How many lines there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of this name.
    #[must_use]
    pub fn get(&self, name: impl Named) -> Option<&HeaderValue> {
        self.0.iter().find(|(own, _)| name.is(own)).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: impl Named) -> Option<&mut HeaderValue> {
        self.0.iter_mut().find(|(own, _)| name.is(own)).map(|(_, value)| value)
    }

    /// All values of this name, in their order.
    pub fn get_all<N: Named>(&self, name: N) -> impl DoubleEndedIterator<Item = &HeaderValue> + use<'_, N> {
        self.0.iter().filter(move |(own, _)| name.is(own)).map(|(_, value)| value)
    }

    /// Whether there is a line of this name.
    #[must_use]
    pub fn contains_key(&self, name: impl Named) -> bool {
        self.get(name).is_some()
    }

    /// Adds a line.
    pub fn append(&mut self, name: impl IntoName, value: HeaderValue) {
        self.0.push((name.into_name(), value));
    }

    /// Makes this the one line of its name, where the first of that name is, or at the end. What that was.
    pub fn insert(&mut self, name: impl IntoName, value: HeaderValue) -> Option<HeaderValue> {
        let Some(at) = self.0.iter().position(|(own, _)| name.is(own)) else {
            self.append(name, value);
            return None;
        };
        let mut from = 0;
        self.0.retain(|(own, _)| {
            from += 1;
            from <= at + 1 || !name.is(own)
        });
        self.0.get_mut(at).map(|(_, own)| std::mem::replace(own, value))
    }

    /// Adds the line unless there is one of its name.
    pub fn insert_if_absent(&mut self, name: impl IntoName, value: impl FnOnce() -> HeaderValue) {
        if !self.contains_key(&name) {
            self.append(name, value());
        }
    }

    /// Takes out all lines of this name; the first value.
    pub fn remove(&mut self, name: impl Named) -> Option<HeaderValue> {
        let at = self.0.iter().position(|(own, _)| name.is(own))?;
        let (_, first) = self.0.remove(at);
        self.0.retain(|(own, _)| !name.is(own));
        Some(first)
    }

    /// Leaves only the lines for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&HeaderName, &mut HeaderValue) -> bool) {
        self.0.retain_mut(|(name, value)| keep(name, value));
    }

    /// Takes out all lines.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The lines in their order.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&HeaderName, &HeaderValue)> + ExactSizeIterator + Clone {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The same, names and values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&mut HeaderName, &mut HeaderValue)> {
        self.0.iter_mut().map(|(name, value)| (name, value))
    }

    /// Each name once, in the order of their first lines. Looks at all lines before each.
    pub fn keys(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().enumerate().filter_map(|(at, (name, _))| {
            let before = self.0.get(..at).unwrap_or_default();
            before.iter().all(|(own, _)| own != name).then_some(name)
        })
    }

    /// The values in their order.
    pub fn values(&self) -> impl Iterator<Item = &HeaderValue> {
        self.0.iter().map(|(_, value)| value)
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
        self.0.extend(lines);
    }
}

impl FromIterator<(HeaderName, HeaderValue)> for Headers {
    fn from_iter<T: IntoIterator<Item = (HeaderName, HeaderValue)>>(lines: T) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl IntoIterator for Headers {
    type Item = (HeaderName, HeaderValue);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = (&'a HeaderName, &'a HeaderValue);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'a, (HeaderName, HeaderValue)>,
        fn(&'a (HeaderName, HeaderValue)) -> (&'a HeaderName, &'a HeaderValue),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
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

    #[test]
    fn an_insert_is_the_one_line_of_its_name() {
        let mut headers = some();
        assert_eq!(headers.insert("x-a", value("4")), Some(value("1")));
        assert_eq!(headers.insert(ACCEPT, value("5")), None);
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
                    1 => prop_assert_eq!(headers.insert(&name, value.clone()), map.insert(&name, value)),
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
