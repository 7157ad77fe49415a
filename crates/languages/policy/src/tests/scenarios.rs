//! Policies as they are written for the services that are served here.

use super::*;
use crate::{ResourceDecision, evaluate_resource};

/// As `lambda:AddPermission` writes it for an API.
#[test]
fn a_function_lets_one_api_invoke_it() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:hello";
    let policy = policy(&json!([{
        "Sid": "AllowGateway",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": function,
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/*/GET/pets"},
            "StringEquals": {"AWS:SourceAccount": "111122223333"},
        },
    }]));
    let asking = |principal, source: &'static str, account: &'static str| {
        Request::new(principal, "lambda:InvokeFunction", function)
            .with("aws:SourceArn", source)
            .with("aws:SourceAccount", account)
    };
    let method = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets";
    for (request, expected) in [
        (asking(GATEWAY, method, ACCOUNT), ResourceDecision::Allow),
        (
            asking(
                GATEWAY,
                "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/test-invoke-stage/GET/pets",
                ACCOUNT,
            ),
            ResourceDecision::Allow,
        ),
        (
            asking(GATEWAY, "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/POST/pets", ACCOUNT),
            ResourceDecision::NoMatch,
        ),
        (
            asking(GATEWAY, "arn:aws:execute-api:us-east-1:111122223333:zzzzzzzzzz/prod/GET/pets", ACCOUNT),
            ResourceDecision::NoMatch,
        ),
        (asking(GATEWAY, method, OTHER_ACCOUNT), ResourceDecision::NoMatch),
        (
            asking(Principal::Service { name: "events.amazonaws.com" }, method, ACCOUNT),
            ResourceDecision::NoMatch,
        ),
        (asking(ANNE, method, ACCOUNT), ResourceDecision::NoMatch),
        (Request::new(GATEWAY, "lambda:InvokeFunction", function), ResourceDecision::NoMatch),
        (
            Request { action: "lambda:GetFunction", ..asking(GATEWAY, method, ACCOUNT) },
            ResourceDecision::NoMatch,
        ),
        (
            Request {
                resource: "arn:aws:lambda:us-east-1:111122223333:function:hello:live",
                ..asking(GATEWAY, method, ACCOUNT)
            },
            ResourceDecision::NoMatch,
        ),
    ] {
        assert_eq!(evaluate_resource(&policy, &request), expected, "{request:?}");
    }
}

/// The developer guide's example of an API policy with a deny list of addresses.
#[test]
fn an_api_keeps_out_a_range_of_addresses() {
    let policy = policy(&json!([
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
         "Resource": "arn:aws:execute-api:us-east-1:111122223333:a1/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
         "Resource": "arn:aws:execute-api:us-east-1:111122223333:a1/*",
         "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"]}}},
    ]));
    for (address, expected) in [
        ("203.0.113.9", ResourceDecision::Allow),
        ("192.0.2.255", ResourceDecision::ExplicitDeny),
        ("192.0.3.0", ResourceDecision::Allow),
        ("198.51.100.0", ResourceDecision::ExplicitDeny),
    ] {
        let request = Request::new(
            Principal::Anonymous,
            "execute-api:Invoke",
            "arn:aws:execute-api:us-east-1:111122223333:a1/prod/GET/",
        )
        .with("aws:SourceIp", address);
        assert_eq!(evaluate_resource(&policy, &request), expected, "{address}");
    }
}

/// What authorizers return: no principals, one method or several.
#[test]
fn an_authorizers_policy_is_asked_for_each_method() {
    let policy = policy(&json!([
        {"Action": "execute-api:Invoke", "Effect": "Allow",
         "Resource": ["arn:aws:execute-api:us-east-1:111122223333:a1/prod/GET/*"]},
        {"Action": "execute-api:Invoke", "Effect": "Deny",
         "Resource": "arn:aws:execute-api:us-east-1:111122223333:a1/prod/*/admin*"},
    ]));
    for (method, expected) in [
        ("GET/pets", Allow),
        ("GET/", Allow),
        ("POST/pets", NoMatch),
        ("GET/admin", ExplicitDeny),
        ("GET/x/admin/1", ExplicitDeny),
    ] {
        let resource = format!("arn:aws:execute-api:us-east-1:111122223333:a1/prod/{method}");
        check(&policy, &Request::new(Principal::Anonymous, "execute-api:Invoke", &resource), expected);
    }
}

/// The policy that Terraform writes so that API Gateway may log.
#[test]
fn a_roles_policy_for_logging() {
    let policy = policy(&json!([{
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:PutLogEvents"],
        "Resource": "*",
    }]));
    let asking = |action| Request::new(WORKER, action, "arn:aws:logs:us-east-1:111122223333:log-group:g:*");
    check(&policy, &asking("logs:PutLogEvents"), Allow);
    check(&policy, &asking("logs:DeleteLogGroup"), NoMatch);
}

/// The user guide's example: only tags of one's own may be given.
#[test]
fn tags_are_held_against_a_list() {
    let policy = policy(&json!([{
        "Effect": "Allow", "Action": "apigateway:TagResource", "Resource": "*",
        "Condition": {
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]},
            "Null": {"aws:TagKeys": "false"},
            "StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
        },
    }]));
    let asking = |keys: &[&'static str], team: &'static str| {
        let mut request = request("apigateway:TagResource", "arn:aws:apigateway:us-east-1::/restapis/a1")
            .with("aws:PrincipalTag/team", "red")
            .with("aws:RequestTag/team", team);
        request.context.add_all("aws:TagKeys", keys.iter().copied());
        request
    };
    check(&policy, &asking(&["team"], "red"), Allow);
    check(&policy, &asking(&["team", "stage"], "red"), Allow);
    check(&policy, &asking(&["team", "cost"], "red"), NoMatch);
    check(&policy, &asking(&["team"], "blue"), NoMatch);
    check(&policy, &asking(&[], "red"), NoMatch);
}
