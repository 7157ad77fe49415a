//! Any text as the XML that an AWS service answers. What is read is JSON.

use gateway::mapping::xml::to_json;

pub(crate) fn run(input: &[u8]) {
    let Some(json) = to_json(&String::from_utf8_lossy(input)) else { return };
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
}
