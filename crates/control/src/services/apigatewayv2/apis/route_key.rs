//! What route keys may be (API Gateway developer guide, "Routes for HTTP APIs" and "Routes for
//! WebSocket APIs").

use std::collections::HashSet;

use api::apigatewayv2::ProtocolType;

use super::super::refusals::bad_request;
use crate::Outcome;

const METHODS: [&str; 8] = ["ANY", "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// Refuses a key that names no route of an API of this protocol.
pub(super) fn check(protocol: ProtocolType, key: &str) -> Outcome<()> {
    match protocol {
        ProtocolType::Http => check_http(key),
        // Any text that a message can hold.
        ProtocolType::Websocket if (1..=128).contains(&key.chars().count()) => Ok(()),
        ProtocolType::Websocket => Err(bad_request("Invalid route key specified")),
    }
}

fn check_http(key: &str) -> Outcome<()> {
    if key == "$default" {
        return Ok(());
    }
    // As users of AWS report it.
    let malformed = || {
        bad_request(
            "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP \
             METHOD> /<RESOURCE PATH>\" or \"$default\"",
        )
    };
    let (method, path) = key.split_once(' ').ok_or_else(malformed)?;
    if !METHODS.contains(&method) || !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(malformed());
    }
    let mut names = HashSet::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            if segment.contains(['{', '}']) || (segment.is_empty() && path != "/") {
                return Err(malformed());
            }
            continue;
        };
        let (name, greedy) = match inner.strip_suffix('+') {
            Some(name) => (name, true),
            None => (inner, false),
        };
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        // A greedy variable matches all that is left, so nothing can stand behind it.
        let misplaced = greedy && segments.peek().is_some();
        if name.is_empty() || !name.chars().all(known) || misplaced || !names.insert(name) {
            return Err(malformed());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_keys_are_a_method_and_a_path() {
        for good in
            ["$default", "GET /", "ANY /pets", "GET /pets/{id}", "POST /{a}/x/{proxy+}", "GET /a.b-c~d"]
        {
            assert!(check(ProtocolType::Http, good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "GET",
            "/pets",
            "get /pets",
            "FETCH /pets",
            "GET pets",
            "GET  /pets",
            "GET /pets x",
            "GET /pets/",
            "GET //pets",
            "GET /{}",
            "GET /{a+}/b",
            "GET /{a}/{a}",
            "GET /{a",
            "GET /a{b}",
            "GET /{a b}",
            "$connect",
        ] {
            assert!(check(ProtocolType::Http, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn websocket_keys_are_any_text() {
        for good in ["$connect", "$disconnect", "$default", "send message", &"x".repeat(128)] {
            assert!(check(ProtocolType::Websocket, good).is_ok(), "{good}");
        }
        assert!(check(ProtocolType::Websocket, "").is_err());
        assert!(check(ProtocolType::Websocket, &"x".repeat(129)).is_err());
    }
}
