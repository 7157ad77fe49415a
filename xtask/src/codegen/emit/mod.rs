//! The texts of the generated files, before rustfmt.

mod errors;
mod operations;
mod shapes;
mod tables;

use std::fmt::Write as _;

use super::CodegenError;
use super::model::Model;
use super::output::MARK;

const SOURCES: &str = "crates/aws/api/src";

/// All files: five for each service and the list of services.
pub(crate) fn files(models: &[Model<'_>]) -> Result<Vec<(String, String)>, CodegenError> {
    let mut files = Vec::new();
    for model in models {
        let mut add = |name: &str, text: String| {
            files.push((format!("{SOURCES}/{}/{name}.rs", model.name), format!("{MARK}\n\n{text}")));
        };
        let tables = tables::Tables::new(model);
        add("mod", service(model));
        add("shapes", shapes::text(model)?);
        add("tables", tables.text()?);
        add("operations", operations::text(model, &tables)?);
        add("errors", errors::text(model)?);
    }
    files.push((format!("{SOURCES}/services.rs"), format!("{MARK}\n\n{}", services(models))));
    Ok(files)
}

/// The list of all services.
fn services(models: &[Model<'_>]) -> String {
    let mut out = String::from(
        "//! Every generated service.\n\nuse crate::table::ServiceTable;\n\n\
         /// Every generated service, in the order of `codegen.toml`.\n\
         pub static SERVICES: &[&ServiceTable] = &[",
    );
    for model in models {
        let _ = write!(out, "&crate::{}::SERVICE,", model.name);
    }
    out.push_str("];\n");
    out
}

/// A service's `mod.rs`: its modules and its table.
fn service(model: &Model<'_>) -> String {
    let metadata = &model.metadata;
    let protocol = match metadata.protocol.as_str() {
        "rest-json" => "Protocol::RestJson".to_owned(),
        "query" => "Protocol::AwsQuery".to_owned(),
        "ec2" => "Protocol::Ec2Query".to_owned(),
        _ => {
            let version = metadata.json_version.as_deref().unwrap_or("1.0");
            format!("Protocol::AwsJson {{ version: {version:?} }}")
        }
    };
    let address = match model.validation.address {
        super::config::Address::Input => "Address::Input",
        super::config::Address::Plain => "Address::Plain",
    };
    let signing_name = metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix);
    let mut out = format!(
        "//! {id}, API version {version}: types in [`shapes`] (re-exported here), one type per operation in\n\
         //! [`operations`], errors in [`errors`].\n\n\
         pub mod errors;\npub mod operations;\npub mod shapes;\npub mod tables;\n\n\
         use crate::table::{{Address, Protocol, ServiceTable, Validation}};\n\n\
         pub use shapes::*;\n\n\
         /// The service's table.\n\
         pub static SERVICE: ServiceTable = ServiceTable {{\n\
         name: {name:?}, sdk_id: {id:?}, api_version: {version:?}, signing_name: {signing_name:?},\n\
         endpoint_prefix: {prefix:?}, protocol: {protocol}, target_prefix: {target:?},\n\
         xml_namespace: {namespace:?},\n\
         validation: Validation {{ error: {error:?}, address: {address}, message_member: {message:?} }},\n\
         operations: &[",
        id = metadata.service_id,
        version = metadata.api_version,
        name = model.name,
        prefix = metadata.endpoint_prefix,
        target = metadata.target_prefix.as_deref().unwrap_or_default(),
        namespace = metadata.xml_namespace.as_deref().unwrap_or_default(),
        error = model.validation.error,
        message = model.validation.message_member,
    );
    for operation in &model.operations {
        let _ = write!(out, "&operations::{},", super::names::screaming(&operation.name));
    }
    out.push_str("],\n};\n");
    out
}

/// Whether `text` has `word` as a word of its own.
fn mentions(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '"';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}
