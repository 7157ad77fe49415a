//! The resource policy of an API: stored as plain JSON with its resources written out, answered
//! as AWS answers it.

use base::Scope;
use policy::{Kind, Policy, expand_execute_api_resources};
use serde_json::Value;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;

/// The policy as it is stored; none or an empty text stand for no policy.
pub(super) fn read(text: Option<&str>, scope: &Scope, api_id: &str) -> Outcome<Option<String>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > limits::POLICY {
        // The text is not recorded.
        return Err(bad_request(format!(
            "Invalid policy document. Resource policies can be at most {} characters long.",
            limits::POLICY
        )));
    }
    Policy::parse(text).and_then(|policy| policy.require(Kind::Resource)).map_err(|_| malformed())?;
    let mut document: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    expand_execute_api_resources(&mut document, scope.region(), scope.account(), api_id);
    Ok(Some(document.to_string()))
}

/// The policy as answers show it: escaped as the inside of a JSON string (recorded from AWS; the
/// Terraform provider unescapes it).
pub(super) fn escape(policy: &str) -> String {
    let quoted = Value::String(policy.to_owned()).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// Recorded from AWS.
fn malformed() -> crate::Failure {
    bad_request(
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_frame::{Frame, bad_request, patch, text};
    use super::super::update::update_rest_api;
    use super::super::{create_rest_api, get_rest_api};

    /// Recorded from AWS: resources are written out, and the text is escaped.
    #[test]
    fn a_policy_is_expanded_and_escaped() {
        let frame = Frame::new();
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
            "Action": "execute-api:Invoke", "Resource": ["execute-api:/*"]}]}"#;
        let created = frame.ok(create_rest_api, json!({"name": "a", "policy": policy}));
        let id = text(&created, "id");
        let expected = format!(
            r#"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":[\"arn:aws:execute-api:us-east-1:000000000000:{id}/*\"]}}]}}"#
        );
        assert_eq!(text(&created, "policy"), expected);
        assert_eq!(text(&frame.ok(get_rest_api, json!({"restApiId": id})), "policy"), expected);
        let cleared = json!({"restApiId": id, "patchOperations": patch("replace", "/policy", Some(""))});
        assert_eq!(frame.ok(update_rest_api, cleared)["policy"], json!(null));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let frame = Frame::new();
        let malformed =
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.";
        let statement = r#"{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}"#;
        let of_length = |length: usize| {
            let rest = format!(r#"{{"Statement":[{statement}],"Id":""}}"#);
            rest.replace(r#""Id":"""#, &format!(r#""Id":"{}""#, "x".repeat(length - rest.len())))
        };
        let nobody = statement.replace(r#""Principal":"*","#, "");
        for (policy, expected) in [
            ("x", malformed),
            ("[]", malformed),
            ("{}", malformed),
            (r#"{"Statement":[1]}"#, malformed),
            (&format!(r#"{{"Statement":[{nobody}]}}"#), malformed),
            (&format!(r#"{{"Statement":{}}}"#, statement.replace("Allow", "allow")), malformed),
            (
                &of_length(8193),
                "Invalid policy document. Resource policies can be at most 8192 characters long.",
            ),
        ] {
            let refused = frame.refused(create_rest_api, json!({"name": "a", "policy": policy}));
            assert_eq!(refused, bad_request(expected), "{policy}");
        }
        frame.ok(create_rest_api, json!({"name": "a", "policy": of_length(8192)}));
    }
}
