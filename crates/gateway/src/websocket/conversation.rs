//! An open connection: its messages take their routes, and its end takes `$disconnect`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::join;
use http::{HeaderValue, Method, Uri, Version};
use serde_json::Value;
use vtl::Overrides;

use super::connections::{Connection, Registered};
use super::endings::Ended;
use super::stage::{CompiledStage, DISCONNECT, Route};
use super::steps::Routed;
use super::talk::{UnderWay, talk};
use super::{WebSockets, failures, pipeline};
use crate::Worker;
use crate::exchange::{
    Address, Caller, HeaderNames, PathParameters, Refusal, Request, Source, WebSocketEvent,
    WebSocketEventKind,
};
use crate::listener::Upgraded;
use crate::message::Headers;
use crate::services::Services;

/// Whoever is at the other end of a connection, as long as it is open. It holds nothing of the buffers
/// of the request that opened it.
pub(super) struct Client {
    connection: Arc<Connection>,
    uri: Uri,
    address: Address,
    host: HeaderValue,
    user_agent: Option<HeaderValue>,
    source: Source,
    local_port: u16,
    secure: bool,
    caller: Caller,
}

impl Client {
    /// Who sent `request`, as far as it is known.
    pub(super) fn new(request: &Request, caller: Caller, connection: Arc<Connection>) -> Self {
        let copied = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes());
        let empty = || HeaderValue::from_static("");
        Self {
            connection,
            // Messages have no query.
            uri: request.uri.path().parse().unwrap_or_default(),
            address: request.address.clone(),
            host: copied(&request.host).unwrap_or_else(|_| empty()),
            user_agent: request.user_agent.as_ref().and_then(|own| copied(own).ok()),
            source: request.source.clone(),
            local_port: request.local_port,
            secure: request.secure,
            caller,
        }
    }

    /// Something that happens on the connection now, as a request.
    fn event(&self, kind: WebSocketEventKind, websockets: &WebSockets) -> Request {
        Request {
            method: Method::GET,
            uri: self.uri.clone(),
            version: Version::HTTP_11,
            host: self.host.clone(),
            user_agent: self.user_agent.clone(),
            source: self.source.clone(),
            local_port: self.local_port,
            via: None,
            secure: self.secure,
            client_certificate: None,
            received: websockets.clock.now(),
            started: Instant::now(),
            ids: websockets.ids.next().as_one(),
            address: self.address.clone(),
            websocket: Some(Box::new(WebSocketEvent {
                kind,
                connection_id: self.connection.id.clone(),
                connected_at: self.connection.connected_at,
            })),
        }
    }
}

impl WebSockets {
    /// Speaks with a client until the end, and tells `$disconnect` of it.
    pub(super) async fn converse(
        self: Arc<Self>,
        upgraded: Upgraded,
        client: Rc<Client>,
        registered: Registered,
        worker: Rc<Worker>,
    ) {
        let Upgraded { stream, leave } = upgraded;
        let take = |message: Bytes| -> UnderWay {
            let (websockets, client, worker) = (Arc::clone(&self), Rc::clone(&client), Rc::clone(&worker));
            Box::pin(async move { websockets.message(&client, message, &worker).await })
        };
        let times = (self.times, &self.clock);
        let (ended, under_way) = talk(stream, |cx| leave.poll(cx), &client.connection, times, take).await;
        drop(registered);
        // Messages whose sender has gone are still messages.
        let rest = under_way.for_each(|_| async {});
        // Put aside: an open connection holds no room for its end.
        let end = Box::pin(self.disconnect(&client, ended, &worker));
        join(rest, end).await;
    }

    /// Leads a message to its route; answers what is sent back.
    async fn message(&self, client: &Client, body: Bytes, worker: &Worker) -> Option<Bytes> {
        let id = self.ids.next().as_one().extended_request_id().into();
        let request = client.event(WebSocketEventKind::Message { id }, self);
        let connection = &client.connection;
        let Some(stage) = self.stages.current(&connection.api, &connection.stage) else {
            return Some(failures::frame(&request, &Refusal::MissingAuthenticationToken));
        };
        let services = Services { doors: &self.doors, ids: &self.ids, worker };
        let json = serde_json::from_slice::<Value>(&body).ok();
        let mut caller = client.caller.clone();
        let routed = match stage.route_of(&request, &client.caller, json.as_ref()) {
            Ok(route) => route.map(|route| routed(&request, &stage, route, body, json)),
            Err(refusal) => return Some(failures::frame(&request, &refusal)),
        };
        match pipeline::run(&request, &stage, routed, &mut caller, services, &self.trail).await {
            Ok(answer) => answer.body,
            Err(refusal) => Some(failures::frame(&request, &refusal)),
        }
    }

    async fn disconnect(&self, client: &Client, ended: Ended, worker: &Worker) {
        let connection = &client.connection;
        let Some(stage) = self.stages.current(&connection.api, &connection.stage) else { return };
        let Some(route) = stage.routes.get(DISCONNECT) else { return };
        let Ended { code, reason } = ended;
        let request = client.event(WebSocketEventKind::Disconnect { code, reason }, self);
        let services = Services { doors: &self.doors, ids: &self.ids, worker };
        let routed = routed(&request, &stage, route, Bytes::new(), None);
        let mut caller = client.caller.clone();
        // What comes of it is recorded; there is nobody left to be told.
        let _ = pipeline::run(&request, &stage, Some(routed), &mut caller, services, &self.trail).await;
    }
}

fn routed<'r>(
    request: &'r Request,
    stage: &'r CompiledStage,
    route: &'r Route,
    body: Bytes,
    json: Option<Value>,
) -> Routed<'r> {
    Routed {
        request,
        stage,
        route,
        headers: Headers::new(),
        header_names: HeaderNames::default(),
        path: PathParameters::none(),
        body,
        json,
        caller: Caller::default(),
        trace: None,
        overrides: Overrides::default(),
    }
}
