//! `/v2/portalproducts/{id}/productpages`: what is to be read of a product, in Markdown.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateProductPageRequest, CreateProductPageResponse, DeleteProductPageRequest, GetProductPageRequest,
    GetProductPageResponse, ListProductPagesRequest, ListProductPagesResponse, ProductPageSummaryNoBody,
    UpdateProductPageRequest, UpdateProductPageResponse,
};
use base::{Scope, ids};
use documents::apigateway::within;
use documents::apigatewayv2_portals::ProductPageDocument;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, unknown};
use super::super::shapes::same;
use super::portal::too_many;
use super::{arn, products};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateProductPage, create_product_page)
        .read(op::GetProductPage, get_product_page)
        .read(op::ListProductPages, list_product_pages)
        .write(op::UpdateProductPage, update_product_page)
        .write(op::DeleteProductPage, delete_product_page);
}

fn create_product_page(
    call: &mut Call<'_, '_>,
    input: &CreateProductPageRequest,
) -> Outcome<CreateProductPageResponse> {
    let product = &input.portal_product_id;
    products::find(call, product)?;
    check_length(&input.display_content.body)?;
    let scope = call.scope().clone();
    if all(call, &scope, product)?.len() >= limits::PAGES_OF_A_PRODUCT {
        return Err(too_many("product pages for this portal product", limits::PAGES_OF_A_PRODUCT));
    }
    let id = ids::api_id(&call.plane.random);
    let page = GetProductPageResponse {
        display_content: Some(input.display_content.clone()),
        last_modified: Some(call.now()),
        product_page_arn: Some(arn(&scope, format!("/portalproducts/{product}/productpages/{id}"))),
        product_page_id: Some(id.clone()),
    };
    let document = ProductPageDocument { page, created: call.now() };
    call.tx.put(&scope, &within(product, &id), &document)?;
    same(&document.page)
}

fn get_product_page(
    call: &mut Call<'_, '_>,
    input: &GetProductPageRequest,
) -> Outcome<GetProductPageResponse> {
    let owner = input.resource_owner_account_id.as_deref();
    let product = &input.portal_product_id;
    let (scope, _) = products::readable(call, product, owner, "apigateway:GetProductPage")?;
    Ok(find(call, &scope, product, &input.product_page_id)?.page)
}

fn list_product_pages(
    call: &mut Call<'_, '_>,
    input: &ListProductPagesRequest,
) -> Outcome<ListProductPagesResponse> {
    let owner = input.resource_owner_account_id.as_deref();
    let product = &input.portal_product_id;
    let (scope, _) = products::readable(call, product, owner, "apigateway:ListProductPages")?;
    let pages = all(call, &scope, product)?;
    let place = |document: &ProductPageDocument| {
        let id = document.page.product_page_id.as_deref().unwrap_or_default();
        format!("{:020}{id}", document.created.as_millis())
    };
    let (items, next_token) =
        listed(pages, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(|ProductPageDocument { page, created }| ProductPageSummaryNoBody {
        last_modified: page.last_modified.unwrap_or(created),
        page_title: page.display_content.map(|content| content.title).unwrap_or_default(),
        product_page_arn: page.product_page_arn.unwrap_or_default(),
        product_page_id: page.product_page_id.unwrap_or_default(),
    });
    Ok(ListProductPagesResponse { items: Some(items.collect()), next_token })
}

fn update_product_page(
    call: &mut Call<'_, '_>,
    input: &UpdateProductPageRequest,
) -> Outcome<UpdateProductPageResponse> {
    let (scope, product) = (call.scope().clone(), &input.portal_product_id);
    products::find(call, product)?;
    let mut document = find(call, &scope, product, &input.product_page_id)?;
    if let Some(content) = &input.display_content {
        check_length(&content.body)?;
        document.page.display_content = Some(content.clone());
    }
    document.page.last_modified = Some(call.now());
    call.tx.put(&scope, &within(product, &input.product_page_id), &document)?;
    same(&document.page)
}

/// Removes a page, also from the product's order: what is left of that is shown.
fn delete_product_page(call: &mut Call<'_, '_>, input: &DeleteProductPageRequest) -> Outcome<Empty> {
    let (scope, product) = (call.scope().clone(), &input.portal_product_id);
    products::find(call, product)?;
    find(call, &scope, product, &input.product_page_id)?;
    call.tx.delete::<ProductPageDocument>(&scope, &within(product, &input.product_page_id))?;
    Ok(Empty {})
}

/// All pages of a product.
pub(super) fn all(
    call: &mut Call<'_, '_>,
    scope: &Scope,
    product: &str,
) -> Outcome<Vec<ProductPageDocument>> {
    let documents = call.tx.list::<ProductPageDocument>(scope, &Key::new([product]))?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

fn find(call: &mut Call<'_, '_>, scope: &Scope, product: &str, id: &str) -> Outcome<ProductPageDocument> {
    let document = match (1..=limits::NAME).contains(&id.len()) {
        true => call.tx.get::<ProductPageDocument>(scope, &within(product, id))?,
        false => None,
    };
    document.ok_or_else(|| unknown("ProductPage"))
}

/// "32,000 characters" (API Gateway developer guide, "Quotas for configuring portals in API Gateway").
pub(super) fn check_length(body: &str) -> Outcome<()> {
    if body.chars().count() > limits::PAGE {
        return Err(bad_request(format!("A page can be at most {} characters long", limits::PAGE)));
    }
    Ok(())
}
