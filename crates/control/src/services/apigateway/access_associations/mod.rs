//! `/domainnameaccessassociations`: which VPC endpoints may reach which private domain names. An
//! association belongs to the endpoint's account; the domain name's account, if that is another, has a
//! note of it, so that it can list and reject it.
//!
//! Rules: API Gateway developer guide, "Custom domain names for private APIs" and the pages on its
//! providers and consumers. Texts are not recorded.

use api::Empty;
use api::apigateway::operations as op;
use api::apigateway::{
    AccessAssociationSourceType, CreateDomainNameAccessAssociationRequest,
    DeleteDomainNameAccessAssociationRequest, DomainName, DomainNameAccessAssociation,
    DomainNameAccessAssociations, GetDomainNameAccessAssociationsRequest,
    RejectDomainNameAccessAssociationRequest, ResourceOwner,
};
use base::{Arn, Scope};
use documents::apigateway_domain_names::{
    AccessAssociationDocument, DomainNameDocument, ForeignAssociationDocument, domain_name_key,
};
use indexmap::IndexMap;
use store::Key;

use super::domain_names::{sharing, unknown_domain_name};
use super::limits;
use super::refusals::{bad_request, conflict, limit_exceeded, not_found};
use crate::paginate::{Page, page};
use crate::{Call, Failure, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateDomainNameAccessAssociation, create_domain_name_access_association)
        .read(op::GetDomainNameAccessAssociations, get_domain_name_access_associations)
        .write(op::DeleteDomainNameAccessAssociation, delete_domain_name_access_association)
        .write(op::RejectDomainNameAccessAssociation, reject_domain_name_access_association);
}

/// A private domain name by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    owner: Scope,
    name: String,
    id: String,
}

impl Named {
    /// Reads `arn:aws:apigateway:{region}:{account}:/domainnames/{name}+{id}`.
    fn read(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let (name, id) = arn.resource.strip_prefix("/domainnames/")?.split_once('+')?;
        let good = arn.service == "apigateway"
            && !arn.account.is_empty()
            && [name, id].iter().all(|part| is_part(part));
        good.then(|| Self {
            owner: Scope::new(&arn.account, &arn.region),
            name: name.to_owned(),
            id: id.to_owned(),
        })
    }

    fn key(&self) -> Key {
        domain_name_key(&self.name, Some(&self.id))
    }
}

/// Whether a text can be part of a key.
fn is_part(text: &str) -> bool {
    !text.is_empty() && text.len() <= limits::DOMAIN_NAME && !text.contains('/')
}

/// An association by its ARN: its own scope, and the parts of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) scope: Scope,
    name: String,
    id: String,
    source: String,
}

impl Place {
    /// Reads `arn:aws:apigateway:{region}:{account}:/domainnameaccessassociations/domainname/{name}+{id}
    /// /vpcesource/{endpoint}`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let rest = arn.resource.strip_prefix("/domainnameaccessassociations/domainname/")?;
        let (domain, source) = rest.split_once("/vpcesource/")?;
        let (name, id) = domain.split_once('+')?;
        let good = arn.service == "apigateway" && [name, id, source].iter().all(|part| is_part(part));
        good.then(|| Self {
            scope: Scope::new(&arn.account, &arn.region),
            name: name.to_owned(),
            id: id.to_owned(),
            source: source.to_owned(),
        })
    }

    pub(super) fn key(&self) -> Key {
        domain_name_key(&self.name, Some(&self.id)).with(&self.source)
    }
}

fn create_domain_name_access_association(
    call: &mut Call<'_, '_>,
    input: &CreateDomainNameAccessAssociationRequest,
) -> Outcome<DomainNameAccessAssociation> {
    let source = &input.access_association_source;
    check_source(source)?;
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    let scope = call.scope().clone();
    let named = Named::read(&input.domain_name_arn).filter(|named| named.owner.region() == scope.region());
    let named = named.ok_or_else(|| bad_request("Invalid ARN specified in the request"))?;
    let domain = call.tx.get::<DomainNameDocument>(&named.owner, &named.key())?;
    let foreign = named.owner != scope;
    match &domain {
        // An account does not learn which domain names another one has.
        None if !foreign => return Err(bad_request("Invalid domain name identifier specified")),
        None => sharing::check_shared(call, &nothing(&input.domain_name_arn))?,
        Some(document) if foreign => sharing::check_shared(call, &document.domain_name)?,
        Some(_) => {}
    }
    check_free(call, &named, source)?;
    let resource =
        format!("/domainnameaccessassociations/domainname/{}+{}/vpcesource/{source}", named.name, named.id);
    let arn = Arn::aws("apigateway", scope.region(), scope.account(), resource).to_string();
    let association = DomainNameAccessAssociation {
        domain_name_access_association_arn: Some(arn),
        domain_name_arn: Some(input.domain_name_arn.clone()),
        access_association_source_type: Some(AccessAssociationSourceType::Vpce),
        access_association_source: Some(source.clone()),
        tags: Some(given),
    };
    let document = AccessAssociationDocument { association, created: call.now() };
    call.tx.put(&scope, &named.key().with(source), &document)?;
    if foreign {
        let note = ForeignAssociationDocument { created: call.now() };
        call.tx.put(&named.owner, &note_key(&named.key(), scope.account(), source), &note)?;
    }
    Ok(listed(document.association))
}

/// A domain name of which nothing is known, which nobody shares.
fn nothing(arn: &str) -> DomainName {
    DomainName { domain_name_arn: Some(arn.to_owned()), ..DomainName::default() }
}

fn check_source(source: &str) -> Outcome<()> {
    let id = source.strip_prefix("vpce-").filter(|id| !id.is_empty() && source.len() <= limits::NAME);
    match id {
        Some(id) if id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) => Ok(()),
        Some(_) | None => Err(bad_request(format!("Invalid access association source specified: {source}"))),
    }
}

/// An endpoint reaches one domain name of a name ("You can't invoke private custom domain names with
/// the same name from the same VPC endpoint"), and an account has a limited number of associations.
fn check_free(call: &mut Call<'_, '_>, named: &Named, source: &str) -> Outcome<()> {
    let all = call.tx.list::<AccessAssociationDocument>(&call.context.scope, &Key::root())?;
    let taken = all.iter().any(|(key, _)| key.part(0) == Some(&named.name) && key.part(2) == Some(source));
    if taken {
        return Err(conflict(
            "A domain name access association already exists for this domain name and access association source",
        ));
    }
    if all.len() >= limits::ACCESS_ASSOCIATIONS {
        return Err(limit_exceeded(
            "Maximum number of domain name access associations for this account has been reached. Please contact \
             AWS if you need additional domain name access associations.",
        ));
    }
    Ok(())
}

/// The account's own associations, or those of others to its domain names; the former if nothing is
/// said. This is the order in which they were made; AWS's is not recorded.
fn get_domain_name_access_associations(
    call: &mut Call<'_, '_>,
    input: &GetDomainNameAccessAssociationsRequest,
) -> Outcome<DomainNameAccessAssociations> {
    let documents = match input.resource_owner {
        None | Some(ResourceOwner::Self_) => {
            let all = call.tx.list::<AccessAssociationDocument>(&call.context.scope, &Key::root())?;
            all.into_iter().map(|(_, document)| document).collect()
        }
        Some(ResourceOwner::OtherAccounts) => of_others(call)?,
    };
    let place = |document: &AccessAssociationDocument| {
        let arn = document.association.domain_name_access_association_arn.as_deref().unwrap_or_default();
        format!("{:020}{arn}", document.created.as_millis())
    };
    let Page { items, position } = page(documents, place, input.position.as_deref(), input.limit)?;
    let items = items.into_iter().map(|document| listed(document.association)).collect();
    Ok(DomainNameAccessAssociations { position, items: Some(items) })
}

/// Tags are for the owner to see.
fn of_others(call: &mut Call<'_, '_>) -> Outcome<Vec<AccessAssociationDocument>> {
    let region = call.scope().region().to_owned();
    let notes = call.tx.list::<ForeignAssociationDocument>(&call.context.scope, &Key::root())?;
    let mut found = Vec::new();
    for (key, _) in notes {
        let [name, id, account, source] = key.parts() else { continue };
        let key = domain_name_key(name, Some(id)).with(source);
        let document = call.tx.get::<AccessAssociationDocument>(&Scope::new(account, &region), &key)?;
        found.extend(document.map(|mut document| {
            document.association.tags = None;
            document
        }));
    }
    Ok(found)
}

fn delete_domain_name_access_association(
    call: &mut Call<'_, '_>,
    input: &DeleteDomainNameAccessAssociationRequest,
) -> Outcome<Empty> {
    let place = Place::read(&input.domain_name_access_association_arn).ok_or_else(unknown)?;
    if place.scope != *call.scope() {
        return Err(unknown());
    }
    remove(call, &place)
}

/// Removes an association to a domain name of the caller's, whosever it is.
fn reject_domain_name_access_association(
    call: &mut Call<'_, '_>,
    input: &RejectDomainNameAccessAssociationRequest,
) -> Outcome<Empty> {
    let named = Named::read(&input.domain_name_arn).filter(|named| named.owner == *call.scope());
    let named = named.ok_or_else(unknown_domain_name)?;
    let domain = call.tx.get::<DomainNameDocument>(&named.owner, &named.key())?;
    if domain.is_none() {
        return Err(unknown_domain_name());
    }
    let place = Place::read(&input.domain_name_access_association_arn).ok_or_else(unknown)?;
    let is_to_it =
        (&place.name, &place.id) == (&named.name, &named.id) && place.scope.region() == named.owner.region();
    if is_to_it { remove(call, &place) } else { Err(unknown()) }
}

fn remove(call: &mut Call<'_, '_>, place: &Place) -> Outcome<Empty> {
    let document = call.tx.get::<AccessAssociationDocument>(&place.scope, &place.key())?;
    let arn = document.and_then(|document| document.association.domain_name_arn).ok_or_else(unknown)?;
    if let Some(named) = Named::read(&arn).filter(|named| named.owner != place.scope) {
        let key = note_key(&named.key(), place.scope.account(), &place.source);
        call.tx.delete::<ForeignAssociationDocument>(&named.owner, &key)?;
    }
    call.tx.delete::<AccessAssociationDocument>(&place.scope, &place.key())?;
    Ok(Empty {})
}

/// Whether anybody has an association to the domain name.
pub(super) fn has_any(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<bool> {
    let Some(id) = domain.domain_name_id.as_deref() else { return Ok(false) };
    let key = domain_name_key(domain.domain_name.as_deref().unwrap_or_default(), Some(id));
    let scope = &call.context.scope;
    Ok(!call.tx.list::<AccessAssociationDocument>(scope, &key)?.is_empty()
        || !call.tx.list::<ForeignAssociationDocument>(scope, &key)?.is_empty())
}

/// The caller's association of this ARN.
pub(super) fn find(call: &mut Call<'_, '_>, arn: &str) -> Outcome<(Place, AccessAssociationDocument)> {
    let place = Place::read(arn).filter(|place| place.scope == *call.scope()).ok_or_else(unknown)?;
    let document = call.tx.get(&place.scope, &place.key())?.ok_or_else(unknown)?;
    Ok((place, document))
}

fn note_key(domain: &Key, account: &str, source: &str) -> Key {
    domain.clone().with(account).with(source)
}

fn unknown() -> Failure {
    not_found("Invalid domain name access association identifier specified")
}

fn listed(mut association: DomainNameAccessAssociation) -> DomainNameAccessAssociation {
    association.tags = association.tags.filter(|tags| !tags.is_empty());
    association
}

#[cfg(test)]
mod tests;
