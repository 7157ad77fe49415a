//! Documents of REST APIs.
//!
//! A resource's document holds its methods, their integrations and all responses, nested as
//! AWS nests them in `GetResources?embed=methods`: they live and die together, and every
//! change to one is a change to that resource.

use api::apigateway::{Account, Deployment, Resource, RestApi, Stage};
use serde::{Deserialize, Serialize};
use store::{Document, Key};

/// An API. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestApiDocument {
    /// As `GetRestApi` answers, tags included.
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
    /// The API's own settings.
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
