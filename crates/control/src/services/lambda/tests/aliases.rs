use super::*;
use crate::test_frame::{text, with};

fn alias(more: Value) -> Value {
    with(with(orders(), json!({"Name": "live"})), more)
}

/// A frame with version 1 of `orders`.
fn with_version() -> Frame {
    let frame = with_function();
    frame.ok("lambda:PublishVersion", orders());
    frame
}

#[test]
fn an_alias_points_to_a_version() {
    let frame = with_version();
    let created = frame.ok("lambda:CreateAlias", alias(json!({"FunctionVersion": "1"})));
    let expected = json!({
        "AliasArn": format!("{ARN}:live"), "Name": "live", "FunctionVersion": "1", "Description": "",
        "RevisionId": created["RevisionId"],
    });
    assert_eq!(created, expected);
    assert_eq!(frame.ok("lambda:GetAlias", alias(json!({}))), expected);
    let got = frame.ok("lambda:GetFunctionConfiguration", with(orders(), json!({"Qualifier": "live"})));
    assert_eq!((text(&got, "FunctionArn"), text(&got, "Version")), (format!("{ARN}:live"), "1".into()));

    let more = json!({"FunctionVersion": "$LATEST", "Description": "d", "RevisionId": created["RevisionId"]});
    let updated = frame.ok("lambda:UpdateAlias", alias(more));
    assert_ne!(updated["RevisionId"], created["RevisionId"]);
    assert_eq!(
        (text(&updated, "FunctionVersion"), text(&updated, "Description")),
        ("$LATEST".into(), "d".into())
    );
    let kept = frame.ok("lambda:UpdateAlias", alias(json!({})));
    assert_eq!(text(&kept, "Description"), "d");
    let got = frame.ok("lambda:GetFunctionConfiguration", with(orders(), json!({"Qualifier": "live"})));
    assert_eq!(text(&got, "Version"), "$LATEST");
}

#[test]
fn an_alias_is_checked() {
    let frame = with_version();
    frame.ok("lambda:CreateAlias", alias(json!({"FunctionVersion": "1"})));
    let check = |operation: &str, more: Value, expected: String| {
        assert_eq!(frame.refused(&format!("lambda:{operation}"), alias(more)), expected);
    };
    check(
        "CreateAlias",
        json!({"FunctionVersion": "1"}),
        conflict(&format!("Alias already exists: {ARN}:live")),
    );
    for operation in ["CreateAlias", "UpdateAlias"] {
        check(operation, json!({"FunctionVersion": "7"}), not_found(&format!("Function not found: {ARN}:7")));
        let routing =
            json!({"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}});
        check(
            operation,
            routing,
            invalid("AdditionalVersionWeights are not built yet: an alias points to one version."),
        );
    }
    frame.ok("lambda:UpdateAlias", alias(json!({"RoutingConfig": {"AdditionalVersionWeights": {}}})));
    check("UpdateAlias", json!({"RevisionId": "other"}), precondition("GetFunction/GetAlias"));
    let unknown = not_found(&format!("Cannot find alias arn: {ARN}:beta"));
    check("GetAlias", json!({"Name": "beta"}), unknown.clone());
    check("UpdateAlias", json!({"Name": "beta"}), unknown);
    check(
        "CreateAlias",
        json!({"Name": "7", "FunctionVersion": "1"}),
        "400 ValidationException \"1 validation error detected: Value '7' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)\"".into(),
    );
}

#[test]
fn aliases_are_listed_by_page_and_by_version() {
    let frame = with_version();
    for (name, version) in [("c", "1"), ("a", "$LATEST"), ("b", "1")] {
        frame.ok("lambda:CreateAlias", alias(json!({"Name": name, "FunctionVersion": version})));
    }
    let list = |more| {
        let answer = frame.ok("lambda:ListAliases", with(orders(), more));
        let names = answer["Aliases"].as_array().unwrap().iter().map(|alias| text(alias, "Name"));
        (names.collect::<String>(), answer["NextMarker"].clone())
    };
    assert_eq!(list(json!({})), ("abc".into(), Value::Null));
    assert_eq!(list(json!({"FunctionVersion": "1"})).0, "bc");
    let (first, marker) = list(json!({"MaxItems": 2}));
    assert_eq!(first, "ab");
    assert_eq!(list(json!({"MaxItems": 2, "Marker": marker})), ("c".into(), Value::Null));
}

/// Lambda API reference, `DeleteAlias`: there need not be one.
#[test]
fn deleting_an_alias_leaves_its_version() {
    let frame = with_version();
    frame.ok("lambda:CreateAlias", alias(json!({"FunctionVersion": "1"})));
    for _ in 0..2 {
        assert_eq!(frame.ok("lambda:DeleteAlias", alias(json!({}))), json!({}));
    }
    frame.ok("lambda:GetFunction", with(orders(), json!({"Qualifier": "1"})));
    frame.ok("lambda:DeleteFunction", with(orders(), json!({"Qualifier": "1"})));
}
