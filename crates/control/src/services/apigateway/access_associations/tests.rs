//! Tests of access associations. Shapes and rules: API Gateway developer guide, "Custom domain names for
//! private APIs" and the pages on its providers and consumers; texts are not recorded.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Named, Place};
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, text, with};

const NAME: &str = "private.example.com";
const UNKNOWN: &str = "404 NotFoundException \"Invalid domain name access association identifier specified\"";

/// A new private domain name: its id and its ARN.
fn domain(frame: &Frame) -> (String, String) {
    let request = json!({"DomainName": NAME, "KeyAlgorithm": "EC_prime256v1"});
    let arn = text(&frame.ok("acm:RequestCertificate", request), "CertificateArn");
    let input =
        json!({"domainName": NAME, "certificateArn": arn, "endpointConfiguration": {"types": ["PRIVATE"]}});
    let created = frame.ok("apigateway:CreateDomainName", input);
    (text(&created, "domainNameId"), text(&created, "domainNameArn"))
}

fn input(arn: &str, source: &str) -> Value {
    json!({"domainNameArn": arn, "accessAssociationSource": source, "accessAssociationSourceType": "VPCE"})
}

fn create(frame: &Frame, input: Value) -> Value {
    frame.ok("apigateway:CreateDomainNameAccessAssociation", input)
}

fn refused(frame: &Frame, input: Value) -> String {
    frame.refused("apigateway:CreateDomainNameAccessAssociation", input)
}

fn listed(frame: &Frame, owner: &str) -> Vec<Value> {
    let answer = frame.ok("apigateway:GetDomainNameAccessAssociations", json!({"resourceOwner": owner}));
    answer["items"].as_array().unwrap().clone()
}

fn share(frame: &Frame, id: &str, arn: &str, effect: &str) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": effect, "Principal": {"AWS": OTHER_ACCOUNT},
        "Action": "apigateway:CreateAccessAssociation", "Resource": arn,
    }]});
    let operation = json!({"op": "replace", "path": "/managementPolicy", "value": policy.to_string()});
    let input = json!({"domainName": NAME, "domainNameId": id, "patchOperations": [operation]});
    frame.ok("apigateway:UpdateDomainName", input);
}

#[test]
fn an_association_is_answered_as_it_is() {
    let frame = Frame::new();
    let (id, arn) = domain(&frame);
    let created = create(&frame, with(input(&arn, "vpce-abcd1234efg"), json!({"tags": {"a": "1"}})));
    let own = format!(
        "arn:aws:apigateway:us-east-1:000000000000:/domainnameaccessassociations/domainname/private.example.com+{id}\
         /vpcesource/vpce-abcd1234efg"
    );
    let expected = json!({
        "domainNameAccessAssociationArn": own,
        "domainNameArn": arn,
        "accessAssociationSourceType": "VPCE",
        "accessAssociationSource": "vpce-abcd1234efg",
        "tags": {"a": "1"},
    });
    assert_eq!(created, expected);
    let all = frame.ok("apigateway:GetDomainNameAccessAssociations", json!({}));
    assert_eq!(all, json!({"items": [expected]}));
    assert_eq!((listed(&frame, "SELF"), listed(&frame, "OTHER_ACCOUNTS")), (vec![expected], Vec::new()));
    frame.ok("apigateway:UntagResource", json!({"resourceArn": own, "tagKeys": ["a"]}));
    frame.ok("apigateway:TagResource", json!({"resourceArn": own, "tags": {"b": "2"}}));
    assert_eq!(frame.ok("apigateway:GetTags", json!({"resourceArn": own})), json!({"tags": {"b": "2"}}));
    assert_eq!(listed(&frame, "SELF")[0]["tags"], json!({"b": "2"}));
}

#[test]
fn only_endpoints_reach_only_private_names() {
    let frame = Frame::new();
    let (id, arn) = domain(&frame);
    let check = |arn: &str, source: &str, expected: &str| {
        assert_eq!(refused(&frame, input(arn, source)), format!("400 BadRequestException \"{expected}\""));
    };
    for source in ["vpc-1", "vpce-", "vpce-A", "vpce-a/b", "vpce-a+b", ""] {
        check(&arn, source, &format!("Invalid access association source specified: {source}"));
    }
    let malformed = "Invalid ARN specified in the request";
    for arn in [
        "x",
        "arn:aws:apigateway:us-east-1::/domainnames/api.example.com",
        "arn:aws:apigateway:us-east-1:000000000000:/domainnames/api.example.com",
        "arn:aws:apigateway:us-east-1:000000000000:/restapis/a+b",
        &arn.replace("us-east-1", "eu-west-1"),
        &arn.replace(":apigateway:", ":execute-api:"),
    ] {
        check(arn, "vpce-1", malformed);
    }
    check(&arn.replace(&id, "nope"), "vpce-1", "Invalid domain name identifier specified");
    let kind = with(input(&arn, "vpce-1"), json!({"accessAssociationSourceType": "VPC"}));
    assert!(refused(&frame, kind).contains("Member must satisfy enum value set: [VPCE]"));
    assert_eq!(listed(&frame, "SELF"), Vec::<Value>::new());
}

#[test]
fn an_endpoint_reaches_one_domain_name_of_a_name() {
    let frame = Frame::new();
    let ((_, first), (_, second)) = (domain(&frame), domain(&frame));
    create(&frame, input(&first, "vpce-1"));
    let taken = "409 ConflictException \"A domain name access association already exists for this domain name and \
                 access association source\"";
    assert_eq!(refused(&frame, input(&first, "vpce-1")), taken);
    assert_eq!(refused(&frame, input(&second, "vpce-1")), taken);
    create(&frame, input(&second, "vpce-2"));
}

#[test]
fn an_association_keeps_its_domain_name() {
    let frame = Frame::new();
    let (id, arn) = domain(&frame);
    let own = text(&create(&frame, input(&arn, "vpce-1")), "domainNameAccessAssociationArn");
    let named = json!({"domainName": NAME, "domainNameId": id});
    assert_eq!(
        frame.refused("apigateway:DeleteDomainName", named.clone()),
        "400 BadRequestException \"Deleting domain name private.example.com failed. Please remove all domain name \
         access associations of the domain name.\""
    );
    let association = json!({"domainNameAccessAssociationArn": own});
    let delete = "apigateway:DeleteDomainNameAccessAssociation";
    assert_eq!(frame.in_scope(OTHER_ACCOUNT, "us-east-1").refused(delete, association.clone()), UNKNOWN);
    assert_eq!(frame.refused(delete, json!({"domainNameAccessAssociationArn": "x"})), UNKNOWN);
    frame.ok(delete, association.clone());
    assert_eq!(frame.refused(delete, association), UNKNOWN);
    frame.ok("apigateway:DeleteDomainName", named);
}

#[test]
fn another_account_needs_to_be_let_in() {
    let frame = Frame::new();
    let other = frame.in_scope(OTHER_ACCOUNT, "us-east-1");
    let (id, arn) = domain(&frame);
    let denied = |arn: &str| {
        format!(
            "403 AccessDeniedException \"User: arn:aws:iam::111111111111:root is not authorized to perform: \
             apigateway:CreateAccessAssociation on resource: {arn}\""
        )
    };
    assert_eq!(refused(&other, input(&arn, "vpce-1")), denied(&arn));
    // What is not there looks the same.
    let unknown = arn.replace(&id, "nope");
    assert_eq!(refused(&other, input(&unknown, "vpce-1")), denied(&unknown));
    share(&frame, &id, &arn, "Deny");
    assert_eq!(refused(&other, input(&arn, "vpce-1")), denied(&arn));
    share(&frame, &id, &arn, "Allow");
    assert_eq!(
        refused(&frame.in_scope("222222222222", "us-east-1"), input(&arn, "vpce-1")),
        denied(&arn).replace("111111111111", "222222222222")
    );
    let created = create(&other, with(input(&arn, "vpce-1"), json!({"tags": {"a": "1"}})));
    let own = text(&created, "domainNameAccessAssociationArn");
    assert!(
        own.starts_with("arn:aws:apigateway:us-east-1:111111111111:/domainnameaccessassociations/"),
        "{own}"
    );
    assert_eq!(listed(&other, "SELF"), std::slice::from_ref(&created));
    let mut seen = created;
    seen.as_object_mut().unwrap().remove("tags");
    assert_eq!((listed(&frame, "SELF"), listed(&frame, "OTHER_ACCOUNTS")), (Vec::new(), vec![seen]));
    assert!(
        frame
            .refused("apigateway:DeleteDomainName", json!({"domainName": NAME, "domainNameId": id}))
            .contains("failed")
    );
    other.ok("apigateway:DeleteDomainNameAccessAssociation", json!({"domainNameAccessAssociationArn": own}));
    assert_eq!(listed(&frame, "OTHER_ACCOUNTS"), Vec::<Value>::new());
}

#[test]
fn an_owner_rejects_associations() {
    let frame = Frame::new();
    let other = frame.in_scope(OTHER_ACCOUNT, "us-east-1");
    let ((id, arn), (_, second)) = (domain(&frame), domain(&frame));
    share(&frame, &id, &arn, "Allow");
    let own = text(&create(&other, input(&arn, "vpce-1")), "domainNameAccessAssociationArn");
    let reject = |arn: &str| json!({"domainNameAccessAssociationArn": own, "domainNameArn": arn});
    let operation = "apigateway:RejectDomainNameAccessAssociation";
    let no_domain = "404 NotFoundException \"Invalid domain name identifier specified\"";
    assert_eq!(other.refused(operation, reject(&arn)), no_domain);
    assert_eq!(frame.refused(operation, reject("x")), no_domain);
    assert_eq!(frame.refused(operation, reject(&arn.replace(&id, "nope"))), no_domain);
    assert_eq!(frame.refused(operation, reject(&second)), UNKNOWN);
    let nothing = json!({"domainNameAccessAssociationArn": "x", "domainNameArn": arn});
    assert_eq!(frame.refused(operation, nothing), UNKNOWN);
    frame.ok(operation, reject(&arn));
    assert_eq!((listed(&other, "SELF"), listed(&frame, "OTHER_ACCOUNTS")), (Vec::new(), Vec::new()));
    assert_eq!(frame.refused(operation, reject(&arn)), UNKNOWN);
}

/// "Amazon API Gateway quotas".
#[test]
fn an_account_has_a_hundred() {
    let mut frame = Frame::new();
    let (_, arn) = domain(&frame);
    let mut made = Vec::new();
    for n in 0..100 {
        made.push(text(&create(&frame, input(&arn, &format!("vpce-{n}"))), "accessAssociationSource"));
        frame.after(Duration::from_millis(1));
    }
    assert_eq!(
        refused(&frame, input(&arn, "vpce-100")),
        "429 LimitExceededException \"Maximum number of domain name access associations for this account has been \
         reached. Please contact AWS if you need additional domain name access associations.\""
    );
    let page = |more: Value| {
        let answer = frame.ok("apigateway:GetDomainNameAccessAssociations", with(json!({"limit": 60}), more));
        let sources =
            answer["items"].as_array().unwrap().iter().map(|one| text(one, "accessAssociationSource"));
        (sources.collect::<Vec<_>>(), answer["position"].clone())
    };
    let (first, position) = page(json!({}));
    let (second, position) = page(json!({"position": position}));
    assert_eq!((&first[..], &second[..], position), (&made[..60], &made[60..], json!(null)));
}

/// Forms: API Gateway developer guide, "Custom domain names for private APIs".
#[test]
fn arns_are_read_as_they_are_written() {
    let arn = "arn:aws:apigateway:us-west-2:000000000000:/domainnames/private.example.com+abcd1234";
    let named = Named::read(arn).unwrap();
    assert_eq!(
        (named.owner, named.name.as_str(), named.id.as_str()),
        (base::Scope::new(ACCOUNT, "us-west-2"), "private.example.com", "abcd1234")
    );
    let whole = "arn:aws:apigateway:us-west-2:000000000000:/domainnameaccessassociations/domainname/private.example.com\
                 +abcd1234/vpcesource/vpce-1";
    assert_eq!(
        Place::read(whole).unwrap().key(),
        store::Key::new(["private.example.com", "abcd1234", "vpce-1"])
    );
    for text in
        ["", arn, &whole.replace("/vpcesource/", "/source/"), &whole.replace('+', "-"), &format!("{whole}/x")]
    {
        assert_eq!(Place::read(text), None, "{text}");
    }
}
