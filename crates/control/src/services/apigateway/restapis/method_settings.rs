//! A stage's `methodSettings`: how methods are logged, throttled and cached. `*/*` is for all
//! methods; any other key is a resource's path and a verb.
//!
//! Clients write a key's path in three ways: as it is without the first slash (`a/b/GET`, the
//! Terraform provider), as one segment of a JSON pointer (`~1a~1b/GET`, AWS's own tools), and
//! anything between; and they look for the key that they wrote. So a key is kept as it was first
//! written, save for the escaped slash before it, and all ways lead to the same entry.

use api::apigateway::{MethodSetting, UnauthorizedCacheControlHeaderStrategy};
use documents::apigateway::plain_path;
use indexmap::IndexMap;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;
use crate::patch::flag;

/// The key of the settings for all methods.
const ALL: &str = "*/*";

/// The verbs that may have settings of their own. `ANY` may not (measured at AWS).
const VERBS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// One of the settings of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    MetricsEnabled,
    DataTrace,
    LoggingLevel,
    BurstLimit,
    RateLimit,
    CacheTtl,
    CachingEnabled,
    CacheDataEncrypted,
    RequireAuthorizationForCacheControl,
    UnauthorizedCacheControlHeaderStrategy,
}

/// The key and the setting that a patch path leads to; `None` if it leads to none.
pub(super) fn address(settings: &IndexMap<String, MethodSetting>, path: &str) -> Option<(String, Setting)> {
    let (path, name) = path.rsplit_once('/')?;
    let (method, group) = path.rsplit_once('/')?;
    let setting = match (group, name) {
        ("metrics", "enabled") => Setting::MetricsEnabled,
        ("logging", "dataTrace") => Setting::DataTrace,
        ("logging", "loglevel") => Setting::LoggingLevel,
        ("throttling", "burstLimit") => Setting::BurstLimit,
        ("throttling", "rateLimit") => Setting::RateLimit,
        ("caching", "ttlInSeconds") => Setting::CacheTtl,
        ("caching", "enabled") => Setting::CachingEnabled,
        ("caching", "dataEncrypted") => Setting::CacheDataEncrypted,
        ("caching", "requireAuthorizationForCacheControl") => Setting::RequireAuthorizationForCacheControl,
        ("caching", "unauthorizedCacheControlHeaderStrategy") => {
            Setting::UnauthorizedCacheControlHeaderStrategy
        }
        _ => return None,
    };
    Some((key(settings, method)?, setting))
}

/// Sets one setting. An entry that is new begins with what `*/*` has at that time, or with the
/// defaults; later changes of `*/*` do not reach it. All recorded from AWS, the texts too unless
/// a comment says otherwise.
pub(super) fn set(
    settings: &mut IndexMap<String, MethodSetting>,
    key: String,
    setting: Setting,
    value: &str,
) -> Outcome<()> {
    let mut entry = settings.get(&key).or_else(|| settings.get(ALL)).cloned().unwrap_or_else(defaults);
    match setting {
        Setting::MetricsEnabled => entry.metrics_enabled = Some(flag(value)),
        Setting::DataTrace => entry.data_trace_enabled = Some(flag(value)),
        Setting::LoggingLevel => {
            if !matches!(value, "OFF" | "ERROR" | "INFO") {
                // Not recorded.
                return Err(bad_request("Invalid logging level setting, must be one of OFF, ERROR, INFO"));
            }
            entry.logging_level = Some(value.to_owned());
        }
        // -1 switches throttling off; the Terraform provider sends it for "not set" and expects
        // it back.
        Setting::BurstLimit => {
            let limit = value.parse().ok().filter(|limit| *limit >= -1);
            // Not recorded.
            let limit = limit
                .ok_or_else(|| bad_request("Invalid throttling burst limit setting, must be an integer"))?;
            entry.throttling_burst_limit = Some(limit);
        }
        Setting::RateLimit => {
            let limit = value.parse().ok().filter(|limit: &f64| limit.is_finite() && *limit >= -1.0);
            // Not recorded.
            let limit = limit
                .ok_or_else(|| bad_request("Invalid throttling rate limit setting, must be a number"))?;
            entry.throttling_rate_limit = Some(limit);
        }
        Setting::CacheTtl => {
            let ttl = value.parse().ok().filter(|ttl| limits::CACHE_TTL.contains(ttl));
            let ttl = ttl.ok_or_else(|| {
                bad_request("Invalid time-to-live setting, must be an integer no greater than 3600")
            })?;
            entry.cache_ttl_in_seconds = Some(ttl);
        }
        Setting::CachingEnabled => entry.caching_enabled = Some(flag(value)),
        Setting::CacheDataEncrypted => entry.cache_data_encrypted = Some(flag(value)),
        Setting::RequireAuthorizationForCacheControl => {
            entry.require_authorization_for_cache_control = Some(flag(value));
        }
        Setting::UnauthorizedCacheControlHeaderStrategy => {
            let strategy = value.parse().map_err(|_| {
                let all = UnauthorizedCacheControlHeaderStrategy::ALL;
                let options: Vec<&str> = all.iter().map(|strategy| strategy.as_str()).collect();
                // Not recorded.
                bad_request(format!(
                    "Invalid unauthorized cache control header strategy setting, must be one of {}",
                    options.join(", ")
                ))
            })?;
            entry.unauthorized_cache_control_header_strategy = Some(strategy);
        }
    }
    settings.insert(key, entry);
    Ok(())
}

/// Removes the settings of the method that `path` leads to; answers whether there were any.
pub(super) fn remove(settings: &mut IndexMap<String, MethodSetting>, path: &str) -> bool {
    key(settings, path).is_some_and(|key| settings.shift_remove(&key).is_some())
}

/// The key for `/{resource}/{verb}`: the one that is there already, however it is written, or
/// else the new one.
fn key(settings: &IndexMap<String, MethodSetting>, path: &str) -> Option<String> {
    let (resource, verb) = path.strip_prefix('/')?.rsplit_once('/')?;
    if (resource, verb) == ("*", "*") {
        return Some(ALL.to_owned());
    }
    if resource == "*" || !VERBS.contains(&verb) {
        return None;
    }
    let same = |known: &&String| {
        known.rsplit_once('/').is_some_and(|(known_resource, known_verb)| {
            known_verb == verb && plain_path(known_resource) == plain_path(resource)
        })
    };
    let written = resource.strip_prefix("~1").filter(|rest| !rest.is_empty()).unwrap_or(resource);
    Some(settings.keys().find(same).cloned().unwrap_or_else(|| format!("{written}/{verb}")))
}

fn defaults() -> MethodSetting {
    MethodSetting {
        metrics_enabled: Some(false),
        logging_level: None,
        data_trace_enabled: Some(false),
        throttling_burst_limit: Some(5000),
        throttling_rate_limit: Some(10_000.0),
        caching_enabled: Some(false),
        cache_ttl_in_seconds: Some(300),
        cache_data_encrypted: Some(false),
        require_authorization_for_cache_control: Some(true),
        unauthorized_cache_control_header_strategy: Some(
            UnauthorizedCacheControlHeaderStrategy::SucceedWithResponseHeader,
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Failure;

    type Settings = IndexMap<String, MethodSetting>;

    fn patch(settings: &mut Settings, path: &str, value: &str) -> Outcome<()> {
        let (key, setting) = address(settings, path).unwrap_or_else(|| panic!("{path} leads nowhere"));
        set(settings, key, setting, value)
    }

    fn with(mut value: Value, member: &str, more: Value) -> Value {
        value[member] = more;
        value
    }

    fn aws_defaults() -> Value {
        json!({
            "metricsEnabled": false,
            "dataTraceEnabled": false,
            "throttlingBurstLimit": 5000,
            "throttlingRateLimit": 10000.0,
            "cachingEnabled": false,
            "cacheTtlInSeconds": 300,
            "cacheDataEncrypted": false,
            "requireAuthorizationForCacheControl": true,
            "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
        })
    }

    /// Recorded from AWS.
    #[test]
    fn each_path_sets_its_member() {
        for (path, value, member, expected) in [
            ("metrics/enabled", "true", "metricsEnabled", json!(true)),
            ("logging/dataTrace", "true", "dataTraceEnabled", json!(true)),
            ("logging/loglevel", "INFO", "loggingLevel", json!("INFO")),
            ("throttling/burstLimit", "124", "throttlingBurstLimit", json!(124)),
            ("throttling/burstLimit", "-1", "throttlingBurstLimit", json!(-1)),
            ("throttling/rateLimit", "1000.000000", "throttlingRateLimit", json!(1000.0)),
            ("throttling/rateLimit", "-1.000000", "throttlingRateLimit", json!(-1.0)),
            ("caching/ttlInSeconds", "3600", "cacheTtlInSeconds", json!(3600)),
            ("caching/enabled", "true", "cachingEnabled", json!(true)),
            ("caching/dataEncrypted", "true", "cacheDataEncrypted", json!(true)),
            (
                "caching/requireAuthorizationForCacheControl",
                "false",
                "requireAuthorizationForCacheControl",
                json!(false),
            ),
            (
                "caching/unauthorizedCacheControlHeaderStrategy",
                "FAIL_WITH_403",
                "unauthorizedCacheControlHeaderStrategy",
                json!("FAIL_WITH_403"),
            ),
        ] {
            let mut settings = Settings::new();
            patch(&mut settings, &format!("/*/*/{path}"), value).unwrap();
            let expected = json!({"*/*": with(aws_defaults(), member, expected)});
            assert_eq!(serde_json::to_value(&settings).unwrap(), expected, "{path}");
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_method_begins_with_what_all_have_at_the_time() {
        let mut settings = Settings::new();
        patch(&mut settings, "/*/*/throttling/burstLimit", "124").unwrap();
        patch(&mut settings, "/~1test/GET/throttling/burstLimit", "124").unwrap();
        patch(&mut settings, "/*/*/throttling/burstLimit", "200").unwrap();
        let burst = |limit: i32| with(aws_defaults(), "throttlingBurstLimit", json!(limit));
        let expected = json!({"*/*": burst(200), "test/GET": burst(124)});
        assert_eq!(serde_json::to_value(&settings).unwrap(), expected);
        assert!(remove(&mut settings, "/*/*"));
        assert!(!remove(&mut settings, "/*/*"));
        assert_eq!(settings.keys().collect::<Vec<_>>(), ["test/GET"]);
        assert!(remove(&mut settings, "/test/GET"));
        assert!(settings.is_empty());
    }

    /// The spellings of the Terraform provider's users and of AWS's own tools.
    #[test]
    fn a_key_is_kept_as_it_was_first_written() {
        for (path, key) in [
            ("/example/GET", "example/GET"),
            ("/~1example/GET", "example/GET"),
            ("/a/b/{c}/PUT", "a/b/{c}/PUT"),
            ("/a~1b/GET", "a~1b/GET"),
            ("/~1a~1b/GET", "a~1b/GET"),
            ("/~1/GET", "~1/GET"),
            ("//GET", "/GET"),
        ] {
            assert_eq!(super::key(&Settings::new(), path).as_deref(), Some(key), "{path}");
        }
        let mut settings = Settings::new();
        for path in ["/a~1b/GET", "/a/b/GET", "/~1a~1b/GET"] {
            patch(&mut settings, &format!("{path}/metrics/enabled"), "true").unwrap();
        }
        assert_eq!(settings.keys().collect::<Vec<_>>(), ["a~1b/GET"]);
    }

    /// Measured at AWS: one wildcard alone and `ANY` are not taken.
    #[test]
    fn some_paths_lead_nowhere() {
        for path in ["/*/GET", "/a/*", "/a/ANY", "/a/get", "/a", "a/GET", "", "/"] {
            assert_eq!(super::key(&Settings::new(), path), None, "{path}");
        }
        for path in ["/*/*", "/*/*/caching", "/*/*/caching/wrong", "/caching/enabled", "/GET/caching/enabled"]
        {
            assert_eq!(address(&Settings::new(), path), None, "{path}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        for (path, value, expected) in [
            // Recorded from AWS.
            (
                "caching/ttlInSeconds",
                "3601",
                "Invalid time-to-live setting, must be an integer no greater than 3600",
            ),
            (
                "caching/ttlInSeconds",
                "-1",
                "Invalid time-to-live setting, must be an integer no greater than 3600",
            ),
            // Not recorded.
            ("logging/loglevel", "DEBUG", "Invalid logging level setting, must be one of OFF, ERROR, INFO"),
            ("throttling/burstLimit", "1.5", "Invalid throttling burst limit setting, must be an integer"),
            ("throttling/burstLimit", "-2", "Invalid throttling burst limit setting, must be an integer"),
            ("throttling/rateLimit", "NaN", "Invalid throttling rate limit setting, must be a number"),
            ("throttling/rateLimit", "-1.1", "Invalid throttling rate limit setting, must be a number"),
            (
                "caching/unauthorizedCacheControlHeaderStrategy",
                "FAIL",
                "Invalid unauthorized cache control header strategy setting, must be one of FAIL_WITH_403, SUCCEED_WITH_RESPONSE_HEADER, SUCCEED_WITHOUT_RESPONSE_HEADER",
            ),
        ] {
            let mut settings = Settings::new();
            match patch(&mut settings, &format!("/*/*/{path}"), value) {
                Err(Failure::Service(error)) => assert_eq!(error.message(), Some(expected)),
                other => panic!("{path} {value}: {other:?}"),
            }
            assert!(settings.is_empty());
        }
    }
}
