//! Texts: STS's answers as users have reported them.

use std::time::Duration;

use base::{Scope, Timestamp};
use documents::iam::SessionDocument;
use ports::credentials::{CredentialError, CredentialIssuer as _};
use serde_json::{Value, json};
use store::Key;

use super::RoleCredentials;
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, START, STARTED, TRUST, text, with};
use crate::{Failure, Identity};

const ROLE: &str = "arn:aws:iam::000000000000:role/team/worker";

/// A trust policy for one principal.
fn trust(principal: &Value, condition: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition,
    }]})
    .to_string()
}

/// A trust policy for the account of all tests.
fn own_account() -> String {
    trust(&json!({"AWS": ACCOUNT}), &json!({}))
}

fn make_role(frame: &Frame, trust: &str, more: Value) {
    let input = json!({"RoleName": "worker", "Path": "/team/", "AssumeRolePolicyDocument": trust});
    frame.ok("iam:CreateRole", with(input, more));
}

fn assume() -> Value {
    json!({"RoleArn": ROLE, "RoleSessionName": "me"})
}

fn denied(caller: &str, role: &str) -> String {
    format!(
        "403 AccessDenied \"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}\""
    )
}

const ROOT: &str = "arn:aws:iam::000000000000:root";

/// `ada`, a user with a policy of these statements.
fn ada(frame: &Frame, statements: Option<Value>) -> Frame {
    let user = frame.ok("iam:CreateUser", json!({"UserName": "ada"}))["User"].clone();
    if let Some(statements) = statements {
        frame.allow("ada", statements);
    }
    frame.called_by(Identity::User { arn: text(&user, "Arn"), id: text(&user, "UserId"), name: "ada".into() })
}

#[test]
fn everyone_is_told_who_he_is() {
    let frame = Frame::new();
    let root = json!({"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": ROOT});
    assert_eq!(frame.ok("sts:GetCallerIdentity", json!({})), root);
    let ada = ada(&frame, None).ok("sts:GetCallerIdentity", json!({}));
    assert_eq!(text(&ada, "Arn"), "arn:aws:iam::000000000000:user/ada");
    assert!(text(&ada, "UserId").starts_with("AIDA"));
}

#[test]
fn a_session_is_made_of_a_role() {
    let frame = Frame::new();
    make_role(&frame, &own_account(), json!({"MaxSessionDuration": 7200}));
    let answer = frame.ok("sts:AssumeRole", assume());
    let arn = "arn:aws:sts::000000000000:assumed-role/worker/me";
    assert_eq!(text(&answer["AssumedRoleUser"], "Arn"), arn);
    let id = text(&answer["AssumedRoleUser"], "AssumedRoleId");
    assert!(id.starts_with("AROA") && id.ends_with(":me"), "{id}");
    let credentials = &answer["Credentials"];
    let key = text(credentials, "AccessKeyId");
    assert_eq!((key.get(..4), key.len()), (Some("ASIA"), 20));
    assert_eq!(text(credentials, "SecretAccessKey").len(), 40);
    assert_eq!(credentials["Expiration"], json!(STARTED + 3_600_000));
    let longest = frame.ok("sts:AssumeRole", with(assume(), json!({"DurationSeconds": 7200})));
    assert_eq!(longest["Credentials"]["Expiration"], json!(STARTED + 7_200_000));
    assert_eq!(
        frame.refused("sts:AssumeRole", with(assume(), json!({"DurationSeconds": 7201}))),
        "400 ValidationError \"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.\""
    );
}

#[test]
fn what_is_no_role_cannot_be_assumed() {
    let frame = Frame::new();
    make_role(&frame, &own_account(), json!({}));
    let check = |arn: &str, expected: String| {
        let input = with(assume(), json!({"RoleArn": arn}));
        assert_eq!(frame.refused("sts:AssumeRole", input), expected, "{arn}");
    };
    for arn in
        ["no ARN, and long enough", "arn:aws:iam::000000000000:user/worker", "arn:aws:s3:::role/worker"]
    {
        check(arn, format!("400 ValidationError \"{arn} is invalid\""));
    }
    for arn in [
        "arn:aws:iam::000000000000:role/nobody",
        // The path is part of the name here.
        "arn:aws:iam::000000000000:role/worker",
        "arn:aws:iam::111111111111:role/team/worker",
        "arn:aws-cn:iam::000000000000:role/team/worker",
    ] {
        check(arn, denied(ROOT, arn));
    }
}

#[test]
fn a_role_that_does_not_trust_is_not_assumed() {
    let frame = Frame::new();
    make_role(&frame, TRUST, json!({}));
    assert_eq!(frame.refused("sts:AssumeRole", assume()), denied(ROOT, ROLE));
}

/// What would limit a session must not be taken and forgotten.
#[test]
fn what_is_not_built_is_refused() {
    let frame = Frame::new();
    make_role(&frame, &own_account(), json!({}));
    for (more, what) in [
        (json!({"Policy": "{}"}), "Session policies are"),
        (json!({"PolicyArns": [{"arn": ROLE}]}), "Session policies are"),
        (json!({"Tags": [{"Key": "a", "Value": "b"}]}), "Session tags are"),
        (json!({"TransitiveTagKeys": ["a"]}), "Session tags are"),
        (json!({"SourceIdentity": "me"}), "Source identities are"),
        (json!({"ProvidedContexts": [{"ProviderArn": ROLE}]}), "Provided contexts are"),
    ] {
        assert_eq!(
            frame.refused("sts:AssumeRole", with(assume(), more)),
            format!("400 ValidationError \"{what} not built yet.\"")
        );
    }
    let device = json!({"SerialNumber": "arn:aws:iam::000000000000:mfa/ada", "TokenCode": "123456"});
    assert_eq!(
        frame.refused("sts:AssumeRole", with(assume(), device)),
        "403 AccessDenied \"MultiFactorAuthentication failed with invalid MFA one time pass code. \""
    );
}

/// IAM user guide, "Roles terms and concepts": a trust policy that names the account leaves it to
/// the account's policies, one that names a user of the account does not.
#[test]
fn trust_and_identity_policies_decide_together() {
    let allow = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE});
    let deny = json!({"Effect": "Deny", "Action": "sts:*", "Resource": "*"});
    let user = json!({"AWS": "arn:aws:iam::000000000000:user/ada"});
    let account = json!({"AWS": ACCOUNT});
    for (principal, statements, allowed) in [
        (&account, None, false),
        (&account, Some(allow.clone()), true),
        (&user, None, true),
        (&user, Some(deny.clone()), false),
        (&account, Some(json!([allow, deny])), false),
    ] {
        let frame = Frame::new();
        make_role(&frame, &trust(principal, &json!({})), json!({}));
        let outcome = ada(&frame, statements.clone()).run("sts:AssumeRole", assume());
        assert_eq!(outcome.is_ok(), allowed, "{principal} {statements:?}");
    }
}

#[test]
fn a_role_of_another_account_needs_both() {
    let allow = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"});
    for (statements, trusted, allowed) in
        [(Some(allow.clone()), ACCOUNT, true), (None, ACCOUNT, false), (Some(allow), OTHER_ACCOUNT, false)]
    {
        let frame = Frame::new();
        let owner = frame.in_scope(OTHER_ACCOUNT, "us-east-1");
        let arn = owner.role_with("theirs", &trust(&json!({"AWS": trusted}), &json!({})));
        let input = with(assume(), json!({"RoleArn": arn}));
        let outcome = ada(&frame, statements).run("sts:AssumeRole", input);
        assert_eq!(outcome.is_ok(), allowed, "{trusted}");
        if let Ok(answer) = outcome {
            let arn = "arn:aws:sts::111111111111:assumed-role/theirs/me";
            assert_eq!(text(&answer["AssumedRoleUser"], "Arn"), arn);
        }
    }
}

/// IAM user guide, "Access to AWS accounts owned by third parties".
#[test]
fn conditions_of_trust_policies_hold() {
    let frame = Frame::new();
    let condition = json!({
        "StringEquals": {"sts:ExternalId": "secret"}, "StringLike": {"sts:RoleSessionName": "m*"},
    });
    make_role(&frame, &trust(&json!({"AWS": ACCOUNT}), &condition), json!({}));
    let check = |more, allowed: bool| {
        let outcome = frame.run("sts:AssumeRole", with(assume(), more));
        assert_eq!(outcome.is_ok(), allowed);
    };
    check(json!({}), false);
    check(json!({"ExternalId": "guess"}), false);
    check(json!({"ExternalId": "secret"}), true);
    check(json!({"ExternalId": "secret", "RoleSessionName": "other"}), false);
}

/// IAM user guide, "Roles terms and concepts", role chaining.
#[test]
fn a_session_assumes_another_role_for_an_hour() {
    let frame = Frame::new();
    make_role(&frame, &own_account(), json!({"MaxSessionDuration": 43200}));
    let first = frame.role_with("first", &own_account());
    let allow = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*",
    }});
    let input = json!({"RoleName": "first", "PolicyName": "p", "PolicyDocument": allow.to_string()});
    frame.ok("iam:PutRolePolicy", input);
    let session = frame.called_by(Identity::Session {
        role_arn: first,
        role_name: "first".into(),
        arn: "arn:aws:sts::000000000000:assumed-role/first/s".into(),
        id: "AROA:s".into(),
        issued: START,
    });
    session.ok("sts:AssumeRole", with(assume(), json!({"DurationSeconds": 3600})));
    assert_eq!(
        session.refused("sts:AssumeRole", with(assume(), json!({"DurationSeconds": 3601}))),
        "400 ValidationError \"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.\""
    );
}

fn sessions(frame: &Frame) -> usize {
    let list = frame.plane.store.blocking_read(|tx| {
        Ok::<_, Failure>(tx.list::<SessionDocument>(&Scope::global(ACCOUNT), &Key::root())?)
    });
    list.unwrap().len()
}

#[test]
fn expired_sessions_are_swept() {
    let mut frame = Frame::new();
    make_role(&frame, &own_account(), json!({}));
    for _ in 0..150 {
        frame.ok("sts:AssumeRole", assume());
    }
    frame.after(Duration::from_secs(3599));
    frame.ok("sts:AssumeRole", assume());
    assert_eq!(sessions(&frame), 151);
    frame.after(Duration::from_secs(1));
    for _ in 0..3 {
        frame.ok("sts:AssumeRole", assume());
    }
    // The one that was still valid, and the three.
    assert_eq!(sessions(&frame), 4);
}

#[test]
fn services_get_credentials_of_roles_that_trust_them() {
    let frame = Frame::new();
    let role = frame.role("worker");
    let issuer = RoleCredentials::new(
        frame.plane.store.clone(),
        frame.plane.clock.clone(),
        frame.plane.random.clone(),
    );
    let issue = |account: &str, role: &str, service: &str| {
        let scope = Scope::new(account, "eu-west-1");
        frame.block_on(issuer.issue(&scope, role, service, "f", Duration::from_secs(60)))
    };
    let issued = issue(ACCOUNT, &role, "lambda.amazonaws.com").unwrap();
    assert!(issued.access_key_id.starts_with("ASIA"));
    assert_eq!(issued.expiration, Timestamp::from_millis(STARTED + 60_000));
    let refused = |account, role: &str, service| issue(account, role, service).unwrap_err();
    assert!(matches!(
        refused(ACCOUNT, &role, "events.amazonaws.com"),
        CredentialError::NotTrusted { service, .. } if service == "events.amazonaws.com"
    ));
    assert!(matches!(
        refused(ACCOUNT, "arn:aws:iam::000000000000:role/x/worker", "lambda.amazonaws.com"),
        CredentialError::UnknownRole { .. }
    ));
    assert!(matches!(
        refused(OTHER_ACCOUNT, &role, "lambda.amazonaws.com"),
        CredentialError::UnknownRole { .. }
    ));
}
