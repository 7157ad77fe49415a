//! AWS_IAM and resource policies where no store and no client of AWS's is needed. The rest is
//! tested through the binary.

use base::Secret;
use http::HeaderMap;
use http::{HeaderValue, Method, Uri};
use identities::Holder;
use ports::identities::Identified;
use serde_json::{Value, json};
use sigv4::{Credentials, Payload};

use crate::backend::Backend;
use crate::house::{Answer, Api, HOST, House, NOW};

const KEY: &str = "AKIDEXAMPLEEXAMPLE01";

fn root(secret: &str) -> Identified {
    Identified {
        holder: Holder::root("000000000000", KEY, Secret::new(secret)),
        held: Some(std::sync::Arc::default()),
    }
}

fn house(identified: Vec<Identified>, backend: &Backend) -> House {
    let method = json!({"authorizationType": "AWS_IAM",
        "methodIntegration": {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": backend.uri("/secret")}});
    House::of(&Api::of(json!({"/secret": {"GET": method}})).identified(identified))
}

/// Sends a GET that is signed with this secret.
fn get(house: &House, secret: &str) -> Answer {
    let headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static(HOST))]);
    let uri: Uri = "/prod/secret".parse().unwrap();
    let request = sigv4::Request::new(&Method::GET, &uri, &headers);
    let credentials = Credentials::new(KEY, secret);
    let added =
        sigv4::sign(&request, Payload::Bytes(b""), &credentials, "us-west-2", "execute-api", NOW).unwrap();
    let lines: String =
        added.iter().map(|(name, value)| format!("\n{name}: {}", value.to_str().unwrap())).collect();
    house.send(&format!("GET /prod/secret{lines}"), "")
}

#[test]
fn a_key_opens_by_its_own_secret_alone() {
    let backend = Backend::quiet();
    for (known, signs) in [
        (vec![root("secret")], "guessed"),
        (Vec::new(), "secret"),
        // Whose secret is empty, nobody has proved to be him.
        (vec![root("")], ""),
        (vec![Identified { held: None, ..root("secret") }], "secret"),
    ] {
        assert_eq!(get(&house(known, &backend), signs).status, 403);
    }
    assert!(backend.received_nothing());
}

#[test]
fn whose_rights_cannot_be_known_has_none() {
    let backend = Backend::quiet();
    let answer = get(&house(vec![Identified { held: None, ..root("secret") }], &backend), "secret");
    answer.is_refusal(
        403,
        "AccessDeniedException",
        "{\"Message\":\"User: arn:aws:iam::000000000000:root is not authorized to perform: execute-api:Invoke on \
         resource: arn:aws:execute-api:us-west-2:********0000:abc123/prod/GET/secret\"}",
    );
}

#[test]
fn a_policy_that_cannot_be_read_closes_its_api() {
    for (policy, why) in [
        ("x", "the policy is not valid JSON"),
        ("{\"Statement\": [{}]}", "must have Effect"),
        (
            "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"execute-api:Invoke\", \
             \"Resource\": \"*\", \"Condition\": {\"Unheard\": {\"aws:SourceIp\": \"::/0\"}}}]}",
            "unknown operator",
        ),
    ] {
        let backend = Backend::quiet();
        let integration = json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": backend.uri("/secret")});
        let house = House::of(&Api::with("/secret", "GET", integration).api(json!({"policy": policy})));
        house.get("/prod/secret").is_internal_server_error();
        house.get("/prod/unknown").is_internal_server_error();
        assert!(backend.received_nothing());
        assert!(house.remarks[0].what.contains(why), "{:?}", house.remarks);
    }
}

/// A policy in a snapshot whose short forms were not written out.
#[test]
fn short_forms_are_of_the_api_itself() {
    let status = |resource: &str| {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let mock: Value = json!({"type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"},
            "integrationResponses": {"200": {"statusCode": "200"}}});
        House::of(&Api::with("/x", "GET", mock).api(json!({"policy": policy}))).get("/prod/x").status
    };
    for (resource, expected) in [
        ("execute-api:/*", 200),
        ("execute-api:/prod/GET/x", 200),
        ("execute-api:/prod/*", 200),
        ("execute-api:/prod/POST/x", 403),
        ("execute-api:/dev/*", 403),
        ("arn:aws:execute-api:us-west-2:000000000000:abc123/*", 200),
        ("arn:aws:execute-api:us-west-2:000000000000:abc124/*", 403),
        ("arn:aws:execute-api:us-west-2:000000000001:abc123/*", 403),
        ("arn:aws:execute-api:us-west-1:000000000000:abc123/*", 403),
    ] {
        assert_eq!(status(resource), expected, "{resource}");
    }
}
