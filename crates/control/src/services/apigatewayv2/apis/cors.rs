//! `corsConfiguration` of HTTP APIs (API Gateway developer guide, "Configure CORS for HTTP APIs").

use api::apigatewayv2::Cors;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;

const METHODS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "*"];

/// CORS that browsers can be told.
pub(super) fn checked(given: &Cors) -> Outcome<Cors> {
    let origins = given.allow_origins.iter().flatten();
    for origin in origins.clone() {
        let known = origin == "*" || ["http://", "https://"].iter().any(|scheme| origin.starts_with(scheme));
        if !known || origin.bytes().any(|c| c <= b' ' || c == 0x7f) {
            return Err(bad_request(format!("Invalid origin specified: {origin}")));
        }
    }
    let methods = given.allow_methods.iter().flatten();
    if let Some(method) = methods.clone().find(|method| !METHODS.contains(&method.as_str())) {
        return Err(bad_request(format!("Invalid method specified: {method}")));
    }
    for header in given.allow_headers.iter().chain(&given.expose_headers).flatten() {
        if header != "*" && header.parse::<http::HeaderName>().is_err() {
            return Err(bad_request(format!("Invalid header specified: {header}")));
        }
    }
    if given.max_age.is_some_and(|age| !limits::MAX_AGE_SECONDS.contains(&age)) {
        return Err(bad_request("Invalid max age specified. It must be between -1 and 86400"));
    }
    // "You can't use the * wildcard with allowCredentials": browsers would not believe it.
    if given.allow_credentials == Some(true) && origins.clone().any(|origin| origin == "*") {
        return Err(bad_request("allow-credentials is not supported if allow-origin is *"));
    }
    Ok(given.clone())
}
