//! What the Runtime API answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;

use crate::environment::Job;

/// Always a whole body, so that head and body leave in one write.
pub(crate) type Answer = Response<Full<Bytes>>;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");

/// `GET /runtime/invocation/next`, when there is one. `deadline` is in milliseconds since the
/// epoch, by the machine's clock: the function compares it with the same.
pub(crate) fn invocation(job: &Job, deadline: i64) -> Answer {
    let mut answer = Response::new(Full::new(job.payload.clone()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(DEADLINE, HeaderValue::from(deadline));
    for (name, text) in
        [(REQUEST_ID, &job.request_id), (FUNCTION_ARN, &job.invoked_arn), (TRACE_ID, &job.trace_id)]
    {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    if let Some(context) = &job.client_context {
        headers.insert(CLIENT_CONTEXT, context.clone());
    }
    answer
}

/// 202: the outcome was taken.
pub(crate) fn accepted() -> Answer {
    json(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}\n"))
}

/// 400: there is no such invocation, or not any more.
pub(crate) fn invalid_request_id() -> Answer {
    error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

/// 403: the process asked for something that does not follow what it did before.
pub(crate) fn invalid_transition() -> Answer {
    error(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed")
}

/// 413: the result is larger than the `limit` bytes that Lambda takes.
pub(crate) fn too_large(limit: usize) -> Answer {
    let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
    error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

/// 404: no such path; extensions and their APIs are not offered.
pub(super) fn not_found() -> Answer {
    error(StatusCode::NOT_FOUND, "NotFound", "There is no such path in this runtime API")
}

/// 500: the process is being ended.
pub(super) fn ending() -> Answer {
    error(StatusCode::INTERNAL_SERVER_ERROR, "ServiceError", "The execution environment is ending")
}

fn error(status: StatusCode, error_type: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    json(status, Bytes::from(body.to_string()))
}

fn json(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
