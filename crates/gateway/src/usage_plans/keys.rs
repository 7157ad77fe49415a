//! The keys of an account in a region, by value, with the stages that their plans open to them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use api::apigateway::ThrottleSettings;
use arc_swap::ArcSwap;
use base::Timestamp;
use documents::apigateway_keys::UsagePlanDocument;
use foldhash::fast::RandomState;

use super::client::Client;
use crate::exchange::{PresentedKey, Refusal};
use crate::throttle::{Limit, Moment, Throttle};
use crate::trail::execution_log::wording::redacted;

/// Keys by value. Requests look them up without waiting; changes put a new map in the place of the
/// old one. `Debug` shows how many there are: they are secrets.
#[derive(Default)]
pub struct Keys(ArcSwap<ByValue>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.0.load().len()).finish()
    }
}

/// The map's hashes are keyed by a secret of the process, so that how long a look-up takes says
/// nothing about the values in it.
pub(super) type ByValue = HashMap<Arc<str>, Arc<Key>, RandomState>;

/// A key.
#[derive(Debug)]
pub struct Key {
    pub(super) presented: Arc<PresentedKey>,
    pub(super) enabled: bool,
    pub(super) plans: Vec<Arc<InPlan>>,
}

/// A key in a plan.
#[derive(Debug)]
pub(super) struct InPlan {
    pub(super) client: Arc<Client>,
    throttle: Option<Limited>,
    stages: Vec<OpenedStage>,
}

/// A stage that a plan opens.
#[derive(Debug)]
struct OpenedStage {
    api: Box<str>,
    name: Box<str>,
    methods: Vec<LimitedMethod>,
}

#[derive(Debug)]
struct LimitedMethod {
    path: Box<str>,
    verb: Box<str>,
    limited: Limited,
}

/// A throttle, and what it says in logs.
#[derive(Debug)]
struct Limited {
    throttle: Throttle,
    rate: f64,
    burst: i32,
}

/// A key that may call a stage, by the one plan that opens it.
#[derive(Clone, Debug)]
pub struct Member {
    presented: Arc<PresentedKey>,
    plan: Arc<InPlan>,
    stage: usize,
}

/// Why there is no key that may call the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// None was presented.
    #[error("No API Key")]
    Missing,
    /// No key has the value that was presented.
    #[error("Invalid API Key")]
    Unknown,
    /// The key is switched off.
    #[error("API Key is disabled")]
    Disabled,
    /// No plan of the key opens the stage (recorded from AWS, in these words).
    #[error("API Stage is not in a Usage Plan")]
    NotInPlan,
}

/// Which method of which stage is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called<'a> {
    /// The API's id.
    pub(crate) api: &'a str,
    /// The stage's name.
    pub(crate) stage: &'a str,
    /// The resource's id.
    pub(crate) resource: &'a str,
    /// The resource's path with its variables.
    pub(crate) path: &'a str,
    /// The request's verb.
    pub(crate) verb: &'a str,
}

impl Called<'_> {
    /// The refusal of a request that comes with this value, which is no key that may call.
    pub(crate) fn refused(self, value: Option<&str>, fault: KeyFault) -> Refusal {
        let Self { api, stage, path, verb, .. } = self;
        let key = value.map(|value| format!(" {}", redacted(value))).unwrap_or_default();
        // As users of AWS quote it, the reason behind the colon included if it is AWS's.
        let why = format!(
            "API Key{key} not authorized because method '{verb} {path}' requires API Key and API Key is not \
             associated with a Usage Plan for API Stage {api}/{stage}: {fault}"
        );
        Refusal::InvalidApiKey { why: why.into() }
    }
}

impl Keys {
    /// The key with this value, if it may call this stage.
    ///
    /// # Errors
    /// Why it may not.
    pub fn present(&self, value: Option<&str>, api: &str, stage: &str) -> Result<Member, KeyFault> {
        let value = value.filter(|value| !value.is_empty()).ok_or(KeyFault::Missing)?;
        let keys = self.0.load();
        let key = keys.get(value).ok_or(KeyFault::Unknown)?;
        if !key.enabled {
            return Err(KeyFault::Disabled);
        }
        let opened = key.plans.iter().find_map(|plan| {
            let at = plan.stages.iter().position(|open| *open.api == *api && *open.name == *stage)?;
            Some((plan, at))
        });
        let (plan, stage) = opened.ok_or(KeyFault::NotInPlan)?;
        Ok(Member { presented: Arc::clone(&key.presented), plan: Arc::clone(plan), stage })
    }

    /// Puts other keys in the place of those that are there.
    pub(super) fn put(&self, keys: ByValue) {
        self.0.store(Arc::new(keys));
    }

    /// Those that are there.
    pub(super) fn now(&self) -> Arc<ByValue> {
        self.0.load_full()
    }
}

impl Member {
    /// The key, as `$context.identity` shows it.
    pub(crate) fn into_presented(self) -> Arc<PresentedKey> {
        self.presented
    }

    /// The key's value as logs show it.
    fn redacted(&self) -> String {
        redacted(&self.presented.value)
    }

    /// Lets a request through if the key may call the method once more: by the throttle of the
    /// method in the plan, and by the plan's own, which holds for all of its stages together.
    ///
    /// # Errors
    /// 429, with AWS's words for the log (recorded).
    pub(crate) fn throttle(&self, called: Called<'_>, now: Moment) -> Result<(), Refusal> {
        let InPlan { client, throttle, stages } = &*self.plan;
        let methods = stages.get(self.stage).map(|stage| &*stage.methods).unwrap_or_default();
        let own = methods.iter().filter(|method| method.is(called)).map(|method| &method.limited);
        for limited in own.chain(throttle) {
            if !limited.throttle.take(now) {
                let Called { api, stage, resource, verb, .. } = called;
                let (key, plan, Limited { rate, burst, .. }) = (self.redacted(), &client.plan, limited);
                let why = format!(
                    "API Key {key} exceeded throttle limit for API Stage {api}/{stage}: Key throttle limit \
                     exceeded for Usage Plan ID {plan}, RestApi {api}, Stage {stage}, Resource {resource}, \
                     HttpMethod {verb}. Limit: {rate:.2} Burst: {burst}"
                );
                return Err(Refusal::KeyThrottled { why: why.into() });
            }
        }
        Ok(())
    }

    /// Counts a request on the key's quota.
    ///
    /// # Errors
    /// 429 if it is used up, with AWS's words for the log (recorded).
    pub(crate) fn count(&self, called: Called<'_>, now: Timestamp) -> Result<(), Refusal> {
        let client = &self.plan.client;
        client.count(now).map_err(|used_up| {
            let (key, plan, Called { api, stage, .. }) = (self.redacted(), &client.plan, called);
            let why = format!(
                "API Key {key} exceeded quota limit for API Stage {api}/{stage}: Key quota exhausted for Usage \
                 Plan ID {plan}. Quota Limit: {} Period: {}",
                used_up.limit, used_up.period
            );
            Refusal::QuotaExceeded { why: why.into() }
        })
    }
}

impl InPlan {
    /// A key in `plan`, with what it has used of it in `client`.
    pub(super) fn new(plan: &UsagePlanDocument, client: Arc<Client>) -> Self {
        let plan = &plan.usage_plan;
        let throttle =
            plan.throttle.as_ref().and_then(|settings| Limited::new(settings, || client.bucket.clone()));
        let stages = plan.api_stages.iter().flatten().filter_map(|stage| {
            let (api, name) = (stage.api_id.as_deref()?, stage.stage.as_deref()?);
            let throttles = stage.throttle.iter().flatten();
            let methods = throttles.filter_map(|(place, settings)| {
                let (path, verb) = place.rsplit_once('/')?;
                // The root's throttle is `//GET`, and the Terraform provider's `/GET`.
                let path = if path.is_empty() { "/" } else { path };
                let bucket = || client.methods.of(&format!("{api}/{name} {path}"), verb);
                let limited = Limited::new(settings, bucket)?;
                Some(LimitedMethod { path: path.into(), verb: verb.into(), limited })
            });
            Some(OpenedStage { api: api.into(), name: name.into(), methods: methods.collect() })
        });
        let stages = stages.collect();
        Self { throttle, stages, client }
    }
}

impl LimitedMethod {
    /// Whether it holds for this method. What is set for ANY holds for every verb, besides what is
    /// set for the verb itself.
    fn is(&self, called: Called<'_>) -> bool {
        *self.path == *called.path && (*self.verb == *called.verb || &*self.verb == "ANY")
    }
}

impl Limited {
    fn new(
        settings: &ThrottleSettings,
        bucket: impl FnOnce() -> Arc<crate::throttle::Bucket>,
    ) -> Option<Self> {
        let (rate, burst) = (settings.rate_limit.unwrap_or(-1.0), settings.burst_limit.unwrap_or(-1));
        let limit = Limit::new(rate, burst)?;
        Some(Self { throttle: Throttle { limit, bucket: bucket() }, rate, burst })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Instant;

    use base::Scope;
    use serde_json::{Value, json};

    use super::super::client::Active;
    use super::super::meter::{Meter, Standing};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);
    const VALUE: &str = "0123456789abcdefghijF0yrv6";

    fn client(plan: &UsagePlanDocument) -> Arc<Client> {
        Arc::new(Client {
            scope: Scope::new("000000000000", "us-west-2"),
            plan: "nnpegc".into(),
            key: "key1".into(),
            bucket: Arc::default(),
            methods: crate::throttle::StageBuckets::default(),
            meter: Meter::new(Arc::new(plan.clone()), Standing::default(), NOW),
            active: Arc::new(Active::default()),
        })
    }

    fn plan(settings: Value) -> UsagePlanDocument {
        UsagePlanDocument { usage_plan: serde_json::from_value(settings).unwrap(), created: NOW }
    }

    /// One key in this plan.
    fn keys(settings: Value, enabled: bool) -> (Keys, Arc<Client>) {
        let (keys, plan) = (Keys::default(), plan(settings));
        let client = client(&plan);
        let presented = PresentedKey { id: "key1".into(), value: VALUE.into() };
        let plans = vec![Arc::new(InPlan::new(&plan, Arc::clone(&client)))];
        let key = Key { presented: Arc::new(presented), enabled, plans };
        keys.put(ByValue::from_iter([(VALUE.into(), Arc::new(key))]));
        (keys, client)
    }

    const CALLED: Called<'static> =
        Called { api: "rohkz08x02", stage: "dev", resource: "f646q2", path: "/pets", verb: "GET" };

    fn log(refusal: Refusal) -> String {
        match refusal {
            Refusal::KeyThrottled { why } | Refusal::QuotaExceeded { why } => why.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let (keys, _) = keys(json!({"apiStages": [{"apiId": "a", "stage": "prod"}]}), true);
        let member = keys.present(Some(VALUE), "a", "prod").unwrap();
        for shown in [format!("{keys:?}"), format!("{member:?}")] {
            assert!(!shown.contains(VALUE), "{shown}");
        }
    }

    #[test]
    fn a_key_opens_the_stages_of_its_plans_alone() {
        let stages = json!({"apiStages": [{"apiId": "a", "stage": "prod"}]});
        let (open, _) = keys(stages.clone(), true);
        let fault = |value: Option<&str>, api, stage| open.present(value, api, stage).err();
        assert_eq!(fault(Some(VALUE), "a", "prod"), None);
        assert_eq!(fault(Some(VALUE), "a", "dev"), Some(KeyFault::NotInPlan));
        assert_eq!(fault(Some(VALUE), "b", "prod"), Some(KeyFault::NotInPlan));
        assert_eq!(fault(Some(&VALUE.to_ascii_uppercase()), "a", "prod"), Some(KeyFault::Unknown));
        assert_eq!(fault(Some(&VALUE[1..]), "a", "prod"), Some(KeyFault::Unknown));
        assert_eq!(fault(Some(""), "a", "prod"), Some(KeyFault::Missing));
        assert_eq!(fault(None, "a", "prod"), Some(KeyFault::Missing));
        let (off, _) = keys(stages, false);
        assert_eq!(off.present(Some(VALUE), "a", "prod").err(), Some(KeyFault::Disabled));
    }

    /// The lines are those that AWS's support pages quote.
    #[test]
    fn a_plan_limits_how_fast_and_how_often() {
        let settings = json!({
            "apiStages": [{"apiId": "rohkz08x02", "stage": "dev"}],
            "throttle": {"rateLimit": 5.0, "burstLimit": 10},
            "quota": {"limit": 500, "offset": 0, "period": "DAY"},
        });
        let (keys, _) = keys(settings, true);
        let member = keys.present(Some(VALUE), "rohkz08x02", "dev").unwrap();
        let now = Moment::from(Instant::now());
        assert!((0..10).all(|_| member.throttle(CALLED, now).is_ok()));
        assert_eq!(
            log(member.throttle(CALLED, now).unwrap_err()),
            "API Key ********************F0yrv6 exceeded throttle limit for API Stage rohkz08x02/dev: Key throttle \
             limit exceeded for Usage Plan ID nnpegc, RestApi rohkz08x02, Stage dev, Resource f646q2, HttpMethod \
             GET. Limit: 5.00 Burst: 10"
        );
        assert!((0..500).all(|_| member.count(CALLED, NOW).is_ok()));
        assert_eq!(
            log(member.count(CALLED, NOW).unwrap_err()),
            "API Key ********************F0yrv6 exceeded quota limit for API Stage rohkz08x02/dev: Key quota \
             exhausted for Usage Plan ID nnpegc. Quota Limit: 500 Period: DAY"
        );
    }

    #[test]
    fn methods_have_throttles_of_their_own_besides_the_plans() {
        let tight = json!({"rateLimit": 0.001, "burstLimit": 2});
        let settings = json!({
            "apiStages": [{"apiId": "rohkz08x02", "stage": "dev", "throttle": {
                "/pets/GET": tight, "/GET": tight, "/toys/ANY": tight,
            }}],
            "throttle": {"rateLimit": 0.001, "burstLimit": 9},
        });
        let (keys, _) = keys(settings, true);
        let member = keys.present(Some(VALUE), "rohkz08x02", "dev").unwrap();
        let now = Moment::from(Instant::now());
        let passed = |path, verb| {
            let called = Called { path, verb, ..CALLED };
            (0..4).filter(|_| member.throttle(called, now).is_ok()).count()
        };
        assert_eq!(passed("/pets", "GET"), 2);
        assert_eq!(passed("/", "GET"), 2);
        assert_eq!(passed("/toys", "PUT"), 2);
        // What is left of the plan's nine.
        assert_eq!(passed("/pets", "POST"), 3);
    }

    #[test]
    fn what_is_used_outlives_a_change_of_the_plan() {
        let settings = |burst: i32| {
            json!({
                "apiStages": [{"apiId": "rohkz08x02", "stage": "dev"}],
                "throttle": {"rateLimit": 0.001, "burstLimit": burst},
            })
        };
        let (keys, client) = keys(settings(2), true);
        let now = Moment::from(Instant::now());
        let member = keys.present(Some(VALUE), "rohkz08x02", "dev").unwrap();
        assert_eq!((0..9).filter(|_| member.throttle(CALLED, now).is_ok()).count(), 2);
        let wider = InPlan::new(&plan(settings(3)), client);
        let member = Member { plan: Arc::new(wider), ..member };
        assert_eq!((0..9).filter(|_| member.throttle(CALLED, now).is_ok()).count(), 1);
    }
}
