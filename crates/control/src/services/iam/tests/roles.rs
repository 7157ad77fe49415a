use serde_json::json;

use super::*;
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, STARTED, TRUST, text, with};

fn input(name: &str) -> serde_json::Value {
    json!({"RoleName": name, "AssumeRolePolicyDocument": TRUST})
}

/// `TRUST` as answers show it.
const ENCODED_TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%2C%22Principal%22%3A%7B%22Service%22%3A%5B%22lambda.amazonaws.com%22%2C%22apigateway.amazonaws.com%22%5D%7D%7D%5D%7D";

#[test]
fn a_role_has_what_it_was_given() {
    let frame = Frame::new();
    let given = json!({
        "RoleName": "worker", "Path": "/jobs/", "AssumeRolePolicyDocument": TRUST, "Description": "works",
        "MaxSessionDuration": 7200, "Tags": [{"Key": "team", "Value": "a"}],
    });
    let role = frame.ok("iam:CreateRole", given)["Role"].clone();
    let id = text(&role, "RoleId");
    assert_eq!((id.get(..4), id.len()), (Some("AROA"), 21));
    let expected = json!({
        "Path": "/jobs/", "RoleName": "worker", "RoleId": id,
        "Arn": "arn:aws:iam::000000000000:role/jobs/worker", "CreateDate": STARTED,
        "AssumeRolePolicyDocument": ENCODED_TRUST, "Description": "works", "MaxSessionDuration": 7200,
        "Tags": [{"Key": "team", "Value": "a"}],
    });
    assert_eq!(role, expected);
    let got = frame.ok("iam:GetRole", json!({"RoleName": "worker"}))["Role"].clone();
    assert_eq!(got, with(expected.clone(), json!({"RoleLastUsed": {}})));
    // Lists leave the tags out.
    let mut listed = expected;
    listed.as_object_mut().unwrap().remove("Tags");
    let list = frame.ok("iam:ListRoles", json!({}));
    assert_eq!(list, json!({"Roles": [listed], "IsTruncated": false}));
}

#[test]
fn a_role_has_defaults() {
    let frame = Frame::new();
    let role = frame.ok("iam:CreateRole", with(input("worker"), json!({"Tags": []})))["Role"].clone();
    assert_eq!((text(&role, "Path"), role["MaxSessionDuration"].clone()), ("/".into(), json!(3600)));
    assert!(role.get("Tags").is_none() && role.get("Description").is_none());
}

#[test]
fn a_name_is_taken_once_in_any_case() {
    let frame = Frame::new();
    frame.role("worker");
    let taken = |name: &str| format!("409 EntityAlreadyExists \"Role with name {name} already exists.\"");
    assert_eq!(frame.refused("iam:CreateRole", input("worker")), taken("worker"));
    assert_eq!(frame.refused("iam:CreateRole", input("WORKER")), taken("WORKER"));
    let other_path = with(input("worker"), json!({"Path": "/a/"}));
    assert_eq!(frame.refused("iam:CreateRole", other_path), taken("worker"));
    // Other accounts have their own names.
    frame.in_scope(OTHER_ACCOUNT, "us-east-1").role("worker");
}

#[test]
fn what_is_no_role_is_refused() {
    let frame = Frame::new();
    let check = |more, expected: &str| {
        assert_eq!(frame.refused("iam:CreateRole", with(input("worker"), more)), expected);
    };
    check(
        json!({"AssumeRolePolicyDocument": "{"}),
        "400 MalformedPolicyDocument \"This policy contains invalid Json\"",
    );
    check(
        json!({"AssumeRolePolicyDocument": POLICY}),
        "400 MalformedPolicyDocument \"Has prohibited field Resource\"",
    );
    check(
        json!({"PermissionsBoundary": BASIC}),
        "400 InvalidInput \"Permissions boundaries are not built yet: a role with one would be held to less than it says.\"",
    );
    check(
        json!({"RoleName": "a b"}),
        "400 ValidationError \"1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+\"",
    );
    check(
        json!({"Tags": [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]}),
        "400 InvalidInput \"Duplicate tag keys found. Please note that Tag keys are case insensitive.\"",
    );
    check(
        json!({"Tags": [{"Key": "aws:a", "Value": ""}]}),
        "400 InvalidInput \"Tag keys that start with 'aws:' are reserved for AWS use.\"",
    );
    assert_eq!(frame.ok("iam:ListRoles", json!({}))["Roles"], json!([]));
}

/// IAM and AWS STS quotas, "Roles per account".
#[test]
fn an_account_has_a_thousand_roles() {
    let frame = Frame::new();
    frame.role("r");
    let scope = base::Scope::global(ACCOUNT);
    frame.write(move |tx| {
        let role: documents::iam::RoleDocument = tx.get(&scope, &store::Key::new(["r"]))?.unwrap();
        for n in 0..998 {
            tx.put(&scope, &store::Key::new([format!("r{n}")]), &role)?;
        }
        Ok(())
    });
    frame.role("last");
    assert_eq!(
        frame.refused("iam:CreateRole", input("more")),
        "409 LimitExceeded \"Cannot exceed quota for RolesPerAccount: 1000\""
    );
}

#[test]
fn an_unknown_role_is_named() {
    let frame = Frame::new();
    for (operation, more) in [
        ("GetRole", json!({})),
        ("DeleteRole", json!({})),
        ("UpdateRole", json!({})),
        ("UpdateAssumeRolePolicy", json!({"PolicyDocument": TRUST})),
        ("TagRole", json!({"Tags": []})),
        ("UntagRole", json!({"TagKeys": []})),
        ("ListRoleTags", json!({})),
        ("ListInstanceProfilesForRole", json!({})),
        ("ListRolePolicies", json!({})),
        ("GetRolePolicy", json!({"PolicyName": "p"})),
        ("PutRolePolicy", json!({"PolicyName": "p", "PolicyDocument": POLICY})),
        ("DeleteRolePolicy", json!({"PolicyName": "p"})),
        ("ListAttachedRolePolicies", json!({})),
        ("AttachRolePolicy", json!({"PolicyArn": BASIC})),
        ("DetachRolePolicy", json!({"PolicyArn": BASIC})),
    ] {
        let input = with(json!({"RoleName": "nobody"}), more);
        let refused = frame.refused(&format!("iam:{operation}"), input);
        assert_eq!(refused, no_such("The role with name nobody cannot be found."), "{operation}");
    }
}

#[test]
fn a_list_is_cut_by_path_and_by_page() {
    let frame = Frame::new();
    for (name, path) in [("c", "/"), ("a", "/x/"), ("b", "/x/y/")] {
        frame.ok("iam:CreateRole", with(input(name), json!({"Path": path})));
    }
    let names = |input| {
        let list = frame.ok("iam:ListRoles", input);
        let names = list["Roles"].as_array().unwrap().iter().map(|role| text(role, "RoleName"));
        (names.collect::<String>(), list["IsTruncated"].clone(), list.get("Marker").cloned())
    };
    assert_eq!(names(json!({})), ("abc".into(), json!(false), None));
    assert_eq!(names(json!({"PathPrefix": "/x/"})).0, "ab");
    let (first, truncated, marker) = names(json!({"MaxItems": 2}));
    assert_eq!((&*first, truncated), ("ab", json!(true)));
    assert_eq!(names(json!({"MaxItems": 2, "Marker": marker})), ("c".into(), json!(false), None));
    assert_eq!(
        frame.refused("iam:ListRoles", json!({"Marker": "?"})),
        "400 InvalidInput \"Invalid Marker: ?\""
    );
}

/// IAM API reference, `UpdateRole`: what is left out goes back to its default.
#[test]
fn an_update_replaces_description_and_duration() {
    let frame = Frame::new();
    frame.role("worker");
    let role = || frame.ok("iam:GetRole", json!({"RoleName": "worker"}))["Role"].clone();
    let update = json!({"RoleName": "worker", "Description": "d", "MaxSessionDuration": 43200});
    assert_eq!(frame.ok("iam:UpdateRole", update), json!({}));
    assert_eq!(
        (text(&role(), "Description"), role()["MaxSessionDuration"].clone()),
        ("d".into(), json!(43200))
    );
    frame.ok("iam:UpdateRole", json!({"RoleName": "worker"}));
    assert_eq!((role().get("Description"), role()["MaxSessionDuration"].clone()), (None, json!(3600)));
}

#[test]
fn a_trust_policy_is_replaced_if_it_is_one() {
    let frame = Frame::new();
    frame.role("worker");
    let update = |document: &str| json!({"RoleName": "worker", "PolicyDocument": document});
    let trust = TRUST.replace("\"sts:AssumeRole\"", "[\"sts:AssumeRole\"]");
    frame.ok("iam:UpdateAssumeRolePolicy", update(&trust));
    let shown =
        text(&frame.ok("iam:GetRole", json!({"RoleName": "worker"}))["Role"], "AssumeRolePolicyDocument");
    assert!(shown.contains("%5B%22sts%3AAssumeRole%22%5D"), "{shown}");
    assert_eq!(
        frame.refused("iam:UpdateAssumeRolePolicy", update("[]")),
        "400 MalformedPolicyDocument \"Syntax errors in policy.\""
    );
}

#[test]
fn a_role_in_use_is_not_deleted() {
    let frame = Frame::new();
    frame.role("worker");
    let name = json!({"RoleName": "worker"});
    frame.ok("iam:AttachRolePolicy", with(name.clone(), json!({"PolicyArn": BASIC})));
    let inline = with(name.clone(), json!({"PolicyName": "p"}));
    frame.ok("iam:PutRolePolicy", with(inline.clone(), json!({"PolicyDocument": POLICY})));
    assert_eq!(
        frame.refused("iam:DeleteRole", name.clone()),
        delete_conflict("Cannot delete entity, must detach all policies first.")
    );
    frame.ok("iam:DetachRolePolicy", with(name.clone(), json!({"PolicyArn": BASIC})));
    assert_eq!(
        frame.refused("iam:DeleteRole", name.clone()),
        delete_conflict("Cannot delete entity, must delete policies first.")
    );
    frame.ok("iam:DeleteRolePolicy", inline);
    frame.ok("iam:DeleteRole", name.clone());
    assert_eq!(frame.refused("iam:GetRole", name), no_such("The role with name worker cannot be found."));
}

#[test]
fn roles_are_tagged() {
    let frame = Frame::new();
    frame.role("worker");
    let name = json!({"RoleName": "worker"});
    let tag = |tags| frame.run("iam:TagRole", with(name.clone(), json!({"Tags": tags})));
    let tags = |more| frame.ok("iam:ListRoleTags", with(name.clone(), more));
    tag(json!([{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])).unwrap();
    tag(json!([{"Key": "B", "Value": "3"}])).unwrap();
    let all = json!([{"Key": "B", "Value": "3"}, {"Key": "a", "Value": "2"}]);
    assert_eq!(tags(json!({})), json!({"Tags": all, "IsTruncated": false}));
    let page = tags(json!({"MaxItems": 1}));
    assert_eq!(page["Tags"], json!([{"Key": "B", "Value": "3"}]));
    let rest = tags(json!({"MaxItems": 1, "Marker": page["Marker"]}));
    assert_eq!(rest["Tags"], json!([{"Key": "a", "Value": "2"}]));
    let untag = |keys| frame.ok("iam:UntagRole", with(name.clone(), json!({"TagKeys": keys})));
    untag(json!(["b", "none"]));
    assert_eq!(tags(json!({}))["Tags"], json!([{"Key": "a", "Value": "2"}]));
    untag(json!(["A"]));
    assert_eq!(tags(json!({}))["Tags"], json!([]));

    let fifty: Vec<_> = (0..50).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    tag(json!(fifty)).unwrap();
    let one_more = with(name.clone(), json!({"Tags": [{"Key": "x", "Value": ""}]}));
    assert_eq!(
        frame.refused("iam:TagRole", one_more),
        "409 LimitExceeded \"The number of tags has reached the maximum limit.\""
    );
    tag(json!([{"Key": "k0", "Value": "changed"}])).unwrap();
}

#[test]
fn a_role_has_no_instance_profiles() {
    let frame = Frame::new();
    frame.role("worker");
    let answer = frame.ok("iam:ListInstanceProfilesForRole", json!({"RoleName": "worker"}));
    assert_eq!(answer, json!({"InstanceProfiles": [], "IsTruncated": false}));
}
