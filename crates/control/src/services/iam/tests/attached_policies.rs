use serde_json::{Value, json};

use super::*;
use crate::test_frame::{Frame, OTHER_ACCOUNT, text, with};

const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole";

fn holders(frame: &Frame) -> [(&'static str, Value); 2] {
    frame.role("it");
    frame.user("it");
    [("Role", json!({"RoleName": "it"})), ("User", json!({"UserName": "it"}))]
}

fn policy(frame: &Frame, name: &str) -> String {
    let policy = frame.ok("iam:CreatePolicy", json!({"PolicyName": name, "PolicyDocument": POLICY}));
    text(&policy["Policy"], "Arn")
}

#[test]
fn policies_are_attached_listed_and_detached() {
    let frame = Frame::new();
    let own = policy(&frame, "own");
    for (kind, holder) in holders(&frame) {
        let run =
            |operation: &str, more: Value| frame.ok(&format!("iam:{operation}"), with(holder.clone(), more));
        let list = |more| run(&format!("ListAttached{kind}Policies"), more);
        assert_eq!(list(json!({})), json!({"AttachedPolicies": [], "IsTruncated": false}));
        // Again and again changes nothing.
        for arn in [&own, BASIC, BASIC, EXECUTION] {
            run(&format!("Attach{kind}Policy"), json!({"PolicyArn": arn}));
        }
        let basic = json!({"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC});
        let execution = json!({"PolicyName": "AWSLambdaVPCAccessExecutionRole", "PolicyArn": EXECUTION});
        let mine = json!({"PolicyName": "own", "PolicyArn": own});
        assert_eq!(list(json!({}))["AttachedPolicies"], json!([basic, execution, mine]));
        let in_path = list(json!({"PathPrefix": "/service-role/"}));
        assert_eq!(in_path["AttachedPolicies"], json!([basic, execution]));
        let page = list(json!({"MaxItems": 2}));
        assert_eq!(page["IsTruncated"], json!(true));
        assert_eq!(list(json!({"Marker": page["Marker"]}))["AttachedPolicies"], json!([mine]));
        run(&format!("Detach{kind}Policy"), json!({"PolicyArn": EXECUTION}));
        assert_eq!(list(json!({}))["AttachedPolicies"], json!([basic, mine]));
    }
}

#[test]
fn what_cannot_be_attached_is_refused() {
    let frame = Frame::new();
    let foreign = policy(&frame.in_scope(OTHER_ACCOUNT, "us-east-1"), "own");
    for (kind, holder) in holders(&frame) {
        let refused = |verb: &str, arn: &str| {
            let input = with(holder.clone(), json!({"PolicyArn": arn}));
            frame.refused(&format!("iam:{verb}{kind}Policy"), input)
        };
        for arn in ["arn:aws:iam::000000000000:policy/nothing", &foreign] {
            let text = format!("Policy {arn} does not exist or is not attachable.");
            assert_eq!(refused("Attach", arn), no_such(&text));
            assert_eq!(refused("Detach", arn), no_such(&format!("Policy {arn} was not found.")));
        }
        for verb in ["Attach", "Detach"] {
            for arn in ["not the ARN of a policy", "arn:aws:iam::000000000000:role/worker"] {
                assert_eq!(refused(verb, arn), format!("400 InvalidInput \"ARN {arn} is not valid.\""));
            }
        }
    }
}

/// IAM and AWS STS quotas, "Managed policies attached to an IAM role", "… user".
#[test]
fn ten_fit() {
    let frame = Frame::new();
    let policies: Vec<String> = (0..11).map(|n| policy(&frame, &format!("p{n}"))).collect();
    for (kind, holder) in holders(&frame) {
        let attach = |arn: &str| with(holder.clone(), json!({"PolicyArn": arn}));
        let operation = format!("iam:Attach{kind}Policy");
        for arn in policies.iter().take(10) {
            frame.ok(&operation, attach(arn));
        }
        assert_eq!(
            frame.refused(&operation, attach(&policies[10])),
            format!("409 LimitExceeded \"Cannot exceed quota for PoliciesPer{kind}: 10\"")
        );
        frame.ok(&operation, attach(&policies[0]));
    }
}
