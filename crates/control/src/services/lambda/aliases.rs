//! Aliases: names that point to a version.

use api::Empty;
use api::lambda::operations as op;
use api::lambda::{
    AliasConfiguration, AliasRoutingConfiguration, CreateAliasRequest, DeleteAliasRequest, GetAliasRequest,
    ListAliasesRequest, ListAliasesResponse, UpdateAliasRequest,
};
use base::ids;
use documents::lambda::{FunctionAliasDocument, FunctionVersionDocument};
use store::Key;

use super::names::{FunctionName, LATEST};
use super::{READ_FUNCTION, check_revision, conflict, function, invalid, listing, not_found};
use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateAlias, create_alias)
        .read(op::GetAlias, get_alias)
        .read(op::ListAliases, list_aliases)
        .write(op::UpdateAlias, update_alias)
        .write(op::DeleteAlias, delete_alias);
}

fn check_routing(routing: Option<&AliasRoutingConfiguration>) -> Outcome<()> {
    let weights = routing.and_then(|routing| routing.additional_version_weights.as_ref());
    if weights.is_some_and(|weights| !weights.is_empty()) {
        return Err(invalid("AdditionalVersionWeights are not built yet: an alias points to one version."));
    }
    Ok(())
}

fn check_version(call: &mut Call<'_, '_>, name: &FunctionName, version: &str) -> Outcome<()> {
    let scope = call.scope().clone();
    let known = version == LATEST
        || call.tx.get::<FunctionVersionDocument>(&scope, &Key::new([&*name.name, version]))?.is_some();
    if known {
        return Ok(());
    }
    Err(not_found(format!("Function not found: {}:{version}", name.arn(&scope))))
}

fn alias(call: &mut Call<'_, '_>, name: &FunctionName, alias: &str) -> Outcome<FunctionAliasDocument> {
    let scope = call.scope().clone();
    call.tx
        .get::<FunctionAliasDocument>(&scope, &Key::new([&*name.name, alias]))?
        .ok_or_else(|| not_found(format!("Cannot find alias arn: {}:{alias}", name.arn(&scope))))
}

fn put(
    call: &mut Call<'_, '_>,
    name: &FunctionName,
    alias: &str,
    document: &FunctionAliasDocument,
) -> Outcome<()> {
    let scope = call.scope().clone();
    Ok(call.tx.put(&scope, &Key::new([&*name.name, alias]), document)?)
}

fn create_alias(call: &mut Call<'_, '_>, input: &CreateAliasRequest) -> Outcome<AliasConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    check_routing(input.routing_config.as_ref())?;
    check_version(call, &name, &input.function_version)?;
    let scope = call.scope().clone();
    let arn = format!("{}:{}", name.arn(&scope), input.name);
    if call.tx.get::<FunctionAliasDocument>(&scope, &Key::new([&*name.name, &*input.name]))?.is_some() {
        return Err(conflict(format!("Alias already exists: {arn}")));
    }
    let alias = AliasConfiguration {
        alias_arn: Some(arn),
        name: Some(input.name.clone()),
        function_version: Some(input.function_version.clone()),
        description: Some(input.description.clone().unwrap_or_default()),
        routing_config: None,
        revision_id: Some(ids::uuid(&call.plane.random)),
    };
    put(call, &name, &input.name, &FunctionAliasDocument { alias: alias.clone(), policy: None })?;
    Ok(alias)
}

fn get_alias(call: &mut Call<'_, '_>, input: &GetAliasRequest) -> Outcome<AliasConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    Ok(alias(call, &name, &input.name)?.alias)
}

fn list_aliases(call: &mut Call<'_, '_>, input: &ListAliasesRequest) -> Outcome<ListAliasesResponse> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    let documents = call.tx.list::<FunctionAliasDocument>(&call.context.scope, &Key::new([&*name.name]))?;
    let wanted = input.function_version.as_deref();
    let all = documents
        .into_iter()
        .map(|(_, document)| document.alias)
        .filter(|alias| wanted.is_none() || alias.function_version.as_deref() == wanted)
        .collect();
    let place = |alias: &AliasConfiguration| alias.name.clone().unwrap_or_default();
    let (aliases, next_marker) = listing::page(all, place, input.marker.as_deref(), input.max_items)?;
    Ok(ListAliasesResponse { next_marker, aliases: Some(aliases) })
}

fn update_alias(call: &mut Call<'_, '_>, input: &UpdateAliasRequest) -> Outcome<AliasConfiguration> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    let mut document = alias(call, &name, &input.name)?;
    let present = document.alias.revision_id.as_deref();
    check_revision(input.revision_id.as_deref(), present, READ_FUNCTION)?;
    check_routing(input.routing_config.as_ref())?;
    if let Some(version) = &input.function_version {
        check_version(call, &name, version)?;
        document.alias.function_version = Some(version.clone());
    }
    if input.description.is_some() {
        document.alias.description.clone_from(&input.description);
    }
    document.alias.revision_id = Some(ids::uuid(&call.plane.random));
    put(call, &name, &input.name, &document)?;
    Ok(document.alias)
}

fn delete_alias(call: &mut Call<'_, '_>, input: &DeleteAliasRequest) -> Outcome<Empty> {
    let name = FunctionName::unqualified(&input.function_name)?;
    function(call, &name)?;
    let scope = call.scope().clone();
    // Deleting what is not there succeeds, as at AWS (Lambda API reference, `DeleteAlias`: 204).
    call.tx.delete::<FunctionAliasDocument>(&scope, &Key::new([&*name.name, &*input.name]))?;
    Ok(Empty {})
}
