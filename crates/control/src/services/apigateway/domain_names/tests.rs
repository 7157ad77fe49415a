//! Tests of domain names. Shapes: API Gateway API reference and developer guide; texts: seen in
//! reports of AWS's users where the code says so, and not recorded elsewhere.

use std::time::Duration;

use documents::acm::CertificateDocument;
use documents::apigateway_domain_names::{DomainNameDocument, domain_name_key};
use serde_json::{Value, json};
use store::Key;

use crate::certificates::samples::{Sample, self_signed};
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, STARTED, blob, text, with};

const NAME: &str = "api.example.com";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}"#;

fn bad_request(text: &str) -> String {
    format!("400 BadRequestException \"{text}\"")
}

fn not_found() -> String {
    "404 NotFoundException \"Invalid domain name identifier specified\"".to_owned()
}

/// The ARN of a certificate that ACM has issued.
fn issued(frame: &Frame, name: &str) -> String {
    let input = json!({"DomainName": name, "KeyAlgorithm": "EC_prime256v1"});
    text(&frame.ok("acm:RequestCertificate", input), "CertificateArn")
}

/// The ARN of one that was imported.
fn imported(frame: &Frame, names: &[&str]) -> String {
    let Sample { certificate, key } = self_signed(names);
    let input = json!({"Certificate": blob(certificate.as_bytes()), "PrivateKey": blob(key.as_bytes())});
    text(&frame.ok("acm:ImportCertificate", input), "CertificateArn")
}

/// A region that is not that of the edge's certificates.
fn west() -> Frame {
    Frame::new().in_scope(ACCOUNT, "us-west-2")
}

/// The same account where the edge's certificates are.
fn east(frame: &Frame) -> Frame {
    frame.in_scope(ACCOUNT, "us-east-1")
}

fn regional(frame: &Frame) -> Value {
    json!({
        "domainName": NAME,
        "regionalCertificateArn": issued(frame, NAME),
        "endpointConfiguration": {"types": ["REGIONAL"]},
    })
}

fn edge(frame: &Frame) -> Value {
    json!({"domainName": NAME, "certificateArn": issued(&east(frame), NAME)})
}

fn private(frame: &Frame) -> Value {
    json!({
        "domainName": NAME,
        "certificateArn": issued(frame, NAME),
        "endpointConfiguration": {"types": ["PRIVATE"]},
    })
}

fn create(frame: &Frame, input: Value) -> Value {
    frame.ok("apigateway:CreateDomainName", input)
}

fn refused(frame: &Frame, input: Value) -> String {
    frame.refused("apigateway:CreateDomainName", input)
}

fn get(frame: &Frame, name: &str) -> Value {
    frame.ok("apigateway:GetDomainName", json!({"domainName": name}))
}

fn names(frame: &Frame, more: Value) -> Vec<String> {
    let answer = frame.ok("apigateway:GetDomainNames", more);
    answer["items"].as_array().unwrap().iter().map(|one| text(one, "domainName")).collect()
}

fn operations(all: &[(&str, &str, Option<&str>)]) -> Value {
    let operation = |(op, path, value): &(&str, &str, Option<&str>)| match value {
        Some(value) => json!({"op": op, "path": path, "value": value}),
        None => json!({"op": op, "path": path}),
    };
    all.iter().map(operation).collect()
}

fn patched(all: &[(&str, &str, Option<&str>)]) -> Value {
    json!({"domainName": NAME, "patchOperations": operations(all)})
}

fn users(frame: &Frame, arn: &str) -> Value {
    frame.ok("acm:DescribeCertificate", json!({"CertificateArn": arn}))["Certificate"]["InUseBy"].clone()
}

#[test]
fn a_regional_domain_name_has_awss_defaults() {
    let frame = west();
    let created = create(&frame, with(regional(&frame), json!({"tags": {}})));
    let address = text(&created, "regionalDomainName");
    let expected = json!({
        "domainName": NAME,
        "domainNameArn": "arn:aws:apigateway:us-west-2::/domainnames/api.example.com",
        "certificateUploadDate": STARTED,
        "regionalDomainName": address,
        "regionalHostedZoneId": "Z2OJLYMUO9EFXC",
        "regionalCertificateArn": created["regionalCertificateArn"],
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    });
    assert_eq!(created, expected);
    assert!(
        address.starts_with("d-") && address.ends_with(".execute-api.us-west-2.amazonaws.com"),
        "{address}"
    );
    assert_eq!(address.len(), "d-xxxxxxxxxx.execute-api.us-west-2.amazonaws.com".len());
    assert_eq!(frame.ok("apigateway:GetDomainNames", json!({})), json!({"items": [expected]}));
    assert_eq!(get(&frame, NAME), with(expected, json!({"tags": {}})));
}

#[test]
fn an_edge_optimized_domain_name_has_a_distribution() {
    let frame = west();
    let created =
        create(&frame, with(edge(&frame), json!({"certificateName": "c", "securityPolicy": "TLS_1_0"})));
    let address = text(&created, "distributionDomainName");
    assert_eq!(
        created,
        json!({
            "domainName": NAME,
            "domainNameArn": "arn:aws:apigateway:us-west-2::/domainnames/api.example.com",
            "certificateName": "c",
            "certificateArn": created["certificateArn"],
            "certificateUploadDate": STARTED,
            "distributionDomainName": address,
            "distributionHostedZoneId": "Z2FDTNDATAQYW2",
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
            "domainNameStatus": "AVAILABLE",
            "securityPolicy": "TLS_1_0",
            "routingMode": "BASE_PATH_MAPPING_ONLY",
        })
    );
    assert!(
        address.starts_with('d') && address.ends_with(".cloudfront.net") && address.len() == 29,
        "{address}"
    );
}

#[test]
fn a_private_domain_name_has_an_id() {
    let frame = west();
    let created = create(&frame, with(private(&frame), json!({"policy": POLICY, "tags": {"a": "1"}})));
    let id = text(&created, "domainNameId");
    let expected = json!({
        "domainName": NAME,
        "domainNameId": id,
        "domainNameArn": format!("arn:aws:apigateway:us-west-2:000000000000:/domainnames/api.example.com+{id}"),
        "certificateArn": created["certificateArn"],
        "certificateUploadDate": STARTED,
        "endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "dualstack"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "tags": {"a": "1"},
        "policy": POLICY,
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    });
    assert_eq!((created, id.len()), (expected.clone(), 10));
    let named = json!({"domainName": NAME, "domainNameId": id});
    assert_eq!(frame.ok("apigateway:GetDomainName", named.clone()), expected);
    // Without the id a public one is meant.
    assert_eq!(frame.refused("apigateway:GetDomainName", json!({"domainName": NAME})), not_found());
    create(&frame, regional(&frame));
    create(&frame, private(&frame));
    assert_eq!(names(&frame, json!({})), [NAME, NAME, NAME]);
    assert_eq!(get(&frame, NAME)["endpointConfiguration"]["types"], json!(["REGIONAL"]));
    frame.ok("apigateway:DeleteDomainName", named);
    assert_eq!(names(&frame, json!({})), [NAME, NAME]);
}

#[test]
fn a_certificate_can_be_uploaded() {
    let frame = west();
    let Sample { certificate, key } = self_signed(&[NAME]);
    let whole = json!({
        "domainName": NAME, "certificateName": "mine", "certificateBody": certificate, "certificatePrivateKey": key,
    });
    let created = create(&frame, whole.clone());
    assert_eq!((&created["certificateName"], &created["certificateArn"]), (&json!("mine"), &json!(null)));
    assert!(!created.to_string().contains("PRIVATE KEY") && !created.to_string().contains("BEGIN"));
    let document = frame.write(|tx| {
        let scope = base::Scope::new(ACCOUNT, "us-west-2");
        Ok(tx.get::<DomainNameDocument>(&scope, &domain_name_key(NAME, None))?)
    });
    let uploaded = document.unwrap().uploaded.unwrap();
    assert_eq!((uploaded.certificate.as_str(), uploaded.private_key.expose()), (&*certificate, &*key));
    // One of ACM's takes its place.
    let arn = issued(&east(&frame), NAME);
    frame.ok("apigateway:UpdateDomainName", patched(&[("replace", "/certificateArn", Some(&arn))]));
    let document = frame.write(|tx| {
        let scope = base::Scope::new(ACCOUNT, "us-west-2");
        Ok(tx.get::<DomainNameDocument>(&scope, &domain_name_key(NAME, None))?)
    });
    assert_eq!(document.unwrap().uploaded, None);
    let frame = west();
    let check = |more: Value, expected: &str| {
        assert_eq!(refused(&frame, with(whole.clone(), more)), bad_request(expected));
    };
    let together = "A certificate body and a private key must be provided together.";
    check(json!({"certificateBody": null}), together);
    check(json!({"certificatePrivateKey": ""}), together);
    check(json!({"certificateName": null}), "A name must be provided for the certificate.");
    check(
        json!({"certificateArn": issued(&east(&frame), NAME)}),
        "A certificate body cannot be provided together with a certificate ARN.",
    );
    check(
        json!({"certificatePrivateKey": self_signed(&[NAME]).key}),
        "The certificate and the private key do not match.",
    );
    let other = "The domain name to be created is not covered by the provided certificate.";
    check(json!({"domainName": "b.example.com"}), other);
}

/// Texts seen in reports of AWS's users, but for the first.
#[test]
fn certificates_are_where_they_belong() {
    let frame = west();
    let (here, there) = (issued(&frame, NAME), issued(&east(&frame), NAME));
    let foreign = issued(&frame.in_scope(OTHER_ACCOUNT, "us-west-2"), NAME);
    let unknown = "arn:aws:acm:us-west-2:000000000000:certificate/nothing";
    let owned = "The certificate provided must be owned by the account creating the domain.";
    let check = |more: Value, arn: &str, expected: &str| {
        let input = with(json!({"domainName": NAME}), more);
        assert_eq!(refused(&frame, input), bad_request(expected), "{arn}");
    };
    let of_region =
        |arn: &str| json!({"regionalCertificateArn": arn, "endpointConfiguration": {"types": ["REGIONAL"]}});
    let wrong = |arn: &str, region: &str| {
        format!("Invalid certificate ARN: {arn}. Certificate must be in '{region}'.")
    };
    check(of_region("x"), "x", "Invalid ARN specified in the request");
    check(of_region(&there), &there, &wrong(&there, "us-west-2"));
    check(of_region(&foreign), &foreign, "Cross-account certificate references are not allowed.");
    check(of_region(unknown), unknown, owned);
    check(json!({"certificateArn": here}), &here, &wrong(&here, "us-east-1"));
    let iam = "arn:aws:iam::000000000000:server-certificate/x";
    check(json!({"certificateArn": iam}), iam, &wrong(iam, "us-east-1"));
    let of_network =
        |arn: &str| json!({"certificateArn": arn, "endpointConfiguration": {"types": ["PRIVATE"]}});
    check(of_network(&there), &there, &wrong(&there, "us-west-2"));
    let other = issued(&frame, "b.example.com");
    check(
        of_region(&other),
        &other,
        "The domain name to be created is not covered by the provided certificate.",
    );
    let other = issued(&east(&frame), "b.example.com");
    check(
        json!({"certificateArn": other}),
        &other,
        &format!(
            "Unable to associate certificate {other} with CloudFront. This error may prevent the domain name \
             api.example.com from being used in API Gateway for up to 40 minutes. Please ensure the certificate \
             domain name matches the requested domain name, and that this user has permission to call \
             cloudfront:UpdateDistribution on '*' resources."
        ),
    );
}

/// Texts seen in reports of AWS's users.
#[test]
fn each_endpoint_has_a_certificate_and_no_other_has() {
    let frame = west();
    let (here, there) = (issued(&frame, NAME), issued(&east(&frame), NAME));
    let check = |more: Value, expected: &str| {
        assert_eq!(refused(&frame, with(json!({"domainName": NAME}), more)), bad_request(expected));
    };
    let types = |kind: &str, more: Value| with(json!({"endpointConfiguration": {"types": [kind]}}), more);
    check(json!({}), "A certificate was not provided for the endpoint type EDGE.");
    check(types("REGIONAL", json!({})), "A certificate was not provided for the endpoint type REGIONAL.");
    check(types("PRIVATE", json!({})), "A certificate was not provided for the endpoint type PRIVATE.");
    check(
        types("REGIONAL", json!({"certificateArn": there})),
        "Cannot import certificates for EDGE while REGIONAL is active.",
    );
    check(
        types("EDGE", json!({"regionalCertificateArn": here})),
        "Cannot import certificates for REGIONAL while EDGE is active.",
    );
    check(
        types("PRIVATE", json!({"regionalCertificateArn": here})),
        "Cannot import certificates for REGIONAL while PRIVATE is active.",
    );
}

/// Texts recorded from AWS for APIs.
#[test]
fn endpoints_that_cannot_be_are_refused() {
    let frame = west();
    let check = |given: Value, expected: &str| {
        let input = json!({"domainName": NAME, "endpointConfiguration": given});
        assert_eq!(refused(&frame, input), bad_request(expected));
    };
    check(json!({"types": []}), "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
    check(json!({"types": ["EDGE", "REGIONAL"]}), "Cannot create an api with multiple Endpoint Types.");
    check(
        json!({"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}),
        "VPCEndpoints can only be specified with PRIVATE apis.",
    );
    let ipv4 = json!({"endpointConfiguration": {"types": ["PRIVATE"], "ipAddressType": "ipv4"}});
    assert_eq!(
        refused(&frame, with(private(&frame), ipv4)),
        bad_request("Only dualstack ipAddressType is supported for Private APIs.")
    );
    let dual = json!({"endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "dualstack"}});
    let created = create(&frame, with(regional(&frame), dual.clone()));
    assert_eq!(created["endpointConfiguration"], dual["endpointConfiguration"]);
}

#[test]
fn what_is_no_host_name_is_refused() {
    let frame = west();
    let longest_label = "a".repeat(63);
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(63));
    for name in [
        "",
        "example",
        "API.example.com",
        "a..example.com",
        ".example.com",
        "example.com.",
        "-a.example.com",
        "a-.example.com",
        "a_b.example.com",
        "a.*.example.com",
        "*a.example.com",
        "*.",
        "*.com",
        "ä.example.com",
        "a/b.example.com",
        &format!("{longest_label}a.example.com"),
        &format!("{longest}c"),
        &format!("{longest}.c"),
    ] {
        let expected = bad_request(&format!("Invalid domain name specified: {name}"));
        assert_eq!(refused(&frame, with(regional(&frame), json!({"domainName": name}))), expected);
    }
    assert_eq!(longest.len(), 255);
    for name in [&*format!("{longest_label}.example.com"), &longest, "a-1.example.com", "1.example.com"] {
        let refused = refused(&frame, with(regional(&frame), json!({"domainName": name})));
        assert!(refused.contains("is not covered by"), "{refused}");
    }
}

/// API Gateway developer guide, "Custom domain name for public REST APIs".
#[test]
fn a_wildcard_needs_an_issued_certificate() {
    let frame = west();
    let wildcard = |arn: &str| {
        with(regional(&frame), json!({"domainName": "*.example.com", "regionalCertificateArn": arn}))
    };
    assert_eq!(
        refused(&frame, wildcard(&imported(&frame, &["*.example.com"]))),
        bad_request("A wildcard custom domain name requires a certificate issued by ACM.")
    );
    create(&frame, wildcard(&issued(&frame, "*.example.com")));
    // A name and the wildcard that it is in can both be had.
    create(&frame, regional(&frame));
    assert_eq!(
        refused(
            &frame,
            with(
                private(&frame),
                json!({"domainName": "*.example.org", "certificateArn": issued(&frame, "*.example.org")})
            )
        ),
        bad_request("Wildcard domain names are not supported for PRIVATE domain names.")
    );
    // But not by another account.
    let other = frame.in_scope(OTHER_ACCOUNT, "us-west-2");
    let theirs = |name: &str| {
        let arn = issued(&other, name);
        with(regional(&other), json!({"domainName": name, "regionalCertificateArn": arn}))
    };
    create(&other, theirs("b.example.net"));
    let ours = with(
        regional(&frame),
        json!({"domainName": "*.example.net", "regionalCertificateArn": issued(&frame, "*.example.net")}),
    );
    assert_eq!(
        refused(&frame, ours),
        bad_request(
            "The wildcard domain name conflicts with a domain name that another account has created."
        )
    );
}

/// Texts seen in reports of AWS's users.
#[test]
fn a_public_name_is_had_once() {
    let frame = west();
    create(&frame, regional(&frame));
    let exists = bad_request("The domain name you provided already exists.");
    assert_eq!(refused(&frame, regional(&frame)), exists);
    let other = frame.in_scope(OTHER_ACCOUNT, "us-west-2");
    assert_eq!(refused(&other, regional(&other)), exists);
    // A private one, and one in another region.
    create(&other, private(&other));
    let away = frame.in_scope(ACCOUNT, "eu-west-1");
    create(&away, edge(&away));
    let third = frame.in_scope(OTHER_ACCOUNT, "eu-central-1");
    let taken = "The domain name you provided is already associated with an existing CloudFront distribution. Remove \
                 the domain name from the existing CloudFront distribution or use a different domain name. If you \
                 own this domain name and are not using it on an existing CloudFront distribution, please contact \
                 support.";
    let at_the_edge = json!({"domainName": NAME, "certificateArn": issued(&third.in_scope(OTHER_ACCOUNT, "us-east-1"), NAME)});
    assert_eq!(refused(&third, at_the_edge), bad_request(taken));
    // Nor can it move there.
    let arn = issued(&east(&frame), NAME);
    let moving = patched(&[
        ("add", "/endpointConfiguration/types", Some("EDGE")),
        ("add", "/certificateArn", Some(&arn)),
    ]);
    assert_eq!(frame.refused("apigateway:UpdateDomainName", moving), bad_request(taken));
}

/// "Amazon API Gateway quotas"; the text is not recorded.
#[test]
fn accounts_have_a_limited_number() {
    let frame = west();
    let full = "429 LimitExceededException \"Maximum number of custom domain names for this account has been \
                reached. Please contact AWS if you need additional custom domain names.\"";
    let arn = issued(&frame, "*.example.com");
    let private = |n: usize| {
        with(private(&frame), json!({"domainName": format!("n{n}.example.com"), "certificateArn": arn}))
    };
    for n in 0..50 {
        create(&frame, private(n));
    }
    assert_eq!(refused(&frame, private(50)), full);
    let public = |n: usize| {
        let name = format!("n{n}.example.com");
        with(regional(&frame), json!({"domainName": name, "regionalCertificateArn": arn}))
    };
    for n in 0..120 {
        create(&frame, public(n));
    }
    assert_eq!(refused(&frame, public(120)), full);
    create(&frame.in_scope(ACCOUNT, "eu-west-1"), regional(&frame.in_scope(ACCOUNT, "eu-west-1")));
}

/// API Gateway developer guide, "Security policies for REST APIs".
#[test]
fn security_policies_go_with_endpoints() {
    let enhanced = [
        "SecurityPolicy_TLS13_1_3_2025_09",
        "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
        "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_PQ_2025_09",
        "SecurityPolicy_TLS13_1_2_2021_06",
    ];
    let at_the_edge = [
        "SecurityPolicy_TLS13_2025_EDGE",
        "SecurityPolicy_TLS12_PFS_2025_EDGE",
        "SecurityPolicy_TLS12_2018_EDGE",
    ];
    let frame = west();
    let (regional, edge, private) = (regional(&frame), edge(&frame), private(&frame));
    let check = |kind: &str, base: &Value, policy: &str, good: bool| {
        let mode =
            if policy.starts_with("TLS") { json!({}) } else { json!({"endpointAccessMode": "STRICT"}) };
        let input = with(with(base.clone(), json!({"securityPolicy": policy})), mode);
        if good {
            let created = create(&frame, input);
            assert_eq!(created["securityPolicy"], policy);
            frame.ok(
                "apigateway:DeleteDomainName",
                json!({"domainName": NAME, "domainNameId": created["domainNameId"]}),
            );
        } else {
            let expected =
                format!("The security policy {policy} is not supported for the endpoint type {kind}.");
            // Access modes are not for private ones, whatever the policy.
            let mode = "endpointAccessMode is not supported for PRIVATE domain names.";
            let refusal = refused(&frame, input);
            assert!([bad_request(&expected), bad_request(mode)].contains(&refusal), "{refusal}");
        }
    };
    for policy in ["TLS_1_0", "TLS_1_2"] {
        check("REGIONAL", &regional, policy, true);
        check("EDGE", &edge, policy, true);
        check("PRIVATE", &private, policy, policy == "TLS_1_2");
    }
    for policy in enhanced {
        check("REGIONAL", &regional, policy, true);
        check("EDGE", &edge, policy, false);
        check("PRIVATE", &private, policy, false);
    }
    for policy in at_the_edge {
        check("REGIONAL", &regional, policy, false);
        check("EDGE", &edge, policy, true);
        check("PRIVATE", &private, policy, false);
    }
    for policy in enhanced {
        let expected =
            format!("The security policy {policy} is not supported for the endpoint type PRIVATE.");
        assert_eq!(
            refused(&frame, with(private.clone(), json!({"securityPolicy": policy}))),
            bad_request(&expected)
        );
        let expected = format!("endpointAccessMode must be specified with the security policy {policy}.");
        assert_eq!(
            refused(&frame, with(regional.clone(), json!({"securityPolicy": policy}))),
            bad_request(&expected)
        );
    }
}

/// API Gateway developer guide, "Configuring mutual TLS authentication for a REST API".
#[test]
fn mutual_tls_needs_a_truststore_and_an_owner() {
    let frame = west();
    let store =
        |uri: &str| json!({"mutualTlsAuthentication": {"truststoreUri": uri, "truststoreVersion": "7"}});
    let check = |base: Value, more: Value, expected: &str| {
        assert_eq!(refused(&frame, with(base, more)), bad_request(expected));
    };
    let form = "Invalid truststoreUri specified. It must have the form s3://bucket-name/key-name.";
    for uri in ["https://b/k", "s3://b", "s3:///k", "s3://b/", &format!("s3://b/{}", "k".repeat(2_042))] {
        check(regional(&frame), store(uri), form);
    }
    let only = "mutualTlsAuthentication can only be specified with REGIONAL domain names.";
    check(edge(&frame), store("s3://b/k"), only);
    check(private(&frame), store("s3://b/k"), only);
    let old = with(store("s3://b/k"), json!({"securityPolicy": "TLS_1_0"}));
    check(regional(&frame), old, "mutualTlsAuthentication requires the security policy TLS_1_2.");
    let (theirs, ours) = (imported(&frame, &[NAME]), issued(&frame, NAME));
    let by_others = with(store("s3://b/k"), json!({"regionalCertificateArn": theirs}));
    // Seen in reports of AWS's users.
    check(regional(&frame), by_others.clone(), "Missing ownershipVerificationCertificate.");
    let owner = |arn: &str| with(by_others.clone(), json!({"ownershipVerificationCertificateArn": arn}));
    check(regional(&frame), owner(&theirs), "The ownershipVerificationCertificate must be issued by ACM.");
    check(
        regional(&frame),
        json!({"ownershipVerificationCertificateArn": ours}),
        "ownershipVerificationCertificateArn can only be specified with mutualTlsAuthentication.",
    );
    let other = issued(&frame, "b.example.com");
    check(
        regional(&frame),
        owner(&other),
        "The domain name to be created is not covered by the provided certificate.",
    );
    let created = create(&frame, with(regional(&frame), owner(&ours)));
    assert_eq!(
        created["mutualTlsAuthentication"],
        json!({"truststoreUri": "s3://b/k", "truststoreVersion": "7"})
    );
    assert_eq!(created["ownershipVerificationCertificateArn"], ours.as_str());
    assert_eq!(users(&frame, &ours), json!(["arn:aws:apigateway:us-west-2::/domainnames/api.example.com"]));
}

/// API Gateway developer guide, "Custom domain names for private APIs".
#[test]
fn policies_are_for_private_names() {
    let frame = west();
    let check = |base: Value, more: Value, expected: &str| {
        assert_eq!(refused(&frame, with(base, more)), bad_request(expected));
    };
    let only = "policy can only be specified with PRIVATE domain names.";
    check(regional(&frame), json!({"policy": POLICY}), only);
    let malformed =
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.";
    check(private(&frame), json!({"policy": "{}"}), malformed);
    let long = POLICY.replace("execute-api:/*", &format!("execute-api:/{}", "x".repeat(8_193)));
    let too_long = "Invalid policy document. Resource policies can be at most 8192 characters long.";
    check(private(&frame), json!({"policy": long}), too_long);
    check(
        private(&frame),
        json!({"endpointAccessMode": "BASIC"}),
        "endpointAccessMode is not supported for PRIVATE domain names.",
    );
    create(&frame, regional(&frame));
    let management = patched(&[("replace", "/managementPolicy", Some(POLICY))]);
    assert_eq!(
        frame.refused("apigateway:UpdateDomainName", management),
        bad_request("managementPolicy can only be specified with PRIVATE domain names.")
    );
}

#[test]
fn private_certificates_have_the_listed_keys() {
    let frame = west();
    let arn = issued(&frame, NAME);
    let id = arn.rsplit('/').next().unwrap().to_owned();
    frame.write(move |tx| {
        let scope = base::Scope::new(ACCOUNT, "us-west-2");
        let mut document = tx.get::<CertificateDocument>(&scope, &Key::new([&id]))?.unwrap();
        document.detail.key_algorithm = Some(api::acm::KeyAlgorithm::Rsa4096);
        Ok(tx.put(&scope, &Key::new([&id]), &document)?)
    });
    let expected = "Only RSA certificates with a 2048-bit key length and ECDSA certificates with 256-bit and \
                    384-bit key lengths are supported for private custom domain names.";
    assert_eq!(refused(&frame, with(private(&frame), json!({"certificateArn": arn}))), bad_request(expected));
    create(&frame, with(regional(&frame), json!({"regionalCertificateArn": arn})));
}

#[test]
fn a_certificate_knows_who_uses_it() {
    let frame = west();
    let (first, second) = (issued(&frame, NAME), issued(&frame, NAME));
    create(&frame, with(regional(&frame), json!({"regionalCertificateArn": first})));
    let user = json!(["arn:aws:apigateway:us-west-2::/domainnames/api.example.com"]);
    assert_eq!((users(&frame, &first), users(&frame, &second)), (user.clone(), json!([])));
    frame
        .ok("apigateway:UpdateDomainName", patched(&[("replace", "/regionalCertificateArn", Some(&second))]));
    assert_eq!((users(&frame, &first), users(&frame, &second)), (json!([]), user));
    frame.ok("acm:DeleteCertificate", json!({"CertificateArn": first}));
    assert_eq!(
        frame.refused("acm:DeleteCertificate", json!({"CertificateArn": second})),
        format!("400 ResourceInUseException \"Certificate {second} in account 000000000000 is in use.\"")
    );
    frame.ok("apigateway:DeleteDomainName", json!({"domainName": NAME}));
    frame.ok("acm:DeleteCertificate", json!({"CertificateArn": second}));
}

#[test]
fn an_unknown_domain_name_is_refused() {
    let frame = west();
    create(&frame, regional(&frame));
    let long = "a".repeat(2_000);
    for (name, id) in
        [("b.example.com", None), (NAME, Some("nope")), (NAME, Some(&*long)), (&long, None), ("", None)]
    {
        let named = json!({"domainName": name, "domainNameId": id});
        for operation in ["GetDomainName", "UpdateDomainName", "DeleteDomainName"] {
            assert_eq!(
                frame.refused(&format!("apigateway:{operation}"), named.clone()),
                not_found(),
                "{name}"
            );
        }
    }
    let other = frame.in_scope(OTHER_ACCOUNT, "us-west-2");
    assert_eq!(other.refused("apigateway:GetDomainName", json!({"domainName": NAME})), not_found());
}

/// API Gateway API reference, "Patch Operations".
#[test]
fn settings_are_replaced() {
    let mut frame = west();
    create(&frame, regional(&frame));
    frame.after(Duration::from_secs(5));
    let arn = issued(&frame, NAME);
    let check = |op: &str, path: &str, value: Option<&str>, pointer: &str, expected: Value| {
        let updated = frame.ok("apigateway:UpdateDomainName", patched(&[(op, path, value)]));
        assert_eq!(updated.pointer(pointer).unwrap_or(&Value::Null), &expected, "{op} {path}");
        assert_eq!(updated, get(&frame, NAME));
    };
    let date = "/certificateUploadDate";
    check("replace", "/routingMode", Some("ROUTING_RULE_ONLY"), "/routingMode", json!("ROUTING_RULE_ONLY"));
    check("replace", "/endpointAccessMode", Some("BASIC"), "/endpointAccessMode", json!("BASIC"));
    check("replace", "/securityPolicy", Some("TLS_1_0"), "/securityPolicy", json!("TLS_1_0"));
    check("replace", "/securityPolicy", Some("TLS_1_2"), date, json!(STARTED));
    check("replace", "/regionalCertificateName", Some("n"), "/regionalCertificateName", json!("n"));
    check("remove", "/regionalCertificateName", None, "/regionalCertificateName", json!(null));
    check("replace", "/regionalCertificateArn", Some(&arn), date, json!(STARTED + 5_000));
    let ip = "/endpointConfiguration/ipAddressType";
    check("replace", ip, Some("dualstack"), ip, json!("dualstack"));
    let (uri, version) =
        ("/mutualTlsAuthentication/truststoreUri", "/mutualTlsAuthentication/truststoreVersion");
    check("add", uri, Some("s3://b/k"), uri, json!("s3://b/k"));
    check("replace", version, Some("2"), version, json!("2"));
    check("replace", uri, Some("s3://b/l"), version, json!("2"));
    check("remove", version, None, "/mutualTlsAuthentication", json!({"truststoreUri": "s3://b/l"}));
    let owner = "/ownershipVerificationCertificateArn";
    check("add", owner, Some(&arn), owner, json!(arn));
    check("replace", owner, Some(""), owner, json!(null));
    check("replace", uri, Some(""), "/mutualTlsAuthentication", json!(null));
}

#[test]
fn what_cannot_be_patched_is_refused() {
    let frame = west();
    create(&frame, regional(&frame));
    let before = get(&frame, NAME);
    let check = |op: &str, path: &str, value: &str, expected: &str| {
        let input =
            patched(&[("replace", "/routingMode", Some("ROUTING_RULE_ONLY")), (op, path, Some(value))]);
        assert_eq!(frame.refused("apigateway:UpdateDomainName", input), bad_request(expected));
    };
    check(
        "replace",
        "/domainName",
        "x",
        "Invalid patch path  '/domainName' specified for op 'replace'. Must be one of: [/certificateName, \
         /certificateArn, /endpointConfiguration/types, /endpointConfiguration/types/{type}, \
         /endpointConfiguration/ipAddressType, /endpointAccessMode, /managementPolicy, \
         /mutualTlsAuthentication/truststoreUri, /mutualTlsAuthentication/truststoreVersion, /policy, \
         /regionalCertificateName, /regionalCertificateArn, /routingMode, /securityPolicy, \
         /ownershipVerificationCertificateArn]",
    );
    for path in ["/routingMode", "/securityPolicy", "/policy", "/endpointConfiguration/ipAddressType"] {
        let expected = format!(
            "Invalid patch path  '{path}' specified for op 'add'. Please choose supported operations"
        );
        check("add", path, "x", &expected);
    }
    check(
        "replace",
        "/routingMode",
        "x",
        "Invalid routingMode specified. Valid options are \
         BASE_PATH_MAPPING_ONLY,ROUTING_RULE_ONLY,ROUTING_RULE_THEN_BASE_PATH_MAPPING",
    );
    check(
        "replace",
        "/endpointAccessMode",
        "",
        "Invalid endpointAccessMode specified. Valid options are BASIC,STRICT",
    );
    check(
        "replace",
        "/endpointConfiguration/ipAddressType",
        "ipv6",
        "ipAddressType must be either ipv4 or dualstack.",
    );
    check(
        "replace",
        "/regionalCertificateArn",
        "",
        "A certificate was not provided for the endpoint type REGIONAL.",
    );
    check("add", "/certificateName", "x", "Cannot import certificates for EDGE while REGIONAL is active.");
    assert_eq!(get(&frame, NAME), before);
}

/// API Gateway developer guide, "Migrate a custom domain name to a different type of API endpoint".
#[test]
fn a_domain_name_moves_between_edge_and_region() {
    let frame = west();
    create(&frame, regional(&frame));
    let arn = issued(&east(&frame), NAME);
    let both = frame.ok(
        "apigateway:UpdateDomainName",
        patched(&[
            ("add", "/endpointConfiguration/types", Some("EDGE")),
            ("add", "/certificateName", Some("edge-cert")),
            ("add", "/certificateArn", Some(&arn)),
        ]),
    );
    assert_eq!(both["endpointConfiguration"]["types"], json!(["REGIONAL", "EDGE"]));
    let (edge, region) = (text(&both, "distributionDomainName"), text(&both, "regionalDomainName"));
    assert_eq!(
        (both["certificateName"].clone(), users(&east(&frame), &arn)),
        (json!("edge-cert"), json!(["arn:aws:apigateway:us-west-2::/domainnames/api.example.com"]))
    );
    let only = frame.ok(
        "apigateway:UpdateDomainName",
        patched(&[
            ("remove", "/endpointConfiguration/types", Some("REGIONAL")),
            ("remove", "/regionalCertificateArn", None),
        ]),
    );
    assert_eq!(only["endpointConfiguration"]["types"], json!(["EDGE"]));
    assert_eq!((&only["distributionDomainName"], &only["regionalDomainName"]), (&json!(edge), &json!(null)));
    assert_eq!(only["regionalHostedZoneId"], json!(null));
    // As terraform does it, in one step, and back.
    let here = issued(&frame, NAME);
    let back = frame.ok(
        "apigateway:UpdateDomainName",
        patched(&[
            ("replace", "/certificateArn", Some("")),
            ("replace", "/certificateName", Some("")),
            ("replace", "/endpointConfiguration/types/0", Some("REGIONAL")),
            ("replace", "/regionalCertificateArn", Some(&here)),
        ]),
    );
    assert_eq!(back["endpointConfiguration"]["types"], json!(["REGIONAL"]));
    assert_eq!((&back["distributionDomainName"], &back["certificateArn"]), (&json!(null), &json!(null)));
    assert_ne!(back["regionalDomainName"], region.as_str());
    let check = |all: &[(&str, &str, Option<&str>)], expected: &str| {
        assert_eq!(frame.refused("apigateway:UpdateDomainName", patched(all)), bad_request(expected));
    };
    check(
        &[("remove", "/endpointConfiguration/types", Some("REGIONAL"))],
        "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
    );
    check(
        &[("add", "/endpointConfiguration/types", Some("EDGE"))],
        "A certificate was not provided for the endpoint type EDGE.",
    );
    // Seen in reports of AWS's users.
    check(
        &[("replace", "/endpointConfiguration/types/0", Some("PRIVATE"))],
        "/endpointConfiguration/types/0 Invalid request input",
    );
}

#[test]
fn a_private_name_stays_private() {
    let frame = west();
    let id = text(&create(&frame, private(&frame)), "domainNameId");
    let update = |all: &[(&str, &str, Option<&str>)]| with(patched(all), json!({"domainNameId": id}));
    let moving = update(&[("replace", "/endpointConfiguration/types/0", Some("REGIONAL"))]);
    assert_eq!(
        frame.refused("apigateway:UpdateDomainName", moving),
        bad_request("/endpointConfiguration/types/0 Invalid request input")
    );
    let same = update(&[("replace", "/endpointConfiguration/types/0", Some("PRIVATE"))]);
    frame.ok("apigateway:UpdateDomainName", same);
    let policy =
        update(&[("replace", "/policy", Some(POLICY)), ("replace", "/managementPolicy", Some(POLICY))]);
    let updated = frame.ok("apigateway:UpdateDomainName", policy);
    assert_eq!((&updated["policy"], &updated["managementPolicy"]), (&json!(POLICY), &json!(POLICY)));
    let cleared = update(&[("replace", "/policy", Some(""))]);
    assert_eq!(frame.ok("apigateway:UpdateDomainName", cleared)["policy"], json!(null));
}

/// API Gateway developer guide, "API provider: Share your private custom domain name using the API
/// Gateway AWS CLI".
#[test]
fn others_find_what_is_shared_with_them() {
    let frame = west();
    let created = create(&frame, private(&frame));
    let (id, arn) = (text(&created, "domainNameId"), text(&created, "domainNameArn"));
    let other = frame.in_scope(OTHER_ACCOUNT, "us-west-2");
    let shared = |frame: &Frame| names(frame, json!({"resourceOwner": "OTHER_ACCOUNTS"}));
    assert_eq!((shared(&frame), shared(&other)), (Vec::new(), Vec::new()));
    let set = |policy: &str| {
        let all = [("replace", "/managementPolicy", Some(policy))];
        frame.ok("apigateway:UpdateDomainName", with(patched(&all), json!({"domainNameId": id})))
    };
    let to = |account: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": [account, ACCOUNT]},
            "Action": "apigateway:CreateAccessAssociation", "Resource": arn,
        }]})
        .to_string()
    };
    set(&to(OTHER_ACCOUNT));
    assert_eq!((shared(&frame), shared(&other)), (Vec::new(), vec![NAME.to_owned()]));
    assert_eq!(
        (names(&other, json!({})), names(&frame, json!({"resourceOwner": "SELF"}))),
        (Vec::new(), vec![NAME.to_owned()])
    );
    assert_eq!(shared(&other.in_scope(OTHER_ACCOUNT, "eu-west-1")), Vec::<String>::new());
    set(&to("222222222222"));
    assert_eq!(shared(&other), Vec::<String>::new());
    set(&to(OTHER_ACCOUNT));
    frame.ok("apigateway:DeleteDomainName", json!({"domainName": NAME, "domainNameId": id}));
    assert_eq!(shared(&other), Vec::<String>::new());
}

#[test]
fn pages_add_up() {
    let mut frame = west();
    let mut made = Vec::new();
    for n in ["c", "a", "b"] {
        let name = format!("{n}.example.com");
        let arn = issued(&frame, &name);
        create(&frame, with(regional(&frame), json!({"domainName": name, "regionalCertificateArn": arn})));
        made.push(name);
        frame.after(Duration::from_millis(1));
    }
    let first = frame.ok("apigateway:GetDomainNames", json!({"limit": 2}));
    let mut listed = names(&frame, json!({"limit": 2}));
    listed.extend(names(&frame, json!({"limit": 2, "position": first["position"]})));
    assert_eq!(listed, made);
}

#[test]
fn tags_change_by_arn() {
    let frame = west();
    create(&frame, regional(&frame));
    let id = text(&create(&frame, private(&frame)), "domainNameId");
    let private = format!("arn:aws:apigateway:us-west-2:000000000000:/domainnames/api.example.com+{id}");
    for arn in ["arn:aws:apigateway:us-west-2::/domainnames/api.example.com", &private] {
        frame.ok("apigateway:TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}}));
        frame.ok("apigateway:UntagResource", json!({"resourceArn": arn, "tagKeys": ["b"]}));
        assert_eq!(frame.ok("apigateway:GetTags", json!({"resourceArn": arn})), json!({"tags": {"a": "1"}}));
    }
    assert_eq!(get(&frame, NAME)["tags"], json!({"a": "1"}));
    let foreign = private.replace(ACCOUNT, OTHER_ACCOUNT);
    assert_eq!(frame.refused("apigateway:GetTags", json!({"resourceArn": foreign})), not_found());
    let refusal = refused(&frame, with(regional(&frame), json!({"tags": {"aws:x": ""}})));
    let reserved = "Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS use.";
    assert_eq!(refusal, bad_request(reserved));
}
