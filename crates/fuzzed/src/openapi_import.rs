//! Any text as a document, imported in every way.

use openapi::{BasePath, Import, import, text};

pub(crate) fn run(input: &[u8]) {
    let Ok(document) = text::read(input) else { return };
    for base_path in [BasePath::Ignore, BasePath::Prepend, BasePath::Split] {
        let (account, region) = ("111122223333", "us-east-1");
        let how = Import { api_id: "api", account, region, base_path, documentation: true };
        let _ = import(document.clone(), &how);
    }
}
