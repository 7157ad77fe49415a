use std::collections::HashSet;

use api::table::Text;
use api::{Operation, SERVICES, apigateway, iam, lambda, logs, sts};
use proptest::prelude::*;
use serde_json::json;

use super::pattern::compile;
use super::*;

fn violations<O: Operation>(_: O, input: Value) -> String {
    match validate(O::TABLE, &input) {
        Ok(()) => "none".to_owned(),
        Err(error) => error.message().unwrap_or_default().to_owned(),
    }
}

// These texts are recorded from AWS.
#[test]
fn api_gateway_addresses_body_members_by_their_operation() {
    let found = violations(
        apigateway::operations::CreateRestApi,
        json!({"name": "n", "endpointConfiguration": {"types": ["wrong"]}}),
    );
    assert_eq!(
        found,
        "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to \
         satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, \
         REGIONAL]]"
    );
    let found = violations(
        apigateway::operations::PutIntegration,
        json!({"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "type": "HTTPS_PROXY"}),
    );
    assert_eq!(
        found,
        "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: \
         Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"
    );
}

#[test]
fn patch_operations_are_numbered_and_come_before_members_of_the_url() {
    let found = violations(
        apigateway::operations::UpdateMethodResponse,
        json!({
            "restApiId": "a", "resourceId": "b", "httpMethod": "GET", "statusCode": "wrong",
            "patchOperations": [{"op": "wrong_op", "path": "/x"}, {"op": "add", "path": "/x"}],
        }),
    );
    assert_eq!(
        found,
        "2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' \
         failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]; \
         Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [1-5]\\d\\d"
    );
}

#[test]
fn patterns_fit_the_whole_text() {
    let put = |status: &str| {
        violations(
            apigateway::operations::PutMethodResponse,
            json!({"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "statusCode": status}),
        )
    };
    for fine in ["100", "200", "599"] {
        assert_eq!(put(fine), "none");
    }
    // The last is three digits, though not of the ones Java's \d means.
    for wrong in ["", "99", "600", "2000", "x200", "200\n", "2\u{661}\u{661}"] {
        assert_ne!(put(wrong), "none", "{wrong}");
    }
}

#[test]
fn what_is_required_must_not_be_null() {
    let found = violations(apigateway::operations::CreateStage, json!({"restApiId": "a"}));
    assert_eq!(
        found,
        "2 validation errors detected: Value null at 'createStageInput.stageName' failed to satisfy constraint: Member \
         must not be null; Value null at 'createStageInput.deploymentId' failed to satisfy constraint: Member must not \
         be null"
    );
}

#[test]
fn other_services_address_members_plainly() {
    let found = violations(logs::operations::CreateLogGroup, json!({"logGroupName": "a b"}));
    assert_eq!(
        found,
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
    );
    let found = violations(iam::operations::GetRole, json!({"RoleName": "r".repeat(65)}));
    assert_eq!(
        found,
        format!(
            "1 validation error detected: Value '{}' at 'roleName' failed to satisfy constraint: Member must have \
             length less than or equal to 64",
            "r".repeat(65)
        )
    );
    let role = json!({"RoleArn": "arn:aws:iam::000000000000:role/r", "RoleSessionName": "session", "DurationSeconds": 899});
    assert_eq!(
        violations(sts::operations::AssumeRole, role),
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have \
         value greater than or equal to 900"
    );
}

#[test]
fn both_sides_of_a_border() {
    let get = |name: String| violations(iam::operations::GetRole, json!({"RoleName": name}));
    assert_eq!(get("r".repeat(64)), "none");
    assert_ne!(get("r".repeat(65)), "none");
    assert_eq!(get("r".to_owned()), "none");
    assert!(get(String::new()).contains("greater than or equal to 1"));
    let limit = |limit: i32| violations(logs::operations::DescribeLogGroups, json!({"limit": limit}));
    assert_eq!((limit(1).as_str(), limit(50).as_str()), ("none", "none"));
    assert!(limit(0).ends_with("Member must have value greater than or equal to 1"));
    assert!(limit(51).ends_with("Member must have value less than or equal to 50"));
}

#[test]
fn keys_of_maps_are_shown_with_the_whole_map() {
    let found = violations(
        lambda::operations::UpdateFunctionConfiguration,
        json!({"FunctionName": "f", "Environment": {"Variables": {"1A": "b", "OK_": "c"}}}),
    );
    assert_eq!(
        found,
        "1 validation error detected: Value '{1A=b, OK_=c}' at 'environment.variables' failed to satisfy constraint: \
         Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
    );
}

#[test]
fn a_pattern_that_looks_around_has_a_replacement() {
    let create = |name: &str| {
        violations(
            lambda::operations::CreateAlias,
            json!({"FunctionName": "f", "FunctionVersion": "1", "Name": name}),
        )
    };
    for fine in ["live", "1a", "a1", "-", "2-3"] {
        assert_eq!(create(fine), "none", "{fine}");
    }
    assert!(create("123").ends_with("regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"));
}

#[test]
fn null_templates_are_no_violation_and_null_elements_are() {
    let path = json!({"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "statusCode": "200"});
    let mut input = path.clone();
    input["responseTemplates"] = json!({"application/json": null});
    assert_eq!(violations(apigateway::operations::PutIntegrationResponse, input), "none");
    let found =
        violations(apigateway::operations::CreateRestApi, json!({"name": "n", "binaryMediaTypes": [null]}));
    assert!(found.ends_with("Member must satisfy constraint: [Member must not be null]"), "{found}");
}

#[test]
fn messages_stay_within_bounds() {
    let patches: Vec<Value> = (0..2_000).map(|_| json!({"op": "x".repeat(10_000)})).collect();
    let found = violations(
        apigateway::operations::UpdateRestApi,
        json!({"restApiId": "a", "patchOperations": patches}),
    );
    assert!(found.starts_with("500 validation errors detected"));
    assert!(found.len() < 500 * (limits::SHOWN_VALUE + 200));
}

/// Every text of a shape and of what it is made of.
fn texts(shape: Shape, seen: &mut HashSet<*const Structure>, found: &mut Vec<&'static Text>) {
    match shape {
        Shape::String(text) => found.push(text),
        Shape::List(list) => texts(list.element, seen, found),
        Shape::Map(map) => {
            texts(map.key, seen, found);
            texts(map.value, seen, found);
        }
        Shape::Structure(table) if seen.insert(table) => {
            for member in table.members {
                texts(member.shape, seen, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_pattern_of_the_models_compiles() {
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    for operation in SERVICES.iter().flat_map(|service| service.operations) {
        texts(Shape::Structure(operation.input), &mut seen, &mut found);
        texts(Shape::Structure(operation.output), &mut seen, &mut found);
    }
    let patterns: HashSet<&str> = found.iter().filter_map(|text| text.matches.or(text.pattern)).collect();
    assert!(patterns.len() > 50);
    for pattern in patterns {
        assert!(compile(pattern).is_some(), "{pattern}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_json_can_be_validated(operation in any::<prop::sample::Index>(), text in "\\PC{0,20}", number in any::<i64>()) {
        let all: Vec<_> = SERVICES.iter().flat_map(|service| service.operations).collect();
        let operation = all[operation.index(all.len())];
        let values = [json!(text), json!(number), json!([text]), json!({"a": text}), json!([{"a": null}]), Value::Null];
        for value in values {
            let members = operation.input.members.iter().map(|member| (member.name.to_owned(), value.clone()));
            drop(validate(operation, &Value::Object(members.collect())));
        }
    }
}
