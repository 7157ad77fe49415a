//! The roles that a call hands to a service. Who hands over a role can do through the service
//! what the role may do, so the caller must be allowed to pass it (IAM user guide, "Grant a user
//! permissions to pass a role to an AWS service").

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base::Scope;
use regex::Regex;
use serde_json::Value;

const LAMBDA: &str = "lambda.amazonaws.com";
const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// The members of inputs that name a role for a service to assume.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("lambda", "CreateFunction", "Role"),
    ("lambda", "UpdateFunctionConfiguration", "Role"),
    ("apigateway", "CreateAuthorizer", "authorizerCredentials"),
    ("apigateway", "PutIntegration", "credentials"),
    ("apigatewayv2", "CreateApi", "CredentialsArn"),
    ("apigatewayv2", "CreateAuthorizer", "AuthorizerCredentialsArn"),
    ("apigatewayv2", "CreateIntegration", "CredentialsArn"),
    ("apigatewayv2", "UpdateApi", "CredentialsArn"),
    ("apigatewayv2", "UpdateAuthorizer", "AuthorizerCredentialsArn"),
    ("apigatewayv2", "UpdateIntegration", "CredentialsArn"),
];

/// The last segments of patch paths whose value is such a role.
const PATCHED: &[&str] = &["authorizerCredentials", "cloudwatchRoleArn", "credentials"];

/// Operations whose whole body is a document in which roles may stand anywhere.
const IMPORTS: &[(&str, &str)] = &[
    ("apigateway", "ImportRestApi"),
    ("apigateway", "PutRestApi"),
    ("apigatewayv2", "ImportApi"),
    ("apigatewayv2", "ReimportApi"),
];

/// Stands for the caller's own credentials (API Gateway API reference, `Integration`): nothing
/// is passed.
const CALLERS_OWN: &str = "arn:aws:iam::*:user/*";

/// Each role that the call hands over, with the service that gets it.
pub(super) fn passed_roles(
    found: &wire::Match,
    request: &wire::Request,
    input: &Value,
    scope: &Scope,
) -> Vec<(String, &'static str)> {
    let (service, operation) = (found.service.name, found.operation.name);
    let to = match service {
        "lambda" => LAMBDA,
        "apigateway" | "apigatewayv2" => API_GATEWAY,
        _ => return Vec::new(),
    };
    let mut roles = BTreeSet::new();
    for (_, _, member) in MEMBERS.iter().filter(|(s, o, _)| (*s, *o) == (service, operation)) {
        roles.extend(input.get(*member).and_then(Value::as_str).map(str::to_owned));
    }
    for patch in input.get("patchOperations").and_then(Value::as_array).into_iter().flatten() {
        let text = |member: &str| patch.get(member).and_then(Value::as_str);
        let path = text("path").unwrap_or_default().replace("~1", "/").replace("~0", "~");
        if path.rsplit('/').next().is_some_and(|last| PATCHED.contains(&last)) {
            roles.extend(text("value").map(str::to_owned));
        }
    }
    if IMPORTS.contains(&(service, operation)) {
        roles.extend(roles_in(request.body(), scope));
    }
    roles.retain(|role| !role.is_empty() && role != CALLERS_OWN);
    roles.into_iter().map(|role| (role, to)).collect()
}

/// Every ARN of a role in `document`, JSON or YAML: in its texts as the import will see them, with
/// its escapes, aliases and variables resolved. What cannot be read cannot be imported either.
fn roles_in(document: &[u8], scope: &Scope) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    if let Ok(mut document) = openapi::text::read(document) {
        openapi::resolve_variables(&mut document, scope.account(), scope.region());
        roles_of(&document, &mut roles);
    }
    roles
}

fn roles_of(value: &Value, roles: &mut BTreeSet<String>) {
    static ROLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+").ok());
    match value {
        Value::String(text) => {
            let found = ROLE.iter().flat_map(|role| role.find_iter(text));
            roles.extend(found.map(|role| role.as_str().to_owned()));
        }
        Value::Array(values) => values.iter().for_each(|value| roles_of(value, roles)),
        Value::Object(members) => members.values().for_each(|value| roles_of(value, roles)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use api::SERVICES;
    use api::table::Shape;

    use super::*;

    /// A member that is added by AWS and names a role must be thought of: either it is passed
    /// to a service, or there is a reason why not.
    #[test]
    fn every_member_that_could_name_a_role_is_known() {
        let mut members: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for service in SERVICES {
            for operation in service.operations {
                for member in operation.input.members {
                    let name = member.name.to_ascii_lowercase();
                    if (name.contains("role") || name.contains("credential"))
                        && matches!(member.shape, Shape::String(_))
                    {
                        members
                            .entry(member.name)
                            .or_default()
                            .push(format!("{}:{}", service.name, operation.name));
                    }
                }
            }
        }
        // IAM's RoleName is what the operation itself is about, and AssumeRole decides alone.
        members.remove("AssumeRolePolicyDocument");
        members.remove("RoleName");
        members.remove("RoleArn");
        members.remove("RoleSessionName");
        let mut known: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (service, operation, member) in MEMBERS {
            known.entry(member).or_default().push(format!("{service}:{operation}"));
        }
        assert_eq!(members, known);
    }

    #[test]
    fn roles_are_found_in_documents() {
        let roles = |document: &str| -> Vec<String> {
            roles_in(document.as_bytes(), &Scope::new("111122223333", "us-east-1")).into_iter().collect()
        };
        let (first, second) = ("arn:aws:iam::111122223333:role/a/b", "arn:aws:iam::111122223333:role/c");
        let document = r#"{"credentials": "arn:aws:iam::111122223333:role\/a\/b",
            "x": ["\u0061rn:aws:iam::111122223333:role/c"]}"#;
        assert_eq!(roles(document), [first, second]);
        assert_eq!(roles("credentials: arn:aws:iam::111122223333:role/a/b\n"), [first]);
        assert_eq!(roles("credentials: arn:${AWS::Partition}:iam::${AWS::AccountId}:role/c\n"), [second]);
        assert_eq!(roles("credentials: \"arn:aws:iam::111122223333\\x3arole/c\"\n"), [second]);
        assert_eq!(roles("arn:aws:iam::*:user/*"), [""; 0]);
    }
}
