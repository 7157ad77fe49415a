//! `/v2/portals`: portals as their owners define them.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    CreatePortalRequest, CreatePortalResponse, CustomColors, DeletePortalRequest, GetPortalRequest,
    GetPortalResponse, ListPortalsRequest, ListPortalsResponse, PortalContent, PortalSummary, PublishStatus,
    UpdatePortalRequest, UpdatePortalResponse,
};
use base::ids;
use documents::apigatewayv2_portals::{PortalDocument, PortalSessionKeyDocument, PortalSiteDocument};
use indexmap::IndexMap;
use store::Key;

use super::super::limits;
use super::super::listed;
use super::super::refusals::{bad_request, conflict, unknown};
use super::super::shapes::same;
use super::{arn, domain, products, publication, sign_in};
use crate::{Call, Outcome, Registry, tags};

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::CreatePortal, create_portal)
        .read(op::GetPortal, get_portal)
        .read(op::ListPortals, list_portals)
        .write(op::UpdatePortal, update_portal)
        .write(op::DeletePortal, delete_portal);
}

pub(super) fn create_portal(
    call: &mut Call<'_, '_>,
    input: &CreatePortalRequest,
) -> Outcome<CreatePortalResponse> {
    let mut given = IndexMap::new();
    if let Some(tags) = &input.tags {
        tags::add(&mut given, tags)?;
    }
    if all(call)?.len() >= limits::PORTALS {
        return Err(too_many("portals for this account", limits::PORTALS));
    }
    let id = ids::api_id(&call.plane.random);
    let logo_uri = logo(input.logo_uri.as_deref())?;
    let mut content = checked(&input.portal_content)?;
    content.theme.logo_last_uploaded = logo_uri.as_ref().map(|_| call.now());
    let portal = PortalSummary {
        authorization: sign_in::authorization(call.scope(), &input.authorization)?,
        endpoint_configuration: domain::endpoints(call, &id, &input.endpoint_configuration)?,
        included_portal_product_arns: included(call, input.included_portal_product_arns.as_deref())?,
        last_modified: call.now(),
        portal_arn: arn(call.scope(), format!("/portals/{id}")),
        portal_content: content,
        portal_id: id,
        publish_status: Some(PublishStatus::Disabled),
        rum_app_monitor_name: monitor(input.rum_app_monitor_name.as_deref())?,
        tags: Some(given),
        last_published: None,
        last_published_description: None,
        preview: None,
        status_exception: None,
    };
    let document = PortalDocument { portal, logo_uri, created: call.now() };
    put(call, &document)?;
    domain::settle(call, &document.portal.portal_id, &domain::Held::default())?;
    same(&document.portal)
}

fn get_portal(call: &mut Call<'_, '_>, input: &GetPortalRequest) -> Outcome<GetPortalResponse> {
    let document = find(call, &input.portal_id)?;
    same(&publication::with_preview(call, document.portal)?)
}

fn list_portals(call: &mut Call<'_, '_>, input: &ListPortalsRequest) -> Outcome<ListPortalsResponse> {
    let place = |document: &PortalDocument| {
        format!("{:020}{}", document.created.as_millis(), document.portal.portal_id)
    };
    let (items, next_token) =
        listed(all(call)?, place, input.next_token.as_deref(), input.max_results.as_deref())?;
    let items = items.into_iter().map(|document| publication::with_preview(call, document.portal));
    Ok(ListPortalsResponse { items: Some(items.collect::<Outcome<_>>()?), next_token })
}

/// Changes what is given. What is published stays as it is until it is published anew.
fn update_portal(call: &mut Call<'_, '_>, input: &UpdatePortalRequest) -> Outcome<UpdatePortalResponse> {
    let mut document = find(call, &input.portal_id)?;
    let held = domain::held(call, &input.portal_id)?;
    let portal = &mut document.portal;
    if let Some(given) = &input.authorization {
        portal.authorization = sign_in::authorization(call.scope(), given)?;
    }
    if let Some(given) = &input.endpoint_configuration {
        portal.endpoint_configuration = domain::endpoints(call, &input.portal_id, given)?;
    }
    if input.included_portal_product_arns.is_some() {
        portal.included_portal_product_arns = included(call, input.included_portal_product_arns.as_deref())?;
    }
    let uploaded = portal.portal_content.theme.logo_last_uploaded;
    if let Some(given) = &input.portal_content {
        portal.portal_content = checked(given)?;
        portal.portal_content.theme.logo_last_uploaded = uploaded;
    }
    if input.logo_uri.is_some() {
        document.logo_uri = logo(input.logo_uri.as_deref())?;
        let now = document.logo_uri.as_ref().map(|_| call.context.now);
        portal.portal_content.theme.logo_last_uploaded = now;
    }
    if input.rum_app_monitor_name.is_some() {
        portal.rum_app_monitor_name = monitor(input.rum_app_monitor_name.as_deref())?;
    }
    portal.last_modified = call.context.now;
    put(call, &document)?;
    domain::settle(call, &input.portal_id, &held)?;
    same(&publication::with_preview(call, document.portal)?)
}

/// "To delete your portal, you must disable it first" (API Gateway developer guide, "Publish a portal in
/// API Gateway"). Deleting one that is not there answers as if it had been: the operation has no error
/// for it.
fn delete_portal(call: &mut Call<'_, '_>, input: &DeletePortalRequest) -> Outcome<Empty> {
    let Some(document) = look_up(call, &input.portal_id)? else { return Ok(Empty {}) };
    if document.portal.publish_status != Some(PublishStatus::Disabled) {
        return Err(bad_request("The portal must be disabled before it can be deleted"));
    }
    let held = domain::held(call, &input.portal_id)?;
    let key = Key::new([&input.portal_id]);
    call.tx.delete_prefix::<PortalSiteDocument>(&call.context.scope, &key)?;
    call.tx.delete::<PortalSessionKeyDocument>(&call.context.scope, &key)?;
    call.tx.delete::<PortalDocument>(&call.context.scope, &key)?;
    domain::settle(call, &input.portal_id, &held)?;
    Ok(Empty {})
}

/// The portal `id`.
pub(super) fn find(call: &mut Call<'_, '_>, id: &str) -> Outcome<PortalDocument> {
    look_up(call, id)?.ok_or_else(|| unknown("Portal"))
}

/// The same, if there is one.
pub(super) fn look_up(call: &mut Call<'_, '_>, id: &str) -> Outcome<Option<PortalDocument>> {
    if id.is_empty() || id.len() > limits::NAME {
        return Ok(None);
    }
    Ok(call.tx.get::<PortalDocument>(&call.context.scope, &Key::new([id]))?)
}

/// Stores a portal.
pub(super) fn put(call: &mut Call<'_, '_>, document: &PortalDocument) -> Outcome<()> {
    Ok(call.tx.put(&call.context.scope, &Key::new([&document.portal.portal_id]), document)?)
}

/// All portals of the account and region.
pub(super) fn all(call: &mut Call<'_, '_>) -> Outcome<Vec<PortalDocument>> {
    let documents = call.tx.list::<PortalDocument>(&call.context.scope, &Key::root())?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

/// There may not be more of something.
pub(super) fn too_many(what: &str, most: usize) -> crate::Failure {
    bad_request(format!("Maximum number of {what} has been reached. The limit is {most}."))
}

/// The products that a portal shows: those of the account, and those that others share with it.
fn included(call: &mut Call<'_, '_>, given: Option<&[String]>) -> Outcome<Vec<String>> {
    let given = given.unwrap_or_default();
    if given.len() > limits::PRODUCTS_OF_A_PORTAL {
        return Err(too_many("portal products for this portal", limits::PRODUCTS_OF_A_PORTAL));
    }
    for (at, arn) in given.iter().enumerate() {
        if given.iter().take(at).any(|other| other == arn) {
            return Err(conflict(format!("The portal product {arn} is included twice")));
        }
        products::by_arn(call, arn)?;
    }
    Ok(given.to_vec())
}

/// "The URI for the portal logo image": one that browsers read.
fn logo(given: Option<&str>) -> Outcome<Option<String>> {
    let Some(text) = given.filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = text.parse::<http::Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|host| !host.as_str().contains('@'))
    });
    match read {
        Some(_) => Ok(Some(text.to_owned())),
        None => Err(bad_request("LogoUri must be an address that begins with https:// or http://")),
    }
}

/// CloudWatch RUM is not here to send anything to.
fn monitor(given: Option<&str>) -> Outcome<Option<String>> {
    match given {
        None | Some("") => Ok(None),
        Some(_) => Err(bad_request("There is no CloudWatch RUM here: RumAppMonitorName must be left out")),
    }
}

/// What a portal shows of itself. Colors go into style sheets: they are what CSS calls hex colors.
fn checked(content: &PortalContent) -> Outcome<PortalContent> {
    let CustomColors {
        accent_color,
        background_color,
        error_validation_color,
        header_color,
        navigation_color,
        text_color,
    } = &content.theme.custom_colors;
    for color in
        [accent_color, background_color, error_validation_color, header_color, navigation_color, text_color]
    {
        let digits = color.strip_prefix('#').unwrap_or_default();
        if !matches!(digits.len(), 3 | 4 | 6 | 8) || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(bad_request(format!(
                "Invalid color specified: {color}. Colors are written as #1a2b3c"
            )));
        }
    }
    Ok(content.clone())
}
