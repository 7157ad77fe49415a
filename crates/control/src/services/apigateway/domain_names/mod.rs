//! `/domainnames`: custom domain names. What a name may look like and who else has it is in
//! `names`, what its endpoints need of each other in `settings`, where its certificates come from
//! in `certificates`, how one is patched in `update`, and with whom private ones are shared in
//! `sharing`. Which paths of it lead where is in `base_path_mappings`.

pub(in super::super) mod certificates;
mod endpoints;
pub(in super::super) mod names;
mod policies;
mod settings;
pub(in super::super) mod sharing;
mod update;

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    CreateDomainNameRequest, DeleteDomainNameRequest, DomainName, DomainNameStatus, DomainNames,
    EndpointType, GetDomainNameRequest, GetDomainNamesRequest, ResourceOwner, RoutingMode,
};
use base::{Arn, Scope, Timestamp};
use documents::apigateway_domain_names::{
    BasePathMappingDocument, DomainNameDocument, RoutingRuleDocument, domain_name_key,
};
use indexmap::IndexMap;
use store::Key;

pub(in super::super) use update::change;

use super::refusals::{bad_request, not_found};
use super::{access_associations, limits, refusals};
use crate::paginate::{Page, page};
use crate::{Call, Failure, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDomainName, create_domain_name)
        .read(op::GetDomainName, get_domain_name)
        .read(op::GetDomainNames, get_domain_names)
        .write(op::UpdateDomainName, update::update_domain_name)
        .write(op::DeleteDomainName, delete_domain_name);
}

/// Makes a domain name. It is available at once, unlike AWS's, which take up to 40 minutes.
pub(in super::super) fn create_domain_name(
    call: &mut Call<'_, '_>,
    input: &CreateDomainNameRequest,
) -> Outcome<DomainName> {
    names::check(&input.domain_name)?;
    let configuration = endpoints::configuration(input.endpoint_configuration.as_ref())?;
    let types = configuration.types.clone().unwrap_or_default();
    let private = types.contains(&EndpointType::Private);
    let id = private.then(|| base::ids::api_id(&call.plane.random));
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let text = |member: &Option<String>| member.clone().filter(|text| !text.is_empty());
    let domain_name = DomainName {
        domain_name: Some(input.domain_name.clone()),
        domain_name_arn: Some(arn(call.scope(), &input.domain_name, id.as_deref())),
        domain_name_id: id,
        certificate_name: text(&input.certificate_name),
        certificate_arn: text(&input.certificate_arn),
        certificate_upload_date: Some(call.now()),
        regional_certificate_name: text(&input.regional_certificate_name),
        regional_certificate_arn: text(&input.regional_certificate_arn),
        endpoint_configuration: Some(configuration),
        domain_name_status: Some(DomainNameStatus::Available),
        security_policy: Some(input.security_policy.unwrap_or(settings::DEFAULT_SECURITY_POLICY)),
        endpoint_access_mode: input.endpoint_access_mode,
        tags: Some(given),
        mutual_tls_authentication: settings::mutual_tls(input.mutual_tls_authentication.as_ref()),
        ownership_verification_certificate_arn: text(&input.ownership_verification_certificate_arn),
        policy: policies::read(input.policy.as_deref())?,
        routing_mode: Some(input.routing_mode.unwrap_or(RoutingMode::BasePathMappingOnly)),
        ..DomainName::default()
    };
    let uploaded = certificates::uploaded(input, call.now())?;
    let mut document = DomainNameDocument { domain_name, created: call.now(), uploaded };
    names::check_free(call, &document.domain_name)?;
    check_room(call, private)?;
    settings::check(call, &document)?;
    endpoints::address(&call.plane.random, &call.context.scope, &mut document.domain_name);
    certificates::attach_all(call, &document.domain_name)?;
    put(call, &document)?;
    Ok(listed(document.domain_name))
}

fn get_domain_name(call: &mut Call<'_, '_>, input: &GetDomainNameRequest) -> Outcome<DomainName> {
    Ok(shown(find(call, &input.domain_name, input.domain_name_id.as_deref())?.domain_name))
}

/// The account's own domain names, or the private ones that others share with it. AWS's order is not
/// recorded; this is the order in which they were made.
fn get_domain_names(call: &mut Call<'_, '_>, input: &GetDomainNamesRequest) -> Outcome<DomainNames> {
    let documents = match input.resource_owner {
        None | Some(ResourceOwner::Self_) => all(call)?,
        Some(ResourceOwner::OtherAccounts) => sharing::shared_with(call)?,
    };
    let place = |document: &DomainNameDocument| {
        let arn = document.domain_name.domain_name_arn.as_deref().unwrap_or_default();
        format!("{:020}{arn}", document.created.as_millis())
    };
    let Page { items, position } = page(documents, place, input.position.as_deref(), input.limit)?;
    let items = items.into_iter().map(|document| listed(document.domain_name)).collect();
    Ok(DomainNames { position, items: Some(items) })
}

/// Removes a domain name and its mappings (API Gateway developer guide, "Tutorial: Create and invoke
/// a custom domain name for private APIs").
pub(in super::super) fn delete_domain_name(
    call: &mut Call<'_, '_>,
    input: &DeleteDomainNameRequest,
) -> Outcome<Empty> {
    let (name, id) = (&input.domain_name, input.domain_name_id.as_deref());
    let document = find(call, name, id)?;
    if access_associations::has_any(call, &document.domain_name)? {
        // Same page: the associations go first. The text is not recorded.
        return Err(bad_request(format!(
            "Deleting domain name {name} failed. Please remove all domain name access associations of the \
             domain name."
        )));
    }
    let key = domain_name_key(name, document.domain_name.domain_name_id.as_deref());
    certificates::detach_all(call, &document.domain_name)?;
    sharing::share(call, &document.domain_name, None)?;
    call.tx.delete_prefix::<BasePathMappingDocument>(&call.context.scope, &key)?;
    call.tx.delete_prefix::<RoutingRuleDocument>(&call.context.scope, &key)?;
    call.tx.delete::<DomainNameDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

/// The domain name of the account: the public one, or the private one of this id.
pub(in super::super) fn find(
    call: &mut Call<'_, '_>,
    name: &str,
    id: Option<&str>,
) -> Outcome<DomainNameDocument> {
    let is_key = names::fits(name) && id.is_none_or(|id| id.len() <= limits::NAME);
    let found = match is_key {
        true => call.tx.get(&call.context.scope, &domain_name_key(name, id))?,
        false => None,
    };
    found.ok_or_else(unknown_domain_name)
}

/// Stores a domain name.
pub(in super::super) fn put(call: &mut Call<'_, '_>, document: &DomainNameDocument) -> Outcome<()> {
    let domain = &document.domain_name;
    let name = domain.domain_name.as_deref().unwrap_or_default();
    let key = domain_name_key(name, domain.domain_name_id.as_deref());
    Ok(call.tx.put(&call.context.scope, &key, document)?)
}

/// Seen in reports of AWS's users.
pub(super) fn unknown_domain_name() -> Failure {
    not_found("Invalid domain name identifier specified")
}

/// `arn:aws:apigateway:{region}::/domainnames/{name}`; that of a private one has the account and
/// the id (API Gateway developer guide, "Custom domain names for private APIs").
fn arn(scope: &Scope, name: &str, id: Option<&str>) -> String {
    let (account, resource) = match id {
        Some(id) => (scope.account(), format!("/domainnames/{name}+{id}")),
        None => ("", format!("/domainnames/{name}")),
    };
    Arn::aws("apigateway", scope.region(), account, resource).to_string()
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<DomainNameDocument>> {
    let documents = call.tx.list::<DomainNameDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

/// Public and private names are counted apart ("Amazon API Gateway quotas").
fn check_room(call: &mut Call<'_, '_>, private: bool) -> Outcome<()> {
    let all = all(call)?;
    let count = all.iter().filter(|known| known.domain_name.domain_name_id.is_some() == private).count();
    let limit = if private { limits::PRIVATE_DOMAIN_NAMES } else { limits::DOMAIN_NAMES };
    if count < limit {
        return Ok(());
    }
    // The text is not recorded.
    Err(refusals::limit_exceeded(
        "Maximum number of custom domain names for this account has been reached. Please contact AWS if you \
         need additional custom domain names.",
    ))
}

/// A domain name as creating and listing answer it: an empty collection of tags is left out there.
fn listed(mut domain: DomainName) -> DomainName {
    domain.certificate_upload_date = domain.certificate_upload_date.map(Timestamp::truncated_to_secs);
    domain.tags = domain.tags.filter(|tags| !tags.is_empty());
    domain
}

/// A domain name as getting and updating answer it: tags are there even if there are none.
fn shown(domain: DomainName) -> DomainName {
    let mut domain = listed(domain);
    domain.tags.get_or_insert_default();
    domain
}

#[cfg(test)]
mod tests;
