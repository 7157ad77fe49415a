//! The keys of an HTTP API's mapped parameters: what of requests and answers may be changed, and how (API Gateway
//! developer guide, "Transform API requests and responses for HTTP APIs in API Gateway").

use documents::apigatewayv2::is_reserved_header;
use indexmap::IndexMap;

use super::super::refusals::bad_request;
use crate::{Failure, Outcome};

/// Refuses mappings of what cannot be mapped.
///
/// # Errors
/// 400, in the words that users of AWS report.
pub(super) fn check(
    of_requests: Option<&IndexMap<String, String>>,
    of_answers: Option<&IndexMap<String, IndexMap<String, String>>>,
) -> Outcome<()> {
    for key in of_requests.into_iter().flat_map(IndexMap::keys) {
        let header = match key.split_once(':') {
            Some(("append" | "overwrite" | "remove", target)) => match target.split_once('.') {
                Some(("header", name)) if !name.is_empty() => Some(name),
                Some(("querystring", name)) if !name.is_empty() => None,
                None if key == "overwrite:path" => None,
                _ => return Err(no_destination("Request", key)),
            },
            _ => return Err(no_destination("Request", key)),
        };
        unreserved(header)?;
    }
    for (status, mappings) in of_answers.into_iter().flatten() {
        if status.len() != 3 || !status.parse().is_ok_and(|status: u16| (200..600).contains(&status)) {
            return Err(invalid(&format!("Invalid status code specified: {status}")));
        }
        for key in mappings.keys() {
            let header = match key.split_once(':') {
                Some(("append" | "overwrite" | "remove", target)) => match target.split_once('.') {
                    Some(("header", name)) if !name.is_empty() => Some(name),
                    None if key.eq_ignore_ascii_case("overwrite:statuscode") => None,
                    _ => return Err(no_destination("Response", key)),
                },
                _ => return Err(no_destination("Response", key)),
            };
            unreserved(header)?;
        }
    }
    Ok(())
}

fn unreserved(header: Option<&str>) -> Outcome<()> {
    let Some(header) = header else { return Ok(()) };
    if is_reserved_header(&header.to_ascii_lowercase()) {
        return Err(invalid(&format!("Operations on header {header} are restricted")));
    }
    Ok(())
}

fn no_destination(of: &str, key: &str) -> Failure {
    invalid(&format!("Invalid {of} Actioned Parameter destination specified: {key}"))
}

fn invalid(error: &str) -> Failure {
    bad_request(format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{error}]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_request(key: &str) -> Result<(), String> {
        let mapped = IndexMap::from([(key.to_owned(), "x".to_owned())]);
        check(Some(&mapped), None).map_err(|failure| format!("{failure:?}"))
    }

    fn of_answer(status: &str, key: &str) -> Result<(), String> {
        let mapped = IndexMap::from([(key.to_owned(), "x".to_owned())]);
        let all = IndexMap::from([(status.to_owned(), mapped)]);
        check(None, Some(&all)).map_err(|failure| format!("{failure:?}"))
    }

    /// The tables of the developer guide.
    #[test]
    fn keys_are_those_of_the_guide() {
        for key in ["append:header.a", "overwrite:header.a", "remove:querystring.a", "overwrite:path"] {
            assert_eq!(of_request(key), Ok(()), "{key}");
        }
        for key in ["append:path", "header.a", "set:header.a", "append:header.", "overwrite:statuscode", ""] {
            let told = of_request(key).unwrap_err();
            assert!(told.contains("Invalid Request Actioned Parameter"), "{key}: {told}");
        }
        for key in ["append:header.a", "remove:header.a", "overwrite:statuscode"] {
            assert_eq!(of_answer("404", key), Ok(()), "{key}");
        }
        for key in ["append:querystring.a", "append:statuscode", "overwrite:path"] {
            let told = of_answer("404", key).unwrap_err();
            assert!(told.contains("Invalid Response Actioned Parameter"), "{key}: {told}");
        }
        for status in ["99", "600", "5xx", "+20", "0200"] {
            assert!(of_answer(status, "remove:header.a").is_err(), "{status}");
        }
    }

    #[test]
    fn reserved_headers_cannot_be_mapped() {
        for name in ["Authorization", "via", "X-Amz-Date", "apigw-requestid", "Access-Control-Max-Age"] {
            let told = of_request(&format!("append:header.{name}")).unwrap_err();
            let expected = format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], \
                 errors : [Operations on header {name} are restricted]"
            );
            assert!(told.contains(&expected), "{told}");
        }
        assert_eq!(of_request("append:header.x-amazing"), Ok(()));
    }
}
