//! The models' patterns, which are written in Java's dialect.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::Regex;

type Compiled = HashMap<&'static str, Option<Arc<Regex>>>;

/// Whether the whole text fits a pattern of the model. Patterns are compiled once; there are as many
/// as the models have.
pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    static COMPILED: LazyLock<RwLock<Compiled>> = LazyLock::new(RwLock::default);
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned();
    let regex = known.unwrap_or_else(|| {
        let compiled = compile(pattern).map(Arc::new);
        COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(pattern, compiled.clone());
        compiled
    });
    // Code generation has compiled every pattern, so there is none without an expression.
    regex.is_none_or(|regex| regex.is_match(text))
}

/// Compiles a pattern of the model for whole texts. In Java's dialect `\w`, `\d` and `\s` mean ASCII.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&format!(r"\A(?:{})\z", ascii_classes(pattern))).ok()
}

fn ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('s') => out.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => out.push_str(r"[^ \t\n\x0B\f\r]"),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}
