//! Every change of a key, a session or a right is known once it is acknowledged.

use std::time::Duration;

use policy::{Decision, Request};
use serde_json::{Value, json};

use super::*;
use crate::test_frame::{Frame, TRUST, text};

const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets";

struct Indexed {
    frame: Frame,
    index: Arc<IdentityIndex>,
}

impl Indexed {
    fn of(frame: Frame) -> Self {
        let (store, runtime) = (frame.plane.store.clone(), frame.runtime());
        let index = IdentityIndex::start(store, &Authentication::development(), &runtime).unwrap();
        Self { frame, index }
    }

    fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.frame.ok(operation, input);
        self.settle();
        answer
    }

    fn settle(&self) {
        let store = &self.frame.plane.store;
        let settled = store.settled(store.sequence(), Duration::from_secs(20));
        assert!(self.frame.block_on(settled));
    }

    /// The ARN of a key's holder and whether it may invoke, or nothing if there is no such key.
    fn of_key(&self, key: &str) -> Option<(String, Decision)> {
        let Identified { holder, held } = self.index.of_key(key)?;
        let request = Request::new(holder.caller.principal(), "execute-api:Invoke", ARN);
        let decision = held.map_or(Decision::NoMatch, |held| held.decide(None, "000000000000", &request));
        Some((holder.caller.arn().into_owned(), decision))
    }
}

fn document(effect: &str) -> String {
    let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn ada(decision: Decision) -> Option<(String, Decision)> {
    Some(("arn:aws:iam::000000000000:user/ada".to_owned(), decision))
}

#[test]
fn what_is_stored_before_is_known() {
    let frame = Frame::new();
    let signer = frame.user("ada");
    frame.allow("ada", json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let indexed = Indexed::of(frame);
    assert_eq!(indexed.of_key(&signer.key), ada(Decision::Allow));
    assert_eq!(indexed.of_key("AKIANOBODYNOBODYNOBO"), None);
}

#[test]
fn keys_and_rights_come_change_and_go() {
    let indexed = Indexed::of(Frame::new());
    let signer = indexed.frame.user("ada");
    indexed.settle();
    let of_key = || indexed.of_key(&signer.key);
    assert_eq!(of_key(), ada(Decision::NoMatch));

    let inline = |effect| json!({"UserName": "ada", "PolicyName": "p", "PolicyDocument": document(effect)});
    indexed.ok("iam:PutUserPolicy", inline("Allow"));
    assert_eq!(of_key(), ada(Decision::Allow));
    indexed.ok("iam:PutUserPolicy", inline("Deny"));
    assert_eq!(of_key(), ada(Decision::ExplicitDeny));
    indexed.ok("iam:DeleteUserPolicy", json!({"UserName": "ada", "PolicyName": "p"}));
    assert_eq!(of_key(), ada(Decision::NoMatch));

    let made =
        indexed.ok("iam:CreatePolicy", json!({"PolicyName": "m", "PolicyDocument": document("Allow")}));
    let arn = text(&made["Policy"], "Arn");
    indexed.ok("iam:AttachUserPolicy", json!({"UserName": "ada", "PolicyArn": arn}));
    assert_eq!(of_key(), ada(Decision::Allow));
    let version = json!({"PolicyArn": arn, "PolicyDocument": document("Deny"), "SetAsDefault": true});
    indexed.ok("iam:CreatePolicyVersion", version);
    assert_eq!(of_key(), ada(Decision::ExplicitDeny));

    let active = |status| json!({"UserName": "ada", "AccessKeyId": signer.key, "Status": status});
    let usable = || indexed.index.of_key(&signer.key).unwrap().holder.usable(indexed.frame.context.now);
    assert!(usable().is_ok());
    indexed.ok("iam:UpdateAccessKey", active("Inactive"));
    assert!(usable().is_err());
    indexed.ok("iam:UpdateAccessKey", active("Active"));
    assert!(usable().is_ok());
    indexed.ok("iam:DeleteAccessKey", json!({"UserName": "ada", "AccessKeyId": signer.key}));
    assert_eq!(of_key(), None);
}

#[test]
fn a_session_is_its_roles_and_no_other_roles_of_that_name() {
    let indexed = Indexed::of(Frame::new());
    let trust = TRUST.replace("{\"Service\"", "{\"AWS\":\"000000000000\",\"Service\"");
    let role = indexed.frame.role_with("worker", &trust);
    let policy = json!({"RoleName": "worker", "PolicyName": "p", "PolicyDocument": document("Allow")});
    indexed.frame.ok("iam:PutRolePolicy", policy);
    let session = indexed.frame.session(&role, "me");
    indexed.settle();
    let arn = "arn:aws:sts::000000000000:assumed-role/worker/me".to_owned();
    assert_eq!(indexed.of_key(&session.key), Some((arn, Decision::Allow)));
    indexed.ok("iam:DeleteRolePolicy", json!({"RoleName": "worker", "PolicyName": "p"}));
    indexed.ok("iam:DeleteRole", json!({"RoleName": "worker"}));
    assert_eq!(indexed.of_key(&session.key), None);
    indexed.frame.role_with("worker", &trust);
    indexed.settle();
    assert_eq!(indexed.of_key(&session.key), None);
}

/// A policy that is attached and gone, or that cannot be read, might have denied.
#[test]
fn rights_that_cannot_be_known_are_none() {
    let indexed = Indexed::of(Frame::new());
    let signer = indexed.frame.user("ada");
    indexed.frame.allow("ada", json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    indexed.settle();
    assert_eq!(indexed.of_key(&signer.key), ada(Decision::Allow));
    let (scope, key) = (Scope::global("000000000000"), Key::new(["ada"]));
    let stored = indexed.frame.write({
        let (scope, key) = (scope.clone(), key.clone());
        move |tx| Ok(tx.get::<UserDocument>(&scope, &key)?.unwrap())
    });
    for (inline, attached) in
        [("{}", None), (&*document("Allow"), Some("arn:aws:iam::000000000000:policy/gone"))]
    {
        let mut user = stored.clone();
        user.policies.inline.insert("q".to_owned(), inline.to_owned());
        user.policies.attached.extend(attached.map(str::to_owned));
        indexed.frame.put(scope.clone(), key.clone(), user);
        indexed.settle();
        assert!(indexed.index.of_key(&signer.key).unwrap().held.is_none(), "{inline}");
    }
}

/// A boundary says what its bearer may do at most, whatever its policies say.
#[test]
fn a_permissions_boundary_bounds() {
    let indexed = Indexed::of(Frame::new());
    let signer = indexed.frame.user("ada");
    indexed.frame.allow("ada", json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let (scope, key) = (Scope::global("000000000000"), Key::new(["ada"]));
    for (boundary, expected) in [
        ("arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess", Decision::Allow),
        ("arn:aws:iam::aws:policy/IAMFullAccess", Decision::NoMatch),
    ] {
        let (scope, key) = (scope.clone(), key.clone());
        indexed.frame.write(move |tx| {
            let mut user = tx.get::<UserDocument>(&scope, &key)?.unwrap();
            user.user.permissions_boundary = Some(api::iam::AttachedPermissionsBoundary {
                permissions_boundary_arn: Some(boundary.to_owned()),
                ..Default::default()
            });
            Ok(tx.put(&scope, &key, &user)?)
        });
        indexed.settle();
        assert_eq!(indexed.of_key(&signer.key), ada(expected), "{boundary}");
    }
}

#[test]
fn the_configured_root_is_known_in_strict_mode_alone() {
    let frame = Frame::new();
    let root = RootCredentials {
        account: "111111111111".to_owned(),
        access_key_id: "AKIAROOT".to_owned(),
        secret_access_key: base::Secret::new("secret"),
    };
    let known = |authentication: Authentication| {
        let index =
            IdentityIndex::start(frame.plane.store.clone(), &authentication, &frame.runtime()).unwrap();
        index.of_key("AKIAROOT").map(|found| found.holder.caller.arn().into_owned())
    };
    let arn = Some("arn:aws:iam::111111111111:root".to_owned());
    assert_eq!(known(Authentication::strict(Some(root.clone()))), arn);
    assert_eq!(known(Authentication::strict(None)), None);
    assert_eq!(known(Authentication::development()), None);
    let empty = RootCredentials { secret_access_key: base::Secret::new(""), ..root };
    assert_eq!(known(Authentication::strict(Some(empty))), None);
}
