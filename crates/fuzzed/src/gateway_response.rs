//! Any text as the template of a gateway response, any as the value of one of its headers,
//! answered to a request for any path with any header.

use base::Scope;
use gateway::exchange::{NOBODY, Refusal, TooLarge};
use gateway::rest::{Refused, Surroundings, compile_stage};
use serde_json::{from_value, json};

pub(crate) fn run(input: &[u8]) {
    let [template, expression, rest, value] = crate::parts(input);
    let Some((request, headers)) = crate::request::get(&rest, &value) else { return };
    let customized = |kind: &str| {
        json!({
            "responseType": kind,
            "responseTemplates": {"application/json": template},
            "responseParameters": {"gatewayresponse.header.X-Own": expression},
        })
    };
    let snapshot = from_value(json!({
        "rest_api": {"id": "abc123"},
        "resources": [{"id": "res001", "path": "/{proxy+}"}],
        "gateway_responses": [customized("DEFAULT_4XX"), customized("DEFAULT_5XX")],
    }));
    let stage = from_value(json!({"stageName": "prod", "variables": {"a": value}}));
    let (Ok(snapshot), Ok(stage)) = (snapshot, stage) else { return };
    let scope = Scope::new("000000000000", "us-west-2");
    let Ok((stage, _)) = compile_stage(&scope, &stage, &snapshot, Surroundings::default()) else { return };
    let refused =
        Refused { request: &request, stage: &stage, resource: None, caller: &NOBODY, headers: &headers };
    for refusal in [
        Refusal::MissingAuthenticationToken,
        Refusal::BadRequestBody { faults: value },
        Refusal::IntegrationTimeout { limit_millis: 1 },
        Refusal::RequestTooLarge(TooLarge::Headers { size: 2, limit: 1 }),
    ] {
        let response = stage.gateway_responses.render(&refusal, &refused);
        assert!(!response.status().is_informational(), "{}", response.status());
        assert!(response.headers().contains_key("x-amzn-errortype"), "{:?}", response.headers());
    }
}
