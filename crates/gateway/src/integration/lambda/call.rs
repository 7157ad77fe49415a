//! Invoking: the wait with its limit, and what each of Lambda's errors is to a REST API.

use std::time::Duration;

use ports::functions::{Functions, InvokeError, InvokeReply, InvokeRequest};
use serde_json::Value;

use crate::exchange::{ConfigurationFault, IntegrationFault, Refusal, TooLarge};

/// Invokes a function and waits for its answer, at most `limit`. A function that is not
/// waited for any longer runs on, as on AWS.
///
/// # Errors
/// What the client gets if nothing ran or nothing came back in time.
pub async fn invoke(
    functions: &dyn Functions,
    request: InvokeRequest,
    limit: Duration,
) -> Result<InvokeReply, Refusal> {
    match tokio::time::timeout(limit, functions.invoke(request)).await {
        Ok(reply) => reply.map_err(refusal),
        Err(_) => Err(Refusal::IntegrationTimeout {
            limit_millis: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        }),
    }
}

/// A function that does not exist and one that may not be invoked look the same to clients:
/// 500 `Internal server error` (API Gateway developer guide, "Troubleshooting": `Invalid
/// permissions on Lambda function`).
pub(super) fn refusal(error: InvokeError) -> Refusal {
    match error {
        InvokeError::NotFound { .. } | InvokeError::Denied { .. } => {
            Refusal::ApiConfigurationError(ConfigurationFault::LambdaPermission { why: error.to_string() })
        }
        InvokeError::TooLarge { size, .. } => Refusal::RequestTooLarge(TooLarge::Event { size }),
        InvokeError::NotJson { why } => Refusal::PayloadNotJson { why },
        InvokeError::Throttled => Refusal::IntegrationFailure(IntegrationFault::Throttled),
        InvokeError::Unavailable { why } => {
            Refusal::IntegrationFailure(IntegrationFault::Unavailable { why })
        }
    }
}

/// `errorMessage` of a failed function's answer.
pub(crate) fn error_message(payload: &[u8]) -> String {
    match serde_json::from_slice(payload) {
        Ok(Value::Object(mut members)) => match members.remove("errorMessage") {
            Some(Value::String(message)) => message,
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_message_is_a_text() {
        let check = |payload: &'static str, expected: &str| {
            assert_eq!(error_message(payload.as_bytes()), expected, "{payload}");
        };
        check("{\"errorMessage\": \"no\", \"errorType\": \"E\"}", "no");
        check("{\"errorMessage\": {\"a\": 1}}", "{\"a\":1}");
        check("{\"errorMessage\": null}", "");
        check("{}", "");
        check("no json", "");
    }
    #[test]
    fn each_of_lambdas_errors_is_a_gateway_response() {
        let arn = || "arn:aws:lambda:us-west-2:000000000000:function:orders".to_owned();
        for (error, status) in [
            (InvokeError::NotFound { arn: arn() }, 500),
            (InvokeError::Denied { invoker: "apigateway.amazonaws.com".into(), arn: arn() }, 500),
            (InvokeError::TooLarge { size: 7, limit: 6, invocation_type: "RequestResponse" }, 413),
            (InvokeError::NotJson { why: "eof".into() }, 400),
            (InvokeError::Throttled, 500),
            (InvokeError::Unavailable { why: "no python".into() }, 500),
        ] {
            assert_eq!(refusal(error.clone()).response().status.as_u16(), status, "{error}");
        }
    }
}
