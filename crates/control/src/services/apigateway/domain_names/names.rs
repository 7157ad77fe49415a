//! The names themselves: which are names, and which are taken.

use api::apigateway::{DomainName, EndpointType};
use base::Scope;
use documents::apigateway_domain_names::{DomainNameDocument, domain_name_key};
use documents::apigatewayv2_portals::PortalNameDocument;
use store::Key;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::{Call, Outcome};

/// Refuses what is no host name (RFC 1035; API Gateway developer guide, "Custom domain name for
/// public REST APIs": 63 octets a label, 255 in all, a wildcard for the first label alone). That
/// capitals are refused is what AWS CDK's `DomainName` checks for. The text is not recorded.
pub(in super::super::super) fn check(name: &str) -> Outcome<()> {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let mut labels = rest.split('.');
    let good = fits(name) && rest.contains('.') && labels.all(is_label);
    if good { Ok(()) } else { Err(bad_request(format!("Invalid domain name specified: {name}"))) }
}

fn is_label(label: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=limits::DOMAIN_NAME_LABEL).contains(&label.len())
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether anything can be stored under the name.
pub(super) fn fits(name: &str) -> bool {
    (1..=limits::DOMAIN_NAME).contains(&name.len())
}

/// Refuses a public name that somebody has already: in this region whoever he is, and if both are
/// edge-optimized, in any region. Private names need not be unique (API Gateway developer guide,
/// "Custom domain names for private APIs").
pub(super) fn check_free(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<()> {
    if domain.domain_name_id.is_some() {
        return Ok(());
    }
    let name = domain.domain_name.as_deref().unwrap_or_default();
    let scope = call.scope().clone();
    let others = call.tx.find_anywhere::<DomainNameDocument>(&domain_name_key(name, None))?;
    if others.iter().any(|(owner, _)| owner.region() == scope.region()) {
        // Seen in reports of AWS's users.
        return Err(bad_request("The domain name you provided already exists."));
    }
    // A portal's name is served here, whatever its region.
    if !call.tx.find_anywhere::<PortalNameDocument>(&Key::new([name]))?.is_empty() {
        return Err(taken_at_the_edge());
    }
    if is_edge(domain) && others.iter().any(|(_, other)| is_edge(&other.domain_name)) {
        return Err(taken_at_the_edge());
    }
    if let Some(parent) = name.strip_prefix("*.") {
        check_wildcard(call, parent)?;
    }
    Ok(())
}

/// Refuses a portal's name that is somebody's custom domain name, or another portal's: "The domain name you
/// provide must be unique" (API Gateway developer guide, "Create a portal in API Gateway"). Here one
/// address serves all regions, so that a name is only one's in all of them.
pub(in super::super::super) fn check_free_for_portal(
    call: &mut Call<'_, '_>,
    name: &str,
    portal: &str,
) -> Outcome<()> {
    let custom = call.tx.find_anywhere::<DomainNameDocument>(&domain_name_key(name, None))?;
    let portals = call.tx.find_anywhere::<PortalNameDocument>(&Key::new([name]))?;
    let scope = call.scope();
    let own = |owner: &Scope, document: &PortalNameDocument| owner == scope && document.portal_id == portal;
    match custom.is_empty() && portals.iter().all(|(owner, document)| own(owner, document)) {
        true => Ok(()),
        false => Err(taken_at_the_edge()),
    }
}

/// Refuses a domain name that becomes edge-optimized while another of its name is.
pub(super) fn check_free_at_the_edge(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<()> {
    let name = domain.domain_name.as_deref().unwrap_or_default();
    let scope = call.scope().clone();
    let others = call.tx.find_anywhere::<DomainNameDocument>(&domain_name_key(name, None))?;
    let taken = others.iter().any(|(owner, other)| *owner != scope && is_edge(&other.domain_name));
    if taken { Err(taken_at_the_edge()) } else { Ok(()) }
}

fn is_edge(domain: &DomainName) -> bool {
    let types = domain.endpoint_configuration.as_ref().and_then(|endpoints| endpoints.types.as_ref());
    types.is_some_and(|types| types.contains(&EndpointType::Edge))
}

/// Seen in reports of AWS's users.
fn taken_at_the_edge() -> crate::Failure {
    bad_request(
        "The domain name you provided is already associated with an existing CloudFront distribution. Remove \
         the domain name from the existing CloudFront distribution or use a different domain name. If you own \
         this domain name and are not using it on an existing CloudFront distribution, please contact support.",
    )
}

/// Nobody takes in what others have made (API Gateway developer guide, "Custom domain name for public
/// REST APIs", note on wildcards). Making a wildcard is rare enough to look through all names. The
/// text is not recorded.
fn check_wildcard(call: &mut Call<'_, '_>, parent: &str) -> Outcome<()> {
    let scope = call.scope().clone();
    let all = call.tx.list_everywhere::<DomainNameDocument>()?;
    let conflict = all.iter().any(|(owner, key, _)| {
        let name = key.part(0).unwrap_or_default();
        let is_public = key.part(1) == Some("");
        is_public
            && owner.account() != scope.account()
            && owner.region() == scope.region()
            && name.split_once('.').is_some_and(|(_, rest)| rest == parent)
    });
    match conflict {
        true => Err(bad_request(
            "The wildcard domain name conflicts with a domain name that another account has created.",
        )),
        false => Ok(()),
    }
}
