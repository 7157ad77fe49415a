//! What policies decide, theme by theme: a policy, a request, and the expected answer. The
//! cases follow the pages of the IAM user guide that are named in each file.

mod actions;
mod combining;
mod conditions;
mod documents;
mod principals;
mod properties;
mod resources;
mod scenarios;
mod variables;

use serde_json::{Value, json};

use crate::Decision::{self, Allow, ExplicitDeny, NoMatch};
use crate::{Policy, Principal, Request};

const ACCOUNT: &str = "111122223333";
const OTHER_ACCOUNT: &str = "444455556666";

const ANNE: Principal<'static> =
    Principal::User { arn: "arn:aws:iam::111122223333:user/anne", id: "AIDAANNEEXAMPLE0000AB" };
const BOB: Principal<'static> =
    Principal::User { arn: "arn:aws:iam::111122223333:user/bob", id: "AIDABOBEXAMPLE00000AB" };
const STRANGER: Principal<'static> =
    Principal::User { arn: "arn:aws:iam::444455556666:user/anne", id: "AIDASTRANGER0000000AB" };
const WORKER: Principal<'static> = Principal::AssumedRole {
    role_arn: "arn:aws:iam::111122223333:role/jobs/worker",
    session_arn: "arn:aws:sts::111122223333:assumed-role/worker/s1",
    id: "AROAWORKEREXAMPLE00AB:s1",
};
const GATEWAY: Principal<'static> = Principal::Service { name: "apigateway.amazonaws.com" };

fn policy(statements: &Value) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let parsed = Policy::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"));
    // Both ways of reading agree.
    assert_eq!(Policy::from_value(&document), Ok(parsed.clone()));
    parsed
}

/// Anne asks to do `action` with `resource`.
fn request<'a>(action: &'a str, resource: &'a str) -> Request<'a> {
    Request::new(ANNE, action, resource)
}

#[track_caller]
fn check(policy: &Policy, request: &Request<'_>, expected: Decision) {
    assert_eq!(crate::evaluate(policy, request), expected, "{policy:?}\n{request:?}");
}
