//! Which integrations there may be. Texts are recorded from AWS unless a comment says otherwise.

use api::apigateway::{ConnectionType, Integration, IntegrationType, Method, ResponseTransferMode};
use base::Arn;

use super::super::limits;
use super::super::refusals::bad_request;
use super::{mapping, methods};
use crate::{Failure, Outcome};

/// The rules that the integration alone can break; `account` is that of the caller.
pub(super) fn check(integration: &Integration, account: &str) -> Outcome<()> {
    let uri = integration.uri.as_deref().unwrap_or_default();
    let kind = integration.r#type.unwrap_or(IntegrationType::Mock);
    if kind != IntegrationType::Mock {
        let Some(verb) = integration.http_method.as_deref() else {
            return Err(bad_request("Enumeration value for HttpMethod must be non-empty"));
        };
        methods::check_verb(verb)?;
    }
    match kind {
        IntegrationType::Mock => {}
        IntegrationType::Http | IntegrationType::HttpProxy => check_http(uri)?,
        IntegrationType::Aws | IntegrationType::AwsProxy => check_aws(uri, kind, integration)?,
    }
    check_credentials(integration.credentials.as_deref(), account)?;
    let streams = integration.response_transfer_mode == Some(ResponseTransferMode::Stream);
    let timeouts = if streams { limits::STREAM_TIMEOUT } else { limits::TIMEOUT };
    if integration.timeout_in_millis.is_some_and(|timeout| !timeouts.contains(&timeout)) {
        return Err(if streams { bad_stream_timeout() } else { bad_timeout() });
    }
    let behavior = integration.passthrough_behavior.as_deref();
    if !matches!(behavior, None | Some("WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER")) {
        // Worded like the refusal of a bad verb; this one is not recorded.
        return Err(bad_request(
            "Invalid passthroughBehavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER",
        ));
    }
    check_connection(integration, kind)?;
    let proxy = matches!(kind, IntegrationType::HttpProxy | IntegrationType::AwsProxy);
    if streams && !proxy {
        // API Gateway developer guide, "Stream the integration response": the rule; the text is
        // not recorded.
        return Err(bad_request(
            "Response transfer mode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations",
        ));
    }
    Ok(())
}

/// The rules between an integration and its method.
pub(super) fn check_against_method(integration: &Integration, method: &Method) -> Outcome<()> {
    let parameters = integration.request_parameters.as_ref();
    if let Some(parameters) = parameters {
        mapping::check_request_mapping(parameters, method)?;
    }
    let keys = integration.cache_key_parameters.as_deref().unwrap_or_default();
    mapping::check_cache_keys(keys, method, parameters)
}

pub(super) fn bad_timeout() -> Failure {
    bad_request("Timeout should be between 50 ms and 29000 ms")
}

/// Worded like the other; this one is not recorded.
fn bad_stream_timeout() -> Failure {
    bad_request("Timeout should be between 50 ms and 900000 ms")
}

/// A literal scheme and a host, which may be a stage variable.
fn check_http(uri: &str) -> Outcome<()> {
    let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || uri.contains(char::is_whitespace) {
        return Err(bad_request("Invalid HTTP endpoint specified for URI"));
    }
    Ok(())
}

/// `arn:aws:apigateway:{region}:{service}:{path|action}/…`. The ARN's fifth part, elsewhere the
/// account, is the service, with a subdomain before it if it needs one.
fn check_aws(uri: &str, kind: IntegrationType, integration: &Integration) -> Outcome<()> {
    let arn: Arn = uri.parse().map_err(|_| bad_arn())?;
    let path = arn.resource.strip_prefix("path/");
    let action = arn.resource.strip_prefix("action/");
    if arn.service != "apigateway" || path.or(action).is_none_or(str::is_empty) {
        return Err(bad_request("AWS ARN for integration must contain path or action"));
    }
    let service = arn.account.rsplit('.').next().unwrap_or_default();
    let lambda = service == "lambda" && path.is_some_and(is_function);
    if kind == IntegrationType::AwsProxy && !lambda && !(service == "firehose" && action.is_some()) {
        return Err(bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream \
             invocations.",
        ));
    }
    if service != "lambda" && integration.credentials.is_none() {
        return Err(bad_request("Role ARN must be specified for AWS integrations"));
    }
    Ok(())
}

/// `2015-03-31/functions/{ARN}/invocations`, or the form for streamed answers.
pub(super) fn is_function(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    let arn = path
        .strip_prefix("2015-03-31/functions/")
        .and_then(|path| path.strip_suffix("/invocations"))
        .or_else(|| {
            path.strip_prefix("2021-11-15/functions/")?.strip_suffix("/response-streaming-invocations")
        });
    arn.and_then(|arn| arn.parse::<Arn>().ok())
        .is_some_and(|arn| arn.service == "lambda" && arn.resource.starts_with("function:"))
}

/// A role of the caller's own account, or `arn:aws:iam::*:user/*`: the caller of the API.
pub(super) fn check_credentials(credentials: Option<&str>, account: &str) -> Outcome<()> {
    let Some(credentials) = credentials else { return Ok(()) };
    let arn: Arn = credentials.parse().map_err(|_| bad_arn())?;
    if arn.account != account && arn.account != "*" && !credentials.contains("${stageVariables.") {
        return Err(bad_request("Cross-account pass role is not allowed."));
    }
    Ok(())
}

fn check_connection(integration: &Integration, kind: IntegrationType) -> Outcome<()> {
    if integration.connection_type != Some(ConnectionType::VpcLink) {
        return match integration.integration_target {
            // API Gateway API reference, `PutIntegration`: the rule; the text is not recorded.
            Some(_) => Err(bad_request("Integration target is only supported with connection type VPC_LINK")),
            None => Ok(()),
        };
    }
    let target = integration.integration_target.as_deref().map(str::parse::<Arn>).transpose();
    if target.map_err(|_| bad_arn())?.is_some_and(|arn| arn.service != "elasticloadbalancing") {
        return Err(bad_arn());
    }
    if !matches!(kind, IntegrationType::Http | IntegrationType::HttpProxy) {
        // API Gateway developer guide, "Set up API Gateway private integrations": the rule; the
        // text is not recorded.
        return Err(bad_request(
            "Connection type VPC_LINK is only supported for HTTP and HTTP_PROXY integrations",
        ));
    }
    if integration.connection_id.is_none() {
        return Err(bad_request(
            "ConnectionId should be set to the vpcLinkId or stage variable on connection type VPC_LINK",
        ));
    }
    Ok(())
}

fn bad_arn() -> Failure {
    bad_request("Invalid ARN specified in the request")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::test_frame::{Frame, bad_request, with};
    use super::super::integrations::put_integration;
    use super::super::methods::put_method;

    struct Place {
        frame: Frame,
        at: Value,
    }

    impl Place {
        fn new() -> Self {
            let frame = Frame::new();
            let (api, root) = frame.rest_api();
            let at = json!({"restApiId": api, "resourceId": root, "httpMethod": "GET"});
            let declared = json!({
                "authorizationType": "NONE",
                "requestParameters": {"method.request.querystring.q": false},
            });
            frame.ok(put_method, with(at.clone(), declared));
            Self { frame, at }
        }

        fn accepts(&self, given: Value) {
            self.frame.ok(put_integration, with(self.at.clone(), given));
        }

        fn refuses(&self, given: Value, expected: &str) {
            let shown = given.to_string();
            let refused = self.frame.refused(put_integration, with(self.at.clone(), given));
            assert_eq!(refused, bad_request(expected), "{shown}");
        }
    }

    fn aws(kind: &str, uri: &str) -> Value {
        let credentials = "arn:aws:iam::000000000000:role/r";
        json!({"type": kind, "integrationHttpMethod": "POST", "uri": uri, "credentials": credentials})
    }

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

    /// Recorded from AWS.
    #[test]
    fn all_but_mock_need_a_method() {
        let place = Place::new();
        for kind in ["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY"] {
            let bad = "Enumeration value for HttpMethod must be non-empty";
            place.refuses(json!({"type": kind, "uri": "http://x"}), bad);
            place.refuses(json!({"type": kind, "uri": "http://x", "integrationHttpMethod": ""}), bad);
        }
        place.refuses(
            json!({"type": "HTTP", "uri": "http://x", "integrationHttpMethod": "FETCH"}),
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        );
        place.accepts(json!({"type": "MOCK"}));
    }

    /// Recorded from AWS.
    #[test]
    fn http_needs_a_literal_scheme_and_a_host() {
        let place = Place::new();
        for kind in ["HTTP", "HTTP_PROXY"] {
            let http = |uri: &str| json!({"type": kind, "integrationHttpMethod": "GET", "uri": uri});
            for uri in
                ["", "x", "ftp://x", "http://", "https:///a", "${stageVariables.url}", "http://a b", FUNCTION]
            {
                place.refuses(http(uri), "Invalid HTTP endpoint specified for URI");
            }
            for uri in ["http://x", "https://${stageVariables.host}/a?b={c}", "http://127.0.0.1:1/{proxy}"] {
                place.accepts(http(uri));
            }
        }
    }

    /// Recorded from AWS.
    #[test]
    fn aws_needs_an_arn_with_path_or_action() {
        let place = Place::new();
        for kind in ["AWS", "AWS_PROXY"] {
            for uri in ["", "x", "http://x", "arn:aws:s3"] {
                place.refuses(aws(kind, uri), "Invalid ARN specified in the request");
            }
            for uri in
                [FUNCTION, "arn:aws:apigateway:us-east-1:s3:bucket/x", "arn:aws:iam::0000000000:role/r"]
            {
                place.refuses(aws(kind, uri), "AWS ARN for integration must contain path or action");
            }
            let function =
                format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}");
            place.accepts(aws(kind, &format!("{function}/invocations")));
            place.accepts(aws(kind, &format!("{function}:${{stageVariables.alias}}/invocations")));
        }
        place.accepts(aws("AWS", "arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue"));
        place.accepts(aws("AWS", "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem"));
    }

    /// Recorded from AWS.
    #[test]
    fn aws_proxy_is_for_functions() {
        let place = Place::new();
        for uri in [
            "arn:aws:apigateway:us-east-1:s3:path/b/k",
            "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations",
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f",
        ] {
            place.refuses(
                aws("AWS_PROXY", uri),
                "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream \
                 invocations.",
            );
        }
        place.accepts(aws("AWS_PROXY", "arn:aws:apigateway:us-east-1:firehose:action/PutRecord"));
    }

    /// Recorded from AWS.
    #[test]
    fn credentials_are_a_role_of_the_account() {
        let place = Place::new();
        let queue = "arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue";
        let with_role = |role: &str| with(aws("AWS", queue), json!({"credentials": role}));
        place.refuses(with_role(""), "Role ARN must be specified for AWS integrations");
        place.refuses(with_role("r"), "Invalid ARN specified in the request");
        place.refuses(
            with_role("arn:aws:iam::111111111111:role/r"),
            "Cross-account pass role is not allowed.",
        );
        place.accepts(with_role("arn:aws:iam::*:user/*"));
        let function =
            format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations");
        place.accepts(with(aws("AWS", &function), json!({"credentials": null})));
    }

    /// The text of the timeout is recorded from AWS.
    #[test]
    fn both_sides_of_each_border() {
        let place = Place::new();
        for timeout in [50, 29_000] {
            place.accepts(json!({"type": "MOCK", "timeoutInMillis": timeout}));
        }
        for timeout in [49, 29_001] {
            let given = json!({"type": "MOCK", "timeoutInMillis": timeout});
            place.refuses(given, "Timeout should be between 50 ms and 29000 ms");
        }
        place.accepts(json!({"type": "MOCK", "passthroughBehavior": "WHEN_NO_TEMPLATES"}));
        place.refuses(
            json!({"type": "MOCK", "passthroughBehavior": "ALWAYS"}),
            "Invalid passthroughBehavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER",
        );
        let http = json!({"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://x"});
        let stream = with(http, json!({"responseTransferMode": "STREAM"}));
        for timeout in [50, 900_000] {
            place.accepts(with(stream.clone(), json!({"timeoutInMillis": timeout})));
        }
        for timeout in [49, 900_001] {
            let given = with(stream.clone(), json!({"timeoutInMillis": timeout}));
            place.refuses(given, "Timeout should be between 50 ms and 900000 ms");
        }
        place.refuses(
            json!({"type": "MOCK", "responseTransferMode": "STREAM"}),
            "Response transfer mode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations",
        );
        place.refuses(
            json!({"type": "MOCK", "connectionType": "VPC_LINK", "connectionId": "x"}),
            "Connection type VPC_LINK is only supported for HTTP and HTTP_PROXY integrations",
        );
    }

    /// The rules: API Gateway API reference, `PutIntegration`.
    #[test]
    fn a_target_belongs_to_a_vpc_link() {
        let place = Place::new();
        let balancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/b/c";
        let http = |target: &str| {
            json!({
                "type": "HTTP_PROXY",
                "integrationHttpMethod": "GET",
                "uri": "http://x",
                "integrationTarget": target,
            })
        };
        place.refuses(http(balancer), "Integration target is only supported with connection type VPC_LINK");
        let linked =
            |target: &str| with(http(target), json!({"connectionType": "VPC_LINK", "connectionId": "l"}));
        place.accepts(linked(balancer));
        for target in ["x", "arn:aws:s3:::bucket"] {
            place.refuses(linked(target), "Invalid ARN specified in the request");
        }
    }

    /// Recorded from AWS.
    #[test]
    fn mappings_and_keys_are_of_the_methods_parameters() {
        let place = Place::new();
        let frame = "Invalid mapping expression specified: Validation Result: warnings : [], errors : ";
        place.refuses(
            json!({"type": "MOCK", "requestParameters": {"integration.request.header.x": "true"}}),
            &format!("{frame}[Invalid mapping expression specified: true]"),
        );
        place.refuses(
            json!({"type": "MOCK", "requestParameters": {"integration.request.header.x": "method.request.header.x"}}),
            &format!("{frame}[Invalid mapping expression parameter specified: method.request.header.x]"),
        );
        let key = |name: &str| json!({"type": "MOCK", "cacheKeyParameters": [name]});
        place.accepts(key("method.request.querystring.q"));
        place.refuses(key("method.request.querystring.other"), "Invalid cache key parameter specified");
        place.refuses(
            json!({"type": "MOCK", "requestTemplates": {"123": "x"}}),
            "Validation Result: warnings : [], errors : [Invalid content type specified: 123]",
        );
    }
}
