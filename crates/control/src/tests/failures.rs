//! Mistakes of this program and faults of the store: the caller is told, nothing is half done, and
//! the next call works.

use std::sync::atomic::Ordering;

use base::Scope;
use serde::{Deserialize, Serialize};
use store::{Document, Key};

use super::*;
use crate::test_frame::{ACCOUNT, blob};

#[test]
fn a_panic_in_a_transaction_undoes_it() {
    let frame = Frame::new();
    let path = rest_api(&frame);
    let api = path.strip_prefix("/restapis/").unwrap();
    let resource = frame.ok("apigateway:GetResources", json!({"restApiId": api}))["items"][0]["id"].clone();
    let method = json!({"restApiId": api, "resourceId": resource, "httpMethod": "GET"});
    frame.ok("apigateway:PutMethod", with(method.clone(), json!({"authorizationType": "NONE"})));
    frame.ok("apigateway:PutIntegration", with(method, json!({"type": "MOCK"})));
    let (wire, root) = (frame.strict(), Signer::root());
    let deploy = json_body("POST", &format!("{path}/deployments"), &json!({"stageName": "dev"}));
    frame.check.panics.store(true, Ordering::Relaxed);
    let reply = wire.signed(&root, "apigateway", &deploy);
    assert_eq!(reply.refusal(), "500 InternalFailure \"Internal server error\"");
    assert_eq!(reply.header("content-type"), "application/json");
    frame.check.panics.store(false, Ordering::Relaxed);
    assert_eq!(frame.ok("apigateway:GetDeployments", json!({"restApiId": api})), json!({"items": []}));
    assert_eq!(wire.signed(&root, "apigateway", &deploy).status, 201);
}

#[test]
fn a_panic_outside_of_transactions_is_told_too() {
    let frame = Frame::new();
    let (wire, root) = (frame.strict(), Signer::root());
    let invoke = Sent::new("POST", "/2015-03-31/functions/orders/invocations");
    frame.role("worker");
    let create = json_body("POST", "/2015-03-31/functions", &crate::test_frame::function_input("orders"));
    frame.functions.panics.store(true, Ordering::Relaxed);
    for sent in [&invoke, &create, &invoke] {
        let reply = wire.signed(&root, "lambda", sent);
        assert_eq!(reply.refusal(), "500 InternalFailure \"Internal server error\"");
        assert_eq!(reply.header("x-amzn-requestid").len(), 36);
    }
    frame.functions.panics.store(false, Ordering::Relaxed);
    assert_eq!(wire.signed(&root, "lambda", &invoke).status, 404);
    assert_eq!(wire.signed(&root, "lambda", &create).status, 201);
}

/// A role as nothing of this program writes it.
#[derive(Clone, Serialize, Deserialize)]
struct Broken {
    nonsense: bool,
}

impl Document for Broken {
    const COLLECTION: &'static str = "iam/roles";
}

#[test]
fn a_fault_of_the_store_is_no_success() {
    let frame = Frame::new();
    frame.put(Scope::global(ACCOUNT), Key::new(["broken"]), Broken { nonsense: true });
    let (wire, root) = (frame.strict(), Signer::root());
    for action in ["GetRole&RoleName=broken", "DeleteRole&RoleName=broken", "ListRoles"] {
        let reply = wire.signed(&root, "iam", &iam(&format!("Action={action}")));
        assert_eq!(reply.refusal(), "500 InternalFailure \"Internal server error\"", "{action}");
        assert_eq!(reply.header("content-type"), "text/xml");
    }
    let function = json!({
        "FunctionName": "f", "Runtime": "python3.12", "Handler": "a.b", "Code": {"ZipFile": blob(b"PK")},
        "Role": "arn:aws:iam::000000000000:role/broken",
    });
    let reply = wire.signed(&root, "lambda", &json_body("POST", "/2015-03-31/functions", &function));
    assert_eq!(reply.refusal(), "500 InternalFailure \"Internal server error\"");
    // Others are served.
    assert_eq!(wire.signed(&root, "iam", &iam("Action=ListUsers")).status, 200);
}

/// Who cannot be known is not let in.
#[test]
fn a_broken_owner_opens_nothing() {
    let frame = Frame::new();
    let session = worker(&frame, &allow("*", "*"));
    frame.put(Scope::global(ACCOUNT), Key::new(["worker"]), Broken { nonsense: true });
    let reply = frame.strict().signed(&session, "apigateway", &Sent::new("GET", "/restapis"));
    assert_eq!(reply.status, 500);
}
