//! Tests of Certificate Manager. Shapes: ACM API reference; texts: ACM's answers as its users report
//! them, where no remark in the code says otherwise.

use std::time::Duration;

use serde_json::{Value, json};

use super::uses;
use crate::certificates::samples::{Authority, Sample, self_signed};
use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, START, blob, text, with};

fn handed(sample: &Sample) -> Value {
    json!({"Certificate": blob(sample.certificate.as_bytes()), "PrivateKey": blob(sample.key.as_bytes())})
}

fn import(frame: &Frame, names: &[&str]) -> String {
    text(&frame.ok("acm:ImportCertificate", handed(&self_signed(names))), "CertificateArn")
}

fn request(frame: &Frame, more: Value) -> String {
    let input = with(json!({"DomainName": "api.example.com", "KeyAlgorithm": "EC_prime256v1"}), more);
    text(&frame.ok("acm:RequestCertificate", input), "CertificateArn")
}

fn describe(frame: &Frame, arn: &str) -> Value {
    frame.ok("acm:DescribeCertificate", json!({"CertificateArn": arn}))["Certificate"].clone()
}

/// The ARNs of all certificates, with EC keys too.
fn listed(frame: &Frame, more: Value) -> Vec<String> {
    let input = with(json!({"Includes": {"keyTypes": ["EC_prime256v1"]}}), more);
    let answer = frame.ok("acm:ListCertificates", input);
    answer["CertificateSummaryList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(one, "CertificateArn"))
        .collect()
}

fn attach(frame: &Frame, arn: &str, user: &'static str) {
    let arn = arn.to_owned();
    frame.write(move |tx| uses::attach(tx, &arn, user));
}

#[test]
fn an_imported_certificate_is_described() {
    let frame = Frame::new();
    let arn = import(&frame, &["api.example.com", "*.example.com"]);
    assert!(arn.starts_with("arn:aws:acm:us-east-1:000000000000:certificate/"), "{arn}");
    assert_eq!(
        describe(&frame, &arn),
        json!({
            "CertificateArn": arn,
            "DomainName": "api.example.com",
            "SubjectAlternativeNames": ["api.example.com", "*.example.com"],
            "Serial": "3a:0f:01",
            "Subject": "CN=api.example.com",
            "Issuer": "api.example.com",
            "CreatedAt": START.as_millis(),
            "ImportedAt": START.as_millis(),
            "Status": "ISSUED",
            "NotBefore": 1_793_491_200_000_i64,
            "NotAfter": 1_801_267_200_000_i64,
            "KeyAlgorithm": "EC_prime256v1",
            "SignatureAlgorithm": "SHA256WITHECDSA",
            "InUseBy": [],
            "Type": "IMPORTED",
            "KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}],
            "ExtendedKeyUsages": [{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}],
            "RenewalEligibility": "INELIGIBLE",
            "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
        })
    );
}

#[test]
fn a_certificate_is_given_back_and_its_key_is_not() {
    let frame = Frame::new();
    let authority = Authority::new("root");
    let given = authority.sign(&["api.example.com"]);
    let input = with(handed(&given), json!({"CertificateChain": blob(authority.pem().as_bytes())}));
    let arn = text(&frame.ok("acm:ImportCertificate", input), "CertificateArn");
    let got = frame.ok("acm:GetCertificate", json!({"CertificateArn": arn}));
    assert_eq!(got, json!({"Certificate": given.certificate, "CertificateChain": authority.pem()}));
    let document = frame.write(move |tx| {
        let (scope, id) = super::place_of(&arn).unwrap();
        super::get(tx, &scope, &id)
    });
    let document = document.unwrap();
    assert_eq!(document.identity.private_key.expose(), given.key);
    assert!(!format!("{document:?}").contains("PRIVATE KEY"));
}

#[test]
fn what_cannot_be_served_with_is_not_imported() {
    let frame = Frame::new();
    let given = self_signed(&["api.example.com"]);
    let check = |more: Value, expected: &str| {
        let refused = frame.refused("acm:ImportCertificate", with(handed(&given), more));
        assert_eq!(refused, format!("400 ValidationException \"{expected}\""));
    };
    check(
        json!({"Certificate": blob(format!("{0}{0}", given.certificate).as_bytes())}),
        "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
    );
    check(
        json!({"PrivateKey": blob(self_signed(&["api.example.com"]).key.as_bytes())}),
        "The certificate and the private key do not match.",
    );
    check(json!({"PrivateKey": blob(b"x")}), "The private key is not supported.");
    check(
        json!({"CertificateChain": blob(Authority::new("root").pem().as_bytes())}),
        "Could not validate the certificate with the certificate chain.",
    );
    check(
        json!({"Certificate": blob(b"x")}),
        "The certificate body/chain provided is not in a valid PEM format",
    );
    assert_eq!(listed(&frame, json!({})), Vec::<String>::new());
}

/// ACM user guide, "Reimport a certificate".
#[test]
fn a_certificate_is_replaced_under_its_arn() {
    let mut frame = Frame::new();
    let first =
        with(handed(&self_signed(&["api.example.com"])), json!({"Tags": [{"Key": "a", "Value": "1"}]}));
    let arn = text(&frame.ok("acm:ImportCertificate", first), "CertificateArn");
    attach(&frame, &arn, "arn:aws:apigateway:us-east-1::/domainnames/api.example.com");
    frame.after(Duration::from_secs(1));
    let again = |names: &[&str]| with(handed(&self_signed(names)), json!({"CertificateArn": arn}));
    let newer = frame.ok("acm:ImportCertificate", again(&["api.example.com", "b.example.com"]));
    assert_eq!(newer, json!({"CertificateArn": arn}));
    let got = describe(&frame, &arn);
    assert_eq!(got["SubjectAlternativeNames"], json!(["api.example.com", "b.example.com"]));
    assert_eq!(
        (&got["CreatedAt"], &got["ImportedAt"]),
        (&json!(START.as_millis()), &json!(START.as_millis() + 1_000))
    );
    assert_eq!(got["InUseBy"], json!(["arn:aws:apigateway:us-east-1::/domainnames/api.example.com"]));
    let tags = frame.ok("acm:ListTagsForCertificate", json!({"CertificateArn": arn}));
    assert_eq!(tags, json!({"Tags": [{"Key": "a", "Value": "1"}]}));
    // Not recorded, as are the next two.
    assert_eq!(
        frame.refused("acm:ImportCertificate", again(&["api.example.com"])),
        "400 ValidationException \"The certificate is in use and the new certificate does not contain the domain \
         name b.example.com.\""
    );
    let tagged = with(again(&["api.example.com"]), json!({"Tags": [{"Key": "b"}]}));
    assert_eq!(
        frame.refused("acm:ImportCertificate", tagged),
        "400 ValidationException \"Tags cannot be set when a certificate is reimported.\""
    );
    let issued = request(&frame, json!({}));
    let over = with(again(&["api.example.com"]), json!({"CertificateArn": issued}));
    assert_eq!(
        frame.refused("acm:ImportCertificate", over),
        format!(
            "400 ValidationException \"Certificate {issued} was not imported and cannot be reimported.\""
        )
    );
}

#[test]
fn a_requested_certificate_is_issued_at_once() {
    let frame = Frame::new();
    let arn = request(
        &frame,
        json!({"SubjectAlternativeNames": ["*.example.com", "api.example.com"], "ValidationMethod": "DNS"}),
    );
    let mut got = describe(&frame, &arn);
    let validations = got["DomainValidationOptions"].take();
    let (start, day) = (START.truncated_to_secs().as_millis(), 86_400_000);
    assert_eq!(
        got,
        json!({
            "CertificateArn": arn,
            "DomainName": "api.example.com",
            "SubjectAlternativeNames": ["api.example.com", "*.example.com"],
            "DomainValidationOptions": null,
            "Serial": got["Serial"],
            "Subject": "CN=api.example.com",
            "Issuer": "api.example.com",
            "CreatedAt": START.as_millis(),
            "IssuedAt": START.as_millis(),
            "Status": "ISSUED",
            "NotBefore": start,
            "NotAfter": start + 198 * day,
            "KeyAlgorithm": "EC_prime256v1",
            "SignatureAlgorithm": "SHA256WITHECDSA",
            "InUseBy": [],
            "Type": "AMAZON_ISSUED",
            "KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}],
            "ExtendedKeyUsages": [
                {"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"},
                {"Name": "TLS_WEB_CLIENT_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.2"},
            ],
            "RenewalEligibility": "INELIGIBLE",
            "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
        })
    );
    let names: Vec<_> = validations.as_array().unwrap().iter().map(|one| text(one, "DomainName")).collect();
    assert_eq!(names, ["api.example.com", "*.example.com"]);
    let first = &validations[0];
    assert_eq!(
        (&first["ValidationStatus"], &first["ValidationMethod"], &first["ValidationDomain"]),
        (&json!("SUCCESS"), &json!("DNS"), &json!("api.example.com"))
    );
    let record = &first["ResourceRecord"];
    let (name, value) = (text(record, "Name"), text(record, "Value"));
    assert!(name.starts_with('_') && name.ends_with(".api.example.com.") && name.len() == 50, "{name}");
    assert!(value.starts_with('_') && value.ends_with(".acm-validations.aws."), "{value}");
    assert_eq!(record["Type"], "CNAME");
    let again = request(&frame, json!({"ValidationMethod": "DNS"}));
    assert_eq!(&describe(&frame, &again)["DomainValidationOptions"][0]["ResourceRecord"], record);
}

/// ACM user guide, "Email validation".
#[test]
fn without_a_method_mails_are_sent() {
    let frame = Frame::new();
    let option = json!([{"DomainName": "api.example.com", "ValidationDomain": "example.com"}]);
    let arn = request(&frame, json!({"DomainValidationOptions": option}));
    let validation = &describe(&frame, &arn)["DomainValidationOptions"][0];
    assert_eq!(
        validation,
        &json!({
            "DomainName": "api.example.com",
            "ValidationDomain": "example.com",
            "ValidationEmails": [
                "administrator@example.com", "webmaster@example.com", "hostmaster@example.com",
                "postmaster@example.com", "admin@example.com",
            ],
            "ValidationStatus": "SUCCESS",
            "ValidationMethod": "EMAIL",
        })
    );
    let option = json!([{"DomainName": "api.example.com", "ValidationDomain": "example.org"}]);
    let input = json!({"DomainName": "api.example.com", "DomainValidationOptions": option});
    assert_eq!(
        frame.refused("acm:RequestCertificate", input),
        "400 InvalidDomainValidationOptionsException \"The validation domain example.org is not a superdomain of \
         api.example.com.\""
    );
}

/// ACM API reference, `RequestCertificate`.
#[test]
fn what_is_not_issued_is_refused() {
    let frame = Frame::new();
    let check = |more: Value, expected: &str| {
        let input = with(json!({"DomainName": "api.example.com"}), more);
        assert_eq!(frame.refused("acm:RequestCertificate", input), format!("400 {expected}"));
    };
    check(
        json!({"KeyAlgorithm": "RSA_4096"}),
        "ValidationException \"The key algorithm RSA_4096 is not supported for requested certificates.\"",
    );
    check(
        json!({"ValidationMethod": "HTTP"}),
        "ValidationException \"ValidationMethod: Validation by HTTP is not built yet.\"",
    );
    let authority = "arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/x";
    check(
        json!({"CertificateAuthorityArn": authority}),
        "ValidationException \"CertificateAuthorityArn: Private certificate authorities are not built yet.\"",
    );
    check(
        json!({"DomainName": format!("{}.{}.com", "a".repeat(31), "b".repeat(29))}),
        "ValidationException \"The first domain name can be no longer than 64 characters. Additional domain names \
         can be longer.\"",
    );
    let names: Vec<String> = (0..100).map(|n| format!("n{n}.example.com")).collect();
    check(
        json!({"SubjectAlternativeNames": names}),
        "LimitExceededException \"A certificate can have at most 100 domain names.\"",
    );
    let longest = format!("{}.{}.com", "a".repeat(31), "b".repeat(28));
    request(&frame, json!({"DomainName": longest, "SubjectAlternativeNames": names[1..]}));
}

#[test]
fn a_token_is_answered_once_within_the_hour() {
    let mut frame = Frame::new();
    let ask = |frame: &Frame| request(frame, json!({"IdempotencyToken": "t1"}));
    let first = ask(&frame);
    frame.after(Duration::from_millis(3_599_999));
    assert_eq!(ask(&frame), first);
    assert_ne!(request(&frame, json!({"IdempotencyToken": "t2"})), first);
    frame.after(Duration::from_millis(1));
    assert_ne!(ask(&frame), first);
}

#[test]
fn a_certificate_in_use_stays() {
    let frame = Frame::new();
    let arn = request(&frame, json!({}));
    let named = json!({"CertificateArn": arn});
    let user = "arn:aws:apigateway:us-east-1::/domainnames/api.example.com";
    attach(&frame, &arn, user);
    attach(&frame, &arn, user);
    let got = describe(&frame, &arn);
    assert_eq!((&got["InUseBy"], &got["RenewalEligibility"]), (&json!([user]), &json!("ELIGIBLE")));
    assert_eq!(
        frame.refused("acm:DeleteCertificate", named.clone()),
        format!("400 ResourceInUseException \"Certificate {arn} in account 000000000000 is in use.\"")
    );
    let users = arn.clone();
    frame.write(move |tx| uses::detach(tx, &users, user));
    frame.ok("acm:DeleteCertificate", named.clone());
    let unknown = format!(
        "400 ResourceNotFoundException \"Could not find certificate {arn} in account 000000000000.\""
    );
    for operation in ["DescribeCertificate", "GetCertificate", "DeleteCertificate", "ListTagsForCertificate"]
    {
        assert_eq!(frame.refused(&format!("acm:{operation}"), named.clone()), unknown);
    }
}

#[test]
fn certificates_are_seen_where_they_are() {
    let frame = Frame::new();
    let arn = import(&frame, &["api.example.com"]);
    for (account, region) in [(OTHER_ACCOUNT, "us-east-1"), (ACCOUNT, "eu-west-1")] {
        let other = frame.in_scope(account, region);
        assert_eq!(listed(&other, json!({})), Vec::<String>::new());
        let refused = other.refused("acm:DescribeCertificate", json!({"CertificateArn": arn}));
        assert_eq!(
            refused,
            format!(
                "400 ResourceNotFoundException \"Could not find certificate {arn} in account {account}.\""
            )
        );
    }
}

#[test]
fn lists_are_filtered_and_paged() {
    let mut frame = Frame::new();
    let mut made = Vec::new();
    for n in 0..3 {
        made.push(import(&frame, &[&format!("n{n}.example.com")]));
        frame.after(Duration::from_millis(1));
    }
    let newest_first: Vec<String> = made.iter().rev().cloned().collect();
    assert_eq!(listed(&frame, json!({})), newest_first);
    let ascending = json!({"SortBy": "CREATED_AT", "SortOrder": "ASCENDING"});
    assert_eq!(listed(&frame, ascending.clone()), made);
    for (order, expected) in [(json!({}), &newest_first), (ascending, &made)] {
        let page = |more: Value| {
            let input =
                with(json!({"Includes": {"keyTypes": ["EC_prime256v1"]}, "MaxItems": 2}), order.clone());
            frame.ok("acm:ListCertificates", with(input, more))
        };
        let first = page(json!({}));
        let second = page(json!({"NextToken": first["NextToken"]}));
        assert_eq!(second["NextToken"], json!(null));
        let arns = [&first, &second].map(|page| page["CertificateSummaryList"].as_array().unwrap().clone());
        let arns: Vec<String> = arns.iter().flatten().map(|one| text(one, "CertificateArn")).collect();
        assert_eq!(&arns, expected);
    }
    // Only RSA keys are listed if no key types are asked for.
    assert_eq!(frame.ok("acm:ListCertificates", json!({})), json!({"CertificateSummaryList": []}));
    assert_eq!(listed(&frame, json!({"CertificateStatuses": ["EXPIRED"]})), Vec::<String>::new());
    frame.after(Duration::from_secs(90 * 86_400));
    assert_eq!(listed(&frame, json!({"CertificateStatuses": ["EXPIRED"]})), newest_first);
    assert_eq!(listed(&frame, json!({"CertificateStatuses": ["ISSUED"]})), Vec::<String>::new());
    for usage in [json!({"extendedKeyUsage": ["CODE_SIGNING"]}), json!({"keyUsage": ["CRL_SIGNING"]})] {
        let includes = with(json!({"keyTypes": ["EC_prime256v1"]}), usage);
        assert_eq!(listed(&frame, json!({"Includes": includes})), Vec::<String>::new());
    }
    assert_eq!(
        frame.refused("acm:ListCertificates", json!({"SortBy": "CREATED_AT"})),
        "400 InvalidArgsException \"SortBy and SortOrder must be specified together.\""
    );
    assert_eq!(
        frame.refused("acm:ListCertificates", json!({"NextToken": "%"})),
        "400 InvalidArgsException \"The next token is invalid.\""
    );
}

#[test]
fn a_summary_says_what_the_certificate_does() {
    let frame = Frame::new();
    let arn = import(&frame, &["api.example.com"]);
    let answer = frame.ok("acm:ListCertificates", json!({"Includes": {"keyTypes": ["EC_prime256v1"]}}));
    assert_eq!(
        answer["CertificateSummaryList"],
        json!([{
            "CertificateArn": arn,
            "DomainName": "api.example.com",
            "SubjectAlternativeNameSummaries": ["api.example.com"],
            "HasAdditionalSubjectAlternativeNames": false,
            "Status": "ISSUED",
            "Type": "IMPORTED",
            "KeyAlgorithm": "EC_prime256v1",
            "KeyUsages": ["DIGITAL_SIGNATURE"],
            "ExtendedKeyUsages": ["TLS_WEB_SERVER_AUTHENTICATION"],
            "ExportOption": "DISABLED",
            "InUse": false,
            "RenewalEligibility": "INELIGIBLE",
            "NotBefore": 1_793_491_200_000_i64,
            "NotAfter": 1_801_267_200_000_i64,
            "CreatedAt": START.as_millis(),
            "ImportedAt": START.as_millis(),
        }])
    );
}

/// ACM API reference, `RemoveTagsFromCertificate`.
#[test]
fn tags_are_added_and_removed() {
    let frame = Frame::new();
    let arn = import(&frame, &["api.example.com"]);
    let tag = |tags: Value| json!({"CertificateArn": arn, "Tags": tags});
    let tags = || frame.ok("acm:ListTagsForCertificate", json!({"CertificateArn": arn}))["Tags"].clone();
    assert_eq!(tags(), json!([]));
    frame.ok("acm:AddTagsToCertificate", tag(json!([{"Key": "a", "Value": "1"}, {"Key": "b"}])));
    assert_eq!(tags(), json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]));
    frame.ok("acm:RemoveTagsFromCertificate", tag(json!([{"Key": "a", "Value": "2"}])));
    assert_eq!(tags(), json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]));
    frame.ok("acm:RemoveTagsFromCertificate", tag(json!([{"Key": "a", "Value": "1"}, {"Key": "c"}])));
    assert_eq!(tags(), json!([{"Key": "b", "Value": ""}]));
    let many: Vec<Value> = (0..50).map(|n| json!({"Key": n.to_string()})).collect();
    assert_eq!(
        frame.refused("acm:AddTagsToCertificate", tag(json!(many))),
        "400 TooManyTagsException \"A resource can have at most 50 tags.\""
    );
    assert_eq!(
        frame.refused("acm:AddTagsToCertificate", tag(json!([{"Key": "aws:x"}]))),
        "400 InvalidTagException \"Invalid tag key 'aws:x'. Tag keys that start with 'aws:' are reserved for AWS \
         use.\""
    );
}

#[test]
fn the_options_of_an_issued_certificate_change() {
    let frame = Frame::new();
    let arn = request(&frame, json!({}));
    let update = |arn: &str, options: Value| json!({"CertificateArn": arn, "Options": options});
    let disabled = json!({"CertificateTransparencyLoggingPreference": "DISABLED"});
    frame.ok("acm:UpdateCertificateOptions", update(&arn, disabled.clone()));
    assert_eq!(describe(&frame, &arn)["Options"], with(disabled.clone(), json!({"Export": "DISABLED"})));
    assert_eq!(
        frame.refused("acm:UpdateCertificateOptions", update(&arn, json!({"Export": "ENABLED"}))),
        "400 InvalidStateException \"The export option of a certificate cannot be changed.\""
    );
    let imported = import(&frame, &["api.example.com"]);
    assert_eq!(
        frame.refused("acm:UpdateCertificateOptions", update(&imported, disabled)),
        format!(
            "400 InvalidStateException \"The options of the imported certificate {imported} are fixed.\""
        )
    );
}
