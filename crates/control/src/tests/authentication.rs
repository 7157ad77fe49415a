//! Who calls? Texts: recorded from AWS.

use std::time::Duration;

use base::{Scope, Secret};
use documents::iam::UserDocument;
use http::HeaderMap;
use serde_json::json;
use store::Key;

use super::*;
use crate::test_frame::{ACCOUNT, OTHER_ACCOUNT, REGION, Wire};
use crate::{Authentication, RootCredentials};

const UNKNOWN: &str = "403 InvalidClientTokenId \"The security token included in the request is invalid.\"";
const WRONG: &str = "403 SignatureDoesNotMatch \"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\"";
const EXPIRED: &str = "403 ExpiredToken \"The security token included in the request is expired\"";

/// What `signer` is told of itself: its ARN, or the refusal.
fn who(wire: &Wire, signer: &Signer) -> String {
    let reply = wire.signed(signer, "sts", &who_am_i());
    if reply.status == 200 { arn_in(&reply.body) } else { reply.refusal() }
}

#[test]
fn an_unsigned_call_is_refused_in_each_protocol() {
    let frame = Frame::new();
    for wire in [frame.strict(), frame.development()] {
        for (sent, code) in [
            (Sent::new("GET", "/restapis"), "403 MissingAuthenticationTokenException"),
            (Sent::new("GET", "/2015-03-31/functions"), "403 MissingAuthenticationTokenException"),
            (Sent::logs("DescribeLogGroups", &json!({})), "400 MissingAuthenticationTokenException"),
            (who_am_i(), "403 MissingAuthenticationToken"),
        ] {
            let reply = wire.unsigned(&sent);
            assert_eq!(reply.refusal(), format!("{code} \"Missing Authentication Token\""));
        }
    }
}

#[test]
fn half_a_signature_is_refused_in_the_protocol_that_was_meant() {
    let frame = Frame::new();
    let half = "AWS4-HMAC-SHA256 Credential=AKIAROOTROOTROOTROOT/20261123/us-east-1/sts/aws4_request";
    let reply = frame.strict().unsigned(&who_am_i().with("authorization", half));
    assert!(
        reply.refusal().starts_with("403 IncompleteSignature \"Authorization header requires"),
        "{reply:?}"
    );
    let reply = frame.strict().unsigned(&who_am_i().with("authorization", "AWS4-HMAC-SHA256"));
    assert!(
        reply.body.starts_with("<ErrorResponse>") || reply.body.starts_with("<ErrorResponse "),
        "{reply:?}"
    );
}

#[test]
fn the_configured_root_is_its_account() {
    let frame = Frame::new();
    let root = Signer::root();
    assert_eq!(who(&frame.strict(), &root), "arn:aws:iam::000000000000:root");
    let wrong = Signer::new(&root.key, "guessed");
    assert_eq!(who(&frame.strict(), &wrong), WRONG);
    assert_eq!(who(&frame.wire(Authentication::strict(None)), &root), UNKNOWN);
}

/// Whoever forgets the secret in the configuration must not open the account to everyone.
#[test]
fn a_root_without_a_secret_is_nobody() {
    let frame = Frame::new();
    let root = RootCredentials {
        account: ACCOUNT.into(),
        access_key_id: Signer::root().key,
        secret_access_key: Secret::new(""),
    };
    let wire = frame.wire(Authentication::strict(Some(root)));
    assert_eq!(who(&wire, &Signer::new(&Signer::root().key, "")), UNKNOWN);
}

#[test]
fn unknown_keys_are_refused_in_each_protocol() {
    let wire = Frame::new().strict();
    let text = "\"The security token included in the request is invalid.\"";
    let stranger = Signer::new("AKIANOBODYNOBODYNOBO", "secret");
    assert_eq!(who(&wire, &stranger), UNKNOWN);
    let reply = wire.signed(&stranger, "apigateway", &Sent::new("GET", "/restapis"));
    assert_eq!(reply.refusal(), format!("403 UnrecognizedClientException {text}"));
    let reply = wire.signed(&stranger, "logs", &Sent::logs("DescribeLogGroups", &json!({})));
    assert_eq!(reply.refusal(), format!("400 UnrecognizedClientException {text}"));
    // Ids that no key can have: a storage key of any length is no fault of the store's.
    for id in ["x", &"A".repeat(5000), "AKIA%00..AAAAAAAAAAA", "AKIA=AAAAAAAAAAAAAAA"] {
        assert_eq!(who(&wire, &Signer::new(id, "secret")), UNKNOWN, "{id}");
    }
}

#[test]
fn a_users_key_is_verified() {
    let frame = Frame::new();
    let ada = frame.user("ada");
    let wire = frame.strict();
    assert_eq!(who(&wire, &ada), "arn:aws:iam::000000000000:user/ada");
    assert_eq!(who(&wire, &Signer::new(&ada.key, "guessed")), WRONG);
    assert_eq!(who(&wire, &Signer { token: Some("any".into()), ..ada.clone() }), UNKNOWN);
    assert_eq!(wire.presigned(&ada, "sts", &Sent { method: "POST", ..who_am_i() }).status, 200);

    let update = |status: &str| {
        let input = json!({"UserName": "ada", "AccessKeyId": ada.key, "Status": status});
        frame.ok("iam:UpdateAccessKey", input);
    };
    update("Inactive");
    assert_eq!(who(&wire, &ada), UNKNOWN);
    update("Active");
    assert_eq!(who(&wire, &ada), "arn:aws:iam::000000000000:user/ada");
    frame.ok("iam:DeleteAccessKey", json!({"UserName": "ada", "AccessKeyId": ada.key}));
    assert_eq!(who(&wire, &ada), UNKNOWN);
}

/// IAM deletes no user who has keys; if it happens all the same, the keys open nothing.
#[test]
fn a_key_without_its_user_opens_nothing() {
    let frame = Frame::new();
    let ada = frame.user("ada");
    frame.write(|tx| Ok(tx.delete::<UserDocument>(&Scope::global(ACCOUNT), &Key::new(["ada"]))?));
    assert_eq!(who(&frame.strict(), &ada), UNKNOWN);
    assert_eq!(who(&frame.development(), &ada), "arn:aws:iam::000000000000:root");
}

#[test]
fn what_is_signed_is_what_is_done() {
    let frame = Frame::new();
    let wire = frame.strict();
    let root = Signer::root();
    let asked = json_body("POST", "/restapis", &json!({"name": "mine"}));
    let signature = wire.signature(&root, "apigateway", REGION, &asked);
    let refused = |sent: &Sent, headers: HeaderMap| wire.send(sent, headers).refusal();
    let wrong = WRONG.replace("SignatureDoesNotMatch", "InvalidSignatureException");
    for changed in [
        json_body("POST", "/restapis", &json!({"name": "ours"})),
        json_body("POST", "/restapis?failonwarnings=true", &json!({"name": "mine"})),
        Sent { method: "DELETE", ..json_body("POST", "/restapis/abc", &json!({"name": "mine"})) },
    ] {
        assert_eq!(refused(&changed, signature.clone()), wrong);
    }
    // Headers of AWS's must be signed, or anyone on the way could add them.
    let mut more = signature.clone();
    more.insert("x-amz-target", "Logs_20140328.DeleteLogGroup".parse().unwrap());
    let unsigned_header =
        "403 InvalidSignatureException \"'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.\"";
    assert_eq!(refused(&asked, more), unsigned_header);
    assert_eq!(wire.send(&asked, signature).status, 201);
}

#[test]
fn a_signature_is_for_one_service_and_one_region() {
    let frame = Frame::new();
    let wire = frame.strict();
    let root = Signer::root();
    let reply = wire.signed(&root, "lambda", &Sent::new("GET", "/restapis"));
    assert_eq!((reply.status, reply.header("x-amzn-errortype")), (404, "UnknownOperationException"));
    let sent = Sent::new("GET", "/restapis");
    let mut moved = wire.signature(&root, "apigateway", "eu-west-1", &sent);
    let authorization = moved["authorization"].to_str().unwrap().replace("eu-west-1", "us-east-1");
    moved.insert("authorization", authorization.parse().unwrap());
    let wrong = WRONG.replace("SignatureDoesNotMatch", "InvalidSignatureException");
    assert_eq!(wire.send(&sent, moved).refusal(), wrong);
    // Neither of two signatures may choose the account while the other one is verified.
    let presigned = Sent::new(
        "GET",
        "/restapis?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261123%2Fus-east-1%2Fapigateway%2Faws4_request",
    );
    let reply = wire.signed(&root, "apigateway", &presigned);
    assert_eq!(
        reply.refusal(),
        "403 InvalidSignatureException \"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.\""
    );
}

/// Regions become parts of ARNs.
#[test]
fn a_region_is_a_name() {
    let frame = Frame::new();
    let refused = "403 InvalidSignatureException \"Credential should be scoped to a valid region. \"";
    for wire in [frame.strict(), frame.development()] {
        for region in ["us-east-1::", "*", "a.b", &"a".repeat(65)] {
            let reply = wire.signed_in(&Signer::root(), "apigateway", region, &Sent::new("GET", "/restapis"));
            assert_eq!(reply.refusal(), refused, "{region}");
        }
        for region in ["us-east-1", "local", "My_Region-1", &"a".repeat(64)] {
            let reply = wire.signed_in(&Signer::root(), "apigateway", region, &Sent::new("GET", "/restapis"));
            assert_eq!(reply.status, 200, "{region}");
        }
    }
}

#[test]
fn an_old_signature_is_refused() {
    let mut frame = Frame::new();
    let wire = frame.strict();
    let sent = who_am_i();
    let signature = wire.signature(&Signer::root(), "sts", REGION, &sent);
    frame.after(Duration::from_secs(900));
    assert_eq!(wire.send(&sent, signature.clone()).status, 200);
    frame.after(Duration::from_secs(1));
    let refused = wire.send(&sent, signature).refusal();
    assert!(refused.starts_with("403 SignatureDoesNotMatch \"Signature expired: "), "{refused}");
}

#[test]
fn a_session_lasts_as_long_as_it_was_given() {
    let mut frame = Frame::new();
    let session = worker(&frame, &allow("logs:*", "*"));
    let wire = frame.strict();
    let arn = "arn:aws:sts::000000000000:assumed-role/worker/me";
    assert_eq!(who(&wire, &session), arn);
    assert_eq!(who(&wire, &Signer { token: Some("wrong".into()), ..session.clone() }), UNKNOWN);
    assert_eq!(who(&wire, &Signer { token: None, ..session.clone() }), UNKNOWN);
    assert_eq!(who(&wire, &Signer { secret: "guessed".into(), ..session.clone() }), WRONG);
    frame.after(Duration::from_secs(3599));
    assert_eq!(who(&wire, &session), arn);
    frame.after(Duration::from_secs(1));
    assert_eq!(who(&wire, &session), EXPIRED);
    assert_eq!(who(&frame.development(), &session), arn);
}

/// A role of the same name that is made later is another role.
#[test]
fn a_session_ends_with_its_role() {
    let frame = Frame::new();
    let session = worker(&frame, &allow("logs:*", "*"));
    frame.ok("iam:DeleteRolePolicy", json!({"RoleName": "worker", "PolicyName": "p"}));
    frame.ok("iam:DeleteRole", json!({"RoleName": "worker"}));
    assert_eq!(who(&frame.strict(), &session), UNKNOWN);
    worker(&frame, &allow("*", "*"));
    assert_eq!(who(&frame.strict(), &session), UNKNOWN);
}

#[test]
fn in_development_stored_keys_are_their_owners_and_all_others_the_default_account() {
    let frame = Frame::new();
    let wire = frame.development();
    for key in ["test", "AKIAIOSFODNN7EXAMPLE", "whatever", &"A".repeat(5000)] {
        assert_eq!(who(&wire, &Signer::new(key, "any")), "arn:aws:iam::000000000000:root");
    }
    let other = frame.in_scope(OTHER_ACCOUNT, REGION).user("ada");
    let arn = "arn:aws:iam::111111111111:user/ada";
    assert_eq!(who(&wire, &other), arn);
    assert_eq!(who(&wire, &Signer::new(&other.key, "wrong")), arn);
    // And nobody is held to policies.
    assert_eq!(wire.signed(&other, "apigateway", &Sent::new("GET", "/restapis")).status, 200);
}
