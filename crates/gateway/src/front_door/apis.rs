//! The stages that are served, by API. Requests look them up without waiting; changes put a
//! new map in the place of the old one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use base::Scope;

use super::StageCaches;
use crate::exchange::{ConfigurationFault, Refusal, Unreachable};
use crate::integration::backends::Backends;
use crate::rest::CompiledStage;
use crate::throttle::{Bucket, Limit, StageBuckets, Throttle};
use crate::trail::{StageCounters, Totals};
use crate::usage_plans::UsagePlans;

/// The served stages of all APIs in all accounts and regions.
#[derive(Debug, Default)]
pub struct Apis {
    served: ArcSwap<HashMap<Box<str>, Arc<Api>>>,
    /// Counters outlive what they count, until the stage is gone.
    counters: Mutex<CountersByStage>,
    buckets: Mutex<BucketsByStage>,
    caches: StageCaches,
    usage_plans: Arc<UsagePlans>,
    /// How often all APIs of an account may be called in a region, if that is limited.
    account_limit: Option<Limit>,
    accounts: Mutex<HashMap<Scope, Arc<Bucket>>>,
    backends: Arc<Backends>,
}

/// By API and stage.
type BucketsByStage = HashMap<(Box<str>, Box<str>), Arc<StageBuckets>>;

/// By API and stage.
type CountersByStage = HashMap<(Box<str>, Box<str>), Arc<StageCounters>>;

#[derive(Clone, Debug)]
struct Api {
    scope: Scope,
    stages: Vec<(Box<str>, Served)>,
}

/// A stage as it is served.
#[derive(Clone, Debug)]
pub enum Served {
    /// Compiled.
    Running(Arc<CompiledStage>),
    /// It cannot be compiled. What was served before it changed is not served on: the stage
    /// refuses everything until it can be compiled again.
    Broken {
        /// Why, for the operator.
        why: Arc<str>,
        /// What is counted.
        counters: Arc<StageCounters>,
    },
}

/// What is counted of one stage.
#[derive(Clone, Debug)]
pub struct StageTotals {
    /// The API's account and region.
    pub scope: Scope,
    /// The API's id.
    pub api: Box<str>,
    /// The API's name when it was deployed; empty if the stage cannot be served.
    pub api_name: Box<str>,
    /// The stage's name.
    pub stage: Box<str>,
    /// Its deployment; empty if the stage cannot be served.
    pub deployment: Box<str>,
    /// The sums, without those of its canary.
    pub totals: Totals,
    /// All that is counted.
    pub counters: Arc<StageCounters>,
}

impl Apis {
    /// Without stages. `account_limit` is how often all APIs of an account may be called in a region,
    /// if that is limited.
    #[must_use]
    pub fn new(caches: StageCaches, usage_plans: Arc<UsagePlans>, account_limit: Option<Limit>) -> Self {
        Self { caches, usage_plans, account_limit, ..Self::default() }
    }

    /// The same, whose integrations find their backends by `backends`.
    #[must_use]
    pub fn reaching(self, backends: Arc<Backends>) -> Self {
        Self { backends, ..self }
    }

    /// What integrations find their backends by.
    #[must_use]
    pub fn backends(&self) -> &Arc<Backends> {
        &self.backends
    }

    /// The stage that a request's address names.
    ///
    /// # Errors
    /// 403 if there is no such API, here or in the named region, or no such stage.
    pub fn find(&self, api: &str, region: Option<&str>, stage: &str) -> Result<Served, Refusal> {
        let served = self.served.load();
        let found = match served.get(api) {
            Some(found) => found,
            // Host names are the same in any case, and ids are lower case.
            None => {
                served.get(&*api.to_ascii_lowercase()).ok_or(Refusal::Forbidden(Unreachable::UnknownApi))?
            }
        };
        if region.is_some_and(|region| region != found.scope.region()) {
            return Err(Refusal::Forbidden(Unreachable::OtherRegion));
        }
        let stage = found.stages.iter().find(|(name, _)| **name == *stage);
        stage.map(|(_, served)| served.clone()).ok_or(Refusal::Forbidden(Unreachable::UnknownStage))
    }

    /// Serves a stage, in place of what was served before.
    pub fn put(&self, scope: &Scope, api: &str, stage: &str, served: &Served) {
        self.change(|apis| {
            let entry = apis
                .entry(api.into())
                .or_insert_with(|| Arc::new(Api { scope: scope.clone(), stages: Vec::new() }));
            let known = Arc::make_mut(entry);
            if known.scope != *scope {
                tracing::error!(api, scope = ?known.scope, other = ?scope, "two APIs have the same id");
                return;
            }
            known.stages.retain(|(name, _)| **name != *stage);
            known.stages.push((stage.into(), served.clone()));
        });
    }

    /// Serves a stage no longer.
    pub fn remove_stage(&self, scope: &Scope, api: &str, stage: &str) {
        self.change(|apis| {
            let Some(known) = apis.get_mut(api).filter(|known| known.scope == *scope) else { return };
            let known = Arc::make_mut(known);
            known.stages.retain(|(name, _)| **name != *stage);
            if known.stages.is_empty() {
                apis.remove(api);
            }
        });
        self.counters().remove(&(api.into(), stage.into()));
        self.buckets().remove(&(api.into(), stage.into()));
        self.caches.forget_stage(api, stage);
    }

    /// Serves none of an API's stages any longer.
    pub fn remove_api(&self, scope: &Scope, api: &str) {
        self.change(|apis| {
            if apis.get(api).is_some_and(|known| known.scope == *scope) {
                apis.remove(api);
            }
        });
        self.counters().retain(|(own, _), _| **own != *api);
        self.buckets().retain(|(own, _), _| **own != *api);
        self.caches.forget_api(api);
    }

    /// The stages that are served, by account and region, API and name.
    #[must_use]
    pub fn stages(&self) -> Vec<(Scope, Box<str>, Box<str>)> {
        let served = self.served.load();
        let stages = served.iter().flat_map(|(api, known)| {
            known.stages.iter().map(|(stage, _)| (known.scope.clone(), api.clone(), stage.clone()))
        });
        stages.collect()
    }

    /// The counters of a stage, the same as long as it exists.
    #[must_use]
    pub fn counters_of(&self, api: &str, stage: &str) -> Arc<StageCounters> {
        Arc::clone(self.counters().entry((api.into(), stage.into())).or_default())
    }

    /// The buckets of a stage's methods, the same as long as it exists.
    #[must_use]
    pub fn buckets_of(&self, api: &str, stage: &str) -> Arc<StageBuckets> {
        Arc::clone(self.buckets().entry((api.into(), stage.into())).or_default())
    }

    fn buckets(&self) -> std::sync::MutexGuard<'_, BucketsByStage> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The API keys of all accounts and regions.
    #[must_use]
    pub fn usage_plans(&self) -> &UsagePlans {
        &self.usage_plans
    }

    /// How often all APIs of an account may be called in a region, if that is limited.
    #[must_use]
    pub fn account_throttle(&self, scope: &Scope) -> Option<Throttle> {
        let limit = self.account_limit?;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Throttle { limit, bucket: Arc::clone(accounts.entry(scope.clone()).or_default()) })
    }

    /// The caches of the stages' answers.
    #[must_use]
    pub fn caches(&self) -> &StageCaches {
        &self.caches
    }

    /// What is counted of all stages.
    #[must_use]
    pub fn totals(&self) -> Vec<StageTotals> {
        let served = self.served.load();
        let stages = served.iter().flat_map(|(api, known)| {
            known.stages.iter().map(move |(stage, served)| {
                let (counters, api_name, deployment) = match served {
                    Served::Running(running) => {
                        (&running.counters, running.api_name.clone(), running.facts.deployment_id.clone())
                    }
                    Served::Broken { counters, .. } => (counters, Box::default(), Box::default()),
                };
                StageTotals {
                    scope: known.scope.clone(),
                    api: api.clone(),
                    api_name,
                    stage: stage.clone(),
                    deployment,
                    totals: counters.of(false).totals(),
                    counters: Arc::clone(counters),
                }
            })
        });
        stages.collect()
    }

    fn change(&self, change: impl Fn(&mut HashMap<Box<str>, Arc<Api>>)) {
        self.served.rcu(|served| {
            let mut next = HashMap::clone(served);
            change(&mut next);
            next
        });
    }

    fn counters(&self) -> std::sync::MutexGuard<'_, CountersByStage> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Served {
    /// The refusal of a stage that cannot be compiled.
    #[must_use]
    pub fn refusal(why: &str) -> Refusal {
        Refusal::ApiConfigurationError(ConfigurationFault::Stage { why: why.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::Observed;

    fn broken(why: &str) -> Served {
        Served::Broken { why: why.into(), counters: Arc::default() }
    }

    fn found(apis: &Apis, api: &str, region: Option<&str>, stage: &str) -> Result<String, Refusal> {
        apis.find(api, region, stage).map(|served| match served {
            Served::Broken { why, .. } => why.to_string(),
            Served::Running(_) => "running".to_owned(),
        })
    }

    #[test]
    fn stages_come_change_and_go() {
        let apis = Apis::default();
        let here = Scope::new("000000000000", "us-west-2");
        let unknown = |why| Err(Refusal::Forbidden(why));
        assert_eq!(found(&apis, "abc", None, "prod"), unknown(Unreachable::UnknownApi));
        apis.put(&here, "abc", "prod", &broken("1"));
        apis.put(&here, "abc", "dev", &broken("2"));
        apis.put(&here, "abc", "prod", &broken("3"));
        assert_eq!(found(&apis, "abc", None, "prod").as_deref(), Ok("3"));
        assert_eq!(found(&apis, "ABC", Some("us-west-2"), "dev").as_deref(), Ok("2"));
        assert_eq!(found(&apis, "abc", Some("eu-west-1"), "prod"), unknown(Unreachable::OtherRegion));
        assert_eq!(found(&apis, "abc", None, "test"), unknown(Unreachable::UnknownStage));
        assert_eq!(found(&apis, "abc", None, ""), unknown(Unreachable::UnknownStage));
        apis.remove_stage(&here, "abc", "dev");
        assert_eq!(found(&apis, "abc", None, "dev"), unknown(Unreachable::UnknownStage));
        apis.remove_api(&here, "abc");
        assert_eq!(found(&apis, "abc", None, "prod"), unknown(Unreachable::UnknownApi));
    }

    #[test]
    fn accounts_do_not_touch_each_others_apis() {
        let apis = Apis::default();
        let (one, other) = (Scope::new("1", "us-west-2"), Scope::new("2", "us-west-2"));
        apis.put(&one, "abc", "prod", &broken("one"));
        apis.put(&other, "abc", "prod", &broken("other"));
        apis.remove_stage(&other, "abc", "prod");
        apis.remove_api(&other, "abc");
        assert_eq!(found(&apis, "abc", None, "prod").as_deref(), Ok("one"));
        assert_eq!(apis.stages(), [(one, "abc".into(), "prod".into())]);
    }

    #[test]
    fn counters_live_as_long_as_their_stage() {
        let apis = Apis::default();
        let here = Scope::new("000000000000", "us-west-2");
        apis.put(&here, "abc", "prod", &broken("1"));
        apis.counters_of("abc", "prod").of(false).count(&Observed::default());
        apis.put(&here, "abc", "prod", &broken("2"));
        assert_eq!(apis.counters_of("abc", "prod").of(false).totals().requests, 1);
        assert_eq!(apis.totals().len(), 1);
        apis.remove_stage(&here, "abc", "prod");
        assert_eq!(apis.counters_of("abc", "prod").of(false).totals().requests, 0);
    }
}
