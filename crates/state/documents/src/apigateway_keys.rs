//! Documents of API keys and usage plans: who may call which stages, how fast and how often.
//!
//! A key's document names its plans and a plan's keys are documents of their own, so that
//! either way is short; both are written in one transaction.

use std::collections::BTreeSet;

use api::apigateway::{ApiKey, UsagePlan};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::Document;

/// An API key. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiKeyDocument {
    /// As `GetApiKey` with `includeValue` answers.
    pub api_key: ApiKey,
    /// The ids of the usage plans that it is in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub usage_plans: BTreeSet<String>,
}

impl Document for ApiKeyDocument {
    const COLLECTION: &'static str = "apigateway/apikeys";
}

/// Which key has a value: no two have the same. Key: the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyValueDocument {
    /// The key's id.
    pub id: String,
}

impl Document for ApiKeyValueDocument {
    const COLLECTION: &'static str = "apigateway/apikeyvalues";
}

/// A usage plan. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsagePlanDocument {
    /// As `GetUsagePlan` answers.
    pub usage_plan: UsagePlan,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
}

impl Document for UsagePlanDocument {
    const COLLECTION: &'static str = "apigateway/usageplans";
}

/// A key in a usage plan. Key: the plan's id, the key's id. What `GetUsagePlanKey` answers is
/// read from the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsagePlanKeyDocument {
    /// When it was added.
    pub added: Timestamp,
}

impl Document for UsagePlanKeyDocument {
    const COLLECTION: &'static str = "apigateway/usageplankeys";
}
