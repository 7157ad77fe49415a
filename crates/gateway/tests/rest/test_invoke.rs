//! Tests of methods: what a tester sees, and the execution log, line by line. Recorded from AWS
//! unless said otherwise.

use std::sync::Arc;

use base::Random;
use gateway::integration::http::UpstreamSettings;
use gateway::test_invoke::TestBench;
use ports::functions::Functions;
use ports::test_invoke::{
    MethodTest, MethodTested, TestCaller, TestInvoke as _, TestInvokeError, TestRequest,
};
use serde_json::json;

use crate::backend::Backend;
use crate::house::{Api, Function, House, NOW, failure, nobody, ok, result, scope};

const FUNCTION: &str = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-west-2:000000000000:function:orders/invocations";

struct Asked<'a> {
    verb: &'a str,
    path: Option<&'a str>,
    headers: &'a [(&'a str, &'a str)],
    body: &'a str,
    variables: &'a [(&'a str, &'a str)],
}

const GET: Asked<'_> = Asked { verb: "GET", path: None, headers: &[], body: "", variables: &[] };

fn bench(function: Function) -> (TestBench, House) {
    let house = House::with_function(&Api::of(json!({})), function);
    let functions = Arc::clone(&house.functions) as Arc<dyn Functions>;
    (
        TestBench::start(
            gateway::Doors {
                functions,
                verdicts: Arc::default(),
                route_verdicts: Arc::default(),
                signatures: nobody(),
                user_pools: Arc::default(),
                backends: Arc::default(),
                vpc_endpoints: Arc::default(),
            },
            Random::system(),
            UpstreamSettings::default(),
        )
        .unwrap(),
        house,
    )
}

fn no_function() -> Function {
    Box::new(|_| panic!("no function is invoked here"))
}

/// Tests the only method of the first resource.
fn run(bench: &TestBench, api: &Api, asked: &Asked<'_>) -> Result<MethodTested, TestInvokeError> {
    let pairs = |given: &[(&str, &str)]| {
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let snapshot = api.snapshot();
    let methods = snapshot.resources[0].resource_methods.as_ref().unwrap();
    let test = MethodTest {
        request: TestRequest {
            scope: scope(),
            caller: TestCaller {
                account: "000000000000".into(),
                user_id: "AIDAEXAMPLE".into(),
                arn: "arn:aws:iam::000000000000:user/ada".into(),
                access_key_id: "AKIAEXAMPLE".into(),
                user_agent: Some("Boto3/1.43".into()),
            },
            path_with_query_string: asked.path.map(str::to_owned),
            headers: pairs(asked.headers),
            body: asked.body.to_owned().into(),
            stage_variables: pairs(asked.variables).into_iter().collect(),
            received: NOW,
        },
        resource_id: "res000".to_owned(),
        method: methods.keys().next().unwrap().clone(),
        verb: asked.verb.to_owned(),
        snapshot,
        client_certificate: None,
        vpc_links: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(bench.method(test))
}

/// The log's lines without their times, the request's id as `ID` and every latency as `N`.
fn lines(tested: &MethodTested) -> Vec<String> {
    let (first, rest) = tested.log.split_once('\n').unwrap();
    let id = first.strip_prefix("Execution log for request ").unwrap();
    assert_eq!(id.len(), 36);
    assert!(rest.ends_with('\n'));
    let line = |line: &str| {
        let (time, text) = line.split_once(" : ").unwrap();
        assert!(time.starts_with("Wed Jul 17 18:34:5") && time.ends_with(" UTC 2024"), "{time}");
        let text = text.replace(id, "ID");
        match text.split_once("Integration latency: ") {
            Some((before, _)) => format!("{before}Integration latency: N ms"),
            None => text,
        }
    };
    rest.lines().map(line).collect()
}

fn mock() -> Api {
    Api::with(
        "/pets/{petId}",
        "GET",
        json!({
            "type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
            "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "{\"a\": 1}"}}},
        }),
    )
}

#[test]
fn a_mock_is_logged_without_an_endpoint() {
    let (bench, _house) = bench(no_function());
    let asked = Asked {
        path: Some("/pets/123?foo=bar"),
        headers: &[("X-Own", "1"), ("Authorization", "Bearer 0123456789")],
        body: "{\"b\": 2}",
        ..GET
    };
    let tested = run(&bench, &mock(), &asked).unwrap();
    assert_eq!((tested.status, tested.body.as_ref()), (ok(), b"{\"a\": 1}".as_slice()));
    assert_eq!(tested.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
    assert_eq!(
        lines(&tested),
        [
            "Starting execution for request: ID",
            "HTTP Method: GET, Resource Path: /pets/123",
            "Method request path: {petId=123}",
            "Method request query string: {foo=bar}",
            "Method request headers: {X-Own=1, Authorization=***********456789}",
            "Method request body before transformations: {\"b\": 2}",
            "Method response body after transformations: {\"a\": 1}",
            "Method response headers: {Content-Type=application/json}",
            "Successfully completed execution",
            "Method completed with status: 200",
        ]
    );
}

#[test]
fn without_a_path_the_resources_own_is_shown() {
    let (bench, _house) = bench(no_function());
    let tested = run(&bench, &mock(), &GET).unwrap();
    let shown = lines(&tested);
    assert_eq!(
        shown[1..3],
        ["HTTP Method: GET, Resource Path: /pets/{petId}", "Method request path: {petId={petId}}"]
    );
    assert_eq!(
        shown[3..6],
        [
            "Method request query string: {}",
            "Method request headers: {}",
            "Method request body before transformations: "
        ]
    );
}

#[test]
fn a_path_of_another_resource_is_executed_without_parameters() {
    let (bench, _house) = bench(no_function());
    let tested = run(&bench, &mock(), &Asked { path: Some("/dogs/7/name"), ..GET }).unwrap();
    assert_eq!(tested.status, ok());
    assert_eq!(
        lines(&tested)[1..3],
        ["HTTP Method: GET, Resource Path: /dogs/7/name", "Method request path: {}"]
    );
}

#[test]
fn an_http_backend_is_asked_and_logged() {
    let (bench, _house) = bench(no_function());
    let backend = Backend::answering(201, "Content-Type: text/plain\nX-Amzn-RequestId: backend", "hello");
    let api = Api::with(
        "/pets/{petId}",
        "GET",
        json!({
            "type": "HTTP", "httpMethod": "GET", "uri": "http://${stageVariables.host}/{id}",
            "requestParameters": {"integration.request.path.id": "method.request.path.petId"},
            "integrationResponses": {"200": {"statusCode": "200"}},
        }),
    );
    let host = backend.host();
    let asked = Asked { path: Some("/pets/7"), variables: &[("host", &host)], ..GET };
    let tested = run(&bench, &api, &asked).unwrap();
    assert_eq!((tested.status, tested.body.as_ref()), (ok(), b"hello".as_slice()));
    let received = backend.received();
    assert_eq!(received.line, "GET /7 HTTP/1.1");
    let trace = received.header("x-amzn-trace-id").unwrap();
    assert_eq!(
        lines(&tested)[6..],
        [
            format!("Endpoint request URI: http://{host}/7"),
            format!(
                "Endpoint request headers: {{Accept=application/json, User-Agent=AmazonAPIGateway_abc123, \
                 x-amzn-apigateway-api-id=abc123, X-Amzn-Trace-Id={trace}}}"
            ),
            "Endpoint request body after transformations: ".to_owned(),
            format!("Sending request to http://{host}/7"),
            "Received response. Status: 201, Integration latency: N ms".to_owned(),
            "Endpoint response headers: {Content-Type=text/plain, x-amzn-RequestId=backend, Content-Length=5}"
                .to_owned(),
            "Endpoint response body before transformations: hello".to_owned(),
            "Method response body after transformations: hello".to_owned(),
            format!("Method response headers: {{Content-Type=application/json, X-Amzn-Trace-Id={trace}}}"),
            "Successfully completed execution".to_owned(),
            "Method completed with status: 200".to_owned(),
        ]
    );
}

#[test]
fn a_backend_that_passes_is_logged_with_its_body() {
    let (bench, _house) = bench(no_function());
    let backend = Backend::answering(200, "Content-Type: text/plain", "hello");
    let api =
        Api::with("/a", "ANY", json!({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": backend.uri("/a")}));
    let asked = Asked { verb: "POST", headers: &[("X-Own", "1")], body: "sent", ..GET };
    let tested = run(&bench, &api, &asked).unwrap();
    assert_eq!(tested.body.as_ref(), b"hello");
    let received = backend.received();
    assert_eq!((received.line.as_str(), received.body.as_slice()), ("POST /a HTTP/1.1", b"sent".as_slice()));
    // It came over no network.
    assert_eq!(received.header("x-forwarded-for"), None);
    let shown = lines(&tested);
    assert!(shown.contains(&"Endpoint request body after transformations: sent".to_owned()), "{shown:?}");
    assert!(shown.contains(&"Endpoint response body before transformations: hello".to_owned()), "{shown:?}");
    assert!(shown.contains(&"Method response body after transformations: hello".to_owned()), "{shown:?}");
}

#[test]
fn an_address_that_is_none_is_a_configuration_error() {
    let (bench, _house) = bench(no_function());
    let api = Api::with(
        "/pets",
        "GET",
        json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://${stageVariables.absent}/"}),
    );
    let tested = run(&bench, &api, &GET).unwrap();
    assert_eq!(
        (tested.status, tested.body.as_ref()),
        (500, b"{\"message\": \"Internal server error\"}".as_slice())
    );
    assert_eq!(tested.headers, [("x-amzn-ErrorType".to_owned(), "InternalServerErrorException".to_owned())]);
    assert_eq!(
        lines(&tested)[6..],
        [
            "Execution failed due to configuration error: Invalid endpoint address",
            "Method completed with status: 500",
        ]
    );
}

fn function_proxy() -> Api {
    Api::with("/pets/{petId}", "GET", json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": FUNCTION}))
}

/// The event's values are those of AWS's own tests.
#[test]
fn a_function_sees_that_it_is_tested() {
    let (bench, house) = bench(Box::new(|_| result("{\"statusCode\": 200, \"body\": \"hi\"}")));
    let tested = run(&bench, &function_proxy(), &Asked { path: Some("/pets/7"), ..GET }).unwrap();
    assert_eq!((tested.status, tested.body.as_ref()), (ok(), b"hi".as_slice()));
    let event = house.event();
    assert_eq!((&event["headers"], &event["multiValueHeaders"]), (&json!(null), &json!(null)));
    let context = &event["requestContext"];
    assert_eq!(
        [
            &context["stage"],
            &context["path"],
            &context["domainName"],
            &context["domainPrefix"],
            &context["deploymentId"]
        ],
        [
            &json!("test-invoke-stage"),
            &json!("/pets/7"),
            &json!("testPrefix.testDomainName"),
            &json!("testPrefix"),
            &json!(null)
        ]
    );
    let identity = &context["identity"];
    for (member, expected) in [
        ("sourceIp", "test-invoke-source-ip"),
        ("apiKey", "test-invoke-api-key"),
        ("apiKeyId", "test-invoke-api-key-id"),
        ("accountId", "000000000000"),
        ("caller", "AIDAEXAMPLE"),
        ("user", "AIDAEXAMPLE"),
        ("userArn", "arn:aws:iam::000000000000:user/ada"),
        ("accessKey", "AKIAEXAMPLE"),
        ("userAgent", "Boto3/1.43"),
    ] {
        assert_eq!(identity[member], expected, "{member}");
    }
    let shown = lines(&tested);
    assert_eq!(
        shown[6],
        "Endpoint request URI: https://lambda.us-west-2.amazonaws.com/2015-03-31/functions/\
         arn:aws:lambda:us-west-2:000000000000:function:orders/invocations"
    );
    assert!(
        shown[7].starts_with(
            "Endpoint request headers: {x-amzn-lambda-integration-tag=ID, x-amzn-apigateway-api-id=abc123, \
             X-Amz-Source-Arn=arn:aws:execute-api:us-west-2:000000000000:abc123/test-invoke-stage/GET/pets/{petId}, \
             Accept=application/json, User-Agent=AmazonAPIGateway_abc123, "
        ),
        "{}",
        shown[7]
    );
    // An event is longer than a line may be.
    assert!(
        shown[8].starts_with("Endpoint request body after transformations: {\"resource\":\"/pets/{petId}\",")
    );
    assert!(shown[8].ends_with(" [TRUNCATED]"));
}

#[test]
fn a_functions_failure_is_told() {
    let (bench, _house) = bench(Box::new(|_| failure("out of cheese")));
    let tested = run(&bench, &function_proxy(), &Asked { path: Some("/pets/7"), ..GET }).unwrap();
    assert_eq!(
        (tested.status, tested.body.as_ref()),
        (502, b"{\"message\": \"Internal server error\"}".as_slice())
    );
    let shown = lines(&tested);
    assert_eq!(
        shown[shown.len() - 2..],
        [
            "Lambda execution failed with status 200 due to customer function error: out of cheese",
            "Method completed with status: 502",
        ]
    );
    assert!(
        shown
            .iter()
            .any(|line| line.starts_with("Endpoint response body before transformations: {\"errorMessage\""))
    );
}

/// API Gateway's console says of its tests that they skip authorization. Validation they do not
/// skip.
#[test]
fn nobody_is_kept_out_of_a_test_but_for_what_is_not_valid() {
    let (bench, _house) = bench(no_function());
    let guarded = |validator: &str| {
        let mut api = mock()
            .api(json!({
                "policy": "{\"Version\": \"2012-10-17\", \"Statement\": []}",
                "disableExecuteApiEndpoint": true,
                "endpointConfiguration": {"types": ["PRIVATE"]},
            }))
            .more(json!({"request_validators": [{"id": "v", "validateRequestParameters": true}]}));
        let method = &mut api.resources["/pets/{petId}"]["GET"];
        method["authorizationType"] = "CUSTOM".into();
        method["apiKeyRequired"] = true.into();
        method["requestParameters"] = json!({"method.request.header.x-needed": true});
        method["requestValidatorId"] = validator.into();
        api
    };
    assert_eq!(run(&bench, &guarded(""), &GET).unwrap().status, ok());
    let tested = run(&bench, &guarded("v"), &GET).unwrap();
    assert_eq!(tested.status, 400);
    let shown = lines(&tested);
    assert_eq!(
        shown[shown.len() - 2..],
        [
            "Execution failed: Missing required request parameters: [x-needed]",
            "Method completed with status: 400",
        ]
    );
}
