//! The schemas of models: JSON Schema draft 4 with references between the models of an API
//! (API Gateway developer guide, "Data models for REST APIs"), and what is wrong with a body
//! in the words that AWS has for it.
//!
//! Nothing is ever fetched: a reference leads to a model of the same API, into its own
//! schema, or nowhere.

mod compile;
mod loops;
mod walk;
mod wording;

#[cfg(test)]
mod tests;

pub use compile::{Models, SchemaError, check};

use serde_json::Value;

/// The largest body whose faults are told one by one. Of a larger one it is only told that it
/// has some: there can be as many as it has values.
pub const MAX_TOLD_BYTES: usize = 64 * 1024;

/// A model's schema, compiled.
#[derive(Debug)]
pub struct Schema {
    validator: jsonschema::Validator,
}

/// A body that a model does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[{}]", .faults.join(", "))]
pub struct Invalid {
    /// What is wrong, in AWS's words; at least one.
    pub faults: Vec<String>,
}

impl Schema {
    /// Holds `body`, which is `size` bytes of JSON, to the schema.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self, body: &Value, size: usize) -> Result<(), Invalid> {
        if self.validator.is_valid(body) {
            return Ok(());
        }
        let faults = if size > MAX_TOLD_BYTES {
            vec!["Invalid request body".to_owned()]
        } else {
            wording::faults(self.validator.iter_errors(body))
        };
        Err(Invalid { faults })
    }
}
