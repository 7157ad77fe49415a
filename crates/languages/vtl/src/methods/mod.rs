//! Java's methods, as far as templates call them. A method that a value does not have, or not
//! with such arguments, has no value, as in Velocity; one that would throw fails.

mod list;
mod map;
mod number;
mod text;

use std::sync::Arc;

use crate::ast::Method;
use crate::error::RenderError;
use crate::limits::DEPTH;
use crate::render::{Machine, Run};
use crate::value::{Host, Key, ListKind, Value};

impl Machine<'_> {
    /// `$value.name(arguments)`; `None` if there is no such method.
    pub(crate) fn call_method(
        &mut self,
        value: &Value,
        method: &Method,
        arguments: &[Value],
    ) -> Run<Option<Value>> {
        let own = match value {
            Value::Text(text) => self.text_method(&text.clone(), method, arguments)?,
            Value::List(id) => self.list_method(*id, &method.name, arguments)?,
            Value::Map(id) => self.map_method(*id, &method.name, arguments)?,
            Value::Entry(at) => self.entry_method(*at, &method.name, arguments)?,
            Value::Loop(at) => self.loop_method(*at, &method.name, arguments)?,
            Value::Integer(_) | Value::Long(_) | Value::Big(_) | Value::Double(_) => {
                self.number_method(value, &method.name, arguments)?
            }
            Value::Host(host @ (Host::Input | Host::Util)) => self.host_method(*host, method, arguments)?,
            Value::Host(host) => return self.host_method(*host, method, arguments),
            Value::Boolean(truth) => boolean_method(*truth, &method.name, arguments)?,
            Value::Block(_) | Value::Null => None,
        };
        if own.is_some() {
            return Ok(own);
        }
        // What every object has.
        match (&*method.name, arguments) {
            ("toString", []) => Ok(self.text_of(value)?.map(Value::Text)),
            ("equals", [other]) => Ok(Some(Value::Boolean(self.heap.equals(value, other)?))),
            ("hashCode", []) => Ok(self.hash_code(value, 0)?.map(Value::Integer)),
            _ => Ok(None),
        }
    }

    /// A property that Java's `get…()` and `is…()` methods give.
    pub(crate) fn java_property(&mut self, value: &Value, name: &str) -> Value {
        let mut letters = name.chars();
        let name: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        match (value, name.as_str()) {
            (Value::Text(text), "empty") => Value::Boolean(text.is_empty()),
            (Value::Text(text), "blank") => Value::Boolean(text.trim().is_empty()),
            (Value::List(id), "empty") => Value::Boolean(self.heap.list(*id).elements.is_empty()),
            (Value::Entry(at), "key" | "value") => {
                let Some((map, key)) = self.heap.entries.get(*at) else { return Value::Null };
                let key = key.to_value();
                if name == "key" { key } else { self.heap.get(*map, &key) }
            }
            (Value::Loop(at), name) => self.loop_property(*at, name),
            _ => Value::Null,
        }
    }

    fn loop_property(&mut self, at: usize, name: &str) -> Value {
        let Some(running) = self.heap.loops.get(at) else { return Value::Null };
        match name {
            "index" => Value::count(running.index),
            "count" => Value::count(running.index + 1),
            "hasNext" => Value::Boolean(running.has_next),
            "first" => Value::Boolean(running.index == 0),
            "last" => Value::Boolean(!running.has_next),
            "parent" => running.parent.map_or(Value::Null, Value::Loop),
            "topmost" => Value::Loop(self.outermost(at)),
            stored => {
                let (storage, parent) = (running.storage, running.parent);
                match (self.heap.map(storage).entries.contains_key(&Key::name(stored)), parent) {
                    (false, Some(parent)) => self.loop_property_stored(parent, stored),
                    _ => self.heap.member(storage, stored),
                }
            }
        }
    }

    /// What was set on a loop or one around it.
    fn loop_property_stored(&self, at: usize, name: &str) -> Value {
        let mut next = Some(at);
        while let Some(running) = next.and_then(|at| self.heap.loops.get(at)) {
            if self.heap.map(running.storage).entries.contains_key(&Key::name(name)) {
                return self.heap.member(running.storage, name);
            }
            next = running.parent;
        }
        Value::Null
    }

    fn outermost(&self, at: usize) -> usize {
        let mut outermost = at;
        while let Some(parent) = self.heap.loops.get(outermost).and_then(|running| running.parent) {
            outermost = parent;
        }
        outermost
    }

    fn loop_method(&mut self, at: usize, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        if arguments.is_empty() {
            let property = match name {
                "hasNext" | "getHasNext" => "hasNext",
                "isFirst" | "getFirst" => "first",
                "isLast" | "getLast" => "last",
                "getIndex" => "index",
                "getCount" => "count",
                "getParent" => "parent",
                "getTopmost" => "topmost",
                _ => "",
            };
            if !property.is_empty() {
                return Ok(Some(self.loop_property(at, property)));
            }
        }
        match (name, arguments) {
            ("get", [Value::Text(name)]) => Ok(Some(self.loop_property_stored(at, name))),
            _ => match self.heap.loops.get(at).map(|running| running.storage) {
                Some(storage) => self.map_method(storage, name, arguments),
                None => Ok(None),
            },
        }
    }
}

fn boolean_method(truth: bool, name: &str, arguments: &[Value]) -> Result<Option<Value>, RenderError> {
    match (name, arguments) {
        ("booleanValue", []) => Ok(Some(Value::Boolean(truth))),
        ("compareTo", [Value::Boolean(other)]) => {
            Ok(Some(Value::Integer(i32::from(truth) - i32::from(*other))))
        }
        ("compareTo", [_]) => Err(fails("compareTo", "the argument is of another class")),
        _ => Ok(None),
    }
}

/// The text of an argument that Java wants as a text; `None` if it is none. What is not there
/// is the empty text, as everywhere in API Gateway's language.
fn text_argument(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Null => Some("".into()),
        _ => None,
    }
}

fn fails(method: &'static str, why: impl Into<String>) -> RenderError {
    RenderError::Method { method, why: why.into() }
}

impl Machine<'_> {
    /// `hashCode()`; `None` of what Java takes a place in memory for.
    fn hash_code(&self, value: &Value, depth: usize) -> Result<Option<i32>, RenderError> {
        if depth > DEPTH {
            return Err(RenderError::TooDeep { limit: DEPTH });
        }
        Ok(Some(match value {
            Value::Null => 0,
            Value::Text(text) => {
                let units = text.encode_utf16();
                units.fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
            }
            Value::Integer(number) => *number,
            Value::Boolean(truth) => {
                if *truth {
                    1231
                } else {
                    1237
                }
            }
            Value::Long(number) => halves(number.cast_unsigned()),
            Value::Double(number) => halves(number.to_bits()),
            Value::List(id) => {
                let list = self.heap.list(*id);
                let mut hash = i32::from(list.kind != ListKind::Set);
                for element in &list.elements {
                    let Some(own) = self.hash_code(element, depth + 1)? else { return Ok(None) };
                    let before = if list.kind == ListKind::Set { hash } else { hash.wrapping_mul(31) };
                    hash = before.wrapping_add(own);
                }
                hash
            }
            Value::Map(id) => {
                let mut hash = 0_i32;
                for (key, value) in &self.heap.map(*id).entries {
                    let key = self.hash_code(&key.to_value(), depth + 1)?;
                    let Some((key, value)) = key.zip(self.hash_code(value, depth + 1)?) else {
                        return Ok(None);
                    };
                    hash = hash.wrapping_add(key ^ value);
                }
                hash
            }
            Value::Big(_) | Value::Entry(_) | Value::Loop(_) | Value::Block(_) | Value::Host(_) => {
                return Ok(None);
            }
        }))
    }
}

/// The two halves of 64 bits, together.
fn halves(bits: u64) -> i32 {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    (half(bits) ^ half(bits >> 32)).cast_signed()
}
