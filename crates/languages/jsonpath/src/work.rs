//! How much one reading may still do.

use std::cell::Cell;

use serde_json::Value;

use crate::NotFound;
use crate::limits::{MAX_COPIES, MAX_LOOKS, MAX_READ_DEPTH};

/// Counts what a reading does, and ends it when that is too much.
pub(crate) struct Work {
    looks: Cell<u64>,
    copies: Cell<u64>,
    depth: Cell<usize>,
}

impl Work {
    pub(crate) fn new() -> Self {
        Self { looks: Cell::new(MAX_LOOKS), copies: Cell::new(MAX_COPIES), depth: Cell::new(MAX_READ_DEPTH) }
    }

    /// Looks at `count` values.
    pub(crate) fn look(&self, count: usize) -> Result<(), NotFound> {
        spend(&self.looks, count)
    }

    /// Copies `value` into what is returned.
    pub(crate) fn copy(&self, value: &Value) -> Result<Value, NotFound> {
        self.count_copies(value)?;
        Ok(value.clone())
    }

    fn count_copies(&self, value: &Value) -> Result<(), NotFound> {
        // Long texts count by their length: the bound is one of memory.
        const TEXT_BYTES_A_COPY: usize = 64;
        self.deeper(|| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => spend(&self.copies, 1),
            Value::String(text) => spend(&self.copies, 1 + text.len() / TEXT_BYTES_A_COPY),
            Value::Array(values) => {
                spend(&self.copies, 1)?;
                values.iter().try_for_each(|value| self.count_copies(value))
            }
            Value::Object(members) => {
                spend(&self.copies, 1)?;
                members.iter().try_for_each(|(name, value)| {
                    spend(&self.copies, 1 + name.len() / TEXT_BYTES_A_COPY)?;
                    self.count_copies(value)
                })
            }
        })
    }

    /// Runs `inner` one level deeper.
    pub(crate) fn deeper<T>(&self, inner: impl FnOnce() -> Result<T, NotFound>) -> Result<T, NotFound> {
        let left = self.depth.get().checked_sub(1).ok_or(NotFound::TooMuchWork)?;
        self.depth.set(left);
        let result = inner();
        self.depth.set(left + 1);
        result
    }
}

fn spend(left: &Cell<u64>, count: usize) -> Result<(), NotFound> {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    left.set(left.get().checked_sub(count).ok_or(NotFound::TooMuchWork)?);
    Ok(())
}
