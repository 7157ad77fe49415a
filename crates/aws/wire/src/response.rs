//! HTTP responses with what all protocols have in common.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

/// The header that names a request in logs and support cases.
pub(crate) const REQUEST_ID: &str = "x-amzn-requestid";

/// A response with a request id and, unless it is empty, a content type.
pub(crate) fn response(status: u16, content_type: &str, request_id: &str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(response.headers_mut(), REQUEST_ID, request_id);
    if !content_type.is_empty() {
        set(response.headers_mut(), CONTENT_TYPE.as_str(), content_type);
    }
    *response.body_mut() = body;
    response
}

/// Sets a header. Control characters, which no header can carry, become spaces; a name that is
/// none is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return };
    let bytes: Vec<u8> =
        value.bytes().map(|b| if b < 32 && b != b'\t' || b == 127 { b' ' } else { b }).collect();
    if let Ok(value) = HeaderValue::from_bytes(&bytes) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_cannot_be_split() {
        let mut headers = HeaderMap::new();
        set(&mut headers, "Content-Disposition", "attachment; filename=\"a\r\nSet-Cookie: b\"");
        assert_eq!(headers["content-disposition"], "attachment; filename=\"a  Set-Cookie: b\"");
        set(&mut headers, "no name", "x");
        assert_eq!(headers.len(), 1);
    }
}
