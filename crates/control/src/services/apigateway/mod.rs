//! API Gateway's REST APIs. The path of a URL is the path of its file: `/account` is
//! `account.rs`, `/restapis/{id}/stages` is `restapis/stages.rs`.

mod access_associations;
mod account;
mod api_keys;
pub(super) mod base_path_mappings;
mod client_certificates;
pub(super) mod domain_names;
mod limits;
mod refusals;
pub(super) mod restapis;
mod sdk_types;
mod tags;
#[cfg(test)]
pub(super) mod test_frame;
pub(crate) mod usage_plans;
mod vpc_links;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    access_associations::register(registry);
    account::register(registry);
    api_keys::register(registry);
    client_certificates::register(registry);
    domain_names::register(registry);
    restapis::register(registry);
    base_path_mappings::register(registry);
    sdk_types::register(registry);
    tags::register(registry);
    usage_plans::register(registry);
    vpc_links::register(registry);
}
