//! What an AWS_PROXY function answers, taken apart (API Gateway developer guide, "Output
//! format of a Lambda function for proxy integration"; what is taken and what is malformed
//! recorded from AWS).

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use crate::message::{Headers, MOST_LINES};

/// A function's answer.
#[derive(Debug, PartialEq, Eq)]
pub struct ProxyAnswer {
    /// `statusCode`.
    pub status: StatusCode,
    /// `headers` and `multiValueHeaders`.
    pub headers: Headers,
    /// `body`.
    pub body: Bytes,
    /// `isBase64Encoded`.
    pub base64: bool,
}

/// The members that an answer may have. Any other makes it malformed.
const MEMBERS: [&str; 5] = ["isBase64Encoded", "statusCode", "headers", "multiValueHeaders", "body"];

/// The members of the metadata in front of a streamed payload (API Gateway developer guide, "Lambda
/// proxy integration format for response streaming"). Any other makes them malformed.
const METADATA_MEMBERS: [&str; 4] = ["statusCode", "headers", "multiValueHeaders", "cookies"];

/// Status and headers that stand in front of a streamed payload. Each member may be left out.
///
/// # Errors
/// What is malformed, for the operator.
pub(super) fn decode_metadata(metadata: &[u8]) -> Result<(StatusCode, Headers), String> {
    let metadata: Value = serde_json::from_slice(metadata).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(members) = metadata else { return Err("the metadata is not an object".to_owned()) };
    known(&members, &METADATA_MEMBERS)?;
    let mut headers = Headers::new();
    put_multi_value_headers(members.get("multiValueHeaders"), &mut headers)?;
    put_headers(members.get("headers"), &mut headers)?;
    match members.get("cookies") {
        None | Some(Value::Null) => {}
        Some(Value::Array(cookies)) => {
            for cookie in cookies {
                let (name, value) = header(SET_COOKIE.as_str(), cookie)?;
                headers.append(name, value);
            }
        }
        Some(_) => return Err("cookies is not a list".to_owned()),
    }
    Ok((status(members.get("statusCode"))?, headers))
}

fn known(members: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(other) => Err(format!("the member {other:?} is unknown")),
        None => Ok(()),
    }
}

/// Takes `payload` apart.
///
/// # Errors
/// What is malformed, for the operator.
pub fn decode(payload: &[u8]) -> Result<ProxyAnswer, String> {
    let answer: Value = serde_json::from_slice(payload).map_err(|error| format!("not JSON: {error}"))?;
    let mut members = match answer {
        Value::Object(members) => members,
        Value::Null => {
            let (status, headers, body) = (StatusCode::OK, Headers::new(), Bytes::new());
            return Ok(ProxyAnswer { status, headers, body, base64: false });
        }
        _ => return Err("not an object".to_owned()),
    };
    if members.is_empty() {
        return Err("an empty object".to_owned());
    }
    known(&members, &MEMBERS)?;
    let mut headers = Headers::new();
    put_multi_value_headers(members.get("multiValueHeaders"), &mut headers)?;
    put_headers(members.get("headers"), &mut headers)?;
    Ok(ProxyAnswer {
        status: status(members.get("statusCode"))?,
        headers,
        base64: base64(members.get("isBase64Encoded"))?,
        body: match members.remove("body") {
            None | Some(Value::Null) => Bytes::new(),
            Some(Value::String(text)) => text.into(),
            Some(_) => return Err("body is not a string".to_owned()),
        },
    })
}

fn status(member: Option<&Value>) -> Result<StatusCode, String> {
    let number = match member {
        None | Some(Value::Null) => return Ok(StatusCode::OK),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        .and_then(|number| StatusCode::from_u16(number).ok())
        // An interim status cannot end an exchange.
        .filter(|status| !status.is_informational())
        .ok_or_else(|| "statusCode is not a status code".to_owned())
}

fn base64(member: Option<&Value>) -> Result<bool, String> {
    match member {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(encoded)) => Ok(*encoded),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(_) => Err("isBase64Encoded is not a boolean".to_owned()),
    }
}

fn put_multi_value_headers(member: Option<&Value>, headers: &mut Headers) -> Result<(), String> {
    for (name, values) in object(member, "multiValueHeaders")?.into_iter().flatten() {
        let Value::Array(values) = values else {
            return Err(format!("multiValueHeaders: {name:?} is not a list"));
        };
        for value in values {
            let (name, value) = header(name, value)?;
            room_for_one(headers)?;
            headers.append(name, value);
        }
    }
    Ok(())
}

/// Puts single values behind multiple ones of the same name; a value that is there already is
/// not repeated.
fn put_headers(member: Option<&Value>, headers: &mut Headers) -> Result<(), String> {
    for (name, value) in object(member, "headers")?.into_iter().flatten() {
        if value.is_null() {
            continue;
        }
        let (name, value) = header(name, value)?;
        room_for_one(headers)?;
        if !headers.get_all(&name).any(|other| *other == value) {
            headers.append(name, value);
        }
    }
    Ok(())
}

/// A message with more lines is none that a client would take.
pub(crate) fn room_for_one(headers: &Headers) -> Result<(), String> {
    let has_room = headers.len() < MOST_LINES;
    has_room.then_some(()).ok_or_else(|| format!("there are more than {MOST_LINES} headers"))
}

fn object<'a>(member: Option<&'a Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match member {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => Ok(Some(members)),
        Some(_) => Err(format!("{name} is not an object")),
    }
}

/// Values of other types than texts are written as JSON writes them.
fn header(name: &str, value: &Value) -> Result<(HeaderName, HeaderValue), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let named = name.parse().map_err(|_| format!("{name:?} is not a header's name"))?;
    let value =
        HeaderValue::from_str(&text).map_err(|_| format!("{name:?} has a value that no header can have"))?;
    Ok((named, value))
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    fn read(payload: &str) -> Option<(u16, Vec<String>, String)> {
        let answer = decode(payload.as_bytes()).ok()?;
        let headers = answer
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        Some((answer.status.as_u16(), headers, String::from_utf8(answer.body.to_vec()).unwrap()))
    }

    fn check(payload: &str, status: u16, headers: &[&str], body: &str) {
        let expected = (status, headers.iter().map(|line| (*line).to_owned()).collect(), body.to_owned());
        assert_eq!(read(payload), Some(expected), "{payload}");
    }

    fn malformed(payload: &str) {
        assert_eq!(read(payload), None, "{payload}");
    }

    #[test]
    fn answers_are_taken_apart() {
        check("{\"statusCode\": 201, \"body\": \"b\"}", 201, &[], "b");
        check("{\"statusCode\": \"201\"}", 201, &[], "");
        check("{\"body\": \"b\"}", 200, &[], "b");
        check("{\"statusCode\": 200, \"body\": null}", 200, &[], "");
        check("{\"headers\": {\"X-A\": \"1\"}}", 200, &["x-a: 1"], "");
        check("{\"headers\": null, \"multiValueHeaders\": null, \"isBase64Encoded\": null}", 200, &[], "");
        check("null", 200, &[], "");
    }

    #[test]
    fn an_answer_has_so_many_headers() {
        let headers = |many: usize| {
            let members: Vec<String> = (0..many).map(|number| format!("\"x{number}\": \"1\"")).collect();
            format!("{{\"headers\": {{{}}}}}", members.join(","))
        };
        let values =
            |many: usize| format!("{{\"multiValueHeaders\": {{\"x\": [{}0]}}}}", "0,".repeat(many - 1));
        for payload in [headers(1_000), values(1_000)] {
            assert_eq!(read(&payload).unwrap().1.len(), 1_000);
        }
        for payload in [headers(1_001), values(1_001)] {
            malformed(&payload);
        }
    }

    #[test]
    fn other_answers_are_malformed() {
        for payload in [
            "",
            "{}",
            "[]",
            "\"text\"",
            "5",
            "{\"statusCode\": 200, \"wrongValue\": 1}",
            "{\"statusCode\": \"ok\"}",
            "{\"statusCode\": 20.5}",
            "{\"statusCode\": 99}",
            "{\"statusCode\": 101}",
            "{\"statusCode\": 1000}",
            "{\"statusCode\": -200}",
            "{\"statusCode\": []}",
            "{\"body\": {\"a\": 1}}",
            "{\"body\": 5}",
            "{\"headers\": []}",
            "{\"headers\": {\"a b\": \"1\"}}",
            "{\"headers\": {\"a\": \"1\\n2\"}}",
            "{\"multiValueHeaders\": {\"a\": \"1\"}}",
            "{\"multiValueHeaders\": []}",
            "{\"isBase64Encoded\": 1}",
        ] {
            malformed(payload);
        }
    }

    #[test]
    fn header_values_of_other_types_become_texts() {
        check(
            "{\"headers\": {\"a\": true, \"b\": 1.5, \"c\": [1], \"d\": null}, \"multiValueHeaders\": {\"e\": [1, \"x\"]}}",
            200,
            &["e: 1", "e: x", "a: true", "b: 1.5", "c: [1]"],
            "",
        );
    }

    #[test]
    fn multiple_values_come_first_and_single_ones_after_them() {
        check(
            "{\"headers\": {\"test\": \"value-solo\"}, \"multiValueHeaders\": {\"Test\": [\"value-multi\"]}}",
            200,
            &["test: value-multi", "test: value-solo"],
            "",
        );
        check(
            "{\"headers\": {\"test\": \"same\"}, \"multiValueHeaders\": {\"test\": [\"same\", \"other\"]}}",
            200,
            &["test: same", "test: other"],
            "",
        );
    }

    #[test]
    fn metadata_are_status_headers_and_cookies() {
        let check = |metadata: &str, expected: Option<(u16, &[&str])>| {
            let read = decode_metadata(metadata.as_bytes()).ok().map(|(status, headers)| {
                let headers =
                    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
                (status.as_u16(), headers.collect::<Vec<_>>())
            });
            let expected = expected.map(|(status, headers)| {
                (status, headers.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
            });
            assert_eq!(read, expected, "{metadata}");
        };
        check("{}", Some((200, &[])));
        check("{\"statusCode\": 201, \"headers\": {\"X-A\": \"1\"}}", Some((201, &["x-a: 1"])));
        check(
            "{\"multiValueHeaders\": {\"a\": [\"1\", \"2\"]}, \"cookies\": [\"c=1\", \"d=2\"]}",
            Some((200, &["a: 1", "a: 2", "set-cookie: c=1", "set-cookie: d=2"])),
        );
        for malformed in [
            "",
            "null",
            "[]",
            "{\"body\": \"b\"}",
            "{\"isBase64Encoded\": false}",
            "{\"cookies\": \"c=1\"}",
            "{\"cookies\": [\"c\\n=1\"]}",
            "{\"statusCode\": 101}",
        ] {
            check(malformed, None);
        }
    }

    #[test]
    fn base_64_is_a_boolean() {
        let base64 = |payload: &str| decode(payload.as_bytes()).map(|answer| answer.base64);
        assert_eq!(base64("{\"isBase64Encoded\": true}"), Ok(true));
        assert_eq!(base64("{\"isBase64Encoded\": \"true\"}"), Ok(true));
        assert_eq!(base64("{\"isBase64Encoded\": false}"), Ok(false));
    }

    proptest! {
        #[test]
        fn nothing_panics(payload in "[{}\\[\\]:,\"a0-9 ]{0,60}") {
            let _ = decode(payload.as_bytes());
        }
    }
}
