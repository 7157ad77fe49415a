//! What methods have in common. The templates and the selection patterns of an API's methods are mostly the same few
//! texts: each is compiled once for a stage, and the methods share what comes of it.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use vtl::TemplateError;

use super::templates::Compiled;

/// Longer texts are seldom the same, and would be held twice while a stage is compiled.
const LONGEST: usize = 16 * 1024;

/// What has been compiled of one stage.
#[derive(Debug, Default)]
pub struct Alike {
    templates: RefCell<HashMap<Box<str>, Compiled>>,
    patterns: RefCell<HashMap<Box<str>, Regex>>,
}

impl Alike {
    /// The template of this text.
    ///
    /// # Errors
    /// If it cannot be compiled.
    pub fn template(&self, text: &str) -> Result<Compiled, TemplateError> {
        once(&self.templates, text, Compiled::of)
    }

    /// The expression that matches `pattern` on a whole text, as AWS's patterns do (recorded from AWS).
    ///
    /// # Errors
    /// If it is no regular expression that can be run.
    pub fn whole(&self, pattern: &str) -> Result<Regex, regex::Error> {
        once(&self.patterns, pattern, |pattern| Regex::new(&format!(r"\A(?:{pattern})\z")))
    }
}

fn once<T: Clone, E>(
    known: &RefCell<HashMap<Box<str>, T>>,
    text: &str,
    compile: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, E> {
    if let Some(compiled) = known.borrow().get(text) {
        return Ok(compiled.clone());
    }
    let compiled = compile(text)?;
    if text.len() <= LONGEST {
        known.borrow_mut().insert(text.into(), compiled.clone());
    }
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_compiled_once() {
        let alike = Alike::default();
        // A constant is one piece of memory, whoever has it.
        let constant = |text: &str| alike.template(text).unwrap().constant().unwrap().as_ptr();
        assert_eq!(constant("{}"), constant("{}"));
        assert_ne!(constant("{}"), constant("[]"));
        assert_eq!(alike.templates.borrow().len(), 2);
        assert!(alike.template(&"x".repeat(LONGEST + 1)).is_ok());
        assert_eq!(alike.templates.borrow().len(), 2);
        assert!(alike.template("#if(").is_err());
        assert!(alike.whole("5..").unwrap().is_match("503"));
        assert!(!alike.whole("5..").unwrap().is_match("1503"));
        assert_eq!(alike.patterns.borrow().len(), 1);
        assert!(alike.whole("(").is_err());
    }
}
