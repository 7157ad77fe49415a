//! `/v2/portalproducts/{id}/productrestendpointpages`: methods of REST APIs as a product shows them,
//! documented by their APIs unless the page says otherwise (API Gateway developer guide, "Create a
//! product REST endpoint in API Gateway").

use api::Empty;
use api::apigateway::{DocumentationPartType, EndpointType};
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreateProductRestEndpointPageRequest, CreateProductRestEndpointPageResponse,
    DeleteProductRestEndpointPageRequest, DisplayContentOverrides, EndpointDisplayContent,
    EndpointDisplayContentResponse, GetProductRestEndpointPageRequest, GetProductRestEndpointPageResponse,
    IdentifierParts, ListProductRestEndpointPagesRequest, ListProductRestEndpointPagesResponse,
    ProductRestEndpointPageSummaryNoBody, RestEndpointIdentifier, Status, TryItState,
    UpdateProductRestEndpointPageRequest, UpdateProductRestEndpointPageResponse,
};
use base::{Scope, ids};
use documents::apigateway::{
    DocumentationPartDocument, RestApiDocument, SnapshotDocument, StageDocument, within,
};
use documents::apigatewayv2_portals::ProductRestEndpointPageDocument;
use serde_json::{Value, json};
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, unknown};
use super::super::shapes::same;
use super::portal::too_many;
use super::product_pages::check_length;
use super::{arn, products};
use crate::{Call, Outcome, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreateProductRestEndpointPage, create_product_rest_endpoint_page)
        .read(op::GetProductRestEndpointPage, get_product_rest_endpoint_page)
        .read(op::ListProductRestEndpointPages, list_product_rest_endpoint_pages)
        .write(op::UpdateProductRestEndpointPage, update_product_rest_endpoint_page)
        .write(op::DeleteProductRestEndpointPage, delete_product_rest_endpoint_page);
}

fn create_product_rest_endpoint_page(
    call: &mut Call<'_, '_>,
    input: &CreateProductRestEndpointPageRequest,
) -> Outcome<CreateProductRestEndpointPageResponse> {
    let (scope, product) = (call.scope().clone(), &input.portal_product_id);
    products::find(call, product)?;
    let Some(parts) = &input.rest_endpoint_identifier.identifier_parts else {
        return Err(bad_request("RestEndpointIdentifier must have IdentifierParts"));
    };
    let private = check_endpoint(call, parts)?;
    let there = all(call, &scope, product)?;
    if there.len() >= limits::PAGES_OF_A_PRODUCT {
        return Err(too_many(
            "product REST endpoint pages for this portal product",
            limits::PAGES_OF_A_PRODUCT,
        ));
    }
    let id = ids::api_id(&call.plane.random);
    let resource = format!("/portalproducts/{product}/productrestendpointpages/{id}");
    let page = GetProductRestEndpointPageResponse {
        display_content: None,
        last_modified: Some(call.now()),
        product_rest_endpoint_page_arn: Some(arn(&scope, resource)),
        product_rest_endpoint_page_id: Some(id.clone()),
        raw_display_content: None,
        rest_endpoint_identifier: Some(RestEndpointIdentifier { identifier_parts: Some(parts.clone()) }),
        status: Some(Status::Available),
        status_exception: None,
        try_it_state: Some(try_it(input.try_it_state, private)?),
    };
    let overrides = overrides(input.display_content.as_ref())?;
    let document = ProductRestEndpointPageDocument { page, overrides, created: call.now() };
    call.tx.put(&scope, &within(product, &id), &document)?;
    same(&shown(call, &scope, document)?)
}

fn get_product_rest_endpoint_page(
    call: &mut Call<'_, '_>,
    input: &GetProductRestEndpointPageRequest,
) -> Outcome<GetProductRestEndpointPageResponse> {
    let owner = input.resource_owner_account_id.as_deref();
    let product = &input.portal_product_id;
    let (scope, _) = products::readable(call, product, owner, "apigateway:GetProductRestEndpointPage")?;
    let document = find(call, &scope, product, &input.product_rest_endpoint_page_id)?;
    // What it is in AWS's answers is not documented; here it is what the page's author wrote.
    let raw =
        (input.include_raw_display_content.as_deref() == Some("true")).then(|| match &document.overrides {
            Some(overrides) => json!({"overrides": {
                "body": overrides.body,
                "endpoint": overrides.endpoint,
                "operationName": overrides.operation_name,
            }}),
            None => json!({"none": {}}),
        });
    let mut page = shown(call, &scope, document)?;
    page.raw_display_content = raw.map(|raw| raw.to_string());
    Ok(page)
}

fn list_product_rest_endpoint_pages(
    call: &mut Call<'_, '_>,
    input: &ListProductRestEndpointPagesRequest,
) -> Outcome<ListProductRestEndpointPagesResponse> {
    let owner = input.resource_owner_account_id.as_deref();
    let product = &input.portal_product_id;
    let (scope, _) = products::readable(call, product, owner, "apigateway:ListProductRestEndpointPages")?;
    let pages = all(call, &scope, product)?;
    let place = |document: &ProductRestEndpointPageDocument| {
        let id = document.page.product_rest_endpoint_page_id.as_deref().unwrap_or_default();
        format!("{:020}{id}", document.created.as_millis())
    };
    let (items, next_token) =
        listed(pages, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let mut summaries = Vec::with_capacity(items.len());
    for document in items {
        let created = document.created;
        let page = shown(call, &scope, document)?;
        let content = page.display_content.unwrap_or_default();
        summaries.push(ProductRestEndpointPageSummaryNoBody {
            endpoint: content.endpoint,
            last_modified: page.last_modified.unwrap_or(created),
            operation_name: content.operation_name,
            product_rest_endpoint_page_arn: page.product_rest_endpoint_page_arn.unwrap_or_default(),
            product_rest_endpoint_page_id: page.product_rest_endpoint_page_id.unwrap_or_default(),
            rest_endpoint_identifier: page.rest_endpoint_identifier.unwrap_or_default(),
            status: page.status.unwrap_or(Status::Available),
            status_exception: None,
            try_it_state: page.try_it_state.unwrap_or(TryItState::Disabled),
        });
    }
    Ok(ListProductRestEndpointPagesResponse { items: Some(summaries), next_token })
}

fn update_product_rest_endpoint_page(
    call: &mut Call<'_, '_>,
    input: &UpdateProductRestEndpointPageRequest,
) -> Outcome<UpdateProductRestEndpointPageResponse> {
    let (scope, product) = (call.scope().clone(), &input.portal_product_id);
    products::find(call, product)?;
    let id = &input.product_rest_endpoint_page_id;
    let mut document = find(call, &scope, product, id)?;
    if input.display_content.is_some() {
        document.overrides = overrides(input.display_content.as_ref())?;
    }
    if input.try_it_state.is_some() {
        let parts = document.page.rest_endpoint_identifier.clone().and_then(|of| of.identifier_parts);
        let private = is_private(call, &parts.unwrap_or_default())?.unwrap_or(true);
        document.page.try_it_state = Some(try_it(input.try_it_state, private)?);
    }
    document.page.last_modified = Some(call.now());
    call.tx.put(&scope, &within(product, id), &document)?;
    same(&shown(call, &scope, document)?)
}

/// Removes a page, also from the product's order: what is left of that is shown.
fn delete_product_rest_endpoint_page(
    call: &mut Call<'_, '_>,
    input: &DeleteProductRestEndpointPageRequest,
) -> Outcome<Empty> {
    let (scope, product) = (call.scope().clone(), &input.portal_product_id);
    products::find(call, product)?;
    let id = &input.product_rest_endpoint_page_id;
    find(call, &scope, product, id)?;
    call.tx.delete::<ProductRestEndpointPageDocument>(&scope, &within(product, id))?;
    Ok(Empty {})
}

/// All endpoint pages of a product.
pub(super) fn all(
    call: &mut Call<'_, '_>,
    scope: &Scope,
    product: &str,
) -> Outcome<Vec<ProductRestEndpointPageDocument>> {
    let documents = call.tx.list::<ProductRestEndpointPageDocument>(scope, &Key::new([product]))?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

fn find(
    call: &mut Call<'_, '_>,
    scope: &Scope,
    product: &str,
    id: &str,
) -> Outcome<ProductRestEndpointPageDocument> {
    let document = match (1..=limits::NAME).contains(&id.len()) {
        true => call.tx.get::<ProductRestEndpointPageDocument>(scope, &within(product, id))?,
        false => None,
    };
    document.ok_or_else(|| unknown("ProductRestEndpointPage"))
}

/// The page with its contents: the overrides, else what the API says of itself.
pub(super) fn shown(
    call: &mut Call<'_, '_>,
    scope: &Scope,
    document: ProductRestEndpointPageDocument,
) -> Outcome<GetProductRestEndpointPageResponse> {
    let ProductRestEndpointPageDocument { mut page, overrides, .. } = document;
    let DisplayContentOverrides { body, endpoint, operation_name } = overrides.unwrap_or_default();
    let parts = page.rest_endpoint_identifier.as_ref().and_then(|of| of.identifier_parts.clone());
    let parts = parts.unwrap_or_default();
    let body = match body {
        Some(body) => Some(body),
        None => documented(call, scope, &parts)?,
    };
    let IdentifierParts { path, rest_api_id, stage, .. } = parts;
    let region = scope.region();
    let of_api = || format!("https://{rest_api_id}.execute-api.{region}.amazonaws.com/{stage}{path}");
    page.display_content = Some(EndpointDisplayContentResponse {
        body,
        endpoint: endpoint.unwrap_or_else(of_api),
        operation_name,
    });
    Ok(page)
}

/// What the API's documentation says of the method: the description of its part.
fn documented(call: &mut Call<'_, '_>, scope: &Scope, of: &IdentifierParts) -> Outcome<Option<String>> {
    let parts = call.tx.list::<DocumentationPartDocument>(scope, &Key::new([&of.rest_api_id]))?;
    let fits = |part: &&DocumentationPartDocument| {
        part.documentation_part.location.as_ref().is_some_and(|location| {
            location.r#type == DocumentationPartType::Method
                && location.path.as_deref().unwrap_or("/") == of.path
                && location.method.as_deref().is_none_or(|method| method == "*" || method == of.method)
        })
    };
    let parts: Vec<_> = parts.into_iter().map(|(_, part)| part).collect();
    let part = parts.iter().find(fits);
    let properties = part.and_then(|part| part.documentation_part.properties.as_deref());
    let properties: Option<Value> = properties.and_then(|text| serde_json::from_str(text).ok());
    let member = |name: &str| properties.as_ref()?.get(name)?.as_str().map(str::to_owned);
    Ok(member("description").or_else(|| member("summary")))
}

/// Refuses what no stage serves; answers whether the API is private.
fn check_endpoint(call: &mut Call<'_, '_>, parts: &IdentifierParts) -> Outcome<bool> {
    let IdentifierParts { method, path, rest_api_id: api, stage } = parts;
    let private = is_private(call, parts)?;
    let private = private.ok_or_else(|| bad_request("Invalid REST API identifier specified"))?;
    let scope = call.scope().clone();
    let deployed = match stage.len() <= limits::NAME {
        true => call.tx.get::<StageDocument>(&scope, &within(api, stage))?,
        false => None,
    };
    let deployed = deployed.ok_or_else(|| bad_request("Invalid stage identifier specified"))?;
    let deployment = deployed.stage.deployment_id.unwrap_or_default();
    let snapshot = call.tx.get::<SnapshotDocument>(&scope, &within(api, &deployment))?;
    let resources = snapshot.map(|snapshot| snapshot.resources).unwrap_or_default();
    let resource = resources.into_iter().find(|resource| resource.path.as_ref() == Some(path));
    let methods = resource.and_then(|resource| resource.resource_methods).unwrap_or_default();
    if methods.contains_key(method) {
        return Ok(private);
    }
    Err(bad_request(format!("The stage {stage} does not serve {method} {path}")))
}

/// Whether the API is private; `None` if there is none.
fn is_private(call: &mut Call<'_, '_>, parts: &IdentifierParts) -> Outcome<Option<bool>> {
    let id = &parts.rest_api_id;
    if id.is_empty() || id.len() > limits::NAME {
        return Ok(None);
    }
    let document = call.tx.get::<RestApiDocument>(&call.context.scope, &Key::new([id]))?;
    Ok(document.map(|document| {
        let types = document.rest_api.endpoint_configuration.and_then(|endpoints| endpoints.types);
        types.is_some_and(|types| types.contains(&EndpointType::Private))
    }))
}

/// Private APIs cannot be tried (API Gateway developer guide, "Enable try it for an API Gateway product REST
/// endpoint in your portal").
fn try_it(given: Option<TryItState>, private: bool) -> Outcome<TryItState> {
    match given {
        Some(TryItState::Enabled) if private => Err(bad_request("Try it is not available for private APIs")),
        Some(TryItState::Enabled) => Ok(TryItState::Enabled),
        Some(TryItState::Disabled) | None => Ok(TryItState::Disabled),
    }
}

fn overrides(given: Option<&EndpointDisplayContent>) -> Outcome<Option<DisplayContentOverrides>> {
    let Some(given) = given else { return Ok(None) };
    match (&given.none, &given.overrides) {
        (_, None) => Ok(None),
        (None, Some(overrides)) => {
            check_length(overrides.body.as_deref().unwrap_or_default())?;
            Ok(Some(overrides.clone()))
        }
        (Some(_), Some(_)) => Err(bad_request("DisplayContent must be either None or Overrides")),
    }
}
