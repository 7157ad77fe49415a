//! REST APIs. `pipeline.rs` knows the order of the steps; each step is a file.

mod variables;

pub use variables::{StageVariables, UndefinedVariable};
