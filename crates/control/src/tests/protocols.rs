//! Answers that no operation gives: each has the form of its service's protocol.

use super::*;
use crate::Registry;

#[test]
fn what_is_not_built_says_so_in_each_protocol() {
    let frame = Frame::new();
    let wire = frame.wire_of(Registry::default());
    let key = Signer::new("test", "test");
    let check = |service: &str, sent: &Sent, operation: &str, content_type: &str| {
        let reply = wire.signed(&key, service, sent);
        let text = format!("501 NotImplemented \"The operation {operation} is not built.\"");
        assert_eq!(reply.refusal(), text);
        assert_eq!(reply.header("content-type"), content_type);
        assert_eq!(reply.header("x-amzn-requestid").len(), 36);
    };
    check("apigateway", &Sent::new("GET", "/restapis"), "apigateway:GetRestApis", "application/json");
    check("apigateway", &Sent::new("GET", "/v2/apis"), "apigatewayv2:GetApis", "application/json");
    check("lambda", &Sent::new("GET", "/2015-03-31/functions"), "lambda:ListFunctions", "application/json");
    let logs = Sent::logs("DescribeLogGroups", &json!({}));
    check("logs", &logs, "logs:DescribeLogGroups", "application/x-amz-json-1.1");
    check("iam", &iam("Action=ListRoles"), "iam:ListRoles", "text/xml");
    check("sts", &who_am_i(), "sts:GetCallerIdentity", "text/xml");
}

#[test]
fn what_is_nothing_is_told_in_a_form_that_clients_read() {
    let frame = Frame::new();
    let key = Signer::new("test", "test");
    for wire in [frame.development(), frame.strict()] {
        for sent in [
            Sent::new("GET", "/nothing"),
            Sent::new("BREW", "/restapis"),
            Sent::new("GET", "//restapis"),
            Sent::new("GET", "/restapis/../restapis"),
        ] {
            for reply in [wire.unsigned(&sent), wire.signed(&key, "apigateway", &sent)] {
                assert_eq!(reply.header("content-type"), "application/json");
                assert!(reply.json().is_object());
                assert_eq!(
                    (reply.status, reply.header("x-amzn-errortype")),
                    (404, "UnknownOperationException")
                );
            }
        }
        let reply = wire.signed(&key, "quantum", &Sent::new("GET", "/"));
        assert_eq!(
            reply.refusal(),
            "404 UnknownOperationException \"The service quantum is not served here.\""
        );
        let reply = wire.signed(&key, "iam", &iam("Action=Nonsense"));
        assert!(reply.refusal().starts_with("400 InvalidAction \"Could not find operation Nonsense"));
        let reply = wire.signed(&key, "logs", &Sent::logs("Nonsense", &json!({})));
        assert!(reply.refusal().starts_with("400 UnknownOperationException"), "{reply:?}");
    }
}

#[test]
fn input_is_read_and_checked_before_anything_is_done() {
    let frame = Frame::new();
    let wire = frame.development();
    let key = Signer::new("test", "test");
    let reply = wire.signed(&key, "apigateway", &json_body("POST", "/restapis", &json!({"name": true})));
    assert_eq!(
        reply.refusal(),
        "400 SerializationException \"class java.lang.Boolean can not be converted to an String\""
    );
    let reply = wire.signed(&key, "iam", &iam("Action=GetRole"));
    assert_eq!(
        reply.refusal(),
        "400 ValidationError \"1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null\""
    );
    let reply = wire.signed(&key, "logs", &Sent::logs("CreateLogGroup", &json!({})));
    assert_eq!(
        reply.refusal(),
        "400 InvalidParameterException \"1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null\""
    );
}

#[test]
fn each_call_has_its_own_id() {
    let wire = Frame::new().development();
    let id =
        || wire.signed(&Signer::new("test", "t"), "sts", &who_am_i()).header("x-amzn-requestid").to_owned();
    let (first, second) = (id(), id());
    assert!(first.len() == 36 && first != second);
}
