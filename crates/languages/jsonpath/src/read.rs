//! Reading a document by a path.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::NotFound;
use crate::filter::Expression;
use crate::path::{Path, PlacedStep, Step};
use crate::work::Work;

/// Reads what `path` names in `document`.
pub(crate) fn read<'a>(path: &Path, document: &'a Value) -> Result<Cow<'a, Value>, NotFound> {
    let work = Work::new();
    Reader { root: document, work: &work, all_required: false }.value_at(path, document)
}

/// One reading.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'r> {
    pub(crate) root: &'r Value,
    pub(crate) work: &'r Work,
    /// A property that one of several values lacks is missing altogether: how filters ask
    /// whether a path is there.
    pub(crate) all_required: bool,
}

impl Reader<'_> {
    /// The value at a definite path, the list at an indefinite one.
    pub(crate) fn value_at<'v>(&self, path: &Path, from: &'v Value) -> Result<Cow<'v, Value>, NotFound> {
        let mut found = Vec::new();
        self.walk(&path.steps, from, &mut found)?;
        if path.definite {
            return found.pop().ok_or(NotFound::Missing);
        }
        let mut list = Vec::with_capacity(found.len());
        for value in found {
            list.push(match value {
                Cow::Borrowed(value) => self.work.copy(value)?,
                Cow::Owned(value) => value,
            });
        }
        Ok(Cow::Owned(Value::Array(list)))
    }

    fn walk<'v>(
        &self,
        steps: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        self.work.look(1)?;
        let Some((placed, rest)) = steps.split_first() else {
            found.push(Cow::Borrowed(value));
            return Ok(());
        };
        self.work.deeper(|| match &placed.step {
            Step::Property(name) => self.property(name, placed, rest, value, found),
            Step::Properties(names) => self.properties(names, placed, rest, value, found),
            Step::Wildcard => self.wildcard(rest, value, found),
            Step::Scan => match rest.split_first() {
                Some((next, _)) => self.scan(next, rest, value, found),
                None => Ok(()),
            },
            Step::Index(index) => self.elements(&[*index], placed, rest, value, found),
            Step::Indices(indices) => self.elements(indices, placed, rest, value, found),
            Step::Slice { from, to } => self.slice(*from, *to, placed, rest, value, found),
            Step::Filter(expression) => self.filter(expression, placed, rest, value, found),
            Step::Function(function) => {
                let result = function.apply(value, self)?;
                if rest.is_empty() {
                    found.push(Cow::Owned(result));
                    return Ok(());
                }
                // The function's own result counts too, unless the path goes on to others.
                let mut behind = Vec::new();
                self.walk(rest, &result, &mut behind)?;
                let behind: Vec<_> = behind.into_iter().map(Cow::into_owned).collect();
                found.push(Cow::Owned(result));
                found.extend(behind.into_iter().map(Cow::Owned));
                Ok(())
            }
        })
    }

    fn property<'v>(
        &self,
        name: &str,
        placed: &PlacedStep,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        let Value::Object(members) = value else {
            return missing_if(placed.definite_before);
        };
        match members.get(name) {
            Some(member) => self.walk(rest, member, found),
            None => missing_if(self.all_required || (placed.definite_before && !rest.is_empty())),
        }
    }

    fn properties<'v>(
        &self,
        names: &[Box<str>],
        placed: &PlacedStep,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        let Value::Object(members) = value else {
            return missing_if(placed.definite_before);
        };
        if !rest.is_empty() {
            for member in names.iter().filter_map(|name| members.get(&**name)) {
                self.walk(rest, member, found)?;
            }
            return Ok(());
        }
        let mut merged = Map::new();
        for name in names {
            if let Some(member) = members.get(&**name) {
                merged.insert(name.to_string(), self.work.copy(member)?);
            } else if self.all_required {
                return Err(NotFound::Missing);
            }
        }
        found.push(Cow::Owned(Value::Object(merged)));
        Ok(())
    }

    fn wildcard<'v>(
        &self,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        for part in parts(value) {
            match self.walk(rest, part, found) {
                Err(NotFound::Missing) if !self.all_required => {}
                other => other?,
            }
        }
        Ok(())
    }

    /// Takes `next` on `value`, if that is something it can be taken on, and on all within.
    fn scan<'v>(
        &self,
        next: &PlacedStep,
        steps: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        self.work.look(1)?;
        let fits = match &next.step {
            Step::Property(name) => value.get(&**name).is_some(),
            Step::Properties(names) => match value {
                // At the end of a path all the names have to be there.
                Value::Object(members) => {
                    steps.len() > 1 || names.iter().all(|name| members.contains_key(&**name))
                }
                _ => false,
            },
            Step::Wildcard => true,
            Step::Index(_) | Step::Indices(_) | Step::Slice { .. } => value.is_array(),
            // A list is filtered only if it satisfies the filter itself. What it contains is
            // scanned anyway.
            Step::Filter(expression) => {
                (value.is_array() || value.is_object()) && expression.accepts(value, self)?
            }
            Step::Scan | Step::Function(_) => false,
        };
        if fits {
            self.walk(steps, value, found)?;
        }
        self.work.deeper(|| parts(value).try_for_each(|part| self.scan(next, steps, part, found)))
    }

    fn elements<'v>(
        &self,
        indices: &[i32],
        placed: &PlacedStep,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        let Value::Array(values) = value else {
            return missing_if(placed.definite_before);
        };
        for index in indices {
            if let Some(element) = element(values, i64::from(*index)) {
                self.walk(rest, element, found)?;
            }
        }
        Ok(())
    }

    fn slice<'v>(
        &self,
        from: Option<i32>,
        to: Option<i32>,
        placed: &PlacedStep,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        let Value::Array(values) = value else {
            return missing_if(placed.definite_before);
        };
        let length = i64::try_from(values.len()).unwrap_or(i64::MAX);
        let from_end = |index: i32| if index < 0 { length + i64::from(index) } else { i64::from(index) };
        let (first, end) = match (from, to) {
            (None, None) => (0, length),
            (Some(from), None) => (from_end(from).max(0), length),
            (None, Some(to)) => (0, from_end(to).min(length)),
            // With both ends the numbers are taken as indices one by one, so that `[-2:2]`
            // reads -2, -1, 0, 1: an oddity of the library's.
            (Some(from), Some(to)) => (i64::from(from).max(-length), i64::from(to).min(length)),
        };
        for index in first..end {
            self.work.look(1)?;
            if let Some(element) = element(values, index) {
                self.walk(rest, element, found)?;
            }
        }
        Ok(())
    }

    fn filter<'v>(
        &self,
        expression: &Expression,
        placed: &PlacedStep,
        rest: &[PlacedStep],
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), NotFound> {
        match value {
            Value::Object(_) => {
                if expression.accepts(value, self)? {
                    self.walk(rest, value, found)?;
                }
            }
            Value::Array(values) => {
                for element in values {
                    if expression.accepts(element, self)? {
                        self.walk(rest, element, found)?;
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if placed.definite_before {
                    return Err(NotFound::FilterOnPlainValue);
                }
            }
        }
        Ok(())
    }
}

fn missing_if(condition: bool) -> Result<(), NotFound> {
    if condition { Err(NotFound::Missing) } else { Ok(()) }
}

/// The element at `index`, from the end if that is negative.
fn element(values: &[Value], index: i64) -> Option<&Value> {
    let length = i64::try_from(values.len()).ok()?;
    let index = if index < 0 { index.checked_add(length)? } else { index };
    values.get(usize::try_from(index).ok()?)
}

/// The values directly within `value`.
fn parts(value: &Value) -> impl Iterator<Item = &Value> {
    let (elements, members) = match value {
        Value::Array(values) => (Some(values.iter()), None),
        Value::Object(members) => (None, Some(members.values())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (None, None),
    };
    elements.into_iter().flatten().chain(members.into_iter().flatten())
}
