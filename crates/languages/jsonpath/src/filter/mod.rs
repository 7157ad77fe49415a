//! Filters: does a value satisfy an expression?

mod compare;
mod operand;
mod operator;

pub(crate) use operand::{Operand, Pattern};
pub(crate) use operator::Operator;

use serde_json::Value;

use crate::NotFound;
use crate::path::Path;
use crate::read::Reader;
use compare::Verdict;

/// The expression of a filter.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    AnyOf(Vec<Expression>),
    AllOf(Vec<Expression>),
    Not(Box<Expression>),
    /// Is there something at the path?
    Exists {
        path: Path,
        wanted: bool,
    },
    Compare {
        left: Operand,
        operator: Operator,
        right: Operand,
    },
}

impl Expression {
    pub(crate) fn any_of(terms: Vec<Self>) -> Self {
        alone(terms).unwrap_or_else(Self::AnyOf)
    }

    pub(crate) fn all_of(terms: Vec<Self>) -> Self {
        alone(terms).unwrap_or_else(Self::AllOf)
    }

    /// Is `item` let through? A comparison that has no meaning lets nothing through, however
    /// it is negated.
    pub(crate) fn accepts(&self, item: &Value, reader: &Reader<'_>) -> Result<bool, NotFound> {
        Ok(self.judge(item, reader)? == Verdict::True)
    }

    fn judge(&self, item: &Value, reader: &Reader<'_>) -> Result<Verdict, NotFound> {
        match self {
            Self::AnyOf(terms) => {
                for term in terms {
                    let verdict = term.judge(item, reader)?;
                    if verdict != Verdict::False {
                        return Ok(verdict);
                    }
                }
                Ok(Verdict::False)
            }
            Self::AllOf(terms) => {
                for term in terms {
                    let verdict = term.judge(item, reader)?;
                    if verdict != Verdict::True {
                        return Ok(verdict);
                    }
                }
                Ok(Verdict::True)
            }
            Self::Not(term) => Ok(term.judge(item, reader)?.negated()),
            Self::Exists { path, wanted } => {
                // Even a path that begins with `$` is looked for in the item: an oddity of
                // the library's.
                let reader = Reader { all_required: true, ..*reader };
                match reader.value_at(path, item) {
                    Ok(_) => Ok(Verdict::from(*wanted)),
                    Err(NotFound::TooMuchWork) => Err(NotFound::TooMuchWork),
                    Err(_) => Ok(Verdict::from(!*wanted)),
                }
            }
            Self::Compare { left, operator, right } => {
                let (left, right) = (left.value(item, reader)?, right.value(item, reader)?);
                compare::compare(&left, *operator, &right, reader)
            }
        }
    }
}

/// A single term needs nothing around it.
fn alone(mut terms: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match terms.pop() {
        Some(only) if terms.is_empty() => Ok(only),
        last => {
            terms.extend(last);
            Err(terms)
        }
    }
}
