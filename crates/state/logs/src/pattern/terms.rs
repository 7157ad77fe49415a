//! Patterns of terms: a message must contain all of them, none of the excluded, or, if all
//! are optional, any of them.

use super::PatternError;

/// The terms of a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    all: Vec<String>,
    none: Vec<String>,
    any: Vec<String>,
}

impl Terms {
    /// Case counts. "All question mark terms will be ignored" beside other terms (user
    /// guide, "Filter pattern syntax").
    pub(super) fn match_text(&self, message: &str) -> bool {
        let contained = |term: &String| message.contains(term.as_str());
        if self.all.is_empty() && self.none.is_empty() {
            return self.any.is_empty() || self.any.iter().any(contained);
        }
        self.all.iter().all(contained) && !self.none.iter().any(contained)
    }
}

pub(super) fn parse(text: &str) -> Result<Terms, PatternError> {
    let mut terms = Terms::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (kind, behind) = match rest.split_at_checked(1) {
            Some(("-", behind)) => (&mut terms.none, behind),
            Some(("?", behind)) => (&mut terms.any, behind),
            _ => (&mut terms.all, rest),
        };
        let (term, behind) = match behind.strip_prefix('"') {
            Some(quoted) => phrase(quoted)?,
            None => word(behind)?,
        };
        // The user guide's `" "` matches everything, also a message without a space.
        if !term.trim().is_empty() {
            kind.push(term);
        }
        rest = behind.trim_start();
    }
    Ok(terms)
}

/// A phrase up to its closing quotation mark; `\"` and `\\` stand for the second character.
fn phrase(text: &str) -> Result<(String, &str), PatternError> {
    let mut phrase = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok((phrase, chars.as_str())),
            '\\' => match chars.next() {
                Some(escaped @ ('"' | '\\')) => phrase.push(escaped),
                Some(other) => phrase.extend(['\\', other]),
                None => break,
            },
            c => phrase.push(c),
        }
    }
    Err(PatternError::Malformed { reason: "a quotation mark is not closed" })
}

/// A word: "terms that include non-alphanumeric characters" need quotation marks (user
/// guide).
fn word(text: &str) -> Result<(String, &str), PatternError> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (term, behind) = text.split_at(end);
    if term.starts_with('%') {
        return Err(PatternError::Unsupported { what: "a regular expression" });
    }
    if term.is_empty() || !term.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(PatternError::InvalidTerm { term: term.to_owned() });
    }
    Ok((term.to_owned(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD_REQUEST: &str = "[ERROR 400] BAD REQUEST";
    const UNAUTHORIZED: &str = "[ERROR 401] UNAUTHORIZED REQUEST";
    const MISSING: &str = "[ERROR 419] MISSING ARGUMENTS";
    const INVALID: &str = "[ERROR 420] INVALID ARGUMENTS";
    const INTERNAL: &str = "[ERROR 500] INTERNAL SERVER ERROR";

    /// The user guide's messages that match.
    fn check(pattern: &str, expected: &[&str]) {
        let terms = parse(pattern).unwrap();
        let matching: Vec<&str> = [BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID, INTERNAL]
            .into_iter()
            .filter(|message| terms.match_text(message))
            .collect();
        assert_eq!(matching, expected, "{pattern}");
    }

    #[test]
    fn the_user_guides_examples_match_what_it_says() {
        check("ERROR", &[BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID, INTERNAL]);
        check("ERROR ARGUMENTS", &[MISSING, INVALID]);
        check("?MISSING ?INTERNAL", &[MISSING, INTERNAL]);
        check("?MISSING ?INTERNAL REQUEST", &[BAD_REQUEST, UNAUTHORIZED]);
        check("\"INTERNAL SERVER ERROR\"", &[INTERNAL]);
        check("ERROR -ARGUMENTS", &[BAD_REQUEST, UNAUTHORIZED, INTERNAL]);
        check("\" \"", &[BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID, INTERNAL]);
    }

    #[test]
    fn terms_are_exact_about_case_and_quotation() {
        check("error", &[]);
        check("", &[BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID, INTERNAL]);
        check("-ERROR", &[]);
        check("-\"419]\"", &[BAD_REQUEST, UNAUTHORIZED, INVALID, INTERNAL]);
        check("?\"[ERROR 4\" ?SERVER", &[BAD_REQUEST, UNAUTHORIZED, MISSING, INVALID, INTERNAL]);
        let quoted = parse(r#""say \"hi\\\"""#).unwrap();
        assert!(quoted.match_text(r#"we say "hi\" there"#));
        assert!(!quoted.match_text("we say hi there"));
    }

    #[test]
    fn what_needs_quotation_marks_is_refused_without() {
        let check = |pattern: &str, expected: &str| {
            assert_eq!(parse(pattern).unwrap_err().to_string(), expected, "{pattern}");
        };
        check("foo-bar", "Invalid character(s) in term 'foo-bar'");
        check("ok [419]", "Invalid character(s) in term '[419]'");
        check("-", "Invalid character(s) in term ''");
        check("\"open", "Invalid filter pattern: a quotation mark is not closed");
        check("\"open\\", "Invalid filter pattern: a quotation mark is not closed");
        check("ok %a%", "unsupported pattern: a regular expression");
        assert!(parse("snake_case Üñï 42").is_ok());
    }
}
