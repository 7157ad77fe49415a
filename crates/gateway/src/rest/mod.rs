//! REST APIs. `pipeline.rs` knows the order of the steps; each step is a file. `compile.rs`
//! makes what they run on.

mod admit;
mod canary;
mod check;
mod compile;
mod compile_method;
mod decode;
mod encode;
mod gateway_responses;
pub(crate) mod integrate;
mod limit;
pub(crate) mod limits;
mod look_up;
pub(crate) mod measure;
mod meter;
pub(crate) mod pipeline;
mod prepare;
pub(crate) mod reply;
mod resolve;
mod respond;
pub(crate) mod settings;
mod stage;
#[cfg(test)]
pub(crate) use stage::tests;
pub mod trie;
mod validate;
mod validation;

pub use crate::exchange::{StageVariables, UndefinedVariable};
pub use canary::compile_canary;
pub use check::faults;
pub use compile::{Remark, StageFault, Surroundings, compile_stage};
pub(crate) use compile_method::{IntegrationPlace, compile_integration};
pub use gateway_responses::{GatewayResponses, Refused};
pub use stage::{Canary, CompiledMethod, CompiledStage, EndpointRules, PrivateApi};
