//! `toString()`. Maps print as Java's do, lists of a JSON document as JSON (recorded from
//! AWS: `{foo=[{"nested":"bar"}]}`).

use super::json::{Slashes, write_json};
use super::{Heap, Host, ListKind, MapKind, Value, print_double};
use crate::error::RenderError;
use crate::limits::DEPTH;

impl Heap {
    /// Appends what `value` prints. Blocks print nothing here: they are rendered.
    ///
    /// # Errors
    /// If values stand too deep inside each other, or the text becomes longer than `limit`.
    pub(crate) fn print(&self, value: &Value, limit: usize, out: &mut String) -> Result<(), RenderError> {
        self.print_at(value, limit, 0, out)
    }

    fn print_at(
        &self,
        value: &Value,
        limit: usize,
        depth: usize,
        out: &mut String,
    ) -> Result<(), RenderError> {
        if depth > DEPTH {
            return Err(RenderError::TooDeep { limit: DEPTH });
        }
        if out.len() > limit {
            return Err(RenderError::OutputTooLong { limit });
        }
        match value {
            Value::List(id) if self.list(*id).kind == ListKind::Json => {
                return write_json(self, value, limit, Slashes::Escaped, depth, out);
            }
            Value::List(id) => {
                out.push('[');
                for (at, element) in self.list(*id).elements.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    match element {
                        Value::List(inner) if inner == id => out.push_str("(this Collection)"),
                        element => self.print_at(element, limit, depth + 1, out)?,
                    }
                }
                out.push(']');
            }
            Value::Map(id) => {
                let map = self.map(*id);
                // Recorded from AWS: overrides print nothing before one is set.
                let shown = |value: &Value| match value {
                    Value::Map(inner) => map.kind == MapKind::Plain || !self.is_idle(*inner),
                    _ => true,
                };
                if map.kind == MapKind::Override && !map.entries.values().any(shown) {
                    return Ok(());
                }
                out.push('{');
                for (at, (key, value)) in map.entries.iter().filter(|(_, value)| shown(value)).enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    self.print_at(&key.to_value(), limit, depth + 1, out)?;
                    out.push('=');
                    match value {
                        Value::Map(inner) if inner == id => out.push_str("(this Map)"),
                        value => self.print_at(value, limit, depth + 1, out)?,
                    }
                }
                out.push('}');
            }
            Value::Entry(at) => {
                if let Some((map, key)) = self.entries.get(*at) {
                    let key = key.to_value();
                    self.print_at(&key, limit, depth + 1, out)?;
                    out.push('=');
                    self.print_at(&self.get(*map, &key), limit, depth + 1, out)?;
                }
            }
            Value::Loop(at) => {
                if let Some(running) = self.loops.get(*at) {
                    self.print_at(&Value::Map(running.storage), limit, depth + 1, out)?;
                }
            }
            simple => print_simple(simple, out),
        }
        if out.len() > limit { Err(RenderError::OutputTooLong { limit }) } else { Ok(()) }
    }

    /// An override in which nothing is set.
    fn is_idle(&self, id: super::MapId) -> bool {
        let map = self.map(id);
        map.kind == MapKind::Override && map.entries.is_empty()
    }
}

/// Appends a value that has no parts.
pub(crate) fn print_simple(value: &Value, out: &mut String) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Null => out.write_str("null"),
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Integer(number) => write!(out, "{number}"),
        Value::Long(number) => write!(out, "{number}"),
        Value::Big(number) => write!(out, "{number}"),
        Value::Double(number) => {
            print_double(*number, out);
            Ok(())
        }
        Value::Text(text) => out.write_str(text),
        Value::Host(host) => out.write_str(match host {
            Host::Input => "$input",
            Host::Context => "$context",
            Host::StageVariables => "$stageVariables",
            Host::Util => "$util",
        }),
        Value::List(_) | Value::Map(_) | Value::Entry(_) | Value::Loop(_) | Value::Block(_) => Ok(()),
    };
}
