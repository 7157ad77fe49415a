//! JSONPath, as templates need it: compiled with the template, read from the payload.

use std::borrow::Cow;
use std::sync::Arc;

use jsonpath::{JsonPath, NotFound};
use serde_json::Value as Json;

use crate::error::RenderError;

/// A compiled path.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    path: Arc<JsonPath>,
    steps_only: bool,
}

impl Path {
    /// # Errors
    /// What is wrong with the path.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let path = JsonPath::compile(text).map_err(|error| format!("{text:?}: {error}"))?;
        let steps_only = path.is_definite() && !text.contains('(');
        Ok(Self { path: Arc::new(path), steps_only })
    }

    /// Whether reading looks at nothing but what lies on the way; else it may look at the
    /// whole document.
    pub(crate) fn is_cheap(&self) -> bool {
        self.steps_only
    }

    /// What the path leads to; `None` if there is nothing.
    ///
    /// # Errors
    /// If it asks for what cannot be had, where the library that API Gateway uses throws
    /// something else than that there is no such path.
    pub(crate) fn read<'a>(&self, document: &'a Json) -> Result<Option<Cow<'a, Json>>, RenderError> {
        match self.path.read(document) {
            Ok(found) => Ok(Some(found)),
            Err(NotFound::Missing) => Ok(None),
            Err(NotFound::TooMuchWork) => Err(RenderError::TooMuchWork),
            Err(error @ (NotFound::FilterOnPlainValue | NotFound::NoNumbers)) => {
                Err(RenderError::JsonPath { why: error.to_string() })
            }
        }
    }
}
