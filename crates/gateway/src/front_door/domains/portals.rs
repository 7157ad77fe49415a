//! The domain names of developer portals' own: published sites have them, and they are served with a
//! certificate of ACM, as custom domain names are. Their keys in the index have the portal's id behind
//! what those of custom domain names have.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Scope, Timestamp};
use documents::acm::{CertificateDocument, TlsIdentity};
use documents::apigateway::within;
use documents::apigatewayv2_portals::{PUBLISHED, PortalSiteDocument, SiteDomain};
use store::{Batch, Key, Store, StoreFault, Transaction};

use super::super::refresh::tolerant;
use super::compile::certificate_at;
use super::{Domain, Domains, Known, Routes, names};
use crate::tls::{Settings, TlsServer};

/// A portal's name, with what is shown to prove it.
type Named = (SiteDomain, Result<Option<TlsIdentity>, String>);

/// The portal that a key of the index is of, if it is a portal's.
pub(super) fn portal_in(key: &Key) -> Option<&str> {
    key.part(2)
}

fn key_of(name: &str, id: &str) -> Key {
    Key::new([name, "", id])
}

/// Loads the names of all portals. Blocks until that is done.
pub(super) fn load(store: &Store, domains: &Domains) -> Result<(), StoreFault> {
    for (scope, id) in store.blocking_read(published)? {
        let (of, at) = (scope.clone(), id.clone());
        let named = store.blocking_read(move |transaction| named(transaction, &of, &at))?;
        serve(domains, &scope, &id, named);
    }
    Ok(())
}

/// Brings into effect what has changed.
pub(super) async fn take(store: &Store, batch: &Batch, domains: &Domains) -> Result<(), StoreFault> {
    let portal = |(scope, key): (Scope, Key)| Some((scope, portal_in(&key)?.to_owned()));
    let affected: BTreeSet<(Scope, String)> = match batch {
        Batch::Changes(changes) => {
            let mut affected = BTreeSet::new();
            for change in changes {
                if change.is::<PortalSiteDocument>() && change.key.part(1) == Some(PUBLISHED) {
                    affected.extend(change.key.part(0).map(|id| (change.scope.clone(), id.to_owned())));
                } else if change.is::<CertificateDocument>() {
                    let with = domains.with_certificate(&change.scope, &change.key);
                    affected.extend(with.into_iter().filter_map(portal));
                }
            }
            affected
        }
        Batch::Reload(_) => {
            let served = domains.stored().into_iter().filter_map(portal);
            store.read(published).await?.into_iter().chain(served).collect()
        }
    };
    for (scope, id) in affected {
        let (of, at) = (scope.clone(), id.clone());
        let named = store.read(move |transaction| named(transaction, &of, &at)).await?;
        serve(domains, &scope, &id, named);
    }
    Ok(())
}

fn published(transaction: &mut Transaction<'_>) -> Result<BTreeSet<(Scope, String)>, StoreFault> {
    let all = transaction.list_everywhere::<PortalSiteDocument>()?;
    let published = all.into_iter().filter(|(_, key, _)| key.part(1) == Some(PUBLISHED));
    Ok(published.filter_map(|(scope, key, _)| Some((scope, key.part(0)?.to_owned()))).collect())
}

/// The name of a portal's published site, if it has one. A site that cannot be read has none: whoever
/// serves sites says so.
fn named(transaction: &mut Transaction<'_>, scope: &Scope, id: &str) -> Result<Option<Named>, StoreFault> {
    let site = tolerant(transaction.get::<PortalSiteDocument>(scope, &within(id, PUBLISHED)))?;
    let Some(domain) = site.ok().flatten().and_then(|site| site.domain) else { return Ok(None) };
    let certificate = match certificate_at(&domain.certificate_arn) {
        Some((scope, key)) => tolerant(transaction.get::<CertificateDocument>(&scope, &key))?,
        None => Ok(None),
    };
    Ok(Some((domain, certificate.map(|found| found.map(|found| found.identity)))))
}

/// Serves the portal under this name, and under no other name of its own.
fn serve(domains: &Domains, scope: &Scope, id: &str, named: Option<Named>) {
    let key = named.as_ref().map(|(domain, _)| key_of(&domain.name, id));
    for (of, other) in domains.of_portal(scope, id).into_iter().filter(|(_, own)| Some(own) != key.as_ref()) {
        tracing::info!(name = other.part(0), "a portal is no longer served under its own name");
        domains.change(&of, &other, None);
    }
    if let (Some(key), Some(named)) = (key, named) {
        let known = compile(scope, id, &key, named);
        domains.change(scope, &key, known);
    }
}

fn compile(scope: &Scope, id: &str, key: &Key, (domain, certificate): Named) -> Option<Known> {
    let SiteDomain { name, certificate_arn } = domain;
    if names::is_taken(&name) {
        tracing::warn!(
            name,
            ?scope,
            "a portal is not served under its own name: requests for it are not its own"
        );
        return None;
    }
    let identity = certificate.and_then(|found| found.ok_or_else(|| "its certificate is missing".to_owned()));
    // "API Gateway uses the TLS_1_2 security policy" (developer guide, "Create a portal in API Gateway"):
    // less is not spoken.
    let settings = Settings { domain: Some(name.as_str().into()), ..Settings::default() };
    let tls = identity
        .and_then(|identity| TlsServer::new(&identity, settings).map_err(|error| error.to_string()))
        .map(Arc::new);
    match &tls {
        Ok(_) => tracing::info!(name, "a portal is served under its own name"),
        Err(why) => tracing::warn!(name, %why, "a portal's own name is not served over TLS"),
    }
    let domain = Domain {
        name: name.into(),
        region: scope.region().into(),
        routes: Ok(Routes::Portal(id.into())),
        only_secure: false,
        mutual: false,
        private: None,
        tls: tls.map_err(Into::into),
    };
    Some(Known {
        scope: scope.clone(),
        key: key.clone(),
        // Names are only one's; should it be a custom domain name too, that goes first.
        created: Timestamp::from_millis(i64::MAX),
        certificates: certificate_at(&certificate_arn).into_iter().collect(),
        domain: Arc::new(domain),
    })
}
