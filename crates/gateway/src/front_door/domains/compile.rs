//! Turns what is stored of a custom domain name into what is served.

use std::sync::Arc;

use api::apigateway::{DomainName, EndpointAccessMode, RoutingMode};
use base::{Arn, Scope};
use documents::apigateway_domain_names::{BasePathMappingDocument, DomainNameDocument};
use store::Key;

use super::{Domain, Known, Mappings, names};
use crate::exchange::DomainRefusal;

/// A custom domain name with its mappings, as it is stored.
pub(super) struct Stored {
    /// The name's document, or why it cannot be read.
    pub(super) document: Result<DomainNameDocument, String>,
    /// Its mappings, or why they cannot be read.
    pub(super) mappings: Result<Vec<BasePathMappingDocument>, String>,
}

/// What is served of what is stored at `key`; nothing if requests for the name are somebody
/// else's.
pub(super) fn compile(scope: &Scope, key: &Key, stored: Stored) -> Option<Known> {
    let name = key.part(0).unwrap_or_default();
    if names::is_taken(name) {
        tracing::warn!(name, ?scope, "a custom domain name is not served: requests for it are not its own");
        return None;
    }
    let (domain, created) = match stored.document {
        Ok(document) => (Ok(document.domain_name), document.created),
        // It is not known when it was made: whoever else has the name goes before it.
        Err(why) => (Err(why), base::Timestamp::from_millis(i64::MAX)),
    };
    let certificates = domain.as_ref().map(certificates).unwrap_or_default();
    let only_secure = domain.as_ref().map_or(true, is_only_secure);
    let mappings = domain.map_err(unusable).and_then(|domain| mappings(key, &domain, stored.mappings));
    match &mappings {
        Ok(_) => tracing::info!(name, "a custom domain name is served"),
        Err(why) => tracing::warn!(name, %why, "a custom domain name refuses its requests"),
    }
    let domain = Domain { name: name.into(), region: scope.region().into(), mappings, only_secure };
    let domain = Arc::new(domain);
    Some(Known { scope: scope.clone(), key: key.clone(), created, certificates, domain })
}

fn unusable(why: String) -> DomainRefusal {
    DomainRefusal::Unusable(why.into())
}

fn mappings(
    key: &Key,
    domain: &DomainName,
    stored: Result<Vec<BasePathMappingDocument>, String>,
) -> Result<Mappings, DomainRefusal> {
    if key.part(1).is_some_and(|id| !id.is_empty()) {
        return Err(DomainRefusal::Private);
    }
    match domain.routing_mode {
        // Rules are made by the second version of the API, which is not built: there are none.
        Some(RoutingMode::RoutingRuleOnly) => return Err(DomainRefusal::RoutingRules),
        Some(RoutingMode::RoutingRuleThenBasePathMapping | RoutingMode::BasePathMappingOnly) | None => {}
    }
    let stored = stored.map_err(unusable)?;
    Ok(Mappings::new(stored.into_iter().map(|document| document.mapping)))
}

/// Whether it asks for what cannot be had without TLS: certificates of clients, or that the name in
/// the handshake is the name in the request (API Gateway developer guide, "Security policies for
/// REST APIs", endpoint access mode).
fn is_only_secure(domain: &DomainName) -> bool {
    domain.mutual_tls_authentication.is_some()
        || domain.endpoint_access_mode == Some(EndpointAccessMode::Strict)
}

/// The certificate of ACM that it is served with.
fn certificates(domain: &DomainName) -> Vec<(Scope, Key)> {
    let arn = domain.regional_certificate_arn.as_ref().or(domain.certificate_arn.as_ref());
    let place = arn.and_then(|arn| {
        let arn: Arn = arn.parse().ok()?;
        let id = arn.resource.strip_prefix("certificate/")?.to_owned();
        Some((Scope::new(arn.account, arn.region), Key::new([id])))
    });
    place.into_iter().collect()
}
