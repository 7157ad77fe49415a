//! Developer portals: sites that tell of REST APIs (API Gateway developer guide, "API Gateway portals").
//! A site's pages are made when it is published, or when a preview is asked for; a request finds one by
//! its path.

mod html;
mod refresh;
mod site;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use base::Timestamp;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};

pub(crate) use refresh::{load, take};
pub(crate) use site::Site;

use crate::exchange::Body;

/// Nothing but the site itself is loaded, and images. A page cannot be framed, and forms go nowhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src https: http:; base-uri 'none'; form-action \
                      'none'; frame-ancestors 'none'";

/// The sites that are served, by the ids of their portals.
#[derive(Debug, Default)]
pub struct Portals {
    sites: ArcSwap<HashMap<Box<str>, Sites>>,
    changing: Mutex<()>,
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

    /// Answers a request for `path` of the portal `id`, which begins with a slash or is empty.
    pub(crate) fn answer(&self, id: &str, method: &Method, path: &str, now: Timestamp) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response =
                page(StatusCode::METHOD_NOT_ALLOWED, html::PLAIN, &Bytes::from_static(b"Method Not Allowed"));
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let all = self.sites.load();
        let found = all.get(id).and_then(|sites| {
            let preview = sites.preview.as_ref().filter(|site| site.is_shown(now));
            let preview = preview.and_then(|site| Some((site, path.strip_prefix(&*site.secret_path)?)));
            preview.or_else(|| Some((sites.published.as_ref()?, path)))
        });
        match found {
            // Links are relative: the home page's path ends in a slash.
            Some((site, "")) => {
                let mut response = page(StatusCode::PERMANENT_REDIRECT, html::PLAIN, &Bytes::new());
                let last = site.secret_path.strip_prefix('/').filter(|last| !last.is_empty()).unwrap_or(id);
                if let Ok(location) = HeaderValue::from_str(&format!("{last}/")) {
                    response.headers_mut().insert(LOCATION, location);
                }
                response
            }
            Some((site, path)) => match site.file(path) {
                Some(file) => page(StatusCode::OK, file.content_type, &file.body),
                None => page(StatusCode::NOT_FOUND, html::PLAIN, &Bytes::from_static(b"Not Found")),
            },
            None => page(StatusCode::NOT_FOUND, html::PLAIN, &Bytes::from_static(b"Not Found")),
        }
    }
}

fn page(status: StatusCode, content_type: &'static str, body: &Bytes) -> Response<Body> {
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
    use documents::apigatewayv2_portals::{PortalSiteDocument, SitePage, SiteProduct};

    use super::*;

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
            secret_path: secret_path.to_owned(),
            ends: (!secret_path.is_empty()).then_some(NOW),
            title: title.to_owned(),
            description: String::new(),
            colors: CustomColors::default(),
            logo_uri: None,
            products: vec![product],
        }
    }

    async fn get(portals: &Portals, path: &str, now: Timestamp) -> (u16, String) {
        let response = portals.answer("abc", &Method::GET, path, now);
        let (head, body) = response.into_parts();
        let body = crate::exchange::read_whole(body, usize::MAX).await.unwrap();
        (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn pages_are_found_by_their_paths() {
        let portals = Portals::default();
        portals.put("abc", Some(Site::compile(&document("Shop", ""))), None);
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
        let redirected = portals.answer("abc", &Method::GET, "", NOW);
        assert_eq!(
            (redirected.status().as_u16(), &redirected.headers()[LOCATION]),
            (308, &HeaderValue::from_static("abc/"))
        );
        assert_eq!(portals.answer("abc", &Method::POST, "/", NOW).status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(portals.answer("abd", &Method::GET, "/", NOW).status(), StatusCode::NOT_FOUND);
        portals.put("abc", None, None);
        assert_eq!(get(&portals, "/", NOW).await.0, 404);
    }

    #[tokio::test]
    async fn a_preview_is_only_for_those_who_were_told_and_ends() {
        let portals = Portals::default();
        portals.put("abc", None, Some(Site::compile(&document("Draft", "/preview-xyz"))));
        let before = Timestamp::from_millis(NOW.as_millis() - 1);
        assert!(get(&portals, "/preview-xyz/", before).await.1.contains("Draft"));
        assert_eq!(get(&portals, "/preview-xyz/", NOW).await.0, 404);
        assert_eq!(get(&portals, "/", before).await.0, 404);
    }
}
