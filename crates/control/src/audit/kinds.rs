//! Which calls are recorded, and under which names.

use api::OperationTable;

use crate::registry::Handler;

/// What the names of operations begin with that only look.
const LOOKING: [&str; 8] = ["Describe", "Export", "Filter", "Get", "List", "Lookup", "Search", "Test"];

/// Calls about data, of which CloudTrail's event history knows nothing ("Logging data events").
const ABOUT_DATA: [(&str, &str); 2] = [("lambda", "Invoke"), ("logs", "PutLogEvents")];

/// Lambda's events whose names end with the second version of an operation (Lambda developer guide,
/// "Logging AWS Lambda API calls using AWS CloudTrail").
const SECOND_VERSIONS: [&str; 6] = [
    "AddPermission",
    "RemovePermission",
    "TagResource",
    "UntagResource",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
];

/// Whether calls of `operation` leave records: those that may change something. An operation that
/// is registered as writing does; one that waits is told by its name.
pub(crate) fn is_recorded(operation: &OperationTable, handler: &Handler) -> bool {
    match handler {
        // What is streamed is data.
        Handler::Read(_) | Handler::Stream(_) => false,
        Handler::Write(_) => true,
        Handler::Wait(_) => {
            !LOOKING.iter().any(|verb| operation.name.starts_with(verb))
                && !ABOUT_DATA.contains(&(operation.service.name, operation.name))
        }
    }
}

/// Whether CloudTrail counts it as reading, although it is recorded.
pub(super) fn is_read_only(operation: &OperationTable) -> bool {
    // It stores a session here, but changes nothing that its caller could see.
    (operation.service.name, operation.name) == ("sts", "AssumeRole")
}

/// The service as events name it: both versions of API Gateway are one.
pub(super) fn event_source(operation: &OperationTable) -> String {
    format!("{}.amazonaws.com", operation.service.endpoint_prefix)
}

/// The operation as events name it. Lambda's carry the date of their path: `CreateFunction20150331`
/// (same page of the Lambda developer guide).
pub(super) fn event_name(operation: &OperationTable) -> String {
    let name = operation.name;
    if operation.service.name != "lambda" {
        return name.to_owned();
    }
    let date = operation.uri.trim_start_matches('/').split('/').next().unwrap_or_default().replace('-', "");
    let version = if SECOND_VERSIONS.contains(&name) { "v2" } else { "" };
    format!("{name}{date}{version}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_frame::table;

    #[test]
    fn events_have_the_names_of_cloudtrail() {
        for (operation, name, source) in [
            ("apigateway:CreateRestApi", "CreateRestApi", "apigateway.amazonaws.com"),
            ("apigatewayv2:CreateApi", "CreateApi", "apigateway.amazonaws.com"),
            ("lambda:CreateFunction", "CreateFunction20150331", "lambda.amazonaws.com"),
            ("lambda:UpdateFunctionCode", "UpdateFunctionCode20150331v2", "lambda.amazonaws.com"),
            ("lambda:PutFunctionConcurrency", "PutFunctionConcurrency20171031", "lambda.amazonaws.com"),
            ("iam:CreateUser", "CreateUser", "iam.amazonaws.com"),
            ("logs:CreateLogGroup", "CreateLogGroup", "logs.amazonaws.com"),
        ] {
            assert_eq!((&*event_name(table(operation)), &*event_source(table(operation))), (name, source));
        }
    }

    /// Every operation that waits, so that a new one has to be decided.
    #[test]
    fn what_waits_is_recorded_if_it_changes_something() {
        let registry = crate::registry();
        let (mut recorded, mut not) = (Vec::new(), Vec::new());
        for operation in api::SERVICES.iter().flat_map(|service| service.operations) {
            match registry.handler(operation) {
                Some(handler @ Handler::Wait(_)) if is_recorded(operation, handler) => &mut recorded,
                Some(Handler::Wait(_) | Handler::Stream(_)) => &mut not,
                _ => continue,
            }
            .push(operation.name);
        }
        assert!(recorded.iter().all(|name| !name.starts_with("Get") && !name.starts_with("Describe")));
        for name in
            ["CreateFunction", "UpdateFunctionCode", "CreateLogGroup", "DeleteLogStream", "TagResource"]
        {
            assert!(recorded.contains(&name), "{name}: {recorded:?}");
        }
        for name in ["Invoke", "PutLogEvents", "GetLogEvents", "FilterLogEvents", "DescribeLogGroups"] {
            assert!(not.contains(&name), "{name}: {not:?}");
        }
    }
}
