//! The short form of resources in API Gateway's resource policies: `execute-api:/prod/GET/pets`
//! stands for the whole ARN of that method of the API that the policy belongs to (API Gateway
//! developer guide, "Access control policy language overview"). AWS stores and returns the
//! whole ARN (recorded from AWS).

use serde_json::Value;

/// The whole ARN for a short form; `None` if it is none.
#[must_use]
pub fn expand_execute_api(resource: &str, region: &str, account: &str, api: &str) -> Option<String> {
    let path = resource.strip_prefix("execute-api:/")?;
    Some(format!("arn:aws:execute-api:{region}:{account}:{api}/{path}"))
}

/// Puts whole ARNs in the place of short forms, in the `Resource` and `NotResource` elements of
/// a policy document. Whatever is no such element is left as it is.
pub fn expand_execute_api_resources(document: &mut Value, region: &str, account: &str, api: &str) {
    fn each(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(change),
            one => change(one),
        }
    }
    let Some(statements) = document.get_mut("Statement") else { return };
    each(statements, &mut |statement| {
        for element in ["Resource", "NotResource"] {
            let Some(resources) = statement.get_mut(element) else { continue };
            each(resources, &mut |resource| {
                if let Some(whole) =
                    resource.as_str().and_then(|text| expand_execute_api(text, region, account, api))
                {
                    *resource = Value::String(whole);
                }
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_forms_become_whole_arns() {
        let expand = |text| expand_execute_api(text, "eu-west-1", "111122223333", "a1b2c3d4e5");
        for (short, whole) in [
            ("execute-api:/*", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*"),
            ("execute-api:/", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/"),
            (
                "execute-api:/prod/GET/pets",
                "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/pets",
            ),
        ] {
            assert_eq!(expand(short).as_deref(), Some(whole));
        }
        for text in ["*", "execute-api:*", "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*", ""] {
            assert_eq!(expand(text), None, "{text}");
        }
    }

    #[test]
    fn documents_are_expanded_in_place() {
        let mut document = json!({
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
                {"Effect": "Deny", "NotResource": ["execute-api:/prod/*", "arn:aws:s3:::b"], "Sid": "execute-api:/*"},
            ],
        });
        expand_execute_api_resources(&mut document, "eu-west-1", "111122223333", "a1");
        assert_eq!(
            document["Statement"],
            json!([
                {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
                 "Resource": "arn:aws:execute-api:eu-west-1:111122223333:a1/*"},
                {"Effect": "Deny", "NotResource": ["arn:aws:execute-api:eu-west-1:111122223333:a1/prod/*", "arn:aws:s3:::b"],
                 "Sid": "execute-api:/*"},
            ])
        );
        for mut odd in
            [json!(null), json!([]), json!({"Statement": 1}), json!({"Statement": {"Resource": [1]}})]
        {
            let before = odd.clone();
            expand_execute_api_resources(&mut odd, "r", "a", "i");
            assert_eq!(odd, before);
        }
    }
}
