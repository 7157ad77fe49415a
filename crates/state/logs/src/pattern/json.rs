//! Conditions on JSON events: `{ ($.user.id = 1 || $.path = "/pets*") && $.error NOT EXISTS }`.
//!
//! A comparison with something that is not there, or is an array or object, is false, `!=`
//! included.

use serde_json::Value;

use super::{PatternError, wildcard};
use crate::limits::{PATTERN_DEPTH, PATTERN_WILDCARDS, SELECTOR_WILDCARDS};

/// What must hold of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare(Selector, Operator, Operand),
    Is(Selector, Value),
    Missing(Selector),
}

/// The way to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
    /// Any field or element.
    Each,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is compared with. An unquoted number compares as a number with numbers, and by its
/// text with strings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    text: String,
    number: Option<f64>,
}

impl Condition {
    pub(super) fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(event)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(event)),
            Self::Compare(selector, operator, operand) => {
                selector.any(event, &mut |value| operand.compare(*operator, value))
            }
            Self::Is(selector, expected) => selector.any(event, &mut |value| value == expected),
            Self::Missing(selector) => !selector.any(event, &mut |_| true),
        }
    }
}

impl Selector {
    /// Whether any of the values it leads to passes the test.
    fn any(&self, event: &Value, test: &mut dyn FnMut(&Value) -> bool) -> bool {
        descend(event, &self.0, test)
    }

    fn wildcards(&self) -> usize {
        self.0.iter().filter(|step| **step == Step::Each).count()
    }
}

fn descend(value: &Value, steps: &[Step], test: &mut dyn FnMut(&Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else { return test(value) };
    match (step, value) {
        (Step::Field(name), Value::Object(fields)) => {
            fields.get(name).is_some_and(|value| descend(value, rest, test))
        }
        (Step::Element(index), Value::Array(elements)) => {
            elements.get(*index).is_some_and(|value| descend(value, rest, test))
        }
        (Step::Each, Value::Object(fields)) => fields.values().any(|value| descend(value, rest, test)),
        (Step::Each, Value::Array(elements)) => elements.iter().any(|value| descend(value, rest, test)),
        _ => false,
    }
}

impl Operand {
    fn compare(&self, operator: Operator, value: &Value) -> bool {
        let equal = || match value {
            Value::String(text) => Some(wildcard(&self.text, text)),
            Value::Number(number) => Some(match self.number {
                Some(expected) => number.as_f64() == Some(expected),
                None => wildcard(&self.text, &number.to_string()),
            }),
            Value::Bool(truth) => Some(wildcard(&self.text, if *truth { "true" } else { "false" })),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let numbers = || value.as_f64().zip(self.number);
        match operator {
            Operator::Equal => equal() == Some(true),
            Operator::NotEqual => equal() == Some(false),
            Operator::Less => numbers().is_some_and(|(found, bound)| found < bound),
            Operator::LessOrEqual => numbers().is_some_and(|(found, bound)| found <= bound),
            Operator::Greater => numbers().is_some_and(|(found, bound)| found > bound),
            Operator::GreaterOrEqual => numbers().is_some_and(|(found, bound)| found >= bound),
        }
    }
}

const fn malformed(reason: &'static str) -> PatternError {
    PatternError::Malformed { reason }
}

/// Reads a pattern, braces included.
pub(super) fn parse(text: &str) -> Result<Condition, PatternError> {
    let inside = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .ok_or(malformed("a brace is not closed"))?;
    let mut reader = Reader { rest: inside, wildcards: 0 };
    let condition = reader.any(0)?;
    if !reader.rest.trim_start().is_empty() {
        return Err(malformed("there is more behind its end"));
    }
    if reader.wildcards > PATTERN_WILDCARDS {
        return Err(malformed("it has more than three wildcard selectors"));
    }
    Ok(condition)
}

struct Reader<'t> {
    rest: &'t str,
    wildcards: usize,
}

impl<'t> Reader<'t> {
    /// Conditions joined by `||`, which binds less than `&&`.
    fn any(&mut self, depth: usize) -> Result<Condition, PatternError> {
        let first = self.all(depth)?;
        let mut conditions = vec![first];
        while self.take("||") {
            conditions.push(self.all(depth)?);
        }
        Ok(one_or(conditions, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, PatternError> {
        let mut conditions = vec![self.one(depth)?];
        while self.take("&&") {
            conditions.push(self.one(depth)?);
        }
        Ok(one_or(conditions, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, PatternError> {
        if !self.take("(") {
            return self.condition();
        }
        if depth >= PATTERN_DEPTH {
            return Err(malformed("its parentheses are nested too deeply"));
        }
        let inside = self.any(depth + 1)?;
        if self.take(")") { Ok(inside) } else { Err(malformed("a parenthesis is not closed")) }
    }

    fn condition(&mut self) -> Result<Condition, PatternError> {
        let selector = self.selector()?;
        if self.take("IS ") {
            let value = match self.bare() {
                "NULL" => Value::Null,
                "TRUE" => Value::Bool(true),
                "FALSE" => Value::Bool(false),
                _ => return Err(malformed("IS is followed by NULL, TRUE or FALSE")),
            };
            return Ok(Condition::Is(selector, value));
        }
        if self.take("NOT ") {
            return match self.bare() {
                "EXISTS" => Ok(Condition::Missing(selector)),
                _ => Err(malformed("NOT is followed by EXISTS")),
            };
        }
        // The longer ones first: `<=` starts with `<`.
        let operator = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find(|(sign, _)| self.take(sign));
        let Some((_, operator)) = operator else {
            return Err(malformed("a property selector is followed by a comparison"));
        };
        let operand = self.operand()?;
        let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if ordered && operand.number.is_none() {
            return Err(malformed("only numbers are greater or less"));
        }
        Ok(Condition::Compare(selector, operator, operand))
    }

    fn selector(&mut self) -> Result<Selector, PatternError> {
        if !self.take("$") {
            return Err(malformed("a condition starts with a property selector"));
        }
        let mut selector = Selector::default();
        loop {
            // No blanks inside a selector.
            let dot = self.rest.strip_prefix('.');
            let behind = dot.unwrap_or(self.rest);
            if let Some(bracket) = behind.strip_prefix('[') {
                let (inside, behind) = bracket.split_once(']').ok_or(malformed("a bracket is not closed"))?;
                selector.0.push(bracketed(inside)?);
                self.rest = behind;
            } else if dot.is_none() {
                break;
            } else if let Some(behind) = behind.strip_prefix('*') {
                selector.0.push(Step::Each);
                self.rest = behind;
            } else {
                let name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@');
                let end = behind.find(|c| !name(c)).unwrap_or(behind.len());
                let (field, behind) = behind.split_at(end);
                if field.is_empty() {
                    return Err(malformed("a property selector has an empty name"));
                }
                selector.0.push(Step::Field(field.to_owned()));
                self.rest = behind;
            }
        }
        if selector.0.is_empty() {
            return Err(malformed("a property selector has no name"));
        }
        if selector.wildcards() > SELECTOR_WILDCARDS {
            return Err(malformed("a property selector has more than one wildcard"));
        }
        self.wildcards += selector.wildcards();
        Ok(selector)
    }

    fn operand(&mut self) -> Result<Operand, PatternError> {
        if self.take("\"") {
            let (text, behind) =
                self.rest.split_once('"').ok_or(malformed("a quotation mark is not closed"))?;
            self.rest = behind;
            return Ok(Operand { text: text.to_owned(), number: None });
        }
        let text = self.bare();
        if text.starts_with('%') {
            return Err(PatternError::Unsupported { what: "a regular expression" });
        }
        if text.is_empty() {
            return Err(malformed("a comparison is followed by a value"));
        }
        // Words that Rust reads as numbers but JSON does not have.
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        Ok(Operand { text: text.to_owned(), number })
    }

    /// The characters up to a blank, a closing parenthesis or an `&&` or `||`.
    fn bare(&mut self) -> &'t str {
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .char_indices()
            .find(|&(at, c)| {
                let behind = self.rest.get(at..).unwrap_or_default();
                c.is_whitespace() || c == ')' || behind.starts_with("&&") || behind.starts_with("||")
            })
            .map_or(self.rest.len(), |(at, _)| at);
        let (text, behind) = self.rest.split_at(end);
        self.rest = behind;
        text
    }

    /// Skips blanks, and this sign if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(behind) => {
                self.rest = behind;
                true
            }
            None => false,
        }
    }
}

fn one_or(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            conditions.extend(last);
            join(conditions)
        }
    }
}

fn bracketed(inside: &str) -> Result<Step, PatternError> {
    if inside == "*" {
        return Ok(Step::Each);
    }
    let quoted = |mark: char| inside.strip_prefix(mark).and_then(|text| text.strip_suffix(mark));
    if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
        return Ok(Step::Field(name.to_owned()));
    }
    let index = inside.parse().map_err(|_| malformed("brackets hold a number, a wildcard or a name"))?;
    Ok(Step::Element(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAIL: &str = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": null, "cluster.name": "c"}"#;
    const USERS: &str = r#"{"user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
        "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]]}"#;

    fn check(event: &str, pattern: &str, expected: bool) {
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!(parse(pattern).unwrap().holds(&event), expected, "{pattern}");
    }

    #[test]
    fn the_user_guides_examples_match_what_it_says() {
        check(TRAIL, r#"{ $.eventType = "UpdateTrail" }"#, true);
        check(TRAIL, "{ $.sourceIPAddress != 123.123.* }", true);
        check(TRAIL, r#"{ $.arrayKey[0] = "value" }"#, true);
        check(TRAIL, "{ $.['cluster.name'] = \"c\" }", true);
        check(TRAIL, "{ $.SomeObject IS NULL }", true);
        check(TRAIL, "{ $.SomeOtherObject NOT EXISTS }", true);
        check(USERS, r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, true);
        check(
            USERS,
            r#"{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }"#,
            true,
        );
        check(
            USERS,
            r#"{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }"#,
            false,
        );
        check(
            USERS,
            r#"{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }"#,
            false,
        );
    }

    #[test]
    fn numbers_compare_as_numbers() {
        let event = r#"{"latency": 50, "ratio": 0.5, "code": "400", "big": 1000}"#;
        for (pattern, expected) in [
            ("{ $.latency < 51 }", true),
            ("{ $.latency < 50 }", false),
            ("{ $.latency <= 50 }", true),
            ("{ $.latency > 49.5 }", true),
            ("{ $.latency > 50 }", false),
            ("{ $.latency >= 50}", true),
            ("{$.latency=50}", true),
            ("{ $.latency = 5e1 }", true),
            ("{ $.latency != 50 }", false),
            ("{ $.latency = 5* }", true),
            ("{ $.ratio = +0.5 }", true),
            ("{ $.big = 1e+3 }", true),
            ("{ $.code = 400 }", true),
            ("{ $.code > 300 }", false),
        ] {
            check(event, pattern, expected);
        }
    }

    #[test]
    fn what_is_missing_or_no_plain_value_compares_false() {
        for pattern in [
            "{ $.nothing = 1 }",
            "{ $.nothing != 1 }",
            "{ $.users = * }",
            "{ $.user != 1 }",
            "{ $.user.id.deeper = 1 }",
            "{ $.actions[3] = * }",
            "{ $.user NOT EXISTS }",
            "{ $.user IS NULL }",
        ] {
            check(USERS, pattern, false);
        }
        check(TRAIL, "{ $.SomeObject = * }", false);
        check(r#"{"ok": true}"#, "{ $.ok IS TRUE && $.ok = true && $.no NOT EXISTS }", true);
    }

    #[test]
    fn a_wildcard_selects_any_field_or_element() {
        check(USERS, "{ $.users[*].id = 3 }", true);
        check(USERS, "{ $.users[*].id = 4 }", false);
        check(TRAIL, "{ $.* = 111.111.* }", true);
    }

    #[test]
    fn broken_conditions_are_refused() {
        for pattern in [
            "{",
            "{ }",
            "{ $ }",
            "{ $. = 1 }",
            "{ $.a }",
            "{ $.a = }",
            "{ $.a = 1",
            "{ $.a = \"x }",
            "{ $.a[x] = 1 }",
            "{ $.a[0 = 1 }",
            "{ ($.a = 1 }",
            "{ $.a = 1) }",
            "{ $.a = 1 && }",
            "{ $.a = 1 $.b = 2 }",
            "{ $.a > x }",
            "{ $.a IS 1 }",
            "{ $.a IS NOT NULL }",
            "{ $.a EXISTS }",
            "{ $.*.b.* = 1 }",
            "{ $.* = 1 && $.a[*] = 1 && $.b[*] = 1 && $.c[*] = 1 }",
        ] {
            assert!(matches!(parse(pattern), Err(PatternError::Malformed { .. })), "{pattern}");
        }
        let nested = |depth: usize| format!("{{ {}$.a = 1{} }}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(32)).is_ok());
        assert_eq!(
            parse(&nested(33)),
            Err(PatternError::Malformed { reason: "its parentheses are nested too deeply" })
        );
    }
}
