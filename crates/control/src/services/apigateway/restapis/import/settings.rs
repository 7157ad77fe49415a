//! The API's own settings, by a document.

use api::apigateway::{ApiKeySourceType, EndpointConfiguration, IpAddressType, PutMode, RestApi};
use indexmap::IndexMap;

use super::super::super::refusals::description;
use super::super::{compression_size, endpoints, name, policy};
use super::parameters::Parameters;
use crate::{Call, Outcome};

/// The settings of an API that is made of the document whose settings are `given`.
pub(super) fn new(call: &Call<'_, '_>, given: RestApi, parameters: &Parameters) -> Outcome<RestApi> {
    let configuration = EndpointConfiguration {
        types: parameters.endpoint_types.clone(),
        vpc_endpoint_ids: vpc_endpoint_ids(&given, parameters),
        ip_address_type: ip_address_type(&given),
    };
    let empty = RestApi {
        id: given.id.clone(),
        created_date: Some(call.now()),
        endpoint_configuration: Some(endpoints::configuration(Some(&configuration))?),
        tags: Some(IndexMap::new()),
        ..RestApi::default()
    };
    let mut api = set(call, empty, given, PutMode::Overwrite)?;
    api.name = Some(name(api.name.as_deref().unwrap_or_default())?);
    Ok(api)
}

/// The settings of `api` with those of a document. The endpoint's type stays (API Gateway developer
/// guide, "Import an OpenAPI file to update an existing API definition").
pub(super) fn changed(
    call: &Call<'_, '_>,
    mut api: RestApi,
    given: RestApi,
    parameters: &Parameters,
    mode: PutMode,
) -> Outcome<RestApi> {
    let configuration = api.endpoint_configuration.get_or_insert_default();
    let ids = vpc_endpoint_ids(&given, parameters);
    if ids.is_some() || mode == PutMode::Overwrite {
        configuration.vpc_endpoint_ids = ids;
    }
    if let Some(kind) = ip_address_type(&given) {
        configuration.ip_address_type = Some(kind);
    }
    endpoints::check(configuration)?;
    set(call, api, given, mode)
}

fn ip_address_type(given: &RestApi) -> Option<IpAddressType> {
    given.endpoint_configuration.as_ref()?.ip_address_type
}

fn vpc_endpoint_ids(given: &RestApi, parameters: &Parameters) -> Option<Vec<String>> {
    let of_document = given.endpoint_configuration.as_ref().and_then(|given| given.vpc_endpoint_ids.clone());
    parameters.vpc_endpoint_ids.clone().or(of_document).filter(|ids| !ids.is_empty())
}

/// Every setting that a document can have: what it does not say stays in a merge, and is AWS's
/// default otherwise.
fn set(call: &Call<'_, '_>, api: RestApi, given: RestApi, mode: PutMode) -> Outcome<RestApi> {
    let id = api.id.as_deref().unwrap_or_default();
    let merge = mode == PutMode::Merge;
    let policy = policy::read(given.policy.as_deref(), call.scope(), id)?;
    let description = description(given.description.as_deref())?;
    let size = given.minimum_compression_size.map(compression_size).transpose()?;
    let name = given.name.as_deref().map(name).transpose()?;
    let api = RestApi {
        // There is no API without a name.
        name: name.or(api.name),
        description: description.or(api.description.filter(|_| merge)),
        version: given.version.or(api.version.filter(|_| merge)),
        binary_media_types: media_types(api.binary_media_types.filter(|_| merge), given.binary_media_types),
        minimum_compression_size: size.or(api.minimum_compression_size.filter(|_| merge)),
        api_key_source: given
            .api_key_source
            .or(api.api_key_source.filter(|_| merge))
            .or(Some(ApiKeySourceType::Header)),
        policy: policy.or(api.policy.filter(|_| merge)),
        disable_execute_api_endpoint: given
            .disable_execute_api_endpoint
            .or(api.disable_execute_api_endpoint.filter(|_| merge))
            .or(Some(false)),
        security_policy: given.security_policy.or(api.security_policy.filter(|_| merge)),
        endpoint_access_mode: given.endpoint_access_mode.or(api.endpoint_access_mode.filter(|_| merge)),
        ..api
    };
    endpoints::check_security_policy(&api)?;
    Ok(api)
}

/// What there was comes first (recorded from AWS).
fn media_types(known: Option<Vec<String>>, given: Option<Vec<String>>) -> Option<Vec<String>> {
    let mut types = known.unwrap_or_default();
    for new in given.unwrap_or_default() {
        if !types.contains(&new) {
            types.push(new);
        }
    }
    Some(types).filter(|types| !types.is_empty())
}
