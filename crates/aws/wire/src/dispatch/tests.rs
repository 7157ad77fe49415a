use api::SERVICES;
use api::table::Protocol;
use proptest::prelude::*;

use super::*;
use crate::testing::{found, request};
use crate::{CommonError, decode, encode_error};

fn name_of(method: &str, target: &str, scope: &str) -> String {
    let found = found(&request(method, target, &[], ""), scope);
    format!("{}:{}", found.service.name, found.operation.name)
}

#[test]
fn every_operation_is_found_by_its_own_address() {
    for service in SERVICES {
        for operation in service.operations {
            let target = operation.uri.replace(['{', '}', '+'], "");
            let form = format!("Action={}&Version={}", operation.name, service.api_version);
            let header = format!("{}.{}", service.target_prefix, operation.name);
            let request = match service.protocol {
                Protocol::RestJson => request(operation.method, &target, &[], ""),
                Protocol::AwsJson { .. } => request("POST", "/", &[("x-amz-target", &header)], ""),
                Protocol::AwsQuery | Protocol::Ec2Query => request("POST", "/", &[], &form),
            };
            for scope in [Some(service.signing_name), None] {
                let found = dispatch(&request, scope).unwrap();
                assert_eq!((found.service.name, found.operation.name), (service.name, operation.name));
            }
        }
    }
}

#[test]
fn the_path_tells_the_two_versions_of_api_gateway_apart() {
    for (method, target, expected) in [
        ("GET", "/restapis", "apigateway:GetRestApis"),
        ("GET", "/restapis?limit=500", "apigateway:GetRestApis"),
        ("GET", "/v2/apis", "apigatewayv2:GetApis"),
        ("POST", "/restapis", "apigateway:CreateRestApi"),
        ("POST", "/restapis?mode=import&failonwarnings=true", "apigateway:ImportRestApi"),
        ("POST", "/restapis?mode=other", "apigateway:CreateRestApi"),
        ("PUT", "/restapis/abc?mode=overwrite", "apigateway:PutRestApi"),
        ("POST", "/apikeys?format=csv&mode=import", "apigateway:ImportApiKeys"),
        // The ARN is one segment only as long as nobody decodes it.
        ("PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc", "apigateway:TagResource"),
        (
            "POST",
            "/v2/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fabc",
            "apigatewayv2:TagResource",
        ),
        // Literals come before labels at the same place.
        ("GET", "/restapis/a/documentation/parts", "apigateway:GetDocumentationParts"),
        ("GET", "/domainnames/example.com/basepathmappings/%28none%29", "apigateway:GetBasePathMapping"),
        ("DELETE", "/restapis/a/stages/s/cache/data", "apigateway:FlushStageCache"),
    ] {
        assert_eq!(name_of(method, target, "apigateway"), expected, "{method} {target}");
    }
}

#[test]
fn a_slash_at_the_end_makes_no_difference() {
    assert_eq!(name_of("GET", "/2015-03-31/functions/", "lambda"), "lambda:ListFunctions");
    assert_eq!(name_of("GET", "/2015-03-31/functions", "lambda"), "lambda:ListFunctions");
}

#[test]
fn connections_are_managed_under_execute_api() {
    let name = name_of("POST", "/@connections/abc%3D", "execute-api");
    assert_eq!(name, "apigatewaymanagementapi:PostToConnection");
}

fn refused(request: &Request, scope: Option<&str>) -> (u16, String, String) {
    let error = dispatch(request, scope).unwrap_err();
    let response = encode_error(None, &error, "r-1");
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), kind, String::from_utf8(response.body().to_vec()).unwrap())
}

#[test]
fn unknown_operations_are_refused_in_the_protocol_of_the_service() {
    let json = "application/json".to_owned();
    let (status, kind, _) = refused(&request("GET", "/restapis/a/nothing", &[], ""), Some("apigateway"));
    assert_eq!((status, kind), (404, json.clone()));
    let (status, kind, _) = refused(&request("GET", "/restapis//stages", &[], ""), Some("apigateway"));
    assert_eq!((status, kind), (404, json.clone()));

    let form = [("content-type", "application/x-www-form-urlencoded")];
    let unknown = request("POST", "/", &form, "Action=MakeCoffee&Version=2010-05-08");
    assert_eq!(
        refused(&unknown, Some("iam")),
        (
            400,
            "text/xml".to_owned(),
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>InvalidAction</Code><Message>Could not find operation MakeCoffee for version 2010-05-08\
             </Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
                .to_owned()
        )
    );

    let unknown = request("POST", "/", &[("x-amz-target", "Logs_20140328.MakeCoffee")], "{}");
    assert_eq!(
        refused(&unknown, Some("logs")),
        (
            400,
            "application/x-amz-json-1.1".to_owned(),
            "{\"__type\":\"UnknownOperationException\",\
              \"message\":\"The operation Logs_20140328.MakeCoffee is unknown.\"}"
                .to_owned()
        )
    );
}

#[test]
fn unknown_services_are_refused_in_json_or_to_forms_in_xml() {
    let (status, kind, body) = refused(&request("GET", "/", &[], ""), Some("s3"));
    assert_eq!((status, kind.as_str()), (404, "application/json"));
    assert_eq!(body, "{\"message\":\"The service s3 is not served here.\"}");

    let (status, kind, _) = refused(&request("GET", "/favicon.ico", &[], ""), None);
    assert_eq!((status, kind.as_str()), (404, "application/json"));

    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let (status, kind, body) =
        refused(&request("POST", "/", &form, "Action=DescribeVpcs&Version=2016-11-15"), Some("s3"));
    assert_eq!((status, kind.as_str()), (400, "text/xml"));
    assert!(body.contains("<Code>InvalidAction</Code>"), "{body}");
}

#[test]
fn a_body_is_taken_up_to_the_limit_of_its_service() {
    let of = |length: usize, target: &str| {
        let request = http::Request::post(target).body(bytes::Bytes::from(vec![b' '; length])).unwrap();
        Request::from(request)
    };
    assert!(dispatch(&of(limits::BODY, "/restapis"), Some("apigateway")).is_ok());
    let error = dispatch(&of(limits::BODY + 1, "/restapis"), Some("apigateway")).unwrap_err();
    assert_eq!(error.as_common(), Some(CommonError::RequestEntityTooLarge));
    assert_eq!(error.status(None), 413);
    assert!(dispatch(&of(limits::BODY + 1, "/2015-03-31/functions"), Some("lambda")).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_arrives_panics(
        service in 0..SERVICES.len(),
        method in "GET|POST|PUT|PATCH|DELETE|OPTIONS",
        path in "(/(v2|restapis|apis|tags|2015-03-31|functions|@connections|%2F|%ff|[a-z{}+.]{0,6})){0,7}/?",
        query in "([a-zA-Z.%=&+0-9]{0,40})?",
        target in "Logs_20140328\\.(PutLogEvents|[A-Za-z]{0,8})",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = format!("{}?{query}", if path.is_empty() { "/" } else { &path });
        if let Ok(request) = http::Request::builder()
            .method(method.as_str())
            .uri(uri)
            .header("x-amz-target", target)
            .body(bytes::Bytes::from(body))
        {
            let request = Request::from(request);
            for scope in [None, SERVICES.get(service).map(|service| service.signing_name)] {
                match dispatch(&request, scope) {
                    Ok(found) => drop(decode(&found, &request)),
                    Err(error) => drop(encode_error(None, &error, "r")),
                }
            }
        }
    }

    #[test]
    fn no_form_panics(action in "CreateRole|CreatePolicy|AssumeRole", form in "([A-Za-z0-9.=&%+]|Tags\\.member\\.[0-9]{1,3}\\.Key=|&){0,80}") {
        let request = request("POST", "/", &[], &format!("Action={action}&{form}"));
        for scope in ["iam", "sts"] {
            if let Ok(found) = dispatch(&request, Some(scope)) {
                drop(decode(&found, &request));
            }
        }
    }
}
