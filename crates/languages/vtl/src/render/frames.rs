//! Variables, and what macros put in front of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Machine, Run};
use crate::ast::Expression;
use crate::value::Value;

/// A place for names. Each stands in front of another, in which the look-up goes on.
#[derive(Debug)]
pub(super) struct Frame {
    behind: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The template's variables.
    Variables(HashMap<Arc<str>, Value>),
    /// Those of a macro: what it sets is set here and behind, and its arguments are evaluated
    /// behind, each time anew.
    Macro { set: HashMap<Arc<str>, Value>, arguments: HashMap<Arc<str>, (Arc<[Expression]>, usize)> },
    /// A loop's variable while its element is null.
    Null { name: Arc<str>, active: bool },
}

impl Frame {
    pub(super) fn variables() -> Self {
        Self { behind: 0, kind: Kind::Variables(HashMap::new()) }
    }
}

impl Machine<'_> {
    /// The value of a variable; null if there is none.
    pub(crate) fn get(&mut self, name: &str) -> Run<Value> {
        let mut at = self.current;
        while let Some(frame) = self.frames.get(at) {
            match &frame.kind {
                Kind::Variables(values) => return Ok(values.get(name).cloned().unwrap_or(Value::Null)),
                Kind::Macro { set, arguments } => {
                    if let Some(value) = set.get(name).filter(|value| !value.is_null()) {
                        return Ok(value.clone());
                    }
                    if let Some((expressions, index)) = arguments.get(name) {
                        let (expressions, index, behind) = (expressions.clone(), *index, frame.behind);
                        let Some(expression) = expressions.get(index) else { return Ok(Value::Null) };
                        return self.in_frame(behind, |machine| {
                            machine.deeper(|machine| {
                                machine.charge(1)?;
                                machine.value(expression)
                            })
                        });
                    }
                }
                Kind::Null { name: own, active } => {
                    if *active && **own == *name {
                        return Ok(Value::Null);
                    }
                }
            }
            at = frame.behind;
        }
        Ok(Value::Null)
    }

    /// How an argument of the running macro is written, if `literal` names one.
    pub(super) fn argument_source(&self, literal: &str) -> Option<Arc<str>> {
        let name = literal.strip_prefix('$')?;
        let mut at = self.current;
        loop {
            let frame = self.frames.get(at)?;
            match &frame.kind {
                Kind::Variables(_) => return None,
                Kind::Macro { arguments, .. } => {
                    if let Some((expressions, index)) = arguments.get(name) {
                        return match expressions.get(*index)? {
                            Expression::Reference(reference) => Some(reference.source.clone()),
                            _ => None,
                        };
                    }
                }
                Kind::Null { .. } => {}
            }
            at = frame.behind;
        }
    }

    /// Sets a variable.
    pub(crate) fn put(&mut self, name: &str, value: Value) {
        let mut at = self.current;
        while let Some(frame) = self.frames.get_mut(at) {
            match &mut frame.kind {
                Kind::Variables(values) => return insert(values, name, value),
                Kind::Macro { set, .. } => insert(set, name, value.clone()),
                Kind::Null { name: own, active } => *active |= **own == *name && value.is_null(),
            }
            at = frame.behind;
        }
    }

    /// Takes a variable away.
    pub(super) fn remove(&mut self, name: &str) {
        let mut at = self.current;
        while let Some(frame) = self.frames.get_mut(at) {
            match &mut frame.kind {
                Kind::Variables(values) => {
                    values.remove(name);
                    return;
                }
                Kind::Macro { set, arguments } => {
                    set.remove(name);
                    arguments.remove(name);
                }
                Kind::Null { name: own, active } => *active &= **own != *name,
            }
            at = frame.behind;
        }
    }

    /// Runs `inner` in front of which a loop's variable is null.
    pub(super) fn without<T>(&mut self, name: &Arc<str>, inner: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        self.with_frame(Kind::Null { name: name.clone(), active: true }, inner)
    }

    /// Runs a macro's body: `set` are the arguments that are values already.
    pub(super) fn in_macro<T>(
        &mut self,
        set: HashMap<Arc<str>, Value>,
        arguments: HashMap<Arc<str>, (Arc<[Expression]>, usize)>,
        inner: impl FnOnce(&mut Self) -> Run<T>,
    ) -> Run<T> {
        self.with_frame(Kind::Macro { set, arguments }, inner)
    }

    fn with_frame<T>(&mut self, kind: Kind, inner: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        let at = self.frames.len();
        self.frames.push(Frame { behind: self.current, kind });
        let result = self.in_frame(at, inner);
        self.frames.truncate(at);
        result
    }

    fn in_frame<T>(&mut self, at: usize, inner: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        let outer = std::mem::replace(&mut self.current, at);
        let result = inner(self);
        self.current = outer;
        result
    }
}

fn insert(values: &mut HashMap<Arc<str>, Value>, name: &str, value: Value) {
    match values.get_mut(name) {
        Some(present) => *present = value,
        None => {
            values.insert(name.into(), value);
        }
    }
}
