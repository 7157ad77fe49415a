//! Keeps the keys what the store says, and the store's sums what was counted: one thread that
//! follows changes and adds up about once a second.
//!
//! A change is acknowledged once the keys are in their place. A key or a plan that cannot be read
//! opens nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Clock, Day, Scope};
use documents::apigateway_keys::{ApiKeyDocument, UsagePlanDocument, UsagePlanKeyDocument};
use documents::apigateway_usage::{QuotaPeriod, UsageExtensionDocument, count_usage, extension_key, used_in};
use store::{Batch, Change, Document, Follower, Key as StoreKey, Store, StoreFault, Transaction};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::client::{Active, Client};
use super::keys::{InPlan, Key};
use super::meter::{Meter, Standing};
use super::{Keys, UsagePlans};
use crate::exchange::PresentedKey;
use crate::throttle::StageBuckets;

/// How often what was counted is added to the store: what a crash can lose at most.
const ADD_EVERY: Duration = Duration::from_secs(1);

/// How long to wait before a failed read is tried again.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// Keys whose counts one transaction adds, so that others need not wait long for theirs.
const KEYS_AT_A_TIME: usize = 500;

/// The thread. Dropping it ends it, once all that was counted is in the store.
#[derive(Debug)]
pub struct UsageUpkeep {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Why keys could not be loaded at the start.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The store cannot be read.
    #[error("the API keys cannot be read: {0}")]
    Store(#[from] StoreFault),
    /// The system has no thread left.
    #[error("no thread to follow changes of API keys: {0}")]
    Thread(#[from] io::Error),
}

impl UsageUpkeep {
    /// Loads all keys of `store` into `plans`, then follows its changes. Blocks until all are loaded;
    /// must not be called on a thread that runs tasks.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn start(store: Store, plans: Arc<UsagePlans>, clock: Clock) -> Result<Self, UpkeepError> {
        // The feed first: what changes while the keys are read comes again.
        let follower = store.follow("usage plans");
        let mut index = Index { plans, clock, active: Arc::default(), scopes: HashMap::new() };
        let changed = store.blocking_read(all_keys)?;
        for (scope, changed) in changed.0 {
            let (of, today) = (scope.clone(), Day::of(index.clock.now()));
            let loaded = store.blocking_read(move |tx| load(tx, &of, &changed, today))?;
            index.apply(&scope, loaded);
        }
        follower.take_at_once(|commit| self::changed(commit.changes()).0.is_empty());
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = std::thread::Builder::new()
            .name("usage plans".to_owned())
            .spawn(move || runtime.block_on(run(store, follower, index, stopped)))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for UsageUpkeep {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that follows API keys ended in a panic");
        }
    }
}

async fn run(store: Store, mut follower: Follower, mut index: Index, mut stopped: watch::Receiver<bool>) {
    let mut every = tokio::time::interval(ADD_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let batch = tokio::select! {
            batch = follower.next() => batch,
            _ = every.tick() => {
                index.add_up(&store).await;
                continue;
            }
            _ = stopped.wait_for(|stopped| *stopped) => return index.add_up(&store).await,
        };
        while let Err(fault) = index.take(&store, &batch).await {
            tracing::error!(%fault, "changed API keys cannot be read; trying again");
            tokio::select! {
                () = tokio::time::sleep(READ_PAUSE) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return index.add_up(&store).await,
            }
        }
        follower.acknowledge(batch.last());
    }
}

/// What the thread knows besides what requests see.
struct Index {
    plans: Arc<UsagePlans>,
    clock: Clock,
    active: Arc<Active>,
    scopes: HashMap<Scope, Known>,
}

/// The keys of an account in a region.
struct Known {
    keys: Arc<Keys>,
    /// By id.
    values: HashMap<Box<str>, Arc<str>>,
    /// By key and plan.
    clients: HashMap<Box<str>, HashMap<Box<str>, Arc<Client>>>,
}

/// What has to be read anew, by account and region.
#[derive(Default)]
struct Changed(BTreeMap<Scope, ChangedIds>);

#[derive(Clone, Default)]
struct ChangedIds {
    keys: BTreeSet<String>,
    /// Plans all of whose keys are affected.
    plans: BTreeSet<String>,
}

/// A key as it is stored; without a document it is there no longer.
struct Loaded {
    id: Box<str>,
    document: Option<ApiKeyDocument>,
    plans: Vec<(Box<str>, Arc<UsagePlanDocument>, Standing)>,
}

impl Index {
    async fn take(&mut self, store: &Store, batch: &Batch) -> Result<(), StoreFault> {
        let changed = match batch {
            Batch::Changes(changes) => changed(changes),
            Batch::Reload(_) => {
                let mut all = store.read(all_keys).await?;
                for (scope, known) in &self.scopes {
                    let keys = known.values.keys().map(|id| id.clone().into_string());
                    all.0.entry(scope.clone()).or_default().keys.extend(keys);
                }
                all
            }
        };
        for (scope, ids) in changed.0 {
            let (of, today) = (scope.clone(), Day::of(self.clock.now()));
            let loaded = store.read(move |tx| load(tx, &of, &ids, today)).await?;
            self.apply(&scope, loaded);
        }
        Ok(())
    }

    /// Puts what was loaded in the place of what was known of the same keys.
    fn apply(&mut self, scope: &Scope, loaded: Vec<Loaded>) {
        let now = self.clock.now();
        let known = self.scopes.entry(scope.clone()).or_insert_with(|| Known {
            keys: self.plans.keys_of(scope),
            values: HashMap::new(),
            clients: HashMap::new(),
        });
        let mut keys = (*known.keys.now()).clone();
        for Loaded { id, document, plans } in loaded {
            if let Some(value) = known.values.remove(&id) {
                keys.remove(&value);
            }
            let mut earlier = known.clients.remove(&id).unwrap_or_default();
            let Some(document) = document else { continue };
            let Some(value) = document.api_key.value else { continue };
            let mut clients = HashMap::new();
            let mut in_plans = Vec::new();
            for (plan_id, plan, standing) in plans {
                let client = match earlier.remove(&plan_id) {
                    Some(client) => {
                        client.meter.settle(Arc::clone(&plan), standing, now);
                        client
                    }
                    None => Arc::new(Client {
                        scope: scope.clone(),
                        plan: plan_id.clone(),
                        key: id.clone(),
                        bucket: Arc::default(),
                        methods: StageBuckets::default(),
                        meter: Meter::new(Arc::clone(&plan), standing, now),
                        active: Arc::clone(&self.active),
                    }),
                };
                in_plans.push(Arc::new(InPlan::new(&plan, Arc::clone(&client))));
                clients.insert(plan_id, client);
            }
            let presented = PresentedKey { id: id.clone(), value: value.as_str().into() };
            let enabled = document.api_key.enabled == Some(true);
            let key = Key { presented: Arc::new(presented), enabled, plans: in_plans };
            let value: Arc<str> = value.into();
            keys.insert(Arc::clone(&value), Arc::new(key));
            known.values.insert(id.clone(), value);
            known.clients.insert(id, clients);
        }
        known.keys.put(keys);
    }

    /// Adds what was counted to the store, and learns what others have added. What cannot be added
    /// is kept.
    async fn add_up(&self, store: &Store) {
        let mut waiting = self.active.take();
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(KEYS_AT_A_TIME));
            let clients = std::mem::replace(&mut waiting, rest);
            let today = Day::of(self.clock.now());
            let gathered: Arc<[_]> = clients
                .iter()
                .map(|client| (Arc::clone(client), client.meter.gathered(), client.meter.plan()))
                .collect();
            let adding = Arc::clone(&gathered);
            let added = store.write(move |tx| {
                let sums = adding.iter().map(|(client, counts, plan)| {
                    let Client { scope, plan: plan_id, key, .. } = &**client;
                    for (day, count) in counts {
                        count_usage(tx, scope, plan_id, key, *day, *count)?;
                    }
                    standing(tx, scope, plan_id, key, plan, today)
                });
                sums.collect::<Result<Vec<_>, StoreFault>>()
            });
            match added.await {
                Ok((sums, _)) => {
                    for ((client, _, plan), sum) in gathered.iter().zip(sums) {
                        client.meter.settle(Arc::clone(plan), sum, self.clock.now());
                    }
                }
                Err(fault) => {
                    tracing::error!(%fault, "requests by API keys cannot be counted; trying again");
                    for (client, counts, _) in &*gathered {
                        client.meter.put_back(counts);
                        self.active.put_back(Arc::clone(client));
                    }
                }
            }
        }
    }
}

/// Which keys and plans are affected. A key's document changes with its plans; a grant by
/// `UpdateUsage` has the plan and the key in its own key.
fn changed(changes: &[Change]) -> Changed {
    let mut changed = Changed::default();
    for change in changes {
        let at = |n| change.key.part(n).map(str::to_owned);
        let (keys, plans) = match &*change.collection {
            ApiKeyDocument::COLLECTION => (at(0), None),
            UsagePlanDocument::COLLECTION => (None, at(0)),
            UsageExtensionDocument::COLLECTION => (at(1), None),
            _ => continue,
        };
        let ids = changed.0.entry(change.scope.clone()).or_default();
        ids.keys.extend(keys);
        ids.plans.extend(plans);
    }
    changed
}

/// All keys that are stored.
fn all_keys(tx: &mut Transaction<'_>) -> Result<Changed, StoreFault> {
    let mut changed = Changed::default();
    for (scope, key, _) in tx.list_everywhere::<ApiKeyDocument>()? {
        changed.0.entry(scope).or_default().keys.extend(key.part(0).map(str::to_owned));
    }
    Ok(changed)
}

fn load(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    changed: &ChangedIds,
    today: Day,
) -> Result<Vec<Loaded>, StoreFault> {
    let mut ids = changed.keys.clone();
    for plan in &changed.plans {
        for (key, _) in tx.list::<UsagePlanKeyDocument>(scope, &StoreKey::new([plan]))? {
            ids.extend(key.last().map(str::to_owned));
        }
    }
    let mut known: HashMap<String, Option<Arc<UsagePlanDocument>>> = HashMap::new();
    let mut loaded = Vec::new();
    for id in ids {
        let document = readable(tx.get::<ApiKeyDocument>(scope, &StoreKey::new([&id])))?;
        let mut plans = Vec::new();
        for plan_id in document.iter().flat_map(|document| &document.usage_plans) {
            let plan = match known.get(plan_id) {
                Some(plan) => plan.clone(),
                None => {
                    let plan = readable(tx.get::<UsagePlanDocument>(scope, &StoreKey::new([plan_id])))?;
                    known.entry(plan_id.clone()).or_insert(plan.map(Arc::new)).clone()
                }
            };
            if let Some(plan) = plan {
                let standing = standing(tx, scope, plan_id, &id, &plan, today)?;
                plans.push((plan_id.as_str().into(), plan, standing));
            }
        }
        loaded.push(Loaded { id: id.into(), document, plans });
    }
    Ok(loaded)
}

fn standing(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    plan_id: &str,
    key_id: &str,
    plan: &UsagePlanDocument,
    today: Day,
) -> Result<Standing, StoreFault> {
    let Some(period) = QuotaPeriod::of(plan, today) else { return Ok(Standing::default()) };
    let used = used_in(tx, scope, plan_id, key_id, period)?;
    let extension = tx.get::<UsageExtensionDocument>(scope, &extension_key(plan_id, key_id, period))?;
    Ok(Standing { used, extension: extension.unwrap_or_default() })
}

/// A document that cannot be decoded is none, and the log says so; any other fault is everybody's.
fn readable<T>(read: Result<Option<T>, StoreFault>) -> Result<Option<T>, StoreFault> {
    match read {
        Err(fault @ StoreFault::Undecodable { .. }) => {
            tracing::error!(%fault, "an API key or a usage plan cannot be read and opens nothing");
            Ok(None)
        }
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use api::apigateway::{ApiKey, UsagePlan};
    use base::Timestamp;
    use documents::apigateway_usage::{UsageCounter, usage_key};
    use serde_json::{Value, json};
    use store::{Location, Sequence, StoreOptions};

    use super::super::KeyFault;
    use super::super::keys::Called;
    use super::*;

    /// 2026-11-25, a Wednesday.
    const NOW: Timestamp = Timestamp::from_millis(1_795_600_800_000);
    const VALUE: &str = "0123456789abcdefghij";
    const CALLED: Called<'static> =
        Called { api: "abc", stage: "prod", resource: "r", path: "/", verb: "GET" };

    fn here() -> Scope {
        Scope::new("000000000000", "us-west-2")
    }

    struct Place {
        store: Store,
        clock: Clock,
        plans: Arc<UsagePlans>,
        upkeep: Option<UsageUpkeep>,
    }

    impl Place {
        fn new() -> Self {
            let clock = Clock::standing_at(NOW);
            let options = StoreOptions { location: Location::Memory, clock: clock.clone() };
            let store = Store::open(options).unwrap();
            let mut place = Self { store, clock, plans: Arc::default(), upkeep: None };
            place.begin();
            place
        }

        /// As a process that starts.
        fn begin(&mut self) {
            self.plans = Arc::default();
            let upkeep = UsageUpkeep::start(self.store.clone(), Arc::clone(&self.plans), self.clock.clone());
            self.upkeep = Some(upkeep.unwrap());
        }

        /// As a process that ends.
        fn end(&mut self) {
            self.upkeep = None;
        }

        fn write(&self, write: impl Fn(&mut Transaction<'_>) -> Result<(), StoreFault> + Send + 'static) {
            let written: Result<((), Sequence), StoreFault> = self.store.blocking_write(write);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let settled = self.store.settled(written.unwrap().1, Duration::from_secs(20));
            assert!(runtime.block_on(settled));
        }

        fn put_plan(&self, settings: Value) {
            let usage_plan: UsagePlan = serde_json::from_value(settings).unwrap();
            let document = UsagePlanDocument { usage_plan, created: NOW };
            self.write(move |tx| tx.put(&here(), &StoreKey::new(["plan"]), &document));
        }

        /// A key that is in the plan.
        fn put_key(&self, enabled: bool, plans: &[&str]) {
            let api_key = ApiKey { value: Some(VALUE.into()), enabled: Some(enabled), ..ApiKey::default() };
            let usage_plans = plans.iter().map(|plan| (*plan).to_owned()).collect();
            let document = ApiKeyDocument { api_key, usage_plans };
            let plans: Vec<String> = plans.iter().map(|plan| (*plan).to_owned()).collect();
            self.write(move |tx| {
                tx.delete::<UsagePlanKeyDocument>(&here(), &StoreKey::new(["plan", "key"]))?;
                for plan in &plans {
                    let added = UsagePlanKeyDocument { added: NOW };
                    tx.put(&here(), &StoreKey::new([plan, "key"]), &added)?;
                }
                tx.put(&here(), &StoreKey::new(["key"]), &document)
            });
        }

        fn fault(&self) -> Option<KeyFault> {
            self.plans.keys_of(&here()).present(Some(VALUE), "abc", "prod").err()
        }

        /// How many requests pass.
        fn passed(&self, tries: usize) -> usize {
            let member = self.plans.keys_of(&here()).present(Some(VALUE), "abc", "prod").unwrap();
            (0..tries).filter(|_| member.count(CALLED, self.clock.now()).is_ok()).count()
        }

        fn stored(&self) -> u64 {
            let key = usage_key("plan", "key", Day::of(NOW));
            let read: Result<u64, StoreFault> =
                self.store.blocking_read(move |tx| tx.count::<UsageCounter>(&here(), &key));
            read.unwrap()
        }
    }

    fn opens(quota: i32) -> Value {
        json!({
            "apiStages": [{"apiId": "abc", "stage": "prod"}],
            "quota": {"limit": quota, "offset": 0, "period": "DAY"},
        })
    }

    #[test]
    fn keys_and_plans_act_once_they_are_acknowledged() {
        let place = Place::new();
        assert_eq!(place.fault(), Some(KeyFault::Unknown));
        place.put_key(true, &["plan"]);
        assert_eq!(place.fault(), Some(KeyFault::NotInPlan));
        place.put_plan(opens(5));
        assert_eq!(place.fault(), None);
        place.put_key(false, &["plan"]);
        assert_eq!(place.fault(), Some(KeyFault::Disabled));
        place.put_key(true, &[]);
        assert_eq!(place.fault(), Some(KeyFault::NotInPlan));
        place.put_key(true, &["plan"]);
        place.put_plan(json!({"apiStages": [{"apiId": "abc", "stage": "dev"}]}));
        assert_eq!(place.fault(), Some(KeyFault::NotInPlan));
        place.write(|tx| tx.delete::<ApiKeyDocument>(&here(), &StoreKey::new(["key"])).map(drop));
        assert_eq!(place.fault(), Some(KeyFault::Unknown));
    }

    #[test]
    fn another_account_does_not_know_the_key() {
        let place = Place::new();
        place.put_plan(opens(5));
        place.put_key(true, &["plan"]);
        let other = Scope::new("111111111111", "us-west-2");
        let found = place.plans.keys_of(&other).present(Some(VALUE), "abc", "prod").err();
        assert_eq!(found, Some(KeyFault::Unknown));
    }

    #[test]
    fn what_was_counted_outlives_the_process() {
        let mut place = Place::new();
        place.put_plan(opens(5));
        place.put_key(true, &["plan"]);
        assert_eq!(place.passed(3), 3);
        place.end();
        assert_eq!(place.stored(), 3);
        place.begin();
        assert_eq!(place.passed(9), 2);
        // A wider quota holds at once, and what was counted before counts.
        place.put_plan(opens(7));
        assert_eq!(place.passed(9), 2);
        place.end();
        assert_eq!(place.stored(), 7);
    }

    /// What another node counts is learnt when this one adds its own.
    #[test]
    fn nodes_share_a_quota() {
        let mut place = Place::new();
        place.put_plan(opens(10));
        place.put_key(true, &["plan"]);
        let mut other = Place {
            store: place.store.clone(),
            clock: place.clock.clone(),
            plans: Arc::default(),
            upkeep: None,
        };
        other.begin();
        assert_eq!((place.passed(4), other.passed(4)), (4, 4));
        other.end();
        place.end();
        other.begin();
        assert_eq!((place.stored(), other.passed(9)), (8, 2));
    }

    #[test]
    fn a_grant_acts_at_once() {
        let place = Place::new();
        place.put_plan(opens(1));
        place.put_key(true, &["plan"]);
        assert_eq!(place.passed(2), 1);
        place.write(|tx| {
            let today = Day::of(NOW).to_string();
            let granted = UsageExtensionDocument { granted: [(today.clone(), 2)].into() };
            tx.put(&here(), &StoreKey::new(["plan", "key", &today]), &granted)
        });
        assert_eq!(place.passed(9), 2);
    }
}
