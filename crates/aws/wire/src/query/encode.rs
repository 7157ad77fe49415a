//! From the canonical value to XML.

use api::OperationTable;
use api::table::{Shape, Structure};
use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::xml::{element, text};
use crate::json;
use crate::response::response;

pub(crate) const XML: &str = "text/xml";

/// The response of a success.
pub(crate) fn encode(operation: &OperationTable, output: &Value, request_id: &str) -> Response<Bytes> {
    let (name, namespace) = (operation.name, operation.service.xml_namespace);
    let mut out = format!("<{name}Response xmlns=\"{namespace}\">");
    if !operation.result_wrapper.is_empty() {
        element(&mut out, operation.result_wrapper, |out| structure(out, operation.output, output));
    }
    element(&mut out, "ResponseMetadata", |out| {
        element(out, "RequestId", |out| text(out, request_id));
    });
    out.push_str("</");
    out.push_str(name);
    out.push_str("Response>");
    response(operation.success, XML, request_id, out.into())
}

/// The members of a structure.
pub(crate) fn structure(out: &mut String, table: &Structure, value: &Value) {
    for member in table.members {
        if let Some(value) = value.get(member.name)
            && !value.is_null()
        {
            named(out, member.wire_name, member.shape, value);
        }
    }
}

/// A value under its name; a flattened list or map repeats the name.
fn named(out: &mut String, name: &str, shape: Shape, value: &Value) {
    match (shape, value) {
        (Shape::List(list), Value::Array(elements)) if list.flattened => {
            for value in elements {
                named(out, name, list.element, value);
            }
        }
        (Shape::List(list), Value::Array(elements)) => element(out, name, |out| {
            for value in elements {
                named(out, list.element_name, list.element, value);
            }
        }),
        (Shape::Map(map), Value::Object(entries)) => {
            let write = |out: &mut String, entry_name: &str| {
                for (key, value) in entries {
                    element(out, entry_name, |out| {
                        element(out, map.key_name, |out| text(out, key));
                        named(out, map.value_name, map.value, value);
                    });
                }
            };
            if map.flattened { write(out, name) } else { element(out, name, |out| write(out, "entry")) }
        }
        (Shape::Structure(table), value) => element(out, name, |out| structure(out, table, value)),
        (shape, value) => element(out, name, |out| {
            text(out, &json::text(shape, value).unwrap_or_default());
        }),
    }
}
