//! What of a method's answers is cached, for how long and under which keys.

use std::borrow::Cow;
use std::time::Duration;

use api::apigateway::{
    Integration, MethodSetting, ResponseTransferMode, Stage,
    UnauthorizedCacheControlHeaderStrategy as Strategy,
};
use documents::apigateway::{method_setting, own_method_setting};
use http::header::CACHE_CONTROL;

use super::LONGEST_TTL;
use crate::exchange::ResourceFacts;
use crate::exchange::StageVariables;
use crate::mapping::source::{MappingError, RequestView, Source};
use crate::message::Headers;

/// The settings' default.
const DEFAULT_TTL: Duration = Duration::from_secs(300);

/// How a method's answers are cached.
#[derive(Clone, Debug)]
pub struct MethodCache {
    /// What all keys of the method begin with: the namespace, which is the resource if the
    /// integration names none, the verb, and the names of the parameters. So no two methods share
    /// entries that are not told to, and a deployment with other parameters finds none of before.
    prefix: Box<[u8]>,
    parameters: Vec<Source>,
    /// How long an entry is served.
    pub ttl: Duration,
    /// Whether entries are encrypted.
    pub sealed: bool,
    /// What `Cache-Control: max-age=0` does.
    pub control: CacheControl,
}

/// What a request's `Cache-Control: max-age=0` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheControl {
    /// Any client may have an entry replaced.
    Anyone,
    /// Only who is allowed `execute-api:InvalidateCache`. Others are refused.
    OrRefuse,
    /// The same; for others the header means nothing, and the answer warns of that.
    OrWarn,
    /// The same; for others the header means nothing.
    OrIgnore,
}

impl MethodCache {
    /// Of the method `verb` of `resource`; `None` if its answers are not cached.
    ///
    /// Settings for all methods cache GET only; other verbs have to be named (developer guide).
    ///
    /// # Errors
    /// If a cache key is no parameter of the request: then nothing must be cached, for the answers
    /// of different requests could not be told apart. The API of the integration refuses those too.
    pub fn compile(
        stage: &Stage,
        resource: &ResourceFacts,
        verb: &str,
        integration: &Integration,
        variables: &StageVariables,
    ) -> Result<Option<Self>, MappingError> {
        let enabled = stage.cache_cluster_enabled == Some(true);
        let Some(setting) = method_setting(stage, &resource.path, verb).filter(|_| enabled) else {
            return Ok(None);
        };
        let is_own = own_method_setting(stage, &resource.path, verb).is_some();
        let ttl = setting.cache_ttl_in_seconds.map_or(DEFAULT_TTL, seconds).min(LONGEST_TTL);
        if setting.caching_enabled != Some(true) || ttl.is_zero() || !(is_own || verb == "GET") {
            return Ok(None);
        }
        // "When response transfer mode is set to STREAM, endpoint caching is not supported" (API Gateway
        // developer guide, "Stream the integration response for your proxy integrations").
        if integration.response_transfer_mode == Some(ResponseTransferMode::Stream) {
            return Ok(None);
        }
        let names = integration.cache_key_parameters.as_deref().unwrap_or_default();
        let parameters = names.iter().map(|name| parameter(name, integration, variables));
        let namespace = integration.cache_namespace.as_deref().filter(|namespace| !namespace.is_empty());
        let mut prefix = Vec::new();
        for part in
            [namespace.unwrap_or(&resource.id), verb].into_iter().chain(names.iter().map(String::as_str))
        {
            write(&mut prefix, part.as_bytes());
        }
        Ok(Some(Self {
            prefix: prefix.into(),
            parameters: parameters.collect::<Result<_, _>>()?,
            ttl,
            sealed: setting.cache_data_encrypted == Some(true),
            control: CacheControl::of(setting),
        }))
    }

    /// Whether a request's key depends on its body.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.parameters.iter().any(Source::reads_body)
    }

    /// The key of a request: absent parameters and empty ones are told apart.
    #[must_use]
    pub fn key(&self, view: &RequestView<'_>) -> Box<[u8]> {
        let mut key = self.prefix.to_vec();
        for parameter in &self.parameters {
            let values = parameter.values(view, None);
            key.extend((values.len() as u64).to_le_bytes());
            for value in &values {
                write(&mut key, value.as_str().as_bytes());
            }
        }
        key.into()
    }
}

impl CacheControl {
    /// By default only who is allowed to may invalidate, and others are warned (API reference,
    /// `MethodSetting`).
    fn of(setting: &MethodSetting) -> Self {
        if setting.require_authorization_for_cache_control == Some(false) {
            return Self::Anyone;
        }
        match setting.unauthorized_cache_control_header_strategy {
            Some(Strategy::FailWith403) => Self::OrRefuse,
            Some(Strategy::SucceedWithoutResponseHeader) => Self::OrIgnore,
            Some(Strategy::SucceedWithResponseHeader) | None => Self::OrWarn,
        }
    }
}

/// Whether a request asks for an answer from the backend (developer guide, "Invalidate an API
/// Gateway cache entry": `Cache-Control: max-age=0`; of other directives nothing is said).
#[must_use]
pub(crate) fn asks_for_fresh(headers: &Headers) -> bool {
    let values = headers.get_all(CACHE_CONTROL).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|directive| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        name.trim().eq_ignore_ascii_case("max-age") && value.trim() == "0"
    })
}

/// A cache key's source: of the method's request, or what is mapped to a parameter of the
/// integration's.
fn parameter(
    name: &str,
    integration: &Integration,
    variables: &StageVariables,
) -> Result<Source, MappingError> {
    let expression: Cow<'_, str> = if name.starts_with("integration.request.") {
        let mapped = integration.request_parameters.as_ref().and_then(|mapped| mapped.get(name));
        mapped.map(Into::into).ok_or_else(|| MappingError::Parameter(name.to_owned()))?
    } else {
        name.into()
    };
    Source::of_request(&expression, variables)
}

fn write(key: &mut Vec<u8>, part: &[u8]) {
    key.extend((part.len() as u64).to_le_bytes());
    key.extend(part);
}

fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn compiled(settings: &serde_json::Value, verb: &str) -> Option<MethodCache> {
        let stage = json!({"cacheClusterEnabled": true, "methodSettings": settings});
        let resource = ResourceFacts { id: "r1".into(), path: "/pets".into() };
        let (stage, variables) = (serde_json::from_value(stage).unwrap(), StageVariables::default());
        MethodCache::compile(&stage, &resource, verb, &Integration::default(), &variables).unwrap()
    }

    /// Developer guide: only GET by default, 300 seconds by default, 3600 at most, 0 is off.
    #[test]
    fn settings_say_what_is_cached() {
        let all = json!({"*/*": {"cachingEnabled": true}});
        assert_eq!(compiled(&all, "GET").map(|cache| cache.ttl.as_secs()), Some(300));
        assert!(compiled(&all, "POST").is_none());
        assert!(compiled(&all, "ANY").is_none());
        let own = |setting: serde_json::Value| json!({"*/*": {"cachingEnabled": true}, "pets/POST": setting});
        assert!(compiled(&own(json!({"cachingEnabled": true})), "POST").is_some());
        assert!(compiled(&own(json!({"cachingEnabled": false})), "POST").is_none());
        for (ttl, expected) in [(0, None), (1, Some(1)), (3600, Some(3600)), (9999, Some(3600)), (-1, None)] {
            let found = compiled(&json!({"*/*": {"cachingEnabled": true, "cacheTtlInSeconds": ttl}}), "GET");
            assert_eq!(found.map(|cache| cache.ttl.as_secs()), expected, "{ttl}");
        }
    }

    #[test]
    fn streams_are_not_cached() {
        let integration = Integration {
            response_transfer_mode: Some(ResponseTransferMode::Stream),
            ..Integration::default()
        };
        let stage = json!({"cacheClusterEnabled": true, "methodSettings": {"*/*": {"cachingEnabled": true}}});
        let resource = ResourceFacts { id: "r1".into(), path: "/pets".into() };
        let (stage, variables) = (serde_json::from_value(stage).unwrap(), StageVariables::default());
        let compiled = MethodCache::compile(&stage, &resource, "GET", &integration, &variables).unwrap();
        assert!(compiled.is_none());
    }

    #[test]
    fn authorization_for_invalidating_is_the_default() {
        let control = |setting: serde_json::Value| {
            let mut setting = setting;
            setting["cachingEnabled"] = true.into();
            compiled(&json!({"*/*": setting}), "GET").unwrap().control
        };
        let named = |strategy: &str| json!({"unauthorizedCacheControlHeaderStrategy": strategy});
        assert_eq!(control(json!({})), CacheControl::OrWarn);
        assert_eq!(control(named("SUCCEED_WITH_RESPONSE_HEADER")), CacheControl::OrWarn);
        assert_eq!(control(named("SUCCEED_WITHOUT_RESPONSE_HEADER")), CacheControl::OrIgnore);
        assert_eq!(control(named("FAIL_WITH_403")), CacheControl::OrRefuse);
        assert_eq!(control(json!({"requireAuthorizationForCacheControl": false})), CacheControl::Anyone);
    }

    #[test]
    fn a_key_that_is_nowhere_is_an_error() {
        let stage = json!({"cacheClusterEnabled": true, "methodSettings": {"*/*": {"cachingEnabled": true}}});
        let stage: Stage = serde_json::from_value(stage).unwrap();
        let resource = ResourceFacts { id: "r1".into(), path: "/pets".into() };
        for name in ["integration.request.header.x", "method.request.nothing", "x"] {
            let integration: Integration =
                serde_json::from_value(json!({"cacheKeyParameters": [name]})).unwrap();
            let variables = StageVariables::default();
            assert!(
                MethodCache::compile(&stage, &resource, "GET", &integration, &variables).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn max_age_0_asks_for_a_fresh_answer() {
        for (value, expected) in [
            ("max-age=0", true),
            ("no-store, Max-Age = 0", true),
            ("max-age=1", false),
            ("max-age=00", false),
            ("no-cache", false),
            ("s-maxage=0", false),
        ] {
            let headers = Headers::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))]);
            assert_eq!(asks_for_fresh(&headers), expected, "{value}");
        }
    }
}
