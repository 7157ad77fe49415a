//! With whom private domain names are shared: the accounts that a name's management policy names find
//! it among those of others, and may make access associations to it (API Gateway developer guide,
//! "API provider: Share your private custom domain name using the API Gateway AWS CLI").

use std::collections::BTreeSet;

use api::apigateway::DomainName;
use base::{Arn, Scope};
use documents::apigateway_domain_names::{DomainNameDocument, SharedDomainNameDocument, domain_name_key};
use identities::Held;
use policy::{Policy, ResourceDecision, evaluate_resource};
use serde_json::Value;
use store::Key;
use wire::ServiceError;

use crate::authorize::question;
use crate::{Call, Outcome};

/// What a management policy allows.
const ACTION: &str = "apigateway:CreateAccessAssociation";

/// Has the domain name, which was shared as its `management_policy` says, be shared as `policy` says.
pub(super) fn share(call: &mut Call<'_, '_>, domain: &DomainName, policy: Option<&str>) -> Outcome<()> {
    let (account, region) = {
        let scope = call.scope();
        (scope.account().to_owned(), scope.region().to_owned())
    };
    let key = place(&account, domain);
    let before = accounts(domain.management_policy.as_deref());
    let after = accounts(policy);
    for other in before.difference(&after) {
        call.tx.delete::<SharedDomainNameDocument>(&Scope::new(other, &region), &key)?;
    }
    for other in after.difference(&before).filter(|other| **other != account) {
        let document = SharedDomainNameDocument { shared: call.context.now };
        call.tx.put(&Scope::new(other, &region), &key, &document)?;
    }
    Ok(())
}

/// The domain names of other accounts that are shared with the caller's.
pub(super) fn shared_with(call: &mut Call<'_, '_>) -> Outcome<Vec<DomainNameDocument>> {
    let shared = call.tx.list::<SharedDomainNameDocument>(&call.context.scope, &Key::root())?;
    let region = call.scope().region().to_owned();
    let mut found = Vec::new();
    for (key, _) in shared {
        let [owner, name, id] = key.parts() else { continue };
        let key = domain_name_key(name, Some(id));
        found.extend(call.tx.get::<DomainNameDocument>(&Scope::new(owner, &region), &key)?);
    }
    Ok(found)
}

/// Refuses a caller of another account whom the domain name's management policy does not let in.
pub(in super::super) fn check_shared(call: &mut Call<'_, '_>, domain: &DomainName) -> Outcome<()> {
    let arn = domain.domain_name_arn.as_deref().unwrap_or_default();
    let policy = domain.management_policy.as_deref().and_then(|text| Policy::parse(text).ok());
    let held = Held::of(call.tx, &call.context.caller)?.unwrap_or_default();
    let request = question(call.context, &held, ACTION, arn);
    match policy.map(|policy| evaluate_resource(&policy, &request)) {
        Some(ResourceDecision::Allow | ResourceDecision::AllowAccount) => Ok(()),
        Some(ResourceDecision::ExplicitDeny | ResourceDecision::NoMatch) | None => {
            let caller = call.context.caller.arn();
            Err(ServiceError::access_denied(format!(
                "User: {caller} is not authorized to perform: {ACTION} on resource: {arn}"
            ))
            .into())
        }
    }
}

fn place(account: &str, domain: &DomainName) -> Key {
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    Key::new([account.to_owned(), text(&domain.domain_name), text(&domain.domain_name_id)])
}

/// The accounts that a policy names as principals, by number or by an ARN.
pub(in super::super::super) fn accounts(policy: Option<&str>) -> BTreeSet<String> {
    let document: Value = policy.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let statements = each(document.get("Statement"));
    let principals = statements.filter_map(|statement| statement.get("Principal")?.get("AWS"));
    let names = principals.flat_map(|principals| each(Some(principals))).filter_map(Value::as_str);
    let accounts = names.map(|name| match name.parse::<Arn>() {
        Ok(arn) => arn.account,
        Err(_) => name.to_owned(),
    });
    accounts.filter(|account| account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit())).collect()
}

/// The values of a list, or the one value in its place.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Some(Value::Array(list)) => (list.as_slice(), None),
        other => (&[][..], other),
    };
    list.iter().chain(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IAM user guide, "AWS JSON policy elements: Principal".
    #[test]
    fn accounts_are_found_however_they_are_written() {
        let check = |statement: &str, expected: &[&str]| {
            let policy = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
            assert_eq!(accounts(Some(&policy)).iter().map(String::as_str).collect::<Vec<_>>(), expected);
        };
        check(r#"{"Principal":{"AWS":"111122223333"}}"#, &["111122223333"]);
        check(
            r#"[{"Principal":{"AWS":["arn:aws:iam::444455556666:root","111122223333"]}},{"Principal":"*"}]"#,
            &["111122223333", "444455556666"],
        );
        check(r#"[{"Principal":{"AWS":"*"}},{"Principal":{"Service":"lambda.amazonaws.com"}}]"#, &[]);
        assert_eq!(accounts(None), BTreeSet::new());
    }
}
