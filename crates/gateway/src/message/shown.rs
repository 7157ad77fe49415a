//! Headers as `Debug` shows them.

use std::fmt;

use super::Headers;

/// Headers by which somebody says who they are.
const CREDENTIALS: [&str; 6] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key"];

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.bytes() {
            map.key(name);
            if CREDENTIALS.contains(&name.as_str()) {
                map.value(&format_args!("***"));
            } else {
                map.value(&format_args!("\"{}\"", value.escape_ascii()));
            }
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let mut headers = Headers::new();
        for (name, value) in [("accept", "x/\"y"), ("x-api-key", "hunter2"), ("cookie", "hunter2")] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let shown = r#"{"accept": "x/\"y", "x-api-key": ***, "cookie": ***}"#;
        assert_eq!(format!("{headers:?}"), shown);
        assert_eq!(format!("{:?}", crate::message::Request::new(()).headers()), "{}");
    }

    #[test]
    fn nor_are_those_that_nobody_has_asked_for() {
        let head = Bytes::from_static(b"GET / HTTP/1.1\r\nAuthorization: hunter2\r\n\r\n");
        let mut headers = Headers::new();
        headers.append_read(HeaderName::from_static("authorization"), 31..38);
        headers.are_in(head);
        assert_eq!(headers.get("authorization").map(HeaderValue::as_bytes), Some(&b"hunter2"[..]));
        assert_eq!(format!("{headers:?}"), r#"{"authorization": ***}"#);
    }
}
