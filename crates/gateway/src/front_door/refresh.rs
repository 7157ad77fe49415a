//! Keeps the served stages and custom domain names what the store says: all of them at the start,
//! then each that changes, on a thread of its own so that no deployment keeps a request waiting.
//!
//! A change is acknowledged once the new stage is in its place. A stage that cannot be
//! compiled is served no longer in its old form: it answers 500, and the reason is logged.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api::apigateway::VpcLink;
use base::Scope;
use documents::apigateway::{
    AccountDocument, ClientCertificateDocument, RestApiDocument, SnapshotDocument, StageDocument, within,
};
use documents::apigateway_vpc_links::VpcLinkDocument;
use documents::iam::RoleDocument;
use store::{Batch, Change, ChangeKind, Follower, Key, Store, StoreFault, Transaction};
use tokio::sync::watch;

use super::{Apis, Domains, Served, domains};
use crate::integration::aws::RoleSessions;
use crate::rest::{CompiledStage, Remark, Surroundings, compile_canary, compile_stage};

/// How long to wait before a failed read is tried again.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// The thread that follows the store. Dropping it ends it.
#[derive(Debug)]
pub struct Refresh {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why stages could not be loaded at the start.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The store cannot be read.
    #[error("what is to be served cannot be read: {0}")]
    Store(#[from] StoreFault),
    /// The system has no thread left.
    #[error("no thread to follow changes: {0}")]
    Thread(#[from] io::Error),
}

impl Refresh {
    /// Loads all stages of `store` into `apis` and its custom domain names into `names`, then follows
    /// its changes. Blocks until all are loaded; must not be called on a thread that runs tasks.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn start(store: Store, apis: Arc<Apis>, names: Arc<Domains>) -> Result<Self, RefreshError> {
        // The feed first: what changes while the stages are read comes again.
        let follower = store.follow("gateway");
        let stages = store.blocking_read(|transaction| transaction.list_everywhere::<StageDocument>())?;
        for (scope, key, _) in stages {
            let (of, at) = (scope.clone(), key.clone());
            let stored = store.blocking_read(move |transaction| stored(transaction, &of, &at))?;
            if let Some(stored) = stored {
                serve(&apis, &scope, &key, stored);
            }
        }
        domains::load(&store, &names)?;
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = std::thread::Builder::new()
            .name("refresh".to_owned())
            .spawn(move || runtime.block_on(follow(store, follower, (apis, names), stopped)))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that follows the store ended in a panic");
        }
    }
}

async fn follow(
    store: Store,
    mut follower: Follower,
    (apis, names): (Arc<Apis>, Arc<Domains>),
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let batch = tokio::select! {
            batch = follower.next() => batch,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        loop {
            let taken = async {
                take(&store, &batch, &apis).await?;
                domains::take(&store, &batch, &names).await
            };
            match taken.await {
                Ok(()) => break,
                Err(fault) => tracing::error!(%fault, "what has changed cannot be read; trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(READ_PAUSE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
        follower.acknowledge(batch.last());
    }
}

/// What of an API has to be read anew.
#[derive(Debug, Default)]
struct Changed {
    stages: BTreeSet<String>,
    all: bool,
}

async fn take(store: &Store, batch: &Batch, apis: &Apis) -> Result<(), StoreFault> {
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
    for ((scope, api), changed) in affected.apis {
        let mut stages = changed.stages;
        if changed.all {
            let (of, prefix) = (scope.clone(), Key::new([api.as_str()]));
            let stored = store.read(move |t| t.list::<StageDocument>(&of, &prefix)).await?;
            stages.extend(stored.iter().filter_map(|(key, _)| key.part(1)).map(str::to_owned));
            let served = apis.stages().into_iter().filter(|(own, id, _)| *own == scope && **id == *api);
            stages.extend(served.map(|(_, _, stage)| stage.into_string()));
        }
        for stage in stages {
            one_stage(store, apis, &scope, &api, &stage).await?;
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

/// All that is stored and all that is served.
async fn everything(store: &Store, apis: &Apis) -> Result<Affected, StoreFault> {
    let mut affected = Affected::default();
    for (scope, key, _) in store.read(|transaction| transaction.list_everywhere::<StageDocument>()).await? {
        affected.stage(&scope, &key);
    }
    for (scope, api, stage) in apis.stages() {
        affected.api(&scope, &api).stages.insert(stage.into_string());
    }
    Ok(affected)
}

async fn one_stage(
    store: &Store,
    apis: &Apis,
    scope: &Scope,
    api: &str,
    stage: &str,
) -> Result<(), StoreFault> {
    let key = within(api, stage);
    let (of, at) = (scope.clone(), key.clone());
    match store.read(move |transaction| stored(transaction, &of, &at)).await {
        Ok(Some(stored)) => serve(apis, scope, &key, stored),
        Ok(None) => {
            apis.remove_stage(scope, api, stage);
            tracing::info!(api, stage, "a stage is no longer served");
        }
        Err(fault @ StoreFault::Undecodable { .. }) => broken(apis, scope, api, stage, &fault.to_string()),
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
    let certificate = match stage.client_certificate_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => tolerant(transaction.get::<ClientCertificateDocument>(scope, &Key::new([id])))?,
        None => Ok(None),
    };
    let account = tolerant(transaction.get::<AccountDocument>(scope, &Key::root()))?.unwrap_or_else(|why| {
        tracing::error!(why, "an account's settings cannot be read: its stages write no execution logs");
        None
    });
    let logs = account.is_some_and(|account| account.account.cloudwatch_role_arn.is_some());
    let links = tolerant(transaction.list::<VpcLinkDocument>(scope, &Key::root()))?;
    let links = links.unwrap_or_else(|why| {
        tracing::error!(why, "an account's VPC links cannot be read: nothing is sent through them");
        Vec::new()
    });
    let vpc_links = links.into_iter().map(|(_, link)| link.vpc_link).collect();
    Ok(Some(Stored { document, snapshot, canary, certificate, logs, vpc_links }))
}

/// A document that cannot be decoded is the trouble of whom it is about; any other fault is
/// everybody's.
pub(super) fn tolerant<T>(read: Result<T, StoreFault>) -> Result<Result<T, String>, StoreFault> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(fault @ StoreFault::Undecodable { .. }) => Ok(Err(fault.to_string())),
        Err(fault) => Err(fault),
    }
}

fn serve(apis: &Apis, scope: &Scope, key: &Key, stored: Stored) {
    let (Some(api), Some(stage)) = (key.part(0), key.part(1)) else {
        tracing::error!(%key, "a stage is stored under a key that is none");
        return;
    };
    let (compiled, remarks) = match compile(apis, scope, api, stage, stored) {
        Ok(compiled) => compiled,
        Err(why) => return broken(apis, scope, api, stage, &why),
    };
    for remark in remarks {
        tracing::warn!(api, stage, place = remark.place, what = remark.what, "not served as it asks for");
    }
    let (methods, deployment) = (compiled.methods.len(), compiled.facts.deployment_id.clone());
    let canary = compiled.canary.as_ref().map(|canary| canary.stage.facts.deployment_id.clone());
    apis.put(scope, api, stage, &Served::Running(Arc::new(compiled)));
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
    let Stored { document, snapshot, canary, certificate, logs, vpc_links } = stored;
    let (caches, stage) = (apis.caches().of(api, name, &document), &document.stage);
    let (counters, client_certificate) = (apis.counters_of(api, name), certificate?);
    let surroundings = Surroundings {
        counters,
        buckets: apis.buckets_of(api, name),
        cache: caches.own,
        keys: apis.usage_plans().keys_of(scope),
        account: apis.account_throttle(scope),
        client_certificate,
        logs,
        canary: false,
        backends: Arc::clone(apis.backends()),
        vpc_links,
    };
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

fn broken(apis: &Apis, scope: &Scope, api: &str, stage: &str, why: &str) {
    tracing::error!(api, stage, why, "a stage cannot be served and answers 500");
    let counters = apis.counters_of(api, stage);
    apis.put(scope, api, stage, &Served::Broken { why: why.into(), counters });
}

#[cfg(test)]
mod tests {
    use api::apigateway::{RestApi, Stage};
    use base::Clock;
    use serde_json::json;
    use store::{Location, StoreOptions};

    use super::*;

    fn here() -> Scope {
        Scope::new("000000000000", "us-west-2")
    }

    fn open() -> Store {
        let options = StoreOptions { location: Location::Memory, clock: Clock::system() };
        Store::open(options).unwrap()
    }

    fn stage(deployment: &str) -> StageDocument {
        StageDocument::new(Stage {
            stage_name: Some("prod".into()),
            deployment_id: Some(deployment.into()),
            ..Stage::default()
        })
    }

    fn snapshot(paths: &[&str]) -> SnapshotDocument {
        let method = json!({"GET": {"methodIntegration": {"type": "MOCK"}}});
        let resources: Vec<_> = paths
            .iter()
            .map(|path| json!({"id": format!("r{}", path.len()), "path": path, "resourceMethods": method}))
            .collect();
        serde_json::from_value(json!({"rest_api": {"id": "abc"}, "resources": resources})).unwrap()
    }

    fn put(store: &Store, deployment: &'static str, with: Option<SnapshotDocument>) -> store::Sequence {
        let write = store.blocking_write(move |transaction| {
            if let Some(snapshot) = &with {
                transaction.put(&here(), &within("abc", deployment), snapshot)?;
            }
            transaction.put(&here(), &within("abc", "prod"), &stage(deployment))
        });
        let written: Result<((), _), StoreFault> = write;
        written.unwrap().1
    }

    fn settle(store: &Store, sequence: store::Sequence) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert!(runtime.block_on(store.settled(sequence, Duration::from_secs(20))));
    }

    /// The number of methods of the served stage, or why there are none.
    fn served(apis: &Apis) -> Result<usize, String> {
        match apis.find("abc", None, "prod") {
            Ok(Served::Running(stage)) => Ok(stage.methods.len()),
            Ok(Served::Broken { why, .. }) => Err(why.to_string()),
            Err(refusal) => Err(refusal.to_string()),
        }
    }

    #[test]
    fn what_is_stored_is_served_from_the_start() {
        let store = open();
        put(&store, "d1", Some(snapshot(&["/", "/pets"])));
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store, Arc::clone(&apis), Arc::default()).unwrap();
        assert_eq!(served(&apis), Ok(2));
    }

    #[test]
    fn a_change_is_in_effect_when_it_is_acknowledged() {
        let store = open();
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default()).unwrap();
        assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
        settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
        assert_eq!(served(&apis), Ok(1));
        settle(&store, put(&store, "d2", Some(snapshot(&["/", "/a", "/b"]))));
        assert_eq!(served(&apis), Ok(3));
        let removed: Result<(bool, _), StoreFault> = store.blocking_write(|transaction| {
            transaction.delete::<StageDocument>(&here(), &within("abc", "prod"))
        });
        settle(&store, removed.unwrap().1);
        assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
    }

    #[test]
    fn a_stage_that_cannot_be_compiled_is_not_served_in_its_old_form() {
        let store = open();
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default()).unwrap();
        settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
        settle(&store, put(&store, "d2", Some(snapshot(&["/{a}", "/{b}"]))));
        assert_eq!(served(&apis), Err("/{b} collides with another resource".to_owned()));
        settle(&store, put(&store, "d3", None));
        assert_eq!(served(&apis), Err("its deployment is missing".to_owned()));
        settle(&store, put(&store, "d1", None));
        assert_eq!(served(&apis), Ok(1));
    }

    #[test]
    fn a_stage_that_cannot_show_its_certificate_is_closed() {
        let store = open();
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default()).unwrap();
        settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
        let name = |id: &'static str, with: Option<ClientCertificateDocument>| {
            let written: Result<((), _), StoreFault> = store.blocking_write(move |transaction| {
                if let Some(certificate) = &with {
                    transaction.put(&here(), &Key::new([id]), certificate)?;
                }
                let mut document = stage("d1");
                document.stage.client_certificate_id = Some(id.to_owned());
                transaction.put(&here(), &within("abc", "prod"), &document)
            });
            settle(&store, written.unwrap().1);
        };
        name("c1", None);
        assert_eq!(served(&apis), Err("the client certificate c1 does not exist".to_owned()));
        let (good, _) = crate::integration::http::certificate::tests::stored("c2");
        let mut keyless = good.clone();
        keyless.private_key = base::Secret::new("no key");
        name("c3", Some(keyless));
        assert!(served(&apis).unwrap_err().starts_with("the client certificate c3 cannot be read"));
        name("c2", Some(good));
        assert_eq!(served(&apis), Ok(1));
    }

    #[test]
    fn a_canary_is_served_beside_its_stage_or_not_at_all() {
        let store = open();
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default()).unwrap();
        put(&store, "d1", Some(snapshot(&["/"])));
        let with_canary = |deployment: &'static str| {
            let mut document = stage("d1");
            let canary = json!({"deploymentId": deployment, "percentTraffic": 30.0});
            document.stage.canary_settings = serde_json::from_value(canary).unwrap();
            let written: Result<((), _), StoreFault> =
                store.blocking_write(move |t| t.put(&here(), &within("abc", "prod"), &document));
            settle(&store, written.unwrap().1);
        };
        with_canary("d2");
        assert_eq!(served(&apis), Err("its canary's deployment is missing".to_owned()));
        put(&store, "d2", Some(snapshot(&["/", "/a"])));
        with_canary("d2");
        assert_eq!(served(&apis), Ok(1));
        let Ok(Served::Running(stage)) = apis.find("abc", None, "prod") else { panic!("not served") };
        let canary = stage.canary.as_ref().unwrap();
        assert_eq!((canary.stage.methods.len(), &*canary.stage.facts.deployment_id), (2, "d2"));
        assert_eq!((stage.facts.is_canary, canary.stage.facts.is_canary), (Some(false), Some(true)));
    }

    #[test]
    fn deleting_the_api_ends_its_stages() {
        let store = open();
        let apis = Arc::new(Apis::default());
        let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default()).unwrap();
        settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
        let deleted: Result<((), _), StoreFault> = store.blocking_write(|transaction| {
            transaction.put(
                &here(),
                &Key::new(["abc"]),
                &RestApiDocument { rest_api: RestApi::default() },
            )?;
            transaction.delete_prefix::<StageDocument>(&here(), &Key::new(["abc"]))?;
            transaction.delete::<RestApiDocument>(&here(), &Key::new(["abc"]))?;
            Ok(())
        });
        settle(&store, deleted.unwrap().1);
        assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
    }
}
