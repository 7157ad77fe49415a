//! `tables.rs`: a static table for every structure, list, map and constrained string.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::CodegenError;
use super::super::model::{Member, Model, Shape};
use super::super::names;
use super::mentions;

/// The names that the generated file imports or that Rust reserves for itself.
const TAKEN: &[&str] = &[
    "STRING",
    "BOOLEAN",
    "INTEGER",
    "LONG",
    "DOUBLE",
    "BLOB",
    "DOCUMENT",
    "EPOCH_SECONDS",
    "ISO8601",
    "HTTP_DATE",
];

/// The tables of a service and what each is called.
pub(super) struct Tables<'a> {
    model: &'a Model<'a>,
    statics: BTreeMap<&'a str, String>,
}

impl<'a> Tables<'a> {
    /// Gives every shape that needs a table a name of its own.
    pub(super) fn new(model: &'a Model<'a>) -> Self {
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|&name| name.to_owned()).collect();
        let mut statics = BTreeMap::new();
        for (name, shape) in &model.shapes {
            let needs = match shape.kind.as_str() {
                "structure" => !shape.document,
                "list" | "map" => true,
                "string" => is_constrained(shape),
                _ => false,
            };
            if needs {
                let mut wanted = names::screaming(name);
                while !taken.insert(wanted.clone()) {
                    wanted.push_str("_SHAPE");
                }
                statics.insert(name.as_str(), wanted);
            }
        }
        Self { model, statics }
    }

    /// The path of a structure's table from `operations.rs`.
    pub(super) fn structure(&self, name: Option<&str>) -> Result<String, CodegenError> {
        match name {
            None => Ok("&Structure::EMPTY".to_owned()),
            Some(name) => Ok(format!("&tables::{}", self.name_of(name)?)),
        }
    }

    fn name_of(&self, shape: &str) -> Result<&str, CodegenError> {
        let missing = || CodegenError::Surprise {
            service: self.model.name.to_owned(),
            what: format!("{shape} has no table"),
        };
        self.statics.get(shape).map(String::as_str).ok_or_else(missing)
    }

    /// The file's text.
    pub(super) fn text(&self) -> Result<String, CodegenError> {
        let mut out = String::new();
        for (&name, wanted) in &self.statics {
            let shape = self.model.shape(name)?;
            let (kind, value) = match shape.kind.as_str() {
                "structure" => ("Structure", self.structure_table(name, shape)?),
                "list" => ("List", self.list_table(shape)?),
                "map" => ("Map", self.map_table(shape)?),
                _ => ("Text", text_table(shape)),
            };
            let _ = writeln!(out, "pub static {wanted}: {kind} = {value};\n");
        }
        let types: Vec<&str> = ["Length", "List", "Map", "Structure", "Text"]
            .into_iter()
            .filter(|name| mentions(&out, name))
            .collect();
        Ok(format!(
            "//! What the protocols need to know about each shape.\n\n\
             #[allow(clippy::wildcard_imports, reason = \"every shorthand is for these tables\")]\n\
             use crate::table::shorthand::*;\n\
             use crate::table::{{{}}};\n\n{out}",
            types.join(", ")
        ))
    }

    fn structure_table(&self, name: &str, shape: &Shape) -> Result<String, CodegenError> {
        let payload = shape.payload.as_ref().map_or("None".to_owned(), |p| format!("Some({p:?})"));
        let mut members = String::new();
        for (member_name, member) in &shape.members {
            let location = match member.location.as_deref() {
                None => "body",
                Some("uri") => "uri",
                Some("querystring") => "query",
                Some("header") => "header",
                Some("headers") => "headers",
                Some(_) => "status_code",
            };
            let wire_name = member.location_name.as_ref().unwrap_or(member_name);
            let what = self.reference(member)?;
            let _ = write!(members, "{location}({member_name:?}, {wire_name:?}, {what})");
            if shape.required.contains(member_name) {
                members.push_str(".required()");
            }
            if member.sensitive || self.model.shape(&member.shape)?.sensitive {
                members.push_str(".sensitive()");
            }
            members.push(',');
        }
        Ok(format!("Structure {{ name: {name:?}, payload: {payload}, members: &[{members}] }}"))
    }

    fn list_table(&self, shape: &Shape) -> Result<String, CodegenError> {
        let element = shape.member.as_ref().map(|m| self.reference(m)).transpose()?.unwrap_or_default();
        let name = shape.member.as_ref().and_then(|m| m.location_name.as_deref()).unwrap_or("member");
        let (length, flattened) = (length(shape), shape.flattened);
        Ok(format!(
            "List {{ length: {length}, element_name: {name:?}, flattened: {flattened}, element: {element} }}"
        ))
    }

    fn map_table(&self, shape: &Shape) -> Result<String, CodegenError> {
        let part = |member: &Option<Member>, name: &str| -> Result<(String, String), CodegenError> {
            let what = member.as_ref().map(|m| self.reference(m)).transpose()?.unwrap_or_default();
            let name = member.as_ref().and_then(|m| m.location_name.as_deref()).unwrap_or(name);
            Ok((what, name.to_owned()))
        };
        let (key, key_name) = part(&shape.key, "key")?;
        let (value, value_name) = part(&shape.value, "value")?;
        let (length, flattened, sparse) = (length(shape), shape.flattened, shape.sparse);
        Ok(format!(
            "Map {{ length: {length}, key_name: {key_name:?}, value_name: {value_name:?}, \
             flattened: {flattened}, sparse: {sparse}, key: {key}, value: {value} }}"
        ))
    }

    /// The expression for what a member, element, key or value is.
    fn reference(&self, member: &Member) -> Result<String, CodegenError> {
        let shape = self.model.shape(&member.shape)?;
        Ok(match shape.kind.as_str() {
            "structure" if shape.document => "DOCUMENT".to_owned(),
            "structure" => format!("structure(&{})", self.name_of(&member.shape)?),
            "list" => format!("list(&{})", self.name_of(&member.shape)?),
            "map" => format!("map(&{})", self.name_of(&member.shape)?),
            "string" if is_constrained(shape) => format!("text(&{})", self.name_of(&member.shape)?),
            "string" => "STRING".to_owned(),
            "boolean" => "BOOLEAN".to_owned(),
            "integer" => number("INTEGER", "integer", shape),
            "long" => number("LONG", "long", shape),
            "float" | "double" => number("DOUBLE", "double", shape),
            "timestamp" => self.timestamp(member, shape).to_owned(),
            "blob" if shape.min.is_none() && shape.max.is_none() => "BLOB".to_owned(),
            _ => format!("blob({})", length(shape)),
        })
    }

    /// A timestamp's format: its own, else its location's, else the protocol's.
    fn timestamp(&self, member: &Member, shape: &Shape) -> &'static str {
        match (shape.timestamp_format.as_deref(), member.location.as_deref()) {
            (Some("iso8601"), _) | (None, Some("querystring")) => "ISO8601",
            (Some("rfc822"), _) | (None, Some("header" | "headers")) => "HTTP_DATE",
            (None, _) if matches!(&*self.model.metadata.protocol, "query" | "ec2") => "ISO8601",
            _ => "EPOCH_SECONDS",
        }
    }
}

fn is_constrained(shape: &Shape) -> bool {
    shape.min.is_some() || shape.max.is_some() || shape.pattern.is_some() || !shape.values.is_empty()
}

fn text_table(shape: &Shape) -> String {
    let option = |text: &Option<String>| text.as_ref().map_or("None".to_owned(), |t| format!("Some({t:?})"));
    format!(
        "Text {{ length: {}, pattern: {}, matches: {}, values: &{:?} }}",
        length(shape),
        option(&shape.pattern),
        option(&shape.matches),
        shape.values
    )
}

fn length(shape: &Shape) -> String {
    // Lengths are whole numbers in every model; a fraction would be printed as one and not compile.
    let bound = |bound: Option<f64>| bound.map_or("None".to_owned(), |bound| format!("Some({bound})"));
    match (shape.min, shape.max) {
        (None, None) => "Length::ANY".to_owned(),
        (min, max) => format!("length({}, {})", bound(min), bound(max)),
    }
}

fn number(plain: &str, ranged: &str, shape: &Shape) -> String {
    let bound = |bound: Option<f64>| bound.map_or("None".to_owned(), |bound| format!("Some({bound:?})"));
    match (shape.min, shape.max) {
        (None, None) => plain.to_owned(),
        (min, max) => format!("{ranged}({}, {})", bound(min), bound(max)),
    }
}
