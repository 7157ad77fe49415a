use api::SERVICES;
use api::table::Member;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::json::write_structure;

const CREATE_REST_API: &Structure = &api::apigateway::tables::CREATE_REST_API_REQUEST;

fn refusal(body: &str, structure: &'static Structure) -> String {
    read(body.as_bytes(), structure).unwrap_err().message().unwrap_or_default().to_owned()
}

#[test]
fn nothing_is_an_empty_object() {
    for body in ["", " \r\n", "{}", "null"] {
        assert_eq!(read(body.as_bytes(), CREATE_REST_API).unwrap(), Map::new(), "{body}");
    }
}

// The first two are recorded from AWS.
#[test]
fn wrong_types_are_refused_in_the_frameworks_words() {
    for (body, expected) in [
        (r#"{"name": true}"#, "class java.lang.Boolean can not be converted to an String"),
        (
            r#"{"name": 1}"#,
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
        ),
        (r#"{"name": {}}"#, "Start of structure or map found where not expected."),
        (r#"{"name": {"a": 1}}"#, "Start of structure or map found where not expected."),
        (r#"{"name": []}"#, "Start of list found where not expected."),
        (r#"{"minimumCompressionSize": "x"}"#, "class java.lang.String can not be converted to an Integer"),
        (
            r#"{"minimumCompressionSize": 2147483648}"#,
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an Integer",
        ),
        (r#"{"binaryMediaTypes": "x"}"#, "Expected list or null"),
        (r#"{"binaryMediaTypes": {}}"#, "Start of structure or map found where not expected."),
        (r#"{"tags": 5}"#, "Expected map or null"),
        (r#"{"tags": {"a": false}}"#, "class java.lang.Boolean can not be converted to an String"),
        (r#"[]"#, "Start of list found where not expected."),
        (r#""text""#, "Unexpected token received from parser"),
        (r#"{"name": "x""#, "Unexpected token received from parser"),
        (r#"{"name": "x"} trailing"#, "Unexpected token received from parser"),
        ("{\"name\": \"\u{1}\"}", "Unexpected token received from parser"),
    ] {
        assert_eq!(refusal(body, CREATE_REST_API), expected, "{body}");
    }
}

#[test]
fn numbers_lose_their_fraction_where_whole_ones_belong() {
    let value = read(br#"{"minimumCompressionSize": 10.9}"#, CREATE_REST_API).unwrap();
    assert_eq!(Value::Object(value), json!({"minimumCompressionSize": 10}));
}

#[test]
fn unknown_and_null_members_are_dropped() {
    let body = br#"{"name": "n", "description": null, "nonsense": {"deep": [[[1, {"x": 2}]]]}}"#;
    assert_eq!(Value::Object(read(body, CREATE_REST_API).unwrap()), json!({"name": "n"}));
}

#[test]
fn what_is_unknown_may_nest_as_deep_as_it_likes() {
    let body = format!("{{\"nonsense\": {}{}, \"name\": \"n\"}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Value::Object(read(body.as_bytes(), CREATE_REST_API).unwrap()), json!({"name": "n"}));
}

static ANYTHING: Structure = Structure {
    name: "Anything",
    payload: None,
    members: &[Member {
        name: "it",
        wire_name: "it",
        location: Location::Body,
        required: false,
        sensitive: false,
        shape: Shape::Document,
    }],
};

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| format!("{{\"it\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    // The structure itself is the first level.
    assert!(read(nested(limits::DEPTH - 1).as_bytes(), &ANYTHING).is_ok());
    assert_eq!(refusal(&nested(limits::DEPTH + 1), &ANYTHING), "The request nests deeper than 64 levels");
}

#[test]
fn the_number_of_values_is_bounded() {
    let many = |count: usize| format!("{{\"binaryMediaTypes\":[{}\"\"]}}", "\"\",".repeat(count - 1));
    assert!(read(many(limits::VALUES - 10).as_bytes(), CREATE_REST_API).is_ok());
    assert_eq!(refusal(&many(limits::VALUES), CREATE_REST_API), "The request holds more than 250000 values");
}

#[test]
fn moments_are_read_in_any_unmistakable_form() {
    let usage = Shape::Timestamp(TimestampFormat::EpochSeconds);
    for (text, millis) in [
        ("1795421083", 1_795_421_083_000_i64),
        ("1795421083.25", 1_795_421_083_250),
        ("2026-11-23T08:04:43Z", 1_795_421_083_000),
    ] {
        assert_eq!(scalar(text, usage).unwrap(), json!(millis));
        assert_eq!(scalar(text, Shape::Timestamp(TimestampFormat::Iso8601)).unwrap(), json!(millis));
    }
    let error = scalar("yesterday", usage).unwrap_err();
    assert_eq!(
        error.message(),
        Some("class java.lang.String can not be converted to milliseconds since epoch")
    );
    assert!(scalar("1e300", usage).is_err());
}

/// A canonical value of a shape, chosen by `choices`; `None` leaves a member out.
fn sample(shape: Shape, choices: &mut impl Iterator<Item = u32>, depth: usize) -> Option<Value> {
    let choice = choices.next()?;
    match shape {
        Shape::String(text) => match text.values {
            [] => Some(["", "x", "é\u{1F980}\"\\\n", "arn:aws:x"][choice as usize % 4].into()),
            values => Some(values[choice as usize % values.len()].into()),
        },
        Shape::Boolean => Some((choice % 2 == 0).into()),
        Shape::Integer(_) => Some(i32::from_ne_bytes(choice.to_ne_bytes()).into()),
        Shape::Long(_) => Some((i64::from(choice) * 1_000_003).into()),
        Shape::Double(_) => Some((f64::from(choice) / 8.0).into()),
        Shape::Timestamp(TimestampFormat::HttpDate) => Some((i64::from(choice) * 1000).into()),
        Shape::Timestamp(_) => Some((i64::from(choice) * 1009).into()),
        Shape::Blob(_) => Some(Blob::from(choice.to_ne_bytes().to_vec()).to_base64().into()),
        Shape::Document => Some(json!({"n": [choice, null, "t"]})),
        _ if depth == 0 => None,
        Shape::List(list) => {
            Some((0..choice % 3).filter_map(|_| sample(list.element, choices, depth - 1)).collect())
        }
        Shape::Map(map) => Some(Value::Object(
            (0..choice % 3)
                .filter_map(|n| Some((format!("k{n}"), sample(map.value, choices, depth - 1)?)))
                .collect(),
        )),
        Shape::Structure(table) => Some(Value::Object(
            table
                .members
                .iter()
                .filter(|member| member.location == Location::Body)
                .filter_map(|member| {
                    Some((member.name.to_owned(), sample(member.shape, choices, depth - 1)?))
                })
                .collect(),
        )),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        service in 0..SERVICES.len(),
        operation in any::<prop::sample::Index>(),
        choices in proptest::collection::vec(any::<u32>(), 1..60),
    ) {
        let operations = SERVICES[service].operations;
        let operation = operations[operation.index(operations.len())];
        for table in [operation.input, operation.output] {
            let value = sample(Shape::Structure(table), &mut choices.iter().copied(), 6).unwrap();
            let written = write_structure(table, value.clone()).to_string();
            prop_assert_eq!(Value::Object(read(written.as_bytes(), table).unwrap()), value);
        }
    }

    #[test]
    fn no_body_panics(body in "([\\[\\]{}:,\"0-9a-z.e-]|true|null|\"tags\"|\"name\":|\"endpointConfiguration\":){0,60}") {
        drop(read(body.as_bytes(), CREATE_REST_API));
        drop(read(body.as_bytes(), &ANYTHING));
    }

    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..100)) {
        drop(read(&body, CREATE_REST_API));
    }
}
