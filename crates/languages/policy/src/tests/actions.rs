//! "IAM JSON policy elements: Action", "NotAction", "Effect".

use super::*;

#[track_caller]
fn check_action(element: &str, actions: Value, asked: &str, expected: Decision) {
    let policy = policy(&json!({"Effect": "Allow", element: actions, "Resource": "*"}));
    check(&policy, &request(asked, "arn:aws:s3:::b"), expected);
}

#[test]
fn actions_match_by_name_and_wildcard() {
    for (actions, asked, expected) in [
        (json!("s3:GetObject"), "s3:GetObject", Allow),
        (json!("s3:GetObject"), "s3:GetObjectAcl", NoMatch),
        (json!("s3:GetObject"), "s3:PutObject", NoMatch),
        (json!("s3:GetObject"), "s3-outposts:GetObject", NoMatch),
        (json!("S3:getobject"), "s3:GetObject", Allow),
        (json!("s3:GetObject"), "S3:GETOBJECT", Allow),
        (json!("s3:Get*"), "s3:GetObjectAcl", Allow),
        (json!("s3:Get*"), "s3:Get", Allow),
        (json!("s3:Get*"), "s3:PutGet", NoMatch),
        (json!("s3:*Object"), "s3:PutObject", Allow),
        (json!("s3:*Object*"), "s3:PutObjectAcl", Allow),
        (json!("s3:?etObject"), "s3:GetObject", Allow),
        (json!("s3:?etObject"), "s3:etObject", NoMatch),
        (json!("s3:*"), "s3:GetObject", Allow),
        (json!("s3:*"), "sts:AssumeRole", NoMatch),
        (json!("*"), "sts:AssumeRole", Allow),
        (json!("*:*"), "sts:AssumeRole", Allow),
        (json!(["sts:*", "s3:GetObject"]), "s3:GetObject", Allow),
        (json!(["sts:*", "s3:GetObject"]), "s3:PutObject", NoMatch),
        (json!([]), "s3:GetObject", NoMatch),
        // Variables have no place in actions.
        (json!("s3:${*}"), "s3:*", NoMatch),
    ] {
        check_action("Action", actions, asked, expected);
    }
}

#[test]
fn not_action_covers_all_others() {
    for (actions, asked, expected) in [
        (json!("iam:*"), "s3:GetObject", Allow),
        (json!("iam:*"), "IAM:GetUser", NoMatch),
        (json!(["iam:*", "s3:Get*"]), "s3:GetObject", NoMatch),
        (json!(["iam:*", "s3:Get*"]), "s3:PutObject", Allow),
    ] {
        check_action("NotAction", actions, asked, expected);
    }
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let allow = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"});
    let elsewhere = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::other"});
    for (statements, asked, expected) in [
        (json!([allow, deny]), "s3:DeleteObject", ExplicitDeny),
        (json!([deny, allow]), "s3:DeleteObject", ExplicitDeny),
        (json!([deny, allow]), "s3:GetObject", Allow),
        (json!([allow, elsewhere]), "s3:DeleteObject", Allow),
        (json!([deny]), "s3:GetObject", NoMatch),
        (json!(deny), "s3:DeleteObject", ExplicitDeny),
        (json!([]), "s3:GetObject", NoMatch),
        (json!([allow, allow]), "s3:GetObject", Allow),
    ] {
        check(&policy(&statements), &request(asked, "arn:aws:s3:::b"), expected);
    }
}
