//! Any text as a WebSocket API's route selection expression, as a route's key and as its model selection
//! expression, held against any message.

use base::Scope;
use gateway::exchange::NOBODY;
use gateway::websocket::{Surroundings, compile_stage};
use serde_json::{Value, from_str, from_value, json};

pub(crate) fn run(input: &[u8]) {
    let [expression, key, models, message] = crate::parts(input);
    let Some((request, _)) = crate::request::get("/", &key) else { return };
    let route =
        |key: &str| json!({"route": {"RouteKey": key, "ModelSelectionExpression": models}, "responses": []});
    let snapshot = from_value(json!({
        "api": {
            "ApiId": "abc123",
            "Name": "chat",
            "ProtocolType": "WEBSOCKET",
            "RouteSelectionExpression": expression,
        },
        "routes": [route("$connect"), route("$disconnect"), route("$default"), route(&key)],
        "integrations": [],
        "authorizers": [],
        "models": [],
    }));
    let stage = from_value(json!({"StageName": "prod", "StageVariables": {"a": key}}));
    let (Ok(snapshot), Ok(stage)) = (snapshot, stage) else {
        unreachable!("the snapshot and the stage are what is stored");
    };
    let scope = Scope::new("000000000000", "us-west-2");
    let Ok((stage, _)) = compile_stage(&scope, &stage, &snapshot, Surroundings::default()) else { return };
    let Ok(led) = stage.leads_to(&request, &NOBODY, message.as_bytes()) else { return };
    // No message takes what stands for the beginning and the end of connections.
    assert!(led == Some("$default") || led == Some(&*key) && !key.starts_with('$'), "{led:?}");
    if from_str::<Value>(&message).is_err() {
        assert_eq!(led, Some("$default"));
    }
}
