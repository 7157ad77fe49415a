//! A compiled template.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::{Block, Macro, Node};
use crate::render::{Dialect, Machine};
use crate::{Overrides, RenderError, Scene, TemplateError, parser};

/// A compiled template. Immutable; any number of threads may render it at once.
#[derive(Clone, Debug)]
pub struct Template {
    body: Block,
    macros: Arc<HashMap<Arc<str>, Arc<Macro>>>,
}

impl Template {
    /// Compiles `text`.
    ///
    /// # Errors
    /// The first thing in `text` that Velocity does not take, or a bound that it breaks.
    pub fn compile(text: &str) -> Result<Self, TemplateError> {
        let parsed = parser::parse(text)?;
        let mut macros = HashMap::new();
        for defined in parsed.macros {
            // Of two macros of one name the first stays.
            macros.entry(defined.name.clone()).or_insert(defined);
        }
        Ok(Self { body: parsed.body, macros: Arc::new(macros) })
    }

    /// Appends the rendered template to `out`, which may become `limit` bytes long. What the
    /// template overrides is in `overrides` afterwards; what others overrode before it is
    /// visible to it.
    ///
    /// # Errors
    /// If it cannot be rendered: `out` then holds a beginning, and `overrides` is as before.
    pub fn render(
        &self,
        scene: &dyn Scene,
        overrides: &mut Overrides,
        limit: usize,
        out: &mut String,
    ) -> Result<(), RenderError> {
        let mut machine = Machine::new(scene, Dialect::ApiGateway, &self.macros, overrides, limit, out);
        machine.run(&self.body)?;
        let set = machine.overrides_now()?;
        drop(machine);
        if let Some(set) = set {
            *overrides = set;
        }
        Ok(())
    }

    /// What the template renders to whatever the scene, if that is so.
    #[must_use]
    pub fn as_constant(&self) -> Option<&str> {
        match &*self.body {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }
}
