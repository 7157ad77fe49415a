//! PATCH of a stage. Its paths are not a table of fixed rows: settings of methods are addressed
//! by a resource's path that may hold slashes, and every verb has refusals of its own. All texts
//! are recorded from AWS unless a comment says otherwise.

use api::apigateway::{CacheClusterSize, Op, PatchOperation, Stage, UpdateStageRequest};

use super::super::client_certificates;
use super::super::refusals::{bad_request, description};
use super::documentation::versions;
use super::{access_log, canary, method_settings, stage_variables, stages};
use crate::patch::{flag, pointer};
use crate::{Call, Failure, Outcome};

pub(in super::super) fn update_stage(call: &mut Call<'_, '_>, input: &UpdateStageRequest) -> Outcome<Stage> {
    let before = stages::get(call, &input.rest_api_id, &input.stage_name)?;
    let mut stage = before.clone();
    for operation in input.patch_operations.iter().flatten() {
        apply(call, &input.rest_api_id, &mut stage, operation)?;
    }
    stage.last_updated_date = Some(call.now());
    stages::put(call, &input.rest_api_id, &stage)?;
    Ok(stages::shown(stages::settling(stage, &before)))
}

fn apply(call: &mut Call<'_, '_>, api: &str, stage: &mut Stage, operation: &PatchOperation) -> Outcome<()> {
    let path = operation.path.as_deref().unwrap_or("null");
    let Some(segments) = operation.path.as_deref().and_then(pointer) else { return Err(unknown_path(path)) };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match operation.op {
        Some(Op::Replace) => replace(call, api, stage, operation, path, &segments),
        Some(Op::Add) => match segments.as_slice() {
            ["accessLogSettings", ..] | ["variables", _] => {
                replace(call, api, stage, operation, path, &segments)
            }
            _ => Err(bad_request(format!("Invalid add operation with path: {path}"))),
        },
        Some(Op::Remove) => remove(stage, path, &segments),
        Some(Op::Copy) => canary::promote(stage, path, operation.from.as_deref()),
        // Neither is documented for stages; worded like the others.
        Some(op @ (Op::Move | Op::Test)) => {
            Err(bad_request(format!("Invalid {op} operation with path: {path}")))
        }
        None => Err(bad_request(format!("Invalid null operation with path: {path}"))),
    }
}

fn replace(
    call: &mut Call<'_, '_>,
    api: &str,
    stage: &mut Stage,
    operation: &PatchOperation,
    path: &str,
    segments: &[&str],
) -> Outcome<()> {
    let value = operation.value.as_deref().unwrap_or_default();
    match segments {
        ["deploymentId"] => {
            stages::check_deployment(call, api, value)?;
            stage.deployment_id = Some(value.to_owned());
        }
        ["description"] => stage.description = description(Some(value))?,
        ["cacheClusterEnabled"] => stages::set_cache_cluster(stage, flag(value)),
        ["cacheClusterSize"] => stage.cache_cluster_size = Some(cache_cluster_size(value)?),
        ["clientCertificateId"] => {
            stage.client_certificate_id = Some(value.to_owned()).filter(|id| !id.is_empty());
            if let Some(id) = &stage.client_certificate_id {
                client_certificates::get(call, id)?;
            }
        }
        // Not in the list of paths that AWS's refusal gives, but taken (the Terraform provider
        // sends it).
        ["documentationVersion"] => {
            stage.documentation_version = Some(value.to_owned()).filter(|version| !version.is_empty());
            if let Some(version) = &stage.documentation_version {
                versions::check(call, api, version)?;
            }
        }
        ["tracingEnabled"] => stage.tracing_enabled = Some(flag(value)),
        ["variables", name] => {
            stage_variables::set(stage.variables.get_or_insert_default(), name, value)?;
        }
        ["accessLogSettings", rest @ ..] => {
            access_log::set(stage.access_log_settings.get_or_insert_default(), rest, value)?;
        }
        ["canarySettings", rest @ ..] => {
            if !canary::set(call, api, stage, rest, value)? {
                return Err(unknown_path(path));
            }
        }
        _ => {
            let settings = stage.method_settings.get_or_insert_default();
            let (key, setting) =
                method_settings::address(settings, path).ok_or_else(|| unknown_path(path))?;
            method_settings::set(settings, key, setting, value)?;
        }
    }
    Ok(())
}

fn remove(stage: &mut Stage, path: &str, segments: &[&str]) -> Outcome<()> {
    let removed = match segments {
        ["accessLogSettings"] => stage.access_log_settings.take().is_some(),
        ["canarySettings", rest @ ..] => canary::remove(stage, rest),
        ["variables", name] => {
            let variables = stage.variables.as_mut();
            let removed = variables.is_some_and(|variables| variables.shift_remove(*name).is_some());
            stage.variables = stage.variables.take().filter(|variables| !variables.is_empty());
            removed
        }
        _ => method_settings::remove(stage.method_settings.get_or_insert_default(), path),
    };
    if removed {
        return Ok(());
    }
    // The trailing blank is AWS's own.
    Err(bad_request(format!(
        "Cannot remove method setting {} because there is no method setting for this method ",
        path.trim_start_matches('/')
    )))
}

fn cache_cluster_size(text: &str) -> Outcome<CacheClusterSize> {
    text.parse().map_err(|_| {
        let sizes: Vec<&str> = CacheClusterSize::ALL.iter().map(|size| size.as_str()).collect();
        // The text is not recorded.
        bad_request(format!("Invalid cache cluster size specified. Valid options are {}", sizes.join(",")))
    })
}

/// The missing commas are AWS's own.
fn unknown_path(path: &str) -> Failure {
    bad_request(format!(
        "Invalid method setting path: {path}. Must be one of: [/deploymentId, /description, \
         /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, \
         /accessLogSettings/destinationArn, /accessLogSettings/format, \
         /{{resourcePath}}/{{httpMethod}}/metrics/enabled, /{{resourcePath}}/{{httpMethod}}/logging/dataTrace, \
         /{{resourcePath}}/{{httpMethod}}/logging/loglevel, \
         /{{resourcePath}}/{{httpMethod}}/throttling/burstLimit/{{resourcePath}}/{{httpMethod}}/throttling/rateLimit/{{resourcePath}}/{{httpMethod}}/caching/ttlInSeconds, \
         /{{resourcePath}}/{{httpMethod}}/caching/enabled, \
         /{{resourcePath}}/{{httpMethod}}/caching/dataEncrypted, \
         /{{resourcePath}}/{{httpMethod}}/caching/requireAuthorizationForCacheControl, \
         /{{resourcePath}}/{{httpMethod}}/caching/unauthorizedCacheControlHeaderStrategy, \
         /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit \
         /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, \
         /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, \
         /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{{variable_name}}, /tracingEnabled]"
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, STARTED, bad_request, not_found, patch};
    use super::super::stages::{create_stage, get_stage};
    use super::*;

    struct Place {
        frame: Frame,
        api: String,
    }

    impl Place {
        fn new() -> Self {
            let frame = Frame::new();
            let (api, _) = frame.deployable();
            let deployment = frame.deployment(&api);
            frame.ok(create_stage, json!({"restApiId": api, "stageName": "dev", "deploymentId": deployment}));
            Self { frame, api }
        }

        fn input(&self, operations: Value) -> Value {
            json!({"restApiId": self.api, "stageName": "dev", "patchOperations": operations})
        }

        fn update(&self, op: &str, path: &str, value: Option<&str>) -> Value {
            let updated = self.frame.ok(update_stage, self.input(patch(op, path, value)));
            let got = self.frame.ok(get_stage, json!({"restApiId": self.api, "stageName": "dev"}));
            assert_eq!(got, updated);
            updated
        }

        fn cache_status(&self) -> Value {
            let stage = json!({"restApiId": self.api, "stageName": "dev"});
            self.frame.ok(get_stage, stage)["cacheClusterStatus"].clone()
        }

        fn refuses(&self, op: &str, path: &str, value: Option<&str>, expected: &str) {
            let refused = self.frame.refused(update_stage, self.input(patch(op, path, value)));
            assert_eq!(refused, bad_request(expected), "{op} {path} {value:?}");
        }
    }

    fn cannot_remove(what: &str) -> String {
        format!("Cannot remove method setting {what} because there is no method setting for this method ")
    }

    #[test]
    fn members_are_replaced_and_cleared() {
        let mut place = Place::new();
        let other = place.frame.deployment(&place.api);
        place.frame.after(Duration::from_secs(2));
        for (op, path, value, member, expected) in [
            ("replace", "/deploymentId", other.as_str(), "deploymentId", json!(other)),
            ("replace", "/description", "ours", "description", json!("ours")),
            ("replace", "/description", "", "description", json!(null)),
            ("replace", "/tracingEnabled", "true", "tracingEnabled", json!(true)),
            ("replace", "/tracingEnabled", "x", "tracingEnabled", json!(false)),
            ("replace", "/cacheClusterSize", "1.6", "cacheClusterSize", json!("1.6")),
            ("replace", "/variables/a", "1", "variables", json!({"a": "1"})),
            ("add", "/variables/b", "2", "variables", json!({"a": "1", "b": "2"})),
            ("remove", "/variables/a", "", "variables", json!({"b": "2"})),
            ("remove", "/variables/b", "", "variables", json!(null)),
            ("replace", "/clientCertificateId", "", "clientCertificateId", json!(null)),
            ("replace", "/documentationVersion", "", "documentationVersion", json!(null)),
        ] {
            let updated = place.update(op, path, Some(value));
            assert_eq!(updated[member], expected, "{op} {path} {value}");
            assert_eq!(updated["lastUpdatedDate"], json!(STARTED + 2000));
        }
    }

    /// API Gateway API reference, `Stage`.
    #[test]
    fn a_cache_is_made_resized_and_removed() {
        let mut place = Place::new();
        for (path, value, answered, then) in [
            ("/cacheClusterEnabled", "true", "CREATE_IN_PROGRESS", "AVAILABLE"),
            ("/cacheClusterEnabled", "true", "AVAILABLE", "AVAILABLE"),
            ("/cacheClusterSize", "6.1", "CREATE_IN_PROGRESS", "AVAILABLE"),
            ("/cacheClusterSize", "6.1", "AVAILABLE", "AVAILABLE"),
            ("/description", "x", "AVAILABLE", "AVAILABLE"),
            ("/cacheClusterEnabled", "false", "DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS"),
            ("/cacheClusterSize", "0.5", "DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS"),
        ] {
            let updated = place.frame.ok(update_stage, place.input(patch("replace", path, Some(value))));
            let statuses = (updated["cacheClusterStatus"].clone(), place.cache_status());
            assert_eq!(statuses, (json!(answered), json!(then)), "{path} {value}");
        }
        place.frame.after(Duration::from_millis(9_999));
        assert_eq!(place.cache_status(), "DELETE_IN_PROGRESS");
        place.frame.after(Duration::from_millis(1));
        assert_eq!(place.cache_status(), "NOT_AVAILABLE");
    }

    /// Recorded from AWS.
    #[test]
    fn unknown_paths_are_answered_with_the_list() {
        let place = Place::new();
        let list = "Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]";
        for path in [
            "/documentation_version",
            "/tags/tag1",
            "/variables",
            "",
            "x",
            "/*/*",
            "/*/*/caching/wrong",
            "/*/GET/caching/enabled",
            "/pets/*/caching/enabled",
            "/pets/ANY/caching/enabled",
        ] {
            place.refuses(
                "replace",
                path,
                Some("x"),
                &format!("Invalid method setting path: {path}. {list}"),
            );
        }
    }

    /// Recorded from AWS.
    #[test]
    fn each_verb_has_its_refusals() {
        let place = Place::new();
        place.refuses("replace", "/deploymentId", Some("nope"), "Deployment id does not exist");
        place.refuses("add", "/description", Some("x"), "Invalid add operation with path: /description");
        place.refuses("remove", "/description", None, &cannot_remove("description"));
        place.refuses("remove", "/*/*", None, &cannot_remove("*/*"));
        place.refuses("remove", "/variables/x", None, &cannot_remove("variables/x"));
        place.refuses("remove", "/canarySettings", None, &cannot_remove("canarySettings"));
        place.refuses(
            "remove",
            "/canarySettings/stageVariableOverrides",
            None,
            &cannot_remove("canarySettings/stageVariableOverrides"),
        );
        let copy = |path: &str, from: Value| {
            let operations = json!([{"op": "copy", "path": path, "from": from}]);
            place.frame.refused(update_stage, place.input(operations))
        };
        assert_eq!(
            copy("/deploymentId", json!("/canarySettings/deploymentId")),
            bad_request("Promotion not available. Canary does not exist.")
        );
        assert_eq!(
            copy("/canarySettings/stageVariableOverrides", json!("/variables")),
            bad_request(
                "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]"
            )
        );
        // Not recorded.
        place.refuses("test", "/description", None, "Invalid test operation with path: /description");
        place.refuses(
            "replace",
            "/cacheClusterSize",
            Some("3"),
            "Invalid cache cluster size specified. Valid options are 0.5,1.6,6.1,13.5,28.4,58.2,118,237",
        );
        for (path, expected) in [
            ("/clientCertificateId", "Invalid Client Certificate identifier specified"),
            ("/documentationVersion", "Invalid Documentation version specified"),
        ] {
            let input = place.input(patch("replace", path, Some("x")));
            assert_eq!(place.frame.refused(update_stage, input), not_found(expected));
        }
        let nowhere = json!({"restApiId": place.api, "stageName": "nope"});
        assert_eq!(
            place.frame.refused(update_stage, nowhere),
            not_found("Invalid stage identifier specified")
        );
    }

    /// Recorded from AWS.
    #[test]
    fn access_logs_have_a_destination_and_a_format() {
        let place = Place::new();
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/apigw/access";
        let (destination, format) = ("/accessLogSettings/destinationArn", "/accessLogSettings/format");
        let updated = place.update("add", destination, Some(arn));
        assert_eq!(updated["accessLogSettings"], json!({"destinationArn": arn}));
        let updated = place.update("replace", format, Some("$context.requestId"));
        let both = json!({"destinationArn": arn, "format": "$context.requestId"});
        assert_eq!(updated["accessLogSettings"], both);
        place.refuses("remove", destination, None, &cannot_remove("accessLogSettings/destinationArn"));
        place.refuses(
            "remove",
            "/accessLogSettings/randomValue",
            None,
            &cannot_remove("accessLogSettings/randomValue"),
        );
        for path in ["/accessLogSettings", "/accessLogSettings/*", "/accessLogSettings/randomValue"] {
            for op in ["add", "replace"] {
                place.refuses(
                    op,
                    path,
                    Some("x"),
                    "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
                );
            }
        }
        let updated = place.update("remove", "/accessLogSettings", None);
        assert_eq!(updated["accessLogSettings"], json!(null));
        place.refuses("remove", "/accessLogSettings", None, &cannot_remove("accessLogSettings"));
    }

    #[test]
    fn an_update_is_all_or_nothing() {
        let place = Place::new();
        let stage = json!({"restApiId": place.api, "stageName": "dev"});
        let before = place.frame.ok(get_stage, stage.clone());
        let operations = json!([
            {"op": "replace", "path": "/description", "value": "x"},
            {"op": "replace", "path": "/deploymentId", "value": "nope"},
        ]);
        let refused = place.frame.refused(update_stage, place.input(operations));
        assert_eq!(refused, bad_request("Deployment id does not exist"));
        assert_eq!(place.frame.ok(get_stage, stage), before);
    }
}
