//! REST APIs as a client sees them: stages compiled from documents as AWS shows them, requests
//! through the front door, functions that are closures and backends on loopback sockets.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it does not expect fails"
)]

extern crate gatewright_gateway as gateway;

mod authorizers;
mod backend;
mod body_parts;
mod house;

mod addresses;
mod cache;
mod deploying;
mod gateway_responses;
mod http;
mod iam;
mod lambda;
mod limits;
mod mock;
mod not_built;
mod test_invoke;
mod throttling;
mod trail;
mod validation;
mod wire;
