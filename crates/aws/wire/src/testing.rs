//! What the tests of several modules share.

use bytes::Bytes;

use crate::dispatch::{Match, dispatch};
use crate::request::Request;

/// A request with headers and a body.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut builder = http::Request::builder().method(method).uri(target);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Bytes::copy_from_slice(body.as_bytes())).unwrap().into()
}

/// The operation of a request that is signed for `service`.
pub(crate) fn found(request: &Request, service: &str) -> Match {
    dispatch(request, Some(service)).unwrap()
}

/// A body as text.
pub(crate) fn body(response: &http::Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}
