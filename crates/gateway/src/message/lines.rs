//! The lines of [`Headers`](super::Headers), and going through them.

use std::cell::OnceCell;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// A line. Its value needs the head that it was read from, if it was read.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) name: HeaderName,
    pub(super) value: Value,
}

/// A line's value.
#[derive(Clone)]
pub(super) enum Value {
    /// It has been there from the beginning.
    Made(HeaderValue),
    /// What stands at this place in the head, and what was made of it if it was asked for.
    Read(Range<u32>, OnceCell<HeaderValue>),
}

impl Line {
    pub(super) fn new(name: HeaderName, value: HeaderValue) -> Self {
        Self { name, value: Value::Made(value) }
    }

    /// One whose value is at `place` in a head.
    pub(super) fn read(name: HeaderName, place: Range<usize>) -> Self {
        let [start, end] = [place.start, place.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        Self { name, value: Value::Read(start..end, OnceCell::new()) }
    }

    pub(super) fn value(&self, head: &Bytes) -> &HeaderValue {
        match &self.value {
            Value::Made(value) => value,
            Value::Read(place, made) => made.get_or_init(|| made_of(head, place)),
        }
    }

    pub(super) fn into_parts(self, head: &Bytes) -> (HeaderName, HeaderValue) {
        let value = match self.value {
            Value::Made(value) => value,
            Value::Read(place, made) => made.into_inner().unwrap_or_else(|| made_of(head, &place)),
        };
        (self.name, value)
    }
}

impl Value {
    pub(super) fn bytes<'a>(&'a self, head: &'a Bytes) -> &'a [u8] {
        match self {
            Self::Made(value) => value.as_bytes(),
            Self::Read(place, _) => head.get(range(place)).unwrap_or_default(),
        }
    }

    /// The value, which is made if it was not made before.
    pub(super) fn own(&self, head: &Bytes) -> HeaderValue {
        match self {
            Self::Made(value) => value.clone(),
            Self::Read(place, made) => made.get().cloned().unwrap_or_else(|| made_of(head, place)),
        }
    }
}

fn made_of(head: &Bytes, place: &Range<u32>) -> HeaderValue {
    let empty = || const { HeaderValue::from_static("") };
    let Range { start, end } = range(place);
    if end > head.len() {
        return empty();
    }
    // Whoever read the line has looked at each of its bytes.
    HeaderValue::from_maybe_shared(head.slice(start..end)).unwrap_or_else(|_| empty())
}

const fn range(place: &Range<u32>) -> Range<usize> {
    place.start as usize..place.end as usize
}

/// The lines of [`Headers`](super::Headers).
#[derive(Clone)]
pub struct Lines<'a> {
    pub(super) head: &'a Bytes,
    pub(super) lines: std::slice::Iter<'a, Line>,
}

/// The lines of [`Headers`](super::Headers), which are used up.
pub struct IntoLines {
    pub(super) head: Bytes,
    pub(super) lines: std::vec::IntoIter<Line>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a HeaderName, &'a HeaderValue);

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.next().map(|line| (&line.name, line.value(self.head)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lines.size_hint()
    }
}

impl DoubleEndedIterator for Lines<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.lines.next_back().map(|line| (&line.name, line.value(self.head)))
    }
}

impl ExactSizeIterator for Lines<'_> {}

impl Iterator for IntoLines {
    type Item = (HeaderName, HeaderValue);

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.next().map(|line| line.into_parts(&self.head))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.lines.size_hint()
    }
}
