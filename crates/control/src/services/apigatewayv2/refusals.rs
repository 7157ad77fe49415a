//! The refusals of HTTP and WebSocket APIs. Few of AWS's texts are known; a remark says which. The
//! others say the same in our words.

use api::apigatewayv2::errors;
use base::Scope;
use wire::ServiceError;

use super::limits;
use crate::Failure;

/// 400: the request breaks a rule.
pub(super) fn bad_request(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::BAD_REQUEST_EXCEPTION, text).into()
}

/// 404: what it names is not there.
pub(super) fn not_found(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::NOT_FOUND_EXCEPTION, text).into()
}

/// 409: it is there already, or something else needs it.
pub(super) fn conflict(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::CONFLICT_EXCEPTION, text).into()
}

/// The API is not there (as version 1 answers it).
pub(super) fn unknown_api(scope: &Scope, id: &str) -> Failure {
    not_found(format!("Invalid API identifier specified {}:{id}", scope.account()))
}

/// Something of an API is not there: `Invalid Route identifier specified`.
pub(super) fn unknown(what: &str) -> Failure {
    not_found(format!("Invalid {what} identifier specified"))
}

/// There may not be more of something.
pub(super) fn too_many(what: &str, most: usize) -> Failure {
    bad_request(format!("Maximum number of {what} for this API has been reached. The limit is {most}."))
}

/// A text that may be stored; an empty one stands for none.
pub(super) fn text(what: &str, text: Option<&str>, most: usize) -> Result<Option<String>, Failure> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > most => {
            Err(bad_request(format!("Invalid {what} specified. It can be at most {most} characters long.")))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}

/// A description that may be stored.
pub(super) fn description(given: Option<&str>) -> Result<Option<String>, Failure> {
    text("description", given, limits::DESCRIPTION)
}

/// A name that may be stored.
pub(super) fn name(what: &str, given: &str) -> Result<String, Failure> {
    if given.trim().is_empty() || given.chars().count() > limits::NAME {
        // AWS's text for the name of an API.
        return Err(bad_request(format!("Invalid {what} name specified")));
    }
    Ok(given.to_owned())
}
