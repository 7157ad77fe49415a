//! The stages of APIs that have routes: HTTP and WebSocket APIs.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::apigatewayv2::{ProtocolType, VpcLink};
use base::Scope;
use documents::apigateway::{AccountDocument, ClientCertificateDocument, within};
use documents::apigateway_vpc_links;
use documents::apigatewayv2::{ApiDocument, SnapshotDocument, StageDocument, VpcLinkDocument};
use store::{Batch, Change, ChangeKind, Key, Store, StoreFault, Transaction};

use super::super::publication::Publication;
use super::super::{Apis, Protocol, Served};
use super::{RefreshError, ahead, tolerant};
use crate::http_api;
use crate::rest::Remark;
use crate::websocket;

/// Which stage: account and region, API and name.
type Place = (Scope, String, String);

/// Loads all stages. Blocks until that is done.
pub(super) fn load(store: &Store, apis: &Apis) -> Result<(), RefreshError> {
    match tolerant(store.blocking_read(http_apis))? {
        Ok(stored) => declare(apis, &stored),
        Err(why) => unreadable(&why),
    }
    let places = store.blocking_read(everything)?;
    let to = Publication::of(apis);
    ahead::each(store, places, stored, |place, stored| bring(&to, &place, stored))
}

/// Brings into effect what has changed.
pub(super) async fn take(store: &Store, batch: &Batch, apis: &Apis) -> Result<(), StoreFault> {
    declare_changed(store, batch, apis).await?;
    let served = apis.stages(|protocol| protocol != Protocol::Rest).into_iter();
    let served = served.map(|(scope, api, stage)| (scope, api.into_string(), stage.into_string()));
    let affected: BTreeSet<Place> = match batch {
        Batch::Changes(changes) => changed(changes, &served.collect::<Vec<_>>()),
        Batch::Reload(_) => {
            let stored = store.read(everything).await?;
            stored.into_iter().chain(served).collect()
        }
    };
    let to = Publication::of(apis);
    for place in affected {
        let at = place.clone();
        match store.read(move |transaction| stored(transaction, &at)).await {
            Ok(stored) => bring(&to, &place, stored),
            Err(fault @ StoreFault::Undecodable { .. }) => {
                broken(&to, &place, kind(apis, &place), &fault.to_string());
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// All that is stored.
fn everything(transaction: &mut Transaction<'_>) -> Result<Vec<Place>, StoreFault> {
    let stored = transaction.list_everywhere::<StageDocument>()?;
    Ok(stored.into_iter().filter_map(|(scope, key, _)| place(&scope, &key)).collect())
}

/// The HTTP APIs that are stored.
fn http_apis(transaction: &mut Transaction<'_>) -> Result<Vec<(Scope, String)>, StoreFault> {
    let stored = transaction.list_everywhere::<ApiDocument>()?;
    let http = stored.into_iter().filter(|(_, _, document)| is_http(document));
    Ok(http.filter_map(|(scope, key, _)| Some((scope, key.part(0)?.to_owned()))).collect())
}

/// APIs that cannot be read are served all the same: their stages have snapshots of them.
fn unreadable(why: &str) {
    tracing::error!(why, "APIs cannot be read: what they are asked outside of any stage is answered 403");
}

fn is_http(document: &ApiDocument) -> bool {
    document.api.protocol_type == ProtocolType::Http
}

fn declare(apis: &Apis, http: &[(Scope, String)]) {
    for (scope, api) in http {
        apis.declare(scope, api, Protocol::Http);
    }
}

/// An HTTP API without stages answers as one too, so the gateway knows of all that there are.
async fn declare_changed(store: &Store, batch: &Batch, apis: &Apis) -> Result<(), StoreFault> {
    let gone = match batch {
        Batch::Changes(changes) => {
            let changed = changes.iter().filter(|change| change.is::<ApiDocument>());
            let (gone, here): (Vec<_>, Vec<_>) =
                changed.partition(|change| change.kind == ChangeKind::Deleted);
            for change in here {
                let (scope, key) = (change.scope.clone(), change.key.clone());
                let read = store.read(move |transaction| transaction.get::<ApiDocument>(&scope, &key)).await;
                match (tolerant(read)?, change.key.part(0)) {
                    (Ok(Some(document)), Some(api)) if is_http(&document) => {
                        apis.declare(&change.scope, api, Protocol::Http);
                    }
                    (Err(why), _) => tracing::error!(why, "an API cannot be read"),
                    _ => {}
                }
            }
            let ids =
                gone.iter().filter_map(|change| Some((change.scope.clone(), change.key.part(0)?.into())));
            ids.collect::<Vec<(Scope, Box<str>)>>()
        }
        Batch::Reload(_) => match tolerant(store.read(http_apis).await)? {
            Ok(stored) => {
                declare(apis, &stored);
                let known = apis.declared().into_iter();
                let gone = |(scope, api): &(Scope, Box<str>)| {
                    !stored.iter().any(|(own, id)| own == scope && **id == **api)
                };
                known.filter(gone).collect()
            }
            Err(why) => {
                unreadable(&why);
                Vec::new()
            }
        },
    };
    for (scope, api) in gone {
        apis.remove_api(&scope, &api);
    }
    Ok(())
}

fn place(scope: &Scope, key: &Key) -> Option<Place> {
    Some((scope.clone(), key.part(0)?.to_owned(), key.part(1)?.to_owned()))
}

/// A snapshot is never changed, and a stage names one that is stored before it or with it; so
/// following the stages is enough, but for what an account says for all of its stages and for its VPC
/// links. These touch what is served already: what is not has been changed itself.
fn changed(changes: &[Change], served: &[Place]) -> BTreeSet<Place> {
    let mut affected = BTreeSet::new();
    for change in changes {
        let of_scope = change.is::<AccountDocument>()
            || change.is::<VpcLinkDocument>()
            || change.is::<apigateway_vpc_links::VpcLinkDocument>();
        if change.is::<StageDocument>() {
            affected.extend(place(&change.scope, &change.key));
        } else if of_scope {
            affected.extend(served.iter().filter(|(scope, ..)| *scope == change.scope).cloned());
        } else if change.is::<ApiDocument>() && change.kind == ChangeKind::Deleted {
            let of_api =
                |(scope, api, _): &&Place| *scope == change.scope && change.key.part(0) == Some(api.as_str());
            affected.extend(served.iter().filter(of_api).cloned());
        }
    }
    affected
}

/// A stage with what it is served with.
struct Stored {
    document: StageDocument,
    /// Its deployment, or why that cannot be read; nothing if it has none yet.
    snapshot: Option<Result<SnapshotDocument, String>>,
    surroundings: Links,
}

/// What its account and region have besides.
struct Links {
    /// The VPC links of HTTP APIs.
    vpc_links: Vec<VpcLink>,
    /// Those of REST and WebSocket APIs.
    older_vpc_links: Vec<api::apigateway::VpcLink>,
    /// Whether it lets API Gateway write execution logs.
    logs: bool,
    /// The certificate that the stage shows to backends; an error if that is stored and cannot be read.
    client_certificate: Result<Option<ClientCertificateDocument>, String>,
}

/// The stage at this place, if there is one.
fn stored(
    transaction: &mut Transaction<'_>,
    (scope, api, stage): &Place,
) -> Result<Option<Stored>, StoreFault> {
    let Some(document) = transaction.get::<StageDocument>(scope, &within(api, stage))? else {
        return Ok(None);
    };
    let deployment = document.stage.deployment_id.as_deref().filter(|id| !id.is_empty());
    let snapshot =
        deployment.map(|id| tolerant(transaction.get::<SnapshotDocument>(scope, &within(api, id))));
    let snapshot = snapshot
        .transpose()?
        .map(|read| read.and_then(|snapshot| snapshot.ok_or_else(|| "its deployment is missing".to_owned())));
    let links = tolerant(transaction.list::<VpcLinkDocument>(scope, &Key::root()))?;
    let links = links.unwrap_or_else(|why| {
        tracing::error!(why, "an account's VPC links cannot be read: nothing is sent through them");
        Vec::new()
    });
    let vpc_links = links.into_iter().map(|(_, link)| link.vpc_link).collect();
    let links = tolerant(transaction.list::<apigateway_vpc_links::VpcLinkDocument>(scope, &Key::root()))?;
    let links = links.unwrap_or_else(|why| {
        tracing::error!(why, "an account's VPC links cannot be read: nothing is sent through them");
        Vec::new()
    });
    let older_vpc_links = links.into_iter().map(|(_, link)| link.vpc_link).collect();
    let account = tolerant(transaction.get::<AccountDocument>(scope, &Key::root()))?.unwrap_or_else(|why| {
        tracing::error!(why, "an account's settings cannot be read: its stages write no execution logs");
        None
    });
    let logs = account.is_some_and(|account| account.account.cloudwatch_role_arn.is_some());
    let certificate = document.stage.client_certificate_id.as_deref().filter(|id| !id.is_empty());
    let client_certificate = match certificate {
        Some(id) => tolerant(transaction.get::<ClientCertificateDocument>(scope, &Key::new([id])))?,
        None => Ok(None),
    };
    let surroundings = Links { vpc_links, older_vpc_links, logs, client_certificate };
    Ok(Some(Stored { document, snapshot, surroundings }))
}

/// Serves what is stored of a stage.
fn bring(to: &Publication<'_>, place: &Place, stored: Option<Stored>) {
    let (apis, (scope, api, stage)) = (to.apis(), place);
    let gone = || {
        apis.remove_stage(scope, api, stage);
        tracing::info!(api, stage, "a stage is no longer served");
    };
    let Some(Stored { document, snapshot, surroundings }) = stored else { return gone() };
    // A stage without a deployment is none to clients.
    let Some(snapshot) = snapshot else { return gone() };
    let snapshot = match snapshot {
        Ok(snapshot) => snapshot,
        Err(why) => return broken(to, place, kind(apis, place), &why),
    };
    match snapshot.api.protocol_type {
        ProtocolType::Http => http(to, place, &document, &snapshot, surroundings),
        ProtocolType::Websocket => websocket(to, place, &document, &snapshot, surroundings),
    }
}

/// What kind of API it is, where its deployment does not tell: what it was, if anything.
fn kind(apis: &Apis, (_, api, _): &Place) -> Protocol {
    apis.protocol(api).unwrap_or(Protocol::Http)
}

fn http(
    to: &Publication<'_>,
    place: &Place,
    document: &StageDocument,
    snapshot: &SnapshotDocument,
    Links { vpc_links, .. }: Links,
) {
    let (apis, (scope, api, stage)) = (to.apis(), place);
    let surroundings = http_api::Surroundings {
        counters: apis.counters_of(api, stage),
        buckets: apis.buckets_of(api, stage),
        account: apis.account_throttle(scope),
        backends: Arc::clone(apis.backends()),
        vpc_links,
    };
    match http_api::compile_stage(scope, &document.stage, snapshot, surroundings) {
        Ok((compiled, remarks)) => {
            tell(place, &remarks);
            let (routes, deployment) = (compiled.routes.len(), compiled.facts.deployment_id.clone());
            to.put(scope, api, stage, Served::Http(Arc::new(compiled)));
            tracing::info!(api, stage, deployment = &*deployment, routes, "a stage is served");
        }
        Err(fault) => broken(to, place, Protocol::Http, &fault.to_string()),
    }
}

fn websocket(
    to: &Publication<'_>,
    place: &Place,
    document: &StageDocument,
    snapshot: &SnapshotDocument,
    links: Links,
) {
    let (apis, (scope, api, stage)) = (to.apis(), place);
    let Links { older_vpc_links, logs, client_certificate, .. } = links;
    let client_certificate = match client_certificate {
        Ok(certificate) => certificate,
        Err(why) => return broken(to, place, Protocol::WebSocket, &why),
    };
    let surroundings = websocket::Surroundings {
        counters: apis.counters_of(api, stage),
        buckets: apis.buckets_of(api, stage),
        keys: apis.usage_plans().keys_of(scope),
        account: apis.account_throttle(scope),
        logs,
        backends: Arc::clone(apis.backends()),
        vpc_links: older_vpc_links,
        client_certificate,
    };
    match websocket::compile_stage(scope, &document.stage, snapshot, surroundings) {
        Ok((compiled, remarks)) => {
            tell(place, &remarks);
            let (routes, deployment) = (compiled.routes(), compiled.facts.deployment_id.clone());
            to.put(scope, api, stage, Served::WebSocket(Arc::new(compiled)));
            tracing::info!(api, stage, deployment = &*deployment, routes, "a stage is served");
        }
        Err(fault) => broken(to, place, Protocol::WebSocket, &fault.to_string()),
    }
}

fn tell((_, api, stage): &Place, remarks: &[Remark]) {
    for remark in remarks {
        tracing::warn!(api, stage, place = remark.place, what = remark.what, "not served as it asks for");
    }
}

fn broken(to: &Publication<'_>, (scope, api, stage): &Place, protocol: Protocol, why: &str) {
    tracing::error!(api, stage, why, "a stage cannot be served and answers 500");
    let counters = to.apis().counters_of(api, stage);
    to.put(scope, api, stage, Served::Broken { protocol, why: why.into(), counters });
}
