//! Policy documents as IAM takes and gives them: checked on the way in, percent-encoded on the
//! way out (RFC 3986, IAM API reference, `GetRole`).

use api::iam::errors::MALFORMED_POLICY_DOCUMENT_EXCEPTION;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{Kind, Policy, PolicyError};
use serde_json::Value;
use wire::ServiceError;

use super::beyond_quota;
use crate::call::Outcome;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters of a managed policy, and of a trust policy (IAM and AWS STS quotas, "IAM and STS
/// character limits").
const MANAGED_SIZE: usize = 6144;
const TRUST_SIZE: usize = 2048;

/// `document` as an answer shows it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, UNRESERVED).to_string()
}

/// A document's size as quotas count it: without white space.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// Refuses what is no policy of a user or a role.
pub(super) fn check_identity(document: &str) -> Outcome<()> {
    let statements = check(document, Kind::Identity)?;
    let is_sid = |sid: &Value| sid.as_str().is_some_and(|sid| sid.bytes().all(|c| c.is_ascii_alphanumeric()));
    if statements.iter().filter_map(|statement| statement.get("Sid")).all(is_sid) {
        return Ok(());
    }
    Err(malformed(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
         [0-9A-Za-z]*",
    ))
}

/// Refuses what is no managed policy.
pub(super) fn check_managed(document: &str) -> Outcome<()> {
    check_identity(document)?;
    if size(document) > MANAGED_SIZE { Err(beyond_quota("PolicySize", MANAGED_SIZE)) } else { Ok(()) }
}

/// Refuses what is no trust policy.
pub(super) fn check_trust(document: &str) -> Outcome<()> {
    let statements = check(document, Kind::Trust)?;
    let is_of_sts = |action: &str| action.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sts:"));
    for statement in &statements {
        let actions = match statement.get("Action") {
            Some(Value::Array(actions)) => actions.as_slice(),
            Some(action) => std::slice::from_ref(action),
            None => &[],
        };
        if !actions.iter().filter_map(Value::as_str).all(is_of_sts) {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
    }
    if size(document) > TRUST_SIZE { Err(beyond_quota("ACLSizePerRole", TRUST_SIZE)) } else { Ok(()) }
}

/// The statements of `document`, if it is a policy of that kind.
fn check(document: &str, kind: Kind) -> Outcome<Vec<Value>> {
    Policy::parse(document)
        .and_then(|policy| policy.require(kind))
        .map_err(|error| malformed(wording(&error, kind)))?;
    let statements = serde_json::from_str::<Value>(document).ok().and_then(|mut document| {
        match document.get_mut("Statement").map(Value::take) {
            Some(Value::Array(statements)) => Some(statements),
            other => other.map(|statement| vec![statement]),
        }
    });
    Ok(statements.unwrap_or_default())
}

fn malformed(text: impl Into<String>) -> crate::Failure {
    ServiceError::new(&MALFORMED_POLICY_DOCUMENT_EXCEPTION, text).into()
}

/// IAM's words, as far as they are known.
fn wording(error: &PolicyError, kind: Kind) -> String {
    const SYNTAX: &str = "Syntax errors in policy.";
    let last = |at: &str| at.rsplit('.').next().unwrap_or_default().to_owned();
    match error {
        PolicyError::Json { .. } => "This policy contains invalid Json".to_owned(),
        PolicyError::Missing { element: "Action or NotAction", .. } => {
            "Policy statement must contain actions.".to_owned()
        }
        PolicyError::Missing { element: "Resource or NotResource", .. } => {
            "Policy statement must contain resources.".to_owned()
        }
        PolicyError::Missing { element: "Principal or NotPrincipal", .. } => {
            "Missing required field Principal".to_owned()
        }
        PolicyError::Prohibited { element: "Principal", .. } => {
            "Policy document should not specify a principal.".to_owned()
        }
        PolicyError::Prohibited { element, .. } => format!("Has prohibited field {element}"),
        PolicyError::Unknown { at, element } if at.contains("Principal") => {
            format!("Invalid principal in policy: \"{element}\"")
        }
        PolicyError::Unknown { element, .. } if kind == Kind::Trust => format!("Unknown field {element}"),
        PolicyError::Value { at, .. } if last(at).ends_with("Action") => {
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned()
        }
        PolicyError::Value { at, value, .. } if last(at).ends_with("Resource") => {
            format!("Resource {value} must be in ARN format or \"*\".")
        }
        PolicyError::Value { at, value, .. } if at.contains("Principal") => {
            format!("Invalid principal in policy: \"{}\":\"{value}\"", last(at))
        }
        PolicyError::DuplicateSid { .. } => {
            "Statement IDs (SID) in a single policy must be unique.".to_owned()
        }
        PolicyError::TooLong
        | PolicyError::TooManyStatements
        | PolicyError::Type { .. }
        | PolicyError::Missing { .. }
        | PolicyError::Unknown { .. }
        | PolicyError::Both { .. }
        | PolicyError::Value { .. }
        | PolicyError::Empty { .. }
        | PolicyError::Operator { .. } => SYNTAX.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(outcome: Outcome<()>) -> String {
        match outcome {
            Ok(()) => "taken".to_owned(),
            Err(crate::Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            Err(crate::Failure::Store(fault)) => fault.to_string(),
        }
    }

    fn document(statement: &Value) -> String {
        json!({"Version": "2012-10-17", "Statement": statement}).to_string()
    }

    /// Texts: answers of IAM that users have reported.
    #[test]
    fn identity_policies_are_refused_in_iams_words() {
        let check = |statement: Value, expected: &str| {
            assert_eq!(text(check_identity(&document(&statement))), expected, "{statement}");
        };
        let allow = json!({"Effect": "Allow", "Action": "logs:*", "Resource": "*"});
        check(allow.clone(), "taken");
        check(json!([allow]), "taken");
        check(json!([]), "Syntax errors in policy.");
        check(json!({"Action": "logs:*", "Resource": "*"}), "Syntax errors in policy.");
        check(json!({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions.");
        check(json!({"Effect": "Allow", "Action": "logs:*"}), "Policy statement must contain resources.");
        check(
            json!({"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Principal": "*"}),
            "Policy document should not specify a principal.",
        );
        check(
            json!({"Effect": "Allow", "Action": "everything", "Resource": "*"}),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        );
        check(
            json!({"Effect": "Allow", "Action": "logs:*", "Resource": "group"}),
            "Resource group must be in ARN format or \"*\".",
        );
        check(
            json!({"Sid": "a b", "Effect": "Allow", "Action": "logs:*", "Resource": "*"}),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        );
        let named = json!({"Sid": "a", "Effect": "Allow", "Action": "logs:*", "Resource": "*"});
        check(json!([named, named]), "Statement IDs (SID) in a single policy must be unique.");
        assert_eq!(text(check_identity("{")), "This policy contains invalid Json");
        assert_eq!(text(check_identity("[]")), "Syntax errors in policy.");
    }

    #[test]
    fn trust_policies_are_refused_in_iams_words() {
        let check = |statement: Value, expected: &str| {
            assert_eq!(text(check_trust(&document(&statement))), expected, "{statement}");
        };
        let lambda = json!({"Service": "lambda.amazonaws.com"});
        let allow = |action: Value| json!({"Effect": "Allow", "Action": action, "Principal": lambda});
        check(allow(json!("sts:AssumeRole")), "taken");
        check(allow(json!(["STS:AssumeRole", "sts:TagSession"])), "taken");
        let other = "AssumeRole policy may only specify STS AssumeRole actions.";
        check(allow(json!("lambda:InvokeFunction")), other);
        check(allow(json!(["sts:AssumeRole", "*"])), other);
        check(json!({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal");
        check(
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": lambda, "Resource": "*"}),
            "Has prohibited field Resource",
        );
        check(
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "me"}}),
            "Invalid principal in policy: \"AWS\":\"me\"",
        );
        check(
            json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": lambda, "Who": "x"}),
            "Unknown field Who",
        );
    }

    /// IAM and AWS STS quotas: white space does not count.
    #[test]
    fn sizes_end_where_the_quotas_do() {
        let of_size = |size: usize, statement: Value| {
            let short = document(&statement);
            document(&statement).replace("PADDING", &"x".repeat(size - short.len() + "PADDING".len())) + " \n"
        };
        let identity = json!({"Sid": "PADDING", "Effect": "Allow", "Action": "logs:*", "Resource": "*"});
        assert_eq!(text(check_managed(&of_size(6144, identity.clone()))), "taken");
        assert_eq!(text(check_managed(&of_size(6145, identity))), "Cannot exceed quota for PolicySize: 6144");
        let trust =
            json!({"Sid": "PADDING", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"});
        assert_eq!(text(check_trust(&of_size(2048, trust.clone()))), "taken");
        assert_eq!(text(check_trust(&of_size(2049, trust))), "Cannot exceed quota for ACLSizePerRole: 2048");
    }

    #[test]
    fn answers_are_percent_encoded() {
        assert_eq!(encoded("{\"a\": \"-._~é\"}"), "%7B%22a%22%3A%20%22-._~%C3%A9%22%7D");
    }
}
