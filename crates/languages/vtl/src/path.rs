//! JSONPath, as far as templates need it: compiled with the template, read from the payload.

use std::borrow::Cow;

use serde_json::Value as Json;

/// A compiled path.
#[derive(Clone, Debug)]
pub(crate) struct Path(Vec<Selector>);

#[derive(Clone, Debug)]
enum Selector {
    Member(Box<str>),
    Element(i64),
}

impl Path {
    /// # Errors
    /// What is wrong with the path.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut selectors = Vec::new();
        if !text.starts_with('$') && !text.is_empty() {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            selectors.push(Selector::Member(name.into()));
            rest = after;
        }
        while !rest.is_empty() {
            if let Some(named) = rest.strip_prefix('.') {
                let end = named.find(['.', '[']).unwrap_or(named.len());
                let (name, after) = named.split_at(end);
                if name.is_empty() || name.contains(['*', '(', '?']) {
                    return Err(format!("{rest:?} is not supported yet"));
                }
                selectors.push(Selector::Member(name.into()));
                rest = after;
            } else {
                let (inside, after) = rest
                    .strip_prefix('[')
                    .and_then(|inside| inside.split_once(']'))
                    .ok_or_else(|| format!("{rest:?} is not expected"))?;
                let quoted =
                    |quote: char| inside.strip_prefix(quote).and_then(|name| name.strip_suffix(quote));
                selectors.push(match quoted('\'').or_else(|| quoted('"')) {
                    Some(name) => Selector::Member(name.into()),
                    None => Selector::Element(inside.parse().map_err(|_| format!("{inside:?} is no index"))?),
                });
                rest = after;
            }
        }
        Ok(Self(selectors))
    }

    /// What the path leads to; `None` if there is nothing.
    pub(crate) fn read<'a>(&self, document: &'a Json) -> Option<Cow<'a, Json>> {
        let mut value = document;
        for selector in &self.0 {
            value = match selector {
                Selector::Member(name) => value.get(&**name)?,
                Selector::Element(index) => {
                    let elements = value.as_array()?;
                    let from_end = elements.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
                    let at = if *index < 0 { from_end? } else { usize::try_from(*index).ok()? };
                    elements.get(at)?
                }
            };
        }
        Some(Cow::Borrowed(value))
    }
}
