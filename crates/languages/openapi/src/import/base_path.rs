//! `basePath`, or the path of the first of `servers` (API Gateway developer guide, "Set the OpenAPI
//! `basePath` property").

use serde_json::{Map, Value};

use super::reader::{Reader, Version, text};

/// What becomes of a base path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BasePath {
    /// Nothing.
    #[default]
    Ignore,
    /// Every path begins with it.
    Prepend,
    /// Every path begins with it, but for its first part.
    Split,
}

/// The parts that every path of the document begins with.
pub(crate) fn segments(reader: &Reader<'_>, mode: BasePath) -> Vec<String> {
    let skipped = match mode {
        BasePath::Ignore => return Vec::new(),
        BasePath::Prepend => 0,
        BasePath::Split => 1,
    };
    let path = match reader.version {
        Version::Swagger2 => reader.root.get("basePath").and_then(text).unwrap_or_default(),
        Version::OpenApi3 => server_path(reader.root).unwrap_or_default(),
    };
    path.split('/').filter(|part| !part.is_empty()).skip(skipped).map(str::to_owned).collect()
}

fn server_path(root: &Map<String, Value>) -> Option<String> {
    let server = root.get("servers")?.as_array()?.first()?;
    let mut url = server.get("url")?.as_str()?.to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        if let Some(default) = variable.get("default").and_then(text) {
            url = url.replace(&format!("{{{name}}}"), &default);
        }
        // Variables could multiply each other.
        if url.len() > 4096 {
            return None;
        }
    }
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => &url,
    };
    Some(path.split(['?', '#']).next().unwrap_or_default().to_owned())
}
