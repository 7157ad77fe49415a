//! Lambda functions as local processes.
//!
//! [`LocalFunctions`] looks up what a function is (`definition`), asks whether the invoker may
//! invoke it (`authority`), takes its share of the concurrency (`concurrency`) and hands the
//! invocation to the function's pool (`pool`). A pool's processes are each kept by a task of
//! its own (`environment`), which starts the process (`process`, `launcher`, `package`,
//! `control_group`, `runtime`, `bootstrap`) and talks to it over the Lambda Runtime API (`runtime_api`).

mod authority;
mod bootstrap;
mod concurrency;
mod control_group;
mod definition;
mod environment;
mod events;
pub mod launcher;
pub mod limits;
pub mod package;
mod payload;
mod pool;
mod process;
mod runtime;
mod runtime_api;
mod service;
mod settings;

pub use control_group::{ControlGroupBase, GroupFault};
pub use service::{LocalFunctions, StartError, Surroundings};
pub use settings::Settings;
