//! `$input`: the payload and the parameters of the request.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::error::RenderError;
use crate::path::Path;
use crate::render::{Machine, Run};
use crate::scene::Place;
use crate::value::{Key, MapKind, Value, size, to_json};

/// The payload as JSON.
#[derive(Debug)]
pub(crate) struct Payload {
    json: Json,
    /// What looking at all of it costs.
    size: usize,
}

impl Machine<'_> {
    /// `$input.body`. Recorded from AWS: without a payload it is `{}`.
    pub(super) fn body(&mut self) -> Value {
        let body = self.body.get_or_insert_with(|| match self.scene.body() {
            "" => "{}".into(),
            body => body.into(),
        });
        Value::Text(body.clone())
    }

    pub(super) fn input_method(&mut self, name: &str, arguments: &[Value]) -> Run<Option<Value>> {
        match (name, arguments) {
            ("json" | "path", [path]) => {
                let text = self.argument_text(Some(path))?;
                self.charge_bytes(text.len())?;
                self.read_payload(name, &Path::compile(&text)).map(Some)
            }
            ("params", []) => Ok(Some(self.parameters()?)),
            ("params", [name]) => {
                let name = self.argument_text(Some(name))?;
                let scene = self.scene;
                Ok(Some(scene.parameter(&name).map_or(Value::Null, |value| Value::text(&value))))
            }
            _ => Ok(None),
        }
    }

    /// `$input.json(path)`, the text of what stands there, or `$input.path(path)`, the value.
    pub(crate) fn read_payload(&mut self, name: &str, path: &Result<Path, String>) -> Run<Value> {
        let document = self.payload()?;
        let path = path.as_ref().map_err(|why| RenderError::JsonPath { why: why.clone() })?;
        if !path.is_cheap() {
            self.charge(document.size)?;
        }
        let found = path.read(&document.json)?;
        if name == "path" {
            let Some(found) = found else { return Ok(Value::Null) };
            self.charge(size(&found))?;
            return Ok(self.heap.of_json(&found));
        }
        // Not recorded for what is not there: as the JSON of the empty text.
        let found = found.unwrap_or(Cow::Owned(Json::String(String::new())));
        let mut text = String::new();
        to_json(&found, &mut text);
        self.charge_bytes(text.len())?;
        Ok(Value::Text(text.into()))
    }

    /// The payload as JSON: an empty object if there is none, and a text if it is no JSON at
    /// all (what json-smart, API Gateway's parser, makes of `a=b`).
    fn payload(&mut self) -> Result<Arc<Payload>, RenderError> {
        if let Some(document) = &self.document {
            return Ok(document.clone());
        }
        let body = self.scene.document();
        self.charge_bytes(body.len())?;
        let json = document(body)?;
        let document = Arc::new(Payload { size: size(&json), json });
        self.document = Some(document.clone());
        Ok(document)
    }

    /// `$input.params()`
    fn parameters(&mut self) -> Result<Value, RenderError> {
        let all = self.heap.new_map(MapKind::Plain);
        let places = [("path", Place::Path), ("querystring", Place::QueryString), ("header", Place::Header)];
        for (name, place) in places {
            let id = self.heap.new_map(MapKind::Plain);
            let entries = &mut self.heap.map_mut(id).entries;
            self.scene.each_parameter(place, &mut |name, value| {
                entries.insert(Key::name(name), Value::text(value));
            });
            let count = entries.len();
            self.charge(count)?;
            self.heap.map_mut(all).entries.insert(Key::name(name), Value::Map(id));
        }
        Ok(Value::Map(all))
    }
}

/// A text as a JSON document.
pub(super) fn document(text: &str) -> Result<Json, RenderError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Json::Object(Map::new()));
    }
    serde_json::from_str(text).or_else(|error| {
        if text.starts_with(['{', '[', '"', '\'']) {
            Err(RenderError::NotJson { why: error.to_string() })
        } else {
            Ok(Json::String(text.to_owned()))
        }
    })
}
