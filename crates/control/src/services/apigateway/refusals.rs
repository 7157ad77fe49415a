//! The refusals of API Gateway, and those of their texts that several collections answer. Texts
//! without a remark are recorded from AWS.

use api::apigateway::errors;
use base::Scope;
use wire::ServiceError;

use crate::Failure;
use crate::tags::TagFault;

use super::limits;

/// 400: the request breaks a rule.
pub(super) fn bad_request(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::BAD_REQUEST_EXCEPTION, text).into()
}

/// 404: what it names is not there.
pub(super) fn not_found(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::NOT_FOUND_EXCEPTION, text).into()
}

/// 409: it is there already.
pub(super) fn conflict(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::CONFLICT_EXCEPTION, text).into()
}

/// 429: there may not be more of it.
pub(super) fn limit_exceeded(text: impl Into<String>) -> Failure {
    ServiceError::new(&errors::LIMIT_EXCEEDED_EXCEPTION, text).into()
}

/// The API itself is not there.
pub(super) fn unknown_rest_api(scope: &Scope, id: &str) -> Failure {
    not_found(format!("Invalid API identifier specified {}:{id}", scope.account()))
}

/// The resource, or the API it is looked up in, is not there.
pub(super) fn unknown_resource() -> Failure {
    not_found("Invalid Resource identifier specified")
}

/// The method is not there.
pub(super) fn unknown_method() -> Failure {
    not_found("Invalid Method identifier specified")
}

/// The method has no integration.
pub(super) fn unknown_integration() -> Failure {
    not_found("Invalid Integration identifier specified")
}

/// The method or its integration has no such response.
pub(super) fn unknown_status_code() -> Failure {
    not_found("Invalid Response status code specified")
}

/// The deployment is not there.
pub(super) fn unknown_deployment() -> Failure {
    not_found("Invalid Deployment identifier specified")
}

/// The stage is not there.
pub(super) fn unknown_stage() -> Failure {
    not_found("Invalid stage identifier specified")
}

/// An entry of a map of parameters is not there.
pub(super) fn unknown_parameter() -> Failure {
    not_found("Invalid parameter name specified")
}

/// An entry of a map of models or templates is not there.
pub(super) fn unknown_content_type() -> Failure {
    not_found("Content-Type specified was not found")
}

impl From<TagFault> for Failure {
    fn from(fault: TagFault) -> Self {
        // AWS's texts for tags are not recorded; these say the same in our words.
        bad_request(fault.to_string())
    }
}

/// A description that may be stored; an empty one stands for none.
pub(super) fn description(text: Option<&str>) -> Result<Option<String>, Failure> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > limits::DESCRIPTION => {
            // The text is not recorded.
            Err(bad_request(format!(
                "Invalid description specified. Descriptions can be at most {} characters long.",
                limits::DESCRIPTION
            )))
        }
        Some(text) => Ok(Some(text.to_owned())),
    }
}
