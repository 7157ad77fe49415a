//! `/v2/domainnames`: what the second version of the API adds to custom domain names. The names
//! themselves are made by the first one.

mod api_mappings;
mod routing_rules;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    api_mappings::register(registry);
    routing_rules::register(registry);
}
