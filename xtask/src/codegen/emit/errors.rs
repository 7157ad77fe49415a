//! `errors.rs`: a table for every exception of the service, also of those that no selected
//! operation names: services answer with more than their operations declare.

use std::fmt::Write as _;

use super::super::CodegenError;
use super::super::model::Model;
use super::super::names;
use super::mentions;

/// The file's text.
pub(super) fn text(model: &Model<'_>) -> Result<String, CodegenError> {
    let mut out = String::new();
    for (name, shape) in &model.errors {
        let fault = shape.fault;
        // awsJson models leave the status out: 400, or 500 where the service is to blame.
        let status =
            shape.error.as_ref().map_or(if fault { 500 } else { 400 }, |error| error.http_status_code);
        let code = shape.error.as_ref().and_then(|error| error.code.as_ref()).unwrap_or(name);
        let mut message_member = "message";
        let mut members = String::new();
        for (member_name, member) in &shape.members {
            let wire_name = member.location_name.as_ref().unwrap_or(member_name);
            if member_name.eq_ignore_ascii_case("message") {
                message_member = wire_name;
            }
            let location = match member.location.as_deref() {
                None => "body",
                Some("header") => "header",
                Some(other) => {
                    return Err(CodegenError::Surprise {
                        service: model.name.to_owned(),
                        what: format!("{name}.{member_name} lives in {other}"),
                    });
                }
            };
            // Errors carry texts only, as far as anything here answers them.
            let _ = write!(members, "{location}({member_name:?}, {wire_name:?}, STRING),");
        }
        let _ = write!(
            out,
            "pub static {constant}: ErrorTable = ErrorTable {{\n\
             name: {name:?}, code: {code:?}, http_status: {status}, fault: {fault},\n\
             message_member: {message_member:?}, members: &[{members}],\n}};\n\n",
            constant = names::screaming(name),
        );
    }
    let imports: Vec<&str> =
        ["STRING", "body", "header"].into_iter().filter(|name| mentions(&out, name)).collect();
    let mut head = String::from("//! The errors of the service.\n\n");
    if mentions(&out, "ErrorTable") {
        head.push_str("use crate::table::ErrorTable;\n");
    }
    if !imports.is_empty() {
        let _ = writeln!(head, "use crate::table::shorthand::{{{}}};", imports.join(", "));
    }
    Ok(format!("{head}\n{out}"))
}
