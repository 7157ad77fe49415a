//! JSON Schemas as types of Java.

use std::collections::{BTreeMap, HashMap};

use openapi::Definition;
use serde_json::Value;

use super::model::{self, Property};
use super::{Class, identifier};
use crate::names::{Distinct, camel, pascal};

/// Names that no generated class may have: generated code says them and means something else.
pub(super) const TAKEN: [&str; 20] = [
    "String",
    "Object",
    "Long",
    "Double",
    "Boolean",
    "List",
    "Map",
    "LinkedHashMap",
    "Override",
    "Json",
    "JsonObject",
    "Answer",
    "Call",
    "Transport",
    "Credentials",
    "ApiException",
    "SigV4",
    "Duration",
    "HttpClient",
    "System",
];

/// How deep schemas may be nested until they are any value.
const DEEPEST: usize = 16;

/// A type of Java.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Number,
    Bool,
    Any,
    Map,
    List(Box<Type>),
    /// A class of the package `model`.
    Class(String),
}

impl Type {
    /// As code names it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Text => "String".into(),
            Self::Integer => "Long".into(),
            Self::Number => "Double".into(),
            Self::Bool => "Boolean".into(),
            Self::Any => "Object".into(),
            Self::Map => "Map<String, Object>".into(),
            Self::List(of) => format!("List<{}>", of.name()),
            Self::Class(name) => name.clone(),
        }
    }

    /// The expression that makes one of it of the JSON value `from`.
    pub(super) fn read(&self, from: &str, depth: usize) -> String {
        match self {
            Self::Text => format!("Json.string({from})"),
            Self::Integer => format!("Json.integer({from})"),
            Self::Number => format!("Json.number({from})"),
            Self::Bool => format!("Json.bool({from})"),
            Self::Any => from.to_owned(),
            Self::Map => format!("Json.map({from})"),
            Self::List(of) => {
                let item = format!("item{depth}");
                format!("Json.list({from}, {item} -> {})", of.read(&item, depth + 1))
            }
            Self::Class(name) => format!("{name}.fromJson({from})"),
        }
    }
}

/// The models of an API: those that are classes, and what the others are.
pub(super) struct Models {
    schemas: HashMap<String, Value>,
    /// The classes of models by the models' names.
    named: BTreeMap<String, String>,
    /// What the other models are, as far as somebody asked; one that is asked for while it is
    /// looked at is any value.
    others: HashMap<String, Type>,
    /// Classes that are still to be written, with their schemas.
    waiting: Vec<(String, Value)>,
}

impl Models {
    pub(super) fn of(definition: &Definition, names: &mut Distinct) -> Self {
        let mut models = Self {
            schemas: HashMap::new(),
            named: BTreeMap::new(),
            others: HashMap::new(),
            waiting: Vec::new(),
        };
        for model in &definition.models {
            let (Some(name), Some(text)) = (&model.name, &model.schema) else { continue };
            let Ok(schema) = serde_json::from_str::<Value>(text) else { continue };
            if has_properties(&schema) {
                let class = names.give(&class_name(name));
                models.waiting.push((class.clone(), schema.clone()));
                models.named.insert(name.clone(), class);
            }
            models.schemas.insert(name.clone(), schema);
        }
        models
    }

    /// The type of the model `name`.
    pub(super) fn model(&mut self, name: &str, names: &mut Distinct) -> Type {
        if let Some(class) = self.named.get(name) {
            return Type::Class(class.clone());
        }
        if let Some(known) = self.others.get(name) {
            return known.clone();
        }
        self.others.insert(name.to_owned(), Type::Any);
        let Some(schema) = self.schemas.get(name).cloned() else { return Type::Any };
        let of = self.schema(&schema, &class_name(name), 0, names);
        self.others.insert(name.to_owned(), of.clone());
        of
    }

    /// The type of a schema; an object of its own in it becomes a class called like `name`.
    fn schema(&mut self, schema: &Value, name: &str, depth: usize, names: &mut Distinct) -> Type {
        if depth > DEEPEST {
            return Type::Any;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let Some((_, model)) = reference.rsplit_once("/models/") else { return Type::Any };
            return self.model(model, names);
        }
        if has_properties(schema) {
            let class = names.give(name);
            self.waiting.push((class.clone(), schema.clone()));
            return Type::Class(class);
        }
        match kind(schema) {
            Some("string") => Type::Text,
            Some("integer") => Type::Integer,
            Some("number") => Type::Number,
            Some("boolean") => Type::Bool,
            Some("object") => Type::Map,
            Some("array") => {
                let of = schema.get("items").filter(|items| items.is_object());
                let of = of.map(|items| self.schema(items, &format!("{name}Item"), depth + 1, names));
                Type::List(Box::new(of.unwrap_or(Type::Any)))
            }
            _ => Type::Any,
        }
    }

    /// All classes of models, and of the objects in them.
    pub(super) fn classes(&mut self, names: &mut Distinct) -> Vec<Class> {
        let mut classes = Vec::new();
        // Nested objects come behind; a schema is finite, and what it refers to has its class.
        let mut at = 0;
        while let Some((name, schema)) = self.waiting.get(at).cloned() {
            at += 1;
            let mut taken = Distinct::default();
            let mut properties = Vec::new();
            for (json, of) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let field = taken.give(&identifier(&camel(json)));
                let of = self.schema(of, &format!("{name}{}", pascal(json)), 0, names);
                properties.push(Property { json: json.clone(), field, of });
            }
            let text = model::object(&name, &properties);
            classes.push(Class { package: "model", name, text });
        }
        classes
    }
}

fn class_name(model: &str) -> String {
    Some(pascal(model)).filter(|name| !name.is_empty()).unwrap_or_else(|| "Model".into())
}

/// Whether a schema is an object whose members are known.
fn has_properties(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| !properties.is_empty())
        && matches!(kind(schema), None | Some("object"))
}

/// The one type of a schema, besides null.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            let first = names.next()?;
            if names.next().is_none() { Some(first) } else { Some("any") }
        }
        _ => None,
    }
}
