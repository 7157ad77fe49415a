//! What is stored of REST APIs is what is served.

use api::apigateway::{Account, RestApi, Stage};
use base::{Clock, Scope};
use documents::apigateway::{
    AccountDocument, ClientCertificateDocument, RestApiDocument, SnapshotDocument, StageDocument, within,
};
use serde_json::json;
use store::{Key, Location, StoreOptions, Transaction};

use super::super::Served;
use super::*;
use crate::rest::CompiledStage;

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
        Ok(Served::Rest(stage)) => Ok(stage.methods.len()),
        Ok(Served::Broken { why, .. }) => Err(why.to_string()),
        Ok(Served::Http(_) | Served::WebSocket(_)) => panic!("a REST API"),
        Err(refusal) => Err(refusal.to_string()),
    }
}

#[test]
fn what_is_stored_is_served_from_the_start() {
    let store = open();
    put(&store, "d1", Some(snapshot(&["/", "/pets"])));
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store, Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
    assert_eq!(served(&apis), Ok(2));
}

#[test]
fn a_change_is_in_effect_when_it_is_acknowledged() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
    assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
    settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
    assert_eq!(served(&apis), Ok(1));
    settle(&store, put(&store, "d2", Some(snapshot(&["/", "/a", "/b"]))));
    assert_eq!(served(&apis), Ok(3));
    let removed: Result<(bool, _), StoreFault> = store
        .blocking_write(|transaction| transaction.delete::<StageDocument>(&here(), &within("abc", "prod")));
    settle(&store, removed.unwrap().1);
    assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
}

#[test]
fn a_stage_that_cannot_be_compiled_is_not_served_in_its_old_form() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
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
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
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
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
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
    let Ok(Served::Rest(stage)) = apis.find("abc", None, "prod") else { panic!("not served") };
    let canary = stage.canary.as_ref().unwrap();
    assert_eq!((canary.stage.methods.len(), &*canary.stage.facts.deployment_id), (2, "d2"));
    assert_eq!((stage.facts.is_canary, canary.stage.facts.is_canary), (Some(false), Some(true)));
}

#[test]
fn deleting_the_api_ends_its_stages() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
    settle(&store, put(&store, "d1", Some(snapshot(&["/"]))));
    let deleted: Result<((), _), StoreFault> = store.blocking_write(|transaction| {
        transaction.put(&here(), &Key::new(["abc"]), &RestApiDocument { rest_api: RestApi::default() })?;
        transaction.delete_prefix::<StageDocument>(&here(), &Key::new(["abc"]))?;
        transaction.delete::<RestApiDocument>(&here(), &Key::new(["abc"]))?;
        Ok(())
    });
    settle(&store, deleted.unwrap().1);
    assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
}

/// Deploys as `CreateDeployment` does, and then does `more` in the same transaction. Answers where the methods of
/// the compiled stage are, if it was compiled.
fn deploy(
    store: &Store,
    apis: &Arc<Apis>,
    (document, snapshot): (StageDocument, SnapshotDocument),
    more: impl Fn(&mut Transaction<'_>) -> Result<(), StoreFault> + Send + 'static,
) -> (Option<usize>, store::Sequence) {
    let apis = Arc::clone(apis);
    let written = store.blocking_write(move |transaction| {
        let (scope, key) = (here(), within("abc", "prod"));
        let id = document.stage.deployment_id.as_deref().unwrap();
        let compiled = Deployed::compile(&apis, transaction, (&scope, &key), &document, &snapshot)?;
        let methods = compiled.as_ref().map(|compiled| compiled.compiled.methods.as_ptr() as usize);
        transaction.put(&scope, &within("abc", id), &snapshot)?;
        match compiled {
            Some(compiled) => transaction.put_made(&scope, &key, &document, Box::new(compiled))?,
            None => transaction.put(&scope, &key, &document)?,
        }
        more(transaction)?;
        Ok::<_, StoreFault>(methods)
    });
    written.unwrap()
}

fn served_stage(apis: &Apis) -> Arc<CompiledStage> {
    match apis.find("abc", None, "prod") {
        Ok(Served::Rest(stage)) => stage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_deployment_has_compiled_is_served_by_its_commit() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
    let mut document = stage("d1");
    document.stage.cache_cluster_enabled = Some(true);
    let mut caches = Vec::new();
    for paths in [&["/", "/a"][..], &["/", "/a", "/b"]] {
        let (methods, sequence) = deploy(&store, &apis, (document.clone(), snapshot(paths)), |_| Ok(()));
        // The same, and not another one that was compiled of what is stored.
        let stage = served_stage(&apis);
        assert_eq!(Some(stage.methods.as_ptr() as usize), methods);
        assert_eq!(stage.methods.len(), paths.len());
        caches.push(Arc::clone(stage.cache.as_ref().unwrap()));
        settle(&store, sequence);
    }
    // A deployment keeps the stage's cache.
    assert!(Arc::ptr_eq(&caches[0], &caches[1]));
}

#[test]
fn what_changes_after_a_stage_was_compiled_is_not_passed_over() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(store.clone(), Arc::clone(&apis), Arc::default(), Arc::default()).unwrap();
    let (compiled, sequence) = deploy(&store, &apis, (stage("d1"), snapshot(&["/"])), |transaction| {
        let account = Account { cloudwatch_role_arn: Some("arn:x".into()), ..Account::default() };
        transaction.put(&here(), &Key::root(), &AccountDocument { account })
    });
    assert!(compiled.is_some());
    settle(&store, sequence);
    assert!(served_stage(&apis).execution_logs.is_some());
    let (compiled, sequence) = deploy(&store, &apis, (stage("d2"), snapshot(&["/"])), |transaction| {
        transaction.delete::<StageDocument>(&here(), &within("abc", "prod")).map(drop)
    });
    assert!(compiled.is_some());
    settle(&store, sequence);
    assert_eq!(served(&apis), Err("there is no API of this id".to_owned()));
}

#[test]
fn what_cannot_be_deployed_or_is_more_than_a_deployment_is_not_compiled_ahead() {
    let store = open();
    let apis = Arc::new(Apis::default());
    let compiled = |document: &StageDocument, snapshot: SnapshotDocument| {
        deploy(&store, &apis, (document.clone(), snapshot), |_| Ok(())).0.is_some()
    };
    assert!(compiled(&stage("d1"), snapshot(&["/"])));
    assert!(!compiled(&stage("d1"), snapshot(&["/{a}", "/{b}"])));
    assert!(!compiled(&stage("d1"), snapshot(&[])));
    let mut faulty = snapshot(&["/"]);
    let method = faulty.resources[0].resource_methods.as_mut().unwrap().get_mut("GET").unwrap();
    let integration = json!({"type": "MOCK", "requestTemplates": {"application/json": "#if("}});
    method.method_integration = serde_json::from_value(integration).unwrap();
    assert!(!compiled(&stage("d1"), faulty));
    let mut with_canary = stage("d1");
    with_canary.stage.canary_settings = serde_json::from_value(json!({"deploymentId": "d2"})).unwrap();
    assert!(!compiled(&with_canary, snapshot(&["/"])));
    let mut certified = stage("d1");
    certified.stage.client_certificate_id = Some("c1".to_owned());
    assert!(!compiled(&certified, snapshot(&["/"])));
}
