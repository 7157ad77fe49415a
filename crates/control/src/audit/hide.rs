//! What of an input or output may stand in a record: everything but secrets, which the tables
//! mark, and bodies of bytes, which may hold anything.

use api::table::{Shape, Structure};
use base::Timestamp;
use serde_json::{Map, Value};

/// What stands in the place of what may not be shown. The words are CloudTrail's.
pub(super) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// What the last segment of a patch's path ends with if the value is a secret (an API key's value
/// cannot be patched, but the refused attempt is recorded too).
const SECRET_PATHS: [&str; 5] = ["value", "privatekey", "secret", "password", "token"];

/// A canonical value as records show it. Members' names begin with small letters, as CloudTrail's
/// do; moments are ISO 8601. What the model does not know is left out.
pub(super) fn hidden(shape: Shape, value: &Value) -> Value {
    match (shape, value) {
        (_, Value::Null) => Value::Null,
        (Shape::Structure(table), Value::Object(members)) => structure(table, members).into(),
        (Shape::List(list), Value::Array(elements)) => {
            elements.iter().map(|element| hidden(list.element, element)).collect()
        }
        (Shape::Map(map), Value::Object(entries)) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), hidden(map.value, value)));
            Value::Object(entries.collect())
        }
        (Shape::Blob(_), _) => HIDDEN.into(),
        (Shape::Timestamp(_), value) => match value.as_i64() {
            Some(millis) => Timestamp::from_millis(millis).iso8601().into(),
            None => Value::Null,
        },
        (
            Shape::String(_)
            | Shape::Boolean
            | Shape::Integer(_)
            | Shape::Long(_)
            | Shape::Double(_)
            | Shape::Document,
            value,
        ) => value.clone(),
        // Not of the model's form: the call will be refused for it.
        (Shape::Structure(_) | Shape::List(_) | Shape::Map(_), _) => HIDDEN.into(),
    }
}

fn structure(table: &Structure, members: &Map<String, Value>) -> Map<String, Value> {
    let is_patch = table.name == "PatchOperation";
    let path = members.get("path").and_then(Value::as_str).unwrap_or_default();
    let mut shown = Map::new();
    for member in table.members {
        let Some(value) = members.get(member.name).filter(|value| !value.is_null()) else { continue };
        let is_secret = member.sensitive || (is_patch && member.name == "value" && is_secret_path(path));
        let value = if is_secret { HIDDEN.into() } else { hidden(member.shape, value) };
        shown.insert(lower_first(member.name), value);
    }
    shown
}

fn is_secret_path(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    SECRET_PATHS.iter().any(|end| last.ends_with(end))
}

/// `RoleName` → `roleName`.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_frame::{blob, table};

    fn input(operation: &str, value: Value) -> Value {
        hidden(Shape::Structure(table(operation).input), &value)
    }

    fn output(operation: &str, value: Value) -> Value {
        hidden(Shape::Structure(table(operation).output), &value)
    }

    #[test]
    fn secrets_and_bytes_are_hidden() {
        assert_eq!(
            input("apigateway:CreateApiKey", json!({"name": "n", "value": "s3cret"})),
            json!({"name": "n", "value": HIDDEN})
        );
        let key = json!({"id": "i", "value": "s3cret", "createdDate": 1_795_421_083_120_i64});
        assert_eq!(
            output("apigateway:CreateApiKey", key),
            json!({"id": "i", "value": HIDDEN, "createdDate": "2026-11-23T08:04:43Z"})
        );
        assert_eq!(
            output("apigateway:CreateUsagePlanKey", json!({"value": "s3cret"})),
            json!({"value": HIDDEN})
        );
        assert_eq!(
            output(
                "iam:CreateAccessKey",
                json!({"AccessKey": {"AccessKeyId": "A", "SecretAccessKey": "s3cret"}})
            ),
            json!({"accessKey": {"accessKeyId": "A", "secretAccessKey": HIDDEN}})
        );
        assert_eq!(
            output("sts:AssumeRole", json!({"Credentials": {"SecretAccessKey": "s", "SessionToken": "t"}})),
            json!({"credentials": {"secretAccessKey": HIDDEN, "sessionToken": HIDDEN}})
        );
        let function = json!({"FunctionName": "f", "Code": {"ZipFile": blob(b"PK")}, "Environment": {"Variables": {"A": "b"}}});
        assert_eq!(
            input("lambda:CreateFunction", function),
            json!({"functionName": "f", "code": {"zipFile": HIDDEN}, "environment": {"variables": HIDDEN}})
        );
        assert_eq!(input("apigateway:ImportApiKeys", json!({"body": blob(b"k")})), json!({"body": HIDDEN}));
        assert_eq!(
            input("apigateway:CreateDomainName", json!({"certificatePrivateKey": "s3cret"})),
            json!({"certificatePrivateKey": HIDDEN})
        );
    }

    #[test]
    fn values_of_patches_are_shown_unless_their_path_names_a_secret() {
        let shown = |path: &str| {
            let operations = json!([{"op": "replace", "path": path, "value": "v"}]);
            let shown =
                input("apigateway:UpdateApiKey", json!({"apiKey": "k", "patchOperations": operations}));
            shown["patchOperations"][0]["value"].clone()
        };
        for (path, expected) in
            [("/name", "v"), ("/enabled", "v"), ("/value", HIDDEN), ("/certificatePrivateKey", HIDDEN)]
        {
            assert_eq!(shown(path), expected, "{path}");
        }
    }

    #[test]
    fn policies_are_shown() {
        assert_eq!(
            input("iam:PutRolePolicy", json!({"RoleName": "r", "PolicyDocument": "{}"})),
            json!({"roleName": "r", "policyDocument": "{}"})
        );
    }

    #[test]
    fn what_the_model_does_not_know_is_left_out() {
        assert_eq!(
            input("iam:CreateUser", json!({"UserName": "u", "Password": "s3cret"})),
            json!({"userName": "u"})
        );
        assert_eq!(input("iam:CreateUser", json!({"Tags": "s3cret"})), json!({"tags": HIDDEN}));
    }

    /// Whatever a model calls a secret is marked, however deep it lies.
    #[test]
    fn members_with_telling_names_are_marked() {
        let telling = ["secretaccesskey", "sessiontoken", "privatekey", "password", "zipfile"];
        let mut found = 0;
        for operation in api::SERVICES.iter().flat_map(|service| service.operations) {
            for root in [operation.input, operation.output] {
                let mut seen = Vec::new();
                each_member(root, &mut seen, &mut |member| {
                    let name = member.name.to_ascii_lowercase();
                    if telling.iter().any(|end| name.ends_with(end))
                        && matches!(member.shape, Shape::String(_) | Shape::Blob(_))
                    {
                        assert!(member.sensitive, "{operation:?}: {member:?}");
                        found += 1;
                    }
                });
            }
        }
        assert!(found >= 5, "{found}");
    }

    fn each_member(
        table: &'static Structure,
        seen: &mut Vec<&'static str>,
        each: &mut impl FnMut(&api::table::Member),
    ) {
        if seen.contains(&table.name) {
            return;
        }
        seen.push(table.name);
        for member in table.members {
            each(member);
            let mut shape = member.shape;
            loop {
                match shape {
                    Shape::List(list) => shape = list.element,
                    Shape::Map(map) => shape = map.value,
                    Shape::Structure(inner) => break each_member(inner, seen, each),
                    _ => break,
                }
            }
        }
    }
}
