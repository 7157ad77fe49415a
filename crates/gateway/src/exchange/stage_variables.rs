//! A stage's variables, and their places in URIs.

use serde_json::Value;

/// The variables of a stage, in the order in which AWS lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StageVariables(Vec<(Box<str>, Box<str>)>);

/// A URI names a variable that the stage does not have, or its `${` is not closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stage variable {name} is not defined")]
pub struct UndefinedVariable {
    /// What was named.
    pub name: String,
}

const OPENING: &str = "${stageVariables.";

impl StageVariables {
    /// Of names and values.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| **own == *name).map(|(_, value)| &**value)
    }

    /// The names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// `stageVariables` of a function's event: an object, or `null` if there are none.
    #[must_use]
    pub fn to_event(&self) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        Value::Object(
            self.0.iter().map(|(name, value)| (name.to_string(), Value::from(value.to_string()))).collect(),
        )
    }

    /// `text` with each `${stageVariables.x}` replaced by its value. Values are put in once:
    /// what looks like a variable in a value is text.
    ///
    /// # Errors
    /// If the stage has no such variable (recorded from AWS: then every request to the
    /// method is answered 500).
    pub fn substitute(&self, text: &str) -> Result<String, UndefinedVariable> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, named)) = rest.split_once(OPENING) {
            out.push_str(before);
            let undefined = |name: &str| UndefinedVariable { name: name.to_owned() };
            let (name, after) = named.split_once('}').ok_or_else(|| undefined(named))?;
            out.push_str(self.get(name).ok_or_else(|| undefined(name))?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Whether `text` names a stage variable.
    #[must_use]
    pub fn are_in(text: &str) -> bool {
        text.contains(OPENING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> StageVariables {
        StageVariables::new([
            ("host".to_owned(), "127.0.0.1:9999".to_owned()),
            ("self".to_owned(), "${stageVariables.host}".to_owned()),
        ])
    }

    #[test]
    fn variables_are_put_in_once() {
        let check = |text: &str, expected: &str| {
            assert_eq!(variables().substitute(text).as_deref(), Ok(expected));
        };
        check(
            "http://${stageVariables.host}/x?y=${stageVariables.host}",
            "http://127.0.0.1:9999/x?y=127.0.0.1:9999",
        );
        check("${stageVariables.self}", "${stageVariables.host}");
        check("no variables, $stageVariables.host, {id}", "no variables, $stageVariables.host, {id}");
    }

    #[test]
    fn undefined_variables_are_named() {
        let check = |text: &str, name: &str| {
            assert_eq!(variables().substitute(text), Err(UndefinedVariable { name: name.to_owned() }));
        };
        check("http://${stageVariables.absent}/", "absent");
        check("http://${stageVariables.host", "host");
    }

    #[test]
    fn no_variables_are_null_in_events() {
        assert_eq!(StageVariables::default().to_event(), Value::Null);
        assert_eq!(variables().to_event()["host"], "127.0.0.1:9999");
    }
}
