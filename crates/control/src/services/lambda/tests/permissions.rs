use super::*;
use crate::test_frame::{text, with};

const GATEWAY: &str = "apigateway.amazonaws.com";

fn permission(more: Value) -> Value {
    let permission = json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": GATEWAY});
    with(with(orders(), permission), more)
}

fn statement(added: &Value) -> Value {
    serde_json::from_str(&text(added, "Statement")).unwrap()
}

#[test]
fn a_statement_comes_back_as_text() {
    let frame = with_function();
    let source = "arn:aws:execute-api:us-east-1:000000000000:abc/*/*";
    let more = json!({"SourceArn": source, "SourceAccount": "000000000000"});
    let added = frame.ok("lambda:AddPermission", permission(more));
    let expected = format!(
        "{{\"Sid\":\"s\",\"Effect\":\"Allow\",\"Principal\":{{\"Service\":\"{GATEWAY}\"}},\
         \"Action\":\"lambda:InvokeFunction\",\"Resource\":\"{ARN}\",\
         \"Condition\":{{\"StringEquals\":{{\"AWS:SourceAccount\":\"000000000000\"}},\
         \"ArnLike\":{{\"AWS:SourceArn\":\"{source}\"}}}}}}"
    );
    assert_eq!(text(&added, "Statement"), expected);
    let got = frame.ok("lambda:GetPolicy", orders());
    assert_eq!(
        text(&got, "Policy"),
        format!("{{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[{expected}]}}")
    );
}

#[test]
fn principals_are_accounts_their_members_services_and_all() {
    let frame = with_function();
    for (at, (given, expected)) in [
        ("111111111111", json!({"AWS": "arn:aws:iam::111111111111:root"})),
        ("arn:aws:iam::111111111111:role/r", json!({"AWS": "arn:aws:iam::111111111111:role/r"})),
        (GATEWAY, json!({"Service": GATEWAY})),
        ("*", json!("*")),
    ]
    .into_iter()
    .enumerate()
    {
        let more = json!({"StatementId": format!("s{at}"), "Principal": given});
        let added = frame.ok("lambda:AddPermission", permission(more));
        assert_eq!(statement(&added)["Principal"], expected);
    }
    for given in ["me", "1111", "arn:aws:s3:::bucket", "arn:aws:iam::111111111111:user/*"] {
        assert_eq!(
            frame.refused("lambda:AddPermission", permission(json!({"Principal": given}))),
            invalid("The provided principal was invalid. Please check the principal and try again.")
        );
    }
}

#[test]
fn other_conditions_are_kept() {
    let frame = with_function();
    let more = json!({"EventSourceToken": "t", "PrincipalOrgID": "o-abcdefghij", "Principal": "*"});
    let added = frame.ok("lambda:AddPermission", permission(more));
    assert_eq!(
        statement(&added)["Condition"],
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij", "lambda:EventSourceToken": "t"}})
    );
}

#[test]
fn a_permission_is_checked() {
    let frame = with_function();
    frame.ok("lambda:AddPermission", permission(json!({})));
    let check = |more: Value, expected: String| {
        assert_eq!(frame.refused("lambda:AddPermission", permission(more)), expected);
    };
    check(
        json!({}),
        conflict(
            "The statement id (s) provided already exists. Please provide a new statement id, or remove the \
             existing statement.",
        ),
    );
    let latest = invalid("We currently do not support adding policies for $LATEST.");
    check(json!({"Qualifier": "$LATEST"}), latest.clone());
    check(json!({"FunctionName": "orders:$LATEST"}), latest);
    check(json!({"Qualifier": "7"}), not_found(&format!("Function not found: {ARN}:7")));
    check(json!({"StatementId": "t", "RevisionId": "other"}), precondition("GetPolicy"));
    check(
        json!({"StatementId": "t", "FunctionUrlAuthType": "NONE"}),
        invalid("Permissions of function URLs are not built yet."),
    );
}

/// Lambda quotas, "Resource-based policy".
#[test]
fn a_policy_ends_at_twenty_kilobytes() {
    let frame = with_function();
    let source = format!("arn:aws:s3:::{}", "b".repeat(900));
    let mut added = 0;
    let refused = loop {
        let more = json!({"StatementId": format!("s{added:03}"), "SourceArn": source});
        match frame.run("lambda:AddPermission", permission(more.clone())) {
            Ok(_) => added += 1,
            Err(_) => break frame.refused("lambda:AddPermission", permission(more)),
        }
    };
    let policy = text(&frame.ok("lambda:GetPolicy", orders()), "Policy");
    assert!(policy.len() <= 20_480, "{}", policy.len());
    assert!(refused.starts_with("400 PolicyLengthExceededException \"The final policy size ("), "{refused}");
    assert!(refused.ends_with(") is bigger than the limit (20480).\""), "{refused}");
}

#[test]
fn a_policy_ends_with_its_last_statement() {
    let frame = with_function();
    let remove = |more| with(with(orders(), json!({"StatementId": "s"})), more);
    let none = not_found("The resource you requested does not exist.");
    assert_eq!(frame.refused("lambda:GetPolicy", orders()), none);
    assert_eq!(
        frame.refused("lambda:RemovePermission", remove(json!({}))),
        not_found("No policy is associated with the given resource.")
    );
    frame.ok("lambda:AddPermission", permission(json!({})));
    frame.ok("lambda:AddPermission", permission(json!({"StatementId": "t"})));
    assert_eq!(
        frame.refused("lambda:RemovePermission", remove(json!({"StatementId": "u"}))),
        not_found("Statement u is not found in resource policy.")
    );
    assert_eq!(
        frame.refused("lambda:RemovePermission", remove(json!({"RevisionId": "other"}))),
        precondition("GetFunction/GetAlias")
    );
    frame.ok("lambda:RemovePermission", remove(json!({})));
    assert!(text(&frame.ok("lambda:GetPolicy", orders()), "Policy").contains("\"Sid\":\"t\""));
    frame.ok("lambda:RemovePermission", remove(json!({"StatementId": "t"})));
    assert_eq!(frame.refused("lambda:GetPolicy", orders()), none);
}

/// Recorded from AWS: a policy has the revision of what it belongs to.
#[test]
fn revisions_are_shared_with_the_function() {
    let frame = with_function();
    let before = frame.ok("lambda:GetFunctionConfiguration", orders())["RevisionId"].clone();
    frame.ok("lambda:AddPermission", permission(json!({"RevisionId": before})));
    let after = frame.ok("lambda:GetFunctionConfiguration", orders())["RevisionId"].clone();
    assert_ne!(before, after);
    assert_eq!(frame.ok("lambda:GetPolicy", orders())["RevisionId"], after);
    let input = with(orders(), json!({"StatementId": "s", "RevisionId": after}));
    frame.ok("lambda:RemovePermission", input);
}

#[test]
fn versions_and_aliases_have_their_own_policies() {
    let frame = with_function();
    frame.ok("lambda:PublishVersion", orders());
    frame.ok("lambda:CreateAlias", with(orders(), json!({"Name": "live", "FunctionVersion": "1"})));
    for qualifier in ["1", "live"] {
        let added = frame.ok("lambda:AddPermission", permission(json!({"Qualifier": qualifier})));
        assert_eq!(text(&statement(&added), "Resource"), format!("{ARN}:{qualifier}"));
        frame.ok("lambda:GetPolicy", with(orders(), json!({"Qualifier": qualifier})));
        frame.ok("lambda:GetPolicy", json!({"FunctionName": format!("orders:{qualifier}")}));
    }
    assert!(frame.run("lambda:GetPolicy", orders()).is_err());
    let input = with(orders(), json!({"StatementId": "s", "Qualifier": "live"}));
    frame.ok("lambda:RemovePermission", input);
    assert!(frame.run("lambda:GetPolicy", with(orders(), json!({"Qualifier": "live"}))).is_err());
    frame.ok("lambda:GetPolicy", with(orders(), json!({"Qualifier": "1"})));
}
