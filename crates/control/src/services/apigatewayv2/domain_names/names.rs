//! `/v2/domainnames`: custom domain names as the second version knows them. They are those of the first
//! one, but for edge-optimized and private names; whoever made one, both show it.

use api::Empty;
use api::apigateway::{
    self as v1, EndpointConfiguration, EndpointType as Kind, MutualTlsAuthentication,
    MutualTlsAuthenticationInput,
};
use api::apigatewayv2::{self as v2, operations as op};
use api::apigatewayv2::{
    CreateDomainNameRequest, CreateDomainNameResponse, DeleteDomainNameRequest, DomainName,
    DomainNameConfiguration, DomainNameStatus, EndpointType, GetDomainNameRequest, GetDomainNameResponse,
    GetDomainNamesRequest, GetDomainNamesResponse, RoutingMode, SecurityPolicy, UpdateDomainNameRequest,
    UpdateDomainNameResponse,
};
use documents::apigateway_domain_names::DomainNameDocument;
use store::Key;

use super::super::super::apigateway::domain_names;
use super::super::listed;
use super::super::refusals::bad_request;
use super::super::shapes::same;
use crate::{Call, Outcome, Registry};

/// How a request's way is chosen; there is no other for names (API Gateway API reference).
const SELECTION: &str = "$request.basepath";

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDomainName, create_domain_name)
        .read(op::GetDomainName, get_domain_name)
        .read(op::GetDomainNames, get_domain_names)
        .write(op::UpdateDomainName, update_domain_name)
        .write(op::DeleteDomainName, delete_domain_name);
}

fn create_domain_name(
    call: &mut Call<'_, '_>,
    input: &CreateDomainNameRequest,
) -> Outcome<CreateDomainNameResponse> {
    let given = configuration(input.domain_name_configurations.as_deref())?.unwrap_or_default();
    let request = v1::CreateDomainNameRequest {
        domain_name: input.domain_name.clone(),
        regional_certificate_arn: given.certificate_arn,
        regional_certificate_name: given.certificate_name,
        ownership_verification_certificate_arn: given.ownership_verification_certificate_arn,
        endpoint_configuration: Some(EndpointConfiguration {
            types: Some(vec![Kind::Regional]),
            ip_address_type: given.ip_address_type.map(|kind| same_text(kind.as_str())).transpose()?,
            vpc_endpoint_ids: None,
        }),
        security_policy: given.security_policy.map(|policy| same_text(policy.as_str())).transpose()?,
        mutual_tls_authentication: input.mutual_tls_authentication.as_ref().map(|given| {
            MutualTlsAuthenticationInput {
                truststore_uri: given.truststore_uri.clone(),
                truststore_version: given.truststore_version.clone(),
            }
        }),
        routing_mode: input.routing_mode.map(routing_mode_of_v1),
        tags: input.tags.clone(),
        ..v1::CreateDomainNameRequest::default()
    };
    same(&shown(domain_names::create_domain_name(call, &request)?)?)
}

fn get_domain_name(call: &mut Call<'_, '_>, input: &GetDomainNameRequest) -> Outcome<GetDomainNameResponse> {
    same(&shown(regional(call, &input.domain_name)?.domain_name)?)
}

/// The regional names. Whether AWS lists the others, which it does not show one by one, is not known.
fn get_domain_names(
    call: &mut Call<'_, '_>,
    input: &GetDomainNamesRequest,
) -> Outcome<GetDomainNamesResponse> {
    let documents = call.tx.list::<DomainNameDocument>(&call.context.scope, &Key::root())?;
    let names = documents.into_iter().map(|(_, document)| document.domain_name);
    let names = names.filter(is_regional).map(shown).collect::<Outcome<Vec<_>>>()?;
    let place = |name: &DomainName| name.domain_name.clone();
    let (items, next_token) =
        listed(names, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    Ok(GetDomainNamesResponse { items: Some(items), next_token })
}

fn update_domain_name(
    call: &mut Call<'_, '_>,
    input: &UpdateDomainNameRequest,
) -> Outcome<UpdateDomainNameResponse> {
    let mut document = regional(call, &input.domain_name)?;
    let earlier = document.domain_name.clone();
    let domain = &mut document.domain_name;
    if let Some(given) = configuration(input.domain_name_configurations.as_deref())? {
        let DomainNameConfiguration {
            certificate_arn,
            certificate_name,
            ip_address_type,
            security_policy,
            ownership_verification_certificate_arn: ownership,
            ..
        } = given;
        let set = |member: &mut Option<String>, given: Option<String>| {
            if let Some(text) = given {
                *member = Some(text).filter(|text| !text.is_empty());
            }
        };
        set(&mut domain.regional_certificate_arn, certificate_arn);
        set(&mut domain.regional_certificate_name, certificate_name);
        set(&mut domain.ownership_verification_certificate_arn, ownership);
        if let Some(kind) = ip_address_type {
            let kind = same_text(kind.as_str())?;
            domain.endpoint_configuration.get_or_insert_default().ip_address_type = Some(kind);
        }
        if let Some(policy) = security_policy {
            domain.security_policy = Some(same_text(policy.as_str())?);
        }
    }
    if let Some(given) = &input.mutual_tls_authentication {
        // "To remove a truststore, give an empty address", as the Terraform provider does.
        let mutual: &mut MutualTlsAuthentication = domain.mutual_tls_authentication.get_or_insert_default();
        match given.truststore_uri.as_deref() {
            Some("") => *mutual = MutualTlsAuthentication::default(),
            Some(address) => {
                mutual.truststore_uri = Some(address.to_owned());
                mutual.truststore_version.clone_from(&given.truststore_version);
            }
            None if given.truststore_version.is_some() => {
                mutual.truststore_version.clone_from(&given.truststore_version);
            }
            None => {}
        }
        domain.mutual_tls_authentication.take_if(|mutual| {
            mutual.truststore_uri.is_none()
                && mutual.truststore_version.as_deref().unwrap_or_default().is_empty()
        });
    }
    if let Some(mode) = input.routing_mode {
        domain.routing_mode = Some(routing_mode_of_v1(mode));
    }
    same(&shown(domain_names::change(call, document, &earlier)?)?)
}

fn delete_domain_name(call: &mut Call<'_, '_>, input: &DeleteDomainNameRequest) -> Outcome<Empty> {
    regional(call, &input.domain_name)?;
    let request =
        v1::DeleteDomainNameRequest { domain_name: input.domain_name.clone(), domain_name_id: None };
    domain_names::delete_domain_name(call, &request)
}

/// The one endpoint's settings. "One or more configurations" in the API reference, but only regional
/// endpoints are made here, and a name has one of them.
fn configuration(given: Option<&[DomainNameConfiguration]>) -> Outcome<Option<DomainNameConfiguration>> {
    match given {
        None => Ok(None),
        Some([given]) if given.endpoint_type == Some(EndpointType::Edge) => Err(at_the_edge()),
        Some([given]) => Ok(Some(given.clone())),
        // The text is not recorded.
        Some(_) => Err(bad_request("A domain name must have exactly one configuration")),
    }
}

/// The name, if it is one that this version shows.
fn regional(call: &mut Call<'_, '_>, name: &str) -> Outcome<DomainNameDocument> {
    let document = domain_names::find(call, name, None)?;
    if is_regional(&document.domain_name) { Ok(document) } else { Err(at_the_edge()) }
}

fn is_regional(domain: &v1::DomainName) -> bool {
    let types = domain.endpoint_configuration.as_ref().and_then(|endpoints| endpoints.types.as_deref());
    types == Some(&[Kind::Regional])
}

/// Seen in reports of AWS's users.
fn at_the_edge() -> crate::Failure {
    bad_request(
        "Only REGIONAL domain names can be managed through the API Gateway V2 API. For EDGE domain names, please \
         use the API Gateway V1 API. Also note that only REST APIs can be attached to EDGE domain names.",
    )
}

fn shown(domain: v1::DomainName) -> Outcome<DomainName> {
    let ip_address_type =
        domain.endpoint_configuration.as_ref().and_then(|endpoints| endpoints.ip_address_type);
    let configuration = DomainNameConfiguration {
        api_gateway_domain_name: domain.regional_domain_name,
        certificate_arn: domain.regional_certificate_arn,
        certificate_name: domain.regional_certificate_name,
        certificate_upload_date: domain.certificate_upload_date.map(base::Timestamp::truncated_to_secs),
        domain_name_status: Some(DomainNameStatus::Available),
        domain_name_status_message: domain.domain_name_status_message,
        endpoint_type: Some(EndpointType::Regional),
        hosted_zone_id: domain.regional_hosted_zone_id,
        ip_address_type: ip_address_type.map(|kind| same_text(kind.as_str())).transpose()?,
        // The policies that only the first version has cannot be shown here.
        security_policy: domain
            .security_policy
            .and_then(|policy| policy.as_str().parse::<SecurityPolicy>().ok()),
        ownership_verification_certificate_arn: domain.ownership_verification_certificate_arn,
    };
    let routing_mode = match domain.routing_mode {
        None | Some(v1::RoutingMode::BasePathMappingOnly) => RoutingMode::ApiMappingOnly,
        Some(v1::RoutingMode::RoutingRuleOnly) => RoutingMode::RoutingRuleOnly,
        Some(v1::RoutingMode::RoutingRuleThenBasePathMapping) => RoutingMode::RoutingRuleThenApiMapping,
    };
    Ok(DomainName {
        api_mapping_selection_expression: Some(SELECTION.to_owned()),
        domain_name: domain.domain_name.unwrap_or_default(),
        domain_name_arn: domain.domain_name_arn,
        domain_name_configurations: Some(vec![configuration]),
        mutual_tls_authentication: domain.mutual_tls_authentication.map(|mutual| {
            v2::MutualTlsAuthentication {
                truststore_uri: mutual.truststore_uri,
                truststore_version: mutual.truststore_version,
                truststore_warnings: mutual.truststore_warnings,
            }
        }),
        routing_mode: Some(routing_mode),
        tags: Some(domain.tags.unwrap_or_default()),
    })
}

fn routing_mode_of_v1(mode: RoutingMode) -> v1::RoutingMode {
    match mode {
        RoutingMode::ApiMappingOnly => v1::RoutingMode::BasePathMappingOnly,
        RoutingMode::RoutingRuleOnly => v1::RoutingMode::RoutingRuleOnly,
        RoutingMode::RoutingRuleThenApiMapping => v1::RoutingMode::RoutingRuleThenBasePathMapping,
    }
}

/// A value of an enumeration that both versions have.
fn same_text<T: std::str::FromStr>(text: &str) -> Outcome<T> {
    text.parse().map_err(|_| bad_request(format!("Invalid value specified: {text}")))
}
