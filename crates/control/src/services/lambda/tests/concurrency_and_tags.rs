use super::*;
use crate::test_frame::with;

fn reserve(name: &str, executions: i32) -> Value {
    json!({"FunctionName": name, "ReservedConcurrentExecutions": executions})
}

#[test]
fn concurrency_is_reserved_read_and_given_back() {
    let frame = with_function();
    assert_eq!(frame.ok("lambda:GetFunctionConcurrency", orders()), json!({}));
    let reserved = json!({"ReservedConcurrentExecutions": 0});
    assert_eq!(frame.ok("lambda:PutFunctionConcurrency", reserve("orders", 0)), reserved);
    assert_eq!(frame.ok("lambda:GetFunctionConcurrency", orders()), reserved);
    assert_eq!(frame.ok("lambda:GetFunction", orders())["Concurrency"], reserved);
    frame.ok("lambda:DeleteFunctionConcurrency", orders());
    assert_eq!(frame.ok("lambda:GetFunctionConcurrency", orders()), json!({}));
    assert!(frame.ok("lambda:GetFunction", orders()).get("Concurrency").is_none());
}

/// Lambda quotas: 1,000 executions, of which 100 stay unreserved.
#[test]
fn a_hundred_stay_unreserved() {
    let frame = with_function();
    frame.function("other");
    frame.ok("lambda:PutFunctionConcurrency", reserve("other", 400));
    let refused = frame.refused("lambda:PutFunctionConcurrency", reserve("orders", 501));
    assert_eq!(
        refused,
        invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [100]."
        )
    );
    frame.ok("lambda:PutFunctionConcurrency", reserve("orders", 500));
    frame.ok("lambda:PutFunctionConcurrency", reserve("orders", 499));
}

#[test]
fn functions_are_tagged() {
    let frame = with_function();
    let tags = || frame.ok("lambda:ListTags", json!({"Resource": ARN}))["Tags"].clone();
    assert_eq!(tags(), json!({}));
    frame.ok("lambda:TagResource", json!({"Resource": ARN, "Tags": {"a": "1", "b": "2"}}));
    frame.ok("lambda:TagResource", json!({"Resource": ARN, "Tags": {"b": "3"}}));
    assert_eq!(tags(), json!({"a": "1", "b": "3"}));
    frame.ok("lambda:UntagResource", json!({"Resource": ARN, "TagKeys": ["a", "none"]}));
    assert_eq!(tags(), json!({"b": "3"}));
}

#[test]
fn other_tags_are_refused() {
    let frame = with_function();
    let many: serde_json::Map<_, _> = (0..51).map(|n| (format!("k{n}"), json!(""))).collect();
    let refused = frame.refused("lambda:TagResource", json!({"Resource": ARN, "Tags": many}));
    assert_eq!(refused, invalid("A resource can have at most 50 tags."));
    let qualified = format!("{ARN}:1");
    for (operation, more) in [
        ("TagResource", json!({"Tags": {}})),
        ("UntagResource", json!({"TagKeys": []})),
        ("ListTags", json!({})),
    ] {
        let refused = |resource: &str| {
            frame.refused(&format!("lambda:{operation}"), with(json!({"Resource": resource}), more.clone()))
        };
        assert_eq!(
            refused(&qualified),
            invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        );
        let nobody = ARN.replace("orders", "nobody");
        assert_eq!(refused(&nobody), not_found(&format!("Function not found: {nobody}")));
    }
}
