//! "IAM JSON policy elements: Resource", "NotResource".

use super::*;

const METHOD: &str = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets/7";

#[track_caller]
fn check_resource(element: &str, resources: Value, asked: &str, expected: Decision) {
    let policy = policy(&json!({"Effect": "Allow", "Action": "*", element: resources}));
    check(&policy, &request("execute-api:Invoke", asked), expected);
}

#[test]
fn resources_match_by_arn_and_wildcard() {
    for (resources, asked, expected) in [
        (json!("*"), METHOD, Allow),
        (json!("*"), "*", Allow),
        (json!(METHOD), METHOD, Allow),
        (json!(METHOD), "*", NoMatch),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/*"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/*/pets/*"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets/?"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets/??"), METHOD, NoMatch),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/pets"), METHOD, NoMatch),
        (json!("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/get/pets/7"), METHOD, NoMatch),
        (json!("arn:aws:execute-api:*:*:a1b2c3d4e5/prod/*"), METHOD, Allow),
        (json!("arn:aws:execute-api:eu-west-1:*:a1b2c3d4e5/prod/*"), METHOD, NoMatch),
        (json!("arn:aws:execute-api:us-east-1:*"), METHOD, Allow),
        (json!("arn:aws:execute-api"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1:111122223333"), METHOD, Allow),
        (json!("arn:aws:execute-api:us-east-1:444455556666"), METHOD, NoMatch),
        (json!("arn:aws:execute"), METHOD, NoMatch),
        (json!(["arn:aws:s3:::b", "arn:aws:execute-api:*"]), METHOD, Allow),
        (json!(["arn:aws:s3:::b"]), METHOD, NoMatch),
        (json!([]), METHOD, NoMatch),
        (json!("arn:aws:s3:::b/*"), "arn:aws:s3:::b/a/b:c", Allow),
        (json!("arn:aws:s3:::b/*"), "arn:aws:s3:::b", NoMatch),
    ] {
        check_resource("Resource", resources, asked, expected);
    }
}

#[test]
fn not_resource_covers_all_others() {
    for (resources, asked, expected) in [
        (json!("arn:aws:s3:::b/*"), METHOD, Allow),
        (json!("arn:aws:execute-api:*"), METHOD, NoMatch),
        (json!(["arn:aws:s3:::b/*", METHOD]), METHOD, NoMatch),
        (json!("*"), METHOD, NoMatch),
    ] {
        check_resource("NotResource", resources, asked, expected);
    }
}

#[test]
fn the_short_form_of_api_policies_is_for_the_caller_to_expand() {
    check_resource("Resource", json!("execute-api:/prod/GET/pets/*"), METHOD, NoMatch);
    let mut document =
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "execute-api:/prod/GET/pets/*"}});
    crate::expand_execute_api_resources(&mut document, "us-east-1", ACCOUNT, "a1b2c3d4e5");
    check(&Policy::from_value(&document).unwrap(), &request("execute-api:Invoke", METHOD), Allow);
}

#[test]
fn a_statement_without_a_resource_is_about_what_it_belongs_to() {
    let policy = policy(&json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}));
    check(&policy, &request("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"), Allow);
}
