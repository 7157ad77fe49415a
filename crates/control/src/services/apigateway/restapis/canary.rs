//! A stage's `canarySettings`: a second deployment that gets a share of the stage's requests (API
//! Gateway developer guide, "Set up an API Gateway Canary Release Deployment"). Texts are recorded
//! from AWS unless a comment says otherwise.

use api::apigateway::{CanarySettings, DeploymentCanarySettings, Stage};

use super::super::refusals::bad_request;
use super::{stage_variables, stages};
use crate::patch::flag;
use crate::{Call, Failure, Outcome};

/// The path of the overrides, from which `copy` promotes them.
const OVERRIDES: &str = "/canarySettings/stageVariableOverrides";

/// The path of the deployment, likewise.
const DEPLOYMENT: &str = "/canarySettings/deploymentId";

/// The canary that a new stage asks for. Without a deployment it is the stage's own.
pub(super) fn of_stage(
    call: &mut Call<'_, '_>,
    api: &str,
    given: &CanarySettings,
    own: &str,
) -> Outcome<CanarySettings> {
    let deployment = given.deployment_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(own);
    stages::check_deployment(call, api, deployment)?;
    of_deployment(
        &DeploymentCanarySettings {
            percent_traffic: given.percent_traffic,
            stage_variable_overrides: given.stage_variable_overrides.clone(),
            use_stage_cache: given.use_stage_cache,
        },
        deployment,
    )
}

/// The canary that a deployment makes of itself.
pub(super) fn of_deployment(given: &DeploymentCanarySettings, deployment: &str) -> Outcome<CanarySettings> {
    Ok(CanarySettings {
        deployment_id: Some(deployment.to_owned()),
        percent_traffic: Some(percent(given.percent_traffic.unwrap_or(0.0))?),
        stage_variable_overrides: stage_variables::read(given.stage_variable_overrides.as_ref())?,
        use_stage_cache: Some(given.use_stage_cache.unwrap_or(false)),
    })
}

/// Refuses a canary deployment that names no stage.
pub(super) fn no_stage(given: Option<&str>) -> Failure {
    let given = given.unwrap_or("null");
    bad_request(format!(
        "Invalid deployment content specified.Non null and non empty stageName must be provided for canary \
         deployment. Provided value is {given}"
    ))
}

/// Refuses a canary deployment to a stage that is not there.
pub(super) fn check_stage(call: &mut Call<'_, '_>, api: &str, name: &str) -> Outcome<()> {
    match stages::get(call, api, name) {
        Ok(_) => Ok(()),
        Err(Failure::Service(_)) => Err(bad_request(format!(
            "Invalid deployment content specified.Stage {name} must already be created before making a canary \
             release deployment"
        ))),
        Err(fault) => Err(fault),
    }
}

/// Sets the member at `path`, and makes the canary if there is none; answers whether there is
/// such a member.
pub(super) fn set(
    call: &mut Call<'_, '_>,
    api: &str,
    stage: &mut Stage,
    path: &[&str],
    value: &str,
) -> Outcome<bool> {
    let own = stage.deployment_id.clone().unwrap_or_default();
    let mut canary = match stage.canary_settings.take() {
        Some(canary) => canary,
        None => of_deployment(&DeploymentCanarySettings::default(), &own)?,
    };
    match path {
        ["deploymentId"] => {
            stages::check_deployment(call, api, value)?;
            canary.deployment_id = Some(value.to_owned());
        }
        ["percentTraffic"] => {
            canary.percent_traffic = Some(percent(value.parse().map_err(|_| bad_percent())?)?);
        }
        ["useStageCache"] => canary.use_stage_cache = Some(flag(value)),
        ["stageVariableOverrides", name] => {
            stage_variables::set(canary.stage_variable_overrides.get_or_insert_default(), name, value)?;
        }
        _ => return Ok(false),
    }
    stage.canary_settings = Some(canary);
    Ok(true)
}

/// Removes what is at `path`; answers whether it was there.
pub(super) fn remove(stage: &mut Stage, path: &[&str]) -> bool {
    let Some(canary) = &mut stage.canary_settings else { return false };
    let overrides = &mut canary.stage_variable_overrides;
    match path {
        [] => stage.canary_settings.take().is_some(),
        ["stageVariableOverrides"] => overrides.take().is_some(),
        ["stageVariableOverrides", name] => {
            let removed = overrides.as_mut().is_some_and(|known| known.shift_remove(*name).is_some());
            *overrides = overrides.take().filter(|known| !known.is_empty());
            removed
        }
        _ => false,
    }
}

/// `copy` promotes a canary: the stage takes over its deployment, or its variables in addition to
/// its own. The canary stays until it is removed.
pub(super) fn promote(stage: &mut Stage, path: &str, from: Option<&str>) -> Outcome<()> {
    let known = matches!((path, from), ("/deploymentId", Some(DEPLOYMENT)) | ("/variables", Some(OVERRIDES)));
    if !known {
        return Err(bad_request(format!(
            "Invalid copy operation with path: {path} and from {}. Valid copy:path are [/deploymentId, \
             /variables] and valid copy:from are [{DEPLOYMENT}, {OVERRIDES}]",
            from.unwrap_or("null")
        )));
    }
    let Some(canary) = &stage.canary_settings else {
        return Err(bad_request("Promotion not available. Canary does not exist."));
    };
    if path == "/deploymentId" {
        stage.deployment_id.clone_from(&canary.deployment_id);
        return Ok(());
    }
    let variables = stage.variables.get_or_insert_default();
    for (name, value) in canary.stage_variable_overrides.iter().flatten() {
        stage_variables::set(variables, name, value)?;
    }
    stage.variables = stage.variables.take().filter(|variables| !variables.is_empty());
    Ok(())
}

/// "Set up an API Gateway Canary Release Deployment": between 0.0 and 100.0 inclusive.
fn percent(value: f64) -> Outcome<f64> {
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err(bad_percent()) }
}

/// Not recorded.
fn bad_percent() -> Failure {
    bad_request("Invalid canary percentTraffic specified, must be a number between 0.0 and 100.0")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, patch, text, with};
    use super::super::deployments::{create_deployment, delete_deployment};
    use super::super::stage_update::update_stage;
    use super::super::stages::{create_stage, get_stage};

    struct Place {
        frame: Frame,
        api: String,
        first: String,
    }

    impl Place {
        fn new() -> Self {
            let frame = Frame::new();
            let (api, _) = frame.deployable();
            let first = frame.deployment(&api);
            let place = Self { frame, api, first };
            let variables = json!({"variables": {"a": "1", "b": "1"}, "deploymentId": place.first});
            place.frame.ok(create_stage, with(place.at("dev"), variables));
            place
        }

        fn at(&self, stage: &str) -> Value {
            json!({"restApiId": self.api, "stageName": stage})
        }

        fn canary(&self) -> Value {
            self.frame.ok(get_stage, self.at("dev"))["canarySettings"].clone()
        }

        fn update(&self, op: &str, path: &str, value: Option<&str>) -> Value {
            let operations = json!({"patchOperations": patch(op, path, value)});
            self.frame.ok(update_stage, with(self.at("dev"), operations))["canarySettings"].clone()
        }

        fn refuses(&self, op: &str, path: &str, value: Option<&str>, expected: &str) {
            let operations = json!({"patchOperations": patch(op, path, value)});
            let refused = self.frame.refused(update_stage, with(self.at("dev"), operations));
            assert_eq!(refused, bad_request(expected), "{op} {path}");
        }

        fn copy(&self, path: &str, from: &str) -> Value {
            let operations = json!({"patchOperations": [{"op": "copy", "path": path, "from": from}]});
            self.frame.ok(update_stage, with(self.at("dev"), operations))
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_deployment_to_a_stage_can_be_its_canary() {
        let place = Place::new();
        let deploy =
            |more: Value| text(&place.frame.ok(create_deployment, with(place.at("dev"), more)), "id");
        let second = deploy(json!({"canarySettings": {
            "percentTraffic": 40.0, "stageVariableOverrides": {"a": "2"},
        }}));
        let stage = place.frame.ok(get_stage, place.at("dev"));
        assert_eq!(stage["deploymentId"], json!(place.first));
        let expected = json!({
            "deploymentId": second, "percentTraffic": 40.0, "stageVariableOverrides": {"a": "2"},
            "useStageCache": false,
        });
        assert_eq!(stage["canarySettings"], expected);
        let third = deploy(json!({"canarySettings": {"useStageCache": true}}));
        let expected = json!({"deploymentId": third, "percentTraffic": 0.0, "useStageCache": true});
        assert_eq!(place.canary(), expected);
        for id in [&place.first, &third] {
            let refused =
                place.frame.refused(delete_deployment, json!({"restApiId": place.api, "deploymentId": id}));
            let active = "Active stages pointing to this deployment must be moved or deleted";
            assert_eq!(refused, bad_request(active));
        }
        place.frame.ok(delete_deployment, json!({"restApiId": place.api, "deploymentId": second}));
    }

    /// Recorded from AWS.
    #[test]
    fn a_canary_deployment_needs_a_stage() {
        let place = Place::new();
        let refused = |more: Value| {
            let input = json!({"restApiId": place.api, "canarySettings": {"percentTraffic": 1.0}});
            place.frame.refused(create_deployment, with(input, more))
        };
        let content = "Invalid deployment content specified.";
        let no_name =
            "Non null and non empty stageName must be provided for canary deployment. Provided value is ";
        assert_eq!(refused(json!({})), bad_request(&format!("{content}{no_name}null")));
        assert_eq!(refused(json!({"stageName": ""})), bad_request(&format!("{content}{no_name}")));
        assert_eq!(
            refused(json!({"stageName": "nope"})),
            bad_request(&format!(
                "{content}Stage nope must already be created before making a canary release deployment"
            ))
        );
    }

    /// "A canary release deployment": the stage cannot be associated with another deployment until
    /// the canary is removed. The text is not recorded.
    #[test]
    fn a_stage_with_a_canary_takes_no_other_deployment() {
        let place = Place::new();
        place.update("replace", "/canarySettings/percentTraffic", Some("10"));
        assert_eq!(
            place.frame.refused(create_deployment, place.at("dev")),
            bad_request(
                "Invalid deployment content specified.Stage dev has a canary, so canarySettings must be provided"
            )
        );
        place.update("remove", "/canarySettings", None);
        place.frame.ok(create_deployment, place.at("dev"));
    }

    /// Recorded from AWS, except the percentages' text.
    #[test]
    fn a_stage_can_begin_with_a_canary() {
        let place = Place::new();
        let create = |name: &str, canary: Value| {
            let more = json!({"deploymentId": place.first, "canarySettings": canary});
            with(place.at(name), more)
        };
        let canary = |input: Value| place.frame.ok(create_stage, input)["canarySettings"].clone();
        assert_eq!(
            canary(create("a", json!({}))),
            json!({"deploymentId": place.first, "percentTraffic": 0.0, "useStageCache": false})
        );
        let whole = json!({
            "deploymentId": place.first, "percentTraffic": 100.0, "stageVariableOverrides": {"x": "1"},
            "useStageCache": true,
        });
        assert_eq!(canary(create("b", whole.clone())), whole);
        for (given, expected) in [
            (json!({"deploymentId": "nope"}), "Deployment id does not exist"),
            (
                json!({"percentTraffic": 100.1}),
                "Invalid canary percentTraffic specified, must be a number between 0.0 and 100.0",
            ),
            (
                json!({"stageVariableOverrides": {"a-b": "x"}}),
                "Invalid stage variable name: a-b. Please use names with only word characters.",
            ),
        ] {
            assert_eq!(place.frame.refused(create_stage, create("c", given)), bad_request(expected));
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_canary_is_patched_and_removed() {
        let place = Place::new();
        let first = &place.first;
        let expected =
            |percent: f64| json!({"deploymentId": first, "percentTraffic": percent, "useStageCache": false});
        assert_eq!(place.update("replace", "/canarySettings/percentTraffic", Some("25.5")), expected(25.5));
        assert_eq!(place.update("remove", "/canarySettings", None), json!(null));
        assert_eq!(place.update("replace", "/canarySettings/deploymentId", Some(first)), expected(0.0));
        let overrides = "/canarySettings/stageVariableOverrides";
        let one = format!("{overrides}/x");
        let set = place.update("replace", &one, Some("2"));
        assert_eq!(set, with(expected(0.0), json!({"stageVariableOverrides": {"x": "2"}})));
        assert_eq!(place.update("remove", &one, None), expected(0.0));
        place.update("replace", &one, Some("2"));
        assert_eq!(place.update("remove", overrides, None), expected(0.0));
        let cached = place.update("replace", "/canarySettings/useStageCache", Some("true"));
        assert_eq!(cached, with(expected(0.0), json!({"useStageCache": true})));
        let absent = |what: &str| {
            format!("Cannot remove method setting {what} because there is no method setting for this method ")
        };
        for (op, path, value, text) in [
            (
                "replace",
                "/canarySettings/deploymentId",
                Some("nope"),
                "Deployment id does not exist".to_owned(),
            ),
            (
                "add",
                "/canarySettings/deploymentId",
                Some(first.as_str()),
                "Invalid add operation with path: /canarySettings/deploymentId".to_owned(),
            ),
            ("remove", overrides, None, absent("canarySettings/stageVariableOverrides")),
            ("remove", "/canarySettings/percentTraffic", None, absent("canarySettings/percentTraffic")),
            (
                "replace",
                "/canarySettings/percentTraffic",
                Some("NaN"),
                "Invalid canary percentTraffic specified, must be a number between 0.0 and 100.0".to_owned(),
            ),
        ] {
            place.refuses(op, path, value, &text);
        }
        for path in ["/canarySettings", "/canarySettings/wrong", "/canarySettings/stageVariableOverrides"] {
            let input = with(place.at("dev"), json!({"patchOperations": patch("replace", path, Some("x"))}));
            let refused = place.frame.refused(update_stage, input);
            let expected =
                format!("400 BadRequestException \"Invalid method setting path: {path}. Must be one of: [");
            assert!(refused.starts_with(&expected), "{refused}");
        }
    }

    /// Recorded from AWS.
    #[test]
    fn a_canary_is_promoted_by_copies() {
        let place = Place::new();
        let deploy = json!({"canarySettings": {
            "percentTraffic": 40.0, "stageVariableOverrides": {"a": "2", "c": "2"},
        }});
        let second = text(&place.frame.ok(create_deployment, with(place.at("dev"), deploy)), "id");
        let canary = place.canary();
        let promoted = place.copy("/deploymentId", "/canarySettings/deploymentId");
        assert_eq!((&promoted["deploymentId"], &promoted["canarySettings"]), (&json!(second), &canary));
        let promoted = place.copy("/variables", "/canarySettings/stageVariableOverrides");
        assert_eq!(promoted["variables"], json!({"a": "2", "b": "1", "c": "2"}));
        assert_eq!(promoted["canarySettings"], canary);
    }
}
