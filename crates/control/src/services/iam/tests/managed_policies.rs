use serde_json::{Value, json};

use super::*;
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, STARTED, text, with};

fn create(frame: &Frame, name: &str) -> String {
    let policy = frame.ok("iam:CreatePolicy", json!({"PolicyName": name, "PolicyDocument": POLICY}));
    text(&policy["Policy"], "Arn")
}

#[test]
fn a_policy_has_what_it_was_given() {
    let frame = Frame::new();
    let given = json!({
        "PolicyName": "p", "Path": "/team/", "PolicyDocument": POLICY, "Description": "d",
        "Tags": [{"Key": "a", "Value": "1"}],
    });
    let created = frame.ok("iam:CreatePolicy", given)["Policy"].clone();
    let id = text(&created, "PolicyId");
    assert_eq!((id.get(..4), id.len()), (Some("ANPA"), 21));
    let expected = json!({
        "PolicyName": "p", "PolicyId": id, "Arn": "arn:aws:iam::000000000000:policy/team/p",
        "Path": "/team/", "DefaultVersionId": "v1", "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0, "IsAttachable": true, "CreateDate": STARTED,
        "UpdateDate": STARTED, "Tags": [{"Key": "a", "Value": "1"}],
    });
    // The answer leaves the description out (IAM API reference, `Policy`).
    assert_eq!(created, expected);
    let got = frame.ok("iam:GetPolicy", json!({"PolicyArn": created["Arn"]}))["Policy"].clone();
    assert_eq!(got, with(expected, json!({"Description": "d"})));
}

#[test]
fn what_is_no_policy_is_refused() {
    let frame = Frame::new();
    create(&frame, "p");
    let check = |more: Value, expected: &str| {
        let input = with(json!({"PolicyName": "q", "PolicyDocument": POLICY}), more);
        assert_eq!(frame.refused("iam:CreatePolicy", input), expected);
    };
    check(
        json!({"PolicyName": "P"}),
        "409 EntityAlreadyExists \"A policy called P already exists. Duplicate names are not allowed.\"",
    );
    check(
        json!({"PolicyName": "p", "Path": "/x/"}),
        "409 EntityAlreadyExists \"A policy called p already exists. Duplicate names are not allowed.\"",
    );
    check(
        json!({"PolicyDocument": "{"}),
        "400 MalformedPolicyDocument \"This policy contains invalid Json\"",
    );
    check(
        json!({"PolicyDocument": policy_of(6145)}),
        "409 LimitExceeded \"Cannot exceed quota for PolicySize: 6144\"",
    );
    frame.ok("iam:CreatePolicy", json!({"PolicyName": "q", "PolicyDocument": policy_of(6144)}));
}

/// IAM and AWS STS quotas, "Customer managed policies in an AWS account".
#[test]
fn an_account_has_fifteen_hundred_policies() {
    let frame = Frame::new();
    let arn = create(&frame, "p");
    let scope = base::Scope::global(ACCOUNT);
    frame.write(move |tx| {
        let policy: documents::iam::ManagedPolicyDocument =
            tx.get(&scope, &store::Key::new([&*arn]))?.unwrap();
        for n in 0..1498 {
            tx.put(&scope, &store::Key::new([format!("{arn}{n}")]), &policy)?;
        }
        Ok(())
    });
    create(&frame, "last");
    assert_eq!(
        frame.refused("iam:CreatePolicy", json!({"PolicyName": "more", "PolicyDocument": POLICY})),
        "409 LimitExceeded \"Cannot exceed quota for PoliciesPerAccount: 1500\""
    );
}

#[test]
fn an_unknown_policy_is_named() {
    let frame = Frame::new();
    let foreign = create(&frame.in_scope(OTHER_ACCOUNT, "us-east-1"), "p");
    for arn in ["arn:aws:iam::000000000000:policy/nothing", "arn:aws:iam::aws:policy/Nothing", &foreign] {
        for (operation, more) in [
            ("GetPolicy", json!({})),
            ("DeletePolicy", json!({})),
            ("ListPolicyVersions", json!({})),
            ("CreatePolicyVersion", json!({"PolicyDocument": POLICY})),
            ("GetPolicyVersion", json!({"VersionId": "v1"})),
            ("DeletePolicyVersion", json!({"VersionId": "v1"})),
            ("TagPolicy", json!({"Tags": []})),
            ("UntagPolicy", json!({"TagKeys": []})),
            ("ListPolicyTags", json!({})),
        ] {
            let refused = frame.refused(&format!("iam:{operation}"), with(json!({"PolicyArn": arn}), more));
            assert_eq!(refused, no_such(&format!("Policy {arn} was not found.")), "{operation}");
        }
    }
    assert_eq!(
        frame.refused("iam:GetPolicy", json!({"PolicyArn": "arn:aws:iam::000000000000:role/p"})),
        "400 InvalidInput \"ARN arn:aws:iam::000000000000:role/p is not valid.\""
    );
}

#[test]
fn awss_policies_are_read_and_not_changed() {
    let frame = Frame::new();
    let policy = frame.ok("iam:GetPolicy", json!({"PolicyArn": BASIC}))["Policy"].clone();
    assert_eq!(text(&policy, "PolicyName"), "AWSLambdaBasicExecutionRole");
    let version = frame
        .ok("iam:GetPolicyVersion", json!({"PolicyArn": BASIC, "VersionId": policy["DefaultVersionId"]}));
    assert_eq!(version["PolicyVersion"]["IsDefaultVersion"], json!(true));
    for (operation, more) in [
        ("DeletePolicy", json!({})),
        ("CreatePolicyVersion", json!({"PolicyDocument": POLICY})),
        ("DeletePolicyVersion", json!({"VersionId": "v1"})),
        ("TagPolicy", json!({"Tags": []})),
        ("UntagPolicy", json!({"TagKeys": []})),
    ] {
        let refused = frame.refused(&format!("iam:{operation}"), with(json!({"PolicyArn": BASIC}), more));
        let expected = format!(
            "403 AccessDenied \"User: arn:aws:iam::000000000000:root is not authorized to perform: \
             iam:{operation} on resource: policy {BASIC}\""
        );
        assert_eq!(refused, expected);
    }
}

#[test]
fn lists_are_cut_by_scope_use_path_and_page() {
    let frame = Frame::new();
    frame.role("worker");
    let own = create(&frame, "own");
    frame.ok("iam:CreatePolicy", json!({"PolicyName": "in", "Path": "/x/", "PolicyDocument": POLICY}));
    for arn in [&*own, BASIC] {
        frame.ok("iam:AttachRolePolicy", json!({"RoleName": "worker", "PolicyArn": arn}));
    }
    let names = |input: Value| -> Vec<String> {
        let list = frame.ok("iam:ListPolicies", input);
        list["Policies"].as_array().unwrap().iter().map(|policy| text(policy, "PolicyName")).collect()
    };
    assert_eq!(names(json!({"Scope": "Local"})), ["own", "in"]);
    assert_eq!(names(json!({"Scope": "Local", "PathPrefix": "/x/"})), ["in"]);
    assert_eq!(names(json!({"OnlyAttached": true})), ["own", "AWSLambdaBasicExecutionRole"]);
    assert_eq!(names(json!({"Scope": "AWS", "OnlyAttached": true})), ["AWSLambdaBasicExecutionRole"]);
    assert_eq!(names(json!({"PolicyUsageFilter": "PermissionsBoundary"})), [""; 0]);
    let all = names(json!({}));
    assert_eq!(names(json!({"Scope": "AWS"})).len() + 2, all.len());
    let first = frame.ok("iam:ListPolicies", json!({"MaxItems": 1}));
    assert_eq!(
        (&first["IsTruncated"], first["Policies"][0]["AttachmentCount"].clone()),
        (&json!(true), json!(1))
    );
    let rest = names(json!({"Marker": first["Marker"]}));
    assert_eq!([&[text(&first["Policies"][0], "PolicyName")], &*rest].concat(), all);
}

#[test]
fn versions_are_never_numbered_twice() {
    let frame = Frame::new();
    let arn = create(&frame, "p");
    let policy = json!({"PolicyArn": arn});
    let add = |default: bool| {
        let more = json!({"PolicyDocument": POLICY.replace("logs", "s3"), "SetAsDefault": default});
        frame.ok("iam:CreatePolicyVersion", with(policy.clone(), more))["PolicyVersion"].clone()
    };
    assert_eq!(add(false), json!({"VersionId": "v2", "IsDefaultVersion": false, "CreateDate": STARTED}));
    let delete = |version: &str| with(policy.clone(), json!({"VersionId": version}));
    frame.ok("iam:DeletePolicyVersion", delete("v2"));
    assert_eq!(text(&add(true), "VersionId"), "v3");
    let versions = frame.ok("iam:ListPolicyVersions", policy.clone());
    assert_eq!(
        versions,
        json!({
            "Versions": [
                {"VersionId": "v3", "IsDefaultVersion": true, "CreateDate": STARTED},
                {"VersionId": "v1", "IsDefaultVersion": false, "CreateDate": STARTED},
            ],
            "IsTruncated": false,
        })
    );
    let page = frame.ok("iam:ListPolicyVersions", with(policy.clone(), json!({"MaxItems": 1})));
    let rest = frame.ok("iam:ListPolicyVersions", with(policy.clone(), json!({"Marker": page["Marker"]})));
    assert_eq!(rest["Versions"][0]["VersionId"], json!("v1"));
    assert_eq!(frame.ok("iam:GetPolicy", policy.clone())["Policy"]["DefaultVersionId"], json!("v3"));
    let got = frame.ok("iam:GetPolicyVersion", delete("v3"))["PolicyVersion"].clone();
    assert!(text(&got, "Document").contains("s3%3A%2A"), "{got}");

    assert_eq!(
        frame.refused("iam:DeletePolicyVersion", delete("v3")),
        delete_conflict("Cannot delete the default version of a policy.")
    );
    let unknown = no_such(&format!("Policy {arn} version v2 does not exist or is not attachable."));
    assert_eq!(frame.refused("iam:DeletePolicyVersion", delete("v2")), unknown);
    assert_eq!(frame.refused("iam:GetPolicyVersion", delete("v2")), unknown);
}

/// IAM and AWS STS quotas, "Versions per managed policy".
#[test]
fn five_versions_fit() {
    let frame = Frame::new();
    let input = json!({"PolicyArn": create(&frame, "p"), "PolicyDocument": POLICY});
    for _ in 0..4 {
        frame.ok("iam:CreatePolicyVersion", input.clone());
    }
    assert_eq!(
        frame.refused("iam:CreatePolicyVersion", input),
        "409 LimitExceeded \"A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.\""
    );
}

#[test]
fn a_policy_in_use_is_not_deleted() {
    let frame = Frame::new();
    frame.user("ada");
    let arn = create(&frame, "p");
    let policy = json!({"PolicyArn": arn});
    let attached = with(policy.clone(), json!({"UserName": "ada"}));
    frame.ok("iam:AttachUserPolicy", attached.clone());
    assert_eq!(frame.ok("iam:GetPolicy", policy.clone())["Policy"]["AttachmentCount"], json!(1));
    assert_eq!(
        frame.refused("iam:DeletePolicy", policy.clone()),
        delete_conflict("Cannot delete a policy attached to entities.")
    );
    frame.ok("iam:DetachUserPolicy", attached);
    frame.ok("iam:CreatePolicyVersion", with(policy.clone(), json!({"PolicyDocument": POLICY})));
    assert_eq!(
        frame.refused("iam:DeletePolicy", policy.clone()),
        delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy."
        )
    );
    frame.ok("iam:DeletePolicyVersion", with(policy.clone(), json!({"VersionId": "v2"})));
    frame.ok("iam:DeletePolicy", policy.clone());
    assert_eq!(frame.refused("iam:GetPolicy", policy), no_such(&format!("Policy {arn} was not found.")));
}

#[test]
fn policies_are_tagged() {
    let frame = Frame::new();
    let policy = json!({"PolicyArn": create(&frame, "p")});
    frame.ok("iam:TagPolicy", with(policy.clone(), json!({"Tags": [{"Key": "a", "Value": "1"}]})));
    let tags = || frame.ok("iam:ListPolicyTags", policy.clone());
    assert_eq!(tags(), json!({"Tags": [{"Key": "a", "Value": "1"}], "IsTruncated": false}));
    frame.ok("iam:UntagPolicy", with(policy.clone(), json!({"TagKeys": ["a"]})));
    assert_eq!(tags(), json!({"Tags": [], "IsTruncated": false}));
}
