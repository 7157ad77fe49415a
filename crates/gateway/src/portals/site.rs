//! A site whose pages are made.

use std::collections::HashMap;

use base::{Secret, Timestamp};
use bytes::Bytes;
use documents::apigatewayv2_portals::PortalSiteDocument;

use super::html;
use super::sign_in::SignIn;
use super::try_it::{self, Tried};

/// A portal's site: every path that it has, with what is there.
#[derive(Debug)]
pub(crate) struct Site {
    /// What stands in front of all its paths.
    pub(super) secret_path: Box<str>,
    /// Whether it is read under a name of its own alone.
    pub(super) has_own_name: bool,
    /// Who may read it.
    pub(super) readers: Readers,
    ends: Option<Timestamp>,
    files: HashMap<Box<str>, File>,
}

/// Who may read a site.
#[derive(Debug)]
pub(super) enum Readers {
    /// Whoever finds it.
    Everybody,
    /// Those who sign in.
    SignedIn(Box<SignIn>),
    /// Those who sign in could, if that were possible.
    Nobody,
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum File {
    /// The same for everybody.
    Whole { content_type: &'static str, body: Bytes },
    /// The page of an endpoint that can be tried: what is in front of the endpoint's address and behind
    /// it.
    Trying { tried: Tried, front: Box<str>, behind: Box<str> },
}

impl Site {
    /// Makes all pages of the portal `id`, whose sessions are authenticated with `key`. All stand in one
    /// folder, and links are relative, so that the site is the same under every address that leads to it.
    pub(crate) fn compile(id: &str, document: &PortalSiteDocument, key: Option<&Secret>) -> Self {
        let mut files = HashMap::new();
        let mut add = |name: String, content_type: &'static str, body: String| {
            files.insert(format!("/{name}").into(), File::Whole { content_type, body: body.into() });
        };
        add(String::new(), html::HTML, html::home(document));
        add("style.css".to_owned(), html::CSS, html::style(&document.colors));
        add("try-it.js".to_owned(), html::SCRIPT, try_it::SCRIPT.to_owned());
        for product in &document.products {
            add(html::product_name(product), html::HTML, html::product(document, product));
            for page in &product.pages {
                add(html::page_name(product, page), html::HTML, html::page(document, product, page));
            }
        }
        for product in &document.products {
            for endpoint in product.sections.iter().flat_map(|section| &section.endpoints) {
                let tried = Tried::of(endpoint);
                let page = html::endpoint(document, product, endpoint, tried.is_some());
                let file = match tried.and_then(|tried| Some((tried, page.split_once(try_it::PLACE)?))) {
                    Some((tried, (front, behind))) => {
                        File::Trying { tried, front: front.into(), behind: behind.into() }
                    }
                    None => File::Whole { content_type: html::HTML, body: page.into() },
                };
                files.insert(format!("/{}", html::endpoint_name(product, endpoint)).into(), file);
            }
        }
        let readers = match document.sign_in.as_ref().map(|stored| SignIn::compile(id, stored, key)) {
            None => Readers::Everybody,
            Some(Ok(sign_in)) => Readers::SignedIn(Box::new(sign_in)),
            Some(Err(why)) => {
                tracing::error!(portal = id, why, "a portal refuses its readers");
                Readers::Nobody
            }
        };
        Self {
            secret_path: document.secret_path.as_str().into(),
            has_own_name: document.domain.is_some(),
            readers,
            ends: document.ends,
            files,
        }
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
