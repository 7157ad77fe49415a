//! The values that are handed from step to step.

mod body;
mod header_names;
mod incoming;

pub use body::{Body, BodyError, read_whole};
pub use header_names::HeaderNames;
pub(crate) use header_names::head_length;
pub use incoming::Incoming;
