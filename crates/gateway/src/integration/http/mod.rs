//! Requests to HTTP backends.
//!
//! [`Upstreams`] is one worker's client: its connections are its own, kept open between
//! requests, bounded for each target, over TLS where the target says so. What is sent is made in
//! `call.rs`; this side sends it as it is and hands back the response as it arrives.

mod bounds;
pub mod call;
pub(crate) mod certificate;
mod connect;
mod deadlines;
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
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use foldhash::fast::RandomState;
use http::Method;
use rustls::ClientConfig;

pub use bounds::PerTarget;
pub use certificate::{CertificateError, ClientCertificate};
pub use fault::{Phase, UpstreamError};
pub use route::{Route, RouteError};
pub use target::{Scheme, Target, TargetError};
pub use trust::{TrustError, UpstreamSettings};

use crate::exchange::Body;
use crate::message::{Request, Response};
use crate::turn::UnderWay;
use bounds::TARGETS;
use deadlines::{Deadlines, Late};
pub use link::BackendBody;
use link::{Unanswered, Why};
use names::Names;
use pool::{Pool, Ready, Slot};
use shared::Shared;

/// How HTTP/2 is called in the TLS handshake (RFC 9113, section 3.2).
const HTTP2: &[u8] = b"h2";

/// One worker's connections to HTTP backends.
pub struct Upstreams {
    tls: Arc<ClientConfig>,
    most: PerTarget,
    names: Names,
    pools: RefCell<HashMap<Box<str>, Rc<Pool>, RandomState>>,
    /// Where heads are written before they are sent.
    scratch: Cell<Vec<u8>>,
    deadlines: Deadlines,
    under_way: UnderWay,
}

impl Upstreams {
    /// Without any connection yet.
    #[must_use]
    pub fn new(settings: UpstreamSettings) -> Self {
        Self {
            tls: settings.tls,
            most: settings.most,
            names: Names::default(),
            pools: RefCell::default(),
            scratch: Cell::default(),
            deadlines: Deadlines::default(),
            under_way: UnderWay::default(),
        }
    }

    /// Sends `request` to `target` and waits for the head of the response; its body arrives as
    /// it is read. Everything up to the head, connecting included, must be over at `deadline`,
    /// and so must the body, which breaks off there. Dropping the response before its end ends the connection, or in HTTP/2 its
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
    pub async fn send(
        &self,
        target: &Target,
        request: Request<Body>,
        deadline: Instant,
    ) -> Result<Response<Body>, UpstreamError> {
        self.send_at(Instant::now(), target, request, deadline).await
    }

    /// The same for those who know what time it is.
    pub(crate) async fn send_at(
        &self,
        now: Instant,
        target: &Target,
        request: Request<Body>,
        deadline: Instant,
    ) -> Result<Response<Body>, UpstreamError> {
        let pool = self.pool(target);
        let _under_way = self.under_way.begin();
        let phase = Cell::new(Phase::Queued);
        // Pinned where it is made: it is large, and whoever waits for it would move it.
        let exchange = pin!(self.exchange(&pool, request, now, deadline, &phase));
        match self.deadlines.keep(now, deadline, exchange).await {
            Ok(response) => response,
            Err(Late) => Err(UpstreamError::Timeout { target: pool.target.clone(), phase: phase.get() }),
        }
    }

    /// Ends connections that have been idle for too long. Called every second or so.
    pub fn sweep(&self, now: Instant) {
        for pool in self.pools.borrow().values() {
            pool.sweep(now);
        }
    }

    /// Futures are moved when they are made, so what is rare (a new connection, HTTP/2) is put aside in
    /// a box, and the way of almost every request stays small.
    async fn exchange(
        &self,
        pool: &Rc<Pool>,
        mut request: Request<Body>,
        now: Instant,
        deadline: Instant,
        phase: &Cell<Phase>,
    ) -> Result<Response<Body>, UpstreamError> {
        let slot = wait(pool).await?;
        self.under_way.all_had_their_turn().await;
        let free = match pool.take(now) {
            Some(Ready::Free(free)) => free,
            Some(Ready::Shared(shared)) => {
                return Box::pin(self.on_shared(pool, &shared, request, slot, deadline, phase)).await;
            }
            None => return Box::pin(self.on_new_connection(pool, request, slot, deadline, phase)).await,
        };
        phase.set(Phase::Answering);
        let at_hand = matches!(request.body(), Body::Empty | Body::Whole(_));
        let twice = free.may_be_stale(now) && may_be_sent_twice(&request);
        let Unanswered { why, sent, slot } =
            match self.send_on(free, &mut request, pool, slot, deadline).await {
                Ok(response) => return Ok(response),
                Err(unanswered) => unanswered,
            };
        match why {
            // It had been closed while it was idle.
            Why::Backend(fault) if !fault.is_malformed() && (twice || (at_hand && !sent)) => {
                Box::pin(self.on_new_connection(pool, request, slot, deadline, phase)).await
            }
            why => Err(UpstreamError::of(&pool.target, why)),
        }
    }

    async fn send_on(
        &self,
        free: link::Free,
        request: &mut Request<Body>,
        pool: &Rc<Pool>,
        slot: Slot,
        deadline: Instant,
    ) -> Result<Response<Body>, Unanswered> {
        let response = free.send(request, pool, slot, &self.scratch).await;
        response.map(|response| response.map(|body| body.over_by(deadline)))
    }

    async fn on_new_connection(
        &self,
        pool: &Rc<Pool>,
        mut request: Request<Body>,
        slot: Slot,
        deadline: Instant,
        phase: &Cell<Phase>,
    ) -> Result<Response<Body>, UpstreamError> {
        let ready = connect::connect(pool, &self.names, deadline, phase).await?;
        phase.set(Phase::Answering);
        match ready {
            Ready::Free(free) => {
                let response = self.send_on(free, &mut request, pool, slot, deadline).await;
                response.map_err(|unanswered| UpstreamError::of(&pool.target, unanswered.why))
            }
            Ready::Shared(shared) => {
                let response = shared.send(request, pool, deadline).await;
                response.map_err(|error| UpstreamError::of_http2(&pool.target, error.into_error()))
            }
        }
    }

    /// Sends a request beside others, and once more if the connection had come to its end meanwhile.
    async fn on_shared(
        &self,
        pool: &Rc<Pool>,
        shared: &Rc<Shared>,
        request: Request<Body>,
        slot: Slot,
        deadline: Instant,
        phase: &Cell<Phase>,
    ) -> Result<Response<Body>, UpstreamError> {
        phase.set(Phase::Answering);
        let spare = spare(&request);
        let mut error = match shared.send(request, pool, deadline).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        pool.unshare(shared);
        let unsent = error.take_message();
        let mut request = match (unsent, UpstreamError::of_http2(&pool.target, error.into_error())) {
            (Some(unsent), _) => Request::from(unsent),
            (None, error @ UpstreamError::Closed { .. }) => spare.ok_or(error)?,
            (None, error) => return Err(error),
        };
        shared::for_http1(&mut request);
        self.on_new_connection(pool, request, slot, deadline, phase).await
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
        let pool = Pool::new(target.clone(), tls.into(), self.most);
        if pools.len() < TARGETS {
            pools.insert(target.key().into(), Rc::clone(&pool));
        }
        pool
    }
}

async fn wait(pool: &Rc<Pool>) -> Result<Slot, UpstreamError> {
    let busy = |_| UpstreamError::Busy { target: pool.target.clone(), waiting: pool.most_waiting() };
    pool.slot().await.map_err(busy)
}

/// Whether it does no harm to send it again, and its body is at hand.
fn may_be_sent_twice(request: &Request<Body>) -> bool {
    matches!(request.body(), Body::Empty | Body::Whole(_))
        && matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
        )
}

/// A second copy of `request`, if it may be sent twice and its body is at hand.
fn spare(request: &Request<Body>) -> Option<Request<Body>> {
    if !may_be_sent_twice(request) {
        return None;
    }
    let body = match request.body() {
        Body::Whole(bytes) => Body::Whole(bytes.clone()),
        _ => Body::Empty,
    };
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
