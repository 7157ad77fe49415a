//! `$context`: looked up name by name, and a map for templates that use it as one.

use serde_json::{Map, Value as Json};

use crate::error::RenderError;
use crate::overrides::Overrides;
use crate::render::Machine;
use crate::scene::Lookup;
use crate::value::{Key, MapId, MapKind, Value};

/// Variables that are numbers, so that templates can calculate with them.
const NUMBERS: [&str; 1] = ["requestTimeEpoch"];

const REQUEST: &str = "requestOverride";
const RESPONSE: &str = "responseOverride";

impl Machine<'_> {
    /// `$context.{path}`, if it can be had without the map.
    pub(crate) fn context_at(&mut self, path: &str) -> Option<Value> {
        if self.context.is_some() {
            return None;
        }
        let mut text = String::new();
        match self.scene.context(path, &mut text) {
            Lookup::Found => Some(value_of(path, &text)),
            Lookup::Absent => Some(Value::Null),
            Lookup::Unknown => None,
        }
    }

    /// `$context` as a map.
    pub(super) fn context_map(&mut self) -> MapId {
        if let Some(id) = self.context {
            return id;
        }
        let root = self.heap.new_map(MapKind::Plain);
        let heap = &mut self.heap;
        self.scene.each_context(&mut |path, text| {
            let mut map = root;
            let mut name = path;
            while let Some((group, rest)) = name.split_once('.') {
                map = match heap.member(map, group) {
                    Value::Map(id) => id,
                    _ => {
                        let id = heap.new_map(MapKind::Plain);
                        heap.map_mut(map).entries.insert(Key::name(group), Value::Map(id));
                        id
                    }
                };
                name = rest;
            }
            let value = text.map_or(Value::Null, |text| value_of(path, text));
            heap.map_mut(map).entries.insert(Key::name(name), value);
        });
        let overrides = self.overrides;
        for (name, set, groups) in [
            (REQUEST, overrides.request(), &["header", "path", "querystring"][..]),
            (RESPONSE, overrides.response(), &["header"][..]),
        ] {
            let id = self.override_map(set, groups);
            self.heap.map_mut(root).entries.insert(Key::name(name), Value::Map(id));
        }
        self.context = Some(root);
        root
    }

    /// A map of overrides with what was overridden before.
    fn override_map(&mut self, set: Option<&Map<String, Json>>, groups: &[&str]) -> MapId {
        let id = self.heap.new_map(MapKind::Override);
        for group in groups {
            let inner = self.heap.new_map(MapKind::Override);
            let before = set.and_then(|set| set.get(*group)).and_then(Json::as_object);
            for (name, value) in before.into_iter().flatten() {
                let value = self.heap.of_json(value);
                self.heap.map_mut(inner).entries.insert(Key::name(name), value);
            }
            self.heap.map_mut(id).entries.insert(Key::name(group), Value::Map(inner));
        }
        let others = set.into_iter().flatten().filter(|(name, _)| !groups.contains(&name.as_str()));
        for (name, value) in others {
            let value = self.heap.of_json(value);
            self.heap.map_mut(id).entries.insert(Key::name(name), value);
        }
        id
    }

    /// What is overridden now; `None` if the template has not looked at overrides.
    ///
    /// # Errors
    /// If a value is nested too deep.
    pub(crate) fn overrides_now(&self) -> Result<Option<Overrides>, RenderError> {
        let Some(root) = self.context.filter(|_| !self.overridden.is_empty()) else { return Ok(None) };
        let document = |name| match self.heap.to_document(&self.heap.member(root, name), 0)? {
            Json::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        };
        let (mut request, mut response) = (document(REQUEST)?, document(RESPONSE)?);
        for members in [&mut request, &mut response] {
            members.retain(|_, value| value.as_object().is_none_or(|group| !group.is_empty()));
        }
        Ok(Some(Overrides::new(request, response)))
    }
}

fn value_of(name: &str, text: &str) -> Value {
    match text.parse() {
        Ok(number) if NUMBERS.contains(&name) => Value::Long(number),
        _ => Value::text(text),
    }
}
