//! From what a tester gives to a request as the pipeline knows it.

use std::time::Instant;

use http::header::USER_AGENT;
use http::{HeaderName, HeaderValue, Method, Uri, Version};
use ports::test_invoke::{TestInvokeError, TestRequest};

use crate::exchange::{Address, HeaderNames, IdSource, Request, Source, TEST_DOMAIN};
use crate::message::{Headers, MOST_LINES};

/// A request with its headers, which go their own way.
pub(super) struct Made {
    pub(super) request: Request,
    pub(super) headers: Headers,
    pub(super) names: HeaderNames,
}

/// The request of a tester for the resource at `path`.
///
/// # Errors
/// If no client could send it. The texts are not recorded.
pub(super) fn made(
    given: &TestRequest,
    verb: &str,
    path: &str,
    ids: &IdSource,
) -> Result<Made, TestInvokeError> {
    let (headers, names) = headers(&given.headers)?;
    let method = Method::from_bytes(verb.as_bytes())
        .map_err(|_| TestInvokeError::Request(format!("Invalid HttpMethod specified: {verb}")))?;
    let caller = &given.caller;
    let named = caller.user_agent.as_deref().and_then(|agent| HeaderValue::from_str(agent).ok());
    let request = Request {
        method,
        uri: target(given.path_with_query_string.as_deref().unwrap_or_default(), path)?,
        version: Version::HTTP_11,
        host: HeaderValue::from_static(TEST_DOMAIN),
        user_agent: headers.get(USER_AGENT).cloned().or(named),
        source: Source::Test(Box::new(caller.clone())),
        local_port: 443,
        via: None,
        secure: true,
        client_certificate: None,
        received: given.received,
        started: Instant::now(),
        ids: ids.next(),
        // The path names no stage.
        address: Address { base_path: None, stage: 0..0, rest: 0 },
        websocket: None,
    };
    Ok(Made { request, headers, names })
}

/// Recorded from AWS: without a path it is the resource's own, variables and all.
fn target(given: &str, resource: &str) -> Result<Uri, TestInvokeError> {
    let (path, query) = given.split_once('?').map_or((given, None), |(path, query)| (path, Some(query)));
    let mut target = match path {
        "" => resource.to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    };
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    let parsed = http::uri::PathAndQuery::try_from(target).map(Uri::from);
    parsed.map_err(|_| TestInvokeError::Request("Invalid pathWithQueryString specified".to_owned()))
}

fn headers(given: &[(String, String)]) -> Result<(Headers, HeaderNames), TestInvokeError> {
    let wrong = |name: &str| TestInvokeError::Request(format!("Invalid header specified: {name}"));
    if let Some((name, _)) = given.get(MOST_LINES) {
        return Err(wrong(name));
    }
    let mut headers = Headers::with_capacity(given.len());
    let mut head = String::from("\r\n");
    for (name, value) in given {
        let parsed = name.parse::<HeaderName>().map_err(|_| wrong(name))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong(name))?;
        headers.append(parsed, value);
        head.push_str(name);
        head.push_str(":\r\n");
    }
    Ok((headers, HeaderNames::of_head(("GET / HTTP/1.1".to_owned() + &head + "\r\n").into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_given_is_the_resources() {
        for (given, expected) in [
            ("", "/pets/{petId}"),
            ("?color=red", "/pets/{petId}?color=red"),
            ("/pets/7?color=red", "/pets/7?color=red"),
            ("pets/7", "/pets/7"),
            ("/pets//7/?", "/pets//7/?"),
        ] {
            assert_eq!(target(given, "/pets/{petId}").unwrap().to_string(), expected, "{given}");
        }
        for given in ["/a b", "/\r\nX: y", "/\u{0}"] {
            assert!(target(given, "/").is_err(), "{given:?}");
        }
    }

    #[test]
    fn headers_keep_their_names() {
        let given = [("X-Own".to_owned(), "1".to_owned()), ("x-OWN".to_owned(), "2".to_owned())];
        let (headers, names) = headers(&given).unwrap();
        assert_eq!(headers.get_all("x-own").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(names.in_order().collect::<Vec<_>>(), ["X-Own", "x-OWN"]);
        for (name, value) in [("a b", "1"), ("", "1"), ("a", "1\r\nb: 2"), ("a\r\nb", "1")] {
            assert!(super::headers(&[(name.to_owned(), value.to_owned())]).is_err(), "{name:?}");
        }
        let many = vec![("a".to_owned(), "1".to_owned()); 1_001];
        assert!(super::headers(&many).is_err());
        assert_eq!(super::headers(&many[1..]).unwrap().0.len(), 1_000);
    }
}
