//! HTTP APIs. `pipeline.rs` knows the order of the steps; each step is a file. `compile.rs` makes
//! what they run on.

mod compile;
pub(crate) mod pipeline;
pub(crate) mod reply;
mod resolve;
pub mod routes;
mod stage;
mod steps;

pub use compile::{StageFault, Surroundings, compile_stage};
pub use stage::{CompiledStage, Route};
