//! Where lists and maps live while a template is rendered. A template can make them contain
//! each other; as places in one heap they all go when it goes.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};
use num_bigint::BigInt;

use super::Value;
use crate::ast::Block;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListId(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MapId(usize);

/// What kind of list, for its methods and how it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Of the template: prints as Java's lists do.
    Java,
    /// Of a JSON document: prints as JSON.
    Json,
    /// The keys or entries of a map: without order, so without indices.
    Set,
}

/// What kind of map, for how it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapKind {
    Plain,
    /// Overrides: nothing while they are empty (recorded from AWS), each set once.
    Override,
}

#[derive(Debug)]
pub(crate) struct List {
    pub(crate) kind: ListKind,
    pub(crate) elements: Vec<Value>,
}

#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) kind: MapKind,
    pub(crate) entries: IndexMap<Key, Value>,
}

/// `$foreach` of a running loop.
#[derive(Debug)]
pub(crate) struct Loop {
    /// Of the present element; counted from 0.
    pub(crate) index: usize,
    pub(crate) has_next: bool,
    /// `$foreach` of the loop around it.
    pub(crate) parent: Option<usize>,
    /// What was set on it.
    pub(crate) storage: MapId,
}

/// A `#define`d block.
#[derive(Debug)]
pub(crate) struct Defined {
    pub(crate) body: Block,
    /// How often it is being rendered, one inside the other.
    pub(crate) active: usize,
    pub(crate) limit: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Heap {
    lists: Vec<List>,
    maps: Vec<Map>,
    pub(crate) entries: Vec<(MapId, Key)>,
    pub(crate) loops: Vec<Loop>,
    pub(crate) blocks: Vec<Defined>,
}

/// A key of a map.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Text(Arc<str>),
    /// Any other value. Lists and maps are keys by identity.
    Other(Value),
}

impl Heap {
    pub(crate) fn new_list(&mut self, kind: ListKind, elements: Vec<Value>) -> Value {
        Value::List(self.add_list(kind, elements))
    }

    pub(crate) fn add_list(&mut self, kind: ListKind, elements: Vec<Value>) -> ListId {
        self.lists.push(List { kind, elements });
        ListId(self.lists.len() - 1)
    }

    #[cfg(test)]
    pub(crate) fn lists_mut(&mut self) -> impl Iterator<Item = &mut List> {
        self.lists.iter_mut()
    }

    pub(crate) fn new_map(&mut self, kind: MapKind) -> MapId {
        self.maps.push(Map { kind, entries: IndexMap::new() });
        MapId(self.maps.len() - 1)
    }

    // The places are made above and nothing is ever taken out.
    #[allow(clippy::indexing_slicing)]
    pub(crate) fn list(&self, id: ListId) -> &List {
        &self.lists[id.0]
    }

    #[allow(clippy::indexing_slicing)]
    pub(crate) fn list_mut(&mut self, id: ListId) -> &mut List {
        &mut self.lists[id.0]
    }

    #[allow(clippy::indexing_slicing)]
    pub(crate) fn map(&self, id: MapId) -> &Map {
        &self.maps[id.0]
    }

    #[allow(clippy::indexing_slicing)]
    pub(crate) fn map_mut(&mut self, id: MapId) -> &mut Map {
        &mut self.maps[id.0]
    }

    /// The value of `name`; null if there is none.
    pub(crate) fn member(&self, id: MapId, name: &str) -> Value {
        self.map(id).entries.get(&Name(name)).cloned().unwrap_or(Value::Null)
    }

    /// The value of `key`; null if there is none.
    pub(crate) fn get(&self, id: MapId, key: &Value) -> Value {
        match key {
            Value::Text(name) => self.member(id, name),
            other => self.map(id).entries.get(&Key::Other(other.clone())).cloned().unwrap_or(Value::Null),
        }
    }
}

impl Key {
    pub(crate) fn of(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            other => Self::Other(other),
        }
    }

    pub(crate) fn name(name: &str) -> Self {
        Self::Text(name.into())
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone()),
            Self::Other(value) => value.clone(),
        }
    }

    /// Of what is no text: what kind of value, and which.
    fn identity(value: &Value) -> (u8, u64, Option<&Arc<BigInt>>) {
        let place = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
        match value {
            Value::Null | Value::Text(_) => (0, 0, None),
            Value::Boolean(truth) => (1, u64::from(*truth), None),
            Value::Integer(number) => (2, u64::from(number.cast_unsigned()), None),
            Value::Long(number) => (3, number.cast_unsigned(), None),
            Value::Double(number) => (4, number.to_bits(), None),
            Value::Big(number) => (5, 0, Some(number)),
            Value::List(id) => (6, place(id.0), None),
            Value::Map(id) => (7, place(id.0), None),
            Value::Entry(at) => (8, place(*at), None),
            Value::Loop(at) => (9, place(*at), None),
            Value::Block(at) => (10, place(*at), None),
            Value::Host(host) => (11, *host as u64, None),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Other(one), Self::Other(other)) => Self::identity(one) == Self::identity(other),
            _ => false,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Text(text) => text.hash(state),
            Self::Other(value) => Self::identity(value).hash(state),
        }
    }
}

/// A key that is a text, to look it up without making one.
struct Name<'a>(&'a str);

impl Hash for Name<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for Name<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(key, Key::Text(text) if **text == *self.0)
    }
}
