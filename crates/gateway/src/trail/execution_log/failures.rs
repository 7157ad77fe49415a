//! What execution logs say of each refusal. Texts are recorded from AWS, or as its users report
//! them, unless a comment says otherwise.

use std::borrow::Cow;

use crate::exchange::{ConfigurationFault, IntegrationFault, Refusal};

/// The line of a refusal.
pub(super) fn line(refusal: &Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::ApiConfigurationError(fault) => misconfigured(&configuration(fault)),
        Refusal::IntegrationFailure(fault) => match fault {
            IntegrationFault::Network { .. } => {
                "Execution failed due to a network error communicating with endpoint".into()
            }
            // AWS adds the id of Lambda's own request, which is not known here.
            IntegrationFault::FunctionError { why } => {
                format!("Lambda execution failed with status 200 due to customer function error: {why}")
                    .into()
            }
            IntegrationFault::MalformedProxyResponse { .. } => {
                misconfigured("Malformed Lambda proxy response")
            }
            // Not recorded.
            IntegrationFault::Throttled
            | IntegrationFault::Unavailable { .. }
            | IntegrationFault::AnswerTooLarge { .. } => misconfigured(&fault.to_string()),
        },
        Refusal::IntegrationTimeout { .. } => "Execution failed due to a timeout error".into(),
        // Not recorded; what is wrong with a body is said here even if the client is not told.
        Refusal::BadRequestParameters { .. }
        | Refusal::BadRequestBody { .. }
        | Refusal::UnsupportedCoding { .. } => format!("Execution failed: {refusal}").into(),
        // As users of AWS report it.
        Refusal::AuthorizerConfigurationError { why } => misconfigured(why),
        // Not recorded.
        Refusal::AuthorizerFailure { why } => {
            format!("Execution failed due to an authorizer error: {why}").into()
        }
        Refusal::AuthorizerDenied { .. } | Refusal::AccessDenied { .. } => {
            format!("The client is not authorized to perform this operation: {}", refusal.message()).into()
        }
        Refusal::InvalidApiKey { why } | Refusal::KeyThrottled { why } | Refusal::QuotaExceeded { why } => {
            String::from(why.clone()).into()
        }
        // Not recorded.
        Refusal::Unauthorized
        | Refusal::UriTooLong { .. }
        | Refusal::Forbidden(_)
        | Refusal::InvalidSignature { .. }
        | Refusal::ExpiredToken { .. }
        | Refusal::NotFound
        | Refusal::Bearer(_)
        | Refusal::MissingAuthenticationToken
        | Refusal::RequestTooLarge(_)
        | Refusal::BrokenBody
        | Refusal::CacheControlUnauthorized
        | Refusal::Throttled
        | Refusal::UnsupportedMediaType { .. }
        | Refusal::PayloadNotJson { .. } => format!("Execution failed: {}", refusal.message()).into(),
    }
}

fn misconfigured(what: &str) -> Cow<'static, str> {
    format!("Execution failed due to configuration error: {what}").into()
}

fn configuration(fault: &ConfigurationFault) -> Cow<'static, str> {
    match fault {
        ConfigurationFault::Endpoint { .. } => "Invalid endpoint address".into(),
        ConfigurationFault::LambdaPermission { .. } => "Invalid permissions on Lambda function".into(),
        ConfigurationFault::MockStatus => {
            "statusCode should be an integer which defined in request template".into()
        }
        ConfigurationFault::NotBase64 => "Unable to base64 decode the body.".into(),
        // The same in our words.
        ConfigurationFault::NoIntegrationResponse
        | ConfigurationFault::Stage { .. }
        | ConfigurationFault::NotBuilt { .. }
        | ConfigurationFault::NoIntegration
        | ConfigurationFault::NoPlace { .. }
        | ConfigurationFault::NoRole { .. }
        | ConfigurationFault::Role { .. }
        | ConfigurationFault::MappedHeader { .. }
        | ConfigurationFault::HeaderValue { .. }
        | ConfigurationFault::Template { .. }
        | ConfigurationFault::StatusCode { .. }
        | ConfigurationFault::IntegrationMethod { .. } => fault.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_line() {
        let why = || "why".to_owned();
        for (refusal, expected) in [
            (
                Refusal::ApiConfigurationError(ConfigurationFault::Endpoint { why: why() }),
                "Execution failed due to configuration error: Invalid endpoint address",
            ),
            (
                Refusal::ApiConfigurationError(ConfigurationFault::LambdaPermission { why: why() }),
                "Execution failed due to configuration error: Invalid permissions on Lambda function",
            ),
            (
                Refusal::ApiConfigurationError(ConfigurationFault::NoIntegrationResponse),
                "Execution failed due to configuration error: No match for output mapping and no default output \
                 mapping configured",
            ),
            (
                Refusal::IntegrationFailure(IntegrationFault::MalformedProxyResponse { why: why() }),
                "Execution failed due to configuration error: Malformed Lambda proxy response",
            ),
            (
                Refusal::IntegrationFailure(IntegrationFault::FunctionError { why: why() }),
                "Lambda execution failed with status 200 due to customer function error: why",
            ),
            (Refusal::IntegrationTimeout { limit_millis: 50 }, "Execution failed due to a timeout error"),
            (
                Refusal::UnsupportedMediaType { content_type: "a/b".into() },
                "Execution failed: Unsupported Media Type",
            ),
        ] {
            assert_eq!(line(&refusal), expected);
        }
    }
}
