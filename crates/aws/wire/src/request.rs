//! A request as it came off the wire.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

/// An HTTP request, whole, with nothing in it decoded.
#[derive(Clone, Debug)]
pub struct Request {
    head: Parts,
    body: Bytes,
}

impl Request {
    /// A request of this head and body.
    #[must_use]
    pub fn new(head: Parts, body: Bytes) -> Self {
        Self { head, body }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The target as sent.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.head.uri
    }

    /// The path as sent, escapes and all.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query as sent, without the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The first value of a header, if it is visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl From<http::Request<Bytes>> for Request {
    fn from(request: http::Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        Self { head, body }
    }
}
