//! A connection that carries many exchanges side by side: HTTP/2, where the backend has agreed to it
//! in the TLS handshake.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri, Version, header};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::bounds::IDLE_TIME;
use super::pool::Pool;
use crate::exchange::{Arriving, Body};
use crate::http1::HEAD_BYTES;
use crate::listener::OnThisThread;
use crate::message::{Request, Response};

/// An HTTP/2 connection. It ends by itself once its pool has let go of it and its last exchange is
/// over.
#[derive(Debug)]
pub(super) struct Shared {
    sender: SendRequest<Body>,
    last_used: Cell<Instant>,
}

/// Speaks HTTP/2 on `stream`, which is connected, and drives it in a task of its own.
pub(super) async fn start<T>(stream: T, pool: &Rc<Pool>) -> Result<Rc<Shared>, hyper::Error>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut http = http2::Builder::new(OnThisThread);
    http.max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    let (sender, connection) = http.handshake(TokioIo::new(stream)).await?;
    let target = pool.target.clone();
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%target, %error, "a connection to a backend broke");
        }
    });
    let shared = Rc::new(Shared { sender, last_used: Cell::new(Instant::now()) });
    pool.share(&shared);
    Ok(shared)
}

impl Shared {
    /// Whether a request can be sent on it.
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        !self.sender.is_closed() && now.saturating_duration_since(self.last_used.get()) < IDLE_TIME
    }

    /// Sends `request` and waits for the head of the response, whose body must be over at `deadline`.
    /// Dropping either ends the exchange, and no other one of the connection.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
        pool: &Pool,
        deadline: Instant,
    ) -> Result<Response<Body>, TrySendError<http::Request<Body>>> {
        self.last_used.set(Instant::now());
        for_http2(&mut request, pool.target.authority());
        let response = self.sender.clone().try_send_request(request.into()).await?;
        self.last_used.set(Instant::now());
        Ok(Response::from(response).map(|body| Body::Stream(Arriving::Http2(body)).over_by(deadline)))
    }
}

/// In HTTP/2 the request line's parts and the host are one URI.
fn for_http2(request: &mut Request<Body>, default: &HeaderValue) {
    let host = request.headers_mut().remove(header::HOST);
    let host = host.as_ref().unwrap_or(default);
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTPS);
    parts.authority =
        Authority::try_from(host.as_bytes()).or_else(|_| Authority::try_from(default.as_bytes())).ok();
    parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    *request.version_mut() = Version::HTTP_2;
}

/// The same request for an HTTP/1.1 connection.
pub(super) fn for_http1(request: &mut Request<Body>) {
    if request.version() != Version::HTTP_2 {
        return;
    }
    let parts = std::mem::take(request.uri_mut()).into_parts();
    let host = parts.authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(header::HOST, host);
    }
    *request.uri_mut() = parts.path_and_query.map(Uri::from).unwrap_or_default();
    *request.version_mut() = Version::HTTP_11;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_as_it_was() {
        let mut request = Request::new(Body::Empty);
        *request.uri_mut() = Uri::from_static("/a%2Fb?c=d");
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("api.example.com:8443"));
        for_http2(&mut request, &HeaderValue::from_static("10.0.0.1"));
        assert_eq!(request.uri(), "https://api.example.com:8443/a%2Fb?c=d");
        assert_eq!((request.headers().len(), request.version()), (0, Version::HTTP_2));
        for_http1(&mut request);
        assert_eq!(request.uri(), "/a%2Fb?c=d");
        assert_eq!(request.headers()[header::HOST], "api.example.com:8443");
        assert_eq!(request.version(), Version::HTTP_11);
    }

    #[test]
    fn a_host_that_is_none_gives_way_to_the_targets() {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("no host"));
        for_http2(&mut request, &HeaderValue::from_static("10.0.0.1:1"));
        assert_eq!(request.uri(), "https://10.0.0.1:1/");
    }
}
