//! The stages of REST APIs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::apigateway::{Stage, VpcLink};
use base::Scope;
use documents::apigateway::{
    AccountDocument, ClientCertificateDocument, RestApiDocument, SnapshotDocument, StageDocument, within,
};
use documents::apigateway_vpc_links::VpcLinkDocument;
use documents::iam::RoleDocument;
use store::{Batch, Change, ChangeKind, Key, Store, StoreFault, Transaction};

use super::super::publication::Publication;
use super::super::{Apis, Protocol, Served};
use super::{RefreshError, ahead, tolerant};
use crate::integration::aws::RoleSessions;
use crate::rest::{CompiledStage, Remark, Surroundings, compile_canary, compile_stage};

/// What of an API has to be read anew.
#[derive(Debug, Default)]
struct Changed {
    stages: BTreeSet<String>,
    all: bool,
}

/// Loads all stages. Blocks until that is done.
pub(super) fn load(store: &Store, apis: &Apis) -> Result<(), RefreshError> {
    let stages = store.blocking_read(|transaction| transaction.list_everywhere::<StageDocument>())?;
    let places = stages.into_iter().map(|(scope, key, _)| (scope, key)).collect();
    let to = Publication::of(apis);
    ahead::each(
        store,
        places,
        |transaction, (scope, key)| stored(transaction, scope, key),
        |(scope, key), stored| {
            if let Some(stored) = stored {
                serve(&to, &scope, &key, stored);
            }
        },
    )
}

/// Brings into effect what has changed.
pub(super) async fn take(store: &Store, batch: &Batch, apis: &Apis) -> Result<(), StoreFault> {
    let mut affected = match batch {
        Batch::Changes(changes) => {
            forget_roles(changes, &apis.backends().sessions);
            changed(changes)
        }
        Batch::Reload(_) => {
            apis.backends().sessions.forget_all();
            everything(store, apis).await?
        }
    };
    for scope in std::mem::take(&mut affected.scopes) {
        let of = scope.clone();
        let stored = store.read(move |t| t.list::<StageDocument>(&of, &Key::root())).await?;
        for (key, _) in stored {
            affected.stage(&scope, &key);
        }
    }
    let to = Publication::of(apis);
    for ((scope, api), changed) in affected.apis {
        let mut stages = changed.stages;
        if changed.all {
            let (of, prefix) = (scope.clone(), Key::new([api.as_str()]));
            let stored = store.read(move |t| t.list::<StageDocument>(&of, &prefix)).await?;
            stages.extend(stored.iter().filter_map(|(key, _)| key.part(1)).map(str::to_owned));
            let served =
                apis.stages(is_rest).into_iter().filter(|(own, id, _)| *own == scope && **id == *api);
            stages.extend(served.map(|(_, _, stage)| stage.into_string()));
        }
        for stage in stages {
            one_stage(store, &to, &scope, &api, &stage).await?;
        }
    }
    Ok(())
}

/// Integrations no longer act for roles as these were before they changed.
fn forget_roles(changes: &[Change], sessions: &RoleSessions) {
    for change in changes.iter().filter(|change| change.is::<RoleDocument>()) {
        if let Some(name) = change.key.part(0) {
            sessions.forget(change.scope.account(), name);
        }
    }
}

/// What has to be read anew.
#[derive(Debug, Default)]
struct Affected {
    apis: BTreeMap<(Scope, String), Changed>,
    /// Where every stage is affected.
    scopes: BTreeSet<Scope>,
}

impl Affected {
    fn api(&mut self, scope: &Scope, api: &str) -> &mut Changed {
        self.apis.entry((scope.clone(), api.to_owned())).or_default()
    }

    /// The stage that is stored at `key`.
    fn stage(&mut self, scope: &Scope, key: &Key) {
        if let (Some(api), Some(stage)) = (key.part(0), key.part(1)) {
            self.api(scope, api).stages.insert(stage.to_owned());
        }
    }
}

/// A snapshot and a client certificate are never changed, and a stage names those that are stored
/// before it or with it; so following the stages is enough, but for what an account says for all
/// of its stages and for its VPC links.
fn changed(changes: &[Change]) -> Affected {
    let mut affected = Affected::default();
    for change in changes {
        if change.is::<StageDocument>() {
            affected.stage(&change.scope, &change.key);
        } else if change.is::<AccountDocument>() || change.is::<VpcLinkDocument>() {
            affected.scopes.insert(change.scope.clone());
        } else if change.is::<RestApiDocument>()
            && change.kind == ChangeKind::Deleted
            && let Some(api) = change.key.part(0)
        {
            affected.api(&change.scope, api).all = true;
        }
    }
    affected
}

fn is_rest(protocol: Protocol) -> bool {
    protocol == Protocol::Rest
}

/// All that is stored and all that is served.
async fn everything(store: &Store, apis: &Apis) -> Result<Affected, StoreFault> {
    let mut affected = Affected::default();
    for (scope, key, _) in store.read(|transaction| transaction.list_everywhere::<StageDocument>()).await? {
        affected.stage(&scope, &key);
    }
    for (scope, api, stage) in apis.stages(is_rest) {
        affected.api(&scope, &api).stages.insert(stage.into_string());
    }
    Ok(affected)
}

async fn one_stage(
    store: &Store,
    to: &Publication<'_>,
    scope: &Scope,
    api: &str,
    stage: &str,
) -> Result<(), StoreFault> {
    let key = within(api, stage);
    let (of, at) = (scope.clone(), key.clone());
    match store.read(move |transaction| stored(transaction, &of, &at)).await {
        Ok(Some(stored)) => serve(to, scope, &key, stored),
        Ok(None) => {
            to.apis().remove_stage(scope, api, stage);
            tracing::info!(api, stage, "a stage is no longer served");
        }
        Err(fault @ StoreFault::Undecodable { .. }) => broken(to, scope, api, stage, &fault.to_string()),
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// A stage with what it is served with.
struct Stored {
    document: StageDocument,
    /// Its deployment, or why that cannot be read.
    snapshot: Result<SnapshotDocument, String>,
    /// Its canary's deployment, if it has a canary.
    canary: Option<Result<SnapshotDocument, String>>,
    besides: Besides,
}

/// What a stage is served with besides itself and its deployments.
struct Besides {
    /// The certificate that it shows to backends; an error if that is stored and cannot be read.
    certificate: Result<Option<ClientCertificateDocument>, String>,
    /// Whether the account lets API Gateway write execution logs.
    logs: bool,
    /// The VPC links of its account and region.
    vpc_links: Vec<VpcLink>,
}

/// The stage at `key`, if there is one.
fn stored(transaction: &mut Transaction<'_>, scope: &Scope, key: &Key) -> Result<Option<Stored>, StoreFault> {
    let Some(document) = transaction.get::<StageDocument>(scope, key)? else { return Ok(None) };
    let stage = &document.stage;
    let mut deployed = |what: &str, deployment: Option<&String>| {
        let read = match key.part(0).zip(deployment) {
            Some((api, id)) => tolerant(transaction.get::<SnapshotDocument>(scope, &within(api, id)))?,
            None => Ok(None),
        };
        Ok::<_, StoreFault>(read.and_then(|snapshot| snapshot.ok_or_else(|| format!("{what} is missing"))))
    };
    let snapshot = deployed("its deployment", stage.deployment_id.as_ref())?;
    let canary = stage.canary_settings.as_ref();
    let canary = canary.map(|canary| deployed("its canary's deployment", canary.deployment_id.as_ref()));
    let canary = canary.transpose()?;
    let besides = besides(transaction, scope, stage)?;
    Ok(Some(Stored { document, snapshot, canary, besides }))
}

fn besides(transaction: &mut Transaction<'_>, scope: &Scope, stage: &Stage) -> Result<Besides, StoreFault> {
    let certificate = match stage.client_certificate_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => tolerant(transaction.get::<ClientCertificateDocument>(scope, &Key::new([id])))?,
        None => Ok(None),
    };
    let (logs, vpc_links) = (writes_logs(transaction, scope)?, vpc_links(transaction, scope)?);
    Ok(Besides { certificate, logs, vpc_links })
}

/// Whether the account lets API Gateway write execution logs.
fn writes_logs(transaction: &mut Transaction<'_>, scope: &Scope) -> Result<bool, StoreFault> {
    let account = tolerant(transaction.get::<AccountDocument>(scope, &Key::root()))?.unwrap_or_else(|why| {
        tracing::error!(why, "an account's settings cannot be read: its stages write no execution logs");
        None
    });
    Ok(account.is_some_and(|account| account.account.cloudwatch_role_arn.is_some()))
}

/// The VPC links of REST and WebSocket APIs.
fn vpc_links(transaction: &mut Transaction<'_>, scope: &Scope) -> Result<Vec<VpcLink>, StoreFault> {
    let links = tolerant(transaction.list::<VpcLinkDocument>(scope, &Key::root()))?;
    let links = links.unwrap_or_else(|why| {
        tracing::error!(why, "an account's VPC links cannot be read: nothing is sent through them");
        Vec::new()
    });
    Ok(links.into_iter().map(|(_, link)| link.vpc_link).collect())
}

fn serve(to: &Publication<'_>, scope: &Scope, key: &Key, stored: Stored) {
    let (Some(api), Some(stage)) = (key.part(0), key.part(1)) else {
        tracing::error!(%key, "a stage is stored under a key that is none");
        return;
    };
    let (compiled, remarks) = match compile(to.apis(), scope, api, stage, stored) {
        Ok(compiled) => compiled,
        Err(why) => return broken(to, scope, api, stage, &why),
    };
    publish(to, scope, (api, stage), compiled, remarks);
}

fn publish(
    to: &Publication<'_>,
    scope: &Scope,
    (api, stage): (&str, &str),
    compiled: CompiledStage,
    remarks: Vec<Remark>,
) {
    for remark in remarks {
        tracing::warn!(api, stage, place = remark.place, what = remark.what, "not served as it asks for");
    }
    let (methods, deployment) = (compiled.methods.len(), compiled.facts.deployment_id.clone());
    let canary = compiled.canary.as_ref().map(|canary| canary.stage.facts.deployment_id.clone());
    to.put(scope, api, stage, Served::Rest(Arc::new(compiled)));
    tracing::info!(api, stage, deployment = &*deployment, canary, methods, "a stage is served");
}

/// The stage with its canary; neither is served without the other.
fn compile(
    apis: &Apis,
    scope: &Scope,
    api: &str,
    name: &str,
    stored: Stored,
) -> Result<(CompiledStage, Vec<Remark>), String> {
    let Stored { document, snapshot, canary, besides } = stored;
    let (caches, stage) = (apis.caches().of(api, name, &document), &document.stage);
    let surroundings = Surroundings { cache: caches.own, ..surroundings(apis, scope, (api, name), besides)? };
    let compiled = compile_stage(scope, stage, &snapshot?, surroundings.clone());
    let (mut compiled, mut remarks) = compiled.map_err(|fault| fault.to_string())?;
    if let (Some(settings), Some(snapshot)) = (&stage.canary_settings, canary) {
        let surroundings = Surroundings { cache: caches.canarys, ..surroundings };
        let canary = compile_canary(scope, stage, settings, &snapshot?, surroundings);
        let (canary, its_remarks) = canary.map_err(|fault| format!("its canary: {fault}"))?;
        compiled.canary = Some(Box::new(canary));
        // The two share their settings, and mostly their methods.
        for remark in its_remarks {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
    }
    Ok((compiled, remarks))
}

/// What a stage is compiled with, but for its cache.
fn surroundings(
    apis: &Apis,
    scope: &Scope,
    (api, name): (&str, &str),
    besides: Besides,
) -> Result<Surroundings, String> {
    Ok(Surroundings {
        counters: apis.counters_of(api, name),
        buckets: apis.buckets_of(api, name),
        cache: None,
        keys: apis.usage_plans().keys_of(scope),
        account: apis.account_throttle(scope),
        client_certificate: besides.certificate?,
        logs: besides.logs,
        canary: false,
        backends: Arc::clone(apis.backends()),
        vpc_links: besides.vpc_links,
    })
}

/// A stage that was compiled in the transaction that deploys it.
#[derive(Debug)]
pub(in crate::front_door) struct Deployed {
    document: StageDocument,
    pub(super) compiled: CompiledStage,
    remarks: Vec<Remark>,
}

impl Deployed {
    /// The stage of `document`, which `transaction` is to put at `key` and whose deployment is `snapshot`.
    /// Nothing if that cannot be deployed or served, or if the stage has a canary, which is another deployment.
    pub(in crate::front_door) fn compile(
        apis: &Apis,
        transaction: &mut Transaction<'_>,
        (scope, key): (&Scope, &Key),
        document: &StageDocument,
        snapshot: &SnapshotDocument,
    ) -> Result<Option<Self>, StoreFault> {
        let stage = &document.stage;
        let (Some(api), Some(name), None) = (key.part(0), key.part(1), &stage.canary_settings) else {
            return Ok(None);
        };
        let Ok(surroundings) = surroundings(apis, scope, (api, name), besides(transaction, scope, stage)?)
        else {
            return Ok(None);
        };
        let compiled = compile_stage(scope, stage, snapshot, surroundings).ok();
        let compiled = compiled.filter(|(compiled, _)| compiled.is_deployable());
        let document = document.clone();
        Ok(compiled.map(|(compiled, remarks)| Self { document, compiled, remarks }))
    }

    /// Has it served. Its cache is only chosen now: a transaction that is undone chooses none.
    pub(super) fn publish(self, to: &Publication<'_>, scope: &Scope, key: &Key) {
        let Self { document, mut compiled, remarks } = self;
        let (Some(api), Some(stage)) = (key.part(0), key.part(1)) else { return };
        compiled.cache = to.apis().caches().of(api, stage, &document).own;
        publish(to, scope, (api, stage), compiled, remarks);
    }
}

fn broken(to: &Publication<'_>, scope: &Scope, api: &str, stage: &str, why: &str) {
    tracing::error!(api, stage, why, "a stage cannot be served and answers 500");
    let counters = to.apis().counters_of(api, stage);
    to.put(scope, api, stage, Served::Broken { protocol: Protocol::Rest, why: why.into(), counters });
}
