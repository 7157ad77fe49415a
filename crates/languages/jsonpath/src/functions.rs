//! The functions of a path: `length`, `size`, `keys`, `min`, `max`, `avg`, `sum`, `stddev`,
//! `concat`, `append`.

use serde_json::{Number, Value};

use crate::path::{Path, Step};
use crate::read::Reader;
use crate::{NotFound, PathError};

/// A call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    name: Name,
    arguments: Arguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Length,
    Keys,
    Min,
    Max,
    Average,
    Sum,
    Deviation,
    Concat,
    Append,
}

#[derive(Clone, Debug)]
pub(crate) enum Arguments {
    /// Those between the parentheses.
    Given(Vec<Argument>),
    /// All that a path finds, in place of the value that the function stands behind.
    Found(Box<Path>),
}

#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// A path from the root of the document.
    Path(Path),
    Json(Value),
}

impl Function {
    pub(crate) fn new(name: &str, arguments: Arguments) -> Result<Self, PathError> {
        let name = match name {
            "length" | "size" => Name::Length,
            "keys" => Name::Keys,
            "min" => Name::Min,
            "max" => Name::Max,
            "avg" => Name::Average,
            "sum" => Name::Sum,
            "stddev" => Name::Deviation,
            "concat" => Name::Concat,
            "append" => Name::Append,
            _ => return Err(PathError::Function(name.to_owned())),
        };
        Ok(Self { name, arguments })
    }

    /// The function of all that `found` finds. To count is to count the parts of each.
    pub(crate) fn applied_to(self, found: Path) -> Self {
        let found = match self.name {
            Name::Length => {
                let steps = found.steps.into_iter().map(|placed| placed.step).chain([Step::Wildcard]);
                Path::new(found.start, steps.collect())
            }
            _ => found,
        };
        Self { name: self.name, arguments: Arguments::Found(Box::new(found)) }
    }

    pub(crate) fn apply(&self, value: &Value, reader: &Reader<'_>) -> Result<Value, NotFound> {
        let arguments = self.arguments(reader)?;
        match self.name {
            Name::Length => Ok(length(arguments.first().unwrap_or(value))),
            Name::Keys => Ok(match value {
                Value::Object(members) => {
                    reader.work.look(members.len())?;
                    members.keys().cloned().map(Value::String).collect()
                }
                _ => Value::Null,
            }),
            Name::Min | Name::Max | Name::Average | Name::Sum | Name::Deviation => {
                let numbers = numbers(value, &arguments, reader)?;
                let result = self.name.of_numbers(&numbers).ok_or(NotFound::NoNumbers)?;
                Ok(Number::from_f64(result).map_or(Value::Null, Value::Number))
            }
            Name::Concat => {
                let mut out = String::new();
                if let Value::Array(values) = value {
                    reader.work.look(values.len())?;
                    values.iter().filter_map(Value::as_str).for_each(|text| out.push_str(text));
                }
                for argument in &arguments {
                    append_text(argument, &mut out);
                }
                Ok(Value::String(out))
            }
            Name::Append => {
                let mut appended = reader.work.copy(value)?;
                if let Value::Array(values) = &mut appended {
                    values.extend(arguments);
                }
                Ok(appended)
            }
        }
    }

    fn arguments(&self, reader: &Reader<'_>) -> Result<Vec<Value>, NotFound> {
        match &self.arguments {
            Arguments::Given(arguments) => arguments.iter().map(|argument| argument.value(reader)).collect(),
            Arguments::Found(path) => Ok(vec![reader.value_at(path, reader.root)?.into_owned()]),
        }
    }
}

impl Argument {
    fn value(&self, reader: &Reader<'_>) -> Result<Value, NotFound> {
        match self {
            Self::Json(value) => reader.work.copy(value),
            Self::Path(path) => {
                let value = reader.value_at(path, reader.root)?;
                reader.work.copy(&value)
            }
        }
    }
}

impl Name {
    fn of_numbers(self, numbers: &[f64]) -> Option<f64> {
        if numbers.is_empty() {
            return None;
        }
        #[allow(clippy::cast_precision_loss)] // A list of 2⁵³ numbers fits nowhere.
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        Some(match self {
            Self::Min => numbers.iter().copied().fold(f64::MAX, f64::min),
            // The library starts from the smallest number above zero (Java's
            // `Double.MIN_VALUE`), which is thus the largest of negative numbers.
            Self::Max => numbers.iter().copied().fold(f64::from_bits(1), f64::max),
            Self::Average => sum / count,
            Self::Sum => sum,
            Self::Deviation => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                (squares / count - sum * sum / count / count).sqrt()
            }
            Self::Length | Self::Keys | Self::Concat | Self::Append => return None,
        })
    }
}

fn length(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.len().into(),
        Value::Object(members) => members.len().into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    }
}

/// The numbers in the list `value`, and those in the arguments and their lists.
fn numbers(value: &Value, arguments: &[Value], reader: &Reader<'_>) -> Result<Vec<f64>, NotFound> {
    let mut numbers = Vec::new();
    if let Value::Array(values) = value {
        reader.work.look(values.len())?;
        numbers.extend(values.iter().filter_map(Value::as_f64));
    }
    for argument in arguments {
        match argument {
            Value::Array(values) => {
                reader.work.look(values.len())?;
                numbers.extend(values.iter().filter_map(Value::as_f64));
            }
            other => numbers.extend(other.as_f64()),
        }
    }
    Ok(numbers)
}

/// The text of a value, or of each value of a list; null has none.
fn append_text(argument: &Value, out: &mut String) {
    let mut append = |value: &Value| match value {
        Value::Null => {}
        Value::String(text) => out.push_str(text),
        other => out.push_str(&other.to_string()),
    };
    match argument {
        Value::Array(values) => values.iter().for_each(append),
        other => append(other),
    }
}
