//! "Condition operators", "Conditions with multiple context keys or values", "Set operators
//! for multivalued context keys".

use super::*;

fn when(effect: &str, condition: Value) -> Policy {
    policy(&json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}))
}

/// Whether an Allow under `{operator: {"x:key": wanted}}` applies to a request in which the key
/// has the values `found`; `None` if it has no such key.
#[track_caller]
fn check_values(operator: &str, wanted: Value, found: Option<&[&str]>, expected: bool) {
    let policy = when("Allow", json!({operator: {"x:Key": wanted}}));
    let mut request = request("s3:GetObject", "*");
    if let Some(values) = found {
        request.context.add_all("X:key", values.iter().copied());
    }
    check(&policy, &request, if expected { Allow } else { NoMatch });
}

#[track_caller]
fn check_one(operator: &str, wanted: Value, found: &str, expected: bool) {
    check_values(operator, wanted, Some(&[found]), expected);
}

#[test]
fn strings() {
    for (operator, wanted, found, expected) in [
        ("StringEquals", json!("a"), "a", true),
        ("StringEquals", json!("a"), "A", false),
        ("StringEquals", json!("a*"), "ab", false),
        ("StringEquals", json!("a*"), "a*", true),
        ("StringEquals", json!(["a", "b"]), "b", true),
        ("StringEquals", json!(["a", "b"]), "c", false),
        ("StringEquals", json!([]), "a", false),
        ("StringEquals", json!(true), "true", true),
        ("StringEquals", json!(12), "12", true),
        ("StringEquals", json!(""), "", true),
        ("stringequals", json!("a"), "a", true),
        ("StringNotEquals", json!("a"), "a", false),
        ("StringNotEquals", json!("a"), "b", true),
        ("StringNotEquals", json!(["a", "b"]), "b", false),
        ("StringNotEquals", json!([]), "b", true),
        ("StringEqualsIgnoreCase", json!("Straße"), "STRAßE", true),
        ("StringEqualsIgnoreCase", json!("a"), "b", false),
        ("StringNotEqualsIgnoreCase", json!("a"), "A", false),
        ("StringNotEqualsIgnoreCase", json!("a"), "b", true),
        ("StringLike", json!("a*c"), "abbc", true),
        ("StringLike", json!("a*c"), "abbC", false),
        ("StringLike", json!("a?c"), "ac", false),
        ("StringLike", json!(["x", "a?c"]), "abc", true),
        ("StringNotLike", json!("a*c"), "abbc", false),
        ("StringNotLike", json!(["x*", "a*c"]), "y", true),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn numbers() {
    for (operator, wanted, found, expected) in [
        ("NumericEquals", json!("10"), "10.0", true),
        ("NumericEquals", json!(10), "10", true),
        ("NumericEquals", json!(10), "11", false),
        ("NumericNotEquals", json!(10), "11", true),
        ("NumericNotEquals", json!(10), "10", false),
        ("NumericNotEquals", json!(10), "ten", false),
        ("NumericLessThan", json!(10), "9.99", true),
        ("NumericLessThan", json!(10), "10", false),
        ("NumericLessThanEquals", json!(10), "10", true),
        ("NumericLessThanEquals", json!(10), "10.01", false),
        ("NumericGreaterThan", json!(10), "10", false),
        ("NumericGreaterThan", json!(10), "10.01", true),
        ("NumericGreaterThanEquals", json!(10), "10", true),
        ("NumericGreaterThanEquals", json!("-1.5"), "-2", false),
        ("NumericGreaterThanEquals", json!([100, 5]), "7", true),
        ("NumericLessThan", json!(10), "", false),
        ("NumericLessThan", json!(10), "-inf", false),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn dates() {
    let noon = "2026-11-23T12:00:00Z";
    for (operator, wanted, found, expected) in [
        ("DateEquals", json!(noon), "2026-11-23T13:00:00+01:00", true),
        ("DateEquals", json!("1795435200"), noon, true),
        ("DateEquals", json!(1_795_435_200), "1795435200", true),
        ("DateNotEquals", json!(noon), "2026-11-23T12:00:01Z", true),
        ("DateNotEquals", json!(noon), noon, false),
        ("DateNotEquals", json!(noon), "noon", false),
        ("DateLessThan", json!(noon), "2026-11-23T11:59:59Z", true),
        ("DateLessThan", json!(noon), noon, false),
        ("DateLessThanEquals", json!(noon), noon, true),
        ("DateLessThanEquals", json!(noon), "2026-11-23T12:00:00.001Z", false),
        ("DateGreaterThan", json!("2026-11-23"), noon, true),
        ("DateGreaterThan", json!("2026-11-24"), noon, false),
        ("DateGreaterThan", json!(noon), noon, false),
        ("DateGreaterThanEquals", json!(noon), noon, true),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn booleans_bytes_and_addresses() {
    for (operator, wanted, found, expected) in [
        ("Bool", json!("true"), "true", true),
        ("Bool", json!(true), "TRUE", true),
        ("Bool", json!("false"), "true", false),
        ("Bool", json!("true"), "yes", false),
        ("Bool", json!(["true", "false"]), "false", true),
        ("BinaryEquals", json!("QmluYXJ5"), "QmluYXJ5", true),
        ("BinaryEquals", json!("QmluYXJ5"), "QmluYXJ6", false),
        ("BinaryEquals", json!("QmluYXJ5"), "Binary", false),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.113.255", true),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.114.0", false),
        ("IpAddress", json!(["10.0.0.0/8", "2001:db8::/32"]), "2001:db8::7", true),
        ("IpAddress", json!("203.0.113.7"), "203.0.113.7", true),
        ("IpAddress", json!("203.0.113.7"), "nowhere", false),
        ("NotIpAddress", json!("203.0.113.0/24"), "203.0.113.7", false),
        ("NotIpAddress", json!("203.0.113.0/24"), "203.0.114.7", true),
        ("NotIpAddress", json!("203.0.113.0/24"), "2001:db8::7", true),
        ("NotIpAddress", json!("203.0.113.0/24"), "nowhere", false),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn arns() {
    let api = "arn:aws:execute-api:us-east-1:111122223333:a1/prod/GET/pets";
    for (operator, wanted, found, expected) in [
        ("ArnEquals", json!(api), api, true),
        ("ArnEquals", json!("arn:aws:execute-api:*:*:a1/*"), api, true),
        ("ArnLike", json!("arn:aws:execute-api:us-east-1:111122223333:a1/*/*/pets"), api, true),
        ("ArnLike", json!("arn:aws:execute-api:us-east-1:111122223333:a2/*"), api, false),
        // A star stays within its part.
        ("ArnLike", json!("arn:aws:*:a1/prod/GET/pets:x:y:z"), api, false),
        ("ArnLike", json!("*"), api, true),
        ("ArnLike", json!(["arn:aws:s3:::*", "arn:aws:execute-api:*:*:*"]), api, true),
        ("ArnLike", json!("arn:aws:s3:::*"), "bucket", false),
        ("ArnNotEquals", json!(api), api, false),
        ("ArnNotLike", json!("arn:aws:s3:::*"), api, true),
        ("ArnNotLike", json!("arn:aws:execute-api:*:*:*"), api, false),
        ("ArnNotLike", json!("arn:aws:s3:::*"), "bucket", false),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn absent_keys_equal_nothing() {
    for (operator, wanted, expected) in [
        ("StringEquals", json!("a"), false),
        ("StringNotEquals", json!("a"), true),
        ("StringLike", json!("*"), false),
        ("StringNotLike", json!("*"), true),
        ("NumericLessThan", json!(1), false),
        ("NumericNotEquals", json!(1), true),
        ("DateLessThan", json!("2026"), false),
        ("Bool", json!("false"), false),
        ("IpAddress", json!("0.0.0.0/0"), false),
        ("NotIpAddress", json!("0.0.0.0/0"), true),
        ("ArnLike", json!("*"), false),
        ("ArnNotLike", json!("*"), true),
        ("StringEqualsIfExists", json!("a"), true),
        ("StringNotEqualsIfExists", json!("a"), true),
        ("BoolIfExists", json!("true"), true),
        ("IpAddressIfExists", json!("10.0.0.0/8"), true),
        ("Null", json!("true"), true),
        ("Null", json!(false), false),
        ("Null", json!(["true", "false"]), true),
        ("ForAllValues:StringEquals", json!("a"), true),
        ("ForAllValues:StringNotEquals", json!("a"), true),
        ("ForAnyValue:StringEquals", json!("a"), false),
        ("ForAnyValue:StringNotEquals", json!("a"), false),
        ("ForAnyValue:StringEqualsIfExists", json!("a"), true),
    ] {
        check_values(operator, wanted.clone(), None, expected);
        // A key without values is as good as none.
        check_values(operator, wanted, Some(&[]), expected);
    }
}

#[test]
fn if_exists_asks_of_keys_that_are_there() {
    for (operator, wanted, found, expected) in [
        ("StringEqualsIfExists", json!("a"), "a", true),
        ("StringEqualsIfExists", json!("a"), "b", false),
        ("StringNotLikeIfExists", json!("a*"), "ab", false),
        ("Null", json!("true"), "a", false),
        ("Null", json!("false"), "a", true),
        ("Null", json!("false"), "", true),
    ] {
        check_one(operator, wanted, found, expected);
    }
}

#[test]
fn set_operators_quantify_over_the_requests_values() {
    for (operator, wanted, found, expected) in [
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a"][..], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "b"], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "c"], false),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["c", "d"], true),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["c", "a"], false),
        ("ForAllValues:StringLike", json!(["a*"]), &["ab", "ac"], true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c", "b"], true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c", "d"], false),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "c"], true),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "b"], false),
        ("ForAnyValue:NumericGreaterThan", json!([5]), &["1", "6"], true),
        ("forallvalues:StringEquals", json!(["a"]), &["b"], false),
        // Without a set operator: one of them, or, negated, none of them.
        ("StringEquals", json!(["a"]), &["x", "a"], true),
        ("StringNotEquals", json!(["a"]), &["x", "a"], false),
        ("StringNotEquals", json!(["a"]), &["x", "y"], true),
    ] {
        check_values(operator, wanted, Some(found), expected);
    }
}

#[test]
fn all_conditions_must_hold() {
    let policy = when(
        "Allow",
        json!({
            "StringEquals": {"aws:PrincipalAccount": ACCOUNT, "x:stage": ["dev", "test"]},
            "Bool": {"aws:SecureTransport": "true"},
        }),
    );
    let asking = |stage: &'static str, secure: &'static str| {
        request("s3:GetObject", "*").with("x:stage", stage).with("aws:SecureTransport", secure)
    };
    check(&policy, &asking("dev", "true"), Allow);
    check(&policy, &asking("test", "true"), Allow);
    check(&policy, &asking("prod", "true"), NoMatch);
    check(&policy, &asking("dev", "false"), NoMatch);
    check(&policy, &request("s3:GetObject", "*").with("x:stage", "dev"), NoMatch);
    check(&when("Allow", json!({})), &request("s3:GetObject", "*"), Allow);
    check(&when("Allow", json!({"StringEquals": {}})), &request("s3:GetObject", "*"), Allow);
}

#[test]
fn denials_under_conditions() {
    // The user guide's example: deny unless the call comes from one's own network.
    let policy = when("Deny", json!({"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}}));
    check(&policy, &request("s3:GetObject", "*").with("aws:SourceIp", "192.0.2.9"), NoMatch);
    check(&policy, &request("s3:GetObject", "*").with("aws:SourceIp", "198.51.100.1"), ExplicitDeny);
    check(&policy, &request("s3:GetObject", "*"), ExplicitDeny);
    // Where it cannot be told, a negated Deny applies.
    check(&policy, &request("s3:GetObject", "*").with("aws:SourceIp", "nowhere"), ExplicitDeny);
    let policy = when("Deny", json!({"StringNotEquals": {"x:owner": "${aws:missing}"}}));
    check(&policy, &request("s3:GetObject", "*").with("x:owner", "anne"), ExplicitDeny);
}

/// Not from AWS, where everything is known: whoever cannot tell whether a request has a key must
/// not let the request gain by it.
#[test]
fn what_depends_on_an_untold_key_decides_against_the_request() {
    let untold = |key: &str| key == "x:key";
    for condition in [
        json!({"StringEquals": {"x:Key": "a"}}),
        json!({"StringNotEquals": {"x:Key": "a"}}),
        json!({"StringEqualsIfExists": {"x:Key": "a"}}),
        json!({"ForAllValues:StringEquals": {"x:Key": "a"}}),
        json!({"Null": {"x:Key": "true"}}),
        json!({"Null": {"x:Key": "false"}}),
    ] {
        let request = request("s3:GetObject", "*").untold(untold);
        check(&when("Allow", condition.clone()), &request, NoMatch);
        check(&when("Deny", condition), &request, ExplicitDeny);
    }
    let told = request("s3:GetObject", "*").untold(untold).with("x:key", "b");
    check(&when("Deny", json!({"StringEquals": {"x:Key": "a"}})), &told, NoMatch);
    check(&when("Allow", json!({"StringNotEquals": {"x:Key": "a"}})), &told, Allow);
    let elsewhere = json!({"StringEquals": {"x:Key": "a", "aws:PrincipalAccount": OTHER_ACCOUNT}});
    check(&when("Deny", elsewhere), &request("s3:GetObject", "*").untold(untold), NoMatch);
}
