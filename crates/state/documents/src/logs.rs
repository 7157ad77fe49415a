//! Documents of CloudWatch Logs. A group's events and streams live in the log store; what is
//! said about the group lives here. A group that only a writer made has events and no document.

use base::Timestamp;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use store::Document;

/// A log group. Key: its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogGroupDocument {
    /// When it was made.
    pub created: Timestamp,
    /// Days after which events are removed; `None` keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_in_days: Option<i32>,
    /// Tags.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
}

impl Document for LogGroupDocument {
    const COLLECTION: &'static str = "logs/groups";
}
