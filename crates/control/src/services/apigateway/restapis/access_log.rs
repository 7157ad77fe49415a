//! A stage's `accessLogSettings`: where its access log goes, and what a line of it holds. Texts are
//! recorded from AWS unless a comment says otherwise.

use api::apigateway::AccessLogSettings;
use base::Arn;

use super::super::limits;
use super::super::refusals::bad_request;
use crate::Outcome;

/// Sets the member at `path`.
pub(super) fn set(settings: &mut AccessLogSettings, path: &[&str], value: &str) -> Outcome<()> {
    let (member, check): (_, fn(&str) -> Outcome<()>) = match path {
        ["destinationArn"] => (&mut settings.destination_arn, check_destination),
        ["format"] => (&mut settings.format, check_format),
        _ => {
            return Err(bad_request(
                "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, \
                 /accessLogSettings/format]",
            ));
        }
    };
    if value.is_empty() {
        return Err(bad_request("Access Log value must not be empty"));
    }
    check(value)?;
    *member = Some(value.to_owned());
    Ok(())
}

/// Whether the log group or the stream exists is not checked.
fn check_destination(text: &str) -> Outcome<()> {
    let arn: Arn = text.parse().map_err(|_| {
        bad_request(format!("Invalid ARN specified in the request. ARNs must start with 'arn:': {text}"))
    })?;
    let stream = arn.resource.strip_prefix("deliverystream/");
    match (arn.service.as_str(), stream) {
        ("logs", _) if arn.resource.starts_with("log-group:") => Ok(()),
        ("firehose", Some(stream)) if stream.starts_with("amazon-apigateway-") => Ok(()),
        ("firehose", Some(_)) => Err(bad_request(
            "Kinesis Firehose delivery stream name must begin with the characters 'amazon-apigateway-'",
        )),
        _ => Err(bad_request(
            "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream",
        )),
    }
}

/// Lines must be told apart by their request.
fn check_format(format: &str) -> Outcome<()> {
    if !format.contains("$context.requestId") && !format.contains("$context.extendedRequestId") {
        return Err(bad_request(
            "Access Log format must include either $context.requestId or $context.extendedRequestId",
        ));
    }
    if format.len() > limits::ACCESS_LOG_FORMAT {
        // The text is not recorded.
        let limit = limits::ACCESS_LOG_FORMAT;
        return Err(bad_request(format!("Access Log format must not be larger than {limit} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn check(member: &str, value: &str, expected: &str) {
        let mut settings = AccessLogSettings::default();
        match set(&mut settings, &[member], value) {
            Ok(()) => assert_eq!("", expected, "{member} {value}"),
            Err(Failure::Service(error)) => {
                assert_eq!(error.message(), Some(expected));
                assert_eq!(settings, AccessLogSettings::default());
            }
            Err(Failure::Store(fault)) => panic!("{fault}"),
        }
    }

    #[test]
    fn a_destination_is_a_log_group_or_a_stream() {
        let group = "arn:aws:logs:us-east-1:000000000000:log-group:/apigw/access";
        let stream = "arn:aws:firehose:us-east-1:000000000000:deliverystream/";
        check("destinationArn", group, "");
        check("destinationArn", &format!("{stream}amazon-apigateway-x"), "");
        check("destinationArn", "", "Access Log value must not be empty");
        check("destinationArn", "x", "Invalid ARN specified in the request. ARNs must start with 'arn:': x");
        check(
            "destinationArn",
            "arn:aws:s3:::bucket",
            "The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream",
        );
        check(
            "destinationArn",
            &format!("{stream}x"),
            "Kinesis Firehose delivery stream name must begin with the characters 'amazon-apigateway-'",
        );
    }

    /// The size: "Amazon API Gateway quotas".
    #[test]
    fn a_format_names_the_request_and_has_a_size() {
        let longest = format!("$context.requestId{}", "x".repeat(3 * 1024 - 18));
        check("format", &longest, "");
        check("format", "$context.extendedRequestId", "");
        check("format", &format!("{longest}x"), "Access Log format must not be larger than 3072 bytes");
        check("format", "", "Access Log value must not be empty");
        check(
            "format",
            "$context.status",
            "Access Log format must include either $context.requestId or $context.extendedRequestId",
        );
    }
}
