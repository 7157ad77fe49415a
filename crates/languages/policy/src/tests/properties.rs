//! What holds of all policies.

use proptest::prelude::*;

use super::*;
use crate::{ResourceDecision, evaluate, evaluate_resource};

/// JSON that looks like a policy, down to where it goes wrong.
fn document() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "(Allow|Deny|\\*|s3:Get\\*|arn:aws:s3:::b/\\$\\{aws:username\\}|2012-10-17|111122223333|10\\.0\\.0\\.0/8)"
            .prop_map(Value::from),
        "[\\PC]{0,12}".prop_map(Value::from),
        "[$*?{}',:a]{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        let name = prop_oneof![
            "(Version|Id|Statement|Sid|Effect|Principal|NotPrincipal|Action|NotAction|Resource|NotResource|Condition)",
            "(AWS|Service|Federated|CanonicalUser|aws:SourceIp|aws:username)",
            "(ForAnyValue:|ForAllValues:)?(String|Numeric|Date|Arn)(Equals|NotEquals|Like|LessThan)(IfExists)?",
            "(Bool|Null|IpAddress|BinaryEquals)",
            "\\PC{0,5}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A policy that is one: a statement for each of the numbers, which choose its elements.
fn statements(choices: &[(bool, u8, u8, u8, u8)]) -> Value {
    let actions = [json!("*"), json!("s3:*"), json!(["s3:Get*", "sts:*"]), json!("iam:*"), json!([])];
    let resources = [
        json!("*"),
        json!("arn:aws:s3:::b/*"),
        json!("arn:aws:s3:::b/${aws:username}/*"),
        json!("arn:aws:sqs"),
    ];
    let principals = [
        json!("*"),
        json!({"AWS": ACCOUNT}),
        json!({"AWS": "arn:aws:iam::111122223333:user/anne"}),
        json!({"Service": "apigateway.amazonaws.com"}),
    ];
    let conditions = [
        json!({}),
        json!({"StringEquals": {"aws:username": "anne"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"StringNotLike": {"aws:username": "${aws:PrincipalTag/none}*"}}),
    ];
    let pick = |from: &[Value], by: u8| from[usize::from(by) % from.len()].clone();
    choices
        .iter()
        .map(|(deny, action, resource, principal, condition)| {
            json!({
                "Effect": if *deny { "Deny" } else { "Allow" },
                "Action": pick(&actions, *action),
                "Resource": pick(&resources, *resource),
                "Principal": pick(&principals, *principal),
                "Condition": pick(&conditions, *condition),
            })
        })
        .collect()
}

fn requests() -> Vec<Request<'static>> {
    let mut out = Vec::new();
    for principal in
        [ANNE, BOB, STRANGER, WORKER, GATEWAY, Principal::Anonymous, Principal::Root { account: ACCOUNT }]
    {
        for action in ["s3:GetObject", "iam:GetUser"] {
            for resource in ["*", "arn:aws:s3:::b/anne/x"] {
                out.push(Request::new(principal, action, resource));
                out.push(Request::new(principal, action, resource).with("aws:SourceIp", "10.1.2.3"));
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn reading_and_asking_never_panic(document in document(), text in "\\PC{0,60}") {
        let _ = Policy::parse(&text);
        for value in [document.clone(), json!({"Version": "2012-10-17", "Statement": document})] {
            let read = Policy::from_value(&value);
            prop_assert_eq!(&Policy::parse(&value.to_string()), &read);
            if let Ok(policy) = read {
                for request in requests() {
                    let _ = (evaluate(&policy, &request), evaluate_resource(&policy, &request));
                }
            }
        }
    }

    #[test]
    fn an_explicit_deny_always_wins(
        choices in proptest::collection::vec(any::<(bool, u8, u8, u8, u8)>(), 0..6),
        at in any::<prop::sample::Index>(),
    ) {
        let mut all = statements(&choices);
        let list = all.as_array_mut().unwrap();
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"});
        list.insert(at.index(list.len() + 1), deny);
        let policy = policy(&all);
        for request in requests() {
            prop_assert_eq!(evaluate(&policy, &request), ExplicitDeny);
            prop_assert_eq!(evaluate_resource(&policy, &request), ResourceDecision::ExplicitDeny);
        }
    }

    #[test]
    fn the_order_of_statements_does_not_matter(
        choices in proptest::collection::vec(any::<(bool, u8, u8, u8, u8)>(), 0..6),
    ) {
        let mut reversed = choices.clone();
        reversed.reverse();
        let (one, other) = (policy(&statements(&choices)), policy(&statements(&reversed)));
        for request in requests() {
            prop_assert_eq!(evaluate_resource(&one, &request), evaluate_resource(&other, &request));
        }
    }

    #[test]
    fn without_an_allow_nothing_is_allowed(
        choices in proptest::collection::vec(any::<(u8, u8, u8, u8)>(), 0..6),
    ) {
        let choices: Vec<_> = choices.into_iter().map(|(a, r, p, c)| (true, a, r, p, c)).collect();
        let policy = policy(&statements(&choices));
        for request in requests() {
            prop_assert_ne!(evaluate(&policy, &request), Allow);
        }
    }
}
