//! `@connections`. Connections are reached by the address of their stage, and what comes by such an
//! address is the gateway's to answer (`gateway/websocket`), which holds the connections and always asks
//! who may. What comes here instead names no stage.

use api::Empty;
use api::apigatewaymanagementapi::operations as op;
use api::apigatewaymanagementapi::{
    DeleteConnectionRequest, GetConnectionRequest, GetConnectionResponse, PostToConnectionRequest, errors,
};
use wire::ServiceError;

use crate::Registry;
use crate::call::{Call, Outcome};

pub(super) fn register(registry: &mut Registry) {
    registry
        .read(op::PostToConnection, post_to_connection)
        .read(op::GetConnection, get_connection)
        .read(op::DeleteConnection, delete_connection);
}

fn post_to_connection(_: &mut Call<'_, '_>, _: &PostToConnectionRequest) -> Outcome<Empty> {
    Err(no_stage().into())
}

fn get_connection(_: &mut Call<'_, '_>, _: &GetConnectionRequest) -> Outcome<GetConnectionResponse> {
    Err(no_stage().into())
}

fn delete_connection(_: &mut Call<'_, '_>, _: &DeleteConnectionRequest) -> Outcome<Empty> {
    Err(no_stage().into())
}

/// As AWS answers by an address that leads to no stage.
fn no_stage() -> ServiceError {
    ServiceError::new(&errors::FORBIDDEN_EXCEPTION, "Forbidden")
}
