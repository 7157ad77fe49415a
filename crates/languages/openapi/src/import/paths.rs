//! `paths`: the tree of resources, and their methods.

use api::apigateway::Resource;
use indexmap::IndexMap;
use serde_json::Value;

use super::models::Models;
use super::reader::{Place, Reader};
use super::security::Security;
use super::{ImportError, method};

/// Every resource by its path, those included that only hold others.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    security: &Security,
    models: &mut Models<'d>,
    base: &[String],
) -> Result<Vec<Resource>, ImportError> {
    let mut resources = IndexMap::new();
    grow(reader, &mut resources, base, "")?;
    for (written, item) in reader.section("paths").into_iter().flatten() {
        if written.starts_with("x-") {
            continue;
        }
        let path = grow(reader, &mut resources, base, written)?;
        let Some(item) = reader.follow(item)?.and_then(Value::as_object) else { continue };
        for (key, operation) in item {
            let (Some(verb), Some(operation)) = (verb(key), operation.as_object()) else {
                if key == "trace" {
                    // The text is not recorded.
                    reader.warn(format!("Unsupported method 'TRACE' of resource '{path}'. Ignoring."));
                }
                continue;
            };
            let at = Place { path: &path, verb };
            let shared = item.get("parameters");
            let method = method::read(reader, security, models, shared, operation, at)?;
            if let (Some(method), Some(resource)) = (method, resources.get_mut(&path)) {
                resource.resource_methods.get_or_insert_default().insert(verb.to_owned(), method);
            }
        }
    }
    resources.sort_unstable_keys();
    Ok(resources.into_values().collect())
}

/// Makes sure that there are the resources of a path; answers it without empty parts.
fn grow(
    reader: &mut Reader<'_>,
    resources: &mut IndexMap<String, Resource>,
    base: &[String],
    written: &str,
) -> Result<String, ImportError> {
    let root = Resource { path: Some("/".to_owned()), ..Resource::default() };
    resources.entry("/".to_owned()).or_insert(root);
    let mut path = String::new();
    for part in base.iter().map(String::as_str).chain(written.split('/').filter(|part| !part.is_empty())) {
        path.push('/');
        path.push_str(part);
        reader.spend(path.len())?;
        resources.entry(path.clone()).or_insert_with(|| Resource {
            path: Some(path.clone()),
            path_part: Some(part.to_owned()),
            ..Resource::default()
        });
    }
    Ok(if path.is_empty() { "/".to_owned() } else { path })
}

fn verb(key: &str) -> Option<&'static str> {
    Some(match key {
        "get" => "GET",
        "put" => "PUT",
        "post" => "POST",
        "delete" => "DELETE",
        "options" => "OPTIONS",
        "head" => "HEAD",
        "patch" => "PATCH",
        "x-amazon-apigateway-any-method" => "ANY",
        _ => return None,
    })
}
