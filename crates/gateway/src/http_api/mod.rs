//! HTTP APIs. `pipeline.rs` knows the order of the steps; each step is a file. `compile.rs` makes
//! what they run on.

mod admit;
mod compile;
mod compile_route;
mod cors;
mod event;
mod event_caller;
mod http_proxy;
mod integrate;
mod integrations;
mod jwt;
mod lambda_answer;
mod lambda_authorizer;
mod limit;
mod limits;
mod measure;
mod object;
mod parameters;
pub(crate) mod pipeline;
mod prepare;
pub(crate) mod reply;
mod resolve;
mod respond;
pub mod routes;
mod stage;
mod steps;
mod subtype_table;
mod subtypes;
pub mod texts;
mod values;

pub use compile::{StageFault, Surroundings, compile_stage};
pub use lambda_authorizer::Verdict;
pub use stage::{CompiledStage, Route};
