//! What a base path may look like.

use documents::apigateway_domain_names::NO_BASE_PATH;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;

/// Paths that API Gateway answers itself ("Amazon API Gateway important notes").
const RESERVED: &[&str] = &["ping", "sping"];

/// The path as it is stored: nothing, an empty text and `(none)` are the same.
pub(super) fn read(text: Option<&str>) -> Outcome<String> {
    let text = text.filter(|text| !text.is_empty()).unwrap_or(NO_BASE_PATH);
    if text.contains('/') {
        // Seen in reports of AWS's users.
        return Err(bad_request(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a \
             multi-level base path mapping, use API Gateway V2.",
        ));
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"$-_.+!*'(),".contains(&c);
    if text.len() > limits::BASE_PATH || !text.bytes().all(allowed) || RESERVED.contains(&text) {
        // Characters: API Gateway developer guide, "Use API mappings"; length: "Amazon API Gateway
        // quotas". The text is not recorded.
        return Err(bad_request(format!(
            "Invalid base path specified. Base paths may only contain letters, numbers and one of $-_.+!*'(), and \
             can be at most {} characters long: {text}",
            limits::BASE_PATH
        )));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn refusal(text: &str) -> String {
        match read(Some(text)) {
            Err(Failure::Service(error)) => error.message().unwrap_or_default().to_owned(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn nothing_is_a_path_of_its_own() {
        for text in [None, Some(""), Some("(none)")] {
            assert_eq!(read(text).unwrap(), "(none)");
        }
    }

    #[test]
    fn one_segment_of_safe_characters_is_a_path() {
        let longest = "p".repeat(300);
        for text in ["v1", "Pets", "a$-_.+!*'(),z", "ping2", &longest] {
            assert_eq!(read(Some(text)).unwrap(), text);
        }
        for text in ["v 1", "v%201", "ä", "a?b", "ping", "sping", &"p".repeat(301)] {
            let expected = format!(
                "Invalid base path specified. Base paths may only contain letters, numbers and one of \
                 $-_.+!*'(), and can be at most 300 characters long: {text}"
            );
            assert_eq!(refusal(text), expected);
        }
        let slash = "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a \
                     multi-level base path mapping, use API Gateway V2.";
        for text in ["/", "/v1", "a/b"] {
            assert_eq!(refusal(text), slash);
        }
    }
}
