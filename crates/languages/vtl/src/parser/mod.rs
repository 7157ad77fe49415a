//! From tokens to what is rendered, along the productions of Velocity 1.7's grammar.
//!
//! The parser looks no further ahead than Velocity's does: looking ahead makes tokens, and a
//! token's meaning depends on the lexer's state, which reading a directive's name changes.

mod directives;
mod expressions;
mod references;
mod strings;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::ast::{Block, Macro, Node};
use crate::error::{TemplateError, TemplateFault};
use crate::lexer::{Fault, Kind, Lexer, Token};
use crate::limits::{NESTING, TEMPLATE_BYTES};

/// A template's statements and the macros that it defines, wherever they stand in it.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) body: Block,
    pub(crate) macros: Vec<Arc<Macro>>,
}

/// Parses a template.
///
/// # Errors
/// The first thing in `text` that Velocity does not take.
pub(crate) fn parse(text: &str) -> Result<Parsed, TemplateError> {
    if text.len() > TEMPLATE_BYTES {
        let what = TemplateFault::TooLarge { size: text.len(), limit: TEMPLATE_BYTES };
        return Err(TemplateError { line: 1, column: 1, what });
    }
    let mut parser = Parser::new(text, 0);
    let body = parser.template().map_err(|(at, what)| place(text, at, what))?;
    Ok(Parsed { body: body.into(), macros: parser.macros })
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Those that were looked at and not read.
    ahead: Vec<Token>,
    /// Where the last token that was read ends.
    read_to: usize,
    /// What stood in front of dots that were read and is in nobody's image.
    lost: Vec<Range<usize>>,
    depth: usize,
    macros: Vec<Arc<Macro>>,
    /// The names of `macros`, for escapes.
    names: HashSet<Arc<str>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, depth: usize) -> Self {
        Self {
            text,
            lexer: Lexer::new(text),
            ahead: Vec::new(),
            read_to: 0,
            lost: Vec::new(),
            depth,
            macros: Vec::new(),
            names: HashSet::new(),
        }
    }

    /// A whole template.
    fn template(&mut self) -> Result<Vec<Node>, Fault> {
        let nodes = self.statements()?;
        self.take(Kind::End)?;
        Ok(nodes)
    }

    /// Statements up to what begins none.
    fn statements(&mut self) -> Result<Vec<Node>, Fault> {
        self.nested(|parser| {
            let mut nodes = Vec::new();
            while starts_statement(parser.kind()?) {
                parser.statement(&mut nodes)?;
            }
            Ok(nodes)
        })
    }

    /// The statements inside a directive.
    fn block(&mut self) -> Result<Block, Fault> {
        Ok(self.statements()?.into())
    }

    fn statement(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        match self.kind()? {
            Kind::If => {
                let node = self.conditional()?;
                nodes.push(node);
            }
            Kind::Identifier => {
                let reference = self.reference()?;
                nodes.push(Node::Reference(reference));
            }
            Kind::FormalOpen if self.peek(1)? == Kind::Identifier => {
                let reference = self.reference()?;
                nodes.push(Node::Reference(reference));
            }
            Kind::LineComment => {
                let token = self.read()?;
                self.comment(&token, nodes);
                if self.kind()? == Kind::LineCommentEnd {
                    self.read()?;
                }
            }
            Kind::BlockComment => {
                let token = self.read()?;
                self.comment(&token, nodes);
            }
            Kind::TextBlock => {
                let token = self.read()?;
                // The first three characters, which are others if a `$` stands in front.
                let inside = self.image(&token).strip_suffix("]]#").and_then(|text| text.get(3..));
                push_text(nodes, inside.unwrap_or_default());
            }
            Kind::Set => {
                let node = self.set()?;
                nodes.push(node);
            }
            Kind::EscapedDirective => self.escaped_directive(nodes)?,
            Kind::DoubleEscape => self.double_escapes(nodes)?,
            Kind::Word | Kind::BracedWord => self.directive(nodes)?,
            _ => {
                let token = self.read()?;
                push_text(nodes, &token.stray);
                push_text(nodes, self.image(&token));
            }
        }
        Ok(())
    }

    /// A comment prints what stood in front of it in the same token: a `$` that is none.
    fn comment(&mut self, token: &Token, nodes: &mut Vec<Node>) {
        let image = self.image(token);
        let before = image.split_once("##").or_else(|| image.split_once("#*"));
        push_text(nodes, before.map_or("", |(before, _)| before));
    }

    /// `\#if`: half of the backslashes are printed if there is such a directive.
    fn escaped_directive(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let token = self.read()?;
        let image = self.image(&token);
        let (escapes, directive) = image.split_at(image.rfind('\\').map_or(0, |at| at + 1));
        let name = directive.strip_prefix('#').unwrap_or(directive);
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        let known = directives::is_known(name)
            || matches!(name, "if" | "end" | "set" | "else" | "elseif")
            || self.names.contains(name);
        let kept = if known { escapes.get(..(escapes.len() - 1) / 2).unwrap_or_default() } else { escapes };
        push_text(nodes, kept);
        push_text(nodes, directive);
        Ok(())
    }

    /// `\\` in front of a directive: they are halved.
    fn double_escapes(&mut self, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let mut count = 0;
        while self.kind()? == Kind::DoubleEscape {
            self.read()?;
            count += 1;
        }
        let next = self.peek_token(0)?.clone();
        let name = self.image(&next).get(1..).unwrap_or_default();
        let control = matches!(next.kind, Kind::If | Kind::ElseIf | Kind::Else | Kind::EndDirective)
            || directives::is_known(name)
            || self.names.contains(name);
        push_text(nodes, &(if control { "\\" } else { "\\\\" }).repeat(count));
        Ok(())
    }

    fn conditional(&mut self) -> Result<Node, Fault> {
        self.read()?;
        let mut branches = vec![self.branch()?];
        while self.kind()? == Kind::ElseIf {
            self.read()?;
            branches.push(self.branch()?);
        }
        let mut otherwise = None;
        if self.kind()? == Kind::Else {
            self.read()?;
            otherwise = Some(self.block()?);
        }
        self.take(Kind::EndDirective)?;
        Ok(Node::If(Box::new(crate::ast::If { branches, otherwise })))
    }

    fn branch(&mut self) -> Result<(crate::ast::Expression, Block), Fault> {
        self.skip_blank()?;
        self.take(Kind::ParenOpen)?;
        let condition = self.expression()?;
        self.take(Kind::ParenClose)?;
        Ok((condition, self.block()?))
    }

    fn set(&mut self) -> Result<Node, Fault> {
        self.read()?;
        self.skip_blank()?;
        let (target, variable) = self.reference_and_key()?;
        self.skip_blank()?;
        self.take(Kind::Assign)?;
        let value = self.expression()?;
        self.take(Kind::ParenClose)?;
        self.lexer.leave_set();
        if self.kind()? == Kind::Newline {
            self.read()?;
        }
        Ok(Node::Set(Box::new(crate::ast::Set { variable, target, value })))
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= NESTING {
            return Err((self.read_to, TemplateFault::TooDeep { limit: NESTING }));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn skip_blank(&mut self) -> Result<(), Fault> {
        if self.kind()? == Kind::Blank {
            self.read()?;
        }
        Ok(())
    }

    fn kind(&mut self) -> Result<Kind, Fault> {
        self.peek(0)
    }

    fn peek(&mut self, distance: usize) -> Result<Kind, Fault> {
        Ok(self.peek_token(distance)?.kind)
    }

    fn peek_token(&mut self, distance: usize) -> Result<&Token, Fault> {
        while self.ahead.len() <= distance {
            self.ahead.push(self.lexer.next()?);
        }
        let end = (self.text.len(), TemplateFault::Ends);
        self.ahead.get(distance).ok_or(end)
    }

    fn read(&mut self) -> Result<Token, Fault> {
        self.peek(0)?;
        let token = self.ahead.remove(0);
        self.read_to = token.end;
        if token.kind == Kind::Dot && token.end - token.start > 1 {
            self.lost.push(token.start..token.end - 1);
        }
        Ok(token)
    }

    /// Reads a token of this kind.
    fn take(&mut self, kind: Kind) -> Result<Token, Fault> {
        if self.kind()? == kind { self.read() } else { Err(self.unexpected()) }
    }

    fn unexpected(&mut self) -> Fault {
        match self.peek_token(0).cloned() {
            Ok(token) if token.kind == Kind::End => (token.start, TemplateFault::Ends),
            Ok(token) => (token.start, TemplateFault::Unexpected { found: self.image(&token).to_owned() }),
            Err(fault) => fault,
        }
    }

    fn image(&self, token: &Token) -> &'a str {
        // Of a dot nothing is left but itself, whatever began in front of it.
        let start = if token.kind == Kind::Dot { token.end.saturating_sub(1) } else { token.start };
        self.text.get(start..token.end).unwrap_or_default()
    }

    /// The text from `start` to what was read last.
    fn source(&self, start: usize) -> &'a str {
        self.text.get(start..self.read_to).unwrap_or_default()
    }
}

/// Whether a statement can begin with such a token.
fn starts_statement(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ParenOpen
            | Kind::ParenClose
            | Kind::EscapedDirective
            | Kind::Set
            | Kind::LineComment
            | Kind::DoubleEscape
            | Kind::Escape
            | Kind::Text
            | Kind::BlockComment
            | Kind::TextBlock
            | Kind::StringLiteral
            | Kind::If
            | Kind::Integer
            | Kind::Float
            | Kind::Word
            | Kind::BracedWord
            | Kind::Identifier
            | Kind::Dot
            | Kind::FormalOpen
            | Kind::FormalClose
            | Kind::EmptyIndex
    )
}

/// Neighbouring texts become one.
fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Node::Text(last)) = nodes.last_mut() {
        let mut joined = std::mem::take(last).into_string();
        joined.push_str(text);
        *last = joined.into_boxed_str();
    } else {
        nodes.push(Node::Text(text.into()));
    }
}

/// Puts a fault at the byte `at` of `text`.
fn place(text: &str, at: usize, what: TemplateFault) -> TemplateError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|c| *c == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    TemplateError { line, column, what }
}
