//! Mapping templates in the Velocity Template Language, as API Gateway speaks it.
//!
//! So far this is the part of the language that literal templates need: text, comments, and
//! the few references whose values are plain texts (`$input.body`, `$input.params('x')`,
//! `$context.x`, `$stageVariables.x`). Everything else that Velocity would interpret is an
//! error that names it, at compile time: a template is rendered as AWS renders it or it is
//! refused, never passed through half understood.

mod compile;
mod error;
mod template;

pub use error::{TemplateError, TemplateFault};
pub use template::{OutputTooLong, Reference, Scene, Template};

/// The longest template that is taken, in bytes (API Gateway developer guide, "Amazon API
/// Gateway important notes": 300 KB).
pub const MAXIMUM_TEMPLATE_BYTES: usize = 300 * 1024;
