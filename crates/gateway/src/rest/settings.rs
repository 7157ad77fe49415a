//! What a stage sets for a method: how often it may be called, whether its answers are cached, how
//! much of it is logged, whether it is counted by itself. Settings are by the verb of requests, and
//! ANY has none of its own (measured at AWS), so a method that takes any verb may have others for each.

use std::sync::Arc;

use api::apigateway::{Method, Stage};
use documents::apigateway::{method_setting, own_method_setting};

use super::StageVariables;
use crate::cache::MethodCache;
use crate::exchange::ResourceFacts;
use crate::integration::lambda::OWN_RIGHT;
use crate::mapping::source::MappingError;
use crate::throttle::{Limit, StageBuckets, Throttle};
use crate::trail::{Detail, MethodCounters, StageCounters};

/// The verbs that may have settings of their own.
const VERBS: [http::Method; 7] = [
    http::Method::GET,
    http::Method::PUT,
    http::Method::POST,
    http::Method::DELETE,
    http::Method::PATCH,
    http::Method::OPTIONS,
    http::Method::HEAD,
];

const ANY: &str = "ANY";

/// What is set for requests of one verb.
#[derive(Debug, Default)]
pub struct Settings {
    /// How often it may be called, if that is limited.
    pub throttle: Option<Throttle>,
    /// How its answers are cached, if they are.
    pub cache: Option<MethodCache>,
    /// How much of its execution is logged.
    pub log: Option<Detail>,
    /// What is counted of it: API Gateway's detailed metrics, if the stage asks for them.
    pub counters: Option<Arc<MethodCounters>>,
}

/// What is set for a method.
#[derive(Debug, Default)]
pub struct MethodSettings {
    all: Settings,
    /// Of a method that takes any verb: those that differ.
    others: Vec<(http::Method, Settings)>,
}

/// What settings are compiled with.
#[derive(Clone, Copy)]
pub(super) struct Compiling<'a> {
    pub(super) stage: &'a Stage,
    pub(super) resource: &'a ResourceFacts,
    pub(super) method: &'a Method,
    pub(super) variables: &'a StageVariables,
    pub(super) buckets: &'a StageBuckets,
    pub(super) counters: &'a StageCounters,
    /// Whether it is compiled for the stage's canary.
    pub(super) canary: bool,
    /// Whether the account lets API Gateway write execution logs.
    pub(super) logs: bool,
}

impl MethodSettings {
    /// Of the method `verb`. Why answers that are to be cached are not goes to `told`.
    pub(super) fn compile(with: &Compiling<'_>, verb: &str, mut told: impl FnMut(MappingError)) -> Self {
        let all = with.settings(verb, verb, &mut told);
        let mut others = Vec::new();
        if verb == ANY {
            for verb in VERBS {
                let own = own_method_setting(with.stage, &with.resource.path, verb.as_str()).is_some();
                // What is set for all methods caches GET, and it has one bucket for a method. What is
                // counted is counted by the verb of requests.
                let bucket = if own { verb.as_str() } else { ANY };
                let settings = with.settings(verb.as_str(), bucket, &mut told);
                if own || settings.cache.is_some() || settings.counters.is_some() {
                    others.push((verb, settings));
                }
            }
        }
        Self { all, others }
    }

    /// Everything of a test is logged, and nothing of it is limited or cached.
    pub(crate) fn of_test() -> Self {
        let all = Settings { log: Some(Detail::Test), ..Settings::default() };
        Self { all, others: Vec::new() }
    }

    /// For a request with this verb.
    #[must_use]
    pub fn of(&self, verb: &http::Method) -> &Settings {
        let own = self.others.iter().find(|(own, _)| own == verb);
        own.map_or(&self.all, |(_, settings)| settings)
    }
}

impl Compiling<'_> {
    fn settings(&self, verb: &str, bucket: &str, told: &mut impl FnMut(MappingError)) -> Settings {
        let Self { stage, resource, method, variables, buckets, counters, canary, logs } = *self;
        let setting = method_setting(stage, &resource.path, verb);
        let limit = setting.and_then(Limit::of_method);
        // What is invoked by one caller's right is no answer for another, who may not have it.
        let integration = method.method_integration.as_ref();
        let integration =
            integration.filter(|integration| integration.credentials.as_deref() != Some(OWN_RIGHT));
        let cache = integration
            .map(|integration| MethodCache::compile(stage, resource, verb, integration, variables))
            .transpose();
        Settings {
            throttle: limit.map(|limit| Throttle { limit, bucket: buckets.of(&resource.path, bucket) }),
            cache: cache
                .unwrap_or_else(|error| {
                    told(error);
                    None
                })
                .flatten(),
            log: setting.filter(|_| logs).and_then(Detail::of_setting),
            counters: setting
                .filter(|setting| setting.metrics_enabled == Some(true))
                .map(|_| counters.of_method(canary, &resource.path, verb)),
        }
    }
}
