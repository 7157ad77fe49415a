//! "Policy evaluation logic": within one account, across accounts, for services; assuming
//! roles.

use super::*;
use crate::{Relation, ResourceDecision, authorize, authorize_assume_role, combine};

fn identity(effect: &str) -> Policy {
    policy(&json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}))
}

fn resource(effect: &str, principal: &Value) -> Policy {
    policy(&json!({
        "Effect": effect, "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
    }))
}

#[test]
fn the_table_of_the_user_guide() {
    use ResourceDecision as R;
    let (same, cross, none) = (Relation::SameAccount, Relation::CrossAccount, Relation::NoAccount);
    for (identity, resource, relation, expected) in [
        (Allow, R::NoMatch, same, Allow),
        (NoMatch, R::Allow, same, Allow),
        (Allow, R::Allow, same, Allow),
        (NoMatch, R::NoMatch, same, NoMatch),
        (NoMatch, R::AllowAccount, same, NoMatch),
        (Allow, R::AllowAccount, same, Allow),
        (ExplicitDeny, R::Allow, same, ExplicitDeny),
        (Allow, R::ExplicitDeny, same, ExplicitDeny),
        (Allow, R::NoMatch, cross, NoMatch),
        (NoMatch, R::Allow, cross, NoMatch),
        (Allow, R::Allow, cross, Allow),
        (Allow, R::AllowAccount, cross, Allow),
        (NoMatch, R::AllowAccount, cross, NoMatch),
        (ExplicitDeny, R::Allow, cross, ExplicitDeny),
        (Allow, R::ExplicitDeny, cross, ExplicitDeny),
        (NoMatch, R::Allow, none, Allow),
        (Allow, R::NoMatch, none, NoMatch),
        (NoMatch, R::ExplicitDeny, none, ExplicitDeny),
    ] {
        assert_eq!(combine(identity, resource, relation), expected, "{identity:?} {resource:?} {relation:?}");
    }
}

#[test]
fn policies_of_both_sides_are_asked() {
    let (allow, deny) = (identity("Allow"), identity("Deny"));
    let anyone = resource("Allow", &json!("*"));
    let anne = resource("Allow", &json!({"AWS": "arn:aws:iam::111122223333:user/anne"}));
    let account = resource("Allow", &json!({"AWS": ACCOUNT}));
    let others = resource("Allow", &json!({"AWS": OTHER_ACCOUNT}));
    let denies = resource("Deny", &json!("*"));
    let root = Principal::Root { account: ACCOUNT };
    let cases: [(&[&Policy], Option<&Policy>, Principal<'_>, Decision); 19] = [
        (&[&allow], None, ANNE, Allow),
        (&[], None, ANNE, NoMatch),
        (&[&allow, &deny], None, ANNE, ExplicitDeny),
        (&[&deny, &allow], None, ANNE, ExplicitDeny),
        (&[], Some(&anne), ANNE, Allow),
        (&[], Some(&anne), BOB, NoMatch),
        (&[], Some(&account), ANNE, NoMatch),
        (&[&allow], Some(&account), ANNE, Allow),
        (&[&allow], Some(&denies), ANNE, ExplicitDeny),
        (&[], Some(&anyone), ANNE, Allow),
        (&[&allow], None, STRANGER, NoMatch),
        (&[&allow], Some(&others), STRANGER, Allow),
        (&[], Some(&anyone), STRANGER, NoMatch),
        (&[], Some(&anyone), GATEWAY, Allow),
        (&[], Some(&anne), GATEWAY, NoMatch),
        (&[], Some(&anyone), Principal::Anonymous, Allow),
        (&[], None, Principal::Anonymous, NoMatch),
        (&[], None, root, Allow),
        (&[], Some(&denies), root, ExplicitDeny),
    ];
    for (index, (identity, resource, principal, expected)) in cases.into_iter().enumerate() {
        let request = Request::new(principal, "s3:GetObject", "arn:aws:s3:::b/x");
        assert_eq!(authorize(identity, resource, ACCOUNT, &request), expected, "case {index}");
    }
    // The root user of another account has what is given to it there.
    let root = Request::new(Principal::Root { account: OTHER_ACCOUNT }, "s3:GetObject", "arn:aws:s3:::b/x");
    assert_eq!(authorize(&[], None, ACCOUNT, &root), NoMatch);
    assert_eq!(authorize(&[], Some(&others), ACCOUNT, &root), Allow);
}

#[test]
fn roles_are_assumed_by_those_they_trust() {
    let role = "arn:aws:iam::111122223333:role/r";
    let trust = |principal: Value| {
        policy(&json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
    };
    let may = policy(&json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}));
    let may_not = policy(&json!({"Effect": "Deny", "Action": "sts:*", "Resource": "*"}));
    let anne = trust(json!({"AWS": "arn:aws:iam::111122223333:user/anne"}));
    let account = trust(json!({"AWS": "arn:aws:iam::111122223333:root"}));
    let stranger = trust(json!({"AWS": "arn:aws:iam::444455556666:user/anne"}));
    let lambda = trust(json!({"Service": "lambda.amazonaws.com"}));
    let service = Principal::Service { name: "lambda.amazonaws.com" };
    let cases: [(&[&Policy], &Policy, Principal<'_>, Decision); 14] = [
        (&[], &anne, ANNE, Allow),
        (&[], &anne, BOB, NoMatch),
        (&[&may], &anne, BOB, NoMatch),
        (&[&may_not], &anne, ANNE, ExplicitDeny),
        (&[], &account, ANNE, NoMatch),
        (&[&may], &account, ANNE, Allow),
        (&[], &account, Principal::Root { account: ACCOUNT }, Allow),
        (&[&may], &account, STRANGER, NoMatch),
        (&[], &stranger, STRANGER, NoMatch),
        (&[&may], &stranger, STRANGER, Allow),
        (&[], &lambda, service, Allow),
        (&[], &lambda, GATEWAY, NoMatch),
        (&[&may], &lambda, ANNE, NoMatch),
        (&[], &anne, service, NoMatch),
    ];
    for (index, (identity, trust, principal, expected)) in cases.into_iter().enumerate() {
        let request = Request::new(principal, "sts:AssumeRole", role);
        assert_eq!(authorize_assume_role(identity, trust, ACCOUNT, &request), expected, "case {index}");
    }
}
