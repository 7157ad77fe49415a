//! The front door: whose is a request? Traffic goes to the stage that its address names,
//! everything else to the control plane as a call of an AWS API.

mod address;
mod apis;
mod default_endpoint;
mod deploying;
mod domains;
mod private;
mod publication;
mod refresh;
mod stage_caches;
mod traffic;

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use base::{Clock, Random};
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use ports::aws_calls::{Answer, AwsCall, AwsCalls};

pub use apis::{Apis, Protocol, Served, StageTotals};
pub use deploying::Deploying;
pub use domains::{Domains, Names};
pub use refresh::{Refresh, RefreshError};
pub use stage_caches::StageCaches;
pub use traffic::Traffic;

use crate::access::vpc_endpoints::Via;
use crate::exchange::{
    Address, Body, BodyError, DomainRefusal, IdSource, Incoming, Refusal, Request, RequestIds, Unreachable,
    read_whole, request,
};
use crate::http_api;
use crate::listener::Serve;
use crate::message::{Headers, Response};
use crate::portals::{Entrance, Portals, Visit};
use crate::rest;
use crate::rest::reply;
use crate::services::Services;
use crate::trail::{Observed, Trail};
use crate::websocket::{Arrived, Stages, Times, WebSockets};
use crate::{Doors, Worker};
use address::{Destination, destination};
use default_endpoint::Breach;
use domains::{Domain, Way};

const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// The most that an AWS API call may send: a function's package of 50 MB in base 64, and the
/// rest of the request (Lambda developer guide, "Lambda quotas").
const AWS_CALL_BYTES: usize = 70 * 1024 * 1024;

/// Answers every request of the data plane's listeners.
pub struct FrontDoor {
    apis: Arc<Apis>,
    domains: Arc<Domains>,
    doors: Doors,
    aws_calls: Arc<dyn AwsCalls>,
    trail: Arc<Trail>,
    websockets: Arc<WebSockets>,
    ids: IdSource,
    traffic: Traffic,
    overrides: bool,
    portals: Arc<Portals>,
}

impl FrontDoor {
    /// A front door to `apis`, by `domains` and by their own addresses, and for all else to
    /// `aws_calls`.
    #[must_use]
    pub fn new(
        apis: Arc<Apis>,
        domains: Arc<Domains>,
        doors: Doors,
        aws_calls: Arc<dyn AwsCalls>,
        trail: Trail,
        random: Random,
    ) -> Self {
        let trail = Arc::new(trail);
        let stages = Arc::clone(&apis) as Arc<dyn Stages>;
        let times = (Clock::system(), Times::default());
        let websockets = WebSockets::new(stages, doors.clone(), Arc::clone(&trail), random.clone(), times);
        Self {
            apis,
            domains,
            doors,
            aws_calls,
            trail,
            websockets: Arc::new(websockets),
            ids: IdSource::new(random),
            traffic: Traffic::default(),
            overrides: false,
            portals: Arc::default(),
        }
    }

    /// The same, serving these portals too.
    #[must_use]
    pub fn with_portals(self, portals: Arc<Portals>) -> Self {
        Self { portals, ..self }
    }

    /// The same, heeding `X-HTTP-Method-Override` of requests to APIs if `heeded`. API Gateway does for
    /// REST APIs; here it has to be asked for, because whatever stands in front of the gateway and
    /// decides by the verb does not see it.
    #[must_use]
    pub fn with_method_override(self, heeded: bool) -> Self {
        Self { overrides: heeded, ..self }
    }

    /// The same, whose WebSocket connections last this long by this clock.
    #[must_use]
    pub fn with_websocket_times(self, random: Random, clock: Clock, times: Times) -> Self {
        let stages = Arc::clone(&self.apis) as Arc<dyn Stages>;
        let (doors, trail) = (self.doors.clone(), Arc::clone(&self.trail));
        let websockets = WebSockets::new(stages, doors, trail, random, (clock, times));
        Self { websockets: Arc::new(websockets), ..self }
    }

    /// The WebSocket APIs.
    #[must_use]
    pub fn websockets(&self) -> &WebSockets {
        &self.websockets
    }

    /// What is recorded of requests.
    #[must_use]
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// The stages that it leads to.
    #[must_use]
    pub fn apis(&self) -> &Apis {
        &self.apis
    }

    /// What is counted of all requests.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Answers one request.
    pub async fn answer(&self, mut incoming: Incoming, worker: &Rc<Worker>) -> Response<Body> {
        let _in_flight = self.traffic.begin();
        let via = self.doors.vpc_endpoints.taken_from(&mut incoming.head.headers, incoming.peer.ip());
        let host = request::host(&incoming.head.uri, &incoming.head.headers);
        let (name, path) = (host.to_str().unwrap_or_default(), incoming.head.uri.path());
        let domain = self.domains.find(name, via.as_ref());
        let connection = incoming.secured.as_deref();
        let fits = connection.is_none_or(|connection| match &domain {
            Some(domain) => {
                domain.tls().is_some_and(|server| connection.fits(Some(server)))
                    || domain.private().is_some() && private::is_of_endpoint(connection.name(), via.as_ref())
            }
            None => connection.fits(None),
        });
        if !fits {
            self.traffic.count_to_no_stage();
            return misdirected();
        }
        if let Some(domain) = &domain
            && let Err(refusal) = self.admitted(domain, &incoming, &host, via.as_ref())
        {
            return self.to_no_stage(&incoming, &refusal);
        }
        let (found, by_endpoint) = match &domain {
            // Under its own name nothing but what is mapped is served: neither the paths that lead
            // to APIs under other names, nor calls of AWS APIs.
            Some(domain) => match domain.way(path, &incoming.head.headers, connection) {
                Way::To { api, stage: Some(stage), address } => {
                    let found = self.apis.find(api, Some(domain.region()), stage);
                    (found.map(|served| (served, address)), None)
                }
                Way::To { api, stage: None, address } => {
                    (self.apis.addressed(api, Some(domain.region()), path, address), None)
                }
                Way::Portal(id) => {
                    let entrance = Entrance::OwnName;
                    let visit = Visit::new(&incoming, name, id, path, entrance);
                    return Box::pin(self.portal(visit, worker)).await;
                }
                Way::HealthCheck => return healthy(),
                Way::Closed(refusal) => (Err(Refusal::Forbidden(refusal)), None),
            },
            None => match destination(&incoming.head, name) {
                Destination::AwsCall => return self.aws_call(incoming).await,
                Destination::Portal { id, path, by_path } => {
                    let entrance = if by_path { Entrance::Path } else { Entrance::DefaultName };
                    let visit = Visit::new(&incoming, name, id, path, entrance);
                    return Box::pin(self.portal(visit, worker)).await;
                }
                Destination::Api { api, region, address } => {
                    let (api, by_endpoint) = private::named(api, &incoming.head.headers);
                    (self.apis.addressed(api, region, path, address), by_endpoint)
                }
            },
        };
        let led = match (&found, by_endpoint) {
            (Ok((Served::Rest(stage), _)), Some(named)) => named.leads_to(stage, via.as_ref()),
            // No other API is private.
            (Ok((Served::Http(_) | Served::WebSocket(_), _)), Some(_)) => {
                Err(Refusal::Forbidden(Unreachable::OtherEndpoint))
            }
            _ => Ok(()),
        };
        let (served, address) = match led.and(found) {
            Ok(found) => found,
            Err(refusal) => return self.to_no_stage(&incoming, &refusal),
        };
        if let Some(domain) = &domain
            && domain.private().is_some()
            && !matches!(&served, Served::Rest(stage) if stage.private.is_some())
        {
            let refusal = Refusal::Forbidden(domain.refuses(DomainRefusal::PublicApi));
            return self.to_no_stage(&incoming, &refusal);
        }
        let (connection, by_endpoint) = (incoming.secured.clone(), by_endpoint.is_some());
        if self.overrides && served.protocol() == Protocol::Rest {
            override_method(&mut incoming.head);
        }
        let uri = std::mem::take(&mut incoming.head.uri);
        let mut request = Request::new(&incoming, uri, host, self.ids.next(), address);
        let Incoming { head, header_names, body, upgrade, .. } = incoming;
        let mut headers = head.headers;
        join_cookies(&mut headers, head.version);
        let services = Services { doors: &self.doors, ids: &self.ids, worker };
        match served {
            Served::Rest(stage) => {
                let stage = stage.drawn(&self.ids);
                if domain.is_none()
                    && let Err(breach) = default_endpoint::holds(
                        stage.endpoint,
                        connection.as_deref(),
                        &request.host,
                        by_endpoint,
                    )
                {
                    self.traffic.count_to_no_stage();
                    return match breach {
                        Breach::Misdirected => misdirected(),
                        Breach::Refused(refusal) => refused(Protocol::Rest, &refusal, request.ids),
                    };
                }
                request.via = via.filter(|_| stage.private.is_some());
                let trail = &self.trail;
                rest::pipeline::answer(&request, headers, header_names, body, stage, services, trail).await
            }
            Served::Http(stage) => {
                request.ids = request.ids.as_one();
                // Rarer than REST APIs' requests, and no part of their future.
                Box::pin(http_api::pipeline::answer(&request, headers, body, &stage, services, &self.trail))
                    .await
            }
            Served::WebSocket(stage) => {
                request.ids = request.ids.as_one();
                let arrived = Arrived { request, headers, header_names, body, upgrade };
                Box::pin(self.websockets.answer(arrived, stage, worker)).await
            }
            Served::Broken { protocol, why, counters } => {
                let response = refused(protocol, &Served::refusal(&why), request.ids);
                let (status, latency) = (response.status(), request.started.elapsed());
                counters.of(false).count(&Observed { status, latency, ..Observed::default() });
                response
            }
        }
    }

    /// Whether a request may come by a custom domain name, if that is private.
    fn admitted(
        &self,
        domain: &Domain,
        incoming: &Incoming,
        host: &HeaderValue,
        via: Option<&Via>,
    ) -> Result<(), Refusal> {
        let Some(private) = domain.private() else { return Ok(()) };
        let (uri, ids) = (incoming.head.uri.clone(), self.ids.next());
        let mut request = Request::new(incoming, uri, host.clone(), ids, Address::default());
        request.via = via.cloned();
        let admitted = private.admits(domain, &request, &incoming.head.headers);
        admitted.map_err(|why| Refusal::Forbidden(domain.refuses(why)))
    }

    fn to_no_stage(&self, incoming: &Incoming, refusal: &Refusal) -> Response<Body> {
        self.traffic.count_to_no_stage();
        tracing::debug!(path = incoming.head.uri.path(), why = %refusal, "a request reached no stage");
        let protocol = if *refusal == Refusal::NotFound { Protocol::Http } else { Protocol::Rest };
        refused(protocol, refusal, self.ids.next())
    }

    /// Answers a portal's reader: rarer than requests to APIs, and no part of their future.
    async fn portal(&self, visit: Visit<'_>, worker: &Rc<Worker>) -> Response<Body> {
        self.portals.answer(&visit, &self.doors.user_pools, &worker.upstreams).await
    }

    async fn aws_call(&self, incoming: Incoming) -> Response<Body> {
        self.traffic.count_aws_operation();
        let Incoming { head, body, peer, .. } = incoming;
        let body = match read_whole(body, AWS_CALL_BYTES).await {
            Ok(body) => body,
            Err(BodyError::TooLarge { .. }) => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "{\"message\":\"Request Too Long\"}");
            }
            Err(
                BodyError::Broken(_)
                | BodyError::Idle { .. }
                | BodyError::Late
                | BodyError::Function { .. }
                | BodyError::Compressor(_),
            ) => {
                return plain(StatusCode::BAD_REQUEST, "{\"message\":\"Bad Request\"}");
            }
        };
        let answer = self.aws_calls.answer(AwsCall { head: head.into(), body, peer }).await;
        Response::from(answer).map(|answer| match answer {
            Answer::Whole(bytes) => Body::from(bytes),
            Answer::Stream(parts) => Body::of_stream(parts),
        })
    }
}

impl Serve for FrontDoor {
    fn answer(&self, incoming: Incoming, worker: &Rc<Worker>) -> impl Future<Output = Response<Body>> {
        Self::answer(self, incoming, worker)
    }
}

/// A refusal in the form of this kind of API.
fn refused(protocol: Protocol, refusal: &Refusal, ids: RequestIds) -> Response<Body> {
    match protocol {
        Protocol::Http => http_api::reply::render_refusal(refusal, &ids.as_one()),
        Protocol::Rest | Protocol::WebSocket => reply::render_refusal(refusal, &ids),
    }
}

/// The verb that the header names is the request's from here on, for routing and all that follows.
fn override_method(head: &mut crate::message::RequestParts) {
    let named = head.headers.get(METHOD_OVERRIDE);
    if let Some(method) = named.and_then(|value| Method::from_bytes(value.as_bytes()).ok()) {
        head.method = method;
    }
}

/// HTTP/2 may send a cookie in pieces; integrations get it in one (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut Headers, version: Version) {
    if version != Version::HTTP_2 || headers.get_all(COOKIE).nth(1).is_none() {
        return;
    }
    let pieces: Vec<&[u8]> = headers.get_all(COOKIE).map(HeaderValue::as_bytes).collect();
    if let Ok(whole) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
        headers.insert(COOKIE, whole);
    }
}

/// To a request whose host is another than the one that its connection was begun for, or asks for other
/// connections by now: a client may ask again on a new one (RFC 9110, section 15.5.20). Else whoever
/// connects under a name that asks for no certificate could send requests for one that does.
fn misdirected() -> Response<Body> {
    plain(StatusCode::MISDIRECTED_REQUEST, "{\"message\":\"Misdirected Request\"}")
}

/// What API Gateway answers itself by a custom domain name ("Amazon API Gateway important notes").
/// The body is not documented.
fn healthy() -> Response<Body> {
    plain(StatusCode::OK, "{\"message\":\"Healthy Connection\"}")
}

fn plain(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl std::fmt::Debug for FrontDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrontDoor").field("apis", &self.apis).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_in_pieces_is_joined() {
        let pieces = || {
            let mut headers = Headers::new();
            headers.append(COOKIE, HeaderValue::from_static("a=1"));
            headers.append(COOKIE, HeaderValue::from_static("b=2"));
            headers
        };
        let mut headers = pieces();
        join_cookies(&mut headers, Version::HTTP_2);
        assert_eq!(headers.get_all(COOKIE).collect::<Vec<_>>(), ["a=1; b=2"]);
        let mut headers = pieces();
        join_cookies(&mut headers, Version::HTTP_11);
        assert_eq!(headers.get_all(COOKIE).count(), 2);
    }
}
