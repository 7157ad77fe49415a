//! The stages that are served, by API, of whatever kind. Requests look them up without waiting;
//! changes put a new map in the place of the old one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use base::Scope;
use foldhash::fast::RandomState;

use super::publication::Ready;
use super::{StageCaches, default_endpoint};
use crate::exchange::{Address, ConfigurationFault, Refusal, Unreachable};
use crate::http_api;
use crate::integration::backends::Backends;
use crate::rest;
use crate::throttle::{AccountBuckets, Limit, StageBuckets, Throttle};
use crate::tls::Demands;
use crate::trail::{StageCounters, Totals};
use crate::usage_plans::UsagePlans;
use crate::websocket;

/// The served stages of all APIs in all accounts and regions.
#[derive(Debug, Default)]
pub struct Apis {
    served: ArcSwap<ByApi>,
    /// Counters outlive what they count, until the stage is gone.
    counters: Mutex<CountersByStage>,
    buckets: Mutex<BucketsByStage>,
    caches: StageCaches,
    usage_plans: Arc<UsagePlans>,
    /// How often all APIs of an account may be called in a region, if that is limited.
    account_limit: Option<Limit>,
    accounts: AccountBuckets,
    backends: Arc<Backends>,
}

/// The stage of an HTTP API that takes what names no other.
const DEFAULT_STAGE: &str = "$default";

/// What is served, by API.
type ByApi = HashMap<Box<str>, Arc<Api>, RandomState>;

/// By API and stage.
type BucketsByStage = HashMap<(Box<str>, Box<str>), Arc<StageBuckets>>;

/// By API and stage.
type CountersByStage = HashMap<(Box<str>, Box<str>), Arc<StageCounters>>;

#[derive(Clone, Debug)]
struct Api {
    scope: Scope,
    protocol: Protocol,
    stages: Vec<(Box<str>, Served)>,
    /// Whether it is known that the API exists, whatever its stages.
    declared: bool,
}

/// What kind of API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
    /// A WebSocket API.
    WebSocket,
}

/// A stage as it is served.
#[derive(Clone, Debug)]
pub enum Served {
    /// A REST API's, compiled.
    Rest(Arc<rest::CompiledStage>),
    /// An HTTP API's, compiled.
    Http(Arc<http_api::CompiledStage>),
    /// A WebSocket API's, compiled.
    WebSocket(Arc<websocket::CompiledStage>),
    /// It cannot be compiled. What was served before it changed is not served on: the stage
    /// refuses everything until it can be compiled again.
    Broken {
        /// What kind of API it is of.
        protocol: Protocol,
        /// Why, for the operator.
        why: Arc<str>,
        /// What is counted.
        counters: Arc<StageCounters>,
    },
}

/// What is counted of one stage.
#[derive(Clone, Debug)]
pub struct StageTotals {
    /// What kind of API it is of.
    pub protocol: Protocol,
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

    /// The stage of this name.
    ///
    /// # Errors
    /// 403 if there is no such API, here or in the named region, or no such stage; 404 if it is an
    /// HTTP API that has no such stage.
    pub fn find(&self, api: &str, region: Option<&str>, stage: &str) -> Result<Served, Refusal> {
        self.with(api, region, |found| found.stage(stage).ok_or_else(|| found.no_such_stage()))
    }

    /// The stage that a request's address names in its path, and the address once more: an HTTP API's
    /// stage `$default` takes what names no other, and then the stage has no place in the path (API
    /// Gateway developer guide, "Create routes for HTTP APIs in API Gateway").
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn addressed(
        &self,
        api: &str,
        region: Option<&str>,
        path: &str,
        address: Address,
    ) -> Result<(Served, Address), Refusal> {
        let name = path.get(address.stage.clone()).unwrap_or_default();
        self.with(api, region, |found| {
            let http = found.protocol == Protocol::Http;
            // `$default` is no segment of a path.
            let named = if http && name == DEFAULT_STAGE { None } else { found.stage(name) };
            if let Some(named) = named {
                return Ok((named, address.clone()));
            }
            let whole = address.without_stage(path).filter(|_| http);
            let default = whole.and_then(|address| Some((found.stage(DEFAULT_STAGE)?, address)));
            default.ok_or_else(|| found.no_such_stage())
        })
    }

    /// What all stages of an API ask of connections to its default endpoint.
    pub(super) fn demands(&self, api: &str) -> Demands {
        let served = self.served.load();
        let known = served.get(api).or_else(|| served.get(&*api.to_ascii_lowercase()));
        let stages = known.iter().flat_map(|known| &known.stages);
        default_endpoint::common(stages.filter_map(|(_, served)| match served {
            Served::Rest(stage) => Some(&**stage),
            Served::Http(_) | Served::WebSocket(_) | Served::Broken { .. } => None,
        }))
    }

    fn with<T>(
        &self,
        api: &str,
        region: Option<&str>,
        found: impl FnOnce(&Api) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let served = self.served.load();
        let known = match served.get(api) {
            Some(known) => known,
            // Host names are the same in any case, and ids are lower case.
            None => {
                served.get(&*api.to_ascii_lowercase()).ok_or(Refusal::Forbidden(Unreachable::UnknownApi))?
            }
        };
        if region.is_some_and(|region| region != known.scope.region()) {
            return Err(Refusal::Forbidden(Unreachable::OtherRegion));
        }
        found(known)
    }

    /// Serves a stage, in place of what was served before.
    pub fn put(&self, scope: &Scope, api: &str, stage: &str, served: &Served) {
        let (scope, served) = (scope.clone(), served.clone());
        self.put_all(vec![Ready { scope, api: api.into(), stage: stage.into(), served }]);
    }

    /// Serves these stages from one moment on.
    pub(super) fn put_all(&self, ready: Vec<Ready>) {
        if ready.is_empty() {
            return;
        }
        self.change(|apis| {
            for Ready { scope, api, stage, served } in &ready {
                let Some(known) = entry(apis, scope, api, served.protocol()) else { continue };
                known.stages.retain(|(name, _)| *name != *stage);
                known.stages.push((stage.clone(), served.clone()));
            }
        });
    }

    /// Knows that an API exists, even while none of its stages is served: what it is asked then is answered as
    /// its kind does.
    pub fn declare(&self, scope: &Scope, api: &str, protocol: Protocol) {
        self.change(|apis| {
            if let Some(known) = entry(apis, scope, api, protocol) {
                known.declared = true;
            }
        });
    }

    /// The APIs that are known to exist.
    pub(super) fn declared(&self) -> Vec<(Scope, Box<str>)> {
        let served = self.served.load();
        let declared = served.iter().filter(|(_, known)| known.declared);
        declared.map(|(api, known)| (known.scope.clone(), api.clone())).collect()
    }

    /// What kind of API it is, if any of its stages is served.
    pub(super) fn protocol(&self, api: &str) -> Option<Protocol> {
        self.served.load().get(api).map(|known| known.protocol)
    }

    /// Serves a stage no longer.
    pub fn remove_stage(&self, scope: &Scope, api: &str, stage: &str) {
        self.change(|apis| {
            let Some(known) = apis.get_mut(api).filter(|known| known.scope == *scope) else { return };
            let known = Arc::make_mut(known);
            known.stages.retain(|(name, _)| **name != *stage);
            if known.stages.is_empty() && !known.declared {
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

    /// The stages that are served of such APIs, by account and region, API and name.
    pub(super) fn stages(&self, of: impl Fn(Protocol) -> bool) -> Vec<(Scope, Box<str>, Box<str>)> {
        let served = self.served.load();
        let stages = served.iter().filter(|(_, known)| of(known.protocol)).flat_map(|(api, known)| {
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
        Some(Throttle { limit, bucket: self.accounts.of(scope, Instant::now()) })
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
                    Served::Rest(stage) => {
                        (&stage.counters, stage.api_name.clone(), stage.facts.deployment_id.clone())
                    }
                    Served::Http(stage) => {
                        (&stage.counters, stage.api_name.clone(), stage.facts.deployment_id.clone())
                    }
                    Served::WebSocket(stage) => {
                        (&stage.counters, stage.api_name.clone(), stage.facts.deployment_id.clone())
                    }
                    Served::Broken { counters, .. } => (counters, Box::default(), Box::default()),
                };
                StageTotals {
                    protocol: known.protocol,
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

    fn change(&self, change: impl Fn(&mut ByApi)) {
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

/// The API of this id, which is there from then on; nothing if it is another's.
fn entry<'a>(apis: &'a mut ByApi, scope: &Scope, api: &str, protocol: Protocol) -> Option<&'a mut Api> {
    let entry = apis.entry(api.into()).or_insert_with(|| {
        Arc::new(Api { scope: scope.clone(), protocol, stages: Vec::new(), declared: false })
    });
    let known = Arc::make_mut(entry);
    if known.scope != *scope || known.protocol != protocol {
        tracing::error!(api, scope = ?known.scope, other = ?scope, "two APIs have the same id");
        return None;
    }
    Some(known)
}

impl Api {
    fn stage(&self, name: &str) -> Option<Served> {
        self.stages.iter().find(|(own, _)| **own == *name).map(|(_, served)| served.clone())
    }

    fn no_such_stage(&self) -> Refusal {
        match self.protocol {
            Protocol::Http => Refusal::NotFound,
            Protocol::Rest | Protocol::WebSocket => Refusal::Forbidden(Unreachable::UnknownStage),
        }
    }
}

impl websocket::Stages for Apis {
    fn current(&self, api: &str, stage: &str) -> Option<Arc<websocket::CompiledStage>> {
        match self.find(api, None, stage) {
            Ok(Served::WebSocket(stage)) => Some(stage),
            _ => None,
        }
    }
}

impl Served {
    /// What kind of API it is of.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        match self {
            Self::Rest(_) => Protocol::Rest,
            Self::Http(_) => Protocol::Http,
            Self::WebSocket(_) => Protocol::WebSocket,
            Self::Broken { protocol, .. } => *protocol,
        }
    }

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
        Served::Broken { protocol: Protocol::Rest, why: why.into(), counters: Arc::default() }
    }

    fn of_http(why: &str) -> Served {
        Served::Broken { protocol: Protocol::Http, why: why.into(), counters: Arc::default() }
    }

    fn found(apis: &Apis, api: &str, region: Option<&str>, stage: &str) -> Result<String, Refusal> {
        apis.find(api, region, stage).map(|served| match served {
            Served::Broken { why, .. } => why.to_string(),
            Served::Rest(_) | Served::Http(_) | Served::WebSocket(_) => "running".to_owned(),
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
        assert_eq!(apis.stages(|protocol| protocol == Protocol::Rest), [(one, "abc".into(), "prod".into())]);
    }

    /// Developer guide, "Create routes for HTTP APIs in API Gateway": a stage that the request matches,
    /// else `$default`, else 404.
    #[test]
    fn the_default_stage_takes_what_names_no_other() {
        let apis = Apis::default();
        let here = Scope::new("000000000000", "us-west-2");
        apis.put(&here, "abc", "prod", &of_http("prod"));
        let addressed = |path: &str, from: usize| {
            let (served, address) =
                apis.addressed("abc", None, path, super::super::address::address(path, from))?;
            let Served::Broken { why, .. } = served else { panic!("running") };
            Ok::<_, Refusal>(format!("{why} [{}] [{}]", &path[address.stage], &path[address.rest..]))
        };
        assert_eq!(addressed("/x", 0), Err(Refusal::NotFound));
        apis.put(&here, "abc", DEFAULT_STAGE, &of_http("default"));
        for (path, from, expected) in [
            ("/prod/x", 0, "prod [prod] [/x]"),
            ("/prod", 0, "prod [prod] []"),
            ("/products/x", 0, "default [] [/products/x]"),
            ("/Prod/x", 0, "default [] [/Prod/x]"),
            ("/pro%64/x", 0, "default [] [/pro%64/x]"),
            ("/$default/x", 0, "default [] [/$default/x]"),
            ("/", 0, "default [] [/]"),
            ("//x", 0, "default [] [/x]"),
            ("/_aws/execute-api/abc", 21, "default [] []"),
            ("/_aws/execute-api/abc/", 21, "default [] [/]"),
            ("/_aws/execute-api/abc/x/y", 21, "default [] [/x/y]"),
        ] {
            assert_eq!(addressed(path, from).as_deref(), Ok(expected), "{path}");
        }
        assert!(apis.find("abc", None, DEFAULT_STAGE).is_ok());
    }

    /// Developer guide, "Create routes for HTTP APIs in API Gateway": without a stage that takes a request the
    /// answer is 404, which is also that of an API that has no stages yet.
    #[test]
    fn an_http_api_without_stages_is_known() {
        let apis = Apis::default();
        let here = Scope::new("000000000000", "us-west-2");
        apis.declare(&here, "abc", Protocol::Http);
        assert_eq!(found(&apis, "abc", None, "prod"), Err(Refusal::NotFound));
        apis.put(&here, "abc", "prod", &of_http("1"));
        apis.remove_stage(&here, "abc", "prod");
        assert_eq!(found(&apis, "abc", None, "prod"), Err(Refusal::NotFound));
        assert_eq!(apis.declared(), [(here.clone(), "abc".into())]);
        apis.remove_api(&here, "abc");
        assert_eq!(found(&apis, "abc", None, "prod"), Err(Refusal::Forbidden(Unreachable::UnknownApi)));
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
