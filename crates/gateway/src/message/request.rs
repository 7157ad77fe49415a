//! A request's head and body.

use http::{Method, Uri, Version};

use super::Headers;

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request<B> {
    parts: Parts,
    body: B,
}

/// A request's head.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Its verb.
    pub method: Method,
    /// Its target.
    pub uri: Uri,
    /// The protocol that it came by.
    pub version: Version,
    /// Its headers.
    pub headers: Headers,
}

impl<B> Request<B> {
    /// `GET /` with this body.
    #[must_use]
    pub fn new(body: B) -> Self {
        Self { parts: Parts::default(), body }
    }

    /// Of these.
    #[must_use]
    pub const fn from_parts(parts: Parts, body: B) -> Self {
        Self { parts, body }
    }

    /// Head and body.
    #[must_use]
    pub fn into_parts(self) -> (Parts, B) {
        (self.parts, self.body)
    }

    /// Its verb.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Its verb, to be changed.
    pub const fn method_mut(&mut self) -> &mut Method {
        &mut self.parts.method
    }

    /// Its target.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// Its target, to be changed.
    pub const fn uri_mut(&mut self) -> &mut Uri {
        &mut self.parts.uri
    }

    /// The protocol that it came by.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.parts.version
    }

    /// The same, to be changed.
    pub const fn version_mut(&mut self) -> &mut Version {
        &mut self.parts.version
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        &self.parts.headers
    }

    /// Its headers, to be changed.
    pub const fn headers_mut(&mut self) -> &mut Headers {
        &mut self.parts.headers
    }

    /// Its body.
    #[must_use]
    pub const fn body(&self) -> &B {
        &self.body
    }

    /// Its body, to be changed.
    pub const fn body_mut(&mut self) -> &mut B {
        &mut self.body
    }
}

impl From<http::request::Parts> for Parts {
    fn from(parts: http::request::Parts) -> Self {
        let http::request::Parts { method, uri, version, headers, .. } = parts;
        Self { method, uri, version, headers: headers.into() }
    }
}

impl From<Parts> for http::request::Parts {
    fn from(parts: Parts) -> Self {
        let (mut other, ()) = http::Request::new(()).into_parts();
        other.method = parts.method;
        other.uri = parts.uri;
        other.version = parts.version;
        other.headers = parts.headers.into();
        other
    }
}

impl<B> From<http::Request<B>> for Request<B> {
    fn from(request: http::Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        Self { parts: parts.into(), body }
    }
}

impl<B> From<Request<B>> for http::Request<B> {
    fn from(request: Request<B>) -> Self {
        Self::from_parts(request.parts.into(), request.body)
    }
}
