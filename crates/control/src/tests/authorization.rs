//! May the caller do this? Texts: AWS's, as users have reported them. What calls need to be allowed:
//! service authorization reference.

use super::*;
use crate::test_frame::{Reply, Wire, blob};

const ADA: &str = "arn:aws:iam::000000000000:user/ada";

/// A frame with the user `ada`, who may do this.
fn ada_may(statements: Value) -> (Frame, Wire, Signer) {
    let frame = Frame::new();
    let ada = frame.user("ada");
    frame.allow("ada", statements);
    let wire = frame.strict();
    (frame, wire, ada)
}

/// The refusal of `action` on `resource`, of which no policy speaks.
fn not_allowed(code: &str, action: &str, resource: &str) -> String {
    format!(
        "{code} \"User: {ADA} is not authorized to perform: {action} on resource: {resource} because no \
         identity-based policy allows the {action} action\""
    )
}

/// Whether `sent` came past the policies.
fn is_let_in(reply: &Reply) -> bool {
    !reply.body.contains("is not authorized to perform")
}

#[test]
fn a_user_may_do_what_a_policy_allows() {
    let (_, wire, ada) = ada_may(allow("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis"));
    let apis = Sent::new("GET", "/restapis");
    assert_eq!(wire.signed(&ada, "apigateway", &apis).status, 200);
    // But nothing else, and in no other region.
    let create = json_body("POST", "/restapis", &json!({"name": "x"}));
    let denied = |action: &str, resource: &str| not_allowed("403 AccessDeniedException", action, resource);
    assert_eq!(
        wire.signed(&ada, "apigateway", &create).refusal(),
        denied("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis")
    );
    assert_eq!(
        wire.signed_in(&ada, "apigateway", "eu-west-1", &apis).refusal(),
        denied("apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis")
    );
}

#[test]
fn a_deny_outweighs_every_allow() {
    let (frame, wire, ada) = ada_may(json!([allow("*", "*"), deny("logs:Delete*", "*")]));
    frame.ok("logs:CreateLogGroup", json!({"logGroupName": "/orders"}));
    let delete = Sent::logs("DeleteLogGroup", &json!({"logGroupName": "/orders"}));
    assert_eq!(
        wire.signed(&ada, "logs", &delete).refusal(),
        format!(
            "400 AccessDeniedException \"User: {ADA} is not authorized to perform: logs:DeleteLogGroup on \
             resource: arn:aws:logs:us-east-1:000000000000:log-group:/orders:log-stream: with an explicit deny \
             in an identity-based policy\""
        )
    );
    assert_eq!(wire.signed(&ada, "logs", &Sent::logs("DescribeLogGroups", &json!({}))).status, 200);
    assert_eq!(frame.ok("logs:DescribeLogGroups", json!({}))["logGroups"].as_array().unwrap().len(), 1);
}

#[test]
fn a_session_may_do_what_its_role_may() {
    let frame = Frame::new();
    let session = worker(&frame, &allow("logs:DescribeLogGroups", "*"));
    let wire = frame.strict();
    assert_eq!(wire.signed(&session, "logs", &Sent::logs("DescribeLogGroups", &json!({}))).status, 200);
    let refused = wire.signed(&session, "apigateway", &Sent::new("GET", "/restapis")).refusal();
    assert!(
        refused.contains("User: arn:aws:sts::000000000000:assumed-role/worker/me is not authorized"),
        "{refused}"
    );
    // The role's policies as they are now.
    frame.ok("iam:DeleteRolePolicy", json!({"RoleName": "worker", "PolicyName": "p"}));
    let reply = wire.signed(&session, "logs", &Sent::logs("DescribeLogGroups", &json!({})));
    assert!(!is_let_in(&reply));
}

#[test]
fn managed_policies_count_in_their_default_version() {
    let frame = Frame::new();
    let ada = frame.user("ada");
    let document =
        |action: &str| json!({"Version": "2012-10-17", "Statement": allow(action, "*")}).to_string();
    let created =
        frame.ok("iam:CreatePolicy", json!({"PolicyName": "p", "PolicyDocument": document("logs:*")}));
    let arn = created["Policy"]["Arn"].clone();
    let wire = frame.strict();
    let is_let_in = || is_let_in(&wire.signed(&ada, "logs", &Sent::logs("DescribeLogGroups", &json!({}))));
    assert!(!is_let_in());
    frame.ok("iam:AttachUserPolicy", json!({"UserName": "ada", "PolicyArn": arn}));
    assert!(is_let_in());
    let version = json!({"PolicyArn": arn, "PolicyDocument": document("s3:*"), "SetAsDefault": true});
    frame.ok("iam:CreatePolicyVersion", version);
    assert!(!is_let_in());
    let logs = "arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess";
    frame.ok("iam:AttachUserPolicy", json!({"UserName": "ada", "PolicyArn": logs}));
    assert!(is_let_in());
}

/// What cannot be read might have denied.
#[test]
fn a_policy_that_is_not_there_lets_nobody_in() {
    let (frame, wire, ada) = ada_may(allow("*", "*"));
    frame.write(|tx| {
        let (scope, key) = (base::Scope::global("000000000000"), store::Key::new(["ada"]));
        let mut user: documents::iam::UserDocument = tx.get(&scope, &key)?.unwrap();
        user.policies.attached.push("arn:aws:iam::000000000000:policy/gone".into());
        Ok(tx.put(&scope, &key, &user)?)
    });
    assert_eq!(
        wire.signed(&ada, "apigateway", &Sent::new("GET", "/restapis")).refusal(),
        format!(
            "403 AccessDeniedException \"User: {ADA} is not authorized to perform: apigateway:GET on resource: \
             arn:aws:apigateway:us-east-1::/restapis because its policies cannot be read\""
        )
    );
}

/// No name makes a user the root.
#[test]
fn no_name_is_the_root() {
    let frame = Frame::new();
    frame.ok("iam:CreateUser", json!({"UserName": "root", "Path": "/arn:aws:iam::000000000000:root/"}));
    let key = frame.ok("iam:CreateAccessKey", json!({"UserName": "root"}))["AccessKey"].clone();
    let signer = Signer::new(&text(&key, "AccessKeyId"), &text(&key, "SecretAccessKey"));
    let reply = frame.strict().signed(&signer, "apigateway", &Sent::new("GET", "/restapis"));
    assert!(!is_let_in(&reply), "{reply:?}");
}

/// One thing has one path, however it is spelled: a permission on an API's parts is none on the
/// API, and what is denied stays denied.
#[test]
fn paths_are_what_was_understood_of_them() {
    let api = "arn:aws:apigateway:us-east-1::/restapis/abc";
    let parts = allow("apigateway:*", &format!("{api}/*"));
    let (_, wire, ada) =
        ada_may(json!([parts, allow("apigateway:*", "arn:aws:apigateway:us-east-1::/tags/*")]));
    let resource = |method: &'static str, target: &str| {
        let refusal = wire.signed(&ada, "apigateway", &Sent::new(method, target)).refusal();
        refusal
            .split_once("on resource: ")
            .map_or(refusal.clone(), |(_, rest)| rest.split(' ').next().unwrap().into())
    };
    for target in ["/restapis/abc", "/restapis/abc/", "/restapis/%61bc", "/restapis/ab%63/"] {
        assert_eq!(resource("DELETE", target), api, "{target}");
    }
    // Escaped slashes are no slashes.
    assert_eq!(
        resource("DELETE", "/restapis/abc%2Fstages"),
        "arn:aws:apigateway:us-east-1::/restapis/abc%2Fstages"
    );
    assert_eq!(
        resource("DELETE", "/restapis/abc%2F..%2Fdef"),
        "arn:aws:apigateway:us-east-1::/restapis/abc%2F..%2Fdef"
    );
    assert_eq!(
        resource("GET", "/restapis/abc/../def"),
        "404 UnknownOperationException \"Unable to determine service/operation name to be authorized: GET \
         /restapis/abc/../def\""
    );
    // Parts are let through to be found missing.
    assert!(resource("GET", "/restapis/abc/stages/dev").starts_with("404 NotFoundException"));

    let denied = deny("apigateway:*", &format!("{api}*"));
    let (_, wire, ada) = ada_may(json!([allow("*", "*"), denied]));
    for target in ["/restapis/abc", "/restapis/abc/", "/restapis/%61bc", "/restapis/abc/stages/x/"] {
        let reply = wire.signed(&ada, "apigateway", &Sent::new("GET", target));
        assert!(!is_let_in(&reply), "{target}: {reply:?}");
    }
}

/// ARNs in paths stay escaped.
#[test]
fn tags_are_asked_by_the_escaped_arn() {
    let (_, wire, ada) = ada_may(allow("logs:*", "*"));
    for target in [
        "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc",
        "/tags/arn:aws:apigateway:us-east-1::%2frestapis%2fabc",
    ] {
        assert_eq!(
            wire.signed(&ada, "apigateway", &Sent::new("GET", target)).refusal(),
            not_allowed(
                "403 AccessDeniedException",
                "apigateway:GET",
                "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc"
            )
        );
    }
}

/// Lambda developer guide, "Identity-based IAM policies for Lambda": a qualified function is
/// another thing than the function.
#[test]
fn functions_are_asked_by_their_whole_arn() {
    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:orders";
    let (frame, wire, ada) =
        ada_may(json!([allow("lambda:*", ARN), allow("lambda:*", &format!("{ARN}:beta"))]));
    frame.function("orders");
    let invoke = |name: &str, query: &str| {
        let target = format!("/2015-03-31/functions/{name}/invocations{query}");
        wire.signed(&ada, "lambda", &Sent::new("POST", target))
    };
    for name in ["orders", "function:orders", ARN, "000000000000:function:orders", "orders:beta"] {
        assert!(is_let_in(&invoke(name, "")), "{name}");
    }
    assert!(is_let_in(&invoke("orders", "?Qualifier=beta")));
    for (name, query) in [
        ("orders:live", ""),
        ("orders", "?Qualifier=live"),
        (&*format!("{ARN}:live"), ""),
        ("us-east-1:000000000000:function:orders:live", ""),
    ] {
        assert_eq!(
            invoke(name, query).refusal(),
            not_allowed("403 AccessDeniedException", "lambda:InvokeFunction", &format!("{ARN}:live"))
        );
    }
    let other = invoke("arn:aws:lambda:us-east-1:111111111111:function:orders", "");
    assert!(
        other
            .refusal()
            .contains("on resource: arn:aws:lambda:us-east-1:111111111111:function:orders because")
    );
    let list = wire.signed(&ada, "lambda", &Sent::new("GET", "/2015-03-31/functions"));
    assert_eq!(list.refusal(), not_allowed("403 AccessDeniedException", "lambda:ListFunctions", "*"));
}

/// CloudWatch Logs user guide, "Overview of managing access permissions".
#[test]
fn log_groups_are_asked_with_their_stream() {
    const GROUP: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/orders";
    let (_, wire, ada) = ada_may(allow("s3:*", "*"));
    let check = |operation: &str, input: Value, resource: &str| {
        let refused = wire.signed(&ada, "logs", &Sent::logs(operation, &input)).refusal();
        assert_eq!(refused, not_allowed("400 AccessDeniedException", &format!("logs:{operation}"), resource));
    };
    let groups = "arn:aws:logs:us-east-1:000000000000:log-group::log-stream:";
    check("DescribeLogGroups", json!({"logGroupNamePrefix": "/o"}), groups);
    check("DeleteLogGroup", json!({"logGroupName": "/orders"}), &format!("{GROUP}:log-stream:"));
    let stream = json!({"logGroupName": "/orders", "logStreamName": "a/b"});
    check("GetLogEvents", stream, &format!("{GROUP}:log-stream:a/b"));
    let stream = json!({"logGroupIdentifier": GROUP, "logStreamName": "a/b"});
    check("GetLogEvents", stream, &format!("{GROUP}:log-stream:a/b"));
    check("ListTagsForResource", json!({"resourceArn": GROUP}), GROUP);
    // An ARN that holds another service's is still one of this service.
    let odd = "arn:aws:logs:us-east-1:000000000000:log-group:x:role/admin";
    check("ListTagsForResource", json!({"resourceArn": odd}), odd);
    let foreign = "arn:aws:logs:us-east-1:111111111111:log-group:/orders";
    check("ListTagsForResource", json!({"resourceArn": foreign}), foreign);
}

#[test]
fn identities_are_asked_by_arn_and_shown_by_name() {
    let (frame, wire, ada) = ada_may(json!([
        allow("iam:GetRole", "arn:aws:iam::000000000000:role/jobs/*"),
        allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}"),
        allow("iam:CreateUser", "arn:aws:iam::000000000000:user/staff/*"),
        allow("iam:List*", "arn:aws:iam::000000000000:role/"),
    ]));
    frame.user("bob");
    frame.role("worker");
    let role = json!({"RoleName": "job", "Path": "/jobs/", "AssumeRolePolicyDocument": TRUST});
    frame.ok("iam:CreateRole", role);
    let call = |parameters: &str| wire.signed(&ada, "iam", &iam(parameters));
    let refused = |parameters: &str, action: &str, resource: &str| {
        let expected = not_allowed("403 AccessDenied", &format!("iam:{action}"), resource);
        assert_eq!(call(parameters).refusal(), expected);
    };
    // The path is not in the call, but in the ARN.
    assert_eq!(call("Action=GetRole&RoleName=job").status, 200);
    refused("Action=GetRole&RoleName=worker", "GetRole", "role worker");
    refused("Action=GetRole&RoleName=nobody", "GetRole", "role nobody");
    // Without a name the caller is meant.
    assert_eq!(call("Action=ListAccessKeys").status, 200);
    assert_eq!(call("Action=ListAccessKeys&UserName=ada").status, 200);
    refused("Action=ListAccessKeys&UserName=bob", "ListAccessKeys", "user bob");
    let key = format!("Action=GetAccessKeyLastUsed&AccessKeyId={}", ada.key);
    assert_eq!(call(&key).status, 200);
    refused("Action=GetAccessKeyLastUsed&AccessKeyId=AKIA000000000000", "GetAccessKeyLastUsed", "*");
    assert_eq!(call("Action=CreateUser&UserName=eve&Path=/staff/").status, 200);
    refused("Action=CreateUser&UserName=eve2", "CreateUser", "arn:aws:iam::000000000000:user/eve2");
    assert_eq!(call("Action=ListRoles").status, 200);
    refused("Action=ListUsers", "ListUsers", "arn:aws:iam::000000000000:user/");
    refused("Action=ListRoles&PathPrefix=/x/", "ListRoles", "arn:aws:iam::000000000000:role/x/");
    let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
    refused(&format!("Action=GetPolicy&PolicyArn={arn}"), "GetPolicy", &format!("policy {arn}"));
    refused(&format!("Action=AttachRolePolicy&RoleName=job&PolicyArn={arn}"), "AttachRolePolicy", "role job");
}

/// IAM user guide, "Grant a user permissions to pass a role to an AWS service": without it anyone
/// who may make a function has every role's rights.
#[test]
fn a_role_is_passed_by_permission_only() {
    let make = allow("lambda:*", "*");
    let role = "arn:aws:iam::000000000000:role/worker";
    let input = json!({
        "FunctionName": "f", "Runtime": "python3.12", "Handler": "a.b", "Role": role,
        "Code": {"ZipFile": blob(b"PK")},
    });
    let create = json_body("POST", "/2015-03-31/functions", &input);
    let pass = allow("iam:PassRole", role);
    let to = |service: &str| when(pass.clone(), json!({"StringEquals": {"iam:PassedToService": service}}));
    for (statements, is_made) in [
        (json!([make]), false),
        (json!([make, allow("iam:PassRole", "arn:aws:iam::000000000000:role/other")]), false),
        (json!([make, to("apigateway.amazonaws.com")]), false),
        (json!([make, to("lambda.amazonaws.com")]), true),
        (json!([make, pass]), true),
    ] {
        let (frame, wire, ada) = ada_may(statements.clone());
        frame.role("worker");
        let reply = wire.signed(&ada, "lambda", &create);
        assert_eq!(reply.status == 201, is_made, "{statements}: {reply:?}");
        if !is_made {
            assert_eq!(reply.refusal(), not_allowed("403 AccessDeniedException", "iam:PassRole", role));
        }
    }

    let (frame, wire, ada) = ada_may(make);
    frame.function("f");
    let target = "/2015-03-31/functions/f/configuration";
    let update = |input| wire.signed(&ada, "lambda", &json_body("PUT", target, &input));
    assert_eq!(update(json!({"Timeout": 5})).status, 200);
    assert!(update(json!({"Role": role})).refusal().contains("iam:PassRole"));
}

#[test]
fn roles_are_passed_to_api_gateway_by_permission_only() {
    let (frame, wire, ada) = ada_may(allow("apigateway:*", "*"));
    let role = "arn:aws:iam::000000000000:role/worker";
    frame.role("worker");
    let passes = |sent: &Sent| {
        let reply = wire.signed(&ada, "apigateway", sent);
        let denied = not_allowed("403 AccessDeniedException", "iam:PassRole", role);
        reply.body.contains("iam:PassRole") && reply.refusal() == denied
    };
    let integration = "/restapis/a/resources/r/methods/GET/integration";
    let put = |credentials: &str| {
        let input = json!({"type": "AWS", "credentials": credentials});
        json_body("PUT", integration, &input)
    };
    assert!(passes(&put(role)));
    assert!(!passes(&put("arn:aws:iam::*:user/*")));
    let patch = |target: &str, path: &str| {
        let operation = json!({"op": "replace", "path": path, "value": role});
        json_body("PATCH", target, &json!({"patchOperations": [operation]}))
    };
    assert!(passes(&patch("/account", "/cloudwatchRoleArn")));
    assert!(passes(&patch(integration, "/credentials")));
    assert!(passes(&patch("/restapis/a/authorizers/b", "/authorizerCredentials")));
    assert!(!passes(&patch("/account", "/features")));
    let authorizer = json!({"name": "a", "type": "TOKEN", "authorizerCredentials": role});
    assert!(passes(&json_body("POST", "/restapis/a/authorizers", &authorizer)));
}

/// Service authorization reference: making something with tags needs the permission to tag.
#[test]
fn tags_need_their_own_permission() {
    let (_, wire, ada) = ada_may(json!([allow("logs:CreateLogGroup", "*"), allow("iam:CreateUser", "*")]));
    let group = |input| wire.signed(&ada, "logs", &Sent::logs("CreateLogGroup", &input));
    assert_eq!(group(json!({"logGroupName": "/a"})).status, 200);
    let refused = group(json!({"logGroupName": "/c", "tags": {"a": "b"}})).refusal();
    assert!(refused.contains("is not authorized to perform: logs:TagResource on resource"), "{refused}");
    let user = "Action=CreateUser&UserName=eve&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let refused = wire.signed(&ada, "iam", &iam(user)).refusal();
    assert!(refused.contains("is not authorized to perform: iam:TagUser on resource"), "{refused}");
}

/// In development mode policies are stored and not asked.
#[test]
fn in_development_nobody_is_held_to_policies() {
    let (frame, _, ada) = ada_may(deny("*", "*"));
    let wire = frame.development();
    assert_eq!(wire.signed(&ada, "apigateway", &Sent::new("GET", "/restapis")).status, 200);
}

/// Service authorization reference, "AWS Certificate Manager".
#[test]
fn certificates_are_asked_for_by_arn_and_tag() {
    let condition = json!({"StringEquals": {"aws:ResourceTag/team": "pets"}});
    let mut own = allow("acm:DescribeCertificate", "arn:aws:acm:us-east-1:000000000000:certificate/*");
    own["Condition"] = condition;
    let (frame, wire, ada) = ada_may(json!([own, allow("acm:RequestCertificate", "*")]));
    let request =
        |more: Value| with(json!({"DomainName": "api.example.com", "KeyAlgorithm": "EC_prime256v1"}), more);
    let call = |operation: &str, input: &Value| {
        let sent = Sent::new("POST", "/")
            .with("content-type", "application/x-amz-json-1.1")
            .with("x-amz-target", format!("CertificateManager.{operation}"))
            .body(input.to_string());
        wire.signed(&ada, "acm", &sent)
    };
    let tagged = json!({"Tags": [{"Key": "team", "Value": "pets"}]});
    let theirs = text(&frame.ok("acm:RequestCertificate", request(json!({}))), "CertificateArn");
    let ours = text(&frame.ok("acm:RequestCertificate", request(tagged.clone())), "CertificateArn");
    assert_eq!(call("DescribeCertificate", &json!({"CertificateArn": ours})).status, 200);
    assert_eq!(
        call("DescribeCertificate", &json!({"CertificateArn": theirs})).refusal(),
        not_allowed("400 AccessDeniedException", "acm:DescribeCertificate", &theirs)
    );
    assert_eq!(call("RequestCertificate", &request(json!({}))).status, 200);
    assert_eq!(
        call("RequestCertificate", &request(tagged)).refusal(),
        not_allowed("400 AccessDeniedException", "acm:AddTagsToCertificate", "*")
    );
}

/// API Gateway developer guide, "Custom domain names for private APIs".
#[test]
fn private_domain_names_are_asked_for_with_their_ids() {
    let own = "arn:aws:apigateway:us-east-1:000000000000:/domainnames/a.example.com+abc1";
    let (_, wire, ada) = ada_may(json!([
        allow("apigateway:GET", own),
        allow("apigateway:GET", &format!("{own}/basepathmappings/x"))
    ]));
    let get = |target: &str| wire.signed(&ada, "apigateway", &Sent::new("GET", target));
    assert!(is_let_in(&get("/domainnames/a.example.com?domainNameId=abc1")));
    assert!(is_let_in(&get("/domainnames/a.example.com/basepathmappings/x?domainNameId=abc1")));
    for (target, resource) in [
        ("/domainnames/a.example.com", "arn:aws:apigateway:us-east-1::/domainnames/a.example.com"),
        (
            "/domainnames/a.example.com?domainNameId=abc2",
            "arn:aws:apigateway:us-east-1:000000000000:/domainnames/a.example.com+abc2",
        ),
    ] {
        let expected = not_allowed("403 AccessDeniedException", "apigateway:GET", resource);
        assert_eq!(get(target).refusal(), expected);
    }
}
