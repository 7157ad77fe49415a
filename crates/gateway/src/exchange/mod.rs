//! The values that are handed from step to step.

mod body;
mod incoming;

pub use body::{Body, BodyError, read_whole};
pub use incoming::Incoming;
