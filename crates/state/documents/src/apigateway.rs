//! Documents of REST APIs.
//!
//! A resource's document holds its methods, their integrations and all responses, nested as
//! AWS nests them in `GetResources?embed=methods`: they live and die together, and every
//! change to one is a change to that resource.
//!
//! Moments are stored to the millisecond; answers cut them to seconds.

use api::apigateway::{Account, Deployment, MethodSetting, Resource, RestApi, Stage};
use serde::{Deserialize, Serialize};
use store::{Document, Key};

/// An API. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestApiDocument {
    /// As `GetRestApi` answers, tags included, but with the policy as plain JSON (answers
    /// escape it), its resources written out as ARNs.
    pub rest_api: RestApi,
}

impl Document for RestApiDocument {
    const COLLECTION: &'static str = "apigateway/restapis";
}

/// A resource with everything below it. Key: API id, resource id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceDocument {
    /// As `GetResource` with `embed=methods` answers.
    pub resource: Resource,
}

impl Document for ResourceDocument {
    const COLLECTION: &'static str = "apigateway/resources";
}

/// A deployment. Key: API id, deployment id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentDocument {
    /// As `GetDeployment` answers.
    pub deployment: Deployment,
}

impl Document for DeploymentDocument {
    const COLLECTION: &'static str = "apigateway/deployments";
}

/// The API as it was when it was deployed. Never changed; key as its deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotDocument {
    /// The API's own settings, as in [`RestApiDocument`].
    pub rest_api: RestApi,
    /// Every resource with its methods.
    pub resources: Vec<Resource>,
}

impl Document for SnapshotDocument {
    const COLLECTION: &'static str = "apigateway/snapshots";
}

/// A stage. Key: API id, stage name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageDocument {
    /// As `GetStage` answers.
    pub stage: Stage,
}

impl Document for StageDocument {
    const COLLECTION: &'static str = "apigateway/stages";
}

/// The settings of a stage for the method `verb` of the resource at `path`: its own, or else
/// those for all methods (`*/*`); `None` if there are neither.
#[must_use]
pub fn method_setting<'a>(stage: &'a Stage, path: &str, verb: &str) -> Option<&'a MethodSetting> {
    let settings = stage.method_settings.as_ref()?;
    let own = settings.iter().find(|(key, _)| {
        key.rsplit_once('/').is_some_and(|(known, of)| of == verb && plain_path(known) == plain_path(path))
    });
    own.map(|(_, setting)| setting).or_else(|| settings.get("*/*"))
}

/// A resource's path as a key of `methodSettings` may write it, with slashes escaped or not and
/// with or without the first one, in the one form by which keys can be compared.
#[must_use]
pub fn plain_path(written: &str) -> String {
    written.replace("~1", "/").replace("~0", "~").trim_start_matches('/').to_owned()
}

/// The account's settings in one region. Key: [`Key::root`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountDocument {
    /// As `GetAccount` answers.
    pub account: Account,
}

impl Document for AccountDocument {
    const COLLECTION: &'static str = "apigateway/account";
}

/// The key of a thing inside an API.
#[must_use]
pub fn within(api_id: &str, id: &str) -> Key {
    Key::new([api_id, id])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(keys: &[&str]) -> Stage {
        let setting = |at: usize| MethodSetting {
            cache_ttl_in_seconds: i32::try_from(at).ok(),
            ..MethodSetting::default()
        };
        let settings = keys.iter().enumerate().map(|(at, key)| ((*key).to_owned(), setting(at))).collect();
        Stage { method_settings: Some(settings), ..Stage::default() }
    }

    #[test]
    fn a_methods_own_settings_come_before_those_for_all() {
        let stage = stage(&["*/*", "pets/GET", "a~1b/GET", "c/d/{e}/PUT", "~1/GET"]);
        let ttl =
            |path, verb| method_setting(&stage, path, verb).and_then(|setting| setting.cache_ttl_in_seconds);
        for (path, verb, expected) in [
            ("/pets", "GET", 1),
            ("/pets", "PUT", 0),
            ("/a/b", "GET", 2),
            ("/c/d/{e}", "PUT", 3),
            ("/", "GET", 4),
            ("/", "PUT", 0),
        ] {
            assert_eq!(ttl(path, verb), Some(expected), "{verb} {path}");
        }
    }

    #[test]
    fn there_may_be_no_settings() {
        assert_eq!(method_setting(&stage(&["pets/GET"]), "/dogs", "GET"), None);
        assert_eq!(method_setting(&Stage::default(), "/", "GET"), None);
    }
}
