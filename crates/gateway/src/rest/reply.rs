//! Answers as bytes, and refusals as the gateway responses that AWS defines: the one place
//! where either becomes an HTTP response.

use bytes::Bytes;
use http::{HeaderValue, header};

use crate::exchange::{Body, ConfigurationFault, Refusal, Reply, RequestIds};
use crate::mapping::headers::{ERROR_TYPE, EXTENDED_REQUEST_ID, REQUEST_ID};
use crate::message::{Headers, Response};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The client's answer. The identifiers are the gateway's own, whatever the backend sent.
#[must_use]
pub(crate) fn render(reply: Reply, ids: &RequestIds) -> Response<Body> {
    let Reply { status, headers, body } = reply;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    identify(response.headers_mut(), ids);
    response
}

/// A refusal: AWS's status, headers and body. There is no trace in it (recorded from AWS).
#[must_use]
pub(crate) fn render_refusal(refusal: &Refusal, ids: &RequestIds) -> Response<Body> {
    let row = refusal.response();
    let mut response = Response::new(Body::Whole(body(refusal, row.spaced)));
    *response.status_mut() = row.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(ERROR_TYPE, HeaderValue::from_static(row.error_type));
    // Recorded from AWS: these cost the client its connection. Why is not known.
    if let Refusal::ApiConfigurationError(ConfigurationFault::MappedHeader { .. }) = refusal {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    identify(headers, ids);
    response
}

fn identify(headers: &mut Headers, ids: &RequestIds) {
    for (name, id) in [(REQUEST_ID, ids.request_bytes()), (EXTENDED_REQUEST_ID, ids.extended_bytes())] {
        if let Ok(id) = HeaderValue::from_bytes(id) {
            headers.insert(name, id);
        }
    }
}

/// Recorded from AWS: refusals by policies have a capital `Message`, and of authorizers that do not
/// work the client is told nothing.
fn body(refusal: &Refusal, spaced: bool) -> Bytes {
    match refusal {
        Refusal::AuthorizerDenied { .. } | Refusal::AccessDenied { .. } => {
            message("Message", &refusal.message(), false)
        }
        Refusal::AuthorizerConfigurationError { .. } | Refusal::AuthorizerFailure { .. } => {
            Bytes::from_static(b"{\"message\":null}")
        }
        _ => message("message", &refusal.message(), spaced),
    }
}

/// `{"message":"…"}`, with a blank behind the colon where AWS has one.
fn message(name: &str, text: &str, spaced: bool) -> Bytes {
    let quoted = serde_json::to_string(text).unwrap_or_else(|_| "null".to_owned());
    let blank = if spaced { " " } else { "" };
    format!("{{\"{name}\":{blank}{quoted}}}").into()
}

#[cfg(test)]
mod tests {
    use base::Random;
    use http::StatusCode;

    use super::*;
    use crate::exchange::IdSource;

    fn rendered(refusal: &Refusal) -> (u16, String, Vec<String>) {
        let ids = IdSource::new(Random::seeded(1)).next();
        let response = render_refusal(refusal, &ids);
        let Body::Whole(body) = response.body() else { panic!("a body") };
        let headers = response.headers().keys().map(|name| name.as_str().to_owned()).collect();
        (response.status().as_u16(), String::from_utf8(body.to_vec()).unwrap(), headers)
    }

    #[test]
    fn refusals_have_awss_bodies() {
        let check = |refusal: &Refusal, status: u16, body: &str| {
            let (found, text, headers) = rendered(refusal);
            assert_eq!((found, text.as_str()), (status, body));
            assert_eq!(headers, ["content-type", "x-amzn-errortype", "x-amzn-requestid", "x-amz-apigw-id"]);
        };
        check(&Refusal::MissingAuthenticationToken, 403, "{\"message\":\"Missing Authentication Token\"}");
        let fault = ConfigurationFault::MockStatus;
        // 36 bytes, as recorded from AWS.
        check(&Refusal::ApiConfigurationError(fault), 500, "{\"message\": \"Internal server error\"}");
        let why = "line 1 \"x\"".to_owned();
        check(
            &Refusal::PayloadNotJson { why },
            400,
            "{\"message\": \"Could not parse request body into json: line 1 \\\"x\\\"\"}",
        );
    }

    #[test]
    fn a_header_that_cannot_be_mapped_closes_the_connection() {
        let fault = ConfigurationFault::MappedHeader { name: "te".to_owned() };
        let (status, _, headers) = rendered(&Refusal::ApiConfigurationError(fault));
        assert_eq!((status, headers.iter().any(|name| name == "connection")), (500, true));
    }

    #[test]
    fn a_backends_identifiers_do_not_stay() {
        let ids = IdSource::new(Random::seeded(1)).next();
        let headers = Headers::from_iter([(EXTENDED_REQUEST_ID, HeaderValue::from_static("backend"))]);
        let response = render(Reply { status: StatusCode::OK, headers, body: Body::Empty }, &ids);
        assert_eq!(response.headers()[EXTENDED_REQUEST_ID], ids.extended_request_id());
    }
}
