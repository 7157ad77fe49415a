//! `operations.rs`: a type and a table for every operation.

use std::fmt::Write as _;

use super::super::CodegenError;
use super::super::model::Model;
use super::super::names;
use super::tables::Tables;

/// The file's text.
pub(super) fn text(model: &Model<'_>, tables: &Tables<'_>) -> Result<String, CodegenError> {
    let mut out = String::new();
    let mut empty = false;
    for operation in &model.operations {
        let (name, constant) = (&operation.name, names::screaming(&operation.name));
        let mut type_of = |shape: &Option<String>| match shape {
            Some(shape) => format!("shapes::{}", names::type_name(shape)),
            None => {
                empty = true;
                "Empty".to_owned()
            }
        };
        let (input, output) = (type_of(&operation.input), type_of(&operation.output));
        let mut errors = String::new();
        for error in &operation.errors {
            let _ = write!(errors, "&errors::{},", names::screaming(error));
        }
        let _ = write!(
            out,
            "pub struct {name};\n\n\
             impl Operation for {name} {{\n\
             type Input = {input};\ntype Output = {output};\n\
             const TABLE: &'static OperationTable = &{constant};\n}}\n\n\
             pub static {constant}: OperationTable = OperationTable {{\n\
             service: &super::SERVICE, name: {name:?}, method: {method:?}, uri: {uri:?}, success: {success},\n\
             input: {input_table}, output: {output_table}, result_wrapper: {wrapper:?},\n\
             errors: &[{errors}],\n}};\n\n",
            method = operation.http.method,
            uri = operation.http.request_uri,
            success = operation.http.response_code.unwrap_or(200),
            input_table = tables.structure(operation.input.as_deref())?,
            output_table = tables.structure(operation.output.as_deref())?,
            wrapper = operation.result_wrapper.as_deref().unwrap_or_default(),
        );
    }
    let mut head = String::from("//! One type per operation; its table beside it, in capitals.\n\n");
    head.push_str(if out.contains("&errors::") {
        "use super::{errors, shapes, tables};\n"
    } else {
        "use super::{shapes, tables};\n"
    });
    if empty {
        head.push_str("use crate::Empty;\n");
    }
    head.push_str("use crate::Operation;\n");
    head.push_str(if out.contains("Structure::EMPTY") {
        "use crate::table::{OperationTable, Structure};\n\n"
    } else {
        "use crate::table::OperationTable;\n\n"
    });
    Ok(head + &out)
}
