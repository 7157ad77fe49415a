//! JSON objects that others answer with.

use serde::de::{DeserializeOwned, Error as _};

/// What the object in `payload` says. A list of the same values is none, though `serde` would take the first for
/// the first member and so on: whoever answers `[true]` has not said what is true.
///
/// # Errors
/// If it is no object, or not one with these members.
pub(crate) fn object<T: DeserializeOwned>(payload: &[u8]) -> serde_json::Result<T> {
    match payload.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(payload),
        _ => Err(serde_json::Error::custom("it is no object")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Answer {
        yes: bool,
    }

    #[test]
    fn a_list_is_no_object() {
        let read = |text: &str| object::<Answer>(text.as_bytes()).ok();
        assert_eq!(read(" \r\n\t{\"yes\": true} "), Some(Answer { yes: true }));
        for text in ["[true]", " [true]", "true", "null", "", "{}", "{\"yes\": 1}", "{\"yes\": true}]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
