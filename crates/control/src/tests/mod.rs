//! The way of a call through the whole pipeline, with the bytes of the wire.

mod authentication;
mod authorization;
mod circumstances;
mod coverage;
mod failures;
mod isolation;
mod protocols;
mod samples;

use serde_json::{Value, json};

use crate::test_frame::{Frame, Sent, Signer, TRUST, text, with};

/// Asks who the caller is; everyone may.
fn who_am_i() -> Sent {
    Sent::form("Action=GetCallerIdentity&Version=2011-06-15")
}

/// A call of IAM with these parameters.
fn iam(parameters: &str) -> Sent {
    Sent::form(format!("Version=2010-05-08&{parameters}"))
}

/// A call whose body is JSON.
fn json_body(method: &'static str, target: &str, body: &Value) -> Sent {
    Sent::new(method, target).with("content-type", "application/json").body(body.to_string())
}

/// A statement that allows this.
fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// A statement that denies this.
fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

/// The role `worker`, which members of the account may assume and services too.
fn role_for_all(frame: &Frame) -> String {
    let trust = TRUST.replace("{\"Service\"", "{\"AWS\":\"000000000000\",\"Service\"");
    frame.role_with("worker", &trust)
}

/// A session of `worker`, which may do this.
fn worker(frame: &Frame, statements: &Value) -> Signer {
    let role = role_for_all(frame);
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let input = json!({"RoleName": "worker", "PolicyName": "p", "PolicyDocument": document});
    frame.ok("iam:PutRolePolicy", input);
    frame.session(&role, "me")
}

/// The ARN that `GetCallerIdentity` has answered.
fn arn_in(body: &str) -> String {
    body.split_once("<Arn>").unwrap().1.split_once("</Arn>").unwrap().0.to_owned()
}

/// An API and the path of its URL.
fn rest_api(frame: &Frame) -> String {
    format!("/restapis/{}", text(&frame.ok("apigateway:CreateRestApi", json!({"name": "api"})), "id"))
}

/// `statement` under a condition.
fn when(statement: Value, condition: Value) -> Value {
    with(statement, json!({"Condition": condition}))
}
