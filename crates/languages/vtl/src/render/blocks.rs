//! Blocks that are rendered elsewhere than they stand: `#define`, macros, `#evaluate`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Halt, Machine, Run};
use crate::ast::{Block, Call, Expression};
use crate::error::RenderError;
use crate::limits::MACRO_DEPTH;
use crate::parser::parse;
use crate::value::{Defined, Value};

/// The variable of `#@name(…) body #end` that renders the body.
const BODY: &str = "bodyContent";

impl Machine<'_> {
    pub(super) fn new_block(&mut self, body: Block, limit: usize) -> Value {
        self.heap.blocks.push(Defined { body, active: 0, limit });
        Value::Block(self.heap.blocks.len() - 1)
    }

    /// Renders a `#define`d block; answers whether it did, for it may not contain itself too
    /// often.
    pub(super) fn render_block(&mut self, at: usize) -> Run<bool> {
        let Some(defined) = self.heap.blocks.get_mut(at) else { return Ok(false) };
        if defined.active >= defined.limit {
            return Ok(false);
        }
        defined.active += 1;
        let body = defined.body.clone();
        let result = self.block(&body);
        if let Some(defined) = self.heap.blocks.get_mut(at) {
            defined.active -= 1;
        }
        match result {
            Ok(()) | Err(Halt::Break(None)) => Ok(true),
            Err(halt) => Err(halt),
        }
    }

    /// Calls a macro; prints the call if there is none of this name.
    pub(super) fn call(&mut self, call: &Call) -> Run<()> {
        let called = self.macros.get(&call.name).or_else(|| self.more_macros.get(&call.name)).cloned();
        let Some(called) = called else {
            self.out.push_str(&call.literal);
            return Ok(self.fits()?);
        };
        if call.arguments.iter().any(|argument| matches!(argument, Expression::Word)) {
            return Err(RenderError::MacroArguments(call.name.to_string()).into());
        }
        if self.macro_depth >= MACRO_DEPTH {
            let name = call.name.to_string();
            return Err(RenderError::MacroDepth { name, limit: MACRO_DEPTH }.into());
        }
        let (mut set, mut arguments) = (HashMap::new(), HashMap::new());
        for (index, parameter) in called.parameters.iter().enumerate() {
            match call.arguments.get(index) {
                None => break,
                // Literals are evaluated once, all else wherever the macro uses it.
                Some(literal @ Expression::Constant(value)) if !matches!(value, Value::Text(_)) => {
                    set.insert(parameter.clone(), self.value(literal)?);
                }
                Some(_) => {
                    arguments.insert(parameter.clone(), (call.arguments.clone(), index));
                }
            }
        }
        if let Some(body) = &call.body {
            let body = self.new_block(body.clone(), MACRO_DEPTH);
            set.insert(BODY.into(), body);
        }
        self.macro_depth += 1;
        let result = self.in_macro(set, arguments, |machine| machine.block(&called.body));
        self.macro_depth -= 1;
        match result {
            Err(Halt::Break(None)) => Ok(()),
            result => result,
        }
    }

    /// Renders the template that an expression gives.
    pub(super) fn evaluate(&mut self, text: &Expression) -> Run<()> {
        let value = self.value(text)?;
        let text = if value.is_null() { Arc::from("") } else { self.text_of(&value)?.unwrap_or_default() };
        // Parsing costs more than most things do.
        self.charge(16 + text.len())?;
        let parsed = parse(&text).map_err(|error| RenderError::Evaluate(Box::new(error)))?;
        for defined in parsed.macros {
            if !self.macros.contains_key(&defined.name) {
                self.more_macros.entry(defined.name.clone()).or_insert(defined);
            }
        }
        match self.block(&parsed.body) {
            Ok(()) | Err(Halt::Stop | Halt::Break(None)) => Ok(()),
            Err(halt) => Err(halt),
        }
    }
}
