use bytes::Bytes;
use ports::functions::{InvocationType, InvokeError, InvokeReply, Invoker};

use super::*;
use crate::test_frame::{OTHER_ACCOUNT, blob, with};

fn reply(payload: &'static [u8]) -> InvokeReply {
    InvokeReply {
        payload: Bytes::from_static(payload),
        function_error: None,
        executed_version: "$LATEST".into(),
        request_id: "8f507cfc".into(),
        log_tail: None,
    }
}

fn frame_that_answers(reply: Result<InvokeReply, InvokeError>) -> Frame {
    let frame = Frame::new();
    frame.functions.replies.lock().unwrap().push_back(reply);
    frame
}

#[test]
fn the_event_goes_out_and_the_result_comes_back() {
    let tail = InvokeReply { log_tail: Some("END".into()), ..reply(b"{\"a\":1}") };
    let frame = frame_that_answers(Ok(tail));
    let input = json!({
        "FunctionName": ARN, "Qualifier": "live", "Payload": blob(b"[1]"), "LogType": "Tail",
        "ClientContext": "e30=",
    });
    let answer = frame.ok("lambda:Invoke", input);
    let expected = json!({
        "StatusCode": 200, "Payload": blob(b"{\"a\":1}"), "ExecutedVersion": "$LATEST", "LogResult": "RU5E",
    });
    assert_eq!(answer, expected);
    let invoked = frame.functions.invoked.lock().unwrap();
    let [request] = invoked.as_slice() else { panic!("{invoked:?}") };
    assert_eq!((&*request.function.name, request.function.qualifier.as_deref()), ("orders", Some("live")));
    assert_eq!((&*request.payload, &request.invoker), (&b"[1]"[..], &Invoker::Authorized));
    assert_eq!(request.invocation_type, InvocationType::RequestResponse);
    assert_eq!((request.client_context.as_deref(), request.log_tail), (Some("e30="), true));
}

#[test]
fn each_type_has_its_status() {
    for (name, expected, status) in [
        (json!("RequestResponse"), InvocationType::RequestResponse, 200),
        (json!("Event"), InvocationType::Event, 202),
        (json!("DryRun"), InvocationType::DryRun, 204),
        (Value::Null, InvocationType::RequestResponse, 200),
    ] {
        let frame = frame_that_answers(Ok(reply(b"")));
        let answer = frame.ok("lambda:Invoke", with(orders(), json!({"InvocationType": name})));
        assert_eq!(answer["StatusCode"], json!(status));
        let invoked = frame.functions.invoked.lock().unwrap();
        // No payload is an empty event.
        assert_eq!((invoked[0].invocation_type, &*invoked[0].payload), (expected, &b"{}"[..]));
    }
}

#[test]
fn a_functions_error_is_an_answer() {
    let failed = InvokeReply { function_error: Some("Unhandled"), ..reply(b"{}") };
    let answer = frame_that_answers(Ok(failed)).ok("lambda:Invoke", orders());
    assert_eq!((&answer["StatusCode"], &answer["FunctionError"]), (&json!(200), &json!("Unhandled")));
}

#[test]
fn refusals_are_lambdas() {
    let arn = || ARN.to_owned();
    for (error, expected) in [
        (InvokeError::NotFound { arn: arn() }, not_found(&format!("Function not found: {ARN}"))),
        (
            InvokeError::Denied { invoker: "x".into(), arn: arn() },
            format!("403 AccessDeniedException \"x is not allowed to invoke {ARN}\""),
        ),
        (
            InvokeError::TooLarge { size: 2, limit: 1, invocation_type: "Event" },
            "413 RequestTooLargeException \"2 byte payload is too large for the Event invocation type (limit 1 bytes)\"".into(),
        ),
        (
            InvokeError::NotJson { why: "w".into() },
            "400 InvalidRequestContentException \"Could not parse request body into json: w\"".into(),
        ),
        (InvokeError::Throttled, "429 TooManyRequestsException \"Rate Exceeded.\"".into()),
        (InvokeError::Unavailable { why: "w".into() }, "500 ServiceException \"w\"".into()),
    ] {
        assert_eq!(frame_that_answers(Err(error)).refused("lambda:Invoke", orders()), expected);
    }
}

/// Nothing is run for these.
#[test]
fn others_functions_are_not_invoked() {
    let frame = Frame::new();
    let check = |name: &str, more: Value, expected: String| {
        let input = with(json!({"FunctionName": name}), more);
        assert_eq!(frame.refused("lambda:Invoke", input), expected);
    };
    check(
        &ARN.replace("us-east-1", "eu-west-1"),
        json!({}),
        not_found("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
    );
    let foreign = ARN.replace("000000000000", OTHER_ACCOUNT);
    check(
        &foreign,
        json!({}),
        format!(
            "403 AccessDeniedException \"User: arn:aws:iam::000000000000:root is not authorized to perform \
             this operation on resource: {foreign}\""
        ),
    );
    let unbuilt = invalid("Durable executions and tenants are not built yet.");
    check("orders", json!({"TenantId": "t"}), unbuilt.clone());
    check("orders", json!({"DurableExecutionName": "d"}), unbuilt);
    assert!(frame.functions.invoked.lock().unwrap().is_empty());
}
