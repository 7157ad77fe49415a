//! `/v2/portalproducts`: what portals offer.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreatePortalProductRequest, CreatePortalProductResponse, DeletePortalProductRequest, DisplayOrder,
    GetPortalProductRequest, GetPortalProductResponse, ListPortalProductsRequest, ListPortalProductsResponse,
    PortalProductSummary, UpdatePortalProductRequest, UpdatePortalProductResponse,
};
use base::{Arn, Scope, ids};
use documents::apigatewayv2_portals::{
    PortalProductDocument, ProductPageDocument, ProductRestEndpointPageDocument,
};
use indexmap::IndexMap;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, unknown};
use super::super::shapes::same;
use super::portal::too_many;
use super::{arn, portal, sharing};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreatePortalProduct, create_portal_product)
        .read(op::GetPortalProduct, get_portal_product)
        .read(op::ListPortalProducts, list_portal_products)
        .write(op::UpdatePortalProduct, update_portal_product)
        .write(op::DeletePortalProduct, delete_portal_product);
}

pub(super) fn create_portal_product(
    call: &mut Call<'_, '_>,
    input: &CreatePortalProductRequest,
) -> Outcome<CreatePortalProductResponse> {
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    if all(call)?.len() >= limits::PORTAL_PRODUCTS {
        return Err(too_many("portal products for this account", limits::PORTAL_PRODUCTS));
    }
    let id = ids::api_id(&call.plane.random);
    let product = GetPortalProductResponse {
        description: Some(input.description.clone().unwrap_or_default()),
        display_name: Some(input.display_name.clone()),
        display_order: None,
        last_modified: Some(call.now()),
        portal_product_arn: Some(arn(call.scope(), format!("/portalproducts/{id}"))),
        portal_product_id: Some(id),
        tags: Some(given),
    };
    let document = PortalProductDocument { product, sharing_policy: None, created: call.now() };
    put(call, &document)?;
    same(&document.product)
}

pub(super) fn get_portal_product(
    call: &mut Call<'_, '_>,
    input: &GetPortalProductRequest,
) -> Outcome<GetPortalProductResponse> {
    let owner = input.resource_owner_account_id.as_deref();
    Ok(readable(call, &input.portal_product_id, owner, "apigateway:GetPortalProduct")?.1.product)
}

pub(super) fn list_portal_products(
    call: &mut Call<'_, '_>,
    input: &ListPortalProductsRequest,
) -> Outcome<ListPortalProductsResponse> {
    let documents = match input.resource_owner.as_deref() {
        None | Some("" | "SELF") => all(call)?,
        Some("OTHER_ACCOUNTS") => sharing::shared_with(call)?,
        Some(_) => return Err(bad_request("ResourceOwner must be SELF or OTHER_ACCOUNTS")),
    };
    let place = |document: &PortalProductDocument| {
        let id = document.product.portal_product_id.as_deref().unwrap_or_default();
        format!("{:020}{id}", document.created.as_millis())
    };
    let (items, next_token) =
        listed(documents, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(|document| same::<PortalProductSummary>(&document.product));
    Ok(ListPortalProductsResponse { items: Some(items.collect::<Outcome<_>>()?), next_token })
}

fn update_portal_product(
    call: &mut Call<'_, '_>,
    input: &UpdatePortalProductRequest,
) -> Outcome<UpdatePortalProductResponse> {
    let mut document = find(call, &input.portal_product_id)?;
    let product = &mut document.product;
    if input.display_name.is_some() {
        product.display_name.clone_from(&input.display_name);
    }
    if input.description.is_some() {
        product.description.clone_from(&input.description);
    }
    if let Some(order) = &input.display_order {
        check_order(call, &input.portal_product_id, order)?;
        product.display_order = Some(order.clone());
    }
    product.last_modified = Some(call.context.now);
    put(call, &document)?;
    same(&document.product)
}

/// Removes a product with its pages, unless a portal shows it. That this is refused is not documented:
/// else the portal could not be published again.
fn delete_portal_product(call: &mut Call<'_, '_>, input: &DeletePortalProductRequest) -> Outcome<Empty> {
    let document = find(call, &input.portal_product_id)?;
    let arn = document.product.portal_product_arn.clone().unwrap_or_default();
    if let Some(user) =
        portal::all(call)?.iter().find(|user| user.portal.included_portal_product_arns.contains(&arn))
    {
        let portal = &user.portal.portal_id;
        return Err(bad_request(format!("The portal product is included in the portal {portal}")));
    }
    sharing::share(call, &document, None)?;
    let key = Key::new([&input.portal_product_id]);
    call.tx.delete_prefix::<ProductPageDocument>(&call.context.scope, &key)?;
    call.tx.delete_prefix::<ProductRestEndpointPageDocument>(&call.context.scope, &key)?;
    call.tx.delete::<PortalProductDocument>(&call.context.scope, &key)?;
    Ok(Empty {})
}

/// The account's product `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<PortalProductDocument> {
    let scope = call.scope().clone();
    at(call, &scope, id)
}

fn at(call: &mut Call<'_, '_>, scope: &Scope, id: &str) -> Outcome<PortalProductDocument> {
    let document = match (1..=limits::NAME).contains(&id.len()) {
        true => call.tx.get::<PortalProductDocument>(scope, &Key::new([id]))?,
        false => None,
    };
    document.ok_or_else(|| unknown("PortalProduct"))
}

/// The product `id` of the account `owner`, or of the caller's, with its scope; another account's if its
/// owner lets the caller do `action`.
pub(super) fn readable(
    call: &mut Call<'_, '_>,
    id: &str,
    owner: Option<&str>,
    action: &'static str,
) -> Outcome<(Scope, PortalProductDocument)> {
    let own = call.scope().clone();
    let owner = owner.filter(|owner| !owner.is_empty() && *owner != own.account());
    let Some(owner) = owner else { return Ok((own.clone(), at(call, &own, id)?)) };
    if owner.len() != 12 || !owner.bytes().all(|c| c.is_ascii_digit()) {
        return Err(bad_request("ResourceOwnerAccountId must be an account's number"));
    }
    let scope = Scope::new(owner, own.region());
    let document = at(call, &scope, id)?;
    sharing::check_shared(call, &document, action)?;
    Ok((scope, document))
}

/// The product of an ARN, which may be another account's.
pub(super) fn by_arn(call: &mut Call<'_, '_>, text: &str) -> Outcome<(Scope, PortalProductDocument)> {
    let unreadable = || bad_request(format!("Invalid portal product ARN specified: {text}"));
    let arn: Arn = text.parse().map_err(|_| unreadable())?;
    let id = arn.resource.strip_prefix("/portalproducts/").filter(|id| !id.contains('/'));
    match id {
        Some(id) if arn.service == "apigateway" && arn.region == call.scope().region() => {
            readable(call, id, Some(&arn.account), "apigateway:GetPortalProduct")
        }
        _ => Err(unreadable()),
    }
}

fn put(call: &mut Call<'_, '_>, document: &PortalProductDocument) -> Outcome<()> {
    let id = document.product.portal_product_id.as_deref().unwrap_or_default();
    Ok(call.tx.put(&call.context.scope, &Key::new([id]), document)?)
}

/// Stores a product whose sharing policy has changed.
pub(super) fn put_shared(call: &mut Call<'_, '_>, document: &PortalProductDocument) -> Outcome<()> {
    put(call, document)
}

fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<PortalProductDocument>> {
    let documents = call.tx.list::<PortalProductDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

/// Refuses an order of pages that are not the product's, or that come twice.
fn check_order(call: &mut Call<'_, '_>, product: &str, order: &DisplayOrder) -> Outcome<()> {
    let key = Key::new([product]);
    let pages = call.tx.list::<ProductPageDocument>(&call.context.scope, &key)?;
    let pages: Vec<_> =
        pages.into_iter().filter_map(|(_, document)| document.page.product_page_arn).collect();
    let endpoints = call.tx.list::<ProductRestEndpointPageDocument>(&call.context.scope, &key)?;
    let endpoints: Vec<_> = endpoints
        .into_iter()
        .filter_map(|(_, document)| document.page.product_rest_endpoint_page_arn)
        .collect();
    each_once(order.product_page_arns.iter().flatten().chain(&order.overview_page_arn), &pages)?;
    let sections = order.contents.iter().flatten();
    each_once(sections.flat_map(|section| &section.product_rest_endpoint_page_arns), &endpoints)
}

fn each_once<'a>(named: impl Iterator<Item = &'a String>, there: &[String]) -> Outcome<()> {
    let mut seen: Vec<&String> = Vec::new();
    for arn in named {
        if !there.contains(arn) || seen.contains(&arn) {
            return Err(bad_request(format!("Invalid page specified in the display order: {arn}")));
        }
        seen.push(arn);
    }
    Ok(())
}
