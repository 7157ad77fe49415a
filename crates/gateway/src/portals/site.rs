//! A site whose pages are made.

use std::collections::HashMap;

use base::Timestamp;
use bytes::Bytes;
use documents::apigatewayv2_portals::PortalSiteDocument;

use super::html;

/// A portal's site: every path that it has, with what is there.
#[derive(Debug)]
pub(crate) struct Site {
    /// What stands in front of all its paths.
    pub(super) secret_path: Box<str>,
    ends: Option<Timestamp>,
    files: HashMap<Box<str>, File>,
}

/// What is at a path.
#[derive(Debug)]
pub(super) struct File {
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
}

impl Site {
    /// Makes all pages. All stand in one folder, and links are relative, so that the site is the same
    /// under every address that leads to it.
    pub(crate) fn compile(document: &PortalSiteDocument) -> Self {
        let mut files = HashMap::new();
        let mut add = |name: String, content_type: &'static str, body: String| {
            files.insert(format!("/{name}").into(), File { content_type, body: body.into() });
        };
        add(String::new(), html::HTML, html::home(document));
        add("style.css".to_owned(), html::CSS, html::style(&document.colors));
        for product in &document.products {
            add(html::product_name(product), html::HTML, html::product(document, product));
            for page in &product.pages {
                add(html::page_name(product, page), html::HTML, html::page(document, product, page));
            }
            for endpoint in product.sections.iter().flat_map(|section| &section.endpoints) {
                let name = html::endpoint_name(product, endpoint);
                add(name, html::HTML, html::endpoint(document, product, endpoint));
            }
        }
        Self { secret_path: document.secret_path.as_str().into(), ends: document.ends, files }
    }

    /// Whether it is still shown.
    pub(super) fn is_shown(&self, now: Timestamp) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    /// What is at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }
}
