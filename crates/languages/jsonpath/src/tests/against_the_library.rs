//! `expectations/answers.jsonl` holds what the library answered, `expectations/differences.jsonl`
//! where this crate answers otherwise on purpose.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::JsonPath;

/// One line of either file.
#[derive(Debug, Deserialize)]
struct Expected {
    document: String,
    path: String,
    answer: Answer,
    definite: Option<bool>,
    #[serde(default)]
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Value,
    /// There is no such value.
    Missing,
    /// The library ended with another error. Here that is a value that is not found.
    Failed,
    Invalid,
}

const DOCUMENTS: &str = include_str!("../../expectations/documents.json");
const ANSWERS: &str = include_str!("../../expectations/answers.jsonl");
const DIFFERENCES: &str = include_str!("../../expectations/differences.jsonl");

fn lines(text: &str) -> Vec<Expected> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// What `expected` gets wrong about this crate, if anything.
fn deviation(expected: &Expected, documents: &Value) -> Option<String> {
    let answered = match JsonPath::compile(&expected.path) {
        Err(why) => (Answer::Invalid, None, why.to_string()),
        Ok(path) => match path.read(&documents[&expected.document]) {
            Ok(value) => (Answer::Value, Some(path.is_definite()), value.to_string()),
            Err(_) => (Answer::Missing, Some(path.is_definite()), String::new()),
        },
    };
    // Texts are compared, so that the order of members counts.
    let wanted = match expected.answer {
        Answer::Value => (Answer::Value, expected.definite, expected.value.to_string()),
        Answer::Missing | Answer::Failed => (Answer::Missing, expected.definite, String::new()),
        Answer::Invalid => (Answer::Invalid, None, answered.2.clone()),
    };
    (answered != wanted).then(|| {
        format!(
            "{} of {}:\n   expected {wanted:?}\n   answered {answered:?}",
            expected.path, expected.document
        )
    })
}

#[test]
fn every_path_reads_what_the_library_reads() {
    let documents: Value = serde_json::from_str(DOCUMENTS).unwrap();
    let differences: HashMap<_, _> = lines(DIFFERENCES)
        .into_iter()
        .map(|line| ((line.document.clone(), line.path.clone()), line))
        .collect();
    let answers = lines(ANSWERS);
    assert!(answers.len() >= 300, "{}", answers.len());
    let wrong: Vec<_> = answers
        .iter()
        .filter(|line| !differences.contains_key(&(line.document.clone(), line.path.clone())))
        .filter_map(|line| deviation(line, &documents))
        .collect();
    assert!(wrong.is_empty(), "{} deviations:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_difference_is_one_and_is_as_described() {
    let documents: Value = serde_json::from_str(DOCUMENTS).unwrap();
    let answers = lines(ANSWERS);
    for difference in lines(DIFFERENCES) {
        let of_library = answers
            .iter()
            .find(|line| line.document == difference.document && line.path == difference.path)
            .expect("a difference from an answer of the library");
        assert!(deviation(of_library, &documents).is_some(), "no difference: {}", difference.path);
        assert_eq!(deviation(&difference, &documents), None);
    }
}
