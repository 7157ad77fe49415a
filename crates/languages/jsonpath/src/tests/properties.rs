//! What holds for every path and every document, and the bounds.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::limits::{MAX_NESTING, MAX_PATH_CHARS, MAX_STEPS};
use crate::{JsonPath, NotFound, PathError};

fn documents() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5i64..5).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab1.$]{0,3}".prop_map(Value::from),
    ];
    plain.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec(("[abc]", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts that are close to being paths.
fn paths() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "$",
        "@",
        ".",
        "..",
        "a",
        "b",
        "*",
        "[",
        "]",
        "[*]",
        "[0]",
        "[-1]",
        "[0,1]",
        "[1:]",
        "['a']",
        "['a','b']",
        "[?(",
        ")]",
        "@.a",
        " == ",
        " in ",
        "=~",
        "/a.*/i",
        "1",
        "'b'",
        "[1,2]",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "length()",
        ".sum(",
        ",",
        "\\",
        "\"",
        "null",
        "é",
        " ",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_path_and_no_document_panics(path in paths(), document in documents()) {
        if let Ok(path) = JsonPath::compile(&path)
            && let Ok(value) = path.read(&document)
            && !path.is_definite()
        {
            prop_assert!(value.is_array());
        }
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = JsonPath::compile(&text);
    }

    #[test]
    fn quoted_names_and_indices_lead_to_every_value(document in documents()) {
        fn check(root: &Value, value: &Value, path: &str) -> Result<(), TestCaseError> {
            let read = JsonPath::compile(path).unwrap();
            prop_assert!(read.is_definite());
            let found = read.read(root).unwrap();
            prop_assert_eq!(&*found, value);
            match value {
                Value::Array(values) => values
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, value)| check(root, value, &format!("{path}[{index}]"))),
                Value::Object(members) => members
                    .iter()
                    .try_for_each(|(name, value)| check(root, value, &format!("{path}['{name}']"))),
                _ => Ok(()),
            }
        }
        check(&document, &document, "$")?;
    }

    #[test]
    fn a_filter_and_its_negation_share_out_a_list(values in prop::collection::vec(-5i64..5, 0..8), border in -5i64..5) {
        let document = json!(values);
        let count = |path: String| JsonPath::compile(&path).unwrap().read(&document).unwrap().as_array().unwrap().len();
        prop_assert_eq!(
            count(format!("$[?(@ < {border})]")) + count(format!("$[?(!(@ < {border}))]")),
            values.len()
        );
    }
}

#[test]
fn definite_paths_borrow_from_the_document() {
    let document = json!({"a": [{"b": "text"}]});
    let path = JsonPath::compile("$.a[0].b").unwrap();
    assert!(matches!(path.read(&document), Ok(std::borrow::Cow::Borrowed(_))));
}

#[test]
fn paths_have_bounds() {
    let name = |length: usize| "a".repeat(length);
    assert!(JsonPath::compile(&name(MAX_PATH_CHARS)).is_ok());
    assert_eq!(JsonPath::compile(&name(MAX_PATH_CHARS + 1)).unwrap_err(), PathError::TooLong);
    assert!(JsonPath::compile(&format!("${}", ".a".repeat(MAX_STEPS))).is_ok());
    assert_eq!(
        JsonPath::compile(&format!("${}", ".a".repeat(MAX_STEPS + 1))).unwrap_err(),
        PathError::TooManySteps
    );
    // The filter is one level, and so is the path in it.
    let parentheses = |count: usize| format!("$[?({}@.a{})]", "(".repeat(count), ")".repeat(count));
    assert!(JsonPath::compile(&parentheses(MAX_NESTING - 3)).is_ok());
    assert_eq!(JsonPath::compile(&parentheses(MAX_NESTING)).unwrap_err(), PathError::TooDeep);
    let nots = format!("$[?({}(@.a))]", "!".repeat(1_000));
    assert_eq!(JsonPath::compile(&nots).unwrap_err(), PathError::TooDeep);
}

#[test]
fn patterns_have_bounds() {
    for pattern in [r"(a{1000}){1000}", r"(?=a)", r"(a)\1", "("] {
        let path = format!("$[?(@ =~ /{pattern}/)]");
        assert!(JsonPath::compile(&path).is_err(), "{pattern}");
    }
    // Takes exponential time where patterns are matched by trying.
    let document = json!(["a".repeat(50_000)]);
    let path = JsonPath::compile("$[?(@ =~ /(a+)+b/)]").unwrap();
    assert_eq!(*path.read(&document).unwrap(), json!([]));
}

#[test]
fn reading_has_bounds() {
    let mut deep = json!(1);
    for _ in 0..2_000 {
        deep = Value::Array(vec![deep]);
    }
    assert_eq!(JsonPath::compile("$..*").unwrap().read(&deep), Err(NotFound::TooMuchWork));

    let wide = json!(vec![json!({"a": [1, 2, 3]}); 3_000]);
    // Each element asks for all the others.
    let path = JsonPath::compile("$[?($..a contains @.a)]").unwrap();
    assert_eq!(path.read(&wide), Err(NotFound::TooMuchWork));
    // A text that would be copied over and over.
    let mut nested = json!("x".repeat(10_000_000));
    for _ in 0..120 {
        nested = json!({"a": nested});
    }
    assert_eq!(JsonPath::compile("$..*").unwrap().read(&nested), Err(NotFound::TooMuchWork));
    unnest(deep);
}

/// Takes a deep value apart from the outside, because dropping it would recurse.
fn unnest(mut value: Value) {
    while let Value::Array(mut inner) = value {
        value = inner.pop().unwrap_or_default();
    }
}
