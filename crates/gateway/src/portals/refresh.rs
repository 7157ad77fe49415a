//! Keeps the served sites what the store says. Runs on the thread that follows the store for the stages
//! (`front_door/refresh`).

use std::collections::BTreeSet;

use base::Scope;
use documents::apigateway::within;
use documents::apigatewayv2_portals::{PREVIEW, PUBLISHED, PortalSessionKeyDocument, PortalSiteDocument};
use store::{Batch, Change, Key, Store, StoreFault, Transaction};

use super::{Portals, Site};

/// Loads all sites. Blocks until that is done.
pub(crate) fn load(store: &Store, portals: &Portals) -> Result<(), StoreFault> {
    for (scope, id) in store.blocking_read(stored)? {
        let (of, at) = (scope.clone(), id.clone());
        let (published, preview) = store.blocking_read(move |transaction| sites(transaction, &of, &at))?;
        portals.put(&id, published, preview);
    }
    Ok(())
}

/// Brings into effect what has changed.
pub(crate) async fn take(store: &Store, batch: &Batch, portals: &Portals) -> Result<(), StoreFault> {
    let affected: BTreeSet<(Scope, String)> = match batch {
        Batch::Changes(changes) => {
            let own = |change: &&Change| {
                change.is::<PortalSiteDocument>() || change.is::<PortalSessionKeyDocument>()
            };
            let changed = changes.iter().filter(own);
            changed
                .filter_map(|change| Some((change.scope.clone(), change.key.part(0)?.to_owned())))
                .collect()
        }
        Batch::Reload(_) => {
            let there = store.read(stored).await?;
            for gone in portals.ids() {
                if !there.iter().any(|(_, id)| **id == *gone) {
                    portals.put(&gone, None, None);
                }
            }
            there
        }
    };
    for (scope, id) in affected {
        let (of, at) = (scope.clone(), id.clone());
        let (published, preview) = store.read(move |transaction| sites(transaction, &of, &at)).await?;
        portals.put(&id, published, preview);
    }
    Ok(())
}

fn stored(transaction: &mut Transaction<'_>) -> Result<BTreeSet<(Scope, String)>, StoreFault> {
    let all = transaction.list_everywhere::<PortalSiteDocument>()?;
    Ok(all.into_iter().filter_map(|(scope, key, _)| Some((scope, key.part(0)?.to_owned()))).collect())
}

/// The published site of a portal, and its preview.
fn sites(
    transaction: &mut Transaction<'_>,
    scope: &Scope,
    id: &str,
) -> Result<(Option<Site>, Option<Site>), StoreFault> {
    fn readable<T>(id: &str, read: Result<Option<T>, StoreFault>) -> Result<Option<T>, StoreFault> {
        match read {
            Err(fault @ StoreFault::Undecodable { .. }) => {
                tracing::error!(portal = id, %fault, "a portal cannot be served");
                Ok(None)
            }
            other => other,
        }
    }
    let key = readable(id, transaction.get::<PortalSessionKeyDocument>(scope, &Key::new([id])))?;
    let key = key.map(|document| document.key);
    let mut compiled = |part: &str| {
        let read = readable(id, transaction.get::<PortalSiteDocument>(scope, &within(id, part)))?;
        Ok(read.map(|document| Site::compile(id, &document, key.as_ref())))
    };
    Ok((compiled(PUBLISHED)?, compiled(PREVIEW)?))
}
