//! Developer portals: what an account tells others of its REST APIs (API Gateway developer guide, "API
//! Gateway portals"). A portal shows products; a product has pages and the endpoints of REST APIs. What
//! they look like when a portal is published is a site of its own, see `publication`.
//!
//! Few of AWS's texts are known; refusals say the same in our words.

mod domain;
mod endpoint_pages;
mod portal;
mod product_pages;
mod products;
mod publication;
mod sharing;
mod sign_in;

use base::{Arn, Scope};

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    portal::register(registry);
    products::register(registry);
    sharing::register(registry);
    product_pages::register(registry);
    endpoint_pages::register(registry);
    publication::register(registry);
}

/// `arn:aws:apigateway:{region}:{account}:{path}`.
fn arn(scope: &Scope, path: String) -> String {
    Arn::aws("apigateway", scope.region(), scope.account(), path).to_string()
}
