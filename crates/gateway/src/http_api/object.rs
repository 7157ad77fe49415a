//! Writes a JSON object member by member, in order.

use serde::Serialize;

/// An object that is being written.
pub(super) struct Object(String);

impl Object {
    /// Without members.
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }

    /// Adds a member whose value is JSON already.
    pub(super) fn raw(mut self, name: &str, value: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&json(name));
        self.0.push(':');
        self.0.push_str(value);
        self
    }

    /// Adds a text.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &json(value))
    }

    /// Adds what can be written as JSON.
    pub(super) fn value(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.raw(name, &json(value))
    }

    /// Adds a member if there is a value for it.
    pub(super) fn maybe(self, name: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.raw(name, &value),
            None => self,
        }
    }

    /// The object.
    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Texts, lists and maps of texts always are JSON.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
