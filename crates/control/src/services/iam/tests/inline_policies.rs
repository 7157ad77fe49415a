use serde_json::{Value, json};

use super::*;
use crate::test_frame::{Frame, with};

/// The two kinds of holders, both with the name `it`.
fn holders(frame: &Frame) -> [(&'static str, Value); 2] {
    frame.role("it");
    frame.user("it");
    [("Role", json!({"RoleName": "it"})), ("User", json!({"UserName": "it"}))]
}

#[test]
fn policies_are_put_read_listed_and_deleted() {
    let frame = Frame::new();
    for (kind, holder) in holders(&frame) {
        let run = |verb: &str, noun: &str, more: Value| {
            frame.ok(&format!("iam:{verb}{kind}{noun}"), with(holder.clone(), more))
        };
        assert_eq!(run("List", "Policies", json!({})), json!({"PolicyNames": [], "IsTruncated": false}));
        for name in ["b", "a"] {
            run("Put", "Policy", json!({"PolicyName": name, "PolicyDocument": POLICY}));
        }
        let changed = POLICY.replace("logs:*", "s3:*");
        run("Put", "Policy", json!({"PolicyName": "b", "PolicyDocument": changed}));
        let list = run("List", "Policies", json!({}));
        assert_eq!(list, json!({"PolicyNames": ["a", "b"], "IsTruncated": false}));
        let page = run("List", "Policies", json!({"MaxItems": 1}));
        assert_eq!((&page["PolicyNames"], &page["IsTruncated"]), (&json!(["a"]), &json!(true)));
        let rest = run("List", "Policies", json!({"Marker": page["Marker"]}));
        assert_eq!(rest["PolicyNames"], json!(["b"]));
        let shown = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
        let expected = with(holder.clone(), json!({"PolicyName": "b", "PolicyDocument": shown}));
        assert_eq!(run("Get", "Policy", json!({"PolicyName": "b"})), expected);
        run("Delete", "Policy", json!({"PolicyName": "b"}));
        assert_eq!(run("List", "Policies", json!({}))["PolicyNames"], json!(["a"]));
    }
}

#[test]
fn an_unknown_policy_is_named() {
    let frame = Frame::new();
    for (kind, holder) in holders(&frame) {
        for verb in ["Get", "Delete"] {
            let input = with(holder.clone(), json!({"PolicyName": "p"}));
            let text = format!("The {} policy with name p cannot be found.", kind.to_lowercase());
            assert_eq!(frame.refused(&format!("iam:{verb}{kind}Policy"), input), no_such(&text));
        }
    }
}

#[test]
fn what_is_no_policy_is_refused() {
    let frame = Frame::new();
    for (kind, holder) in holders(&frame) {
        let put = |document: &str| {
            let input = with(holder.clone(), json!({"PolicyName": "p", "PolicyDocument": document}));
            frame.refused(&format!("iam:Put{kind}Policy"), input)
        };
        assert_eq!(put("{"), "400 MalformedPolicyDocument \"This policy contains invalid Json\"");
        assert_eq!(
            put(crate::test_frame::TRUST),
            "400 MalformedPolicyDocument \"Policy document should not specify a principal.\""
        );
    }
}

/// IAM and AWS STS quotas: the sum of all inline policies counts.
#[test]
fn sizes_are_counted_together() {
    let frame = Frame::new();
    for ((kind, holder), maximum) in holders(&frame).into_iter().zip([10_240, 2048]) {
        let put = |name: &str, size: usize| {
            let policy = json!({"PolicyName": name, "PolicyDocument": policy_of(size)});
            (format!("iam:Put{kind}Policy"), with(holder.clone(), policy))
        };
        let ok = |(operation, input): (String, Value)| frame.ok(&operation, input);
        ok(put("a", 1000));
        ok(put("b", maximum - 1000));
        let (operation, input) = put("b", maximum - 999);
        assert_eq!(
            frame.refused(&operation, input),
            format!(
                "409 LimitExceeded \"Maximum policy size of {maximum} bytes exceeded for {} it\"",
                kind.to_lowercase()
            )
        );
    }
}
