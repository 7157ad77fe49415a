//! String literals. In double quotes they are templates.

use super::{Parser, place};
use crate::ast::{Expression, Node};
use crate::error::TemplateFault;
use crate::lexer::Fault;
use crate::value::Value;

impl Parser<'_> {
    pub(super) fn string(&mut self) -> Result<Expression, Fault> {
        let token = self.read()?;
        let image = self.image(&token);
        let inside = image.get(1..image.len().saturating_sub(1)).unwrap_or_default();
        if image.starts_with('\'') {
            return Ok(Expression::Constant(Value::text(&inside.replace("''", "'"))));
        }
        let unescaped =
            unescape(inside).ok_or((token.start, TemplateFault::Unexpected { found: "\\u".to_owned() }))?;
        let text = unescaped.replace("\"\"", "\"");
        if !image.contains(['$', '#']) {
            return Ok(Expression::Constant(Value::text(&text)));
        }
        self.nested(|parser| parser.template_string(text, token.start))
    }

    /// A string with references or directives in it. Velocity puts a blank behind it before
    /// it parses it and takes the last character of the result off again.
    fn template_string(&mut self, mut text: String, start: usize) -> Result<Expression, Fault> {
        let mut chop = !text.contains("##");
        if chop {
            text.push(' ');
        }
        let mut inner = Parser::new(&text, self.depth);
        inner.names.clone_from(&self.names);
        let mut nodes = inner.template().map_err(|(at, what)| match what {
            TemplateFault::Ends => (start, TemplateFault::EndsInside(text.trim_end().to_owned())),
            what => (start + place(&text, at, what.clone()).column, what),
        })?;
        self.macros.append(&mut inner.macros);
        if chop
            && let Some(Node::Text(last)) = nodes.last_mut()
            && last.ends_with(' ')
        {
            // The blank is known to be printed last.
            chop = false;
            *last = last.get(..last.len() - 1).unwrap_or_default().into();
            if last.is_empty() {
                nodes.pop();
            }
        }
        Ok(Expression::Interpolated { body: nodes.into(), chop })
    }
}

/// Replaces `\uXXXX`; `None` if no four hexadecimal digits follow.
fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once("\\u") {
        if !before.is_empty() {
            flush(&mut units, &mut out);
            out.push_str(before);
        }
        units.push(u16::from_str_radix(escaped.get(..4)?, 16).ok()?);
        rest = escaped.get(4..)?;
    }
    flush(&mut units, &mut out);
    out.push_str(rest);
    Some(out)
}

/// Surrogates come in pairs of escapes.
fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.push_str(&String::from_utf16_lossy(units));
    units.clear();
}
