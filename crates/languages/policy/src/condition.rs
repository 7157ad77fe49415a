//! The `Condition` element: an operator, a key of the request's context, and the values it is
//! held against (IAM user guide, "Condition operators", "Conditions with multiple context keys
//! or values", "Set operators for multivalued context keys").

mod comparison;
mod moment;
mod network;
mod operator;

pub use network::Network;

use serde_json::Value;

use crate::error::PolicyError;
use crate::json::{object, one_or_many};
use crate::request::Context;
use comparison::Comparison;
use operator::{Operator, Quantifier};

/// One key under one operator. All conditions of a statement must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// In lower case.
    key: Box<str>,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Whether the key is absent is one of these.
    Absent(Vec<bool>),
    Compare {
        quantifier: Quantifier,
        if_exists: bool,
        negated: bool,
        comparison: Comparison,
    },
}

impl Condition {
    /// Reads a `Condition` element.
    pub(crate) fn parse_all(value: &Value, variables: bool, at: &str) -> Result<Vec<Self>, PolicyError> {
        let mut out = Vec::new();
        for (operator, keys) in object(value, at)? {
            let parsed = Operator::parse(operator)
                .ok_or_else(|| PolicyError::Operator { at: at.into(), operator: operator.clone() })?;
            let at = format!("{at}.{operator}");
            for (key, values) in object(keys, &at)? {
                if !key.contains(':') {
                    return Err(PolicyError::Value {
                        at,
                        value: key.clone(),
                        expected: "a condition key, such as aws:SourceIp",
                    });
                }
                out.push(Self::parse(parsed, key, values, variables, &format!("{at}.{key}"))?);
            }
        }
        Ok(out)
    }

    fn parse(
        operator: Operator,
        key: &str,
        values: &Value,
        variables: bool,
        at: &str,
    ) -> Result<Self, PolicyError> {
        let values: Vec<String> =
            one_or_many(values).iter().map(|value| scalar(value, at)).collect::<Result<_, _>>()?;
        let wrong = |(value, expected): (&str, _)| PolicyError::Value {
            at: at.into(),
            value: value.into(),
            expected,
        };
        let test = match operator {
            Operator::Null => Test::Absent(comparison::booleans(&values).map_err(wrong)?),
            Operator::Compare { quantifier, if_exists, negated, kind } => Test::Compare {
                quantifier,
                if_exists,
                negated,
                comparison: Comparison::parse(kind, &values, variables).map_err(wrong)?,
            },
        };
        Ok(Self { key: key.to_ascii_lowercase().into(), test })
    }

    /// Whether the condition holds. `deny` says what kind of statement it is in: where a
    /// negated operator cannot tell (a variable without a value, a number that is none), a
    /// Deny applies and an Allow does not.
    pub(crate) fn holds(&self, context: &Context<'_>, deny: bool) -> bool {
        if context.is_untold(&self.key) {
            return deny;
        }
        let values = context.values(&self.key);
        let (quantifier, if_exists, negated, comparison) = match &self.test {
            Test::Absent(wanted) => return wanted.contains(&values.is_empty()),
            Test::Compare { quantifier, if_exists, negated, comparison } => {
                (*quantifier, *if_exists, *negated, comparison)
            }
        };
        if values.is_empty() {
            // An absent key equals nothing. What is asked of all values holds of none at all,
            // what is asked of any does not.
            return if_exists
                || match quantifier {
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                    Quantifier::None => negated,
                };
        }
        let holds_for = |value: &str| match comparison.matches(value, context) {
            Some(matches) => matches != negated,
            None => negated && deny,
        };
        let mut values = values.iter();
        match (quantifier, negated) {
            (Quantifier::ForAllValues, _) | (Quantifier::None, true) => values.all(|value| holds_for(value)),
            (Quantifier::ForAnyValue, _) | (Quantifier::None, false) => values.any(|value| holds_for(value)),
        }
    }
}

/// Policies write `true` and `"true"`, `1` and `"1"` alike.
fn scalar(value: &Value, at: &str) -> Result<String, PolicyError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(PolicyError::Type {
            at: at.into(),
            expected: "a string, a number, a boolean or a list of them",
        }),
    }
}
