//! A response's head and body.

use http::StatusCode;

use super::Headers;

/// A response.
#[derive(Debug, Clone, Default)]
pub struct Response<B> {
    parts: Parts,
    body: B,
}

/// A response's head.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// How it went.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Headers,
}

impl<B> Response<B> {
    /// 200 with this body and without headers.
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

    /// How it went.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.parts.status
    }

    /// The same, to be changed.
    pub const fn status_mut(&mut self) -> &mut StatusCode {
        &mut self.parts.status
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

    /// Its body alone.
    #[must_use]
    pub fn into_body(self) -> B {
        self.body
    }

    /// The same with another body.
    pub fn map<C>(self, other: impl FnOnce(B) -> C) -> Response<C> {
        Response { parts: self.parts, body: other(self.body) }
    }
}

impl<B> From<http::Response<B>> for Response<B> {
    fn from(response: http::Response<B>) -> Self {
        let (parts, body) = response.into_parts();
        Self { parts: Parts { status: parts.status, headers: parts.headers.into() }, body }
    }
}

impl<B> From<Response<B>> for http::Response<B> {
    fn from(response: Response<B>) -> Self {
        let Response { parts, body } = response;
        let mut other = Self::new(body);
        *other.status_mut() = parts.status;
        *other.headers_mut() = parts.headers.into();
        other
    }
}
