//! What is a policy and what is not: "Grammar of the IAM JSON policy language".

use super::*;
use crate::{Kind, MAX_STATEMENTS, PolicyError};

fn statement(changes: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    statement
}

fn with(changes: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement(&changes)]}).to_string()
}

#[track_caller]
fn check_error(document: &str, expected: &str) {
    match Policy::parse(document) {
        Ok(_) => panic!("{document} was read"),
        Err(error) => assert_eq!(error.to_string(), expected, "{document}"),
    }
}

#[test]
fn one_value_is_as_good_as_a_list() {
    let one = json!({"Statement": statement(&json!({"Condition": {"StringEquals": {"a:b": "c"}}}))});
    let many = json!({"Id": "i", "Version": "2008-10-17", "Statement": [statement(&json!({
        "Action": ["s3:GetObject"], "Resource": ["*"], "Condition": {"StringEquals": {"a:b": ["c"]}},
    }))]});
    assert_eq!(Policy::parse(&one.to_string()), Policy::parse(&many.to_string()));
    assert!(one.to_string().parse::<Policy>().is_ok());
}

#[test]
fn errors_name_the_element_and_what_is_wrong() {
    for (document, expected) in [
        ("[]".into(), "the policy must be an object"),
        ("{}".into(), "the policy must have Statement"),
        (r#"{"Statement": 1}"#.into(), "Statement[0] must be an object"),
        (
            r#"{"Statement": [], "Version": "2012-10-18"}"#.into(),
            "Version has the value \"2012-10-18\", which is not 2012-10-17 or 2008-10-17",
        ),
        (r#"{"Statement": [], "Version": 2012}"#.into(), "Version must be a string"),
        (r#"{"Statement": [], "Id": 1}"#.into(), "Id must be a string"),
        (r#"{"Statement": [], "statement": []}"#.into(), "the policy has the unknown element \"statement\""),
        (with(json!({"Effect": null})), "Statement[0] must have Effect"),
        (
            with(json!({"Effect": "allow"})),
            "Statement[0].Effect has the value \"allow\", which is not Allow or Deny",
        ),
        (with(json!({"Effect": ["Allow"]})), "Statement[0].Effect must be a string"),
        (with(json!({"Sid": 1})), "Statement[0].Sid must be a string"),
        (with(json!({"Conditions": {}})), "Statement[0] has the unknown element \"Conditions\""),
        (with(json!({"Action": null})), "Statement[0] must have Action or NotAction"),
        (with(json!({"NotAction": "s3:*"})), "Statement[0] has both Action and NotAction"),
        (with(json!({"Action": 1})), "Statement[0].Action must be a string or a list of strings"),
        (
            with(json!({"Action": ["s3:*", ["s3:*"]]})),
            "Statement[0].Action must be a string or a list of strings",
        ),
        (
            with(json!({"Action": "GetObject"})),
            "Statement[0].Action has the value \"GetObject\", which is not service:Action, or *",
        ),
        (
            with(json!({"Action": "s3:"})),
            "Statement[0].Action has the value \"s3:\", which is not service:Action, or *",
        ),
        (with(json!({"Action": null, "NotAction": []})), "Statement[0].NotAction must not be empty"),
        (with(json!({"NotResource": "*"})), "Statement[0] has both Resource and NotResource"),
        (with(json!({"Resource": null, "NotResource": []})), "Statement[0].NotResource must not be empty"),
        (with(json!({"Resource": {}})), "Statement[0].Resource must be a string or a list of strings"),
        (
            with(json!({"Resource": "arn:aws:s3:::${aws:username"})),
            "Statement[0].Resource has the value \"arn:aws:s3:::${aws:username\", which is not a variable that ends with }",
        ),
        (
            with(json!({"Principal": "*", "NotPrincipal": "*"})),
            "Statement[0] has both Principal and NotPrincipal",
        ),
        (
            with(json!({"Principal": "111122223333"})),
            "Statement[0].Principal has the value \"111122223333\", which is not * or an object of principals",
        ),
        (with(json!({"Principal": ["*"]})), "Statement[0].Principal must be an object"),
        (with(json!({"NotPrincipal": {}})), "Statement[0].NotPrincipal must not be empty"),
        (
            with(json!({"Principal": {"User": "*"}})),
            "Statement[0].Principal.User has the unknown element \"User\"",
        ),
        (
            with(json!({"Principal": {"AWS": 111_122_223_333_u64}})),
            "Statement[0].Principal.AWS must be a string or a list of strings",
        ),
        (with(json!({"Condition": []})), "Statement[0].Condition must be an object"),
        (
            with(json!({"Condition": {"StringIs": {"a:b": "c"}}})),
            "Statement[0].Condition has the unknown operator \"StringIs\"",
        ),
        (
            with(json!({"Condition": {"StringEquals": "c"}})),
            "Statement[0].Condition.StringEquals must be an object",
        ),
        (
            with(json!({"Condition": {"StringEquals": {"b": "c"}}})),
            "Statement[0].Condition.StringEquals has the value \"b\", which is not a condition key, such as aws:SourceIp",
        ),
        (
            with(json!({"Condition": {"StringEquals": {"a:b": null}}})),
            "Statement[0].Condition.StringEquals.a:b must be a string, a number, a boolean or a list of them",
        ),
        (
            with(json!({"Condition": {"StringEquals": {"a:b": [["c"]]}}})),
            "Statement[0].Condition.StringEquals.a:b must be a string, a number, a boolean or a list of them",
        ),
        (
            with(json!({"Condition": {"NumericEquals": {"a:b": "1e3"}}})),
            "Statement[0].Condition.NumericEquals.a:b has the value \"1e3\", which is not a number",
        ),
        (
            with(json!({"Condition": {"DateLessThan": {"a:b": "soon"}}})),
            "Statement[0].Condition.DateLessThan.a:b has the value \"soon\", which is not a date of ISO 8601, or seconds since 1970",
        ),
        (
            with(json!({"Condition": {"Bool": {"a:b": "yes"}}})),
            "Statement[0].Condition.Bool.a:b has the value \"yes\", which is not true or false",
        ),
        (
            with(json!({"Condition": {"Null": {"a:b": 0}}})),
            "Statement[0].Condition.Null.a:b has the value \"0\", which is not true or false",
        ),
        (
            with(json!({"Condition": {"BinaryEquals": {"a:b": "*"}}})),
            "Statement[0].Condition.BinaryEquals.a:b has the value \"*\", which is not base 64",
        ),
        (
            with(json!({"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.0.0.0/33"]}}})),
            "Statement[0].Condition.IpAddress.aws:SourceIp has the value \"10.0.0.0/33\", which is not an IP address or a CIDR block",
        ),
        (
            with(json!({"Condition": {"ArnLike": {"aws:SourceArn": "a1/prod"}}})),
            "Statement[0].Condition.ArnLike.aws:SourceArn has the value \"a1/prod\", which is not an ARN of six parts, or *",
        ),
        (
            with(json!({"Condition": {"StringLike": {"a:b": "${a:b, c}"}}})),
            "Statement[0].Condition.StringLike.a:b has the value \"${a:b, c}\", which is not a variable with its default in single quotes",
        ),
    ] {
        check_error(&document, expected);
    }
}

#[test]
fn principals_that_cannot_be_are_refused() {
    for (kind, text) in [
        ("AWS", ""),
        ("AWS", "1111222233334"),
        ("AWS", "anne"),
        ("AWS", "arn:aws:iam::111122223333:user/*"),
        ("AWS", "arn:aws:iam::111122223333:user/ann?"),
        ("AWS", "arn:aws:iam::1111:root"),
        ("AWS", "arn:aws:iam::*:root"),
        ("AWS", "arn:aws:iam::111122223333:"),
        ("AWS", "arn:aws:s3:::bucket"),
        ("AWS", "arn:aws:iam"),
        ("AWS", "**"),
        ("Service", "lambda"),
        ("Service", "*.amazonaws.com"),
        ("Federated", ""),
    ] {
        let error = Policy::parse(&with(json!({"Principal": {kind: text}}))).unwrap_err();
        assert!(matches!(error, PolicyError::Value { .. }), "{kind} {text}: {error}");
    }
}

#[test]
fn a_name_that_comes_twice_drops_no_restriction() {
    let document = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
        "StringEquals": {"a:b": "c"}, "StringEquals": {"a:d": "e"}}}}"#;
    let error = Policy::parse(document).unwrap_err().to_string();
    assert!(error.contains("\"StringEquals\" comes twice"), "{error}");
}

#[test]
fn documents_are_bounded() {
    let many = |count: usize| json!({"Statement": vec![json!({"Effect": "Deny", "Action": "*"}); count]});
    assert!(Policy::parse(&many(MAX_STATEMENTS).to_string()).is_ok());
    assert_eq!(Policy::parse(&many(MAX_STATEMENTS + 1).to_string()), Err(PolicyError::TooManyStatements));
    assert_eq!(Policy::from_value(&many(MAX_STATEMENTS + 1)), Err(PolicyError::TooManyStatements));
    let long = json!({"Id": "i".repeat(70_000), "Statement": []});
    assert_eq!(Policy::from_value(&long), Err(PolicyError::TooLong));
    assert_eq!(Policy::parse(&long.to_string()), Err(PolicyError::TooLong));
}

#[test]
fn kinds_of_policies_have_their_elements() {
    let required = |kind, changes: Value| {
        let document = json!({"Version": "2012-10-17", "Statement": [statement(&changes)]});
        let policy = Policy::parse(&document.to_string()).unwrap();
        policy.require(kind).map_err(|error| error.to_string())
    };
    let error = |text: &str| Err(text.to_owned());
    for (kind, changes, expected) in [
        (Kind::Identity, json!({}), Ok(())),
        (Kind::Identity, json!({"Resource": "arn:aws:s3:::b"}), Ok(())),
        (Kind::Identity, json!({"Resource": null}), error("Statement[0] must have Resource or NotResource")),
        (Kind::Identity, json!({"Principal": "*"}), error("Statement[0] must not have Principal")),
        (Kind::Identity, json!({"NotPrincipal": "*"}), error("Statement[0] must not have Principal")),
        (
            Kind::Identity,
            json!({"Resource": ["*", "b"]}),
            error("Statement[0].Resource has the value \"b\", which is not an ARN or *"),
        ),
        (Kind::Resource, json!({}), error("Statement[0] must have Principal or NotPrincipal")),
        (Kind::Resource, json!({"Principal": "*"}), Ok(())),
        (Kind::Resource, json!({"Principal": "*", "Resource": "execute-api:/*"}), Ok(())),
        (Kind::Trust, json!({"Principal": "*"}), error("Statement[0] must not have Resource")),
        (Kind::Trust, json!({"Principal": "*", "Resource": null}), Ok(())),
        (Kind::Trust, json!({"Resource": null}), error("Statement[0] must have Principal or NotPrincipal")),
        (Kind::Authorizer, json!({}), Ok(())),
        (
            Kind::Authorizer,
            json!({"Resource": null}),
            error("Statement[0] must have Resource or NotResource"),
        ),
    ] {
        assert_eq!(required(kind, changes.clone()), expected, "{kind:?} {changes}");
    }
    let empty = policy(&json!([]));
    assert_eq!(empty.require(Kind::Identity), Err(PolicyError::Empty { at: "Statement".into() }));
    assert_eq!(empty.require(Kind::Authorizer), Ok(()));
}

#[test]
fn statements_have_names_of_their_own() {
    let named = |one: &str, other: &str| {
        policy(&json!([statement(&json!({"Sid": one})), statement(&json!({"Sid": other}))]))
            .require(Kind::Identity)
    };
    assert_eq!(named("A", "B"), Ok(()));
    assert_eq!(named("", ""), Ok(()));
    assert_eq!(named("A", "A"), Err(PolicyError::DuplicateSid { sid: "A".into() }));
}
