//! `${AWS::AccountId}`, `${AWS::Partition}` and `${AWS::Region}` in any text of a document (API
//! Gateway developer guide, "AWS variables for OpenAPI import").

use serde_json::Value;

/// Puts the import's account and region in the place of the variables.
pub fn resolve(value: &mut Value, account: &str, region: &str) {
    match value {
        Value::String(text) if text.contains("${AWS::") => {
            *text = text
                .replace("${AWS::AccountId}", account)
                .replace("${AWS::Partition}", "aws")
                .replace("${AWS::Region}", region);
        }
        Value::Array(values) => values.iter_mut().for_each(|value| resolve(value, account, region)),
        Value::Object(members) => members.values_mut().for_each(|value| resolve(value, account, region)),
        _ => {}
    }
}
