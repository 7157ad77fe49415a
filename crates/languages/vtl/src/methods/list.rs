//! Methods of lists and sets.

use super::fails;
use crate::error::RenderError;
use crate::render::{Machine, Run, out_of_bounds};
use crate::value::{ListId, ListKind, Value};

/// What a method without a result gives in Velocity.
fn nothing() -> Value {
    Value::text("")
}

impl Machine<'_> {
    pub(super) fn list_method(&mut self, id: ListId, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        let kind = self.heap.list(id).kind;
        let count = self.heap.list(id).elements.len();
        let made = match (name, arguments) {
            // `count` is documented for API Gateway's lists.
            ("size" | "count", []) => Value::count(count),
            ("isEmpty", []) => Value::Boolean(count == 0),
            ("contains", [element]) => Value::Boolean(self.find(id, element)?.is_some()),
            ("toArray" | "iterator", []) => {
                self.charge(count)?;
                let elements = self.heap.list(id).elements.clone();
                self.heap.new_list(ListKind::Java, elements)
            }
            ("containsAll", [other]) => match self.elements(other) {
                Some(others) => {
                    let mut all = true;
                    for other in &others {
                        all = all && self.find(id, other)?.is_some();
                    }
                    Value::Boolean(all)
                }
                None => return Ok(None),
            },
            ("clear", []) => {
                self.heap.list_mut(id).elements.clear();
                nothing()
            }
            _ if kind == ListKind::Set => return Ok(None),
            ("get", [Value::Integer(at)]) => {
                let found = usize::try_from(*at).ok().and_then(|at| self.heap.list(id).elements.get(at));
                found.cloned().ok_or_else(|| out_of_bounds("get", *at, count))?
            }
            ("set", [Value::Integer(at), value]) => {
                let slot =
                    usize::try_from(*at).ok().and_then(|at| self.heap.list_mut(id).elements.get_mut(at));
                let slot = slot.ok_or_else(|| out_of_bounds("set", *at, count))?;
                std::mem::replace(slot, value.clone())
            }
            ("add", [value]) => {
                self.charge(1)?;
                self.heap.list_mut(id).elements.push(value.clone());
                Value::Boolean(true)
            }
            ("add", [Value::Integer(at), value]) => {
                self.charge(count)?;
                let place = usize::try_from(*at).ok().filter(|at| *at <= count);
                let place = place.ok_or_else(|| out_of_bounds("add", *at, count))?;
                self.heap.list_mut(id).elements.insert(place, value.clone());
                nothing()
            }
            ("addAll", [other]) => match self.elements(other).filter(|_| matches!(other, Value::List(_))) {
                Some(others) => {
                    self.charge(others.len())?;
                    let changed = !others.is_empty();
                    self.heap.list_mut(id).elements.extend(others);
                    Value::Boolean(changed)
                }
                None => return Ok(None),
            },
            // Of a number it is the place, of all else the element.
            ("remove", [Value::Integer(at)]) => {
                self.charge(count)?;
                let place = usize::try_from(*at).ok().filter(|at| *at < count);
                let place = place.ok_or_else(|| out_of_bounds("remove", *at, count))?;
                self.heap.list_mut(id).elements.remove(place)
            }
            ("remove", [element]) => match self.find(id, element)? {
                Some(place) => {
                    self.heap.list_mut(id).elements.remove(place);
                    Value::Boolean(true)
                }
                None => Value::Boolean(false),
            },
            ("indexOf", [element]) => place(self.find(id, element)?),
            ("lastIndexOf", [element]) => place(self.find_last(id, element)?),
            ("subList", [Value::Integer(from), Value::Integer(to)]) => {
                self.charge(count)?;
                let bounds = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
                let part = bounds.and_then(|(from, to)| self.heap.list(id).elements.get(from..to));
                let part = part.map(<[Value]>::to_vec);
                let part =
                    part.ok_or_else(|| fails("subList", format!("fromIndex: {from}, toIndex: {to}")))?;
                self.heap.new_list(ListKind::Java, part)
            }
            _ => return Ok(None),
        };
        Ok(Some(made))
    }

    fn find(&mut self, id: ListId, element: &Value) -> Result<Option<usize>, RenderError> {
        self.charge(self.heap.list(id).elements.len())?;
        for (at, own) in self.heap.list(id).elements.iter().enumerate() {
            if self.heap.equals(own, element)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    fn find_last(&mut self, id: ListId, element: &Value) -> Result<Option<usize>, RenderError> {
        self.charge(self.heap.list(id).elements.len())?;
        for (at, own) in self.heap.list(id).elements.iter().enumerate().rev() {
            if self.heap.equals(own, element)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

fn place(found: Option<usize>) -> Value {
    found.map_or(Value::Integer(-1), Value::count)
}
