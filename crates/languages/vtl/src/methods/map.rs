//! Methods of maps and of their entries.

use crate::error::RenderError;
use crate::render::{Machine, Run};
use crate::value::{Key, ListKind, MapId, MapKind, Value};

impl Machine<'_> {
    pub(super) fn map_method(&mut self, id: MapId, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        let count = self.heap.map(id).entries.len();
        let made = match (name, arguments) {
            ("size", []) => Value::count(count),
            ("isEmpty", []) => Value::Boolean(count == 0),
            ("get", [key]) => self.heap.get(id, key),
            ("getOrDefault", [key, otherwise]) => {
                let known = self.heap.map(id).entries.contains_key(&Key::of(key.clone()));
                if known { self.heap.get(id, key) } else { otherwise.clone() }
            }
            ("containsKey", [key]) => {
                Value::Boolean(self.heap.map(id).entries.contains_key(&Key::of(key.clone())))
            }
            ("containsValue", [value]) => {
                self.charge(count)?;
                let mut contains = false;
                for own in self.heap.map(id).entries.values() {
                    contains = contains || self.heap.equals(own, value)?;
                }
                Value::Boolean(contains)
            }
            ("put", [key, value]) => self.set_member(id, Key::of(key.clone()), value.clone())?,
            ("putIfAbsent", [key, value]) => match self.heap.get(id, key) {
                Value::Null => self.set_member(id, Key::of(key.clone()), value.clone())?,
                present => present,
            },
            ("putAll", [other]) => match self.map_of(other) {
                Some(other) => {
                    let others = self.heap.map(other).entries.clone();
                    for (key, value) in others {
                        self.set_member(id, key, value)?;
                    }
                    Value::text("")
                }
                None => return Ok(None),
            },
            ("remove", [key]) => {
                self.charge(count)?;
                let key = Key::of(key.clone());
                self.heap.map_mut(id).entries.shift_remove(&key).unwrap_or(Value::Null)
            }
            ("clear", []) => {
                self.clear(id)?;
                Value::text("")
            }
            ("keySet", []) => {
                self.charge(count)?;
                let keys = self.heap.map(id).entries.keys().map(Key::to_value).collect();
                self.heap.new_list(ListKind::Set, keys)
            }
            ("values", []) => {
                self.charge(count)?;
                let values = self.heap.map(id).entries.values().cloned().collect();
                self.heap.new_list(ListKind::Set, values)
            }
            ("entrySet", []) => {
                self.charge(count)?;
                let keys: Vec<_> = self.heap.map(id).entries.keys().cloned().collect();
                let first = self.heap.entries.len();
                self.heap.entries.extend(keys.into_iter().map(|key| (id, key)));
                let entries = (first..self.heap.entries.len()).map(Value::Entry).collect();
                self.heap.new_list(ListKind::Set, entries)
            }
            _ => return Ok(None),
        };
        Ok(Some(made))
    }

    /// Takes all members out; what is overridden stays.
    fn clear(&mut self, id: MapId) -> Result<(), RenderError> {
        self.charge(self.heap.map(id).entries.len())?;
        if self.heap.map(id).kind == MapKind::Plain {
            self.heap.map_mut(id).entries.clear();
        }
        Ok(())
    }

    pub(super) fn entry_method(&mut self, at: usize, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        let Some((map, key)) = self.heap.entries.get(at).cloned() else { return Ok(None) };
        Ok(match (name, arguments) {
            ("getKey", []) => Some(key.to_value()),
            ("getValue", []) => Some(self.heap.get(map, &key.to_value())),
            ("setValue", [value]) => Some(self.set_member(map, key, value.clone())?),
            _ => None,
        })
    }
}
