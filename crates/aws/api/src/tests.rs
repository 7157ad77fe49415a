// The generated types are read from and written as the canonical value.

use base::Timestamp;
use serde_json::json;

use crate::{Blob, SERVICES, UnknownValue, apigateway, apigatewayv2, iam, lambda};

#[test]
fn members_keep_the_models_names() {
    let stage = apigateway::Stage {
        stage_name: Some("dev".into()),
        cache_cluster_size: Some(apigateway::CacheClusterSize::V0_5),
        created_date: Some(Timestamp::from_millis(1_795_421_083_000)),
        ..Default::default()
    };
    let value = json!({"stageName": "dev", "cacheClusterSize": "0.5", "createdDate": 1_795_421_083_000_i64});
    assert_eq!(serde_json::to_value(&stage).unwrap(), value);
    assert_eq!(serde_json::from_value::<apigateway::Stage>(value).unwrap(), stage);

    let value = json!({"ApiId": "a", "RouteKey": "GET /"});
    let request: apigatewayv2::CreateRouteRequest = serde_json::from_value(value.clone()).unwrap();
    assert_eq!((request.api_id.as_str(), request.route_key.as_str()), ("a", "GET /"));
    assert_eq!(serde_json::to_value(&request).unwrap(), value);
}

#[test]
fn members_that_no_convention_fits_keep_their_names_too() {
    let value = json!({"FunctionName": "f", "StatementId": "s", "Action": "a", "Principal": "p", "PrincipalOrgID": "o"});
    let request: lambda::AddPermissionRequest = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(request.principal_org_id.as_deref(), Some("o"));
    assert_eq!(serde_json::to_value(&request).unwrap(), value);
}

#[test]
fn what_is_required_must_be_there() {
    assert!(serde_json::from_value::<apigateway::CreateStageRequest>(json!({"restApiId": "a"})).is_err());
    assert!(serde_json::from_value::<apigateway::GetRestApisRequest>(json!({})).is_ok());
}

#[test]
fn templates_may_be_null() {
    let value = json!({"responseTemplates": {"application/json": null, "text/plain": "x"}});
    let response: apigateway::IntegrationResponse = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(response.response_templates.as_ref().unwrap()["application/json"], None);
    assert_eq!(serde_json::to_value(&response).unwrap(), value);
}

#[test]
fn bytes_travel_as_base64() {
    let code = lambda::FunctionCode { zip_file: Some(Blob::from(b"PK".to_vec())), ..Default::default() };
    assert_eq!(serde_json::to_value(&code).unwrap(), json!({"ZipFile": "UEs="}));
}

#[test]
fn secrets_are_not_printed() {
    let key = iam::AccessKey {
        user_name: "u".into(),
        access_key_id: "AKIA".into(),
        status: iam::StatusType::Active,
        secret_access_key: "do not tell".into(),
        create_date: None,
    };
    assert_eq!(
        format!("{key:?}"),
        "AccessKey { user_name: \"u\", access_key_id: \"AKIA\", status: Active, secret_access_key: ***, \
         create_date: None }"
    );
    let variables = [("PASSWORD".to_owned(), "do not tell".to_owned())].into_iter().collect();
    let environment = lambda::Environment { variables: Some(variables) };
    assert_eq!(format!("{environment:?}"), "Environment { variables: Some(***) }");
}

#[test]
fn enumerations_know_their_texts() {
    assert_eq!("AWS_PROXY".parse(), Ok(apigateway::IntegrationType::AwsProxy));
    assert_eq!("aws_proxy".parse::<apigateway::IntegrationType>(), Err(UnknownValue));
    assert_eq!(lambda::Runtime::Python3_12.to_string(), "python3.12");
    // The order is that of AWS's messages.
    let types: Vec<&str> = apigateway::EndpointType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(types, ["PRIVATE", "EDGE", "REGIONAL"]);
}

#[test]
fn services_are_generated_whole_or_as_listed() {
    let counts: Vec<(&str, usize)> =
        SERVICES.iter().map(|service| (service.name, service.operations.len())).collect();
    assert_eq!(
        counts,
        [
            ("apigateway", 124),
            ("apigatewayv2", 103),
            ("apigatewaymanagementapi", 3),
            ("iam", 48),
            ("sts", 2),
            ("lambda", 26),
            ("acm", 10),
            ("logs", 14),
            ("cloudtrail", 1),
            ("ec2", 21),
            ("elbv2", 9)
        ]
    );
}
