//! Answers as bytes, and refusals as HTTP APIs tell them: a message and an identifier, and of what is
//! wrong inside the API no more than that something is.

use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::exchange::{Bearer, Body, IntegrationFault, Refusal, Reply, RequestIds, TooLarge};
use crate::message::{Headers, Response};

/// The identifier of the request.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The client's answer. The identifier is the gateway's own, whatever the backend sent.
#[must_use]
pub(crate) fn render(reply: Reply, ids: &RequestIds) -> Response<Body> {
    let Reply { status, headers, body } = reply;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    identify(response.headers_mut(), ids);
    response
}

/// A refusal.
#[must_use]
pub(crate) fn render_refusal(refusal: &Refusal, ids: &RequestIds) -> Response<Body> {
    let (status, message) = told(refusal);
    let body = format!("{{\"message\":\"{message}\"}}");
    let mut response = Response::new(Body::Whole(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    if let Refusal::Bearer(bearer) = refusal
        && let Ok(challenge) = HeaderValue::from_str(&challenge(bearer))
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    identify(response.headers_mut(), ids);
    response
}

/// What a client with a token learns of it (developer guide, "Troubleshoot issues with HTTP API JWT
/// authorizers"; RFC 6750, section 3).
fn challenge(bearer: &Bearer) -> String {
    let (scopes, error) = match bearer {
        Bearer::Missing => return "Bearer".to_owned(),
        Bearer::Invalid { scopes, .. } => (scopes, "invalid_token"),
        Bearer::InsufficientScope { scopes } => (scopes, "insufficient_scope"),
    };
    format!("Bearer scope=\"{scopes}\" error=\"{error}\" error_description=\"{bearer}\"")
}

fn identify(headers: &mut Headers, ids: &RequestIds) {
    if let Ok(id) = HeaderValue::from_str(ids.request_id()) {
        headers.insert(REQUEST_ID, id);
    }
}

/// What the client is told of a refusal: the status, and the message, which needs no escapes. Of 500,
/// 401 and 403 the developer guide has the words ("Troubleshooting issues with HTTP APIs"); those of
/// 413, 429, 431, 503 and 504 are the ones that users of AWS report.
#[must_use]
pub(crate) fn told(refusal: &Refusal) -> (StatusCode, &'static str) {
    let forbidden = (StatusCode::FORBIDDEN, "Forbidden");
    let internal = (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    match refusal {
        Refusal::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
        Refusal::Bearer(Bearer::InsufficientScope { .. }) => forbidden,
        Refusal::Unauthorized | Refusal::Bearer(_) => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        Refusal::Forbidden(_)
        | Refusal::MissingAuthenticationToken
        | Refusal::AuthorizerDenied { .. }
        | Refusal::AccessDenied { .. }
        | Refusal::InvalidSignature { .. }
        | Refusal::ExpiredToken { .. }
        | Refusal::CacheControlUnauthorized
        | Refusal::InvalidApiKey { .. } => forbidden,
        Refusal::Throttled | Refusal::KeyThrottled { .. } | Refusal::QuotaExceeded { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
        }
        Refusal::UriTooLong { .. } | Refusal::RequestTooLarge(TooLarge::Headers { .. }) => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large")
        }
        Refusal::RequestTooLarge(TooLarge::Payload { .. } | TooLarge::Event { .. }) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
        }
        Refusal::BrokenBody
        | Refusal::BadRequestParameters { .. }
        | Refusal::BadRequestBody { .. }
        | Refusal::UnsupportedMediaType { .. }
        | Refusal::UnsupportedCoding { .. }
        | Refusal::PayloadNotJson { .. } => (StatusCode::BAD_REQUEST, "Bad Request"),
        Refusal::AuthorizerConfigurationError { .. }
        | Refusal::AuthorizerFailure { .. }
        | Refusal::ApiConfigurationError(_)
        | Refusal::IntegrationFailure(
            IntegrationFault::FunctionError { .. }
            | IntegrationFault::MalformedProxyResponse { .. }
            | IntegrationFault::AnswerTooLarge { .. },
        ) => internal,
        Refusal::IntegrationFailure(
            IntegrationFault::Network { .. }
            | IntegrationFault::Throttled
            | IntegrationFault::Unavailable { .. },
        ) => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Refusal::IntegrationTimeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
    }
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::*;
    use crate::exchange::{ConfigurationFault, IdSource, Unreachable};

    #[test]
    fn refusals_have_a_message_and_an_identifier() {
        let ids = IdSource::new(Random::seeded(1)).next().as_one();
        let check = |refusal: &Refusal, status: u16, body: &str| {
            let response = render_refusal(refusal, &ids);
            let Body::Whole(bytes) = response.body() else { panic!("a body") };
            assert_eq!((response.status().as_u16(), std::str::from_utf8(bytes).unwrap()), (status, body));
            let headers: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
            assert_eq!(headers, ["content-type", "apigw-requestid"]);
            assert_eq!(response.headers()["apigw-requestid"], ids.extended_request_id());
        };
        check(&Refusal::NotFound, 404, "{\"message\":\"Not Found\"}");
        check(&Refusal::Forbidden(Unreachable::EndpointDisabled), 403, "{\"message\":\"Forbidden\"}");
        let fault = ConfigurationFault::NoIntegration;
        check(&Refusal::ApiConfigurationError(fault), 500, "{\"message\":\"Internal Server Error\"}");
    }
}
