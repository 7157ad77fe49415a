//! "IAM policy elements: Variables and tags".

use super::*;

fn home(resource: &str, version: Option<&str>, effect: &str, element: &str) -> Policy {
    let mut document = json!({"Statement": {"Effect": effect, "Action": "*", element: resource}});
    if let Some(version) = version {
        document["Version"] = version.into();
    }
    Policy::parse(&document.to_string()).unwrap()
}

#[test]
fn resources_may_have_variables() {
    let at = |resource: &str| home(resource, Some("2012-10-17"), "Allow", "Resource");
    for (pattern, asked, expected) in [
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/anne/x", Allow),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/x", NoMatch),
        ("arn:aws:s3:::b/${AWS:USERNAME}/*", "arn:aws:s3:::b/anne/x", Allow),
        ("arn:aws:s3:::b/${aws:PrincipalAccount}", "arn:aws:s3:::b/111122223333", Allow),
        ("arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "arn:aws:s3:::b//x", NoMatch),
        ("arn:aws:s3:::b/${aws:PrincipalTag/team, 'all'}/*", "arn:aws:s3:::b/all/x", Allow),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", Allow),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", NoMatch),
        ("arn:aws:s3:::b/${?}${$}", "arn:aws:s3:::b/?$", Allow),
    ] {
        check(&at(pattern), &request("s3:GetObject", asked), expected);
    }
}

#[test]
fn the_old_version_has_no_variables() {
    for version in [None, Some("2008-10-17")] {
        let policy = home("arn:aws:s3:::b/${aws:username}/*", version, "Allow", "Resource");
        check(&policy, &request("s3:GetObject", "arn:aws:s3:::b/anne/x"), NoMatch);
        check(&policy, &request("s3:GetObject", "arn:aws:s3:::b/${aws:username}/x"), Allow);
    }
}

#[test]
fn a_variable_without_a_value_never_widens() {
    let pattern = "arn:aws:s3:::b/${aws:PrincipalTag/team}/*";
    for (effect, element, expected) in [
        ("Allow", "Resource", NoMatch),
        ("Deny", "Resource", NoMatch),
        ("Allow", "NotResource", NoMatch),
        ("Deny", "NotResource", ExplicitDeny),
    ] {
        let policy = home(pattern, Some("2012-10-17"), effect, element);
        check(&policy, &request("s3:GetObject", "arn:aws:s3:::b/red/x"), expected);
    }
    let policy = home(pattern, Some("2012-10-17"), "Allow", "NotResource");
    let tagged = |resource| request("s3:GetObject", resource).with("aws:PrincipalTag/team", "red");
    check(&policy, &tagged("arn:aws:s3:::b/red/x"), NoMatch);
    check(&policy, &tagged("arn:aws:s3:::b/blue/x"), Allow);
}

#[test]
fn conditions_may_have_variables() {
    let at = |operator: &str, value: &str| {
        policy(&json!({
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {"s3:prefix": value}},
        }))
    };
    for (operator, value, prefix, expected) in [
        ("StringEquals", "home/${aws:username}", "home/anne", Allow),
        ("StringEquals", "home/${aws:username}", "home/bob", NoMatch),
        ("StringNotEquals", "home/${aws:username}", "home/bob", Allow),
        ("StringNotEquals", "home/${aws:username}", "home/anne", NoMatch),
        ("StringEqualsIgnoreCase", "HOME/${aws:username}", "home/Anne", Allow),
        ("StringLike", "home/${aws:username}/*", "home/anne/a", Allow),
        ("StringLike", "home/${aws:username}/*", "home/ann/a", NoMatch),
        ("StringNotLike", "home/${aws:username}/*", "home/anne/a", NoMatch),
        ("ArnEquals", "${aws:PrincipalArn}", "arn:aws:iam::111122223333:user/anne", Allow),
        ("ArnEquals", "${aws:PrincipalArn}", "arn:aws:iam::111122223333:user/bob", NoMatch),
        (
            "ArnLike",
            "arn:aws:iam::${aws:PrincipalAccount}:user/*",
            "arn:aws:iam::111122223333:user/bob",
            Allow,
        ),
        ("StringEquals", "${aws:missing}", "", NoMatch),
        ("StringNotEquals", "${aws:missing}", "x", NoMatch),
        ("StringNotLike", "${aws:missing}*", "x", NoMatch),
        ("StringEquals", "${aws:missing, 'x'}", "x", Allow),
    ] {
        check(&at(operator, value), &request("s3:ListBucket", "*").with("s3:prefix", prefix), expected);
    }
}
