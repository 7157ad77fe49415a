//! The events of AWS_PROXY functions and of authorizers (their members as AWS's users show them, and as
//! the developer guide's pages on WebSocket APIs name them).

use std::borrow::Cow;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::exchange::{Context, Variable, WebSocketEventKind};
use crate::integration::lambda::{EventRequest, seen_headers, seen_query};

/// Values by name, in their order.
type Multi<'a> = IndexMap<Cow<'a, str>, Vec<Cow<'a, str>>>;

/// The event of a route's function.
pub(super) fn of_route(of: &EventRequest<'_>, stage_variables: &Value) -> Bytes {
    let mut event = Map::new();
    let kind = of.context.request.websocket.as_ref().map(|event| &event.kind);
    match kind {
        Some(WebSocketEventKind::Connect) => {
            put_headers(&mut event, &seen_headers(of, of.context.request));
            let query = seen_query(of.context.request);
            if !query.is_empty() {
                put_query(&mut event, &query);
            }
        }
        Some(WebSocketEventKind::Disconnect { .. }) => {
            // What AWS sends of a connection that is gone.
            let host = of.context.request.domain_name();
            let sent = [("Host", host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")];
            let headers = sent.into_iter().map(|(name, value)| (name.into(), vec![value.into()]));
            put_headers(&mut event, &headers.collect());
        }
        Some(WebSocketEventKind::Message { .. }) | None => {}
    }
    if !stage_variables.is_null() {
        event.insert("stageVariables".to_owned(), stage_variables.clone());
    }
    event.insert("requestContext".to_owned(), request_context(&of.context));
    if !of.body.is_empty() {
        event.insert("body".to_owned(), String::from_utf8_lossy(of.body).into());
    }
    event.insert("isBase64Encoded".to_owned(), false.into());
    Value::Object(event).to_string().into()
}

/// The event of `$connect`'s authorizer; `route_arn` is what the client wants to do.
pub(super) fn of_authorizer(of: &EventRequest<'_>, route_arn: &str, stage_variables: &Value) -> Bytes {
    let mut event = Map::new();
    event.insert("type".to_owned(), "REQUEST".into());
    event.insert("methodArn".to_owned(), route_arn.into());
    put_headers(&mut event, &seen_headers(of, of.context.request));
    put_query(&mut event, &seen_query(of.context.request));
    let none = stage_variables.is_null();
    event.insert("stageVariables".to_owned(), if none { json!({}) } else { stage_variables.clone() });
    event.insert("requestContext".to_owned(), request_context(&of.context));
    Value::Object(event).to_string().into()
}

fn put_headers(event: &mut Map<String, Value>, headers: &Multi<'_>) {
    event.insert("headers".to_owned(), last(headers));
    event.insert("multiValueHeaders".to_owned(), all(headers));
}

fn put_query(event: &mut Map<String, Value>, query: &Multi<'_>) {
    event.insert("queryStringParameters".to_owned(), last(query));
    event.insert("multiValueQueryStringParameters".to_owned(), all(query));
}

fn last(values: &Multi<'_>) -> Value {
    let last = values.iter().map(|(name, all)| (name.to_string(), all.last().map(|own| &**own).into()));
    Value::Object(last.collect())
}

fn all(values: &Multi<'_>) -> Value {
    let all = values.iter().map(|(name, all)| {
        (name.to_string(), all.iter().map(|value| Value::from(&**value)).collect::<Value>())
    });
    Value::Object(all.collect())
}

fn request_context(context: &Context<'_>) -> Value {
    let Context { request, stage, caller, .. } = context;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("routeKey", context.route_key.into());
    if let Some(said) = &caller.authorizer {
        let mut authorizer = said.context.clone();
        if let Some(id) = &said.principal_id {
            authorizer.insert("principalId".to_owned(), (**id).into());
        }
        authorizer.insert("integrationLatency".to_owned(), said.latency_millis.unwrap_or_default().into());
        put("authorizer", authorizer.into());
    }
    let event = request.websocket.as_deref();
    if let Some((code, _)) = event.and_then(|event| event.disconnected()) {
        put("disconnectStatusCode", code.into());
    }
    if let Some(id) = event.and_then(|event| event.message_id()) {
        put("messageId", id.into());
    }
    put("eventType", event.map(|event| event.event_type()).into());
    put("extendedRequestId", request.ids.extended_request_id().into());
    let mut time = String::new();
    Variable::RequestTime.write(context, &mut time);
    put("requestTime", time.into());
    put("messageDirection", "IN".into());
    if let Some((_, reason)) = event.and_then(|event| event.disconnected()) {
        put("disconnectReason", reason.into());
    }
    put("stage", (*stage.stage).into());
    put("connectedAt", event.map(|event| event.connected_at.as_millis()).into());
    put("requestTimeEpoch", request.received.as_millis().into());
    put("identity", identity(context));
    put("requestId", request.ids.request_id().into());
    put("domainName", request.domain_name().into());
    put("connectionId", event.map(|event| &*event.connection_id).into());
    put("apiId", (*stage.api_id).into());
    Value::Object(members)
}

/// Who has connected. What is not known is left out.
fn identity(context: &Context<'_>) -> Value {
    let Context { request, caller, .. } = context;
    let mut members = Map::new();
    let mut put = |name: &str, value: &str| members.insert(name.to_owned(), value.into());
    if let Some(key) = &caller.api_key {
        put("apiKey", &key.value);
        put("apiKeyId", &key.id);
    }
    if let Some(identity) = &caller.identity {
        put("accountId", &identity.account_id);
        put("caller", &identity.user_id);
        put("accessKey", &identity.access_key_id);
        put("userArn", &identity.user_arn);
        put("user", &identity.user_id);
    }
    if let Some(agent) = &request.user_agent {
        put("userAgent", &String::from_utf8_lossy(agent.as_bytes()));
    }
    put("sourceIp", &request.source.to_string());
    Value::Object(members)
}
