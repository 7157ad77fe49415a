//! Directives with a name: `#foreach(…)`, `#macro(…)`, calls of macros.

use std::sync::Arc;

use super::expressions::starts_value;
use super::{Parser, push_text};
use crate::ast::{Call, Define, Expression, Foreach, Macro, Node};
use crate::error::TemplateFault;
use crate::lexer::{Fault, Kind, Token};
use crate::value::Value;

/// Velocity's directives besides `#set` and `#if`.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

const KNOWN: [&str; 9] =
    ["foreach", "include", "parse", "macro", "literal", "evaluate", "break", "define", "stop"];

/// Those with a block and an `#end`.
const BLOCKS: [&str; 4] = ["foreach", "macro", "literal", "define"];

/// An argument of a directive.
struct Argument {
    value: Expression,
    /// Its first token.
    first: String,
    /// All of it.
    source: String,
    /// The variable's name, if it is a reference.
    variable: Option<Arc<str>>,
}

impl Parser<'_> {
    pub(super) fn directive(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let token = self.read()?;
        let image = self.image(&token);
        let name = match token.kind {
            Kind::BracedWord => image.get(2..image.len() - 1),
            _ => image.get(1..),
        };
        let name = name.unwrap_or_default();
        let wrong = || (token.start, TemplateFault::Arguments(name.to_owned()));
        if matches!(name, "include" | "parse") {
            return Err((token.start, TemplateFault::Files(name.to_owned())));
        }
        let has_block = BLOCKS.contains(&name) || name.starts_with('@');
        self.lexer.enter_directive();
        if !self.lexer.at_parenthesis() {
            self.lexer.leave_directive();
            match name {
                "break" => nodes.push(Node::Break(None)),
                "stop" => nodes.push(Node::Stop),
                _ if is_known(name) => return Err(wrong()),
                _ if has_block => {
                    push_text(nodes, "#");
                    push_text(nodes, name);
                }
                _ => nodes.push(self.call(name, Vec::new(), None, &token)),
            }
            return Ok(());
        }
        let arguments = self.arguments(name, &token)?;
        if !has_block {
            let mut values = arguments.into_iter().map(|argument| argument.value);
            match (name, values.len()) {
                ("break", 0) => nodes.push(Node::Break(None)),
                ("break", 1) => nodes.push(Node::Break(values.next().map(Box::new))),
                ("stop", 0 | 1) => nodes.push(Node::Stop),
                ("evaluate", 1) => match values.next() {
                    Some(
                        text @ (Expression::Constant(Value::Text(_))
                        | Expression::Interpolated { .. }
                        | Expression::Reference(_)),
                    ) => nodes.push(Node::Evaluate(Box::new(text))),
                    _ => return Err(wrong()),
                },
                _ if is_known(name) => return Err(wrong()),
                _ => nodes.push(self.call(name, values.collect(), None, &token)),
            }
            return Ok(());
        }
        let start = self.peek_token(0)?.start;
        let body = self.block()?;
        let source = self.text.get(start..self.peek_token(0)?.start).unwrap_or_default();
        self.take(Kind::EndDirective)?;
        match (name, arguments.as_slice()) {
            ("literal", []) => push_text(nodes, source),
            ("literal", [argument, ..]) => push_text(nodes, &argument.source),
            ("define", [target]) => {
                let name = target.first.get(1..).unwrap_or_default().into();
                nodes.push(Node::Define(Arc::new(Define { name, body })));
            }
            ("foreach", [Argument { variable: Some(variable), .. }, _, _]) => {
                let variable = variable.clone();
                let elements =
                    arguments.into_iter().nth(2).map(|argument| argument.value).ok_or_else(wrong)?;
                nodes.push(Node::Foreach(Box::new(Foreach { variable, elements, body })));
            }
            ("macro", [named, parameters @ ..]) => {
                let name: Arc<str> = named.first.as_str().into();
                let parameters = parameters
                    .iter()
                    .map(|parameter| parameter.first.strip_prefix('$').unwrap_or(&parameter.first).into())
                    .collect();
                self.names.insert(name.clone());
                self.macros.push(Arc::new(Macro { name, parameters, body }));
            }
            _ if is_known(name) => return Err(wrong()),
            _ => {
                let values = arguments.into_iter().map(|argument| argument.value).collect();
                let name = name.strip_prefix('@').unwrap_or(name);
                nodes.push(self.call(name, values, Some(body), &token));
            }
        }
        Ok(())
    }

    fn call(
        &self,
        name: &str,
        arguments: Vec<Expression>,
        body: Option<crate::ast::Block>,
        token: &Token,
    ) -> Node {
        let literal = self.source(token.start).into();
        Node::Call(Box::new(Call { name: name.into(), arguments: arguments.into(), body, literal }))
    }

    /// The arguments between the parentheses, with or without commas.
    fn arguments(&mut self, name: &str, token: &Token) -> Result<Vec<Argument>, Fault> {
        self.skip_blank()?;
        self.take(Kind::ParenOpen)?;
        let mut arguments = Vec::new();
        while self.argument_follows()? {
            self.skip_blank()?;
            if self.kind()? == Kind::Comma {
                self.read()?;
                self.skip_blank()?;
            }
            let first = self.peek_token(0)?.clone();
            let bare = first.kind == Kind::Word;
            let place = arguments.len();
            let allowed = match name {
                "macro" => bare == (place == 0),
                "foreach" => !bare || place == 1,
                _ => !bare || !is_known(name),
            };
            if !allowed {
                return Err((token.start, TemplateFault::Arguments(name.to_owned())));
            }
            let image = self.image(&first).to_owned();
            let value = if bare {
                self.read()?;
                Expression::Word
            } else {
                self.value()?
            };
            let variable = match &value {
                Expression::Reference(reference) => Some(reference.name.clone()),
                _ => None,
            };
            let source = self.source(first.start).to_owned();
            arguments.push(Argument { value, first: image, source, variable });
        }
        self.skip_blank()?;
        self.take(Kind::ParenClose)?;
        Ok(arguments)
    }

    /// Whether another argument follows, by the next two tokens.
    fn argument_follows(&mut self) -> Result<bool, Fault> {
        let starts = |kind| kind == Kind::Word || starts_value(kind);
        Ok(match self.kind()? {
            Kind::Blank => {
                let next = self.peek(1)?;
                next == Kind::Comma || starts(next)
            }
            Kind::Comma => {
                let next = self.peek(1)?;
                next == Kind::Blank || starts(next)
            }
            kind => starts(kind),
        })
    }
}
