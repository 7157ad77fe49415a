//! `shapes.rs`: a Rust type for every structure and every enumeration.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::CodegenError;
use super::super::model::{Model, Shape};
use super::super::names;
use super::mentions;

/// The file's text.
pub(super) fn text(model: &Model<'_>) -> Result<String, CodegenError> {
    let mut out = String::new();
    let mut seen = BTreeSet::new();
    for (name, shape) in &model.shapes {
        let emitted = match shape.kind.as_str() {
            "structure" => structure(model, name, shape)?,
            "string" if !shape.values.is_empty() => enumeration(model, name, shape)?,
            _ => continue,
        };
        if !seen.insert(names::type_name(name)) {
            return Err(surprise(model, format!("two shapes want the type name {}", names::type_name(name))));
        }
        out.push_str(&emitted);
    }
    let mut head = String::from("//! One type per structure and enumeration of the model.\n\n");
    if out.contains("IndexMap<") {
        head.push_str("use indexmap::IndexMap;\n");
    }
    head.push_str("use serde::{Deserialize, Serialize};\n\n");
    let types = [
        ("Timestamp", "base::Timestamp"),
        ("Blob", "crate::Blob"),
        ("Hidden", "crate::Hidden"),
        ("UnknownValue", "crate::UnknownValue"),
    ];
    for (word, path) in types {
        if mentions(&out, word) {
            let _ = writeln!(head, "use {path};");
        }
    }
    Ok(format!("{head}\n{out}"))
}

fn surprise(model: &Model<'_>, what: String) -> CodegenError {
    CodegenError::Surprise { service: model.name.to_owned(), what }
}

/// The Rust type of a shape.
fn type_of(model: &Model<'_>, name: &str) -> Result<String, CodegenError> {
    let shape = model.shape(name)?;
    let inner = |part: &Option<super::super::model::Member>| match part {
        Some(part) => type_of(model, &part.shape),
        None => Err(surprise(model, format!("{name} is incomplete"))),
    };
    Ok(match shape.kind.as_str() {
        "structure" if shape.document => "serde_json::Value".to_owned(),
        "structure" => names::type_name(name),
        "string" if shape.values.is_empty() => "String".to_owned(),
        "string" => names::type_name(name),
        "boolean" => "bool".to_owned(),
        "integer" => "i32".to_owned(),
        "long" => "i64".to_owned(),
        "float" | "double" => "f64".to_owned(),
        "timestamp" => "Timestamp".to_owned(),
        "blob" => "Blob".to_owned(),
        "list" => format!("Vec<{}>", inner(&shape.member)?),
        "map" if shape.sparse => format!("IndexMap<String, Option<{}>>", inner(&shape.value)?),
        "map" => format!("IndexMap<String, {}>", inner(&shape.value)?),
        other => return Err(surprise(model, format!("{name} has the unknown type {other}"))),
    })
}

fn structure(model: &Model<'_>, name: &str, shape: &Shape) -> Result<String, CodegenError> {
    if shape.document {
        return Ok(String::new());
    }
    let fields: Vec<String> = shape.members.keys().map(|member| names::field(member)).collect();
    if fields.iter().collect::<BTreeSet<_>>().len() != fields.len() {
        return Err(surprise(model, format!("two members of {name} want the same field name")));
    }
    // The container takes the style that fits most members, the others are renamed one by one.
    let misfits = |style: &str| {
        shape.members.keys().zip(&fields).filter(|(m, f)| names::serde_renamed(f, style) != **m).count()
    };
    let style = if misfits("camelCase") <= misfits("PascalCase") { "camelCase" } else { "PascalCase" };

    let mut sensitive = false;
    let mut body = String::new();
    let mut debug = String::new();
    for ((member_name, member), field) in shape.members.iter().zip(&fields) {
        let mut kind = type_of(model, &member.shape)?;
        if reaches_directly(model, &member.shape, name, &mut BTreeSet::new())? {
            kind = format!("Box<{kind}>");
        }
        let mut attributes = Vec::new();
        if names::serde_renamed(field, style) != *member_name {
            attributes.push(format!("rename = {member_name:?}"));
        }
        if !is_required(shape, member_name) {
            kind = format!("Option<{kind}>");
            attributes.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        if !attributes.is_empty() {
            let _ = writeln!(body, "#[serde({})]", attributes.join(", "));
        }
        let _ = writeln!(body, "pub {field}: {kind},");
        let hidden = member.sensitive || is_sensitive(model, &member.shape)?;
        sensitive |= hidden;
        let plain = field.trim_start_matches("r#");
        let _ = match (hidden, is_required(shape, member_name)) {
            (false, _) => write!(debug, ".field({plain:?}, &self.{field})"),
            (true, true) => write!(debug, ".field({plain:?}, &Hidden)"),
            (true, false) => {
                write!(debug, ".field({plain:?}, &self.{field}.as_ref().map(|_| Hidden))")
            }
        };
    }

    let mut derives = vec!["Clone"];
    if !sensitive {
        derives.push("Debug");
    }
    if has_default(model, name)? {
        derives.push("Default");
    }
    derives.extend(["PartialEq", "Serialize", "Deserialize"]);
    let type_name = names::type_name(name);
    let rename =
        if fields.is_empty() { String::new() } else { format!("#[serde(rename_all = {style:?})]\n") };
    let mut out =
        format!("#[derive({})]\n{rename}pub struct {type_name} {{\n{body}}}\n\n", derives.join(", "));
    if sensitive {
        let _ = write!(
            out,
            "impl std::fmt::Debug for {type_name} {{\n\
             fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n\
             f.debug_struct({type_name:?}){debug}.finish()\n}}\n}}\n\n"
        );
    }
    Ok(out)
}

/// Members of the path are there whenever the operation was found, whatever the model says.
fn is_required(shape: &Shape, member: &str) -> bool {
    shape.required.contains(member)
        || shape.members.get(member).is_some_and(|m| m.location.as_deref() == Some("uri"))
}

/// Whether a value of this shape contains the structure `target` with no list or map between.
fn reaches_directly(
    model: &Model<'_>,
    name: &str,
    target: &str,
    seen: &mut BTreeSet<String>,
) -> Result<bool, CodegenError> {
    let shape = model.shape(name)?;
    if shape.kind != "structure" || shape.document || !seen.insert(name.to_owned()) {
        return Ok(false);
    }
    if name == target {
        return Ok(true);
    }
    for member in shape.members.values() {
        if reaches_directly(model, &member.shape, target, seen)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_sensitive(model: &Model<'_>, name: &str) -> Result<bool, CodegenError> {
    let shape = model.shape(name)?;
    if shape.sensitive {
        return Ok(true);
    }
    for part in shape.member.iter().chain(&shape.key).chain(&shape.value) {
        if is_sensitive(model, &part.shape)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_default(model: &Model<'_>, name: &str) -> Result<bool, CodegenError> {
    let shape = model.shape(name)?;
    for (member_name, member) in &shape.members {
        let of = model.shape(&member.shape)?;
        let without = match of.kind.as_str() {
            "string" => !of.values.is_empty(),
            "structure" => !of.document && !has_default(model, &member.shape)?,
            _ => false,
        };
        if without && is_required(shape, member_name) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn enumeration(model: &Model<'_>, name: &str, shape: &Shape) -> Result<String, CodegenError> {
    let type_name = names::type_name(name);
    let variants: Vec<String> = shape.values.iter().map(|value| names::variant(value)).collect();
    if variants.iter().collect::<BTreeSet<_>>().len() != variants.len() {
        return Err(surprise(model, format!("two values of {name} want the same variant name")));
    }
    let mut declared = String::new();
    let mut all = String::new();
    let mut texts = String::new();
    for (value, variant) in shape.values.iter().zip(&variants) {
        if variant == value {
            let _ = writeln!(declared, "{variant},");
        } else {
            let _ = writeln!(declared, "#[serde(rename = {value:?})]\n{variant},");
        }
        let _ = write!(all, "Self::{variant},");
        let _ = writeln!(texts, "Self::{variant} => {value:?},");
    }
    Ok(format!(
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]\n\
         pub enum {type_name} {{\n{declared}}}\n\n\
         impl {type_name} {{\n\
         pub const ALL: &[Self] = &[{all}];\n\n\
         pub const fn as_str(self) -> &'static str {{\nmatch self {{\n{texts}}}\n}}\n}}\n\n\
         impl std::fmt::Display for {type_name} {{\n\
         fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n\
         f.pad(self.as_str())\n}}\n}}\n\n\
         impl std::str::FromStr for {type_name} {{\n\
         type Err = UnknownValue;\n\n\
         fn from_str(text: &str) -> Result<Self, UnknownValue> {{\n\
         Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or(UnknownValue)\n}}\n}}\n\n"
    ))
}
