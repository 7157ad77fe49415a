//! Published versions: copies of what is not published, which never change.

use api::lambda::operations as op;
use api::lambda::{
    FunctionConfiguration, ListVersionsByFunctionRequest, ListVersionsByFunctionResponse,
    PublishVersionRequest,
};
use base::ids;
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument};
use store::Key;
use wire::ServiceError;

use super::functions::listed;
use super::names::{FunctionName, LATEST};
use super::{READ_FUNCTION, check_revision, conflict, function, invalid, listing, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PublishVersion, publish_version)
        .read(op::ListVersionsByFunction, list_versions_by_function);
}

/// What two configurations must agree in to be the same to whoever invokes.
fn content(configuration: &FunctionConfiguration) -> FunctionConfiguration {
    FunctionConfiguration {
        function_arn: None,
        version: None,
        description: None,
        revision_id: None,
        ..configuration.clone()
    }
}

/// Copies `document` to its next version and answers the version's configuration. The caller
/// stores `document`. If nothing has changed since the last version, that is answered (Lambda API
/// reference, `PublishVersion`).
pub(super) fn publish(
    call: &mut Call<'_, '_>,
    name: &str,
    document: &mut FunctionDocument,
    description: Option<String>,
) -> Outcome<FunctionConfiguration> {
    let scope = &call.context.scope;
    let last = document.last_version.to_string();
    if let Some(last) = call.tx.get::<FunctionVersionDocument>(scope, &Key::new([name, &*last]))?
        && last.code == document.code
        && content(&last.configuration) == content(&document.configuration)
    {
        return Ok(last.configuration);
    }
    // Each version is a use of its package's blob.
    if !call.tx.keep_blob(&document.code)? {
        tracing::error!(function = name, "the package of a stored function is not there");
        return Err(ServiceError::internal_failure().into());
    }
    document.last_version = document.last_version.saturating_add(1);
    let version = document.last_version.to_string();
    let mut configuration = document.configuration.clone();
    configuration.function_arn = configuration.function_arn.map(|arn| format!("{arn}:{version}"));
    configuration.version = Some(version.clone());
    configuration.revision_id = Some(ids::uuid(&call.plane.random));
    if description.is_some() {
        configuration.description = description;
    }
    let published = FunctionVersionDocument {
        configuration: configuration.clone(),
        code: document.code.clone(),
        policy: None,
    };
    call.tx.put(scope, &Key::new([name, &*version]), &published)?;
    Ok(configuration)
}

fn publish_version(call: &mut Call<'_, '_>, input: &PublishVersionRequest) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    let mut document = function(call, &name)?;
    let present = document.configuration.revision_id.as_deref();
    check_revision(input.revision_id.as_deref(), present, READ_FUNCTION)?;
    if input.publish_to.is_some() {
        return Err(invalid("PublishTo is not built yet."));
    }
    let present = document.configuration.code_sha256.as_deref().unwrap_or_default();
    if let Some(asked) = input.code_sha256.as_deref().filter(|asked| *asked != present) {
        return Err(invalid(format!(
            "CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST ({present}). Please try \
             again with the CodeSHA256 in $LATEST."
        )));
    }
    let configuration = publish(call, &name.name, &mut document, input.description.clone())?;
    put_function(call, &name.name, &document)?;
    Ok(configuration)
}

/// What is not published, as lists of versions show it.
pub(super) fn qualified_latest(latest: FunctionConfiguration) -> FunctionConfiguration {
    FunctionConfiguration {
        function_arn: latest.function_arn.as_ref().map(|arn| format!("{arn}:{LATEST}")),
        ..latest
    }
}

/// A version's place among its function's: first what is not published, then by number.
pub(super) fn place(configuration: &FunctionConfiguration) -> String {
    let number: u64 = configuration.version.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0);
    format!("{number:020}")
}

fn list_versions_by_function(
    call: &mut Call<'_, '_>,
    input: &ListVersionsByFunctionRequest,
) -> Outcome<ListVersionsByFunctionResponse> {
    let name = FunctionName::unqualified(&input.function_name)?;
    let latest = qualified_latest(function(call, &name)?.configuration);
    let key = Key::new([&*name.name]);
    let published = call.tx.list::<FunctionVersionDocument>(&call.context.scope, &key)?;
    let published = published.into_iter().map(|(_, version)| version.configuration);
    let all = std::iter::once(latest).chain(published).map(listed).collect();
    let (versions, next_marker) = listing::page(all, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListVersionsByFunctionResponse { next_marker, versions: Some(versions) })
}

/// Deletes one version, unless an alias points to it. There need not be one.
pub(super) fn delete(call: &mut Call<'_, '_>, name: &str, version: &str) -> Outcome<()> {
    let (scope, key) = (&call.context.scope, Key::new([name, version]));
    let Some(document) = call.tx.get::<FunctionVersionDocument>(scope, &key)? else { return Ok(()) };
    let aliases = call.tx.list::<FunctionAliasDocument>(scope, &Key::new([name]))?;
    let pointing: Vec<String> = aliases
        .into_iter()
        .filter(|(_, alias)| alias.alias.function_version.as_deref() == Some(version))
        .filter_map(|(_, alias)| alias.alias.name)
        .collect();
    if !pointing.is_empty() {
        return Err(conflict(format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            pointing.join(", ")
        )));
    }
    call.tx.delete_blob(&document.code)?;
    call.tx.delete::<FunctionVersionDocument>(scope, &key)?;
    Ok(())
}
