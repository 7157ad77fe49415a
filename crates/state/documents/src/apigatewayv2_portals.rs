//! Documents of developer portals: what their owners write, and the sites that are made of it when a
//! portal is published or previewed.

use api::apigatewayv2::{
    CustomColors, DisplayContentOverrides, GetPortalProductResponse, GetProductPageResponse,
    GetProductRestEndpointPageResponse, PortalSummary,
};
use base::{Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::Document;

/// A portal. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortalDocument {
    /// As `ListPortals` answers.
    pub portal: PortalSummary,
    /// Where its logo is, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
}

impl Document for PortalDocument {
    const COLLECTION: &'static str = "apigatewayv2/portals";
}

/// That a domain name is a portal's: by its definition, or by the site that it has published. Key: the
/// name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalNameDocument {
    /// The portal's id.
    pub portal_id: String,
}

impl Document for PortalNameDocument {
    const COLLECTION: &'static str = "apigatewayv2/portalnames";
}

/// What a portal's sessions are authenticated with, on every node. Key: the portal's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalSessionKeyDocument {
    /// 64 letters and digits.
    pub key: Secret,
}

impl Document for PortalSessionKeyDocument {
    const COLLECTION: &'static str = "apigatewayv2/portalsessionkeys";
}

/// A portal product. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortalProductDocument {
    /// As `GetPortalProduct` answers.
    pub product: GetPortalProductResponse,
    /// Who of other accounts may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_policy: Option<String>,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
}

impl Document for PortalProductDocument {
    const COLLECTION: &'static str = "apigatewayv2/portalproducts";
}

/// That another account's portal product is shared with this one. Key: the product's account, its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedPortalProductDocument {
    /// When it was shared.
    pub shared: Timestamp,
}

impl Document for SharedPortalProductDocument {
    const COLLECTION: &'static str = "apigatewayv2/sharedportalproducts";
}

/// A page of a product. Key: product id, page id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductPageDocument {
    /// As `GetProductPage` answers.
    pub page: GetProductPageResponse,
    /// When it was made: its place in lists.
    pub created: Timestamp,
}

impl Document for ProductPageDocument {
    const COLLECTION: &'static str = "apigatewayv2/productpages";
}

/// The page of a method of a REST API. Key: product id, page id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductRestEndpointPageDocument {
    /// As `GetProductRestEndpointPage` answers, but for its contents, which are made of the API's
    /// documentation and the overrides when they are asked for.
    pub page: GetProductRestEndpointPageResponse,
    /// What takes the place of the API's documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<DisplayContentOverrides>,
    /// When it was made: its place in lists.
    pub created: Timestamp,
}

impl Document for ProductRestEndpointPageDocument {
    const COLLECTION: &'static str = "apigatewayv2/productrestendpointpages";
}

/// A portal's site as it is served; changes of what it was made of do not change it. Key: portal id,
/// [`PUBLISHED`] or [`PREVIEW`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortalSiteDocument {
    /// The host that it is served at if it has no name of its own.
    pub host: String,
    /// The name of its own that it is served at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<SiteDomain>,
    /// Who may read it, if not everybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SiteSignIn>,
    /// In front of all its paths: what only whoever was told of a preview knows. Empty if it is
    /// published.
    #[serde(default)]
    pub secret_path: String,
    /// When it ends; a published one does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// Its name.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// Its colors, as CSS writes them.
    pub colors: CustomColors,
    /// Where its logo is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// What it offers.
    pub products: Vec<SiteProduct>,
}

/// The second part of the key of a published site.
pub const PUBLISHED: &str = "published";

/// The second part of the key of a preview.
pub const PREVIEW: &str = "preview";

impl Document for PortalSiteDocument {
    const COLLECTION: &'static str = "apigatewayv2/portalsites";
}

/// A domain name of a site's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteDomain {
    /// The name, in lower case.
    pub name: String,
    /// The ARN of the certificate that it is served with.
    pub certificate_arn: String,
}

/// The user pool whose users may read a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSignIn {
    /// The pool.
    pub user_pool_arn: String,
    /// Where it signs users in: `https://{host}`, without a path.
    pub origin: String,
    /// The app client that the portal is.
    pub client_id: String,
}

/// A product on a site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteProduct {
    /// Its id, which is its place in URLs.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its pages, the overview first.
    pub pages: Vec<SitePage>,
    /// Its endpoints.
    pub sections: Vec<SiteSection>,
}

/// A page on a site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SitePage {
    /// Its id, which is its place in URLs.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// Endpoints under a heading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteSection {
    /// The heading; empty for those of no section.
    pub name: String,
    /// The endpoints.
    pub endpoints: Vec<SiteEndpoint>,
}

/// A method of a REST API on a site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SiteEndpoint {
    /// Its page: id, name and Markdown.
    pub page: SitePage,
    /// `GET`
    pub method: String,
    /// `/pets/{id}`
    pub path: String,
    /// Where it is called: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.
    pub endpoint: String,
    /// How it can be tried, if it can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_it: Option<SiteTryIt>,
}

/// Where requests of those go who try an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteTryIt {
    /// To the endpoint as it is shown: its author wrote it.
    Shown,
    /// To the API by its own address, which is another where the gateway is reached by another name.
    Api {
        /// The API's id.
        api: String,
        /// The region of the API.
        region: String,
        /// The stage.
        stage: String,
    },
}
