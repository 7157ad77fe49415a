//! From the texts of an API's models to schemas that can be asked.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Registry, Validator, draft4};
use serde_json::{Value, json};

use crate::Schema;
use crate::loops::leads_to_itself;
use crate::walk::each_schema;

/// How large a compiled pattern may become, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// How often matching a pattern may go back to try again.
const MAX_BACKTRACKS: usize = 100_000;

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The API has no such model.
    #[error("there is no model {0}")]
    UnknownModel(String),
    /// A model's schema is no JSON.
    #[error("the schema of the model {0} is not JSON")]
    NotJson(String),
    /// A schema that is the same schema again: it says nothing.
    #[error("the schema of the model {0} leads to itself")]
    Loop(String),
    /// A schema that is none of draft 4's, or a reference that leads nowhere.
    #[error("the model {model}: {why}")]
    Invalid {
        /// The model.
        model: String,
        /// What is wrong.
        why: String,
    },
}

/// The models of an API. Each is compiled when it is first asked for.
pub struct Models<'m> {
    prefix: String,
    texts: HashMap<&'m str, &'m str>,
    compiled: RefCell<HashMap<String, Result<Arc<Schema>, SchemaError>>>,
}

impl<'m> Models<'m> {
    /// The models of the API `api`: names and the texts of their schemas.
    pub fn new(api: &str, models: impl IntoIterator<Item = (&'m str, &'m str)>) -> Self {
        let texts = models.into_iter().collect();
        Self { prefix: prefix(api), texts, compiled: RefCell::default() }
    }

    /// The schema of the model `name`.
    ///
    /// # Errors
    /// It, or one that it refers to, cannot be used.
    pub fn schema(&self, name: &str) -> Result<Arc<Schema>, SchemaError> {
        if let Some(compiled) = self.compiled.borrow().get(name) {
            return compiled.clone();
        }
        let compiled = self.compile(name).map(Arc::new);
        self.compiled.borrow_mut().insert(name.to_owned(), compiled.clone());
        compiled
    }

    fn compile(&self, name: &str) -> Result<Schema, SchemaError> {
        let mut reached = BTreeMap::new();
        let mut asked = vec![name.to_owned()];
        while let Some(name) = asked.pop() {
            if reached.contains_key(&name) {
                continue;
            }
            let text =
                self.texts.get(name.as_str()).ok_or_else(|| SchemaError::UnknownModel(name.clone()))?;
            let (schema, referred) = read(&name, text, &self.prefix)?;
            asked.extend(referred);
            reached.insert(name, schema);
        }
        build(&self.prefix, name, reached)
    }
}

/// Can `text` be the schema of a model of the API `api`? The models that it refers to, and their
/// parts, are taken to be there.
///
/// # Errors
/// Why not.
pub fn check(api: &str, text: &str) -> Result<(), SchemaError> {
    // No model can have this name: names are of letters and digits.
    let name = "-";
    let prefix = prefix(api);
    let (mut schema, referred) = read(name, text, &prefix)?;
    // What a part of another model is, nobody knows here.
    each_schema(&mut schema, &mut |members| {
        if let Some(Value::String(reference)) = members.get_mut("$ref")
            && reference.starts_with(&prefix)
            && let Some(part) = reference.find('#')
        {
            reference.truncate(part);
        }
    });
    let mut models: BTreeMap<_, _> = referred.into_iter().map(|name| (name, json!({}))).collect();
    models.insert(name.to_owned(), schema);
    build(&prefix, name, models).map(drop)
}

fn prefix(api: &str) -> String {
    format!("https://apigateway.amazonaws.com/restapis/{api}/models/")
}

/// The schema, and the names of the models that it refers to.
fn read(name: &str, text: &str, prefix: &str) -> Result<(Value, Vec<String>), SchemaError> {
    let mut schema: Value = serde_json::from_str(text).map_err(|_| SchemaError::NotJson(name.to_owned()))?;
    let mut referred = Vec::new();
    each_schema(&mut schema, &mut |members| {
        // Whatever a model says that it is, it is draft 4; and references do not follow ids.
        for keyword in ["$schema", "id"] {
            if members.get(keyword).is_some_and(Value::is_string) {
                members.shift_remove(keyword);
            }
        }
        // Beside no properties at all, the validator would not say which are too many.
        if members.get("additionalProperties") == Some(&Value::Bool(false)) {
            members.entry("properties").or_insert_with(|| json!({}));
        }
        let reference = members.get("$ref").and_then(Value::as_str);
        if let Some(path) = reference.and_then(|reference| reference.strip_prefix(prefix)) {
            referred.push(path.split('#').next().unwrap_or_default().to_owned());
        }
    });
    Ok((schema, referred))
}

fn build(prefix: &str, name: &str, models: BTreeMap<String, Value>) -> Result<Schema, SchemaError> {
    if leads_to_itself(prefix, name, &models) {
        return Err(SchemaError::Loop(name.to_owned()));
    }
    let invalid = |why: String| SchemaError::Invalid { model: name.to_owned(), why };
    let mut registry = Registry::new().draft(Draft::Draft4);
    for (name, schema) in models {
        draft4::meta::validate(&schema)
            .map_err(|error| SchemaError::Invalid { model: name.clone(), why: error.to_string() })?;
        registry =
            registry.add(format!("{prefix}{name}"), schema).map_err(|error| invalid(error.to_string()))?;
    }
    let registry = registry.prepare().map_err(|error| invalid(error.to_string()))?;
    let validator = validator(&registry, &json!({"$ref": format!("{prefix}{name}")}));
    Ok(Schema { validator: validator.map_err(invalid)? })
}

fn validator(registry: &Registry<'_>, schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(MAX_BACKTRACKS)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES);
    draft4::options()
        .with_registry(registry)
        .with_pattern_options(patterns)
        .offline()
        .build(schema)
        .map_err(|error| error.to_string())
}
