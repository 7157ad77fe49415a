//! `x-amazon-apigateway-documentation`: the parts in it (API Gateway developer guide, "Import API
//! documentation").

use api::apigateway::{DocumentationPart, DocumentationPartLocation};
use serde_json::Value;

/// The documentation in a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documentation {
    /// The parts, each with its place in the document's list as id.
    pub parts: Vec<DocumentationPart>,
    /// What is no part, and why.
    pub warnings: Vec<String>,
}

/// The documentation parts of a document. Where a part may belong is decided by who stores it.
#[must_use]
pub fn documentation(document: &Value) -> Documentation {
    let parts = document.pointer("/x-amazon-apigateway-documentation/documentationParts");
    let mut documentation = Documentation::default();
    for (n, part) in parts.and_then(Value::as_array).into_iter().flatten().enumerate() {
        match one(n, part) {
            Ok(part) => documentation.parts.push(part),
            // The text is not recorded.
            Err(why) => documentation.warnings.push(format!("Documentation part {n} was ignored: {why}")),
        }
    }
    documentation
}

fn one(n: usize, part: &Value) -> Result<DocumentationPart, &'static str> {
    let location = part.get("location").cloned().unwrap_or_default();
    let location: DocumentationPartLocation =
        serde_json::from_value(location).map_err(|_| "Invalid documentation part location specified")?;
    // Written as a map, or as `GetDocumentationPart` answers it.
    let properties = match part.get("properties") {
        Some(properties @ Value::Object(_)) => Some(properties.to_string()),
        Some(Value::String(text)) => {
            serde_json::from_str(text).ok().filter(Value::is_object).map(|_| text.clone())
        }
        _ => None,
    };
    let properties = properties.ok_or("Invalid documentation part properties specified")?;
    Ok(DocumentationPart { id: Some(n.to_string()), location: Some(location), properties: Some(properties) })
}
