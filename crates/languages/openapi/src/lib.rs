//! OpenAPI as API Gateway reads and writes it: Swagger 2.0 and OpenAPI 3.0 with the
//! `x-amazon-apigateway-*` extensions. Pure: text in, [`Definition`] out, and the other way.

mod definition;
pub mod export;
mod http_api;
mod import;
pub mod text;

pub use definition::Definition;
pub use http_api::{HttpDefinition, HttpExport, HttpImported, export_http, import_http};
pub use import::{
    BasePath, Documentation, Import, ImportError, Imported, documentation, import, is_openapi,
    resolve_variables,
};
