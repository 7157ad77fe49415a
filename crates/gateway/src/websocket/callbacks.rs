//! `@connections`: what backends say to clients (API Gateway developer guide, "Use @connections commands
//! in your backend service"). Who may do so is always asked (`execute-api:ManageConnections`), whatever
//! the API says.

use http::{HeaderValue, Method, StatusCode, header};
use ports::connections::{ConnectionError, ConnectionRef, Connections as _};
use serde_json::json;

use super::connect::Arrived;
use super::limits::MESSAGE_BYTES;
use super::stage::CompiledStage;
use super::{WebSockets, failures};
use crate::access::iam::allowed;
use crate::access::{Asking, MANAGE_CONNECTIONS};
use crate::exchange::{Body, BodyError, Caller, Refusal, Request, read_whole};
use crate::message::Response;
use crate::trail::WebSocketObserved;

/// The most that is read of a message: one that is too large is told from one that is not.
const READ: usize = MESSAGE_BYTES + 1;

/// Answers a request for the connection `id` of `stage`.
pub(super) async fn answer(
    websockets: &WebSockets,
    arrived: Arrived,
    stage: &CompiledStage,
    id: &str,
) -> Response<Body> {
    let Arrived { request, headers, body, .. } = arrived;
    let path = format!("/@connections/{id}");
    let asking = Asking {
        request: &request,
        stage: &stage.facts,
        policy: None,
        headers: &headers,
        verb: request.method.as_str(),
        path: &path,
    };
    let body = match read(body).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let mut caller = Caller::default();
    let signatures = &websockets.doors.signatures;
    let body = match allowed(asking, MANAGE_CONNECTIONS, Body::from(body), signatures, &mut caller).await {
        Ok((_, Body::Whole(body))) => body,
        Ok(_) => bytes::Bytes::new(),
        Err(refusal) => return denied(&request, &refusal),
    };
    let connection = ConnectionRef {
        api: stage.facts.api_id.to_string(),
        stage: stage.facts.stage.to_string(),
        id: id.to_owned(),
    };
    let open = &websockets.connections;
    let done = match request.method {
        Method::POST => open.post(connection, body).await.map(|()| {
            let observed = WebSocketObserved { messages: 1, ..WebSocketObserved::default() };
            stage.counters.websocket().count(&observed, None);
            empty(StatusCode::OK)
        }),
        Method::DELETE => open.close(connection).await.map(|()| empty(StatusCode::NO_CONTENT)),
        Method::GET => open.get(connection).await.map(|facts| {
            let told = json!({
                "connectedAt": facts.connected_at.iso8601(),
                "identity": {"sourceIp": facts.source_ip, "userAgent": facts.user_agent},
                "lastActiveAt": facts.last_active_at.iso8601(),
            });
            let mut response = empty(StatusCode::OK);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            *response.body_mut() = Body::from(bytes::Bytes::from(told.to_string()));
            response
        }),
        // Nobody is told what else there could be.
        _ => return failures::response(&request, &Refusal::MissingAuthenticationToken),
    };
    let mut response = done.unwrap_or_else(|error| match error {
        ConnectionError::Gone => fault(StatusCode::GONE, "GoneException", None),
        ConnectionError::Congested => {
            fault(StatusCode::TOO_MANY_REQUESTS, "LimitExceededException", Some("Too Many Requests"))
        }
        ConnectionError::TooLarge { .. } => too_large(),
    });
    failures::identify(&mut response, &request);
    response
}

/// The message, if it has at most one byte more than it may.
async fn read(body: Body) -> Result<bytes::Bytes, Response<Body>> {
    read_whole(body, READ).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => too_large(),
        _ => fault(StatusCode::BAD_REQUEST, "BadRequestException", Some("Bad Request")),
    })
}

fn too_large() -> Response<Body> {
    // The text is not recorded.
    let text = "Message too long";
    fault(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException", Some(text))
}

/// AWS's refusals of these calls, as the service's model names them. What IAM does not allow says what.
fn denied(request: &Request, refusal: &Refusal) -> Response<Body> {
    let told = refusal.response();
    let text = match refusal {
        Refusal::AccessDenied { .. } => {
            refusal.message().replace("execute-api:Invoke", "execute-api:ManageConnections")
        }
        other => other.message().into_owned(),
    };
    let mut response = fault(told.status, told.error_type, Some(&text));
    failures::identify(&mut response, request);
    response
}

fn fault(status: StatusCode, kind: &'static str, text: Option<&str>) -> Response<Body> {
    let mut response = empty(status);
    let headers = response.headers_mut();
    headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    if let Some(text) = text {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *response.body_mut() = Body::from(bytes::Bytes::from(json!({"message": text}).to_string()));
    }
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}
