//! A stage's variables: which names and values they may have. Texts about characters are recorded
//! from AWS, those about sizes are not.

use indexmap::IndexMap;

use super::super::limits;
use super::super::refusals::{bad_request, limit_exceeded};
use crate::Outcome;

/// The variables of a request as they are stored: none if there are none.
pub(super) fn read(given: Option<&IndexMap<String, String>>) -> Outcome<Option<IndexMap<String, String>>> {
    let mut variables = IndexMap::new();
    for (name, value) in given.into_iter().flatten() {
        set(&mut variables, name, value)?;
    }
    Ok(Some(variables).filter(|variables| !variables.is_empty()))
}

/// Sets one variable.
pub(super) fn set(variables: &mut IndexMap<String, String>, name: &str, value: &str) -> Outcome<()> {
    let word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    if name.is_empty() || name.len() > limits::STAGE_VARIABLE_NAME || !name.bytes().all(word) {
        return Err(bad_request(format!(
            "Invalid stage variable name: {name}. Please use names with only word characters."
        )));
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b" -._~:/?#&=,".contains(&c);
    if !value.bytes().all(allowed) {
        return Err(bad_request(format!(
            "Invalid stage variable value of key {name}.  Please use values with alphanumeric characters and \
             the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
        )));
    }
    if value.len() > limits::STAGE_VARIABLE_VALUE {
        return Err(bad_request(format!(
            "Invalid stage variable value of key {name}.  Values can be at most {} characters long.",
            limits::STAGE_VARIABLE_VALUE
        )));
    }
    if variables.len() >= limits::STAGE_VARIABLES && !variables.contains_key(name) {
        return Err(limit_exceeded(format!(
            "A stage can have at most {} variables.",
            limits::STAGE_VARIABLES
        )));
    }
    variables.insert(name.to_owned(), value.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn check(name: &str, value: &str, expected: &str) {
        match set(&mut IndexMap::new(), name, value) {
            Ok(()) => assert_eq!("", expected, "{name} {value}"),
            Err(Failure::Service(error)) => assert_eq!(error.message(), Some(expected)),
            Err(Failure::Store(fault)) => panic!("{fault}"),
        }
    }

    /// The texts are recorded from AWS.
    #[test]
    fn names_and_values_have_their_characters() {
        check("C_1", "-._~:/?#&=, ", "");
        check("a", "", "");
        for name in ["", "a-b", "a b", "ä"] {
            let expected =
                format!("Invalid stage variable name: {name}. Please use names with only word characters.");
            check(name, "x", &expected);
        }
        for value in ["{", "a;b", "ä", "$"] {
            check(
                "a",
                value,
                "Invalid stage variable value of key a.  Please use values with alphanumeric characters and the \
                 symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
            );
        }
    }

    /// "Amazon API Gateway quotas".
    #[test]
    fn both_sides_of_each_border() {
        let name = |length| "a".repeat(length);
        check(&name(64), "x", "");
        let expected =
            format!("Invalid stage variable name: {}. Please use names with only word characters.", name(65));
        check(&name(65), "x", &expected);
        check("a", &"x".repeat(512), "");
        check(
            "a",
            &"x".repeat(513),
            "Invalid stage variable value of key a.  Values can be at most 512 characters long.",
        );
        let of =
            |count: usize| (0..count).map(|n| (format!("v{n}"), String::new())).collect::<IndexMap<_, _>>();
        let mut hundred = read(Some(&of(100))).unwrap().unwrap();
        set(&mut hundred, "v0", "changed").unwrap();
        assert!(matches!(
            set(&mut hundred, "more", ""),
            Err(Failure::Service(error)) if error.message() == Some("A stage can have at most 100 variables.")
        ));
        assert!(read(Some(&of(101))).is_err());
        assert_eq!(read(Some(&of(0))).unwrap(), None);
    }
}
