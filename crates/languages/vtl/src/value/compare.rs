//! `equals()`.

use super::{Heap, Value};
use crate::error::RenderError;
use crate::limits::DEPTH;

impl Heap {
    /// Whether Java's `equals` holds: of one class and the same, part by part.
    ///
    /// # Errors
    /// If values stand too deep inside each other.
    pub(crate) fn equals(&self, left: &Value, right: &Value) -> Result<bool, RenderError> {
        self.equals_at(left, right, 0)
    }

    fn equals_at(&self, left: &Value, right: &Value, depth: usize) -> Result<bool, RenderError> {
        if depth > DEPTH {
            return Err(RenderError::TooDeep { limit: DEPTH });
        }
        Ok(match (left, right) {
            (Value::Null, Value::Null) => true,
            (Value::Boolean(one), Value::Boolean(other)) => one == other,
            (Value::Integer(one), Value::Integer(other)) => one == other,
            (Value::Long(one), Value::Long(other)) => one == other,
            (Value::Big(one), Value::Big(other)) => one == other,
            (Value::Double(one), Value::Double(other)) => one.to_bits() == other.to_bits(),
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::List(one), Value::List(other)) if one == other => true,
            (Value::List(one), Value::List(other)) => {
                let (one, other) = (&self.list(*one).elements, &self.list(*other).elements);
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (left, right) in one.iter().zip(other) {
                    if !self.equals_at(left, right, depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(one), Value::Map(other)) if one == other => true,
            (Value::Map(one), Value::Map(other)) => {
                let (one, other) = (&self.map(*one).entries, &self.map(*other).entries);
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (key, left) in one {
                    match other.get(key) {
                        Some(right) if self.equals_at(left, right, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            (Value::Entry(one), Value::Entry(other))
            | (Value::Loop(one), Value::Loop(other))
            | (Value::Block(one), Value::Block(other)) => one == other,
            (Value::Host(one), Value::Host(other)) => one == other,
            _ => false,
        })
    }

    /// Whether two values are of one class or one of them of a subclass of the other's, so
    /// that `==` asks `equals` and not their texts.
    pub(crate) fn same_class(left: &Value, right: &Value) -> bool {
        std::mem::discriminant(left) == std::mem::discriminant(right)
    }
}
