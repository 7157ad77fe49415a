//! Lambda functions as local processes.

pub mod launcher;
mod limits;
pub mod package;
mod payload;
mod runtime;
mod settings;

pub use settings::Settings;
