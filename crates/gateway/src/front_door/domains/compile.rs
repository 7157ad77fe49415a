//! Turns what is stored of a custom domain name into what is served.

use std::sync::Arc;

use api::apigateway::{DomainName, EndpointAccessMode, RoutingMode};
use base::{Arn, Scope, Timestamp};
use documents::acm::TlsIdentity;
use documents::apigateway_domain_names::{BasePathMappingDocument, DomainNameDocument, RoutingRuleDocument};
use store::Key;

use super::{Domain, Known, Mappings, PrivateDomain, Routes, Rules, names};
use crate::access::DomainPolicy;
use crate::exchange::DomainRefusal;
use crate::tls::{Demands, Settings, TlsServer, Truststore, Truststores};

/// A custom domain name with its mappings, as it is stored.
pub(super) struct Stored {
    /// The name's document, or why it cannot be read.
    pub(super) document: Result<DomainNameDocument, String>,
    /// Its mappings, or why they cannot be read.
    pub(super) mappings: Result<Vec<BasePathMappingDocument>, String>,
    /// Its routing rules, or why they cannot be read.
    pub(super) rules: Result<Vec<RoutingRuleDocument>, String>,
    /// The VPC endpoints that have an access association with it, or why that cannot be read.
    pub(super) endpoints: Result<Vec<Box<str>>, String>,
    /// Its certificate of ACM, if it has one; an error if that cannot be read.
    pub(super) certificate: Result<Option<TlsIdentity>, String>,
}

/// What is served of what is stored at `key`; nothing if requests for the name are somebody
/// else's.
pub(super) fn compile(scope: &Scope, key: &Key, stored: Stored, truststores: &Truststores) -> Option<Known> {
    let name = key.part(0).unwrap_or_default();
    if names::is_taken(name) {
        tracing::warn!(name, ?scope, "a custom domain name is not served: requests for it are not its own");
        return None;
    }
    let (region, certificate) = (scope.region().into(), stored.certificate);
    let (domain, created, certificates) = match stored.document {
        Ok(DomainNameDocument { domain_name, created, uploaded }) => {
            let truststore = truststore(&domain_name, truststores);
            let tls = certificate.map(|certificate| certificate.or(uploaded)).and_then(|identity| {
                tls(name, &domain_name, identity, truststore.as_ref().ok().cloned().flatten())
            });
            let private = private(scope, key, &domain_name, stored.endpoints);
            let (private, barred) = match private {
                Ok(private) => (private, None),
                Err(why) => (Some(PrivateDomain { endpoints: Vec::new(), policy: None }), Some(why)),
            };
            let routes = || routes(&domain_name, stored.rules, stored.mappings);
            let domain = Domain {
                name: name.into(),
                region,
                routes: barred.map_or(Ok(()), Err).and(truststore).and_then(|_| routes()),
                private,
                only_secure: is_only_secure(&domain_name),
                mutual: domain_name.mutual_tls_authentication.is_some(),
                tls: tls.map_err(Into::into),
            };
            (domain, created, certificate_of(&domain_name))
        }
        Err(why) => {
            let routes = Err(DomainRefusal::Unusable(why.clone().into()));
            let domain = Domain {
                name: name.into(),
                region,
                routes,
                only_secure: true,
                mutual: true,
                private: None,
                tls: Err(why.into()),
            };
            // When it was made is not known. It keeps its name: nobody gets what was meant for it.
            (domain, Timestamp::from_millis(i64::MIN), None)
        }
    };
    match &domain.routes {
        Ok(_) => tracing::info!(name, "a custom domain name is served"),
        Err(why) => tracing::warn!(name, %why, "a custom domain name refuses its requests"),
    }
    if let Err(why) = &domain.tls {
        tracing::warn!(name, %why, "a custom domain name is not served over TLS");
    }
    let certificates = certificates.into_iter().collect();
    let domain = Arc::new(domain);
    Some(Known { scope: scope.clone(), key: key.clone(), created, certificates, domain })
}

/// The truststore of a name with mutual TLS.
fn truststore(
    domain: &DomainName,
    truststores: &Truststores,
) -> Result<Option<Arc<Truststore>>, DomainRefusal> {
    let Some(mutual) = &domain.mutual_tls_authentication else { return Ok(None) };
    let uri = mutual.truststore_uri.as_deref().unwrap_or_default();
    let read = truststores.read(uri, mutual.truststore_version.as_deref());
    read.map(|store| Some(Arc::new(store))).map_err(|why| DomainRefusal::Unusable(why.to_string().into()))
}

fn tls(
    name: &str,
    domain: &DomainName,
    identity: Option<TlsIdentity>,
    truststore: Option<Arc<Truststore>>,
) -> Result<Arc<TlsServer>, String> {
    let identity = identity.ok_or("its certificate is missing")?;
    let settings =
        Settings { domain: Some(name.into()), demands: Demands::of(domain.security_policy), truststore };
    TlsServer::new(&identity, settings).map(Arc::new).map_err(|error| error.to_string())
}

/// What a private name says of the ways to it.
fn private(
    scope: &Scope,
    key: &Key,
    domain: &DomainName,
    endpoints: Result<Vec<Box<str>>, String>,
) -> Result<Option<PrivateDomain>, DomainRefusal> {
    let unusable = |why: String| DomainRefusal::Unusable(why.into());
    let Some(id) = key.part(1).filter(|id| !id.is_empty()) else { return Ok(None) };
    let text = domain.policy.as_deref().filter(|text| !text.trim().is_empty());
    let policy = text.map(|text| DomainPolicy::compile(text, scope, key.part(0).unwrap_or_default(), id));
    let policy = policy.transpose().map_err(|why| unusable(format!("its policy cannot be read: {why}")))?;
    Ok(Some(PrivateDomain { endpoints: endpoints.map_err(unusable)?, policy }))
}

fn routes(
    domain: &DomainName,
    rules: Result<Vec<RoutingRuleDocument>, String>,
    mappings: Result<Vec<BasePathMappingDocument>, String>,
) -> Result<Routes, DomainRefusal> {
    let unusable = |why: String| DomainRefusal::Unusable(why.into());
    let (by_rules, by_mappings) = match domain.routing_mode {
        Some(RoutingMode::RoutingRuleOnly) => (true, false),
        Some(RoutingMode::RoutingRuleThenBasePathMapping) => (true, true),
        Some(RoutingMode::BasePathMappingOnly) | None => (false, true),
    };
    let rules = match by_rules {
        true => Rules::new(rules.map_err(unusable)?.into_iter().map(|document| document.rule).collect()),
        false => Ok(Rules::default()),
    };
    let mappings = match by_mappings {
        true => Mappings::new(mappings.map_err(unusable)?.into_iter().map(|document| document.mapping)),
        false => Mappings::default(),
    };
    Ok(Routes::Apis(rules.map_err(unusable)?, mappings))
}

/// Whether it asks for what cannot be had without TLS: certificates of clients, or that the name in
/// the handshake is the name in the request (API Gateway developer guide, "Security policies for
/// REST APIs", endpoint access mode).
fn is_only_secure(domain: &DomainName) -> bool {
    domain.mutual_tls_authentication.is_some()
        || domain.endpoint_access_mode == Some(EndpointAccessMode::Strict)
}

/// Where the certificate of ACM is stored that it is served with.
pub(super) fn certificate_of(domain: &DomainName) -> Option<(Scope, Key)> {
    certificate_at(domain.regional_certificate_arn.as_ref().or(domain.certificate_arn.as_ref())?)
}

/// Where the certificate of ACM with this ARN is stored.
pub(super) fn certificate_at(arn: &str) -> Option<(Scope, Key)> {
    let arn: Arn = arn.parse().ok()?;
    let id = arn.resource.strip_prefix("certificate/")?.to_owned();
    Some((Scope::new(arn.account, arn.region), Key::new([id])))
}
