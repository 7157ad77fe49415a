//! References: their values, printing them, and setting what they name.

use std::sync::Arc;

use super::{Dialect, Machine, Run};
use crate::ast::{Expression, Method, Reference, Step};
use crate::error::RenderError;
use crate::value::{Host, Key, ListKind, MapId, MapKind, Value, print_simple};

impl Machine<'_> {
    /// The value of a reference; null if there is none.
    pub(super) fn resolve(&mut self, reference: &Reference) -> Run<Value> {
        if reference.void {
            return Ok(Value::Null);
        }
        self.deeper(|machine| {
            machine.charge(1)?;
            let root = machine.root(reference)?;
            if let (Value::Host(Host::Context), Some(path)) = (&root, &reference.context)
                && let Some(value) = machine.context_at(path)
            {
                return Ok(value);
            }
            machine.along(root, &reference.steps)
        })
    }

    fn root(&mut self, reference: &Reference) -> Run<Value> {
        let value = self.get(&reference.name)?;
        if !value.is_null() || self.dialect == Dialect::Velocity {
            return Ok(value);
        }
        Ok(match &*reference.name {
            "input" => Value::Host(Host::Input),
            "context" => Value::Host(Host::Context),
            "stageVariables" => Value::Host(Host::StageVariables),
            "util" => Value::Host(Host::Util),
            _ => Value::Null,
        })
    }

    fn along(&mut self, root: Value, steps: &[Step]) -> Run<Value> {
        let mut value = root;
        for step in steps {
            if value.is_null() {
                break;
            }
            value = match step {
                Step::Property(name) => self.property(&value, name),
                Step::Method(method) => self.invoke(&value, method)?,
                Step::Index(index) => {
                    let index = self.value(index)?;
                    self.element(&value, index)?
                }
            };
        }
        Ok(value)
    }

    pub(super) fn print_reference(&mut self, reference: &Reference) -> Run<()> {
        let value = self.resolve(reference)?;
        let absent = value.is_null();
        if reference.escaped {
            self.out.push_str(&reference.escapes);
            if absent && self.dialect == Dialect::Velocity {
                self.out.push('\\');
            }
            self.print_literal(reference);
            return Ok(self.fits()?);
        }
        if let Value::Block(at) = value {
            if self.render_block(at)? {
                return Ok(());
            }
        } else if !absent {
            self.out.push_str(&reference.prefix);
            return match value {
                Value::Host(host) => {
                    let whole = self.whole(host);
                    Ok(self.print(&whole)?)
                }
                value => Ok(self.print(&value)?),
            };
        }
        if self.dialect == Dialect::ApiGateway && !reference.void {
            self.out.push_str(&reference.prefix);
            return Ok(());
        }
        self.out.push_str(&reference.escapes);
        self.out.push_str(&reference.prefix);
        self.print_literal(reference);
        Ok(self.fits()?)
    }

    /// In a macro an argument's own text stands for it.
    fn print_literal(&mut self, reference: &Reference) {
        match self.argument_source(&reference.literal) {
            Some(source) => self.out.push_str(&source),
            None => self.out.push_str(&reference.literal),
        }
    }

    /// Sets what a reference with properties or indices names. Like Velocity, it does nothing
    /// if that is not there.
    pub(super) fn assign(&mut self, target: &Reference, value: Value) -> Run<()> {
        let Some((last, steps)) = target.steps.split_last() else { return Ok(()) };
        let root = self.root(target)?;
        let holder = self.along(root, steps)?;
        match last {
            Step::Property(name) => {
                if let Some(map) = self.map_of(&holder) {
                    self.set_member(map, Key::Text(name.clone()), value)?;
                }
                Ok(())
            }
            Step::Index(index) => {
                let index = self.value(index)?;
                let index = self.counted(&holder, index)?;
                match (&holder, index) {
                    (Value::List(id), Value::Integer(at)) if self.heap.list(*id).kind != ListKind::Set => {
                        let elements = &mut self.heap.list_mut(*id).elements;
                        let count = elements.len();
                        let slot = usize::try_from(at).ok().and_then(|at| elements.get_mut(at));
                        *slot.ok_or_else(|| out_of_bounds("set", at, count))? = value;
                        Ok(())
                    }
                    (holder, index) => {
                        if let Some(map) = self.map_of(holder) {
                            self.set_member(map, Key::of(index), value)?;
                        }
                        Ok(())
                    }
                }
            }
            Step::Method(_) => Ok(()),
        }
    }

    /// The map that a value is or stands for.
    pub(crate) fn map_of(&mut self, value: &Value) -> Option<MapId> {
        match value {
            Value::Map(id) => Some(*id),
            Value::Loop(at) => self.heap.loops.get(*at).map(|running| running.storage),
            Value::Host(host) => match self.whole(*host) {
                Value::Map(id) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }

    /// Puts a member into a map. An override is set once.
    pub(crate) fn set_member(&mut self, map: MapId, key: Key, value: Value) -> Result<Value, RenderError> {
        self.charge(1)?;
        if self.heap.map(map).kind == MapKind::Override && !self.overridden.insert((map, key.clone())) {
            let mut name = String::new();
            print_simple(&key.to_value(), &mut name);
            return Err(RenderError::OverriddenTwice(name));
        }
        Ok(self.heap.map_mut(map).entries.insert(key, value).unwrap_or(Value::Null))
    }

    /// `$value.name`
    fn property(&mut self, value: &Value, name: &Arc<str>) -> Value {
        match value {
            Value::Map(id) => self.heap.member(*id, name),
            Value::Entry(_) | Value::Loop(_) | Value::Text(_) | Value::List(_) => {
                self.java_property(value, name)
            }
            Value::Host(host) => self.host_property(*host, name),
            _ => Value::Null,
        }
    }

    /// `$value[index]`
    fn element(&mut self, value: &Value, index: Value) -> Run<Value> {
        let index = self.counted(value, index)?;
        match (value, index) {
            (Value::List(id), Value::Integer(at)) => {
                let list = self.heap.list(*id);
                if list.kind == ListKind::Set {
                    return Ok(Value::Null);
                }
                let found = usize::try_from(at).ok().and_then(|at| list.elements.get(at)).cloned();
                Ok(found.ok_or_else(|| out_of_bounds("get", at, list.elements.len()))?)
            }
            (Value::Host(host), Value::Text(name)) => Ok(self.host_property(*host, &name)),
            (holder, index) => match self.map_of(holder) {
                Some(map) => Ok(self.heap.get(map, &index)),
                None => Ok(Value::Null),
            },
        }
    }

    /// An index below zero counts from the end.
    fn counted(&mut self, value: &Value, index: Value) -> Result<Value, RenderError> {
        let Value::Integer(below @ ..0) = index else { return Ok(index) };
        let size = match value {
            Value::List(id) => self.heap.list(*id).elements.len(),
            other => match self.map_of(other) {
                Some(map) => self.heap.map(map).entries.len(),
                None => return Err(RenderError::NegativeIndex),
            },
        };
        Ok(Value::Integer(i32::try_from(size).unwrap_or(i32::MAX).saturating_add(below)))
    }

    /// `$value.method(…)`
    fn invoke(&mut self, value: &Value, method: &Method) -> Run<Value> {
        if let (Value::Host(Host::Input), Some(path)) = (value, &method.path) {
            return self.read_payload(&method.name, path);
        }
        let arguments: Vec<Value> = match &*method.arguments {
            [] => Vec::new(),
            arguments => {
                arguments.iter().map(|argument: &Expression| self.value(argument)).collect::<Run<_>>()?
            }
        };
        self.charge(1 + arguments.len())?;
        Ok(self.call_method(value, method, &arguments)?.unwrap_or(Value::Null))
    }
}

pub(crate) fn out_of_bounds(method: &'static str, index: i32, size: usize) -> RenderError {
    RenderError::Method { method, why: format!("Index: {index}, Size: {size}") }
}
