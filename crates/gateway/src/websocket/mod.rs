//! WebSocket APIs (API Gateway developer guide, "Working with WebSocket APIs").
//!
//! A client's upgrade request takes the route `$connect`; once that is granted its messages take the
//! routes that they name, and its end takes `$disconnect`. Each of these events is a request of its own
//! that falls through the steps of `pipeline.rs`. Backends reach the client by `@connections`.

mod admit;
mod boundary;
mod callbacks;
mod compile;
mod compile_target;
mod connect;
mod connections;
mod conversation;
mod endings;
mod event;
mod failures;
mod handshake;
pub mod limits;
mod outbox;
mod pipeline;
mod prepare;
mod respond;
mod selection;
mod sending;
mod stage;
mod steps;
mod talk;
mod validate;

use std::sync::Arc;

use base::{Clock, Random};

pub use compile::{StageFault, Surroundings, compile_stage};
pub(crate) use connect::Arrived;
pub use connections::OpenConnections;
pub use limits::Times;
pub use stage::CompiledStage;

use crate::Doors;
use crate::exchange::IdSource;
use crate::trail::Trail;

/// Whoever knows the stages as they are served at the moment: connections outlive deployments.
pub trait Stages: Send + Sync {
    /// The stage of an API, if it is served.
    fn current(&self, api: &str, stage: &str) -> Option<Arc<CompiledStage>>;
}

/// Serves WebSocket APIs.
pub struct WebSockets {
    stages: Arc<dyn Stages>,
    doors: Doors,
    trail: Arc<Trail>,
    ids: IdSource,
    clock: Clock,
    times: Times,
    connections: Arc<OpenConnections>,
}

impl WebSockets {
    /// Of the stages that `stages` knows.
    #[must_use]
    pub fn new(
        stages: Arc<dyn Stages>,
        doors: Doors,
        trail: Arc<Trail>,
        random: Random,
        (clock, times): (Clock, Times),
    ) -> Self {
        let connections = Arc::default();
        Self { stages, doors, trail, ids: IdSource::new(random), clock, times, connections }
    }

    /// The open connections of this node.
    #[must_use]
    pub fn connections(&self) -> &Arc<OpenConnections> {
        &self.connections
    }
}

impl std::fmt::Debug for WebSockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebSockets")
    }
}
