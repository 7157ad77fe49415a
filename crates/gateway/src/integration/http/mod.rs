//! Requests to HTTP backends.
//!
//! [`Upstreams`] is one worker's client: its connections are its own, kept open between
//! requests, bounded for each target, over TLS where the target says so. What is sent is made in
//! `call.rs`; this side sends it as it is and hands back the response as it arrives.

mod bounds;
pub mod call;
pub(crate) mod certificate;
mod connect;
pub mod endpoint;
mod fault;
#[cfg(test)]
mod http2_tests;
mod link;
mod names;
mod pool;
mod route;
mod shared;
mod target;
#[cfg(test)]
mod tests;
mod trust;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request, Response, header};
use rustls::ClientConfig;

pub use certificate::{CertificateError, ClientCertificate};
pub use fault::{Phase, UpstreamError};
pub use route::{Route, RouteError};
pub use target::{Scheme, Target, TargetError};
pub use trust::{TrustError, UpstreamSettings};

use crate::exchange::Body;
use bounds::{TARGETS, WAITING_PER_TARGET};
use link::Unanswered;
use names::Names;
use pool::{Pool, Ready, Slot};

/// How HTTP/2 is called in the TLS handshake (RFC 9113, section 3.2).
const HTTP2: &[u8] = b"h2";

/// One worker's connections to HTTP backends.
pub struct Upstreams {
    tls: Arc<ClientConfig>,
    names: Names,
    pools: RefCell<HashMap<Box<str>, Rc<Pool>>>,
}

impl Upstreams {
    /// Without any connection yet.
    #[must_use]
    pub fn new(settings: UpstreamSettings) -> Self {
        Self { tls: settings.tls, names: Names::default(), pools: RefCell::default() }
    }

    /// Sends `request` to `target` and waits for the head of the response; its body arrives as
    /// it is read. Everything up to the head, connecting included, must be over at `deadline`,
    /// and so must the body: the connection of a response that is still incomplete some time
    /// after it is cut. Dropping the response before its end ends the connection, or in HTTP/2 its
    /// exchange alone.
    ///
    /// The request's URI is what stands in the request line (path and query, as the backend is
    /// to see them). A `Host` header is added if there is none. The request is sent a second
    /// time, on a new connection, if the backend had closed an idle connection at the same
    /// moment and either nothing was sent or its method is idempotent and its body at hand
    /// (RFC 9110, section 9.2.2).
    ///
    /// # Errors
    /// Why there is no response.
    pub fn send(
        &self,
        target: &Target,
        mut request: Request<Body>,
        deadline: Instant,
    ) -> impl Future<Output = Result<Response<Body>, UpstreamError>> {
        if !request.headers().contains_key(header::HOST) {
            request.headers_mut().insert(header::HOST, target.authority().clone());
        }
        let pool = self.pool(target);
        async move {
            let phase = Cell::new(Phase::Queued);
            let exchange = self.exchange(&pool, request, deadline, &phase);
            match tokio::time::timeout_at(deadline.into(), exchange).await {
                Ok(response) => response,
                Err(_) => Err(UpstreamError::Timeout { target: pool.target.clone(), phase: phase.get() }),
            }
        }
    }

    /// Ends connections that have been idle for too long and cuts responses that should have
    /// been complete by `now`. Called every second or so.
    pub fn sweep(&self, now: Instant) {
        for pool in self.pools.borrow().values() {
            pool.sweep(now);
        }
    }

    /// Futures are moved when they are made, so what is rare (a new connection) is put aside in
    /// a box, and the way of almost every request stays small.
    async fn exchange(
        &self,
        pool: &Rc<Pool>,
        request: Request<Body>,
        deadline: Instant,
        phase: &Cell<Phase>,
    ) -> Result<Response<Body>, UpstreamError> {
        let slot = wait(pool).await?;
        let now = Instant::now();
        let Some(ready) = pool.take(now) else {
            return Box::pin(self.on_new_connection(pool, request, slot, deadline, phase)).await;
        };
        let spare = if ready.may_be_stale(now) { spare(&request) } else { None };
        phase.set(Phase::Answering);
        let Unanswered { mut error, slot } = match ready.send(request, pool, slot, deadline).await {
            Ok(response) => return Ok(response),
            Err(unanswered) => unanswered,
        };
        let unsent = error.take_message();
        let mut request = match (unsent, UpstreamError::of(&pool.target, error.into_error())) {
            (Some(unsent), _) => unsent,
            (None, error @ UpstreamError::Closed { .. }) => spare.ok_or(error)?,
            (None, error) => return Err(error),
        };
        shared::for_http1(&mut request);
        let again = async {
            phase.set(Phase::Queued);
            let slot = match slot {
                Some(slot) => slot,
                None => wait(pool).await?,
            };
            self.on_new_connection(pool, request, slot, deadline, phase).await
        };
        Box::pin(again).await
    }

    async fn on_new_connection(
        &self,
        pool: &Rc<Pool>,
        request: Request<Body>,
        slot: Slot,
        deadline: Instant,
        phase: &Cell<Phase>,
    ) -> Result<Response<Body>, UpstreamError> {
        let ready = connect::connect(pool, &self.names, deadline, phase).await?;
        phase.set(Phase::Answering);
        let response = ready.send(request, pool, slot, deadline).await;
        response.map_err(|unanswered| UpstreamError::of(&pool.target, unanswered.error.into_error()))
    }

    fn pool(&self, target: &Target) -> Rc<Pool> {
        let mut pools = self.pools.borrow_mut();
        if let Some(pool) = pools.get(target.key()) {
            return Rc::clone(pool);
        }
        if pools.len() >= TARGETS {
            pools.retain(|_, pool| !pool.is_unused());
        }
        let mut tls = Arc::clone(&self.tls);
        if target.trusts_any_authority() {
            tls = Arc::new(trust::of_any_authority(&tls));
        }
        if let Some(certificate) = target.certificate() {
            tls = Arc::new(certificate.shown_by(&tls));
        }
        let pool = Pool::new(target.clone(), tls.into());
        if pools.len() < TARGETS {
            pools.insert(target.key().into(), Rc::clone(&pool));
        }
        pool
    }
}

impl Ready {
    fn may_be_stale(&self, now: Instant) -> bool {
        match self {
            Self::Free(free) => free.may_be_stale(now),
            // Its end may be on its way at any time, whoever uses it.
            Self::Shared(_) => true,
        }
    }

    /// Sends `request`, and waits for the head of the response.
    async fn send(
        self,
        request: Request<Body>,
        pool: &Pool,
        slot: Slot,
        deadline: Instant,
    ) -> Result<Response<Body>, Unanswered> {
        match self {
            Self::Free(free) => free.send(request, pool, slot, deadline).await,
            // In a box, so that it costs those nothing who speak HTTP/1.1.
            Self::Shared(shared) => {
                let sent = Box::pin(shared.send(request, pool, deadline)).await;
                sent.map_err(|error| {
                    pool.unshare(&shared);
                    Unanswered { error, slot: Some(slot) }
                })
            }
        }
    }
}

async fn wait(pool: &Rc<Pool>) -> Result<Slot, UpstreamError> {
    let busy = |_| UpstreamError::Busy { target: pool.target.clone(), waiting: WAITING_PER_TARGET };
    pool.slot().await.map_err(busy)
}

/// A second copy of `request`, if it may be sent twice and its body is at hand.
fn spare(request: &Request<Body>) -> Option<Request<Body>> {
    let body = match request.body() {
        Body::Empty => Body::Empty,
        Body::Whole(bytes) => Body::Whole(bytes.clone()),
        Body::Stream(_) | Body::Bounded(_) | Body::Compressed(_) => return None,
    };
    if !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    ) {
        return None;
    }
    let mut copy = Request::new(body);
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    *copy.version_mut() = request.version();
    copy.headers_mut().clone_from(request.headers());
    Some(copy)
}

impl std::fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstreams").field("pools", &self.pools).finish_non_exhaustive()
    }
}
