//! Conditions of identity policies (IAM user guide, "AWS global condition context keys").

use std::time::Duration;

use super::*;
use crate::test_frame::{Reply, Wire};

/// What `ada` is told who may do everything under `condition`, and nothing under `denied`.
struct Asked {
    frame: Frame,
    wire: Wire,
    ada: Signer,
}

impl Asked {
    fn under(statement: Value) -> Self {
        let frame = Frame::new();
        let ada = frame.user("ada");
        let all = if statement["Effect"] == "Deny" { json!([allow("*", "*"), statement]) } else { statement };
        frame.allow("ada", all);
        let wire = frame.strict();
        Self { frame, wire, ada }
    }

    fn send(&self, service: &str, sent: &Sent) -> Reply {
        self.wire.signed(&self.ada, service, sent)
    }

    fn lists_apis(&self) -> bool {
        self.send("apigateway", &Sent::new("GET", "/restapis").with("user-agent", "aws-cli/2")).status == 200
    }
}

#[track_caller]
fn check(condition: &Value, applies: bool) {
    let allowing = Asked::under(when(allow("*", "*"), condition.clone()));
    assert_eq!(allowing.lists_apis(), applies, "Allow under {condition}");
    let denying = Asked::under(when(deny("*", "*"), condition.clone()));
    assert_eq!(denying.lists_apis(), !applies, "Deny under {condition}");
}

/// Calls come from 192.0.2.1, without TLS, at 2026-11-23T08:04:43Z.
#[test]
fn a_call_has_circumstances() {
    for (condition, applies) in [
        (json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), false),
        (json!({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), false),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), true),
        (json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), true),
        (json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), false),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2026-11-23T08:04:42Z"}}), true),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2026-11-23T08:04:43Z"}}), false),
        (json!({"NumericEquals": {"aws:EpochTime": "1795421083"}}), true),
        (json!({"StringLike": {"aws:UserAgent": "aws-cli/*"}}), true),
        (json!({"StringEquals": {"aws:username": "ada"}}), true),
        (json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::000000000000:user/ada"}}), true),
        (json!({"StringEquals": {"aws:ResourceAccount": "000000000000"}}), true),
        (json!({"Bool": {"aws:ViaAWSService": "true"}}), false),
        // There are no devices and no organizations: such keys no call has.
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), true),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), false),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), true),
        (json!({"Null": {"aws:TokenIssueTime": "true"}}), true),
    ] {
        check(&condition, applies);
    }
}

/// A Deny that cannot be decided applies, an Allow does not.
#[test]
fn what_cannot_be_said_decides_against_the_call() {
    for key in ["apigateway:Request/EndpointType", "aws:ResourceTag/team", "aws:SomethingNew"] {
        for operator in ["StringEquals", "StringNotEquals"] {
            let condition = json!({operator: {key: "x"}});
            assert!(!Asked::under(when(allow("*", "*"), condition.clone())).lists_apis(), "{condition}");
            assert!(!Asked::under(when(deny("*", "*"), condition.clone())).lists_apis(), "{condition}");
            // It denies only what it speaks of.
            assert!(Asked::under(when(deny("logs:*", "*"), condition)).lists_apis());
        }
    }
}

#[test]
fn callers_have_their_tags() {
    let team = json!({"StringEquals": {"aws:PrincipalTag/team": "a"}});
    let asked = Asked::under(when(allow("*", "*"), team));
    assert!(!asked.lists_apis());
    let tags = json!({"UserName": "ada", "Tags": [{"Key": "team", "Value": "a"}]});
    asked.frame.ok("iam:TagUser", tags);
    assert!(asked.lists_apis());
}

#[test]
fn things_have_their_tags() {
    let protected = json!({"StringEquals": {"aws:ResourceTag/env": "prod"}});
    let asked = Asked::under(when(deny("*", "*"), protected));
    let frame = &asked.frame;
    frame.function("orders");
    frame.ok("logs:CreateLogGroup", json!({"logGroupName": "/orders"}));
    let calls = [
        ("lambda", Sent::new("GET", "/2015-03-31/functions/orders")),
        ("logs", Sent::logs("DescribeLogStreams", &json!({"logGroupName": "/orders"}))),
        ("iam", iam("Action=GetRole&RoleName=worker")),
        ("iam", iam("Action=GetUser&UserName=ada")),
    ];
    for (service, sent) in &calls {
        assert_eq!(asked.send(service, sent).status, 200, "{service}");
    }
    let tag = json!([{"Key": "env", "Value": "prod"}]);
    let function = "arn:aws:lambda:us-east-1:000000000000:function:orders";
    let group = "arn:aws:logs:us-east-1:000000000000:log-group:/orders";
    frame.ok("lambda:TagResource", json!({"Resource": function, "Tags": {"env": "prod"}}));
    frame.ok("logs:TagResource", json!({"resourceArn": group, "tags": {"env": "prod"}}));
    frame.ok("iam:TagRole", json!({"RoleName": "worker", "Tags": tag}));
    frame.ok("iam:TagUser", json!({"UserName": "ada", "Tags": tag}));
    for (service, sent) in &calls {
        let refused = asked.send(service, sent).refusal();
        assert!(
            refused.contains("with an explicit deny in an identity-based policy"),
            "{service}: {refused}"
        );
    }
}

#[test]
fn requests_have_their_tags() {
    let condition = json!({
        "StringEquals": {"aws:RequestTag/team": "a"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    });
    let asked = Asked::under(when(allow("*", "*"), condition));
    let create = |tags: Value| {
        let input = json!({"logGroupName": "/orders", "tags": tags});
        asked.send("logs", &Sent::logs("CreateLogGroup", &input)).status
    };
    assert_eq!(create(json!({})), 400);
    assert_eq!(create(json!({"team": "b"})), 400);
    assert_eq!(create(json!({"team": "a", "other": "x"})), 400);
    assert_eq!(create(json!({"team": "a"})), 200);
}

#[test]
fn actions_have_keys_of_their_own() {
    let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let asked = Asked::under(when(allow("iam:*", "*"), json!({"ArnEquals": {"iam:PolicyARN": basic}})));
    asked.frame.role("worker");
    let attach = |arn: &str| {
        let sent = iam(&format!("Action=AttachRolePolicy&RoleName=worker&PolicyArn={arn}"));
        asked.send("iam", &sent).status
    };
    assert_eq!((attach(basic), attach(admin)), (200, 403));

    let condition = json!({"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}});
    let asked = Asked::under(when(allow("lambda:*", "*"), condition));
    asked.frame.function("f");
    let permit = |principal: &str| {
        let input = json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal});
        asked.send("lambda", &json_body("POST", "/2015-03-31/functions/f/policy", &input)).status
    };
    assert_eq!((permit("*"), permit("apigateway.amazonaws.com")), (403, 201));
}

/// IAM user guide, "Revoke IAM role temporary security credentials".
#[test]
fn sessions_are_revoked_by_their_age() {
    let mut frame = Frame::new();
    let session = worker(&frame, &allow("*", "*"));
    frame.after(Duration::from_secs(60));
    let wire = frame.strict();
    let lists = |signer: &Signer| wire.signed(signer, "apigateway", &Sent::new("GET", "/restapis")).status;
    assert_eq!(lists(&session), 200);
    let older = json!({"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T08:05:00Z"}});
    let statements = json!([allow("*", "*"), when(deny("*", "*"), older)]);
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let input = json!({"RoleName": "worker", "PolicyName": "p", "PolicyDocument": document});
    frame.ok("iam:PutRolePolicy", input);
    assert_eq!(lists(&session), 403);
    let later = frame.session("arn:aws:iam::000000000000:role/worker", "me");
    assert_eq!(lists(&later), 200);
}
