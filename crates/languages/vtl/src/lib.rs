//! Mapping templates in the Velocity Template Language, as API Gateway speaks it.
//!
//! A template is compiled once ([`Template::compile`]) and rendered for each request
//! ([`Template::render`]) with what a [`Scene`] tells of it. The language is that of Apache
//! Velocity 1.7: lexer and parser follow its grammar state by state, and `corpus/` holds what
//! Velocity itself made of several hundred templates. On top of it stand API Gateway's
//! variables `$input`, `$context`, `$stageVariables` and `$util`, and its own habits: a
//! reference without a value prints nothing and equals `""` (recorded from AWS), where
//! Velocity prints the reference itself.
//!
//! Whatever a template does is bounded ([`limits`]): in time, in memory, in depth.

mod ast;
mod error;
mod host;
mod lexer;
pub mod limits;
mod methods;
mod overrides;
mod parser;
mod path;
mod render;
mod scene;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub use error::{RenderError, TemplateError, TemplateFault};
pub use overrides::Overrides;
pub use scene::{Lookup, Place, Scene};
pub use template::Template;
