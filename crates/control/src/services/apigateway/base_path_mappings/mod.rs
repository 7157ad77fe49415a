//! `/domainnames/{name}/basepathmappings`: which paths of a domain name lead to which stages. APIs and
//! stages that something leads to are kept, see `references`.
//!
//! Texts without a remark are seen in reports of AWS's users.

mod base_path;
mod references;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    BasePathMapping, BasePathMappings, CreateBasePathMappingRequest, DeleteBasePathMappingRequest,
    DomainName, EndpointType, GetBasePathMappingRequest, GetBasePathMappingsRequest, Op,
    UpdateBasePathMappingRequest,
};
use base::ids;
use documents::apigateway::{RestApiDocument, StageDocument, within};
use documents::apigateway_domain_names::{BasePathMappingDocument, domain_name_key};
use store::Key;

pub(in super::super) use references::{domains_leading_to, still_mapped};

use super::refusals::{bad_request, conflict, limit_exceeded, not_found};
use super::{domain_names, limits};
use crate::paginate::{Page, page};
use crate::patch::{Table, Wording, row};
use crate::{Call, Outcome, Registry};

/// To be called after the APIs' own registration, which it follows.
pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateBasePathMapping, create_base_path_mapping)
        .read(op::GetBasePathMapping, get_base_path_mapping)
        .read(op::GetBasePathMappings, get_base_path_mappings)
        .write(op::UpdateBasePathMapping, update_base_path_mapping)
        .write(op::DeleteBasePathMapping, delete_base_path_mapping)
        .after(op::DeleteStage, references::check_stage_unmapped)
        .after(op::DeleteRestApi, references::check_api_unmapped)
        .after(op::UpdateRestApi, references::check_endpoint_type);
}

/// What may be patched (API Gateway API reference, "Patch Operations"). Its spelling of the first two
/// is not the one that clients send (terraform: `/basePath` and `/restapiId`); both are taken.
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[
        row("/basePath", &[Op::Replace]),
        row("/basepath", &[Op::Replace]),
        row("/restapiId", &[Op::Replace]),
        row("/restApiId", &[Op::Replace]),
        row("/stage", &[Op::Replace]),
    ],
};

fn create_base_path_mapping(
    call: &mut Call<'_, '_>,
    input: &CreateBasePathMappingRequest,
) -> Outcome<BasePathMapping> {
    let base_path = base_path::read(input.base_path.as_deref())?;
    let (domain, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let mapping = BasePathMapping {
        base_path: Some(base_path),
        rest_api_id: Some(input.rest_api_id.clone()),
        stage: input.stage.clone().filter(|stage| !stage.is_empty()),
    };
    check_target(call, &domain, &mapping)?;
    Ok(create(call, &key, mapping)?.mapping)
}

/// Stores a mapping that is new, and whose target was checked.
pub(in super::super) fn create(
    call: &mut Call<'_, '_>,
    domain_key: &Key,
    mapping: BasePathMapping,
) -> Outcome<BasePathMappingDocument> {
    let mappings = call.tx.list::<BasePathMappingDocument>(&call.context.scope, domain_key)?;
    let key = check_free(call, domain_key, &mapping)?;
    if mappings.len() >= limits::BASE_PATH_MAPPINGS {
        // The text is not recorded.
        return Err(limit_exceeded(
            "Maximum number of base path mappings for this domain name has been reached. Please contact AWS if \
             you need additional base path mappings.",
        ));
    }
    let document = BasePathMappingDocument { mapping, id: ids::part_id(&call.plane.random) };
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document)
}

fn get_base_path_mapping(
    call: &mut Call<'_, '_>,
    input: &GetBasePathMappingRequest,
) -> Outcome<BasePathMapping> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    Ok(find(call, &key, &input.base_path)?.1.mapping)
}

/// In the order of their paths; AWS's is not recorded.
fn get_base_path_mappings(
    call: &mut Call<'_, '_>,
    input: &GetBasePathMappingsRequest,
) -> Outcome<BasePathMappings> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let documents = call.tx.list::<BasePathMappingDocument>(&call.context.scope, &key)?;
    let mappings = documents.into_iter().map(|(_, document)| document.mapping).collect();
    let place = |mapping: &BasePathMapping| mapping.base_path.clone().unwrap_or_default();
    let Page { items, position } = page(mappings, place, input.position.as_deref(), input.limit)?;
    Ok(BasePathMappings { position, items: Some(items) })
}

fn update_base_path_mapping(
    call: &mut Call<'_, '_>,
    input: &UpdateBasePathMappingRequest,
) -> Outcome<BasePathMapping> {
    let (domain, domain_key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let (earlier, mut document) = find(call, &domain_key, &input.base_path)?;
    let mapping = &mut document.mapping;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        match patch.segments().as_slice() {
            ["stage"] => mapping.stage = patch.non_empty(),
            ["restapiId" | "restApiId"] => mapping.rest_api_id = patch.non_empty(),
            _ => mapping.base_path = Some(base_path::read(patch.value)?),
        }
    }
    check_target(call, &domain, &document.mapping)?;
    call.tx.delete::<BasePathMappingDocument>(&call.context.scope, &earlier)?;
    let key = check_free(call, &domain_key, &document.mapping)?;
    call.tx.put(&call.context.scope, &key, &document)?;
    Ok(document.mapping)
}

fn delete_base_path_mapping(call: &mut Call<'_, '_>, input: &DeleteBasePathMappingRequest) -> Outcome<Empty> {
    let (_, key) = domain(call, &input.domain_name, input.domain_name_id.as_deref())?;
    let (key, _) = find(call, &key, &input.base_path)?;
    call.tx.delete::<BasePathMappingDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

/// The domain name and its key.
pub(in super::super) fn domain(
    call: &mut Call<'_, '_>,
    name: &str,
    id: Option<&str>,
) -> Outcome<(DomainName, Key)> {
    let domain = domain_names::find(call, name, id)?.domain_name;
    let key = domain_name_key(name, domain.domain_name_id.as_deref());
    Ok((domain, key))
}

fn find(call: &mut Call<'_, '_>, domain: &Key, base_path: &str) -> Outcome<(Key, BasePathMappingDocument)> {
    let unknown = || not_found("Invalid base path mapping identifier specified");
    if base_path.is_empty() || base_path.len() > limits::NAME {
        return Err(unknown());
    }
    let key = domain.clone().with(base_path);
    let document = call.tx.get(&call.context.scope, &key)?.ok_or_else(unknown)?;
    Ok((key, document))
}

/// The key of a mapping whose path nothing is mapped to yet.
pub(in super::super) fn check_free(
    call: &mut Call<'_, '_>,
    domain: &Key,
    mapping: &BasePathMapping,
) -> Outcome<Key> {
    let key = domain.clone().with(mapping.base_path.as_deref().unwrap_or_default());
    match call.tx.get::<BasePathMappingDocument>(&call.context.scope, &key)? {
        None => Ok(key),
        Some(_) => Err(conflict("Base path already exists for this domain name")),
    }
}

/// Refuses a mapping to nothing, or to what the domain name cannot reach.
pub(in super::super) fn check_target(
    call: &mut Call<'_, '_>,
    domain: &DomainName,
    mapping: &BasePathMapping,
) -> Outcome<()> {
    let scope = call.scope().clone();
    let unknown = || bad_request("Invalid REST API identifier specified");
    let id = mapping.rest_api_id.as_deref().unwrap_or_default();
    if id.is_empty() || id.len() > limits::NAME {
        return Err(unknown());
    }
    let api = call.tx.get::<RestApiDocument>(&scope, &Key::new([id]))?.ok_or_else(unknown)?;
    if let Some(stage) = &mapping.stage {
        let known = stage.len() <= limits::NAME
            && call.tx.get::<StageDocument>(&scope, &within(id, stage))?.is_some();
        if !known {
            return Err(bad_request("Invalid stage identifier specified"));
        }
    }
    let types = api.rest_api.endpoint_configuration.and_then(|endpoints| endpoints.types);
    let private_api = types.is_some_and(|types| types.contains(&EndpointType::Private));
    // Private goes with private (API Gateway developer guide, "Custom domain names for private APIs").
    // Texts are not recorded.
    match (domain.domain_name_id.is_some(), private_api) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err(bad_request("Only PRIVATE APIs can be mapped to a private custom domain name")),
        (false, true) => Err(bad_request("PRIVATE APIs can only be mapped to a private custom domain name")),
    }
}

#[cfg(test)]
mod tests;
