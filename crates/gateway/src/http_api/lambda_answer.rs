//! What a function's answer is to the client (API Gateway developer guide, "Lambda function response
//! format").

use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

use super::event::PayloadFormat;
use crate::exchange::{Body, Reply};
use crate::integration::lambda::room_for_one;
use crate::mapping::payload::{self, NotBase64};
use crate::message::Headers;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The type of an answer whose function names none, as users of AWS see it.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");

/// Takes `payload` apart.
///
/// # Errors
/// What is malformed, for the operator.
pub(super) fn decode(payload: &Bytes, format: PayloadFormat) -> Result<Reply, String> {
    let answer: Value = serde_json::from_slice(payload).map_err(|error| format!("not JSON: {error}"))?;
    match (answer, format) {
        (Value::Object(members), _) if members.get("statusCode").is_some_and(|status| !status.is_null()) => {
            told(members, format)
        }
        (_, PayloadFormat::V1) => Err("no object with a statusCode".to_owned()),
        // Nothing says what the answer is, so the whole of it is the body.
        (Value::String(text), PayloadFormat::V2) => Ok(inferred(Bytes::from(text))),
        (_, PayloadFormat::V2) => Ok(inferred(payload.clone())),
    }
}

fn inferred(body: Bytes) -> Reply {
    let headers = Headers::from_iter([(CONTENT_TYPE, JSON)]);
    Reply { status: StatusCode::OK, headers, body: Body::from(body) }
}

fn told(mut members: Map<String, Value>, format: PayloadFormat) -> Result<Reply, String> {
    let status = status(members.get("statusCode"))?;
    let mut headers = Headers::new();
    if format == PayloadFormat::V1 {
        for (name, values) in object(members.get("multiValueHeaders"), "multiValueHeaders")? {
            let Value::Array(values) = values else {
                return Err(format!("multiValueHeaders: {name:?} is not a list"));
            };
            for value in values {
                let (name, value) = header(name, value)?;
                room_for_one(&headers)?;
                headers.append(name, value);
            }
        }
    }
    for (name, value) in object(members.get("headers"), "headers")?.filter(|(_, value)| !value.is_null()) {
        let (name, value) = header(name, value)?;
        room_for_one(&headers)?;
        // A value that is there already is not repeated.
        if !headers.get_all(&name).any(|other| *other == value) {
            headers.append(name, value);
        }
    }
    if format == PayloadFormat::V2 {
        match members.get("cookies") {
            None | Some(Value::Null) => {}
            Some(Value::Array(cookies)) => {
                for cookie in cookies {
                    let (_, value) = header(SET_COOKIE.as_str(), cookie)?;
                    room_for_one(&headers)?;
                    headers.append(SET_COOKIE, value);
                }
            }
            Some(_) => return Err("cookies is not a list".to_owned()),
        }
    }
    let base64 = match members.get("isBase64Encoded") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(encoded)) => *encoded,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        Some(_) => return Err("isBase64Encoded is not a boolean".to_owned()),
    };
    let body = match members.remove("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) => Bytes::from(text),
        Some(_) => return Err("body is not a string".to_owned()),
    };
    let body = match base64 {
        true => payload::decoded(&body).map_err(|NotBase64| "body is not base 64".to_owned())?,
        false => body,
    };
    headers.insert_if_absent(CONTENT_TYPE, || TEXT);
    Ok(Reply { status, headers, body: Body::from(body) })
}

fn status(member: Option<&Value>) -> Result<StatusCode, String> {
    let number = match member {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    number
        .and_then(|number| u16::try_from(number).ok())
        .and_then(|number| StatusCode::from_u16(number).ok())
        // An interim status cannot end an exchange.
        .filter(|status| !status.is_informational())
        .ok_or_else(|| "statusCode is not a status code".to_owned())
}

fn object<'a>(
    member: Option<&'a Value>,
    name: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, String> {
    match member {
        None | Some(Value::Null) => Ok(None.into_iter().flatten()),
        Some(Value::Object(members)) => Ok(Some(members).into_iter().flatten()),
        Some(_) => Err(format!("{name} is not an object")),
    }
}

/// Values of other types than texts are written as JSON writes them.
fn header(name: &str, value: &Value) -> Result<(HeaderName, HeaderValue), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) | Value::Null => {
            return Err(format!("{name:?} has a value that no header can have"));
        }
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

    fn read(payload: &str, format: PayloadFormat) -> Result<String, String> {
        let reply = decode(&Bytes::from(payload.to_owned()), format)?;
        let headers: Vec<_> = reply
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let body = match reply.body {
            Body::Empty => Vec::new(),
            Body::Whole(bytes) => bytes.to_vec(),
            _ => panic!("a stream"),
        };
        Ok(format!("{} [{}] {}", reply.status.as_u16(), headers.join("; "), String::from_utf8_lossy(&body)))
    }

    /// The table and the format of the developer guide.
    #[test]
    fn format_2_infers_what_is_not_said() {
        for (payload, expected) in [
            (r#""Hello from Lambda!""#, "200 [content-type: application/json] Hello from Lambda!"),
            (
                r#"{ "message": "Hello from Lambda!" }"#,
                r#"200 [content-type: application/json] { "message": "Hello from Lambda!" }"#,
            ),
            ("[1, 2]", "200 [content-type: application/json] [1, 2]"),
            ("null", "200 [content-type: application/json] null"),
            (r#"{"body": "x"}"#, r#"200 [content-type: application/json] {"body": "x"}"#),
            (
                r#"{"statusCode": 201, "headers": {"X-A": "1", "n": 2}, "cookies": ["a=1", "b=2"], "body": "b"}"#,
                "201 [x-a: 1; n: 2; set-cookie: a=1; set-cookie: b=2; content-type: text/plain;charset=UTF-8] b",
            ),
            (
                r#"{"statusCode": "204", "headers": {"content-type": "a/b"}, "isBase64Encoded": true, "body": "eA=="}"#,
                "204 [content-type: a/b] x",
            ),
            (r#"{"statusCode": 200, "other": 1}"#, "200 [content-type: text/plain;charset=UTF-8] "),
        ] {
            assert_eq!(read(payload, PayloadFormat::V2).as_deref(), Ok(expected), "{payload}");
        }
    }

    #[test]
    fn format_1_wants_a_status() {
        let answer =
            r#"{"statusCode": 200, "multiValueHeaders": {"a": ["1", "2"]}, "headers": {"a": "2", "b": "3"}}"#;
        let expected = "200 [a: 1; a: 2; b: 3; content-type: text/plain;charset=UTF-8] ";
        assert_eq!(read(answer, PayloadFormat::V1).as_deref(), Ok(expected));
        for malformed in ["null", "\"x\"", "{}", r#"{"body": "x"}"#, r#"{"statusCode": null}"#] {
            assert!(read(malformed, PayloadFormat::V1).is_err(), "{malformed}");
        }
    }

    #[test]
    fn what_is_malformed_is_an_error() {
        for malformed in [
            "",
            r#"{"statusCode": 99}"#,
            r#"{"statusCode": 101}"#,
            r#"{"statusCode": "x"}"#,
            r#"{"statusCode": 200, "headers": []}"#,
            r#"{"statusCode": 200, "headers": {"a b": "1"}}"#,
            r#"{"statusCode": 200, "headers": {"a": "1\n"}}"#,
            r#"{"statusCode": 200, "body": {}}"#,
            r#"{"statusCode": 200, "isBase64Encoded": true, "body": "?"}"#,
            r#"{"statusCode": 200, "isBase64Encoded": 1}"#,
        ] {
            assert!(read(malformed, PayloadFormat::V2).is_err(), "{malformed}");
        }
        assert!(read(r#"{"statusCode": 200, "cookies": "a=1"}"#, PayloadFormat::V2).is_err());
        // No more headers than a client would take.
        let cookies = |many: usize| {
            let list = vec![r#""a""#; many].join(",");
            format!(r#"{{"statusCode": 200, "cookies": [{list}]}}"#)
        };
        assert!(read(&cookies(1_000), PayloadFormat::V2).is_ok());
        assert!(read(&cookies(1_001), PayloadFormat::V2).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_panics(status in "[0-9a-z]{0,4}", name in "\\PC{0,6}", value in "\\PC{0,6}") {
            let answer = serde_json::json!({"statusCode": status, "headers": {name: value}}).to_string();
            let _ = read(&answer, PayloadFormat::V1);
            let _ = read(&answer, PayloadFormat::V2);
        }
    }
}
