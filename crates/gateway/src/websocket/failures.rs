//! What clients are told of what failed: a frame on an open connection, an HTTP answer before
//! (`{"message": …, "connectionId": …, "requestId": …}`, recorded by AWS's users).

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::exchange::{Body, Refusal, Request};
use crate::message::Response;

/// The text for a refusal.
fn message(refusal: &Refusal) -> String {
    match refusal {
        // The developer guide's text, which is not that of REST APIs.
        Refusal::BadRequestBody { .. } => "Bad request body".to_owned(),
        // No route takes the message; what is wrong with an authorizer is not the client's to know.
        Refusal::MissingAuthenticationToken | Refusal::NotFound => "Forbidden".to_owned(),
        // So is what is wrong with a backend.
        Refusal::AuthorizerConfigurationError { .. }
        | Refusal::AuthorizerFailure { .. }
        | Refusal::IntegrationFailure(_) => "Internal server error".to_owned(),
        other => other.message().into_owned(),
    }
}

/// The status of a refusal. An integration that fails is a bad gateway, in whatever way it fails; REST APIs
/// know more of them.
pub(super) fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::IntegrationFailure(_) => StatusCode::BAD_GATEWAY,
        _ => refusal.response().status,
    }
}

fn body(request: &Request, message: &str) -> Bytes {
    let connection = request.websocket.as_ref().map(|event| &*event.connection_id);
    let id = request.ids.request_id();
    json!({"message": message, "connectionId": connection, "requestId": id}).to_string().into()
}

/// The frame that tells of a refusal.
pub(super) fn frame(request: &Request, refusal: &Refusal) -> Bytes {
    body(request, &message(refusal))
}

/// The answer to an upgrade request that is refused.
pub(super) fn response(request: &Request, refusal: &Refusal) -> Response<Body> {
    let told = refusal.response();
    let mut response = plain(request, status(refusal), &message(refusal));
    if let Ok(kind) = HeaderValue::from_str(told.error_type)
        && !told.error_type.is_empty()
    {
        response.headers_mut().insert("x-amzn-errortype", kind);
    }
    response
}

/// An answer with this text.
pub(super) fn plain(request: &Request, status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::Whole(body(request, message)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    identify(&mut response, request);
    response
}

/// Puts the request's identifiers on an answer.
pub(super) fn identify(response: &mut Response<Body>, request: &Request) {
    let headers = response.headers_mut();
    for (name, id) in [
        ("x-amzn-requestid", request.ids.request_id()),
        ("x-amz-apigw-id", request.ids.extended_request_id()),
    ] {
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(name, id);
        }
    }
}
