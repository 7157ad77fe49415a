//! The data plane: sockets at the top, backends at the bottom, and a request that falls in one
//! direction. The folders are the rooms it passes through.
//!
//! Stages are compiled when they are deployed and swapped in whole; nothing here reads the
//! store while a request is under way.

pub mod access;
pub mod admin;
pub mod cache;
mod doors;
pub mod exchange;
pub mod front_door;
pub mod http1;
pub mod http_api;
pub mod integration;
mod lapse;
pub mod listener;
pub mod mapping;
pub mod message;
pub mod portals;
pub mod rest;
mod services;
mod shard;
pub mod test_invoke;
pub mod throttle;
pub mod tls;

pub mod trail;
mod turn;
pub mod usage_plans;
pub mod websocket;
mod worker;

pub use doors::Doors;
pub use worker::Worker;
