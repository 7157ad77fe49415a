//! Filter patterns: which events a client wants to see.
//!
//! Built: terms (`ERROR`, `"a phrase"`, `?optional`, `-excluded`) and conditions on JSON
//! events (`{ $.status = 500 && $.path = "/pets*" }`). Regular expressions (`%…%`) and
//! space-delimited patterns (`[ip, user, …]`) are refused. Source: CloudWatch Logs user
//! guide, "Filter pattern syntax".

mod json;
mod terms;

use self::json::Condition;
use self::terms::Terms;
use crate::limits::PATTERN_LENGTH;

/// A filter pattern that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Terms(Terms),
    Json(Condition),
}

/// A text that is no filter pattern, or not one that is built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A kind of pattern that is not built.
    #[error("unsupported pattern: {what}")]
    Unsupported {
        /// What it uses.
        what: &'static str,
    },
    /// A term without quotation marks that needs them.
    #[error("Invalid character(s) in term '{term}'")]
    InvalidTerm {
        /// The term.
        term: String,
    },
    /// A text that breaks the syntax.
    #[error("Invalid filter pattern: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
}

impl Pattern {
    /// The pattern that every event matches.
    #[must_use]
    pub fn everything() -> Self {
        Self(Kind::Terms(Terms::default()))
    }

    /// Reads a pattern; an empty one matches every event.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > PATTERN_LENGTH {
            return Err(PatternError::Malformed { reason: "it is longer than 1,024 characters" });
        }
        let text = text.trim();
        let kind = match text.chars().next() {
            Some('{') => Kind::Json(json::parse(text)?),
            Some('[') => return Err(PatternError::Unsupported { what: "space-delimited fields" }),
            Some('%') => return Err(PatternError::Unsupported { what: "a regular expression" }),
            _ => Kind::Terms(terms::parse(text)?),
        };
        Ok(Self(kind))
    }

    /// Whether an event with this message matches.
    #[must_use]
    pub fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.match_text(message),
            Kind::Json(condition) => serde_json::from_str(message)
                .is_ok_and(|event: serde_json::Value| event.is_object() && condition.holds(&event)),
        }
    }
}

/// Whether `text` is matched by `pattern`, in which `*` stands for any characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    // The leftmost place is the best for each piece between two wildcards.
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_stand_for_any_characters() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
        };
        check("", "", true);
        check("", "a", false);
        check("a", "a", true);
        check("a", "ab", false);
        check("*", "", true);
        check("*", "anything", true);
        check("123.123.*", "123.123.4.5", true);
        check("123.123.*", "111.111.111.111", false);
        check("*.html", "index.html", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("ab*ba", "aba", false);
        check("**", "x", true);
    }

    #[test]
    fn what_is_not_built_is_refused_by_name() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Pattern::parse(text).unwrap_err().to_string(), expected, "{text}");
        };
        check("%ERR.*%", "unsupported pattern: a regular expression");
        check("[ip, user, ...]", "unsupported pattern: space-delimited fields");
        check("{ $.eventType = %Trail% }", "unsupported pattern: a regular expression");
        check(&"x".repeat(1_025), "Invalid filter pattern: it is longer than 1,024 characters");
        assert!(Pattern::parse(&"x".repeat(1_024)).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in ".{0,60}", message in ".{0,60}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _ = pattern.matches(&message);
            }
            if let Ok(pattern) = Pattern::parse(&format!("{{ {text} }}")) {
                let _ = pattern.matches(&message);
            }
        }

        #[test]
        fn a_condition_made_of_its_pieces_is_read_or_refused(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("$.a"), Just("$.b[0]"), Just("$.*"), Just("="), Just("!="), Just(">"), Just("<="),
                    Just("1e3"), Just("\"x\""), Just("IS"), Just("NOT"), Just("EXISTS"), Just("NULL"),
                    Just("("), Just(")"), Just("&&"), Just("||")
                ],
                0..12,
            ),
        ) {
            if let Ok(pattern) = Pattern::parse(&format!("{{ {} }}", pieces.join(" "))) {
                let _ = pattern.matches(r#"{"a": 1, "b": ["x"]}"#);
            }
        }
    }
}
