//! Lambda authorizers in front of methods (behaviours 241; API Gateway developer guide, "Use API
//! Gateway Lambda authorizers").

use serde_json::json;

use crate::house::{Api, House, failure, result};

fn house(ttl: i32) -> House {
    let method = json!({"authorizationType": "CUSTOM", "authorizerId": "a1", "methodIntegration": {"type": "MOCK",
        "requestTemplates": {"application/json": "{statusCode: 200}"},
        "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json":
            "$context.authorizer.principalId $context.authorizer.n"}}}}});
    let api =
        Api::of(json!({"/open": {"GET": method}, "/shut": {"GET": method}})).more(json!({"authorizers": [{
        "id": "a1", "type": "TOKEN", "identitySource": "method.request.header.Auth",
        "authorizerResultTtlInSeconds": ttl,
        "authorizerUri": "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/f/invocations"}]}));
    House::with_function(
        &api,
        Box::new(|invoke| {
            let event: serde_json::Value = serde_json::from_slice(&invoke.payload).unwrap();
            match event["authorizationToken"].as_str().unwrap() {
                "unknown" => failure("Unauthorized"),
                "broken" => result("{}"),
                token => result(
                    json!({"principalId": token, "context": {"n": 1}, "policyDocument": {"Version": "2012-10-17",
                        "Statement": [
                            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*/prod/GET/open"},
                            {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*/prod/GET/shut"}]}})
                    .to_string(),
                ),
            }
        }),
    )
}

#[test]
fn a_lambda_authorizer_decides_who_may_call() {
    let house = house(300);
    let unauthorized = "{\"message\":\"Unauthorized\"}";
    house.get("/prod/open").is_refusal(401, "UnauthorizedException", unauthorized);
    assert!(house.functions.invoked.lock().unwrap().is_empty());
    house.send("GET /prod/open\nAuth: unknown", "").is_refusal(401, "UnauthorizedException", unauthorized);
    let nothing = "{\"message\":null}";
    house.send("GET /prod/open\nAuth: broken", "").is_refusal(
        500,
        "AuthorizerConfigurationException",
        nothing,
    );
    let open = house.send("GET /prod/open\nAuth: anne", "");
    assert_eq!((open.status, open.text()), (200, "anne 1"));
    // What is cached is the policy, not the decision.
    let denied = "{\"Message\":\"User is not authorized to access this resource with an explicit deny\"}";
    for path in ["/prod/shut", "/prod//shut"] {
        let head = format!("GET {path}\nAuth: anne");
        house.send(&head, "").is_refusal(403, "AccessDeniedException", denied);
    }
    assert_eq!(house.send("GET /prod/open\nAuth: anne", "").status, 200);
    assert_eq!(house.functions.invoked.lock().unwrap().len(), 3);
}

#[test]
fn a_ttl_of_zero_asks_every_time() {
    let house = house(0);
    for _ in 0..2 {
        assert_eq!(house.send("GET /prod/open\nAuth: anne", "").status, 200);
    }
    assert_eq!(house.functions.invoked.lock().unwrap().len(), 2);
}
