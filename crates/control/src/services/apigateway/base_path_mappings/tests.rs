//! Tests of base path mappings. Texts are seen in reports of AWS's users unless a test says otherwise.

use serde_json::{Value, json};

use crate::test_frame::{Frame, text, with};

const NAME: &str = "api.example.com";

fn bad_request(text: &str) -> String {
    format!("400 BadRequestException \"{text}\"")
}

fn not_found(text: &str) -> String {
    format!("404 NotFoundException \"{text}\"")
}

struct Place {
    frame: Frame,
    api: String,
}

impl Place {
    /// A regional domain name and an API with the stages `dev` and `prod`.
    fn new() -> Self {
        let frame = Frame::new();
        domain(&frame, NAME, "REGIONAL");
        let api = api(&frame, json!({}));
        Self { frame, api }
    }

    fn input(&self, more: Value) -> Value {
        with(json!({"domainName": NAME, "restApiId": self.api}), more)
    }

    fn map(&self, more: Value) -> Value {
        self.frame.ok("apigateway:CreateBasePathMapping", self.input(more))
    }

    fn refused(&self, more: Value) -> String {
        self.frame.refused("apigateway:CreateBasePathMapping", self.input(more))
    }

    fn paths(&self) -> Vec<String> {
        let answer = self.frame.ok("apigateway:GetBasePathMappings", json!({"domainName": NAME}));
        answer["items"].as_array().unwrap().iter().map(|one| text(one, "basePath")).collect()
    }

    fn update(&self, path: &str, operations: &[(&str, &str, &str)]) -> Value {
        let operation =
            |(op, path, value): &(&str, &str, &str)| json!({"op": op, "path": path, "value": value});
        let operations: Value = operations.iter().map(operation).collect();
        json!({"domainName": NAME, "basePath": path, "patchOperations": operations})
    }
}

/// A new domain name; its id, if it has one.
fn domain(frame: &Frame, name: &str, kind: &str) -> Value {
    let request = json!({"DomainName": name, "KeyAlgorithm": "EC_prime256v1"});
    let arn = text(&frame.ok("acm:RequestCertificate", request), "CertificateArn");
    let member = if kind == "REGIONAL" { "regionalCertificateArn" } else { "certificateArn" };
    let input = json!({"domainName": name, member: arn, "endpointConfiguration": {"types": [kind]}});
    frame.ok("apigateway:CreateDomainName", input)["domainNameId"].clone()
}

/// A new API with the stages `dev` and `prod`.
fn api(frame: &Frame, more: Value) -> String {
    let api = frame.ok("apigateway:CreateRestApi", with(json!({"name": "a"}), more));
    let (id, root) = (text(&api, "id"), text(&api, "rootResourceId"));
    let method = json!({"restApiId": id, "resourceId": root, "httpMethod": "GET"});
    frame.ok("apigateway:PutMethod", with(method.clone(), json!({"authorizationType": "NONE"})));
    frame.ok("apigateway:PutIntegration", with(method, json!({"type": "MOCK"})));
    for stage in ["dev", "prod"] {
        frame.ok("apigateway:CreateDeployment", json!({"restApiId": id, "stageName": stage}));
    }
    id
}

#[test]
fn a_mapping_is_answered_as_it_is() {
    let place = Place::new();
    let expected = json!({"basePath": "v1", "restApiId": place.api, "stage": "dev"});
    assert_eq!(place.map(json!({"basePath": "v1", "stage": "dev"})), expected);
    let named = json!({"domainName": NAME, "basePath": "v1"});
    assert_eq!(place.frame.ok("apigateway:GetBasePathMapping", named), expected);
    let listed = place.frame.ok("apigateway:GetBasePathMappings", json!({"domainName": NAME}));
    assert_eq!(listed, json!({"items": [expected]}));
}

/// API Gateway API reference, `CreateBasePathMapping`: without a stage, the path names it.
#[test]
fn path_and_stage_can_be_left_out() {
    let place = Place::new();
    let expected = json!({"basePath": "(none)", "restApiId": place.api});
    assert_eq!(place.map(json!({"basePath": "", "stage": ""})), expected);
    let named = json!({"domainName": NAME, "basePath": "(none)"});
    assert_eq!(place.frame.ok("apigateway:GetBasePathMapping", named.clone()), expected);
    place.frame.ok("apigateway:DeleteBasePathMapping", named);
    assert_eq!(place.map(json!({})), expected);
    place.map(json!({"basePath": "v1"}));
    assert_eq!(place.paths(), ["(none)", "v1"]);
}

#[test]
fn what_leads_nowhere_is_refused() {
    let place = Place::new();
    let no_api = bad_request("Invalid REST API identifier specified");
    for id in ["", "nope", &"x".repeat(2_000)] {
        assert_eq!(place.refused(json!({"restApiId": id})), no_api);
    }
    let no_stage = bad_request("Invalid stage identifier specified");
    for stage in ["nope", &"x".repeat(2_000)] {
        assert_eq!(place.refused(json!({"stage": stage})), no_stage);
    }
    assert_eq!(
        place.refused(json!({"domainName": "b.example.com"})),
        not_found("Invalid domain name identifier specified")
    );
    assert_eq!(
        place.refused(json!({"basePath": "v1/pets"})),
        bad_request(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level \
             base path mapping, use API Gateway V2."
        )
    );
    assert_eq!(place.paths(), Vec::<String>::new());
}

#[test]
fn a_path_leads_to_one_place() {
    let place = Place::new();
    let taken = "409 ConflictException \"Base path already exists for this domain name\"";
    for path in ["v1", ""] {
        place.map(json!({"basePath": path}));
        assert_eq!(place.refused(json!({"basePath": path, "stage": "dev"})), taken);
    }
    assert_eq!(place.refused(json!({"basePath": "(none)"})), taken);
    place.map(json!({"basePath": "V1"}));
}

#[test]
fn an_unknown_mapping_is_refused() {
    let place = Place::new();
    place.map(json!({"basePath": "v1"}));
    let unknown = not_found("Invalid base path mapping identifier specified");
    for path in ["v2", "", &"x".repeat(2_000)] {
        let named = json!({"domainName": NAME, "basePath": path});
        for operation in ["GetBasePathMapping", "UpdateBasePathMapping", "DeleteBasePathMapping"] {
            assert_eq!(place.frame.refused(&format!("apigateway:{operation}"), named.clone()), unknown);
        }
    }
    let named = json!({"domainName": "b.example.com", "basePath": "v1"});
    let unknown = not_found("Invalid domain name identifier specified");
    for operation in ["GetBasePathMapping", "GetBasePathMappings", "DeleteBasePathMapping"] {
        assert_eq!(place.frame.refused(&format!("apigateway:{operation}"), named.clone()), unknown);
    }
}

/// API Gateway API reference, "Patch Operations"; the first spelling of each path is terraform's.
#[test]
fn a_mapping_is_patched() {
    let place = Place::new();
    place.map(json!({"basePath": "v1", "stage": "dev"}));
    let other = api(&place.frame, json!({}));
    let check = |at: &str, path: &str, value: &str, expected: Value| {
        let updated =
            place.frame.ok("apigateway:UpdateBasePathMapping", place.update(at, &[("replace", path, value)]));
        assert_eq!(updated, expected, "{path}");
        let named = json!({"domainName": NAME, "basePath": updated["basePath"]});
        assert_eq!(place.frame.ok("apigateway:GetBasePathMapping", named), expected);
    };
    let api = &place.api;
    check("v1", "/stage", "prod", json!({"basePath": "v1", "restApiId": api, "stage": "prod"}));
    check("v1", "/restapiId", &other, json!({"basePath": "v1", "restApiId": other, "stage": "prod"}));
    check("v1", "/restApiId", api, json!({"basePath": "v1", "restApiId": api, "stage": "prod"}));
    check("v1", "/basePath", "v2", json!({"basePath": "v2", "restApiId": api, "stage": "prod"}));
    check("v2", "/basepath", "", json!({"basePath": "(none)", "restApiId": api, "stage": "prod"}));
    check("(none)", "/stage", "", json!({"basePath": "(none)", "restApiId": api}));
    assert_eq!(place.paths(), ["(none)"]);
    // The same path again is no conflict.
    check("(none)", "/basePath", "(none)", json!({"basePath": "(none)", "restApiId": api}));
}

#[test]
fn a_mapping_is_not_patched_into_nonsense() {
    let place = Place::new();
    place.map(json!({"basePath": "v1", "stage": "dev"}));
    place.map(json!({"basePath": "v2"}));
    let check = |op: &str, path: &str, value: &str, expected: &str| {
        let refused =
            place.frame.refused("apigateway:UpdateBasePathMapping", place.update("v1", &[(op, path, value)]));
        assert_eq!(refused, expected);
    };
    check(
        "replace",
        "/basePath",
        "v2",
        "409 ConflictException \"Base path already exists for this domain name\"",
    );
    check("replace", "/stage", "nope", &bad_request("Invalid stage identifier specified"));
    check("replace", "/restapiId", "", &bad_request("Invalid REST API identifier specified"));
    check(
        "remove",
        "/stage",
        "",
        &bad_request(
            "Invalid patch path  '/stage' specified for op 'remove'. Please choose supported operations",
        ),
    );
    check(
        "replace",
        "/x",
        "",
        &bad_request(
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/basePath, /basepath, \
             /restapiId, /restApiId, /stage]",
        ),
    );
    assert_eq!(place.paths(), ["v1", "v2"]);
}

#[test]
fn what_a_domain_name_leads_to_stays() {
    let place = Place::new();
    domain(&place.frame, "b.example.com", "REGIONAL");
    let stage = json!({"restApiId": place.api, "stageName": "dev"});
    let whole = json!({"restApiId": place.api});
    place.map(json!({"basePath": "v1", "stage": "dev"}));
    place.map(json!({"basePath": "v2", "stage": "dev"}));
    place.map(json!({"domainName": "b.example.com"}));
    assert_eq!(
        place.frame.refused("apigateway:DeleteStage", stage.clone()),
        bad_request(
            "Deleting stage dev failed. Please remove all base path mappings related to the stage in your domains: \
             api.example.com"
        )
    );
    assert_eq!(
        place.frame.refused("apigateway:DeleteRestApi", whole.clone()),
        bad_request(&format!(
            "Deleting RestApi {} failed. Please remove all base path mappings related to the RestApi in your \
             domains: api.example.com, b.example.com",
            place.api
        ))
    );
    place.frame.ok("apigateway:DeleteStage", json!({"restApiId": place.api, "stageName": "prod"}));
    // They are all still there.
    place.frame.ok("apigateway:GetStage", stage.clone());
    // A domain name takes its mappings with it.
    place.frame.ok("apigateway:DeleteDomainName", json!({"domainName": NAME}));
    place.frame.ok("apigateway:DeleteStage", stage);
    let named = json!({"domainName": "b.example.com", "basePath": "(none)"});
    place.frame.ok("apigateway:DeleteBasePathMapping", named);
    place.frame.ok("apigateway:DeleteRestApi", whole);
    domain(&place.frame, NAME, "REGIONAL");
    assert_eq!(place.paths(), Vec::<String>::new());
}

/// API Gateway developer guide, "Custom domain names for private APIs"; texts are not recorded.
#[test]
fn private_goes_with_private() {
    let place = Place::new();
    let id = domain(&place.frame, NAME, "PRIVATE");
    let private = api(&place.frame, json!({"endpointConfiguration": {"types": ["PRIVATE"]}}));
    let inside = json!({"domainNameId": id, "basePath": "v1"});
    assert_eq!(
        place.refused(inside.clone()),
        bad_request("Only PRIVATE APIs can be mapped to a private custom domain name")
    );
    assert_eq!(
        place.refused(json!({"restApiId": private})),
        bad_request("PRIVATE APIs can only be mapped to a private custom domain name")
    );
    place.map(with(inside.clone(), json!({"restApiId": private})));
    place.map(json!({"basePath": "v1"}));
    let named = with(json!({"domainName": NAME}), inside);
    assert_eq!(place.frame.ok("apigateway:GetBasePathMapping", named.clone())["restApiId"], private.as_str());
    let kind = |id: &str, kind: &str| {
        let operation = json!({"op": "replace", "path": "/endpointConfiguration/types/0", "value": kind});
        json!({"restApiId": id, "patchOperations": [operation]})
    };
    let fixed = bad_request(
        "The endpoint type of an API that is mapped to a custom domain name cannot be changed to or from PRIVATE.",
    );
    assert_eq!(place.frame.refused("apigateway:UpdateRestApi", kind(&private, "REGIONAL")), fixed);
    assert_eq!(place.frame.refused("apigateway:UpdateRestApi", kind(&place.api, "PRIVATE")), fixed);
    place.frame.ok("apigateway:UpdateRestApi", kind(&place.api, "REGIONAL"));
    place.frame.ok("apigateway:DeleteBasePathMapping", named);
    place.frame.ok("apigateway:UpdateRestApi", kind(&private, "REGIONAL"));
}

/// "Amazon API Gateway quotas"; the text is not recorded.
#[test]
fn a_domain_name_has_two_hundred_mappings() {
    let place = Place::new();
    for n in 0..200 {
        place.map(json!({"basePath": format!("n{n:03}")}));
    }
    assert_eq!(
        place.refused(json!({})),
        "429 LimitExceededException \"Maximum number of base path mappings for this domain name has been reached. \
         Please contact AWS if you need additional base path mappings.\""
    );
    let page = |more: Value| {
        let input = with(json!({"domainName": NAME, "limit": 150}), more);
        place.frame.ok("apigateway:GetBasePathMappings", input)
    };
    let first = page(json!({}));
    let second = page(json!({"position": first["position"]}));
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), &second["position"]), (150, 50, &json!(null)));
}
