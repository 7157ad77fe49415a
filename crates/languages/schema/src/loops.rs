//! Schemas that lead to themselves. A tree of models (a node has nodes) is fine: each turn goes
//! one level into the body. A schema that is reached again on the same value would be
//! followed forever.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

/// A schema's place: its model and the JSON pointer in it.
type Place = (String, String);

/// Is a schema reached from the model `name` again without going into the body?
pub(crate) fn leads_to_itself(prefix: &str, name: &str, models: &BTreeMap<String, Value>) -> bool {
    let mut search = Search { prefix, models, done: HashSet::new() };
    models.keys().any(|model| {
        let Some(schema) = models.get(model) else { return false };
        let mut places = Vec::new();
        all_places(schema, String::new(), &mut places);
        places.into_iter().any(|pointer| search.loops((model.clone(), pointer), &mut Vec::new()))
    }) || search.loops((name.to_owned(), String::new()), &mut Vec::new())
}

struct Search<'a> {
    prefix: &'a str,
    models: &'a BTreeMap<String, Value>,
    /// Places that lead to no loop.
    done: HashSet<Place>,
}

impl Search<'_> {
    /// `under_way` holds the places that led here.
    fn loops(&mut self, place: Place, under_way: &mut Vec<Place>) -> bool {
        if under_way.contains(&place) {
            return true;
        }
        if self.done.contains(&place) {
            return false;
        }
        under_way.push(place.clone());
        let found = self.same_value(&place).into_iter().any(|next| self.loops(next, under_way));
        under_way.pop();
        self.done.insert(place);
        found
    }

    /// The schemas that the one at `place` puts to the same value.
    fn same_value(&self, (model, pointer): &Place) -> Vec<Place> {
        let Some(Value::Object(members)) = self.models.get(model).and_then(|schema| schema.pointer(pointer))
        else {
            return Vec::new();
        };
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            return self.target(model, reference).into_iter().collect();
        }
        let mut places = Vec::new();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let count = members.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
            places.extend((0..count).map(|index| (model.clone(), format!("{pointer}/{keyword}/{index}"))));
        }
        if members.contains_key("not") {
            places.push((model.clone(), format!("{pointer}/not")));
        }
        for (name, value) in members.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
            if value.is_object() {
                places.push((model.clone(), format!("{pointer}/dependencies/{}", escaped(name))));
            }
        }
        places
    }

    fn target(&self, model: &str, reference: &str) -> Option<Place> {
        let (document, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        match document {
            "" => Some((model.to_owned(), pointer.to_owned())),
            document => Some((document.strip_prefix(self.prefix)?.to_owned(), pointer.to_owned())),
        }
    }
}

/// The pointers of every object in `value`: more than there are schemas, which does no harm.
fn all_places(value: &Value, pointer: String, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                all_places(value, format!("{pointer}/{}", escaped(name)), out);
            }
            out.push(pointer);
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                all_places(value, format!("{pointer}/{index}"), out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
