//! "AWS JSON policy elements: Principal", "NotPrincipal".

use super::*;
use crate::{ResourceDecision, evaluate_resource};

const ROOT: Principal<'static> = Principal::Root { account: ACCOUNT };

#[track_caller]
fn check_principal(
    effect: &str,
    element: &str,
    named: &Value,
    asking: Principal<'_>,
    expected: ResourceDecision,
) {
    let policy = policy(&json!({"Effect": effect, element: named, "Action": "*", "Resource": "*"}));
    let request = Request::new(asking, "s3:GetObject", "arn:aws:s3:::b");
    assert_eq!(evaluate_resource(&policy, &request), expected, "{effect} {element} {named} {asking:?}");
}

#[test]
fn principals_are_meant_by_name_by_account_or_as_anyone() {
    use ResourceDecision::{Allow, AllowAccount, NoMatch};
    let federated = Principal::Federated { provider: "cognito-identity.amazonaws.com" };
    let visitor =
        Principal::FederatedUser { arn: "arn:aws:sts::111122223333:federated-user/v", id: "111122223333:v" };
    for (named, asking, expected) in [
        (json!("*"), ANNE, Allow),
        (json!("*"), STRANGER, Allow),
        (json!("*"), GATEWAY, Allow),
        (json!("*"), Principal::Anonymous, Allow),
        (json!({"AWS": "*"}), Principal::Anonymous, Allow),
        (json!({"AWS": ["*"]}), WORKER, Allow),
        (json!({"AWS": "arn:aws:iam::111122223333:user/anne"}), ANNE, Allow),
        (json!({"AWS": "arn:aws:iam::111122223333:user/anne"}), BOB, NoMatch),
        (json!({"AWS": "arn:aws:iam::111122223333:user/anne"}), STRANGER, NoMatch),
        (json!({"AWS": "arn:aws:iam::111122223333:user/anne"}), ROOT, NoMatch),
        (
            json!({"AWS": ["arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/anne"]}),
            ANNE,
            Allow,
        ),
        (json!({"AWS": "AIDAANNEEXAMPLE0000AB"}), ANNE, Allow),
        (json!({"AWS": "AIDAANNEEXAMPLE0000AB"}), BOB, NoMatch),
        (json!({"AWS": "111122223333"}), ANNE, AllowAccount),
        (json!({"AWS": "111122223333"}), WORKER, AllowAccount),
        (json!({"AWS": "111122223333"}), visitor, AllowAccount),
        (json!({"AWS": "111122223333"}), ROOT, Allow),
        (json!({"AWS": "111122223333"}), STRANGER, NoMatch),
        (json!({"AWS": "111122223333"}), GATEWAY, NoMatch),
        (json!({"AWS": "111122223333"}), Principal::Anonymous, NoMatch),
        (json!({"AWS": "arn:aws:iam::111122223333:root"}), ANNE, AllowAccount),
        (json!({"AWS": "arn:aws:iam::444455556666:root"}), STRANGER, AllowAccount),
        (json!({"AWS": ["111122223333", "arn:aws:iam::111122223333:user/anne"]}), ANNE, Allow),
        (json!({"AWS": "arn:aws:iam::111122223333:role/jobs/worker"}), WORKER, Allow),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/worker/s1"}), WORKER, Allow),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/worker/s2"}), WORKER, NoMatch),
        (json!({"AWS": "arn:aws:iam::111122223333:role/worker"}), WORKER, NoMatch),
        (json!({"AWS": "AROAWORKEREXAMPLE00AB"}), WORKER, Allow),
        (json!({"AWS": "arn:aws:sts::111122223333:federated-user/v"}), visitor, Allow),
        (json!({"Service": "apigateway.amazonaws.com"}), GATEWAY, Allow),
        (json!({"Service": "lambda.amazonaws.com"}), GATEWAY, NoMatch),
        (json!({"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]}), GATEWAY, Allow),
        (json!({"Service": "*"}), GATEWAY, Allow),
        (json!({"Service": "*"}), ANNE, NoMatch),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), federated, Allow),
        (json!({"Federated": "accounts.google.com"}), federated, NoMatch),
        (json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}), ANNE, NoMatch),
        (json!({"AWS": "444455556666", "Service": "apigateway.amazonaws.com"}), GATEWAY, Allow),
        (json!({}), ANNE, NoMatch),
        (json!({"AWS": []}), ANNE, NoMatch),
    ] {
        check_principal("Allow", "Principal", &named, asking, expected);
        let denied = if expected == NoMatch { NoMatch } else { ResourceDecision::ExplicitDeny };
        check_principal("Deny", "Principal", &named, asking, denied);
    }
}

#[test]
fn not_principal_spares_only_those_who_are_wholly_listed() {
    use ResourceDecision::{ExplicitDeny, NoMatch};
    let anne = "arn:aws:iam::111122223333:user/anne";
    let root = "arn:aws:iam::111122223333:root";
    let role = "arn:aws:iam::111122223333:role/jobs/worker";
    let session = "arn:aws:sts::111122223333:assumed-role/worker/s1";
    for (named, asking, expected) in [
        (json!({"AWS": [anne, root]}), ANNE, NoMatch),
        (json!({"AWS": [anne, root]}), BOB, ExplicitDeny),
        (json!({"AWS": [anne, root]}), ROOT, NoMatch),
        (json!({"AWS": [anne, root]}), STRANGER, ExplicitDeny),
        (json!({"AWS": [anne, root]}), Principal::Anonymous, ExplicitDeny),
        // Without the account, Anne is denied as one of its members.
        (json!({"AWS": [anne]}), ANNE, ExplicitDeny),
        (json!({"AWS": [role, session, ACCOUNT]}), WORKER, NoMatch),
        (json!({"AWS": [role, ACCOUNT]}), WORKER, ExplicitDeny),
        (json!({"AWS": [session, ACCOUNT]}), WORKER, ExplicitDeny),
        (json!({"Service": "apigateway.amazonaws.com"}), GATEWAY, NoMatch),
        (json!({"Service": "lambda.amazonaws.com"}), GATEWAY, ExplicitDeny),
        (json!("*"), ANNE, NoMatch),
    ] {
        check_principal("Deny", "NotPrincipal", &named, asking, expected);
    }
}

#[test]
fn an_allow_is_not_for_those_who_are_excepted() {
    use ResourceDecision::{Allow, NoMatch};
    let anne = "arn:aws:iam::111122223333:user/anne";
    for (named, asking, expected) in [
        (json!({"AWS": anne}), BOB, Allow),
        (json!({"AWS": anne}), ANNE, NoMatch),
        (json!({"AWS": ACCOUNT}), ANNE, NoMatch),
        (json!({"AWS": ACCOUNT}), STRANGER, Allow),
        (json!({"AWS": "arn:aws:iam::111122223333:role/jobs/worker"}), WORKER, NoMatch),
        (json!({"AWS": ACCOUNT}), GATEWAY, Allow),
    ] {
        check_principal("Allow", "NotPrincipal", &named, asking, expected);
    }
}

#[test]
fn a_resources_policy_that_names_nobody_allows_nobody() {
    let unnamed = |effect| policy(&json!({"Effect": effect, "Action": "*", "Resource": "*"}));
    let asking = request("s3:GetObject", "arn:aws:s3:::b");
    assert_eq!(evaluate_resource(&unnamed("Allow"), &asking), ResourceDecision::NoMatch);
    assert_eq!(evaluate_resource(&unnamed("Deny"), &asking), ResourceDecision::ExplicitDeny);
    check(&unnamed("Allow"), &asking, Allow);
}
