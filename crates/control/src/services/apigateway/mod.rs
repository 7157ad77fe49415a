//! API Gateway's REST APIs. The path of a URL is the path of its file: `/account` is
//! `account.rs`, `/restapis/{id}/stages` is `restapis/stages.rs`.

mod account;
mod api_keys;
mod client_certificates;
mod limits;
mod refusals;
mod restapis;
mod tags;
#[cfg(test)]
mod test_frame;
pub(crate) mod usage_plans;
mod vpc_links;

use crate::Registry;

pub(super) fn register(registry: &mut Registry) {
    account::register(registry);
    api_keys::register(registry);
    client_certificates::register(registry);
    restapis::register(registry);
    tags::register(registry);
    usage_plans::register(registry);
    vpc_links::register(registry);
}
