//! Keeps the served custom domain names what the store says. Runs on the thread that follows the
//! store for the stages (`front_door/refresh.rs`).

use std::collections::BTreeSet;

use base::Scope;
use documents::acm::CertificateDocument;
use documents::apigateway_domain_names::{
    AccessAssociationDocument, BasePathMappingDocument, DomainNameDocument, RoutingRuleDocument,
};
use store::{Batch, Change, Key, Store, StoreFault, Transaction};

use super::super::refresh::tolerant;
use super::compile::{Stored, certificate_of, compile};
use super::{Domains, portals};

/// Loads all custom domain names. Blocks until that is done.
pub(in crate::front_door) fn load(store: &Store, domains: &Domains) -> Result<(), StoreFault> {
    for (scope, key) in store.blocking_read(keys)? {
        let (of, at) = (scope.clone(), key.clone());
        let stored = store.blocking_read(move |transaction| stored(transaction, &of, &at))?;
        serve(domains, &scope, &key, stored);
    }
    portals::load(store, domains)
}

/// Brings into effect what has changed.
pub(in crate::front_door) async fn take(
    store: &Store,
    batch: &Batch,
    domains: &Domains,
) -> Result<(), StoreFault> {
    let affected: BTreeSet<_> = match batch {
        Batch::Changes(changes) => changed(changes, domains),
        Batch::Reload(_) => store.read(keys).await?.into_iter().chain(domains.stored()).collect(),
    };
    let affected = affected.into_iter().filter(|(_, key)| portals::portal_in(key).is_none());
    for (scope, key) in affected {
        let (of, at) = (scope.clone(), key.clone());
        let stored = store.read(move |transaction| stored(transaction, &of, &at)).await?;
        serve(domains, &scope, &key, stored);
    }
    portals::take(store, batch, domains).await
}

fn changed(changes: &[Change], domains: &Domains) -> BTreeSet<(Scope, Key)> {
    let mut affected = BTreeSet::new();
    for change in changes {
        if change.is::<DomainNameDocument>()
            || change.is::<BasePathMappingDocument>()
            || change.is::<RoutingRuleDocument>()
        {
            // The keys of mappings and rules begin with that of its domain name.
            affected.insert((change.scope.clone(), Key::new(change.key.parts().iter().take(2).cloned())));
        } else if change.is::<AccessAssociationDocument>() {
            affected.extend(domains.of_key(&Key::new(change.key.parts().iter().take(2).cloned())));
        } else if change.is::<CertificateDocument>() {
            affected.extend(domains.with_certificate(&change.scope, &change.key));
        }
    }
    affected
}

fn keys(transaction: &mut Transaction<'_>) -> Result<Vec<(Scope, Key)>, StoreFault> {
    let all = transaction.list_everywhere::<DomainNameDocument>()?;
    Ok(all.into_iter().map(|(scope, key, _)| (scope, key)).collect())
}

/// What is stored at `key`, if there is anything.
fn stored(transaction: &mut Transaction<'_>, scope: &Scope, key: &Key) -> Result<Option<Stored>, StoreFault> {
    let document = tolerant(transaction.get::<DomainNameDocument>(scope, key))?;
    let Some(document) = document.transpose() else { return Ok(None) };
    let mappings = tolerant(transaction.list::<BasePathMappingDocument>(scope, key))?;
    let mappings = mappings.map(|all| all.into_iter().map(|(_, document)| document).collect());
    let rules = tolerant(transaction.list::<RoutingRuleDocument>(scope, key))?;
    let rules = rules.map(|all| all.into_iter().map(|(_, document)| document).collect());
    let place = document.as_ref().ok().and_then(|document| certificate_of(&document.domain_name));
    let certificate = match place {
        Some((scope, key)) => tolerant(transaction.get::<CertificateDocument>(&scope, &key))?,
        None => Ok(None),
    };
    let certificate = certificate.map(|found| found.map(|found| found.identity));
    let arn = document.as_ref().ok().and_then(|document| document.domain_name.domain_name_arn.as_deref());
    let endpoints = match arn.filter(|_| key.part(1).is_some_and(|id| !id.is_empty())) {
        Some(arn) => associated(transaction, arn, key)?,
        None => Ok(Vec::new()),
    };
    Ok(Some(Stored { document, mappings, rules, endpoints, certificate }))
}

/// The VPC endpoints, of whatever account, that have an access association with a private name.
fn associated(
    transaction: &mut Transaction<'_>,
    arn: &str,
    key: &Key,
) -> Result<Result<Vec<Box<str>>, String>, StoreFault> {
    let all = tolerant(transaction.list_everywhere::<AccessAssociationDocument>())?;
    Ok(all.map(|all| {
        let own = all.into_iter().filter(|(_, at, document)| {
            at.parts().starts_with(key.parts())
                && document.association.domain_name_arn.as_deref() == Some(arn)
        });
        own.filter_map(|(_, _, document)| document.association.access_association_source.map(Into::into))
            .collect()
    }))
}

fn serve(domains: &Domains, scope: &Scope, key: &Key, stored: Option<Stored>) {
    if stored.is_none() {
        tracing::info!(name = key.part(0), "a custom domain name is no longer served");
    }
    let known = stored.and_then(|stored| compile(scope, key, stored, &domains.truststores.load()));
    domains.change(scope, key, known);
}
