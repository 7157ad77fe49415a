use std::time::Duration;

use store::BlobId;

use super::*;
use crate::test_frame::{TRUST, ZIP, blob, text, with};

const ZIP_2: &[u8] = b"PK two";

fn code(more: Value) -> Value {
    with(with(orders(), json!({"ZipFile": blob(ZIP_2)})), more)
}

#[test]
fn new_code_takes_the_place_of_the_old() {
    let mut frame = with_function();
    let before = frame.ok("lambda:GetFunctionConfiguration", orders());
    frame.after(Duration::from_secs(1));
    let updated = frame.ok("lambda:UpdateFunctionCode", code(json!({})));
    assert_eq!(text(&updated, "CodeSha256"), BlobId::of(ZIP_2).to_string());
    assert_eq!(text(&updated, "LastModified"), "2026-11-23T08:04:44.120+0000");
    assert_ne!(updated["RevisionId"], before["RevisionId"]);
    assert_eq!(frame.ok("lambda:GetFunctionConfiguration", orders()), updated);
    assert!(frame.has_blob(ZIP_2) && !frame.has_blob(ZIP));
}

#[test]
fn a_dry_run_changes_nothing() {
    let frame = with_function();
    let before = frame.ok("lambda:GetFunctionConfiguration", orders());
    let answer = frame.ok("lambda:UpdateFunctionCode", code(json!({"DryRun": true})));
    assert_eq!(text(&answer, "CodeSha256"), BlobId::of(ZIP_2).to_string());
    assert_eq!(frame.ok("lambda:GetFunctionConfiguration", orders()), before);
    assert!(!frame.has_blob(ZIP_2));
}

#[test]
fn code_is_published_under_its_own_arn() {
    let frame = with_function();
    let updated = frame.ok("lambda:UpdateFunctionCode", code(json!({"Publish": true})));
    assert_eq!(text(&updated, "FunctionArn"), format!("{ARN}:1"));
}

#[test]
fn code_is_checked() {
    let frame = with_function();
    let check = |input: Value, expected: String| {
        assert_eq!(frame.refused("lambda:UpdateFunctionCode", input), expected);
    };
    check(code(json!({"RevisionId": "other"})), precondition("GetFunction/GetAlias"));
    check(code(json!({"ZipFile": blob(b"none")})), invalid("not a package"));
    check(orders(), invalid("Please provide a source for function code."));
    check(
        code(json!({"FunctionName": "nobody"})),
        not_found(&format!("Function not found: {}", ARN.replace("orders", "nobody"))),
    );
    check(
        code(json!({"Architectures": ["arm64"]})),
        invalid("An architecture other than this machine's is not built yet."),
    );
    check(
        with(orders(), json!({"S3Bucket": "bucket", "S3Key": "k"})),
        invalid("Code in S3 is not built yet: send the package as ZipFile."),
    );
    let present = frame.ok("lambda:GetFunctionConfiguration", orders());
    frame.ok("lambda:UpdateFunctionCode", code(json!({"RevisionId": present["RevisionId"]})));
}

/// A permission on `orders:*` is none on `orders`, so a qualifier must not be overlooked.
#[test]
fn what_is_published_is_not_updated() {
    let frame = with_function();
    for name in ["orders:1", "orders:live", "orders:$LATEST"] {
        for (operation, more) in [
            ("UpdateFunctionCode", json!({"ZipFile": blob(ZIP_2)})),
            ("UpdateFunctionConfiguration", json!({})),
            ("PublishVersion", json!({})),
            ("ListVersionsByFunction", json!({})),
            ("PutFunctionConcurrency", json!({"ReservedConcurrentExecutions": 1})),
            ("GetFunctionConcurrency", json!({})),
            ("DeleteFunctionConcurrency", json!({})),
            ("CreateAlias", json!({"Name": "a", "FunctionVersion": "1"})),
            ("GetAlias", json!({"Name": "a"})),
            ("ListAliases", json!({})),
            ("UpdateAlias", json!({"Name": "a"})),
            ("DeleteAlias", json!({"Name": "a"})),
            ("GetFunctionCodeSigningConfig", json!({})),
        ] {
            let input = with(json!({"FunctionName": name}), more);
            let refused = frame.refused(&format!("lambda:{operation}"), input);
            let expected = invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support \
                 this operation. Please specify either a function name or an unqualified function ARN.",
            );
            assert_eq!(refused, expected, "{operation} {name}");
        }
    }
}

#[test]
fn only_what_is_given_is_configured() {
    let mut frame = with_function();
    let update = |frame: &Frame, more| frame.ok("lambda:UpdateFunctionConfiguration", with(orders(), more));
    let before = frame.ok("lambda:GetFunctionConfiguration", orders());
    frame.after(Duration::from_millis(10));
    let other = frame.role("other");
    let more = json!({
        "Handler": "a.b", "Description": "d", "Timeout": 5, "MemorySize": 256, "Runtime": "nodejs22.x",
        "Role": other, "Environment": {"Variables": {"STAGE": "dev"}}, "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 600},
    });
    let updated = update(&frame, more.clone());
    let mut expected = with(before, more);
    expected["LastModified"] = json!("2026-11-23T08:04:43.130+0000");
    expected["RevisionId"] = updated["RevisionId"].clone();
    assert_eq!(updated, expected);
    let again = update(&frame, json!({"TracingConfig": {}, "Description": "e"}));
    assert_eq!(
        (again["Timeout"].clone(), text(&again, "Description"), again["TracingConfig"].clone()),
        (json!(5), "e".into(), json!({"Mode": "Active"}))
    );
    let cleared = update(&frame, json!({"Environment": {}}));
    assert!(cleared.get("Environment").is_none());
    assert_eq!(frame.ok("lambda:GetFunctionConfiguration", orders()), cleared);
}

#[test]
fn a_configuration_is_checked() {
    let frame = with_function();
    frame.role_with("events", &TRUST.replace("lambda", "events"));
    let check = |more: Value, expected: String| {
        let input = with(orders(), more);
        assert_eq!(frame.refused("lambda:UpdateFunctionConfiguration", input), expected);
    };
    check(json!({"RevisionId": "other"}), precondition("GetFunction/GetAlias"));
    check(
        json!({"Role": "arn:aws:iam::000000000000:role/events"}),
        invalid("The role defined for the function cannot be assumed by Lambda."),
    );
    check(
        json!({"Runtime": "java21"}),
        invalid(
            "The runtime java21 is not built yet. python3.x, nodejs and provided.al2023 are; a bootstrap file \
             in provided.al2023 can start anything else.",
        ),
    );
    check(
        json!({"Timeout": 901}),
        "400 ValidationException \"1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900\"".into(),
    );
    check(json!({"VpcConfig": {"SubnetIds": ["s"]}}), invalid("VpcConfig is not built yet."));
    check(
        json!({"LoggingConfig": {"LogGroup": "mine"}}),
        invalid("A LogGroup other than /aws/lambda/orders is not built yet."),
    );
    check(
        json!({"FunctionName": "nobody"}),
        not_found(&format!("Function not found: {}", ARN.replace("orders", "nobody"))),
    );
}
