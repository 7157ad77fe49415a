//! Expressions: their values, and whether conditions hold.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Dialect, Machine, Run};
use crate::ast::{Comparison, Expression, Operands, Operator};
use crate::value::{Heap, Key, ListKind, MapKind, Value, arithmetic, compare_numbers, int};

impl Machine<'_> {
    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: &Expression) -> Run<Value> {
        match expression {
            Expression::Constant(value) => Ok(value.clone()),
            Expression::Reference(reference) => self.resolve(reference),
            Expression::Word => Ok(Value::Null),
            composed => self.deeper(|machine| {
                machine.charge(1)?;
                machine.composed(composed)
            }),
        }
    }

    fn composed(&mut self, expression: &Expression) -> Run<Value> {
        match expression {
            Expression::Interpolated { body, chop } => {
                let mut text = self.aside(|machine| machine.block(body))?;
                if *chop {
                    text.pop();
                }
                Ok(Value::Text(text.into()))
            }
            Expression::List(elements) => {
                let elements = elements.iter().map(|element| self.value(element)).collect::<Run<_>>()?;
                Ok(self.heap.new_list(ListKind::Java, elements))
            }
            Expression::Map(entries) => {
                let id = self.heap.new_map(MapKind::Plain);
                for (key, value) in entries {
                    let (key, value) = (self.value(key)?, self.value(value)?);
                    self.charge(1)?;
                    self.heap.map_mut(id).entries.insert(Key::of(key), value);
                }
                Ok(Value::Map(id))
            }
            Expression::Range(bounds) => {
                let (first, last) = (self.value(&bounds.0)?, self.value(&bounds.1)?);
                if !first.is_number() || !last.is_number() {
                    return Ok(Value::Null);
                }
                let (first, last) = (int(&first), int(&last));
                self.charge(usize::try_from(first.abs_diff(last)).unwrap_or(usize::MAX))?;
                let elements = if first <= last {
                    (first..=last).map(Value::Integer).collect()
                } else {
                    (last..=first).rev().map(Value::Integer).collect()
                };
                Ok(self.heap.new_list(ListKind::Java, elements))
            }
            Expression::Arithmetic(operator, operands) => self.arithmetic(*operator, operands),
            condition => Ok(Value::Boolean(self.holds(condition)?)),
        }
    }

    fn arithmetic(&mut self, operator: Operator, operands: &Operands) -> Run<Value> {
        let (left, right) = (self.value(&operands.left)?, self.value(&operands.right)?);
        let texts = matches!(left, Value::Text(_)) || matches!(right, Value::Text(_));
        if operator == Operator::Add && texts {
            return self.concatenated(&left, &right, operands);
        }
        if left.is_number() && right.is_number() {
            return Ok(arithmetic(operator, &left, &right));
        }
        Ok(Value::Null)
    }

    /// A text and anything. In Velocity the source stands for what has no value.
    fn concatenated(&mut self, left: &Value, right: &Value, operands: &Operands) -> Run<Value> {
        let mut text = String::new();
        for (value, source) in [(left, &operands.left_text), (right, &operands.right_text)] {
            match self.text_of(value)? {
                Some(part) => text.push_str(&part),
                None if self.dialect == Dialect::Velocity => text.push_str(source),
                None => {}
            }
        }
        if text.len() > self.limit {
            return Err(crate::RenderError::OutputTooLong { limit: self.limit }.into());
        }
        self.charge_bytes(text.len())?;
        Ok(Value::Text(text.into()))
    }

    /// Whether a condition holds. A literal is none: `#if("x")` does not hold.
    pub(super) fn holds(&mut self, condition: &Expression) -> Run<bool> {
        match condition {
            Expression::Reference(reference) => match self.resolve(reference)? {
                Value::Null => Ok(false),
                Value::Boolean(truth) => Ok(truth),
                Value::Block(block) => Ok(self.text_of(&Value::Block(block))?.is_some()),
                _ => Ok(true),
            },
            Expression::Constant(Value::Boolean(truth)) => Ok(*truth),
            Expression::Not(inner) => self.deeper(|machine| Ok(!machine.holds(inner)?)),
            Expression::And(sides) => {
                self.deeper(|machine| Ok(machine.holds(&sides.0)? && machine.holds(&sides.1)?))
            }
            Expression::Or(sides) => {
                self.deeper(|machine| Ok(machine.holds(&sides.0)? || machine.holds(&sides.1)?))
            }
            Expression::Compare(comparison, sides) => self.deeper(|machine| {
                machine.charge(1)?;
                let (left, right) = (machine.value(&sides.0)?, machine.value(&sides.1)?);
                machine.compare(*comparison, &left, &right)
            }),
            Expression::Constant(_)
            | Expression::Interpolated { .. }
            | Expression::List(_)
            | Expression::Map(_)
            | Expression::Range(_)
            | Expression::Arithmetic(..)
            | Expression::Word => Ok(false),
        }
    }

    fn compare(&mut self, comparison: Comparison, left: &Value, right: &Value) -> Run<bool> {
        let order = compare_numbers(left, right);
        Ok(match comparison {
            Comparison::Equal => self.equal(order, left, right)?,
            Comparison::NotEqual => !self.equal(order, left, right)?,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterEqual => order.is_some_and(Ordering::is_ge),
        })
    }

    fn equal(&mut self, order: Option<Ordering>, left: &Value, right: &Value) -> Run<bool> {
        if let Some(order) = order {
            return Ok(order == Ordering::Equal);
        }
        if !left.is_null() && !right.is_null() && Heap::same_class(left, right) {
            return Ok(self.heap.equals(left, right)?);
        }
        let (left, right) = (self.text_of(left)?, self.text_of(right)?);
        Ok(match (left, right, self.dialect) {
            (None, None, _) => true,
            // Recorded from AWS: what is not there equals the empty text.
            (None, Some(text), Dialect::ApiGateway) | (Some(text), None, Dialect::ApiGateway) => {
                text.is_empty()
            }
            (left, right, _) => left == right,
        })
    }

    /// `toString()`; `None` of null and of a block that contains itself too often.
    pub(crate) fn text_of(&mut self, value: &Value) -> Run<Option<Arc<str>>> {
        match value {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Block(at) => {
                let at = *at;
                let mut rendered = false;
                let text = self.aside(|machine| {
                    rendered = machine.render_block(at)?;
                    Ok(())
                })?;
                Ok(rendered.then(|| text.into()))
            }
            Value::Host(host) => {
                let value = self.whole(*host);
                self.printed(&value)
            }
            other => self.printed(other),
        }
    }

    fn printed(&mut self, value: &Value) -> Run<Option<Arc<str>>> {
        let mut text = String::new();
        self.heap.print(value, self.limit, &mut text)?;
        self.charge_bytes(text.len())?;
        Ok(Some(text.into()))
    }
}
