//! Accounts and regions never see each other's things.

use super::*;
use crate::test_frame::{ACCOUNT, OTHER_ACCOUNT, REGION};

/// What a caller sees of each service.
fn seen(wire: &crate::test_frame::Wire, signer: &Signer, region: &str) -> [usize; 5] {
    let count = |service: &str, sent: &Sent, each: &str| {
        let reply = wire.signed_in(signer, service, region, sent);
        assert_eq!(reply.status, 200, "{service}: {}", reply.body);
        reply.body.matches(each).count()
    };
    [
        count("apigateway", &Sent::new("GET", "/restapis"), "\"id\""),
        count("lambda", &Sent::new("GET", "/2015-03-31/functions"), "\"FunctionName\""),
        count("logs", &Sent::logs("DescribeLogGroups", &json!({})), "\"logGroupName\""),
        count("iam", &iam("Action=ListRoles"), "<RoleName>"),
        count("iam", &iam("Action=ListPolicies&Scope=Local"), "<PolicyName>"),
    ]
}

fn fill(frame: &Frame) {
    rest_api(frame);
    frame.function("orders");
    frame.ok("logs:CreateLogGroup", json!({"logGroupName": "/orders"}));
    let policy = json!({"Version": "2012-10-17", "Statement": allow("*", "*")}).to_string();
    frame.ok("iam:CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": policy}));
}

#[test]
fn each_sees_its_own() {
    let frame = Frame::new();
    fill(&frame);
    let other = frame.in_scope(OTHER_ACCOUNT, REGION).user("ada");
    frame.in_scope(OTHER_ACCOUNT, REGION).allow("ada", allow("*", "*"));
    let root = Signer::root();
    for wire in [frame.strict(), frame.development()] {
        assert_eq!(seen(&wire, &root, REGION), [1, 1, 1, 1, 1]);
        // IAM is the same in all regions.
        assert_eq!(seen(&wire, &root, "eu-west-1"), [0, 0, 0, 1, 1]);
        assert_eq!(seen(&wire, &other, REGION), [0; 5]);
    }
}

#[test]
fn what_is_anothers_is_not_there() {
    let frame = Frame::new();
    let path = rest_api(&frame);
    fill(&frame);
    let id = path.strip_prefix("/restapis/").unwrap().to_owned();
    let there = frame.in_scope(OTHER_ACCOUNT, REGION);
    let ada = there.user("ada");
    there.allow("ada", allow("*", "*"));
    let wire = frame.strict();
    let refused = |service: &str, sent: Sent| wire.signed(&ada, service, &sent).refusal();
    assert_eq!(
        refused("apigateway", Sent::new("DELETE", &*path)),
        format!("404 NotFoundException \"Invalid API identifier specified {OTHER_ACCOUNT}:{id}\"")
    );
    let function = "/2015-03-31/functions/orders";
    assert_eq!(
        refused("lambda", Sent::new("DELETE", function)),
        format!(
            "404 ResourceNotFoundException \"Function not found: arn:aws:lambda:us-east-1:{OTHER_ACCOUNT}:function:orders\""
        )
    );
    let by_arn = format!("/2015-03-31/functions/arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders");
    assert!(refused("lambda", Sent::new("DELETE", by_arn)).starts_with("403 AccessDeniedException"));
    assert_eq!(
        refused("logs", Sent::logs("DeleteLogGroup", &json!({"logGroupName": "/orders"}))),
        "400 ResourceNotFoundException \"The specified log group does not exist.\""
    );
    assert_eq!(
        refused("iam", iam("Action=GetRole&RoleName=worker")),
        "404 NoSuchEntity \"The role with name worker cannot be found.\""
    );
    assert_eq!(
        refused("iam", iam(&format!("Action=GetPolicy&PolicyArn=arn:aws:iam::{ACCOUNT}:policy/p"))),
        format!("404 NoSuchEntity \"Policy arn:aws:iam::{ACCOUNT}:policy/p was not found.\"")
    );
    assert_eq!(wire.signed(&Signer::root(), "apigateway", &Sent::new("GET", path)).status, 200);
}
