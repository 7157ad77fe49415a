//! `/v2/domainnames/{name}/apimappings`: base path mappings as the second version knows them: by an id,
//! always with a stage, with base paths of several segments, and to APIs of all kinds (API Gateway
//! developer guide, "Working with API mappings for REST APIs").

use api::Empty;
use api::apigateway::BasePathMapping;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    ApiMapping, CreateApiMappingRequest, CreateApiMappingResponse, DeleteApiMappingRequest,
    GetApiMappingRequest, GetApiMappingResponse, GetApiMappingsRequest, GetApiMappingsResponse,
    UpdateApiMappingRequest, UpdateApiMappingResponse,
};
use documents::apigateway_domain_names::{BasePathMappingDocument, NO_BASE_PATH};
use store::Key;

use super::super::super::apigateway::base_path_mappings::{check_free, create, domain};
use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, unknown};
use super::super::shapes::same;
use super::targets;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateApiMapping, create_api_mapping)
        .read(op::GetApiMapping, get_api_mapping)
        .read(op::GetApiMappings, get_api_mappings)
        .write(op::UpdateApiMapping, update_api_mapping)
        .write(op::DeleteApiMapping, delete_api_mapping);
}

/// Paths that API Gateway answers itself ("Amazon API Gateway important notes").
const RESERVED: [&str; 2] = ["ping", "sping"];

fn create_api_mapping(
    call: &mut Call<'_, '_>,
    input: &CreateApiMappingRequest,
) -> Outcome<CreateApiMappingResponse> {
    let (domain, key) = domain(call, &input.domain_name, None)?;
    let mapping = BasePathMapping {
        base_path: Some(base_path(input.api_mapping_key.as_deref())?),
        rest_api_id: Some(input.api_id.clone()),
        stage: Some(stage(&input.stage)?),
    };
    targets::check(call, &domain, &key, &mapping)?;
    same(&shown(create(call, &key, mapping)?))
}

fn get_api_mapping(call: &mut Call<'_, '_>, input: &GetApiMappingRequest) -> Outcome<GetApiMappingResponse> {
    let (_, key) = domain(call, &input.domain_name, None)?;
    same(&shown(find(call, &key, &input.api_mapping_id)?.1))
}

fn get_api_mappings(
    call: &mut Call<'_, '_>,
    input: &GetApiMappingsRequest,
) -> Outcome<GetApiMappingsResponse> {
    let (_, key) = domain(call, &input.domain_name, None)?;
    let mappings = all(call, &key)?.into_iter().map(|(_, document)| shown(document)).collect();
    let place = |mapping: &ApiMapping| mapping.api_mapping_id.clone().unwrap_or_default();
    let (items, next_token) =
        listed(mappings, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetApiMappingsResponse { items: Some(items), next_token })
}

fn update_api_mapping(
    call: &mut Call<'_, '_>,
    input: &UpdateApiMappingRequest,
) -> Outcome<UpdateApiMappingResponse> {
    let (domain, domain_key) = domain(call, &input.domain_name, None)?;
    let (earlier, mut document) = find(call, &domain_key, &input.api_mapping_id)?;
    let mapping = &mut document.mapping;
    mapping.rest_api_id = Some(input.api_id.clone());
    if input.api_mapping_key.is_some() {
        mapping.base_path = Some(base_path(input.api_mapping_key.as_deref())?);
    }
    if let Some(given) = &input.stage {
        mapping.stage = Some(stage(given)?);
    }
    targets::check(call, &domain, &domain_key, &document.mapping)?;
    call.tx.delete::<BasePathMappingDocument>(&call.context.scope, &earlier)?;
    let key = check_free(call, &domain_key, &document.mapping)?;
    call.tx.put(&call.context.scope, &key, &document)?;
    same(&shown(document))
}

fn delete_api_mapping(call: &mut Call<'_, '_>, input: &DeleteApiMappingRequest) -> Outcome<Empty> {
    let (_, key) = domain(call, &input.domain_name, None)?;
    let (key, _) = find(call, &key, &input.api_mapping_id)?;
    call.tx.delete::<BasePathMappingDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

fn all(call: &mut Call<'_, '_>, domain: &Key) -> Outcome<Vec<(Key, BasePathMappingDocument)>> {
    Ok(call.tx.list::<BasePathMappingDocument>(&call.context.scope, domain)?)
}

fn find(call: &mut Call<'_, '_>, domain: &Key, id: &str) -> Outcome<(Key, BasePathMappingDocument)> {
    all(call, domain)?
        .into_iter()
        .find(|(_, document)| document.id == id)
        .ok_or_else(|| unknown("ApiMapping"))
}

fn shown(document: BasePathMappingDocument) -> ApiMapping {
    let BasePathMappingDocument { mapping, id } = document;
    ApiMapping {
        api_id: mapping.rest_api_id.unwrap_or_default(),
        api_mapping_id: Some(id),
        api_mapping_key: Some(mapping.base_path.filter(|path| path != NO_BASE_PATH).unwrap_or_default()),
        stage: mapping.stage.unwrap_or_default(),
    }
}

fn stage(given: &str) -> Outcome<String> {
    if given.is_empty() {
        Err(bad_request("Invalid stage identifier specified"))
    } else {
        Ok(given.to_owned())
    }
}

/// The path as it is stored: segments of safe characters between single slashes.
fn base_path(given: Option<&str>) -> Outcome<String> {
    let Some(path) = given.filter(|path| !path.is_empty() && *path != NO_BASE_PATH) else {
        return Ok(NO_BASE_PATH.to_owned());
    };
    check_path(path)?;
    Ok(path.to_owned())
}

/// Refuses what cannot be a base path.
pub(super) fn check_path(path: &str) -> Outcome<()> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"$-_.+!*'(),".contains(&c);
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(allowed);
    if path.len() > limits::BASE_PATH || !path.split('/').all(is_segment) || RESERVED.contains(&path) {
        return Err(bad_request(format!(
            "Invalid base path specified. Base paths may only contain letters, numbers and one of $-_.+!*'()/, and can \
             be at most {} characters long: {path}",
            limits::BASE_PATH
        )));
    }
    Ok(())
}
