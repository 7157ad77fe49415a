//! `/v2/portals/{id}/publish` and `…/preview`: a portal becomes a site. The site is made of what is
//! defined at that moment and stays so until the portal is published again (API Gateway developer guide,
//! "Publish a portal in API Gateway"). Here that takes no time: who asks next finds it published.

use api::Empty;
use api::apigatewayv2::operations as op;
use api::apigatewayv2::{
    DisablePortalRequest, DisplayOrder, GetProductRestEndpointPageResponse, PortalSummary, Preview,
    PreviewPortalRequest, PreviewPortalResponse, PreviewStatus, PublishPortalRequest, PublishPortalResponse,
    PublishStatus, TryItState,
};
use base::{Scope, ids};
use documents::apigateway::within;
use documents::apigatewayv2_portals::{
    PREVIEW, PUBLISHED, PortalDocument, PortalProductDocument, PortalSessionKeyDocument, PortalSiteDocument,
    SiteEndpoint, SitePage, SiteProduct, SiteSection, SiteTryIt,
};

use store::Key;

use super::super::refusals::conflict;
use super::{domain, endpoint_pages, portal, product_pages, products, sign_in};
use crate::{Call, Outcome, Registry};

/// How long a preview can be looked at: "a short-lived URL" (same guide, "Preview a portal in API
/// Gateway"). How short AWS's is is not documented.
const PREVIEW_TIME: std::time::Duration = std::time::Duration::from_secs(3_600);

pub(super) fn register(registry: &mut Registry) {
    registry
        .write(op::PublishPortal, publish_portal)
        .write(op::DisablePortal, disable_portal)
        .write(op::PreviewPortal, preview_portal);
}

pub(super) fn publish_portal(
    call: &mut Call<'_, '_>,
    input: &PublishPortalRequest,
) -> Outcome<PublishPortalResponse> {
    let mut document = portal::find(call, &input.portal_id)?;
    let held = domain::held(call, &input.portal_id)?;
    let site = site(call, &document)?;
    if site.sign_in.is_some() {
        sign_in::keep_session_key(call, &input.portal_id)?;
    }
    call.tx.put(&call.context.scope, &within(&input.portal_id, PUBLISHED), &site)?;
    let portal = &mut document.portal;
    portal.publish_status = Some(PublishStatus::Published);
    portal.last_published = Some(call.context.now);
    portal.last_published_description.clone_from(&input.description);
    portal::put(call, &document)?;
    domain::settle(call, &input.portal_id, &held)?;
    Ok(PublishPortalResponse {})
}

fn disable_portal(call: &mut Call<'_, '_>, input: &DisablePortalRequest) -> Outcome<Empty> {
    let mut document = portal::find(call, &input.portal_id)?;
    let held = domain::held(call, &input.portal_id)?;
    if !call.tx.delete::<PortalSiteDocument>(&call.context.scope, &within(&input.portal_id, PUBLISHED))? {
        return Err(conflict("The portal is not published"));
    }
    // Whoever is signed in is not any more when it is published again.
    call.tx.delete::<PortalSessionKeyDocument>(&call.context.scope, &Key::new([&input.portal_id]))?;
    document.portal.publish_status = Some(PublishStatus::Disabled);
    portal::put(call, &document)?;
    domain::settle(call, &input.portal_id, &held)?;
    Ok(Empty {})
}

/// Makes the site as it would be published now, at an address that nobody guesses. The address is what
/// lets in: it is the default host's, nobody signs in there, and nothing can be tried.
fn preview_portal(call: &mut Call<'_, '_>, input: &PreviewPortalRequest) -> Outcome<PreviewPortalResponse> {
    let document = portal::find(call, &input.portal_id)?;
    let mut site = PortalSiteDocument {
        domain: None,
        sign_in: None,
        secret_path: format!("/preview-{}", ids::uuid(&call.plane.random)),
        ends: Some(call.now().plus(PREVIEW_TIME)),
        ..site(call, &document)?
    };
    for endpoint in
        site.products.iter_mut().flat_map(|product| &mut product.sections).flat_map(|of| &mut of.endpoints)
    {
        endpoint.try_it = None;
    }
    call.tx.put(&call.context.scope, &within(&input.portal_id, PREVIEW), &site)?;
    Ok(PreviewPortalResponse {})
}

/// The portal with its preview, if there is one that has not ended.
pub(super) fn with_preview(call: &mut Call<'_, '_>, mut portal: PortalSummary) -> Outcome<PortalSummary> {
    let key = within(&portal.portal_id, PREVIEW);
    let site = call.tx.get::<PortalSiteDocument>(&call.context.scope, &key)?;
    let site = site.filter(|site| site.ends.is_some_and(|ends| call.context.now < ends));
    portal.preview = site.map(|site| Preview {
        preview_status: PreviewStatus::PreviewReady,
        preview_url: Some(format!("https://{}{}/", site.host, site.secret_path)),
        status_exception: None,
    });
    Ok(portal)
}

fn site(call: &mut Call<'_, '_>, document: &PortalDocument) -> Outcome<PortalSiteDocument> {
    let PortalDocument { portal, logo_uri, .. } = document;
    let mut offered = Vec::new();
    for arn in &portal.included_portal_product_arns {
        let (scope, product) = products::by_arn(call, arn)?;
        offered.push(site_product(call, &scope, product)?);
    }
    Ok(PortalSiteDocument {
        host: portal.endpoint_configuration.portal_default_domain_name.clone(),
        domain: domain::of_site(portal),
        sign_in: sign_in::of_site(call.scope(), portal)?,
        secret_path: String::new(),
        ends: None,
        title: portal.portal_content.display_name.clone(),
        description: portal.portal_content.description.clone().unwrap_or_default(),
        colors: portal.portal_content.theme.custom_colors.clone(),
        logo_uri: logo_uri.clone(),
        products: offered,
    })
}

fn site_product(
    call: &mut Call<'_, '_>,
    scope: &Scope,
    document: PortalProductDocument,
) -> Outcome<SiteProduct> {
    let product = document.product;
    let id = product.portal_product_id.unwrap_or_default();
    let order = product.display_order.unwrap_or_default();
    let mut pages = Vec::new();
    for page in product_pages::all(call, scope, &id)? {
        let content = page.page.display_content.unwrap_or_default();
        let site = SitePage {
            id: page.page.product_page_id.unwrap_or_default(),
            title: content.title,
            body: content.body,
        };
        pages.push((page.page.product_page_arn.unwrap_or_default(), page.created, site));
    }
    let ranked = |arn: &str| {
        let named = order.overview_page_arn.iter().chain(order.product_page_arns.iter().flatten());
        named.enumerate().find(|(_, named)| *named == arn).map_or(usize::MAX, |(rank, _)| rank)
    };
    pages.sort_by_key(|(arn, created, _)| (ranked(arn), created.as_millis()));
    let mut endpoints = Vec::new();
    let mut documents = endpoint_pages::all(call, scope, &id)?;
    documents.sort_by_key(|document| document.created.as_millis());
    for document in documents {
        let own = document.overrides.as_ref().is_some_and(|overrides| overrides.endpoint.is_some());
        let page = endpoint_pages::shown(call, scope, document)?;
        endpoints.push((page.product_rest_endpoint_page_arn.clone(), site_endpoint(scope, page, own)));
    }
    Ok(SiteProduct {
        title: product.display_name.unwrap_or_default(),
        description: product.description.unwrap_or_default(),
        pages: pages.into_iter().map(|(.., page)| page).collect(),
        sections: sections(&order, endpoints),
        id,
    })
}

/// The endpoints, which come with their pages' ARNs, by the sections that the product puts them in; those
/// of no section come last.
fn sections(order: &DisplayOrder, mut pages: Vec<(Option<String>, SiteEndpoint)>) -> Vec<SiteSection> {
    let mut sections = Vec::new();
    for section in order.contents.iter().flatten() {
        let mut endpoints = Vec::new();
        for arn in &section.product_rest_endpoint_page_arns {
            let at = pages.iter().position(|(own, _)| own.as_ref() == Some(arn));
            endpoints.extend(at.map(|at| pages.remove(at).1));
        }
        sections.push(SiteSection { name: section.section_name.clone(), endpoints });
    }
    if !pages.is_empty() {
        let endpoints = pages.into_iter().map(|(_, endpoint)| endpoint).collect();
        sections.push(SiteSection { name: String::new(), endpoints });
    }
    sections
}

/// A page on the site; `own` if its author wrote where the endpoint is.
fn site_endpoint(scope: &Scope, page: GetProductRestEndpointPageResponse, own: bool) -> SiteEndpoint {
    let content = page.display_content.unwrap_or_default();
    let parts = page.rest_endpoint_identifier.and_then(|of| of.identifier_parts).unwrap_or_default();
    let try_it = (page.try_it_state == Some(TryItState::Enabled)).then(|| match own {
        true => SiteTryIt::Shown,
        false => SiteTryIt::Api {
            api: parts.rest_api_id.clone(),
            region: scope.region().to_owned(),
            stage: parts.stage.clone(),
        },
    });
    SiteEndpoint {
        page: SitePage {
            id: page.product_rest_endpoint_page_id.unwrap_or_default(),
            title: content.operation_name.unwrap_or_else(|| parts.path.clone()),
            body: content.body.unwrap_or_default(),
        },
        method: parts.method,
        path: parts.path,
        endpoint: content.endpoint,
        try_it,
    }
}
