//! `/v2/portalproducts/{id}/sharingpolicy`: the other accounts whose portals may show a product.

use std::collections::BTreeSet;

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    DeletePortalProductSharingPolicyRequest, GetPortalProductSharingPolicyRequest,
    GetPortalProductSharingPolicyResponse, PutPortalProductSharingPolicyRequest,
    PutPortalProductSharingPolicyResponse,
};
use base::Scope;
use documents::apigatewayv2_portals::{PortalProductDocument, SharedPortalProductDocument};
use identities::Held;
use policy::{Kind, Policy, ResourceDecision, evaluate_resource};
use store::Key;
use wire::ServiceError;

use super::super::super::apigateway::domain_names::sharing::accounts;
use super::super::refusals::{bad_request, not_found};
use super::products;
use crate::authorize::question;
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PutPortalProductSharingPolicy, put_portal_product_sharing_policy)
        .read(op::GetPortalProductSharingPolicy, get_portal_product_sharing_policy)
        .write(op::DeletePortalProductSharingPolicy, delete_portal_product_sharing_policy);
}

fn put_portal_product_sharing_policy(
    call: &mut Call<'_, '_>,
    input: &PutPortalProductSharingPolicyRequest,
) -> Outcome<PutPortalProductSharingPolicyResponse> {
    let document = products::find(call, &input.portal_product_id)?;
    let text = &input.policy_document;
    Policy::parse(text).and_then(|policy| policy.require(Kind::Resource)).map_err(|_| {
        bad_request(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        )
    })?;
    share(call, &document, Some(text))?;
    let document = PortalProductDocument { sharing_policy: Some(text.clone()), ..document };
    products::put_shared(call, &document)?;
    Ok(PutPortalProductSharingPolicyResponse {})
}

fn get_portal_product_sharing_policy(
    call: &mut Call<'_, '_>,
    input: &GetPortalProductSharingPolicyRequest,
) -> Outcome<GetPortalProductSharingPolicyResponse> {
    let document = products::find(call, &input.portal_product_id)?;
    let policy = document.sharing_policy.ok_or_else(none)?;
    Ok(GetPortalProductSharingPolicyResponse {
        policy_document: Some(policy),
        portal_product_id: document.product.portal_product_id,
    })
}

fn delete_portal_product_sharing_policy(
    call: &mut Call<'_, '_>,
    input: &DeletePortalProductSharingPolicyRequest,
) -> Outcome<Empty> {
    let document = products::find(call, &input.portal_product_id)?;
    if document.sharing_policy.is_none() {
        return Err(none());
    }
    share(call, &document, None)?;
    products::put_shared(call, &PortalProductDocument { sharing_policy: None, ..document })?;
    Ok(Empty {})
}

fn none() -> crate::Failure {
    not_found("The portal product has no sharing policy")
}

/// Has the product, which was shared as its policy says, be shared as `policy` says: the accounts that
/// it names find the product among those of others.
pub(super) fn share(
    call: &mut Call<'_, '_>,
    document: &PortalProductDocument,
    policy: Option<&str>,
) -> Outcome<()> {
    let own = call.scope().clone();
    let id = document.product.portal_product_id.as_deref().unwrap_or_default();
    let key = Key::new([own.account(), id]);
    let before: BTreeSet<String> = accounts(document.sharing_policy.as_deref());
    let after = accounts(policy);
    for other in before.difference(&after) {
        call.tx.delete::<SharedPortalProductDocument>(&Scope::new(other, own.region()), &key)?;
    }
    for other in after.difference(&before).filter(|other| *other != own.account()) {
        let shared = SharedPortalProductDocument { shared: call.context.now };
        call.tx.put(&Scope::new(other, own.region()), &key, &shared)?;
    }
    Ok(())
}

/// The products of other accounts that are shared with the caller's.
pub(super) fn shared_with(call: &mut Call<'_, '_>) -> Outcome<Vec<PortalProductDocument>> {
    let shared = call.tx.list::<SharedPortalProductDocument>(&call.context.scope, &Key::root())?;
    let region = call.scope().region().to_owned();
    let mut found = Vec::new();
    for (key, _) in shared {
        let [owner, id] = key.parts() else { continue };
        let document = call.tx.get::<PortalProductDocument>(&Scope::new(owner, &region), &Key::new([id]))?;
        found.extend(document);
    }
    Ok(found)
}

/// Refuses a caller of another account whom the product's sharing policy does not let do `action`.
pub(super) fn check_shared(
    call: &mut Call<'_, '_>,
    document: &PortalProductDocument,
    action: &'static str,
) -> Outcome<()> {
    let arn = document.product.portal_product_arn.as_deref().unwrap_or_default();
    let policy = document.sharing_policy.as_deref().and_then(|text| Policy::parse(text).ok());
    let held = Held::of(call.tx, &call.context.caller)?.unwrap_or_default();
    let request = question(call.context, &held, action, arn);
    match policy.map(|policy| evaluate_resource(&policy, &request)) {
        Some(ResourceDecision::Allow | ResourceDecision::AllowAccount) => Ok(()),
        Some(ResourceDecision::ExplicitDeny | ResourceDecision::NoMatch) | None => {
            let caller = call.context.caller.arn();
            Err(ServiceError::access_denied(format!(
                "User: {caller} is not authorized to perform: {action} on resource: {arn}"
            ))
            .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::super::apigateway::test_frame::{Frame, text};
    use super::super::portal::create_portal;
    use super::super::products::{create_portal_product, get_portal_product, list_portal_products};
    use super::super::publication::publish_portal;
    use super::*;

    const OTHER: &str = "111122223333";

    fn portal(arn: &str) -> Value {
        let colors = json!({
            "AccentColor": "#000", "BackgroundColor": "#000", "ErrorValidationColor": "#000",
            "HeaderColor": "#000", "NavigationColor": "#000", "TextColor": "#000",
        });
        json!({
            "Authorization": {"None": {}},
            "EndpointConfiguration": {"None": {}},
            "IncludedPortalProductArns": [arn],
            "PortalContent": {"DisplayName": "Shop", "Theme": {"CustomColors": colors}},
        })
    }

    #[test]
    fn the_accounts_that_a_policy_names_may_show_the_product() {
        let frame = Frame::new();
        let others = frame.in_scope(OTHER, "us-east-1");
        let made = frame.ok(create_portal_product, json!({"DisplayName": "Pets"}));
        let (id, arn) = (text(&made, "PortalProductId"), text(&made, "PortalProductArn"));
        let owner = arn.split(':').nth(4).unwrap();
        let lookup = json!({"PortalProductId": id, "ResourceOwnerAccountId": owner});
        let of_others = json!({"ResourceOwner": "OTHER_ACCOUNTS"});
        let denied = |refusal: String, action: &str| {
            let text = format!("is not authorized to perform: apigateway:{action} on resource: {arn}");
            assert!(refusal.starts_with("403 ") && refusal.contains(&text), "{refusal}");
        };
        denied(others.refused(get_portal_product, lookup.clone()), "GetPortalProduct");
        denied(others.refused(create_portal, portal(&arn)), "GetPortalProduct");
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "apigateway:*", "Resource": arn});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let put = json!({"PortalProductId": id, "PolicyDocument": policy});
        frame.ok(put_portal_product_sharing_policy, put);
        assert_eq!(others.ok(get_portal_product, lookup.clone())["DisplayName"], "Pets");
        let listed = others.ok(list_portal_products, of_others.clone());
        assert_eq!(listed["Items"][0]["PortalProductId"], json!(id));
        assert_eq!(others.ok(list_portal_products, json!({})), json!({"Items": []}));
        let own = others.ok(create_portal, portal(&arn));
        let publish = json!({"PortalId": own["PortalId"]});
        others.ok(publish_portal, publish.clone());
        let product = json!({"PortalProductId": id});
        frame.ok(delete_portal_product_sharing_policy, product.clone());
        assert_eq!(others.ok(list_portal_products, of_others), json!({"Items": []}));
        denied(others.refused(publish_portal, publish), "GetPortalProduct");
        assert!(frame.refused(get_portal_product_sharing_policy, product).starts_with("404 "));
    }
}
