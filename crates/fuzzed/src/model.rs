//! Any texts as two models of an API, which may refer to each other, and any text as a body of the first.

use schema::{Models, check};

pub(crate) fn run(input: &[u8]) {
    let [first, second, body] = crate::parts(input);
    let models = Models::new("abc123", [("First", first.as_str()), ("Second", second.as_str())]);
    let Ok(compiled) = models.schema("First") else { return };
    assert!(check("abc123", &first).is_ok(), "what is served can be stored");
    let Ok(value) = serde_json::from_str(&body) else { return };
    if let Err(invalid) = compiled.validate(&value, body.len()) {
        assert!(!invalid.faults.is_empty(), "what is refused is told");
    }
}
