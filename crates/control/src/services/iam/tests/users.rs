use serde_json::json;

use super::*;
use crate::Identity;
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, START, STARTED, text, with};

#[test]
fn a_user_has_what_it_was_given() {
    let frame = Frame::new();
    let given = json!({"UserName": "ada", "Path": "/staff/", "Tags": [{"Key": "a", "Value": "1"}]});
    let user = frame.ok("iam:CreateUser", given)["User"].clone();
    let id = text(&user, "UserId");
    assert_eq!((id.get(..4), id.len()), (Some("AIDA"), 21));
    let expected = json!({
        "Path": "/staff/", "UserName": "ada", "UserId": id,
        "Arn": "arn:aws:iam::000000000000:user/staff/ada", "CreateDate": STARTED,
        "Tags": [{"Key": "a", "Value": "1"}],
    });
    assert_eq!(user, expected);
    assert_eq!(frame.ok("iam:GetUser", json!({"UserName": "ada"}))["User"], expected);
    let mut listed = expected;
    listed.as_object_mut().unwrap().remove("Tags");
    let list = frame.ok("iam:ListUsers", json!({"PathPrefix": "/staff/"}));
    assert_eq!(list, json!({"Users": [listed], "IsTruncated": false}));
    assert_eq!(frame.ok("iam:ListUsers", json!({"PathPrefix": "/x"}))["Users"], json!([]));
}

#[test]
fn what_is_no_user_is_refused() {
    let frame = Frame::new();
    frame.user("ada");
    let taken = |name: &str| format!("409 EntityAlreadyExists \"User with name {name} already exists.\"");
    assert_eq!(frame.refused("iam:CreateUser", json!({"UserName": "ada"})), taken("ada"));
    assert_eq!(frame.refused("iam:CreateUser", json!({"UserName": "Ada"})), taken("Ada"));
    frame.in_scope(OTHER_ACCOUNT, "us-east-1").user("ada");
    assert_eq!(
        frame.refused("iam:CreateUser", json!({"UserName": "bob", "PermissionsBoundary": BASIC})),
        "400 InvalidInput \"Permissions boundaries are not built yet: a user with one would be held to less than it says.\""
    );
    assert_eq!(
        frame.refused("iam:CreateUser", json!({"UserName": "a:root"})),
        "400 ValidationError \"1 validation error detected: Value 'a:root' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+\""
    );
}

/// IAM and AWS STS quotas, "Users per account".
#[test]
fn an_account_has_five_thousand_users() {
    let frame = Frame::new();
    frame.ok("iam:CreateUser", json!({"UserName": "u"}));
    let scope = base::Scope::global(ACCOUNT);
    frame.write(move |tx| {
        let user: documents::iam::UserDocument = tx.get(&scope, &store::Key::new(["u"]))?.unwrap();
        for n in 0..4998 {
            tx.put(&scope, &store::Key::new([format!("u{n}")]), &user)?;
        }
        Ok(())
    });
    frame.ok("iam:CreateUser", json!({"UserName": "last"}));
    assert_eq!(
        frame.refused("iam:CreateUser", json!({"UserName": "more"})),
        "409 LimitExceeded \"Cannot exceed quota for UsersPerAccount: 5000\""
    );
}

#[test]
fn an_unknown_user_is_named() {
    let frame = Frame::new();
    for (operation, more) in [
        ("GetUser", json!({})),
        ("DeleteUser", json!({})),
        ("TagUser", json!({"Tags": []})),
        ("UntagUser", json!({"TagKeys": []})),
        ("ListUserTags", json!({})),
        ("ListGroupsForUser", json!({})),
        ("ListUserPolicies", json!({})),
        ("GetUserPolicy", json!({"PolicyName": "p"})),
        ("PutUserPolicy", json!({"PolicyName": "p", "PolicyDocument": POLICY})),
        ("DeleteUserPolicy", json!({"PolicyName": "p"})),
        ("ListAttachedUserPolicies", json!({})),
        ("AttachUserPolicy", json!({"PolicyArn": BASIC})),
        ("DetachUserPolicy", json!({"PolicyArn": BASIC})),
        ("CreateAccessKey", json!({})),
        ("ListAccessKeys", json!({})),
        ("UpdateAccessKey", json!({"AccessKeyId": "AKIA000000000000", "Status": "Active"})),
        ("DeleteAccessKey", json!({"AccessKeyId": "AKIA000000000000"})),
    ] {
        let input = with(json!({"UserName": "nobody"}), more);
        let refused = frame.refused(&format!("iam:{operation}"), input);
        assert_eq!(refused, no_such("The user with name nobody cannot be found."), "{operation}");
    }
}

#[test]
fn without_a_name_the_caller_is_meant() {
    let frame = Frame::new();
    let user = frame.ok("iam:CreateUser", json!({"UserName": "ada", "Path": "/staff/"}))["User"].clone();
    let ada = frame.called_by(Identity::User {
        arn: text(&user, "Arn"),
        id: text(&user, "UserId"),
        name: "ada".into(),
    });
    assert_eq!(ada.ok("iam:GetUser", json!({}))["User"], user);
    let key = ada.ok("iam:CreateAccessKey", json!({}))["AccessKey"].clone();
    assert_eq!(text(&key, "UserName"), "ada");
    assert_eq!(ada.ok("iam:ListAccessKeys", json!({}))["AccessKeyMetadata"][0]["UserName"], json!("ada"));

    let session = frame.called_by(Identity::Session {
        role_arn: "arn:aws:iam::000000000000:role/worker".into(),
        role_name: "worker".into(),
        arn: "arn:aws:sts::000000000000:assumed-role/worker/s".into(),
        id: "AROA:s".into(),
        issued: START,
    });
    let refused = "400 ValidationError \"Must specify userName when calling with non-User credentials\"";
    assert_eq!(session.refused("iam:GetUser", json!({})), refused);
    assert_eq!(session.refused("iam:CreateAccessKey", json!({})), refused);
    // The root is no user, and gets no keys.
    assert_eq!(frame.refused("iam:CreateAccessKey", json!({})), refused);
    let root = frame.ok("iam:GetUser", json!({}))["User"].clone();
    assert_eq!(
        (text(&root, "Arn"), text(&root, "UserId")),
        ("arn:aws:iam::000000000000:root".into(), ACCOUNT.into())
    );
}

#[test]
fn a_user_in_use_is_not_deleted() {
    let frame = Frame::new();
    let key = frame.user("ada").key;
    let name = json!({"UserName": "ada"});
    frame.ok("iam:AttachUserPolicy", with(name.clone(), json!({"PolicyArn": BASIC})));
    frame.allow("ada", json!({"Effect": "Allow", "Action": "logs:*", "Resource": "*"}));
    for (text, operation, more) in [
        ("must detach all policies first", "DetachUserPolicy", json!({"PolicyArn": BASIC})),
        ("must delete policies first", "DeleteUserPolicy", json!({"PolicyName": "p"})),
        ("must delete access keys first", "DeleteAccessKey", json!({"AccessKeyId": key})),
    ] {
        let refused = frame.refused("iam:DeleteUser", name.clone());
        assert_eq!(refused, delete_conflict(&format!("Cannot delete entity, {text}.")));
        frame.ok(&format!("iam:{operation}"), with(name.clone(), more));
    }
    frame.ok("iam:DeleteUser", name.clone());
    assert_eq!(frame.refused("iam:GetUser", name), no_such("The user with name ada cannot be found."));
}

#[test]
fn users_are_tagged_and_have_no_groups() {
    let frame = Frame::new();
    frame.user("ada");
    let name = json!({"UserName": "ada"});
    frame.ok("iam:TagUser", with(name.clone(), json!({"Tags": [{"Key": "a", "Value": "1"}]})));
    let tags = || frame.ok("iam:ListUserTags", name.clone());
    assert_eq!(tags(), json!({"Tags": [{"Key": "a", "Value": "1"}], "IsTruncated": false}));
    frame.ok("iam:UntagUser", with(name.clone(), json!({"TagKeys": ["a"]})));
    assert_eq!(tags(), json!({"Tags": [], "IsTruncated": false}));
    let groups = frame.ok("iam:ListGroupsForUser", name.clone());
    assert_eq!(groups, json!({"Groups": [], "IsTruncated": false}));
}
