//! A compiled template, and what it needs to know to be rendered.

use crate::TemplateError;
use crate::compile::compile;

/// A compiled template. Immutable; rendering allocates nothing but the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub(crate) pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Box<str>),
    Reference(Reference),
}

/// A reference whose value is a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `$input.body`: the whole payload.
    Body,
    /// `$input.params('x')`: from the path, else the query string, else the headers.
    Parameter(Box<str>),
    /// `$context.a.b`: the name behind `$context.`.
    Context(Box<str>),
    /// `$stageVariables.x`.
    StageVariable(Box<str>),
}

/// A template prints more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template prints more than {limit} bytes")]
pub struct OutputTooLong {
    /// The most that it may print.
    pub limit: usize,
}

/// The values that a template is rendered with. Each method appends to `out` what the
/// reference prints: nothing if there is no such value.
pub trait Scene {
    /// The payload as text; empty if there is none.
    fn body(&self) -> &str;
    /// The request parameter `name`, looked up in path, query string and headers, in this
    /// order (API Gateway developer guide, "`$input` variables").
    fn parameter(&self, name: &str, out: &mut String);
    /// The variable `$context.{name}`.
    fn context(&self, name: &str, out: &mut String);
    /// The stage variable `name`.
    fn stage_variable(&self, name: &str, out: &mut String);
}

impl Template {
    /// Compiles `text`.
    ///
    /// # Errors
    /// The first thing in `text` that Velocity would interpret and this engine cannot.
    pub fn compile(text: &str) -> Result<Self, TemplateError> {
        compile(text)
    }

    /// Appends the rendered template to `out`, which may become `limit` bytes long.
    ///
    /// # Errors
    /// As soon as it would become longer: a short template can print a long payload many
    /// times over.
    pub fn render(&self, scene: &impl Scene, limit: usize, out: &mut String) -> Result<(), OutputTooLong> {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Reference(Reference::Body) => {
                    // Recorded from AWS: without a payload `$input.body` prints `{}`.
                    let body = scene.body();
                    out.push_str(if body.is_empty() { "{}" } else { body });
                }
                Piece::Reference(Reference::Parameter(name)) => scene.parameter(name, out),
                Piece::Reference(Reference::Context(name)) => scene.context(name, out),
                Piece::Reference(Reference::StageVariable(name)) => scene.stage_variable(name, out),
            }
            if out.len() > limit {
                return Err(OutputTooLong { limit });
            }
        }
        Ok(())
    }

    /// What the template renders to whatever the scene, if that is so.
    #[must_use]
    pub fn as_constant(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The references, in order of appearance.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            Piece::Text(_) => None,
        })
    }
}
