//! Requests to a WebSocket API: those that open a connection, and those of backends that have something
//! to say to one.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use ports::connections::ConnectionRef;
use vtl::Overrides;

use super::connections::{Connection, draw_id};
use super::conversation::Client;
use super::handshake::{self, HandshakeFault};
use super::limits::URL_BYTES;
use super::stage::{CONNECT, CompiledStage};
use super::steps::{Answer, Routed};
use super::{WebSockets, callbacks, failures, pipeline};
use crate::Worker;
use crate::exchange::{
    Body, Caller, HeaderNames, PathParameters, Refusal, Request, Unreachable, WebSocketEvent,
    WebSocketEventKind,
};
use crate::listener::Upgrade;
use crate::message::{Headers, Response};
use crate::services::Services;

/// A request that has come to a stage of a WebSocket API.
pub(crate) struct Arrived {
    /// Its unchanging part.
    pub(crate) request: Request,
    /// Its headers.
    pub(crate) headers: Headers,
    /// Their names as sent.
    pub(crate) header_names: HeaderNames,
    /// Its body.
    pub(crate) body: Body,
    /// That it may leave HTTP, if it asks for that.
    pub(crate) upgrade: Option<Upgrade>,
}

impl WebSockets {
    /// Answers a request to `stage`.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        arrived: Arrived,
        stage: Arc<CompiledStage>,
        worker: &Rc<Worker>,
    ) -> Response<Body> {
        let request = &arrived.request;
        if stage.endpoint_disabled && request.base_path().is_none() {
            return failures::response(request, &Refusal::Forbidden(Unreachable::EndpointDisabled));
        }
        if request.url_length() > URL_BYTES {
            return failures::response(request, &Refusal::UriTooLong { what: "the URL", limit: URL_BYTES });
        }
        let path = percent_decode_str(request.path()).decode_utf8_lossy().into_owned();
        match path.strip_prefix("/@connections/") {
            Some(id) => callbacks::answer(self, arrived, &stage, id).await,
            // A WebSocket API is one place.
            None if path == "/" => self.connect(arrived, &stage, worker).await,
            None => failures::response(request, &Refusal::MissingAuthenticationToken),
        }
    }

    async fn connect(
        self: &Arc<Self>,
        arrived: Arrived,
        stage: &Arc<CompiledStage>,
        worker: &Rc<Worker>,
    ) -> Response<Body> {
        let Arrived { mut request, headers, header_names, body: _, upgrade } = arrived;
        let accept = match handshake::read(&request.method, request.version, &headers) {
            Ok(accept) => accept,
            Err(fault) => return no_handshake(&request, fault),
        };
        let Some(upgrade) = upgrade else { return no_handshake(&request, HandshakeFault::NoUpgrade) };
        let id = draw_id(&self.ids);
        request.websocket = Some(Box::new(WebSocketEvent {
            kind: WebSocketEventKind::Connect,
            connection_id: id.clone(),
            connected_at: request.received,
        }));
        let offered = offered(&headers);
        let services = Services { doors: &self.doors, ids: &self.ids, worker };
        let mut caller = Caller::default();
        let answer = match stage.routes.get(CONNECT) {
            // A route for those who connect is optional.
            None => Answer::default(),
            Some(route) => {
                let routed = Routed {
                    request: &request,
                    stage,
                    route,
                    headers,
                    header_names,
                    path: PathParameters::none(),
                    body: Bytes::new(),
                    json: None,
                    caller: Caller::default(),
                    trace: None,
                    overrides: Overrides::default(),
                };
                let ran =
                    pipeline::run(&request, stage, Some(routed), &mut caller, services, &self.trail).await;
                match ran {
                    Ok(answer) => answer,
                    Err(refusal) => return failures::response(&request, &refusal),
                }
            }
        };
        if !answer.status.is_success() {
            return not_granted(&request, answer);
        }
        let at = ConnectionRef {
            api: stage.facts.api_id.to_string(),
            stage: stage.facts.stage.to_string(),
            id: id.into_string(),
        };
        let agent = request.user_agent.as_ref().and_then(|agent| agent.to_str().ok());
        let connection = Connection::new(at, request.received, request.source.to_string(), agent);
        let connection = Arc::new(connection);
        // From here on others can reach it; what they send waits until the client is there.
        let registered = self.connections.register(&connection);
        let client = Rc::new(Client::new(&request, caller, connection));
        let (websockets, worker) = (Arc::clone(self), Rc::clone(worker));
        upgrade.then(move |upgraded| websockets.converse(upgraded, client, registered, worker));
        let chosen = answer.headers.get(SEC_WEBSOCKET_PROTOCOL).cloned();
        let chosen = chosen.filter(|chosen| offered.iter().any(|own| own.as_bytes() == chosen.as_bytes()));
        let mut response = handshake::granted(accept, chosen);
        failures::identify(&mut response, &request);
        response
    }
}

/// The subprotocols that a client offers. It would refuse a connection with another one (RFC 6455,
/// section 4.1), so none else is chosen.
fn offered(headers: &Headers) -> Vec<String> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect()
}

fn no_handshake(request: &Request, fault: HandshakeFault) -> Response<Body> {
    match fault {
        HandshakeFault::NoUpgrade => failures::response(request, &Refusal::MissingAuthenticationToken),
        HandshakeFault::Malformed(_) => failures::plain(request, StatusCode::BAD_REQUEST, "Bad Request"),
        HandshakeFault::Version => {
            let mut response = failures::plain(request, StatusCode::BAD_REQUEST, "Bad Request");
            handshake::refuse_version(&mut response);
            response
        }
    }
}

/// The integration does not want the client: what it has answered is what the client gets.
fn not_granted(request: &Request, answer: Answer) -> Response<Body> {
    // What has a meaning of its own on the connection cannot be an answer.
    let status = if answer.status.is_informational() { StatusCode::BAD_GATEWAY } else { answer.status };
    match answer.body {
        None => failures::plain(request, status, status.canonical_reason().unwrap_or_default()),
        Some(body) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            let kind = answer.headers.get(http::header::CONTENT_TYPE).cloned();
            let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/json"));
            response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
            failures::identify(&mut response, request);
            response
        }
    }
}
