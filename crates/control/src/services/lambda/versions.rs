//! Published versions: copies of `$LATEST` that never change.

use api::lambda::operations as op;
use api::lambda::{
    FunctionConfiguration, ListVersionsByFunctionRequest, ListVersionsByFunctionResponse,
    PublishVersionRequest,
};
use documents::lambda::{FunctionAliasDocument, FunctionDocument, FunctionVersionDocument};
use store::Key;

use super::names::FunctionName;
use super::{check_revision, conflict, function, invalid, not_found, put_function};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PublishVersion, publish_version)
        .read(op::ListVersionsByFunction, list_versions_by_function);
}

/// Copies `document` to its next version and answers the version's configuration. The caller
/// stores `document`. A version that would equal the last one is that one again.
pub(super) fn publish(
    call: &mut Call<'_, '_>,
    name: &str,
    document: &mut FunctionDocument,
    description: Option<String>,
) -> Outcome<FunctionConfiguration> {
    let scope = call.scope().clone();
    let last = document.last_version.to_string();
    if let Some(last) = call.tx.get::<FunctionVersionDocument>(&scope, &Key::new([name, &*last]))?
        && last.code == document.code
        && last.configuration.last_modified == document.configuration.last_modified
    {
        return Ok(last.configuration);
    }
    // Each version is a use of its package's blob.
    let package = call.tx.get_blob(&document.code)?.unwrap_or_default();
    let code = call.tx.put_blob(&package)?;
    document.last_version = document.last_version.saturating_add(1);
    let version = document.last_version.to_string();
    let mut configuration = document.configuration.clone();
    configuration.function_arn = configuration.function_arn.map(|arn| format!("{arn}:{version}"));
    configuration.version = Some(version.clone());
    if description.is_some() {
        configuration.description = description;
    }
    let published = FunctionVersionDocument { configuration: configuration.clone(), code, policy: None };
    call.tx.put(&scope, &Key::new([name, &*version]), &published)?;
    Ok(configuration)
}

fn publish_version(call: &mut Call<'_, '_>, input: &PublishVersionRequest) -> Outcome<FunctionConfiguration> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let mut document = function(call, &name)?;
    check_revision(input.revision_id.as_deref(), document.configuration.revision_id.as_deref())?;
    if input.publish_to.is_some() {
        return Err(invalid("PublishTo is not built yet."));
    }
    if input.code_sha256.is_some() && input.code_sha256 != document.configuration.code_sha256 {
        let present = document.configuration.code_sha256.unwrap_or_default();
        let asked = input.code_sha256.as_deref().unwrap_or_default();
        return Err(invalid(format!(
            "CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST ({present}). Please try \
             again with the CodeSHA256 in $LATEST."
        )));
    }
    let configuration = publish(call, &name.name, &mut document, input.description.clone())?;
    put_function(call, &name.name, &document)?;
    Ok(configuration)
}

fn list_versions_by_function(
    call: &mut Call<'_, '_>,
    input: &ListVersionsByFunctionRequest,
) -> Outcome<ListVersionsByFunctionResponse> {
    let name = FunctionName::parse(&input.function_name, None)?;
    let latest = function(call, &name)?.configuration;
    let scope = call.scope().clone();
    let published = call.tx.list::<FunctionVersionDocument>(&scope, &Key::new([&*name.name]))?;
    let mut published: Vec<_> = published.into_iter().map(|(_, version)| version.configuration).collect();
    published.sort_by_key(|version| version.version.as_deref().and_then(|n| n.parse::<u64>().ok()));
    let all = std::iter::once(FunctionConfiguration {
        function_arn: latest.function_arn.as_ref().map(|arn| format!("{arn}:$LATEST")),
        ..latest
    })
    .chain(published);
    let start = input.marker.as_deref().and_then(|marker| marker.parse::<usize>().ok()).unwrap_or(0);
    let limit =
        input.max_items.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(50).min(50);
    let mut rest = all.skip(start).peekable();
    let versions: Vec<_> = rest.by_ref().take(limit).collect();
    let next_marker = rest.peek().map(|_| start.saturating_add(limit).to_string());
    Ok(ListVersionsByFunctionResponse { next_marker, versions: Some(versions) })
}

/// Deletes one version, unless an alias points to it.
pub(super) fn delete(call: &mut Call<'_, '_>, name: &str, version: &str) -> Outcome<()> {
    let scope = call.scope().clone();
    let key = Key::new([name, version]);
    let Some(document) = call.tx.get::<FunctionVersionDocument>(&scope, &key)? else {
        let arn = format!("arn:aws:lambda:{}:{}:function:{name}:{version}", scope.region(), scope.account());
        return Err(not_found(format!("Function not found: {arn}")));
    };
    let aliases = call.tx.list::<FunctionAliasDocument>(&scope, &Key::new([name]))?;
    if let Some((_, alias)) =
        aliases.iter().find(|(_, alias)| alias.alias.function_version.as_deref() == Some(version))
    {
        let alias = alias.alias.name.as_deref().unwrap_or_default();
        return Err(conflict(format!("Version {version} cannot be deleted: alias {alias} points to it.")));
    }
    call.tx.delete_blob(&document.code)?;
    call.tx.delete::<FunctionVersionDocument>(&scope, &key)?;
    Ok(())
}
