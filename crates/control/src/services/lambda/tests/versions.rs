use super::*;
use crate::test_frame::{ZIP, blob, text, with};

fn publish(frame: &Frame, more: Value) -> Value {
    frame.ok("lambda:PublishVersion", with(orders(), more))
}

fn listed(frame: &Frame) -> Vec<String> {
    let versions = frame.ok("lambda:ListVersionsByFunction", orders());
    versions["Versions"].as_array().unwrap().iter().map(|version| text(version, "Version")).collect()
}

#[test]
fn a_version_is_a_copy() {
    let frame = with_function();
    let latest = frame.ok("lambda:GetFunctionConfiguration", orders());
    let published = publish(&frame, json!({"Description": "first"}));
    let expected = with(
        latest,
        json!({
            "FunctionArn": format!("{ARN}:1"), "Version": "1", "Description": "first",
            "RevisionId": published["RevisionId"],
        }),
    );
    assert_eq!(published, expected);
    let input = with(orders(), json!({"Qualifier": "1"}));
    frame.ok("lambda:UpdateFunctionConfiguration", with(orders(), json!({"Timeout": 9})));
    assert_eq!(frame.ok("lambda:GetFunctionConfiguration", input), expected);
}

/// Lambda API reference, `PublishVersion`.
#[test]
fn what_has_not_changed_is_not_published_again() {
    let frame = with_function();
    let first = publish(&frame, json!({}));
    assert_eq!(publish(&frame, json!({"Description": "again"})), first);
    let permission = json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"});
    frame.ok("lambda:AddPermission", with(orders(), permission));
    assert_eq!(publish(&frame, json!({})), first);
    // In the same moment, so that the time tells nothing.
    frame.ok("lambda:UpdateFunctionConfiguration", with(orders(), json!({"Timeout": 9})));
    assert_eq!(text(&publish(&frame, json!({})), "Version"), "2");
    frame.ok("lambda:UpdateFunctionCode", with(orders(), json!({"ZipFile": blob(b"PK two")})));
    assert_eq!(text(&publish(&frame, json!({})), "Version"), "3");
    assert_eq!(listed(&frame), ["$LATEST", "1", "2", "3"]);
}

#[test]
fn a_publication_is_checked() {
    let frame = with_function();
    let latest = frame.ok("lambda:GetFunctionConfiguration", orders());
    let check = |more: Value, expected: String| {
        assert_eq!(frame.refused("lambda:PublishVersion", with(orders(), more)), expected);
    };
    check(json!({"RevisionId": "other"}), precondition("GetFunction/GetAlias"));
    check(json!({"PublishTo": "LATEST_PUBLISHED"}), invalid("PublishTo is not built yet."));
    let sha = text(&latest, "CodeSha256");
    check(
        json!({"CodeSha256": "other"}),
        invalid(&format!(
            "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with \
             the CodeSHA256 in $LATEST."
        )),
    );
    publish(&frame, json!({"CodeSha256": sha, "RevisionId": latest["RevisionId"]}));
}

#[test]
fn versions_keep_their_packages() {
    let frame = with_function();
    publish(&frame, json!({}));
    frame.ok("lambda:UpdateFunctionCode", with(orders(), json!({"ZipFile": blob(b"PK two")})));
    assert!(frame.has_blob(ZIP));
    frame.ok("lambda:DeleteFunction", with(orders(), json!({"Qualifier": "1"})));
    assert!(!frame.has_blob(ZIP) && frame.has_blob(b"PK two"));
    assert_eq!(listed(&frame), ["$LATEST"]);
    // Numbers are not used again.
    assert_eq!(text(&publish(&frame, json!({})), "Version"), "2");
}

#[test]
fn a_version_with_an_alias_is_not_deleted() {
    let frame = with_function();
    publish(&frame, json!({}));
    for name in ["live", "beta"] {
        let alias = with(orders(), json!({"Name": name, "FunctionVersion": "1"}));
        frame.ok("lambda:CreateAlias", alias);
    }
    assert_eq!(
        frame.refused("lambda:DeleteFunction", with(orders(), json!({"Qualifier": "1"}))),
        conflict("Unable to delete version because the following aliases reference it: [beta, live]")
    );
}

#[test]
fn versions_are_listed_by_page_in_their_order() {
    let frame = with_function();
    for n in 0..10 {
        frame.ok("lambda:UpdateFunctionConfiguration", with(orders(), json!({"Timeout": n + 10})));
        publish(&frame, json!({}));
    }
    let expected: Vec<_> = std::iter::once("$LATEST".into()).chain((1..=10).map(|n| n.to_string())).collect();
    assert_eq!(listed(&frame), expected);
    let (mut seen, mut marker) = (Vec::new(), Value::Null);
    loop {
        let input = with(orders(), json!({"MaxItems": 4, "Marker": marker}));
        let page = frame.ok("lambda:ListVersionsByFunction", input);
        seen.extend(page["Versions"].as_array().unwrap().iter().map(|version| text(version, "Version")));
        match page.get("NextMarker") {
            Some(next) => marker = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen, expected);
}

/// A mistake of this program: it is told, and no version without a package is made.
#[test]
fn a_version_needs_its_package() {
    let frame = with_function();
    frame.write(|tx| Ok(tx.delete_blob(&store::BlobId::of(ZIP))?));
    let refused = frame.refused("lambda:PublishVersion", orders());
    assert_eq!(refused, "500 InternalFailure \"Internal server error\"");
    assert_eq!(listed(&frame), ["$LATEST"]);
}
