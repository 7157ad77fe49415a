use serde_json::json;

use super::*;
use crate::test_frame::{Frame, OTHER_ACCOUNT, STARTED, text};

#[test]
fn the_secret_is_shown_once() {
    let frame = Frame::new();
    frame.ok("iam:CreateUser", json!({"UserName": "ada"}));
    let key = frame.ok("iam:CreateAccessKey", json!({"UserName": "ada"}))["AccessKey"].clone();
    let id = text(&key, "AccessKeyId");
    assert_eq!((id.get(..4), id.len()), (Some("AKIA"), 20));
    assert_eq!(text(&key, "SecretAccessKey").len(), 40);
    let shown = json!({"UserName": "ada", "AccessKeyId": id, "Status": "Active", "CreateDate": STARTED});
    let listed = frame.ok("iam:ListAccessKeys", json!({"UserName": "ada"}));
    assert_eq!(listed, json!({"AccessKeyMetadata": [shown], "IsTruncated": false}));
}

/// IAM and AWS STS quotas, "Access keys assigned to an IAM user".
#[test]
fn two_keys_are_the_most() {
    let frame = Frame::new();
    frame.user("ada");
    frame.user("bob");
    frame.ok("iam:CreateAccessKey", json!({"UserName": "ada"}));
    assert_eq!(
        frame.refused("iam:CreateAccessKey", json!({"UserName": "ada"})),
        "409 LimitExceeded \"Cannot exceed quota for AccessKeysPerUser: 2\""
    );
}

#[test]
fn keys_are_switched_off_and_on() {
    let frame = Frame::new();
    let key = frame.user("ada").key;
    let update = |status: &str| json!({"UserName": "ada", "AccessKeyId": key, "Status": status});
    let status = || {
        let listed = frame.ok("iam:ListAccessKeys", json!({"UserName": "ada"}));
        text(&listed["AccessKeyMetadata"][0], "Status")
    };
    frame.ok("iam:UpdateAccessKey", update("Inactive"));
    assert_eq!(status(), "Inactive");
    frame.ok("iam:UpdateAccessKey", update("Active"));
    assert_eq!(status(), "Active");
    assert_eq!(
        frame.refused("iam:UpdateAccessKey", update("Expired")),
        "400 ValidationError \"1 validation error detected: Value 'Expired' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]\""
    );
}

#[test]
fn only_the_users_own_keys_are_changed() {
    let frame = Frame::new();
    frame.user("bob");
    let key = frame.user("ada").key;
    let unknown = no_such(&format!("The Access Key with id {key} cannot be found."));
    let of_bob = json!({"UserName": "bob", "AccessKeyId": key});
    assert_eq!(frame.refused("iam:DeleteAccessKey", of_bob), unknown);
    let update = json!({"UserName": "bob", "AccessKeyId": key, "Status": "Inactive"});
    assert_eq!(frame.refused("iam:UpdateAccessKey", update), unknown);
    let of_ada = json!({"UserName": "ada", "AccessKeyId": key});
    frame.ok("iam:DeleteAccessKey", of_ada.clone());
    assert_eq!(frame.refused("iam:DeleteAccessKey", of_ada), unknown);
}

#[test]
fn the_last_use_is_not_known() {
    let frame = Frame::new();
    let key = frame.user("ada").key;
    let input = json!({"AccessKeyId": key});
    let expected = json!({"UserName": "ada", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}});
    assert_eq!(frame.ok("iam:GetAccessKeyLastUsed", input.clone()), expected);
    let elsewhere = frame.in_scope(OTHER_ACCOUNT, "us-east-1");
    assert_eq!(
        elsewhere.refused("iam:GetAccessKeyLastUsed", input),
        no_such(&format!("The Access Key with id {key} cannot be found."))
    );
}
