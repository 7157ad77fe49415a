//! Schemas as models have them.

use serde_json::{Value, json};

use crate::{MAX_TOLD_BYTES, Models, SchemaError, check};

const PREFIX: &str = "https://apigateway.amazonaws.com/restapis/abc/models/";

fn models(all: &[(&'static str, Value)]) -> Vec<(&'static str, String)> {
    all.iter().map(|(name, schema)| (*name, schema.to_string())).collect()
}

/// What the first model says of `body`.
fn faults(all: &[(&'static str, Value)], body: &Value) -> String {
    let texts = models(all);
    let models = Models::new("abc", texts.iter().map(|(name, text)| (*name, text.as_str())));
    let schema = models.schema(all[0].0).unwrap();
    schema.validate(body, body.to_string().len()).err().map(|invalid| invalid.to_string()).unwrap_or_default()
}

fn error(all: &[(&'static str, Value)]) -> Option<SchemaError> {
    let texts = models(all);
    let models = Models::new("abc", texts.iter().map(|(name, text)| (*name, text.as_str())));
    models.schema(all[0].0).err()
}

/// The first two are as users of AWS quote them.
#[test]
fn faults_are_told_in_awss_words() {
    let check = |schema: Value, body: Value, expected: &str| {
        assert_eq!(faults(&[("M", schema)], &body), expected);
    };
    check(
        json!({"required": ["items", "a"]}),
        json!({}),
        r#"[object has missing required properties (["a","items"])]"#,
    );
    check(
        json!({"properties": {"age": {"type": "integer"}}}),
        json!({"age": "x"}),
        r#"[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]"#,
    );
    check(
        json!({"type": ["number", "null"]}),
        json!([]),
        r#"[instance type (array) does not match any allowed primitive type (allowed: ["integer","null","number"])]"#,
    );
    check(
        json!({"additionalProperties": false}),
        json!({"b": 1, "a": 1}),
        r#"[object instance has properties which are not allowed by the schema: ["a","b"]]"#,
    );
    check(
        json!({"enum": ["A", "B"]}),
        json!("C"),
        r#"[instance value ("C") not found in enum (possible values: ["A","B"])]"#,
    );
    check(
        json!({"minimum": 3, "exclusiveMinimum": true}),
        json!(3),
        "[numeric instance is not strictly greater than the required minimum 3]",
    );
    check(
        json!({"maximum": 3}),
        json!(4),
        "[numeric instance is greater than the required maximum (maximum: 3, found: 4)]",
    );
    check(
        json!({"minLength": 3}),
        json!("ab"),
        r#"[string "ab" is too short (length: 2, required minimum: 3)]"#,
    );
    check(json!({"pattern": "^a"}), json!("b"), r#"[ECMA 262 regex "^a" does not match input string "b"]"#);
    check(
        json!({"oneOf": [{"type": "string"}, {"minLength": 1}]}),
        json!("x"),
        "[instance failed to match exactly one schema (matched 2 out of 2)]",
    );
    check(
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        json!(1),
        "[instance failed to match at least one required schema among 2]",
    );
    check(
        json!({"items": {"required": ["a"]}, "minItems": 3}),
        json!([{}, {}]),
        r#"[array is too short: must have at least 3 elements but instance has 2 elements, object has missing required properties (["a"]), object has missing required properties (["a"])]"#,
    );
}

#[test]
fn models_refer_to_each_other_and_in_circles() {
    let node = json!({
        "type": "object", "required": ["value"],
        "properties": {
            "value": {"$ref": format!("{PREFIX}Value")},
            "children": {"type": "array", "items": {"$ref": format!("{PREFIX}Node")}},
            "parent": {"oneOf": [{"type": "null"}, {"$ref": format!("{PREFIX}Node")}]},
        },
    });
    let all = [("Node", node), ("Value", json!({"type": "integer"}))];
    assert_eq!(faults(&all, &json!({"value": 1, "children": [{"value": 2}], "parent": null})), "");
    assert_eq!(
        faults(&all, &json!({"value": 1, "children": [{"value": 2, "children": [{}]}]})),
        r#"[object has missing required properties (["value"])]"#
    );
    assert_ne!(faults(&all, &json!({"value": "1"})), "");
}

#[test]
fn a_model_may_refer_to_a_part_of_another() {
    let part = json!({"$ref": format!("{PREFIX}Other#/definitions/part")});
    let all = [("M", part), ("Other", json!({"definitions": {"part": {"type": "integer"}}}))];
    assert_eq!(faults(&all, &json!(1)), "");
    assert_ne!(faults(&all, &json!("x")), "");
}

#[test]
fn whatever_a_model_says_it_is_draft_4() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "id": "https://example.com/a",
        "definitions": {"positive": {"id": "#p", "minimum": 0, "exclusiveMinimum": true}},
        "properties": {"a": {"$ref": "#/definitions/positive"}, "id": {"type": "integer"}},
    });
    let all = [("M", schema)];
    assert_eq!(faults(&all, &json!({"a": 1, "id": 1})), "");
    assert_ne!(faults(&all, &json!({"a": 0})), "");
    assert_ne!(faults(&all, &json!({"id": "x"})), "");
    assert_ne!(faults(&[("M", json!({"type": "integer"}))], &json!(1.0)), "");
}

#[test]
fn unusable_schemas_are_errors() {
    let refers = |name: &str| json!({"$ref": format!("{PREFIX}{name}")});
    assert_eq!(error(&[("A", refers("B"))]), Some(SchemaError::UnknownModel("B".to_owned())));
    assert_eq!(error(&[("A", refers("A"))]), Some(SchemaError::Loop("A".to_owned())));
    assert_eq!(
        error(&[("A", json!({"allOf": [refers("B")]})), ("B", json!({"not": refers("A")}))]),
        Some(SchemaError::Loop("A".to_owned()))
    );
    assert_eq!(error(&[("A", json!({"$ref": "#"}))]), Some(SchemaError::Loop("A".to_owned())));
    assert_eq!(
        error(&[("A", json!({"properties": {"x": {"anyOf": [{"$ref": "#/properties/x"}]}}}))]),
        Some(SchemaError::Loop("A".to_owned()))
    );
    for schema in [
        json!({"type": "text"}),
        json!({"pattern": "a++"}),
        json!({"pattern": "("}),
        json!({"$ref": "#/definitions/none"}),
        json!({"$ref": "http://127.0.0.1:1/"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"minimum": 1, "exclusiveMinimum": 2}),
    ] {
        assert!(matches!(error(&[("A", schema.clone())]), Some(SchemaError::Invalid { .. })), "{schema}");
        assert!(check("abc", &schema.to_string()).is_err(), "{schema}");
    }
    assert_eq!(check("abc", &refers("Other").to_string()), Ok(()));
    assert_eq!(check("abc", &refers("Other#/definitions/part").to_string()), Ok(()));
    assert_eq!(check("abc", "x"), Err(SchemaError::NotJson("-".to_owned())));
}

#[test]
fn large_bodies_are_not_told_fault_by_fault() {
    let schema = json!({"items": {"type": "integer"}});
    let texts = schema.to_string();
    let models = Models::new("abc", [("M", texts.as_str())]);
    let schema = models.schema("M").unwrap();
    let body = json!(vec!["x"; 3_000]);
    let told = |size| schema.validate(&body, size).unwrap_err().to_string();
    assert!(told(MAX_TOLD_BYTES).starts_with("[instance type (string)"));
    assert!(told(MAX_TOLD_BYTES).len() < 20_000);
    assert_eq!(told(MAX_TOLD_BYTES + 1), "[Invalid request body]");
}

#[test]
fn patterns_that_try_again_and_again_come_to_an_end() {
    let schema = json!({"pattern": r"^(a+)+(?!b)$"});
    let body = json!(format!("{}c", "a".repeat(10_000)));
    assert_ne!(faults(&[("M", schema)], &body), "");
}
