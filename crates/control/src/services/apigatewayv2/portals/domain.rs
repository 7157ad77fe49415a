//! Where a portal is: at the host that API Gateway gives it, or at a domain name of its own with a
//! certificate of ACM (API Gateway developer guide, "Create a portal in API Gateway"). A name and its
//! certificate are a portal's for as long as its definition or its published site has them.

use std::collections::BTreeSet;

use api::apigatewayv2::{
    ACMManaged, EndpointConfigurationRequest, EndpointConfigurationResponse, PortalSummary,
};
use documents::apigateway::within;
use documents::apigatewayv2_portals::{PUBLISHED, PortalNameDocument, PortalSiteDocument, SiteDomain};
use store::Key;

use super::super::super::apigateway::domain_names::{certificates, names};
use super::super::refusals::bad_request;
use super::{arn, portal};
use crate::services::acm::uses;
use crate::{Call, Outcome};

/// The zone of CloudFront's names, where AWS serves portals (Amazon Route 53 API reference,
/// `AliasTarget`).
const HOSTED_ZONE: &str = "Z2FDTNDATAQYW2";

/// Where the portal `id` is, as its owner says.
pub(super) fn endpoints(
    call: &mut Call<'_, '_>,
    id: &str,
    given: &EndpointConfigurationRequest,
) -> Outcome<EndpointConfigurationResponse> {
    let own = match (&given.none, &given.acm_managed) {
        (Some(_), None) => None,
        (None, Some(own)) => Some(own),
        _ => return Err(bad_request("A portal must have exactly one endpoint configuration")),
    };
    if let Some(ACMManaged { certificate_arn, domain_name }) = own {
        names::check(domain_name)?;
        if domain_name.starts_with("*.") {
            return Err(bad_request("The domain name of a portal must be fully qualified"));
        }
        names::check_free_for_portal(call, domain_name, id)?;
        certificates::check_of_portal(call, certificate_arn, domain_name)?;
    }
    Ok(EndpointConfigurationResponse {
        portal_default_domain_name: format!("p-{id}.apigw-portal.{}.on.aws", call.scope().region()),
        portal_domain_hosted_zone_id: HOSTED_ZONE.to_owned(),
        certificate_arn: own.map(|own| own.certificate_arn.clone()),
        domain_name: own.map(|own| own.domain_name.clone()),
    })
}

/// The name that the portal's site will have.
pub(super) fn of_site(portal: &PortalSummary) -> Option<SiteDomain> {
    let endpoints = &portal.endpoint_configuration;
    Some(SiteDomain {
        name: endpoints.domain_name.clone()?,
        certificate_arn: endpoints.certificate_arn.clone()?,
    })
}

/// The names and certificates of a portal.
#[derive(Debug, Default)]
pub(super) struct Held {
    names: BTreeSet<String>,
    certificates: BTreeSet<String>,
}

/// What the portal `id` has at this moment.
pub(super) fn held(call: &mut Call<'_, '_>, id: &str) -> Outcome<Held> {
    let defined = portal::look_up(call, id)?.and_then(|document| of_site(&document.portal));
    let site = call.tx.get::<PortalSiteDocument>(&call.context.scope, &within(id, PUBLISHED))?;
    let mut held = Held::default();
    for SiteDomain { name, certificate_arn } in defined.into_iter().chain(site.and_then(|site| site.domain)) {
        held.names.insert(name);
        held.certificates.insert(certificate_arn);
    }
    Ok(held)
}

/// Takes and gives back names and certificates, so that the portal `id`, which had `before`, has what it
/// is said to have now.
pub(super) fn settle(call: &mut Call<'_, '_>, id: &str, before: &Held) -> Outcome<()> {
    let now = held(call, id)?;
    let scope = call.scope().clone();
    let user = arn(&scope, format!("/portals/{id}"));
    for name in before.names.difference(&now.names) {
        call.tx.delete::<PortalNameDocument>(&scope, &Key::new([name]))?;
    }
    for name in now.names.difference(&before.names) {
        let document = PortalNameDocument { portal_id: id.to_owned() };
        call.tx.put(&scope, &Key::new([name]), &document)?;
    }
    for certificate in before.certificates.difference(&now.certificates) {
        uses::detach(call.tx, certificate, &user)?;
    }
    for certificate in now.certificates.difference(&before.certificates) {
        uses::attach(call.tx, certificate, &user)?;
    }
    Ok(())
}
