//! Developer portals: sites that tell of REST APIs (API Gateway developer guide, "API Gateway portals").
//! A site's pages are made when it is published, or when a preview is asked for; a request finds one by
//! its path.

mod html;
mod refresh;
mod sign_in;
mod site;
mod try_it;
mod visit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use base::Random;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};

pub(crate) use refresh::{load, take};
pub(crate) use site::Site;
pub(crate) use visit::{Entrance, Visit};

use crate::access::user_pools::UserPools;
use crate::exchange::Body;
use crate::integration::http::Upstreams;
use crate::message::Response;
use sign_in::Asking;
use site::{File, Readers};
use try_it::Reached;

/// Nothing but the site itself is loaded, and images. A page cannot be framed, and forms go nowhere; the
/// page of an endpoint that can be tried may run the site's script and reach that endpoint.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src https: http:; base-uri 'none'; form-action \
                      'none'; frame-ancestors 'none'";

/// The sites that are served, by the ids of their portals.
#[derive(Debug)]
pub struct Portals {
    sites: ArcSwap<HashMap<Box<str>, Sites>>,
    changing: Mutex<()>,
    random: Random,
}

impl Default for Portals {
    fn default() -> Self {
        Self { sites: ArcSwap::default(), changing: Mutex::default(), random: Random::system() }
    }
}

/// A portal's sites.
#[derive(Clone, Debug, Default)]
struct Sites {
    published: Option<Arc<Site>>,
    preview: Option<Arc<Site>>,
}

impl Portals {
    /// The ids that anything is served of.
    pub(crate) fn ids(&self) -> Vec<Box<str>> {
        self.sites.load().keys().cloned().collect()
    }

    /// Has these be the sites of the portal `id`; without any it is served no longer.
    pub(crate) fn put(&self, id: &str, published: Option<Site>, preview: Option<Site>) {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = HashMap::clone(&self.sites.load());
        if published.is_none() && preview.is_none() {
            all.remove(id);
        } else {
            let sites = Sites { published: published.map(Arc::new), preview: preview.map(Arc::new) };
            all.insert(id.into(), sites);
        }
        self.sites.store(Arc::new(all));
    }

    /// Answers a reader's request.
    pub(crate) async fn answer(
        &self,
        visit: &Visit<'_>,
        pools: &UserPools,
        upstreams: &Upstreams,
    ) -> Response<Body> {
        if !matches!(*visit.method, Method::GET | Method::HEAD) {
            let mut response = told(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let Some((site, path)) = self.found(visit) else { return told(StatusCode::NOT_FOUND, "Not Found") };
        // Links are relative: the home page's path ends in a slash.
        if path.is_empty() {
            let mut response = told(StatusCode::PERMANENT_REDIRECT, "");
            let last = site.secret_path.strip_prefix('/').filter(|last| !last.is_empty()).unwrap_or(visit.id);
            if let Ok(location) = HeaderValue::from_str(&format!("{last}/")) {
                response.headers_mut().insert(LOCATION, location);
            }
            return response;
        }
        let asking = Asking { pools, upstreams, random: &self.random };
        let mut response = match &site.readers {
            Readers::Everybody => return shown(&site, path, visit),
            Readers::Nobody => told(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Readers::SignedIn(sign_in) => match sign_in.admit(visit, asking).await {
                Ok(()) => shown(&site, path, visit),
                Err(refused) => refused,
            },
        };
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The site that a reader is at, and the path in it. "If your portal uses a domain name, the default
    /// domain name can't be used to access your portal" (API Gateway developer guide, "Use an API Gateway
    /// portal"); previews are at the default name.
    fn found<'r>(&self, visit: &Visit<'r>) -> Option<(Arc<Site>, &'r str)> {
        let all = self.sites.load();
        let Sites { published, preview } = all.get(visit.id)?;
        if visit.entrance != Entrance::OwnName
            && let Some(preview) = preview.as_ref().filter(|site| site.is_shown(visit.now))
            && let Some(path) = visit.path.strip_prefix(&*preview.secret_path)
        {
            return Some((Arc::clone(preview), path));
        }
        let published = published.as_ref()?;
        let own = visit.entrance == Entrance::OwnName;
        (published.has_own_name == own).then(|| (Arc::clone(published), visit.path))
    }
}

/// What is at a path of a site, or that nothing is.
fn shown(site: &Site, path: &str, visit: &Visit<'_>) -> Response<Body> {
    match site.file(path) {
        Some(File::Whole { content_type, body }) => file(StatusCode::OK, content_type, body),
        Some(File::Trying { tried, front, behind }) => {
            let Reached { address, source } = tried.reached(visit);
            let body = format!("{front}{}{behind}", html::escaped(&address));
            let mut response = file(StatusCode::OK, html::HTML, &body.into());
            let policy = format!("{POLICY}; script-src 'self'; connect-src {source}");
            if let Ok(policy) = HeaderValue::from_str(&policy) {
                response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
        None => told(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn told(status: StatusCode, text: &'static str) -> Response<Body> {
    file(status, html::PLAIN, &Bytes::from_static(text.as_bytes()))
}

fn file(status: StatusCode, content_type: &'static str, body: &Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use api::apigatewayv2::CustomColors;
    use base::Timestamp;
    use documents::apigatewayv2_portals::{PortalSiteDocument, SitePage, SiteProduct};

    use super::visit::tests::visit;
    use super::*;
    use crate::integration::http::UpstreamSettings;
    use crate::message::Headers;

    const NOW: Timestamp = Timestamp::from_millis(1_721_241_291_500);

    fn document(title: &str, secret_path: &str) -> PortalSiteDocument {
        let product = SiteProduct {
            id: "p1".to_owned(),
            title: "Pets <3".to_owned(),
            pages: vec![SitePage {
                id: "a1".to_owned(),
                title: "Start".to_owned(),
                body: "# Hello".to_owned(),
            }],
            ..SiteProduct::default()
        };
        PortalSiteDocument {
            host: String::new(),
            domain: None,
            sign_in: None,
            secret_path: secret_path.to_owned(),
            ends: (!secret_path.is_empty()).then_some(NOW),
            title: title.to_owned(),
            description: String::new(),
            colors: CustomColors::default(),
            logo_uri: None,
            products: vec![product],
        }
    }

    async fn asked(portals: &Portals, path: &str, method: &Method, now: Timestamp) -> Response<Body> {
        let headers = Headers::new();
        let mut visit = visit(path, &headers, now);
        visit.method = method;
        let upstreams = Upstreams::new(UpstreamSettings::default());
        portals.answer(&visit, &UserPools::default(), &upstreams).await
    }

    async fn get(portals: &Portals, path: &str, now: Timestamp) -> (u16, String) {
        let response = asked(portals, path, &Method::GET, now).await;
        let (head, body) = response.into_parts();
        let body = crate::exchange::read_whole(body, usize::MAX).await.unwrap();
        (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn pages_are_found_by_their_paths() {
        let portals = Portals::default();
        portals.put("abc", Some(Site::compile("abc", &document("Shop", ""), None)), None);
        let (status, home) = get(&portals, "/", NOW).await;
        assert_eq!(status, 200);
        assert!(
            home.contains("<title>Shop</title>") && home.contains("href=\"product-p1\">Pets &lt;3</a>"),
            "{home}"
        );
        let (status, page) = get(&portals, "/page-p1-a1", NOW).await;
        assert!(status == 200 && page.contains("<h1>Hello</h1>"), "{page}");
        for path in ["/page-p1-other", "/product-p1/", "//", "/preview-x/", "/index.html"] {
            assert_eq!(get(&portals, path, NOW).await.0, 404, "{path}");
        }
        let redirected = asked(&portals, "", &Method::GET, NOW).await;
        assert_eq!(
            (redirected.status().as_u16(), &redirected.headers()[LOCATION]),
            (308, &HeaderValue::from_static("abc/"))
        );
        let posted = asked(&portals, "/", &Method::POST, NOW).await;
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
        portals.put("abc", None, None);
        assert_eq!(get(&portals, "/", NOW).await.0, 404);
    }

    #[tokio::test]
    async fn a_preview_is_only_for_those_who_were_told_and_ends() {
        let portals = Portals::default();
        portals.put("abc", None, Some(Site::compile("abc", &document("Draft", "/preview-xyz"), None)));
        let before = Timestamp::from_millis(NOW.as_millis() - 1);
        assert!(get(&portals, "/preview-xyz/", before).await.1.contains("Draft"));
        assert_eq!(get(&portals, "/preview-xyz/", NOW).await.0, 404);
        assert_eq!(get(&portals, "/", before).await.0, 404);
    }
}
