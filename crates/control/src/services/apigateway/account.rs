//! `/account`: the caller's settings in a region.

use api::apigateway::operations as op;
use api::apigateway::{Account, GetAccountRequest, Op, UpdateAccountRequest};
use base::Arn;
use documents::apigateway::AccountDocument;
use documents::iam::RoleDocument;
use store::Key;

use super::refusals::bad_request;
use crate::patch::{Table, Wording, row};
use crate::trust::trusts;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetAccount, get_account).write(op::UpdateAccount, update_account);
}

/// What may be patched (API Gateway API reference, "Patch Operations"; taking the role's ARN out
/// is documented as replacing it by nothing, and removing it means the same).
const TABLE: Table = Table {
    wording: Wording::Listed,
    rows: &[row("/cloudwatchRoleArn", &[Op::Replace, Op::Remove]), row("/features", &[Op::Add])],
};

/// API Gateway, as trust policies name it.
const PRINCIPAL: &str = "apigateway.amazonaws.com";

/// The one feature that accounts have; it cannot be taken away.
const USAGE_PLANS: &str = "UsagePlans";

fn get_account(call: &mut Call<'_, '_>, _: &GetAccountRequest) -> Outcome<Account> {
    let document = call.tx.get::<AccountDocument>(&call.context.scope, &Key::root())?;
    let stored = document.map(|document| document.account);
    // The throttle is this gateway's, whatever it was when the rest was stored.
    let throttle_settings = Some(call.plane.account_throttle.clone());
    Ok(Account { throttle_settings, ..stored.unwrap_or_else(defaults) })
}

fn update_account(call: &mut Call<'_, '_>, input: &UpdateAccountRequest) -> Outcome<Account> {
    let mut account = get_account(call, &GetAccountRequest {})?;
    for patch in TABLE.read(&input.patch_operations) {
        let patch = patch?;
        match (patch.segments().as_slice(), patch.op) {
            (["cloudwatchRoleArn"], Op::Replace) => {
                account.cloudwatch_role_arn = patch.non_empty();
                if let Some(arn) = &account.cloudwatch_role_arn {
                    check_role(call, arn)?;
                }
            }
            (["cloudwatchRoleArn"], _) => account.cloudwatch_role_arn = None,
            _ if patch.text() == USAGE_PLANS => {}
            // Not recorded.
            _ => {
                return Err(bad_request(format!(
                    "Invalid feature specified. Valid options are {USAGE_PLANS}"
                )));
            }
        }
    }
    call.tx.put(&call.context.scope, &Key::root(), &AccountDocument { account: account.clone() })?;
    Ok(account)
}

/// As AWS's new accounts have it ("Amazon API Gateway quotas").
fn defaults() -> Account {
    Account {
        cloudwatch_role_arn: None,
        throttle_settings: None,
        features: Some(vec![USAGE_PLANS.to_owned()]),
        api_key_version: Some("4".to_owned()),
    }
}

/// Refuses what is no role of the account that trusts API Gateway. Texts recorded from AWS.
fn check_role(call: &mut Call<'_, '_>, text: &str) -> Outcome<()> {
    let malformed = || bad_request("The role ARN is not well formed");
    let arn: Arn = text.parse().map_err(|_| malformed())?;
    let path = arn.resource.strip_prefix("role/").filter(|_| arn.service == "iam").ok_or_else(malformed)?;
    if arn.account != call.scope().account() {
        return Err(bad_request("Cross-account pass role is not allowed."));
    }
    // A role's path may come before its name.
    let name = path.rsplit('/').next().unwrap_or_default();
    let document = call.tx.get::<RoleDocument>(&call.scope().to_global(), &Key::new([name]))?;
    if document.is_some_and(|role| role.role.arn == text && trusts(&role, PRINCIPAL)) {
        return Ok(());
    }
    Err(bad_request(
        "The role ARN does not have required permissions configured. Please grant trust permission for API \
         Gateway and add the required role policy.",
    ))
}

#[cfg(test)]
mod tests {
    use api::iam::Role;
    use base::Scope;
    use serde_json::{Value, json};

    use super::super::test_frame::{ACCOUNT, Frame, bad_request, patch};
    use super::*;

    fn make_role(frame: &Frame, name: &str, trust: &str) -> String {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let role: Role = serde_json::from_value(json!({
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROA",
            "Arn": arn,
            "CreateDate": 0,
            "AssumeRolePolicyDocument": trust,
        }))
        .unwrap();
        let document = RoleDocument { role, policies: documents::iam::IdentityPolicies::default() };
        frame.put(Scope::global(ACCOUNT), Key::new([name]), document);
        arn
    }

    fn set(value: &str) -> Value {
        json!({"patchOperations": patch("replace", "/cloudwatchRoleArn", Some(value))})
    }

    const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}]}"#;

    #[test]
    fn a_role_that_trusts_api_gateway_is_kept() {
        let frame = Frame::new();
        let unset = json!({
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        });
        assert_eq!(frame.ok(get_account, json!({})), unset);
        let arn = make_role(&frame, "logs", TRUST);
        let mut with_role = unset.clone();
        with_role["cloudwatchRoleArn"] = json!(arn);
        assert_eq!(frame.ok(update_account, set(&arn)), with_role);
        assert_eq!(frame.ok(get_account, json!({})), with_role);
        assert_eq!(frame.in_scope(ACCOUNT, "eu-west-1").ok(get_account, json!({})), unset);
        assert_eq!(frame.ok(update_account, set("")), unset);
        frame.ok(update_account, set(&arn));
        let remove = json!({"patchOperations": patch("remove", "/cloudwatchRoleArn", None)});
        assert_eq!(frame.ok(update_account, remove), unset);
    }

    /// Texts recorded from AWS.
    #[test]
    fn other_roles_are_refused() {
        let frame = Frame::new();
        let check = |arn: &str, expected: &str| {
            assert_eq!(frame.refused(update_account, set(arn)), bad_request(expected), "{arn}");
        };
        for arn in ["x", "arn:aws:iam::000000000000:user/x", "arn:aws:s3:::role/x"] {
            check(arn, "The role ARN is not well formed");
        }
        check("arn:aws:iam::111111111111:role/logs", "Cross-account pass role is not allowed.");
        let untrusting = make_role(&frame, "f", &TRUST.replace("apigateway", "lambda"));
        let denying = make_role(&frame, "d", &TRUST.replace("Allow", "Deny"));
        let broken = make_role(&frame, "b", "{");
        for arn in ["arn:aws:iam::000000000000:role/nope", &untrusting, &denying, &broken] {
            check(
                arn,
                "The role ARN does not have required permissions configured. Please grant trust permission for \
                 API Gateway and add the required role policy.",
            );
        }
    }

    #[test]
    fn only_these_paths_can_be_patched() {
        let frame = Frame::new();
        let update =
            |op: &str, path: &str, value: &str| json!({"patchOperations": patch(op, path, Some(value))});
        frame.ok(update_account, update("add", "/features", "UsagePlans"));
        assert_eq!(
            frame.refused(update_account, update("add", "/features", "x")),
            bad_request("Invalid feature specified. Valid options are UsagePlans")
        );
        assert_eq!(
            frame.refused(update_account, update("replace", "/throttleSettings", "1")),
            bad_request(
                "Invalid patch path  '/throttleSettings' specified for op 'replace'. Must be one of: [/cloudwatchRoleArn, /features]"
            )
        );
    }
}
