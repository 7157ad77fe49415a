//! API Gateway's HTTP and WebSocket APIs. The path of a URL is the path of its file:
//! `/v2/apis/{id}/routes` is `apis/routes.rs`.

mod apis;
mod limits;
mod refusals;
mod shapes;
mod tags;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    apis::register(registry);
    tags::register(registry);
}
