//! Answers that are streams of events: `application/vnd.amazon.eventstream`, as Smithy's specification
//! ("Amazon Event Stream Specification") frames it. The members of the answer that are headers come with the
//! head; each event is a message.
//!
//! ```text
//! length of all: 4 bytes │ length of headers: 4 │ CRC-32 of these 8: 4 │ headers │ payload │ CRC-32 of all before: 4
//! ```

use api::table::{Location, Shape, Structure};
use api::{Blob, OperationTable};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::Value;

use crate::json;

/// The type of the answer.
const STREAM: &str = "application/vnd.amazon.eventstream";

/// A header's value is a text with a length of two bytes.
const TEXT: u8 = 7;

/// Bytes of a message besides headers and payload.
const FRAME: usize = 16;

/// The head of an answer whose events follow. One without content (204) has none.
#[must_use]
pub fn encode_stream(operation: &OperationTable, output: Value, request_id: &str) -> Response<()> {
    let mut response = crate::encode(operation, output, request_id).map(drop);
    if response.status() != http::StatusCode::NO_CONTENT {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(STREAM));
    }
    response
}

/// The message of an event: a canonical value of the operation's event stream, with one member.
#[must_use]
pub fn encode_event(operation: &OperationTable, event: Value) -> Bytes {
    let Value::Object(members) = event else { return Bytes::new() };
    let Some(events) = events_of(operation) else { return Bytes::new() };
    let given = members.into_iter().find(|(_, value)| !value.is_null());
    let Some((name, value)) = given else { return Bytes::new() };
    let Some(Shape::Structure(event)) = events.member(&name).map(|member| member.shape) else {
        return Bytes::new();
    };
    let (content_type, payload) = payload(event, value);
    message(&[(":event-type", &name), (":content-type", content_type), (":message-type", "event")], &payload)
}

/// The structure whose members are the operation's events.
fn events_of(operation: &OperationTable) -> Option<&'static Structure> {
    let member = operation.output.member(operation.output.payload?)?;
    match member.shape {
        Shape::Structure(events) if member.location == Location::Body => Some(events),
        _ => None,
    }
}

fn payload(event: &'static Structure, mut value: Value) -> (&'static str, Bytes) {
    let whole = event.payload.and_then(|name| event.member(name));
    match whole.filter(|member| matches!(member.shape, Shape::Blob(_))) {
        Some(member) => {
            let text = value.get_mut(member.name).map(Value::take).unwrap_or_default();
            let blob = text.as_str().and_then(Blob::from_base64).unwrap_or_default();
            ("application/octet-stream", blob.0)
        }
        None => ("application/json", json::write_structure(event, value).to_string().into()),
    }
}

fn message(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let header_bytes: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    let length = FRAME + header_bytes + payload.len();
    let mut out = BytesMut::with_capacity(length);
    // No event is longer than what a function may answer.
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    out.put_u32(u32::try_from(header_bytes).unwrap_or(u32::MAX));
    out.put_u32(crc32fast::hash(&out));
    for (name, value) in headers {
        out.put_u8(u8::try_from(name.len()).unwrap_or(u8::MAX));
        out.put_slice(name.as_bytes());
        out.put_u8(TEXT);
        out.put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
        out.put_slice(value.as_bytes());
    }
    out.put_slice(payload);
    out.put_u32(crc32fast::hash(&out));
    out.freeze()
}

#[cfg(test)]
mod tests {
    use api::Operation as _;
    use api::lambda::operations::InvokeWithResponseStream;
    use serde_json::json;

    use super::*;

    /// The message without headers and with them, of the specification's test vectors.
    #[test]
    fn messages_are_framed() {
        let empty = [0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
        assert_eq!(message(&[], b"")[..], empty);
        let payload = message(&[], b"{'foo':'bar'}");
        assert_eq!(payload[..12], [0, 0, 0, 0x1d, 0, 0, 0, 0, 0xfd, 0x52, 0x8c, 0x5a]);
        assert_eq!(payload[25..], [0xc3, 0x65, 0x39, 0x36]);
    }

    #[test]
    fn events_carry_bytes_or_members() {
        let table = InvokeWithResponseStream::TABLE;
        let chunk = encode_event(table, json!({"PayloadChunk": {"Payload": "aGk="}}));
        let headers =
            b"\x0b:event-type\x07\x00\x0cPayloadChunk\x0d:content-type\x07\x00\x18application/octet-stream\
                        \x0d:message-type\x07\x00\x05event";
        assert_eq!(chunk[..12], [0x00, 0x00, 0x00, 0x6c, 0x00, 0x00, 0x00, 0x5a, 0xb2, 0x5e, 0xfd, 0xcf]);
        assert_eq!(&chunk[12..chunk.len() - 6], headers);
        assert_eq!(&chunk[chunk.len() - 6..chunk.len() - 4], b"hi");
        assert_eq!(chunk[chunk.len() - 4..], [0x11, 0x62, 0xe4, 0x69]);
        let end =
            encode_event(table, json!({"InvokeComplete": {"ErrorCode": "Unhandled"}, "PayloadChunk": null}));
        let text = String::from_utf8_lossy(&end);
        assert!(text.contains("InvokeComplete") && text.contains("application/json"), "{text}");
        assert!(text.contains("{\"ErrorCode\":\"Unhandled\"}"), "{text}");
        for none in [json!({}), json!(null), json!({"Other": {}})] {
            assert_eq!(encode_event(table, none), "");
        }
    }

    #[test]
    fn a_head_without_content_has_no_type() {
        let table = InvokeWithResponseStream::TABLE;
        let head = encode_stream(table, json!({"StatusCode": 200, "ExecutedVersion": "1"}), "r-1");
        assert_eq!(head.headers()["content-type"], "application/vnd.amazon.eventstream");
        assert_eq!(head.headers()["x-amz-executed-version"], "1");
        let head = encode_stream(table, json!({"StatusCode": 204}), "r-1");
        assert_eq!((head.status().as_u16(), head.headers().get("content-type")), (204, None));
    }
}
